//! The facts a diagnosis rests on, with their numbers.

use std::fmt;
use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::health::{AlarmKind, ExitCause, ProbeErrorKind};
use crate::time::whole_seconds;
use crate::topology::{ClusterId, MemberId, MemberName};

/// One fact about a member. `Display` says it in words, [`rule`](Self::rule) names it for machines.
#[non_exhaustive]
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "rule")]
pub enum Evidence {
    /// The member answered nothing.
    NoAnswer {
        /// Why.
        kind: ProbeErrorKind,
    },
    /// It answers locally, but no linearizable read succeeds through it.
    ReadFailed {
        /// Why.
        kind: ProbeErrorKind,
    },
    /// It follows no leader.
    FollowsNoLeader,
    /// It has applied less than was committed elsewhere.
    Behind {
        /// Its applied index.
        applied: u64,
        /// The furthest commit index any member knows.
        committed: u64,
    },
    /// It answers now, but failed a short while ago.
    Settling {
        /// Since when it fails on and off.
        failing_since: Timestamp,
    },
    /// Its process ended.
    Exited {
        /// Why.
        cause: ExitCause,
        /// How often in a row it ended by itself.
        exits: u32,
    },
    /// Its process does not run.
    NotRunning,
    /// It has started before, and has no data directory now.
    DataDirectoryGone,
    /// Its key space hashes to something else than the majority's at the same revision.
    HashDiffers {
        /// Its hash.
        hash: u32,
        /// The majority's.
        majority: u32,
        /// The revision both were taken at.
        revision: u64,
        /// How many members hold the majority's hash.
        agreeing: usize,
    },
    /// Its revision cannot belong to the same history as another member's.
    RevisionDiffers {
        /// Its revision.
        revision: u64,
        /// The applied index that revision belongs to.
        applied: u64,
        /// The member it was compared with.
        other: MemberName,
        /// That member's revision.
        other_revision: u64,
        /// That member's applied index.
        other_applied: u64,
    },
    /// An alarm accuses it.
    Alarmed {
        /// Which.
        kind: AlarmKind,
    },
    /// The member list does not have it.
    NotListed,
    /// The member list has it, without a name: it has never started.
    NeverStarted {
        /// The id it was given.
        id: MemberId,
    },
    /// It is a learner.
    IsLearner {
        /// Its id.
        id: MemberId,
    },
    /// Nobody declared it.
    NotDeclared {
        /// Its id.
        id: MemberId,
        /// Its first peer URL.
        peer_url: String,
    },
    /// Another member than the declared one answers at its client URL.
    AnsweredByAnother {
        /// The name of the member that answers.
        name: String,
    },
    /// It belongs to another cluster than the rest.
    ForeignCluster {
        /// Its cluster.
        id: ClusterId,
        /// The cluster it should belong to.
        expected: Option<ClusterId>,
    },
    /// Two endpoints say that they are one and the same member.
    SameMemberId {
        /// The id both claim.
        id: MemberId,
        /// The other endpoint.
        other: MemberName,
    },
    /// It and another member, both with a quorum of their own, do not know each other.
    NotInEachOthersList {
        /// The other member.
        other: MemberName,
        /// How many members its own list has.
        listed: usize,
    },
    /// Its linearizable read took unusually long.
    SlowRead {
        /// How long.
        took: Duration,
    },
}

impl Evidence {
    /// The stable name of the rule.
    #[must_use]
    pub const fn rule(&self) -> &'static str {
        match self {
            Self::NoAnswer { .. } => "no-answer",
            Self::ReadFailed { .. } => "read-failed",
            Self::FollowsNoLeader => "follows-no-leader",
            Self::Behind { .. } => "behind",
            Self::Settling { .. } => "settling",
            Self::Exited { .. } => "exited",
            Self::NotRunning => "not-running",
            Self::DataDirectoryGone => "data-directory-gone",
            Self::HashDiffers { .. } => "hash-differs",
            Self::RevisionDiffers { .. } => "revision-differs",
            Self::Alarmed { .. } => "alarmed",
            Self::NotListed => "not-listed",
            Self::NeverStarted { .. } => "never-started",
            Self::IsLearner { .. } => "is-learner",
            Self::NotDeclared { .. } => "not-declared",
            Self::AnsweredByAnother { .. } => "answered-by-another",
            Self::ForeignCluster { .. } => "foreign-cluster",
            Self::SameMemberId { .. } => "same-member-id",
            Self::NotInEachOthersList { .. } => "not-in-each-others-list",
            Self::SlowRead { .. } => "slow-read",
        }
    }
}

impl fmt::Display for Evidence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoAnswer { kind } => write!(f, "{kind}"),
            Self::ReadFailed { kind } => write!(f, "linearizable read fails: {kind}"),
            Self::FollowsNoLeader => f.write_str("follows no leader"),
            Self::Behind { applied, committed } => {
                write!(f, "applied index {applied} while {committed} is committed")
            }
            Self::Settling { failing_since } => {
                write!(
                    f,
                    "answers again, failed on and off since {}",
                    whole_seconds(*failing_since)
                )
            }
            Self::Exited { cause, exits: 0 | 1 } => write!(f, "process ended: {cause}"),
            Self::Exited { cause, exits } => write!(f, "process ended {exits} times: {cause}"),
            Self::NotRunning => f.write_str("process does not run"),
            Self::DataDirectoryGone => f.write_str("its data directory is gone"),
            Self::HashDiffers { hash, majority, revision, agreeing } => write!(
                f,
                "store hash {hash:08x} at revision {revision}, {agreeing} members have {majority:08x}"
            ),
            Self::RevisionDiffers { revision, applied, other, other_revision, other_applied } => {
                write!(
                    f,
                    "revision {revision} at applied index {applied}, \
                     {other} has {other_revision} at {other_applied}"
                )
            }
            Self::Alarmed { kind } => write!(f, "alarm {kind}"),
            Self::NotListed => f.write_str("not in the member list"),
            Self::NeverStarted { id } => write!(f, "listed as {id}, never started"),
            Self::IsLearner { id } => write!(f, "listed as {id}, a learner"),
            Self::NotDeclared { id, peer_url } => {
                write!(f, "member {id} at {peer_url} is not in the topology")
            }
            Self::AnsweredByAnother { name } => {
                write!(f, "member {name:?} answers at its client URL")
            }
            Self::ForeignCluster { id, expected: Some(expected) } => {
                write!(f, "belongs to cluster {id}, not {expected}")
            }
            Self::ForeignCluster { id, expected: None } => {
                write!(f, "belongs to cluster {id}; the members agree on none")
            }
            Self::SameMemberId { id, other } => {
                write!(f, "claims the member id {id} as {other} does")
            }
            Self::NotInEachOthersList { other, listed } => {
                write!(f, "its own list of {listed} does not have {other}, nor the other way round")
            }
            Self::SlowRead { took } => write!(f, "linearizable read took {took:.1?}"),
        }
    }
}
