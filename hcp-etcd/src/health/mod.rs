//! What one probe of every member saw: plain data, ready for a diagnosis, a table or JSON.
//!
//! An [`Observation`] is what the world said at one moment. The `grpc` feature's `Client` makes one from real
//! members; a test or another tool can build one by hand or read it from JSON.

mod error;
mod process;
mod table;

use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::topology::{ClusterId, MemberId, MemberName, Topology};

pub use error::{ProbeError, ProbeErrorKind};
pub use process::{DataState, ExitCause, LastExit, ProcessObservation, ProcessState};

/// What an endpoint answered, or why it did not.
pub type Reply<T> = Result<T, ProbeError>;

/// One probe of all members of a topology.
#[non_exhaustive]
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Observation {
    /// When the probe began.
    pub at: Timestamp,
    /// Whom it asked.
    pub topology: Topology,
    /// What each declared member answered, in the topology's order.
    pub members: Vec<MemberObservation>,
}

/// What one member answered.
#[non_exhaustive]
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MemberObservation {
    /// The declared name of the member behind the endpoint.
    pub name: MemberName,
    /// A linearizable read through this member: what `etcdctl endpoint health` does, and the proof that this
    /// member can reach a quorum.
    pub read: Reply<LinearizableRead>,
    /// The member's own view of itself. Answered locally, so it works without a quorum.
    pub status: Reply<Status>,
    /// The member list as this member holds it. Where `read` succeeded the list was asked for after it on the
    /// same member and is therefore as fresh as that read; otherwise it may be stale.
    pub member_list: Reply<Vec<ListedMember>>,
    /// The alarms of the whole cluster, as this member holds them.
    pub alarms: Reply<Vec<Alarm>>,
    /// The hash of the key space at a revision all answering members have; `None` where it was not asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hash: Option<Reply<HashKv>>,
    /// What runs the member says of it; `None` where nobody was asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub process: Option<ProcessObservation>,
}

/// A linearizable read that was answered.
#[non_exhaustive]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct LinearizableRead {
    /// From sending the request to its answer.
    #[serde(rename = "took_ms", with = "crate::time::millis")]
    pub took: Duration,
    /// Whether the answer was "permission denied", which proves the quorum as well as a value does.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub permission_denied: bool,
}

/// etcd's `Maintenance.Status`, with what the response header carries.
#[non_exhaustive]
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Status {
    /// The cluster this member believes it belongs to.
    pub cluster_id: ClusterId,
    /// The member's own id.
    pub member_id: MemberId,
    /// The store's latest revision; at most as new as `applied_index`.
    pub revision: u64,
    /// The leader it follows; `None` while there is none.
    #[serde(default)]
    pub leader: Option<MemberId>,
    /// The raft term.
    pub raft_term: u64,
    /// The raft index known to be committed.
    pub raft_index: u64,
    /// The raft index applied to the store.
    pub applied_index: u64,
    /// The applied index of an earlier answer in the same probe: `revision` is not older than this.
    ///
    /// Together with `applied_index` it brackets the revision, which makes revisions of different members
    /// comparable while writes go on.
    pub applied_floor: u64,
    /// Whether the member is a learner (receives the log, does not vote).
    #[serde(default)]
    pub is_learner: bool,
    /// Size of the backend file, in bytes.
    pub db_size: u64,
    /// Bytes of it in use; the rest is free pages that a defragmentation gives back.
    pub db_size_in_use: u64,
    /// The member's space quota in bytes, where it tells (etcd 3.6 and newer).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub db_size_quota: Option<u64>,
    /// The server's version.
    pub version: String,
    /// What the member itself complains of, in its words. For people; decisions use alarms and facts.
    #[serde(default)]
    pub errors: Vec<String>,
}

/// One entry of a member list.
#[non_exhaustive]
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListedMember {
    /// The member's id.
    pub id: MemberId,
    /// Its name; empty until it has started for the first time.
    #[serde(default)]
    pub name: String,
    /// Its peer URLs.
    pub peer_urls: Vec<String>,
    /// Its client URLs; empty until it has started for the first time.
    #[serde(default)]
    pub client_urls: Vec<String>,
    /// Whether it is a learner.
    #[serde(default)]
    pub is_learner: bool,
}

/// An alarm that is raised in the cluster.
#[non_exhaustive]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Alarm {
    /// Whom it accuses; zero is nobody (the periodic corruption check of 3.5.7 and newer).
    pub member_id: MemberId,
    /// What it is about.
    pub kind: AlarmKind,
}

/// The alarms etcd knows.
#[non_exhaustive]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AlarmKind {
    /// The backend reached its space quota: writes are refused.
    NoSpace,
    /// Members hold different data: writes are refused.
    Corrupt,
    /// A kind newer than this crate.
    Other(i32),
}

/// etcd's `Maintenance.HashKV`: a CRC-32C of the key space up to a revision.
///
/// Comparable between members only at the same revision and the same compact revision.
#[non_exhaustive]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct HashKv {
    /// The hash.
    pub hash: u32,
    /// The revision it was asked for.
    pub revision: u64,
    /// The revision below which history is compacted; −1 if it never was.
    pub compact_revision: i64,
}

impl Observation {
    /// Puts an observation together; members the caller says nothing about count as not probed.
    #[must_use]
    pub fn new(at: Timestamp, topology: Topology, members: Vec<MemberObservation>) -> Self {
        let mut given = members;
        let members = topology
            .members()
            .iter()
            .map(|declared| match given.iter().position(|m| m.name == declared.name) {
                Some(index) => given.swap_remove(index),
                None => MemberObservation::unanswered(
                    declared.name.clone(),
                    &ProbeError::new(ProbeErrorKind::NotProbed, "nobody asked this member"),
                ),
            })
            .collect();
        Self { at, topology, members }
    }

    /// What the member of that name answered.
    #[must_use]
    pub fn member(&self, name: &MemberName) -> Option<&MemberObservation> {
        self.members.iter().find(|m| m.name == *name)
    }
}

impl MemberObservation {
    /// A member of which every answer is still missing for one reason.
    #[must_use]
    pub fn unanswered(name: MemberName, error: &ProbeError) -> Self {
        Self {
            name,
            read: Err(error.clone()),
            status: Err(error.clone()),
            member_list: Err(error.clone()),
            alarms: Err(error.clone()),
            hash: None,
            process: None,
        }
    }
}

impl LinearizableRead {
    /// A read that was answered after `took`.
    #[must_use]
    pub const fn new(took: Duration) -> Self {
        Self { took, permission_denied: false }
    }

    /// A read that was refused for want of permission, which proves the quorum all the same.
    #[must_use]
    pub const fn denied(took: Duration) -> Self {
        Self { took, permission_denied: true }
    }
}

impl Status {
    /// The status of an idle voter at `applied_index`, to be refined field by field.
    #[must_use]
    pub fn new(
        cluster_id: ClusterId,
        member_id: MemberId,
        applied_index: u64,
        revision: u64,
    ) -> Self {
        Self {
            cluster_id,
            member_id,
            revision,
            leader: None,
            raft_term: 1,
            raft_index: applied_index,
            applied_index,
            applied_floor: applied_index,
            is_learner: false,
            db_size: 0,
            db_size_in_use: 0,
            db_size_quota: None,
            version: String::new(),
            errors: Vec::new(),
        }
    }
}

impl ListedMember {
    /// An entry of a member list; an empty `name` says it never started.
    #[must_use]
    pub fn new(id: MemberId, name: &str, peer_url: &str, is_learner: bool) -> Self {
        Self {
            id,
            name: name.to_owned(),
            peer_urls: vec![peer_url.to_owned()],
            client_urls: Vec::new(),
            is_learner,
        }
    }

    /// Whether the member has started at least once: only then has it published its name and client URLs.
    #[must_use]
    pub const fn is_started(&self) -> bool {
        !self.name.is_empty() || !self.client_urls.is_empty()
    }
}

impl Alarm {
    /// An alarm of `kind` that accuses `member_id`.
    #[must_use]
    pub const fn new(member_id: MemberId, kind: AlarmKind) -> Self {
        Self { member_id, kind }
    }
}

impl HashKv {
    /// A hash at `revision`.
    #[must_use]
    pub const fn new(hash: u32, revision: u64, compact_revision: i64) -> Self {
        Self { hash, revision, compact_revision }
    }
}

impl std::fmt::Display for AlarmKind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::NoSpace => f.pad("NOSPACE"),
            Self::Corrupt => f.pad("CORRUPT"),
            Self::Other(code) => write!(f, "alarm {code}"),
        }
    }
}
