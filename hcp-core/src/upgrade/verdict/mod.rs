//! Is this upgrade allowed?

mod cluster;
mod policy;
mod pool;
mod rule;
mod table;

use jiff::Timestamp;
use serde::Serialize;

use crate::api::{HostedCluster, NodePool};
use crate::conditions::{ConditionStatus, ConditionView, find};
use crate::path::JsonPath;
use crate::upgrade::rollout::{Cause, RolloutState};
use crate::version::{ReleaseLimits, ReleaseVersion};
use crate::{Finding, Severity};

pub use policy::VerdictPolicy;
pub use rule::UpgradeRule;

/// The release that somebody wants to go to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Target<'a> {
    /// Its version.
    pub version: &'a ReleaseVersion,
    /// Its image, as it would stand in the spec.
    pub image: &'a str,
}

/// Whether an upgrade is allowed, and everything that was found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
#[must_use]
pub struct UpgradeVerdict {
    /// Namespace and name of the hosted cluster.
    pub cluster: String,
    /// What it runs, as far as that can be told.
    pub current: Option<ReleaseVersion>,
    /// Where it should go.
    pub target: ReleaseVersion,
    /// What was found, the cluster first.
    pub findings: Vec<UpgradeFinding>,
}

/// A finding, and which object it is about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct UpgradeFinding {
    /// The object; the finding's path starts there.
    pub object: Subject,
    /// What was found.
    #[serde(flatten)]
    pub finding: Finding<UpgradeRule>,
}

/// What a finding is about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Subject {
    /// The hosted cluster.
    Cluster,
    /// The node pool of this name.
    Pool(String),
}

/// The answer; the worse is the greater.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Allowance {
    /// Nothing speaks against it.
    Allowed,
    /// Somebody should have decided on the warnings.
    AllowedWithWarnings,
    /// It must not be done.
    Refused,
}

impl<'a> Target<'a> {
    /// A release of this version, at this image.
    #[must_use]
    pub const fn new(version: &'a ReleaseVersion, image: &'a str) -> Self {
        Self { version, image }
    }
}

impl UpgradeVerdict {
    /// Whether the upgrade is allowed.
    #[must_use]
    pub fn allowance(&self) -> Allowance {
        match self.findings.iter().map(|found| found.finding.severity).max() {
            Some(Severity::Refusal) => Allowance::Refused,
            Some(Severity::Warning) => Allowance::AllowedWithWarnings,
            _ => Allowance::Allowed,
        }
    }

    fn say(&mut self, severity: Severity, path: JsonPath, rule: UpgradeRule) {
        let finding = Finding::new(severity, path, rule);
        self.findings.push(UpgradeFinding { object: Subject::Cluster, finding });
    }

    fn say_of(&mut self, pool: &NodePool, severity: Severity, path: JsonPath, rule: UpgradeRule) {
        let object = Subject::Pool(pool.metadata.name.clone().unwrap_or_default());
        self.findings.push(UpgradeFinding { object, finding: Finding::new(severity, path, rule) });
    }
}

/// Is this upgrade allowed?
///
/// Everything that can be told from the objects: the release against what the operator supports and against what runs, the upgrade gate, the skew of each
/// pool now and afterwards, pauses, feature sets, whether the last rollouts are truly finished, and etcd. The objects are only borrowed, and nothing is
/// allocated for what is well.
///
/// Whether the image exists, is of that version and of the pools' architectures is a question to a registry, not to these objects.
pub fn verdict<'a>(
    cluster: &HostedCluster,
    pools: impl IntoIterator<Item = &'a NodePool>,
    target: Target<'_>,
    limits: ReleaseLimits,
    policy: &VerdictPolicy,
    now: Timestamp,
) -> UpgradeVerdict {
    let namespace = cluster.metadata.namespace.as_deref().unwrap_or_default();
    let name = cluster.metadata.name.as_deref().unwrap_or_default();
    let mut verdict = UpgradeVerdict {
        cluster: [namespace, name].join("/"),
        current: None,
        target: target.version.clone(),
        findings: Vec::new(),
    };
    let running = cluster::judge(cluster, target, limits, (policy, now), &mut verdict);
    for pool in pools {
        let together = pool.metadata.namespace == cluster.metadata.namespace;
        if pool.spec.cluster_name == name && together {
            pool::judge(pool, running.as_ref(), target, (policy, now), &mut verdict);
        } else {
            let cluster = pool.spec.cluster_name.clone();
            let path = JsonPath::fields("spec.clusterName");
            verdict.say_of(pool, Severity::Warning, path, UpgradeRule::ForeignPool { cluster });
        }
    }
    verdict
}

/// Whether `pausedUntil` holds the object at `now`.
fn is_paused(value: Option<&str>, now: Timestamp) -> bool {
    matches!(pause(value, now), Some(UpgradeRule::Paused(_)))
}

/// The state of an object whose controller says that it leaves it alone; the end of a pause changes no generation that would show it.
fn stands_still<C: ConditionView>(conditions: &[C], kind: &str) -> Option<RolloutState> {
    let active = find(conditions, kind)?;
    let stands = active.status() == ConditionStatus::False;
    stands.then(|| RolloutState::Refused(Cause::of(active)))
}

/// What `pausedUntil` does at `now`, if it should be mentioned.
fn pause(value: Option<&str>, now: Timestamp) -> Option<UpgradeRule> {
    use crate::pause::upstream::{UpstreamMeaning, parse};
    let text = value?;
    let meaning = parse(text).meaning;
    if meaning.pauses_at(now) {
        return Some(UpgradeRule::Paused(text.to_owned()));
    }
    (meaning == UpstreamMeaning::Invalid).then(|| UpgradeRule::PauseInvalid(text.to_owned()))
}
