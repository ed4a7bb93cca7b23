//! Proofs without which nothing is destroyed.
//!
//! They can only be made from a diagnosis of a fresh observation, and they name exactly what they allow. A call
//! that removes a member or its data takes one, so a caller cannot forget to ask.

use jiff::Timestamp;

use crate::topology::{ClusterId, MemberId, MemberName};

/// Shown: the cluster keeps its quorum, on agreeing stores, when this member is removed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QuorumWithout {
    member: MemberName,
    id: MemberId,
    cluster_id: ClusterId,
    via: MemberName,
    at: Timestamp,
}

/// Shown: no member of the cluster has this member's data any more, and the cluster does not need them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotInCluster {
    member: MemberName,
    cluster_id: ClusterId,
    incarnation: String,
    at: Timestamp,
}

impl QuorumWithout {
    pub(crate) const fn new(
        member: MemberName,
        id: MemberId,
        cluster_id: ClusterId,
        via: MemberName,
        at: Timestamp,
    ) -> Self {
        Self { member, id, cluster_id, via, at }
    }
}

impl NotInCluster {
    pub(crate) const fn new(
        member: MemberName,
        cluster_id: ClusterId,
        incarnation: String,
        at: Timestamp,
    ) -> Self {
        Self { member, cluster_id, incarnation, at }
    }
}
