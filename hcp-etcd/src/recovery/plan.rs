//! What a recovery will do, as plain data that says why.

use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::time::whole_seconds;
use crate::topology::{ClusterId, MemberId, MemberName};

use super::reason::Reason;

/// What to do next, and why. Made by [`plan`](super::plan).
#[non_exhaustive]
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Plan {
    /// What to do.
    pub action: Action,
    /// Why, most telling reason first.
    pub reasons: Vec<Reason>,
}

/// What to do next.
#[non_exhaustive]
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Action {
    /// All is well.
    Nothing,
    /// Observe again at that time at the latest: what is wrong may pass.
    WaitUntil(Timestamp),
    /// Start the member's process again on the data it has.
    Restart(MemberName),
    /// Give the member a new incarnation with data from its peers.
    Replace(Replacement),
    /// The data of a quorum are gone: only a backup helps.
    NeedsRestore,
    /// No action is safe or known to help.
    NeedsHuman,
}

/// The steps that remain until the member is a healthy voter again. Steps that are done already, by whomever, are
/// not in it.
#[non_exhaustive]
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Replacement {
    /// The member.
    pub member: MemberName,
    /// What remains to be done, in order.
    pub steps: Vec<Step>,
}

/// One step of a replacement. Each is observable when done, so that a plan made afterwards does not have it.
#[non_exhaustive]
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Step {
    /// Show that the rest has a quorum and agrees on the data.
    ProveQuorum,
    /// Take a snapshot of a healthy member and verify it.
    Snapshot {
        /// Which member to take it from.
        from: MemberName,
    },
    /// Move leadership off the member.
    MoveLeader {
        /// To which member.
        to: MemberName,
    },
    /// Take the member out of the member list.
    Remove {
        /// The incarnation that is removed.
        id: MemberId,
    },
    /// Stop its process.
    Stop,
    /// Put its data out of the way.
    Wipe,
    /// Add it to the member list as a learner.
    AddLearner,
    /// Start its process, to join.
    Start,
    /// Wait until it has caught up.
    CatchUp,
    /// Make it a voter.
    Promote,
    /// Show that all members are healthy and agree on the data.
    Verify,
}

/// A verified snapshot, as far as a plan needs to know it.
#[non_exhaustive]
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SnapshotRecord {
    /// The cluster it was taken of.
    pub cluster_id: ClusterId,
    /// The revision it holds.
    pub revision: u64,
    /// When it was begun.
    pub taken_at: Timestamp,
}

impl Plan {
    pub(super) const fn new(action: Action, reasons: Vec<Reason>) -> Self {
        Self { action, reasons }
    }

    /// Whether the plan waits for somebody else to act.
    #[must_use]
    pub const fn is_refusal(&self) -> bool {
        matches!(self.action, Action::NeedsRestore | Action::NeedsHuman)
    }

    /// The member the plan acts on.
    #[must_use]
    pub const fn member(&self) -> Option<&MemberName> {
        match &self.action {
            Action::Restart(member) | Action::Replace(Replacement { member, .. }) => Some(member),
            _ => None,
        }
    }
}

impl Replacement {
    pub(super) const fn new(member: MemberName, steps: Vec<Step>) -> Self {
        Self { member, steps }
    }
}

impl SnapshotRecord {
    /// A snapshot of that cluster.
    #[must_use]
    pub const fn new(cluster_id: ClusterId, revision: u64, taken_at: Timestamp) -> Self {
        Self { cluster_id, revision, taken_at }
    }
}

impl Action {
    /// The action's name, as in JSON and metrics labels.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Nothing => "nothing",
            Self::WaitUntil(_) => "wait-until",
            Self::Restart(_) => "restart",
            Self::Replace(_) => "replace",
            Self::NeedsRestore => "needs-restore",
            Self::NeedsHuman => "needs-human",
        }
    }
}

impl Step {
    /// The step's name, as in JSON, logs and metrics labels.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::ProveQuorum => "prove-quorum",
            Self::Snapshot { .. } => "snapshot",
            Self::MoveLeader { .. } => "move-leader",
            Self::Remove { .. } => "remove",
            Self::Stop => "stop",
            Self::Wipe => "wipe",
            Self::AddLearner => "add-learner",
            Self::Start => "start",
            Self::CatchUp => "catch-up",
            Self::Promote => "promote",
            Self::Verify => "verify",
        }
    }
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Snapshot { from } => write!(f, "snapshot {from}, verified"),
            Self::MoveLeader { to } => write!(f, "move leadership to {to}"),
            Self::Remove { id } => write!(f, "remove {id} from the member list"),
            Self::ProveQuorum => f.pad("prove the quorum without it"),
            Self::Stop => f.pad("stop its process"),
            Self::Wipe => f.pad("put its data out of the way"),
            Self::AddLearner => f.pad("add it as a learner"),
            Self::Start => f.pad("start it"),
            Self::CatchUp => f.pad("wait until it has caught up"),
            Self::Promote => f.pad("promote it to voter"),
            Self::Verify => f.pad("verify that all agree"),
        }
    }
}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Nothing => f.pad("nothing to do"),
            Self::WaitUntil(at) => write!(f, "wait until {}", whole_seconds(*at)),
            Self::Restart(member) => write!(f, "restart {member}"),
            Self::Replace(replacement) => write!(f, "replace {}", replacement.member),
            Self::NeedsRestore => f.pad("needs a restore from backup"),
            Self::NeedsHuman => f.pad("needs a human"),
        }
    }
}

impl fmt::Display for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "plan: {}", self.action)?;
        for reason in &self.reasons {
            writeln!(f, "  because {reason}")?;
        }
        if let Action::Replace(replacement) = &self.action {
            for (number, step) in (1..).zip(&replacement.steps) {
                writeln!(f, "  {number:2}. {step}")?;
            }
        }
        Ok(())
    }
}
