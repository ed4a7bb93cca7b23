//! What is said of a rollout.

use std::fmt;

use jiff::{SignedDuration, Timestamp};
use serde::Serialize;

use super::policy::RolloutPolicy;
use crate::conditions::{ConditionStatus, ConditionView};

/// How far the rollout of a `HostedCluster` or of a `NodePool` is, and what shows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Rollout {
    /// How far it is.
    #[serde(flatten)]
    pub state: RolloutState,
    /// Every check, with what was seen.
    pub evidence: Vec<Evidence>,
}

/// How far a rollout is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "state", rename_all = "kebab-case")]
#[non_exhaustive]
pub enum RolloutState {
    /// No controller has taken the spec up yet.
    NotStarted,
    /// A controller has seen the spec and will not act on it while this condition stands; a pause is one of them.
    Refused(Cause),
    /// The payload is loaded and verified, and nothing is rolled out yet.
    ReleaseAccepted,
    /// The control plane's pods are changing.
    ControlPlaneRolling,
    /// The operators of the hosted cluster, or the nodes of the pool, are changing.
    DataPlaneRolling,
    /// An update in place gave up; it does not try again by itself.
    Failed(Cause),
    /// All of it is rolled out, and it is not well.
    Unhealthy(Cause),
    /// Nothing speaks against its being finished, but something that would prove it is not known; the evidence says what.
    Unproven,
    /// The object is being deleted; whatever is rolled out will be gone.
    Deleting,
    /// Rolled out, settled and healthy; everything that is reported says so for this generation of the spec.
    Finished,
    /// A phase takes longer than the policy allows.
    Stuck(Stuck),
}

/// The condition that is the cause of a state.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Cause {
    /// Its type.
    pub condition: String,
    /// Whether it holds.
    pub status: ConditionStatus,
    /// Its reason; may be empty.
    pub reason: String,
    /// Its message; may be empty.
    pub message: String,
}

/// A phase that should have ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Stuck {
    /// Which phase.
    pub phase: Phase,
    /// When it began.
    pub since: Timestamp,
    /// The most telling condition, if any says something.
    pub why: Option<Cause>,
}

/// The phases that may take too long.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Phase {
    /// [`RolloutState::NotStarted`].
    NotStarted,
    /// [`RolloutState::ReleaseAccepted`].
    ReleaseAccepted,
    /// [`RolloutState::ControlPlaneRolling`].
    ControlPlaneRolling,
    /// [`RolloutState::DataPlaneRolling`].
    DataPlaneRolling,
    /// [`RolloutState::Unhealthy`].
    Unhealthy,
}

/// What is checked. The first eleven are of a `HostedCluster`, the others of a `NodePool`; two are of both.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Check {
    /// The conditions were computed for this generation of the spec.
    GenerationObserved,
    /// Release image, configuration and cluster are valid and supported.
    SpecValid,
    /// `status.version.desired` is the release of the spec.
    DesiredIsSpec,
    /// The newest entry of `status.version.history` is that release, too.
    NewestIsSpec,
    /// That entry is `Completed` and has a completion time.
    NewestCompleted,
    /// The cluster version operator accepted this payload.
    ReleaseAccepted,
    /// The cluster version operator changes nothing any more.
    ClusterVersionSettled,
    /// `Available`.
    Available,
    /// Not `Degraded`.
    NotDegraded,
    /// `ClusterVersionSucceeding`: the cluster version operator does not fail.
    ClusterVersionSucceeding,
    /// `status.controlPlaneVersion`, since 4.20: the control plane's own rollout is completed.
    ControlPlaneCompleted,
    /// The controller got as far as the conditions that are read.
    RoundCompleted,
    /// `ValidReleaseImage` speaks of the image of the spec.
    ImageValid,
    /// `status.version` is the version of the target.
    VersionReached,
    /// Not `UpdatingVersion`.
    VersionSettled,
    /// Not `UpdatingConfig`.
    ConfigSettled,
    /// Not `UpdatingPlatformMachineTemplate`.
    TemplateSettled,
    /// All machines are ready, or there are to be none.
    MachinesReady,
    /// All nodes are healthy, or there are to be none.
    NodesHealthy,
}

/// What a check says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Outcome {
    /// It holds.
    Yes,
    /// It does not.
    No,
    /// It cannot be told from the object.
    Unknown,
    /// This object does not report it, and need not.
    NotReported,
}

/// One check and what was seen.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Evidence {
    /// What was checked.
    pub check: Check,
    /// What came out.
    pub outcome: Outcome,
    /// What stands in the object.
    pub seen: String,
}

impl RolloutState {
    /// Whether the rollout is truly finished.
    #[must_use]
    pub const fn is_finished(&self) -> bool {
        matches!(self, Self::Finished)
    }

    /// One word for it.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::NotStarted => "not started",
            Self::Refused(_) => "refused",
            Self::ReleaseAccepted => "release accepted",
            Self::ControlPlaneRolling => "control plane rolling",
            Self::DataPlaneRolling => "data plane rolling",
            Self::Failed(_) => "failed",
            Self::Unhealthy(_) => "unhealthy",
            Self::Unproven => "unproven",
            Self::Deleting => "being deleted",
            Self::Finished => "finished",
            Self::Stuck(_) => "stuck",
        }
    }
}

impl Cause {
    /// What a condition says.
    #[must_use]
    pub fn of<C: ConditionView>(condition: &C) -> Self {
        Self {
            condition: condition.kind().to_owned(),
            status: condition.status(),
            reason: condition.reason().to_owned(),
            message: condition.message().to_owned(),
        }
    }
}

/// The state of a phase that began then: itself, or stuck.
pub(super) fn in_time(
    state: RolloutState,
    phase: Phase,
    since: Option<Timestamp>,
    (policy, now): (&RolloutPolicy, Timestamp),
    why: impl FnOnce() -> Option<Cause>,
) -> RolloutState {
    let allowed = SignedDuration::try_from(policy.deadline(phase)).unwrap_or(SignedDuration::MAX);
    match since {
        Some(since) if now.duration_since(since) > allowed => {
            RolloutState::Stuck(Stuck { phase, since, why: why() })
        }
        _ => state,
    }
}

impl Check {
    /// A few words for a person.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::GenerationObserved => "generation observed",
            Self::SpecValid => "spec valid and supported",
            Self::DesiredIsSpec => "desired release is the spec's",
            Self::NewestIsSpec => "newest history entry is the spec's release",
            Self::NewestCompleted => "newest history entry completed",
            Self::ReleaseAccepted => "payload accepted",
            Self::ClusterVersionSettled => "cluster version settled",
            Self::Available => "available",
            Self::NotDegraded => "not degraded",
            Self::ClusterVersionSucceeding => "cluster version succeeding",
            Self::ControlPlaneCompleted => "control plane completed",
            Self::RoundCompleted => "controller's round completed",
            Self::ImageValid => "release image valid",
            Self::VersionReached => "version reached",
            Self::VersionSettled => "version not updating",
            Self::ConfigSettled => "config not updating",
            Self::TemplateSettled => "machine template not updating",
            Self::MachinesReady => "machines ready",
            Self::NodesHealthy => "nodes healthy",
        }
    }
}

impl fmt::Display for RolloutState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())?;
        match self {
            Self::Refused(cause) | Self::Failed(cause) | Self::Unhealthy(cause) => {
                write!(f, ": {cause}")
            }
            Self::Stuck(stuck) => write!(f, ": {stuck}"),
            _ => Ok(()),
        }
    }
}

impl fmt::Display for Cause {
    /// `ValidReleaseImage is False (InvalidImage): the message`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} is {}", self.condition, self.status)?;
        if !self.reason.is_empty() {
            write!(f, " ({})", self.reason)?;
        }
        if self.message.is_empty() { Ok(()) } else { write!(f, ": {}", self.message) }
    }
}

impl fmt::Display for Stuck {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} since {}", self.phase.name(), self.since)?;
        self.why.as_ref().map_or(Ok(()), |why| write!(f, "; {why}"))
    }
}

impl Phase {
    /// The name of its state.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::NotStarted => "not started",
            Self::ReleaseAccepted => "release accepted",
            Self::ControlPlaneRolling => "control plane rolling",
            Self::DataPlaneRolling => "data plane rolling",
            Self::Unhealthy => "unhealthy",
        }
    }
}

impl Outcome {
    /// As it stands in a table.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Yes => "yes",
            Self::No => "NO",
            Self::Unknown => "unknown",
            Self::NotReported => "-",
        }
    }

    /// Yes if it is true, otherwise no.
    pub(super) const fn of(holds: bool) -> Self {
        if holds { Self::Yes } else { Self::No }
    }
}

impl fmt::Display for Rollout {
    /// The state, then a line for each check.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.state)?;
        self.evidence.iter().try_for_each(|evidence| write!(f, "\n{evidence}"))
    }
}

impl fmt::Display for Evidence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "  {:<8} {:<43} {}", self.outcome.name(), self.check.name(), self.seen)
    }
}
