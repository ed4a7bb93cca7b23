//! What to make of what `HyperShift` lets through.

use crate::Severity;
use crate::upgrade::rollout::RolloutPolicy;
use crate::version::{GatePolicy, ReleaseChoice, ReleasePolicy, SkewPolicy};

/// What to make of what `HyperShift` lets through.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct VerdictPolicy {
    /// Of releases.
    pub release: ReleasePolicy,
    /// Of leaving what runs.
    pub gate: GatePolicy,
    /// How far pools may be behind.
    pub skew: SkewPolicy,
    /// After what time a rollout is stuck.
    pub rollout: RolloutPolicy,
    /// How bad an unfinished rollout of the cluster is: a refusal. `HyperShift` lets one upgrade overtake another.
    pub unfinished: Severity,
    /// How bad an unfinished rollout of a pool is: a warning.
    pub unfinished_pool: Severity,
    /// How bad it is that the release of the control plane is pinned: a refusal, because the upgrade would not be one.
    pub pinned: Severity,
    /// How bad it is that the documentation does not cover updating clusters on this platform: a notice. `HyperShift` makes no difference.
    pub platform: Severity,
}

impl Default for VerdictPolicy {
    fn default() -> Self {
        // The gate judges the annotation.
        let release = ReleasePolicy::default()
            .with(ReleaseChoice::StaleForce, None)
            .with(ReleaseChoice::Forced, None);
        Self {
            release,
            gate: GatePolicy::default(),
            skew: SkewPolicy::default(),
            rollout: RolloutPolicy::default(),
            unfinished: Severity::Refusal,
            unfinished_pool: Severity::Warning,
            pinned: Severity::Refusal,
            platform: Severity::Notice,
        }
    }
}

impl VerdictPolicy {
    /// With this policy for releases.
    #[must_use]
    pub fn with_release(mut self, policy: ReleasePolicy) -> Self {
        self.release = policy;
        self
    }

    /// With this policy for the gate.
    #[must_use]
    pub fn with_gate(mut self, policy: GatePolicy) -> Self {
        self.gate = policy;
        self
    }

    /// With this skew between pools and cluster.
    #[must_use]
    pub const fn with_skew(mut self, skew: SkewPolicy) -> Self {
        self.skew = skew;
        self
    }

    /// With these deadlines.
    #[must_use]
    pub fn with_rollout(mut self, policy: RolloutPolicy) -> Self {
        self.rollout = policy;
        self
    }

    /// With this severity for platforms that the documentation does not cover.
    #[must_use]
    pub const fn with_platform(mut self, severity: Severity) -> Self {
        self.platform = severity;
        self
    }

    /// With these severities for unfinished rollouts, of the cluster and of a pool.
    #[must_use]
    pub const fn with_unfinished(mut self, cluster: Severity, pool: Severity) -> Self {
        (self.unfinished, self.unfinished_pool) = (cluster, pool);
        self
    }
}
