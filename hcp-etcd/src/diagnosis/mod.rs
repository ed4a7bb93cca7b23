//! From what was seen to what is wrong: pure, with time and history as parameters.
//!
//! [`diagnose`] looks at one [`Observation`](crate::health::Observation). Green probes are not enough for it:
//! members that answer "healthy" but hold different data, or form clusters of their own, are found and named.

mod assess;
mod evidence;
mod history;
mod identity;
mod stores;

use std::fmt;
use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::health::{Alarm, ListedMember, ProcessObservation, ProcessState};
use crate::quorum::{Quorum, Role, Seat};
use crate::time::whole_seconds;
use crate::topology::{ClusterId, MemberId, MemberName};

pub use assess::diagnose;
pub use evidence::Evidence;
pub use history::{History, Joining, MemberHistory};

/// When a member counts as what; [`Default`] suits a cluster with etcd's default timings.
#[non_exhaustive]
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct DiagnosisPolicy {
    /// A member whose applied index is this far behind the furthest commit is lagging. etcd itself refuses requests
    /// when more than 5,000 entries wait to be applied.
    pub lag_entries: u64,
    /// A member that ended by itself this often in a row is in a crash loop.
    pub crash_loop_exits: u32,
    /// A member must answer this long without a break before an earlier failure is forgotten. A flapping member
    /// keeps its first failure's time, so that its grace runs out in spite of short recoveries.
    #[serde(with = "crate::time::seconds")]
    pub settle: Duration,
}

/// What is wrong with a cluster, member by member, and with what evidence.
#[non_exhaustive]
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Diagnosis {
    /// When the underlying observation was made.
    pub at: Timestamp,
    /// The whole cluster in one word.
    pub cluster: ClusterState,
    /// The cluster's id, where the members that answer agree on one.
    pub cluster_id: Option<ClusterId>,
    /// Whether that id is known to be the right one: from the topology, or from an earlier diagnosis in which it had
    /// most of the declared members.
    pub cluster_id_known: bool,
    /// The member list, and whether it is as fresh as a linearizable read. `None` if nobody gave one.
    pub membership: Option<Membership>,
    /// The voters' count over the member list.
    pub quorum: Quorum,
    /// The declared members in the topology's order, then members nobody declared.
    pub members: Vec<MemberDiagnosis>,
    /// The name of the leader.
    pub leader: Option<MemberName>,
    /// Alarms that are raised, whomever they accuse.
    pub alarms: Vec<Alarm>,
    /// What the comparison of the members' stores says.
    pub stores: Stores,
    /// Since when no linearizable read succeeds, if so.
    pub quorum_lost_since: Option<Timestamp>,
}

/// One member's diagnosis.
#[non_exhaustive]
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MemberDiagnosis {
    /// Its declared name; for a member nobody declared the name it has in the member list, or its id.
    pub name: MemberName,
    /// Its id in the member list.
    pub id: Option<MemberId>,
    /// What it counts for in the member list; `None` if it is not in it.
    pub seat: Option<Seat>,
    /// What is wrong with it: the finding that matters most.
    pub state: MemberState,
    /// Why.
    pub evidence: Vec<Evidence>,
    /// The id it answers with; `None` if it did not answer the local status call. Another id than `id` is an
    /// earlier incarnation that still runs.
    pub answers_as: Option<MemberId>,
    /// Whether the only fault known is in what we present to it or trust of it.
    pub fault_is_ours: bool,
    /// Since when it fails, short recoveries not counted.
    pub failing_since: Option<Timestamp>,
    /// Its revision, where it told.
    pub revision: Option<u64>,
    /// Its applied index, where it told.
    pub applied_index: Option<u64>,
    /// How it joins, while it is a learner or has not started.
    pub joining: Option<Joining>,
    /// How often it was replaced lately.
    pub replacements: u32,
    /// What runs it says.
    pub process: Option<ProcessObservation>,
}

/// What is wrong with a member.
#[non_exhaustive]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum MemberState {
    /// Nothing.
    Healthy,
    /// It answers, but is slow or behind by that many entries: not a dead member.
    Lagging {
        /// Entries committed somewhere and not applied here.
        behind: u64,
    },
    /// It answers nothing.
    Unreachable {
        /// Since when.
        since: Timestamp,
    },
    /// It answers, but follows no leader: cut off from its peers, or there is no quorum.
    NoLeader {
        /// Since when.
        since: Timestamp,
    },
    /// It ends by itself again and again.
    CrashLooping {
        /// How often in a row.
        exits: u32,
    },
    /// Its data directory is gone, or its log ends before what it promised.
    DataLost,
    /// Its files are damaged, or its store differs from what the majority holds at one revision.
    Corrupt,
    /// Its store took another course than the majority's: another revision at the same applied index.
    Divergent,
    /// It raised the NOSPACE alarm.
    NoSpace,
    /// It is in the member list and has never started.
    Unstarted,
    /// It is a learner.
    Learner,
    /// It is declared, and not in the member list.
    Removed,
    /// It is in the member list and nobody declared it, or another member answers at its URL.
    UnknownMember,
    /// It belongs to another cluster, or to one of its own.
    WrongCluster,
}

/// The whole cluster in one word.
#[non_exhaustive]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ClusterState {
    /// All declared members are healthy voters that agree, and no alarm is raised.
    Healthy,
    /// Something is wrong, and one more failure can be borne.
    Degraded,
    /// There is a quorum; one more failure loses it.
    AtRisk,
    /// No linearizable read succeeds through any member.
    QuorumLost,
    /// There is no single truth: members hold different data without a majority to believe, or form several
    /// clusters.
    Split,
}

/// A member list, with where it comes from.
#[non_exhaustive]
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Membership {
    /// The member that gave it.
    pub source: MemberName,
    /// Whether a linearizable read through the same member just before proves that it is current.
    pub proved: bool,
    /// The members.
    pub members: Vec<ListedMember>,
}

/// What the comparison of the members' stores says.
#[non_exhaustive]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Stores {
    /// Revisions fit together; contents were not compared.
    NotCompared,
    /// The contents of that many voters have one hash at one revision, and nobody's differs.
    Agree {
        /// How many were compared.
        members: usize,
    },
    /// A minority differs, and is named; the contents of the others were not all compared.
    PartlyCompared,
    /// A majority's contents agree; the others are named in their diagnoses.
    MinorityDiffers,
    /// No majority agrees, or who differs holds what the majority lacks.
    NoMajority,
}

impl Stores {
    /// Whether it is known who differs.
    #[must_use]
    pub const fn minority_is_known(self) -> bool {
        matches!(self, Self::PartlyCompared | Self::MinorityDiffers)
    }
}

impl Default for DiagnosisPolicy {
    fn default() -> Self {
        Self { lag_entries: 5_000, crash_loop_exits: 3, settle: Duration::from_secs(30) }
    }
}

impl DiagnosisPolicy {
    /// Sets [`lag_entries`](Self::lag_entries).
    #[must_use]
    pub const fn with_lag_entries(mut self, entries: u64) -> Self {
        self.lag_entries = entries;
        self
    }

    /// Sets [`crash_loop_exits`](Self::crash_loop_exits).
    #[must_use]
    pub const fn with_crash_loop_exits(mut self, exits: u32) -> Self {
        self.crash_loop_exits = exits;
        self
    }

    /// Sets [`settle`](Self::settle).
    #[must_use]
    pub const fn with_settle(mut self, settle: Duration) -> Self {
        self.settle = settle;
        self
    }
}

impl Diagnosis {
    /// The diagnosis of the member of that name.
    #[must_use]
    pub fn member(&self, name: &MemberName) -> Option<&MemberDiagnosis> {
        self.members.iter().find(|m| m.name == *name)
    }

    /// Whether a linearizable read proved that there is a quorum.
    #[must_use]
    pub fn is_quorum_proved(&self) -> bool {
        self.membership.as_ref().is_some_and(|m| m.proved)
    }

    /// How many of how many declared members are in the member list.
    #[must_use]
    pub fn listed(&self) -> (usize, usize) {
        let declared = self.members.iter();
        let declared = declared.filter(|m| !m.is_stranger()).map(|m| m.seat.is_some());
        declared.fold((0, 0), |(listed, all), is| (listed + usize::from(is), all + 1))
    }

    /// The quorum if that member fails and stays in the member list.
    #[must_use]
    pub fn after_losing(&self, name: &MemberName) -> Quorum {
        let seat = self.member(name).and_then(|m| m.seat);
        seat.map_or(self.quorum, |seat| self.quorum.after_losing(seat))
    }

    /// The quorum if that member is removed from the member list.
    #[must_use]
    pub fn after_removing(&self, name: &MemberName) -> Quorum {
        let seat = self.member(name).and_then(|m| m.seat);
        seat.map_or(self.quorum, |seat| self.quorum.after_removing(seat))
    }
}

impl MemberDiagnosis {
    /// Whether its process is known not to run. What nobody can tell may run.
    pub(crate) fn is_stopped(&self) -> bool {
        self.process.as_ref().is_some_and(|p| p.state == ProcessState::Stopped)
    }

    /// Whether it is a voter shown to be healthy.
    #[must_use]
    pub fn is_healthy_voter(&self) -> bool {
        self.seat.is_some_and(|seat| seat.role == Role::Voter && seat.healthy)
    }

    /// Whether it is in the member list and not a started voter yet.
    #[must_use]
    pub fn is_joining(&self) -> bool {
        self.seat.is_some_and(|seat| seat.role == Role::Learner || !seat.started)
    }

    /// Whether nobody declared it.
    fn is_stranger(&self) -> bool {
        let undeclared = |e: &Evidence| matches!(e, Evidence::NotDeclared { .. });
        self.evidence.iter().any(undeclared)
    }

    /// The other cluster it belongs to, if it does.
    pub(super) fn foreign_cluster(&self) -> Option<ClusterId> {
        self.evidence.iter().find_map(|evidence| match evidence {
            Evidence::ForeignCluster { id, .. } => Some(*id),
            _ => None,
        })
    }

    /// Whether it is a learner in the member list.
    #[must_use]
    pub fn is_learner(&self) -> bool {
        self.seat.is_some_and(|seat| seat.role == Role::Learner)
    }
}

impl MemberState {
    /// The state's name, as in JSON and metrics labels.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Healthy => "healthy",
            Self::Lagging { .. } => "lagging",
            Self::Unreachable { .. } => "unreachable",
            Self::NoLeader { .. } => "no-leader",
            Self::CrashLooping { .. } => "crash-looping",
            Self::DataLost => "data-lost",
            Self::Corrupt => "corrupt",
            Self::Divergent => "divergent",
            Self::NoSpace => "no-space",
            Self::Unstarted => "unstarted",
            Self::Learner => "learner",
            Self::Removed => "removed",
            Self::UnknownMember => "unknown-member",
            Self::WrongCluster => "wrong-cluster",
        }
    }

    /// Whether the member does its work in the quorum, be it slowly or without taking writes.
    pub(crate) const fn serves(self) -> bool {
        matches!(self, Self::Healthy | Self::Lagging { .. } | Self::NoSpace)
    }

    /// Whether the member's data are positively known to be lost or wrong: waiting cannot help.
    #[must_use]
    pub const fn is_data_bad(self) -> bool {
        matches!(self, Self::DataLost | Self::Corrupt | Self::Divergent)
    }
}

impl ClusterState {
    /// The state's name, as in JSON and metrics labels.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Healthy => "healthy",
            Self::Degraded => "degraded",
            Self::AtRisk => "at-risk",
            Self::QuorumLost => "quorum-lost",
            Self::Split => "split",
        }
    }
}

impl fmt::Display for ClusterState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl fmt::Display for MemberState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Lagging { behind } if *behind > 0 => write!(f, "lagging by {behind} entries"),
            Self::CrashLooping { exits } => write!(f, "crash-looping ({exits} exits)"),
            Self::Unreachable { since } => write!(f, "unreachable since {}", whole_seconds(*since)),
            Self::NoLeader { since } => write!(f, "no leader since {}", whole_seconds(*since)),
            other => f.pad(other.name()),
        }
    }
}

impl fmt::Display for Diagnosis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Quorum { voters, healthy, .. } = self.quorum;
        let (size, tolerance) = (self.quorum.size(), self.quorum.fault_tolerance());
        write!(f, "cluster {}: {healthy} of {voters} voters healthy, quorum {size}", self.cluster)?;
        match tolerance {
            0.. => writeln!(f, ", {tolerance} more may fail")?,
            _ => writeln!(f, ", {} too few", -tolerance)?,
        }
        for member in &self.members {
            write!(f, "  {}: {}", member.name, member.state)?;
            for (index, evidence) in member.evidence.iter().enumerate() {
                write!(f, "{} {evidence}", if index == 0 { " –" } else { ";" })?;
            }
            writeln!(f)?;
        }
        Ok(())
    }
}
