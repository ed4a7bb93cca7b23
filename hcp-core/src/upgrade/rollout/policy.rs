//! After what time without progress somebody should look.

use std::time::Duration;

use super::state::Phase;

/// How long each phase may take before the rollout counts as stuck.
///
/// The defaults are choices of this crate; `HyperShift` has no deadlines. They are measured from the moment that the phase began, as far as the object
/// says when that was.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct RolloutPolicy {
    /// From the change of the spec until the operator takes it up: 10 minutes.
    pub start: Duration,
    /// From the payload's being accepted until the rollout begins: 15 minutes.
    pub accepted: Duration,
    /// For the pods of the control plane: 1 hour.
    pub control_plane: Duration,
    /// For what the cluster version operator rolls out in the hosted cluster, and for the nodes of a pool: 3 hours.
    pub data_plane: Duration,
    /// From the end of the rollout until all is healthy: 30 minutes.
    pub unhealthy: Duration,
}

impl Default for RolloutPolicy {
    fn default() -> Self {
        let minutes = |minutes: u64| Duration::from_secs(60 * minutes);
        Self {
            start: minutes(10),
            accepted: minutes(15),
            control_plane: minutes(60),
            data_plane: minutes(180),
            unhealthy: minutes(30),
        }
    }
}

impl RolloutPolicy {
    /// Until the operator takes a change up.
    #[must_use]
    pub const fn with_start(mut self, deadline: Duration) -> Self {
        self.start = deadline;
        self
    }

    /// Until an accepted payload begins to roll out.
    #[must_use]
    pub const fn with_accepted(mut self, deadline: Duration) -> Self {
        self.accepted = deadline;
        self
    }

    /// For the control plane.
    #[must_use]
    pub const fn with_control_plane(mut self, deadline: Duration) -> Self {
        self.control_plane = deadline;
        self
    }

    /// For the data plane.
    #[must_use]
    pub const fn with_data_plane(mut self, deadline: Duration) -> Self {
        self.data_plane = deadline;
        self
    }

    /// Until all is healthy.
    #[must_use]
    pub const fn with_unhealthy(mut self, deadline: Duration) -> Self {
        self.unhealthy = deadline;
        self
    }

    /// The deadline of a phase.
    #[must_use]
    pub const fn deadline(&self, phase: Phase) -> Duration {
        match phase {
            Phase::NotStarted => self.start,
            Phase::ReleaseAccepted => self.accepted,
            Phase::ControlPlaneRolling => self.control_plane,
            Phase::DataPlaneRolling => self.data_plane,
            Phase::Unhealthy => self.unhealthy,
        }
    }
}
