//! What an executor tells while it works, and how it ends.

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use jiff::Timestamp;

use crate::diagnosis::Diagnosis;
use crate::health::Observation;
use crate::snapshot::SnapshotError;
use crate::topology::MemberName;

use super::control::{ApiError, ControlError};
use super::plan::{Plan, Step};
use super::safety::Refusal;

/// What happens while a recovery runs, in order. Meant for progress bars and logs; nothing depends on it.
#[non_exhaustive]
#[derive(Debug)]
pub enum Progress<'a> {
    /// The cluster was observed, diagnosed, and the next thing to do decided.
    Decided {
        /// What was seen.
        observation: &'a Observation,
        /// What is wrong.
        diagnosis: &'a Diagnosis,
        /// What to do.
        plan: &'a Plan,
    },
    /// A step begins.
    Begins {
        /// Of which member's replacement.
        member: &'a MemberName,
        /// Which step.
        step: &'a Step,
        /// Its number, from 1, counting the steps this run has made for that member.
        number: usize,
        /// How many there will be, as far as can be told.
        total: usize,
    },
    /// A step was seen to be done.
    Done {
        /// Of which member's replacement.
        member: &'a MemberName,
        /// Which step.
        step: &'a Step,
        /// The number it began with.
        number: usize,
        /// How long it took.
        took: Duration,
    },
    /// The member that joins has come this far.
    CatchingUp {
        /// Which member.
        member: &'a MemberName,
        /// Its applied index.
        applied: u64,
        /// The furthest applied index of a voter.
        target: u64,
    },
    /// A member's process was started again on its data.
    Restarted {
        /// Which member.
        member: &'a MemberName,
    },
    /// Something did not work and will be tried again, after a new look at the cluster.
    Retries {
        /// What went wrong.
        error: &'a RecoveryError,
    },
}

/// How a recovery ended.
#[non_exhaustive]
#[derive(Debug, Clone, PartialEq)]
pub enum Outcome {
    /// All declared members are healthy voters and hold the same data.
    Healthy(Box<Proof>),
    /// The plan waits for somebody else; its reasons say for what.
    Refused(Plan),
    /// The deadline passed; the plan says what remains. Running again continues.
    TimedOut(Plan),
    /// The host asked to stop. Running again continues.
    Cancelled,
}

/// What the last observation of a recovery showed.
#[non_exhaustive]
#[derive(Debug, Clone, PartialEq)]
pub struct Proof {
    /// When it was made.
    pub at: Timestamp,
    /// The diagnosis: healthy, stores compared.
    pub diagnosis: Diagnosis,
    /// How many members' stores were compared by content.
    pub compared: usize,
    /// Members that were replaced in this run.
    pub replaced: Vec<MemberName>,
    /// Members whose process was started again in this run.
    pub restarted: Vec<MemberName>,
    /// How long the run took.
    pub took: Duration,
}

/// Why a step did not work.
#[non_exhaustive]
#[derive(Debug, thiserror::Error)]
pub enum RecoveryError {
    /// The cluster refused or did not answer.
    #[error("step {step} of member {member}")]
    Api {
        /// The member.
        member: MemberName,
        /// The step's name.
        step: &'static str,
        /// What the cluster said.
        source: ApiError,
    },
    /// What runs the members refused.
    #[error(transparent)]
    Control(#[from] ControlError),
    /// A precondition could not be proved.
    #[error("step {step} of member {member} lacks its proof")]
    Unproved {
        /// The member.
        member: MemberName,
        /// The step's name.
        step: &'static str,
        /// What is missing.
        source: Refusal,
    },
    /// The directory for snapshots cannot be used.
    #[error("snapshot directory {}: give one that this process can write", path.display())]
    SnapshotDirectory {
        /// The directory.
        path: PathBuf,
        /// What the operating system said.
        source: std::io::Error,
    },
    /// A snapshot that should be good is not.
    #[error("snapshot {}", path.display())]
    Snapshot {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        source: Box<SnapshotError>,
    },
}

impl RecoveryError {
    /// Whether it makes sense to look again and go on.
    #[must_use]
    pub const fn is_retryable(&self) -> bool {
        match self {
            Self::Api { source, .. } => !matches!(source.kind, super::control::ApiErrorKind::Fatal),
            Self::Unproved { .. } => true,
            Self::Control(error) => error.is_stale(),
            Self::SnapshotDirectory { .. } | Self::Snapshot { .. } => false,
        }
    }
}

impl Outcome {
    /// Whether the cluster was shown to be healthy.
    #[must_use]
    pub const fn is_healthy(&self) -> bool {
        matches!(self, Self::Healthy(_))
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Healthy(proof) => write!(
                f,
                "healthy: {} voters agree, {} replaced, {} restarted, in {:.1} s",
                proof.compared,
                proof.replaced.len(),
                proof.restarted.len(),
                proof.took.as_secs_f64()
            ),
            Self::Refused(plan) => write!(f, "refused: {plan}"),
            Self::TimedOut(plan) => write!(f, "deadline passed; what remains: {plan}"),
            Self::Cancelled => f.pad("cancelled"),
        }
    }
}
