//! What a verdict may say.

use std::borrow::Cow;
use std::fmt;

use crate::Rule;
use crate::platform::PlatformRule;
use crate::upgrade::rollout::{Cause, RolloutState};
use crate::version::{GateRule, NodePoolSkew, ReleaseRule, ReleaseVersion, RunningVersionsError};

/// A rule about an upgrade as a whole: those of releases, of the gate and of the skew, and of the state that the objects are in.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum UpgradeRule {
    /// A rule about the release.
    Release(ReleaseRule),
    /// A rule about leaving what runs.
    Gate(GateRule),
    /// A rule about the platform.
    Platform(PlatformRule),
    /// A pool that does not fit what runs now.
    SkewNow(NodePoolSkew),
    /// A pool that would not fit the target.
    SkewAfter(NodePoolSkew),
    /// The cluster's version cannot be told.
    RunningUnknown(RunningVersionsError),
    /// The cluster runs the target already.
    AlreadyThere(ReleaseVersion),
    /// The image that should be gone to runs already, as another version than the caller says.
    TargetMismatch {
        /// What the caller says that the image is.
        version: ReleaseVersion,
        /// What the cluster says.
        current: ReleaseVersion,
    },
    /// The object is being deleted.
    BeingDeleted,
    /// The pool has not reported a version.
    PoolVersionUnknown,
    /// The version that the pool reports is none.
    PoolVersionInvalid(String),
    /// The object is paused, so that the change waits and comes when nobody expects it.
    Paused(String),
    /// `pausedUntil` says nothing that the operator understands: the object is not paused.
    PauseInvalid(String),
    /// The rollout before is not finished.
    RolloutUnfinished(RolloutState),
    /// Whether the rollout before is finished cannot be told.
    RolloutUnproven,
    /// etcd has no quorum, or nobody knows whether it has.
    EtcdUnavailable(Option<Cause>),
    /// `controlPlaneRelease` holds the control plane where it is.
    ControlPlanePinned {
        /// Its image.
        image: String,
    },
    /// The pool is of another cluster, and was left out.
    ForeignPool {
        /// Its cluster.
        cluster: String,
    },
}

impl fmt::Display for UpgradeRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Release(rule) => rule.fmt(f),
            Self::Gate(rule) => rule.fmt(f),
            Self::Platform(rule) => rule.fmt(f),
            Self::SkewNow(rule) => write!(f, "already now, {rule}"),
            Self::SkewAfter(rule) => write!(f, "after the upgrade, {rule}"),
            Self::RunningUnknown(error) => error.fmt(f),
            Self::AlreadyThere(version) => write!(f, "{version} runs already"),
            Self::TargetMismatch { version, current } => {
                write!(f, "the image is asked for as {version}, and runs already as {current}")
            }
            Self::BeingDeleted => f.write_str("this is being deleted"),
            Self::PoolVersionUnknown => f.write_str("the pool has not reported a version"),
            Self::PoolVersionInvalid(text) => write!(f, "{text:?} is no version"),
            Self::Paused(value) => {
                write!(f, "paused ({value:?}): the change would wait, and come when the pause ends")
            }
            Self::PauseInvalid(value) => {
                write!(f, "{value:?} means nothing to the operator: this is not paused")
            }
            Self::RolloutUnfinished(state) => write!(f, "the last rollout is {state}"),
            Self::RolloutUnproven => {
                f.write_str("nothing proves that the last rollout is finished")
            }
            Self::EtcdUnavailable(Some(cause)) => cause.fmt(f),
            Self::EtcdUnavailable(None) => f.write_str("nothing says that etcd has quorum"),
            Self::ControlPlanePinned { image } => {
                write!(f, "the control plane stays at {image}; only the rest would be upgraded")
            }
            Self::ForeignPool { cluster } => {
                write!(f, "the pool is of {cluster}, and was left out")
            }
        }
    }
}

impl Rule for UpgradeRule {
    fn id(&self) -> &'static str {
        match self {
            Self::Release(rule) => rule.id(),
            Self::Gate(rule) => rule.id(),
            Self::Platform(rule) => rule.id(),
            Self::SkewNow(rule) | Self::SkewAfter(rule) => rule.id(),
            Self::RunningUnknown(_) => "running-version-unknown",
            Self::AlreadyThere(_) => "already-there",
            Self::TargetMismatch { .. } => "target-mismatch",
            Self::BeingDeleted => "being-deleted",
            Self::PoolVersionUnknown => "pool-version-unknown",
            Self::PoolVersionInvalid(_) => "pool-version-invalid",
            Self::Paused(_) => "paused",
            Self::PauseInvalid(_) => "pause-invalid",
            Self::RolloutUnfinished(_) => "rollout-unfinished",
            Self::RolloutUnproven => "rollout-unproven",
            Self::EtcdUnavailable(_) => "etcd-unavailable",
            Self::ControlPlanePinned { .. } => "control-plane-pinned",
            Self::ForeignPool { .. } => "foreign-pool",
        }
    }

    fn remedy(&self) -> Cow<'static, str> {
        match self {
            Self::Release(rule) => rule.remedy(),
            Self::Gate(rule) => rule.remedy(),
            Self::Platform(rule) => rule.remedy(),
            Self::SkewNow(rule) | Self::SkewAfter(rule) => rule.remedy(),
            Self::RunningUnknown(_) => "wait until the cluster reports its version".into(),
            Self::AlreadyThere(_) => "do nothing, or upgrade its pools".into(),
            Self::TargetMismatch { version, .. } => format!("name the image of {version}").into(),
            Self::BeingDeleted => "leave it alone until it is gone".into(),
            Self::PoolVersionUnknown => "wait until the pool's first rollout is finished".into(),
            Self::PoolVersionInvalid(_) => "find out who wrote the status".into(),
            Self::Paused(_) => "remove spec.pausedUntil first".into(),
            Self::PauseInvalid(_) => {
                "remove spec.pausedUntil, or write true or an RFC 3339 time with a zone".into()
            }
            Self::RolloutUnfinished(state) => unfinished(state).into(),
            Self::RolloutUnproven => "look at the evidence of its rollout".into(),
            Self::EtcdUnavailable(_) => "bring etcd's members back first, and take a backup".into(),
            Self::ControlPlanePinned { .. } => {
                "remove spec.controlPlaneRelease, or set it to the target too".into()
            }
            Self::ForeignPool { .. } => "give the pools of this cluster only".into(),
        }
    }
}

const fn unfinished(state: &RolloutState) -> &'static str {
    match state {
        RolloutState::Refused(_) => "mend what the condition names",
        RolloutState::Failed(_) => "mend the nodes that failed; the update does not try again",
        RolloutState::Unhealthy(_) => "bring it back to health first",
        RolloutState::Stuck(_) => "find out what holds it up first",
        _ => "wait until it is finished",
    }
}
