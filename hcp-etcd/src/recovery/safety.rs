//! What must hold before a member or its data go, and the proofs that it does.

use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::diagnosis::{ClusterState, Diagnosis, MemberDiagnosis, MemberState, Stores};
use crate::health::{AlarmKind, DataState, ProcessState};
use crate::time::after;
use crate::topology::MemberName;

use super::plan::SnapshotRecord;
use super::policy::RecoveryPolicy;
use super::proof::{NotInCluster, QuorumWithout};
use super::reason::Reason;
use super::steps::{healthy_others, is_fresh};

/// Why something dangerous was not allowed; never empty.
#[non_exhaustive]
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refusal {
    /// Every objection.
    pub reasons: Vec<Reason>,
}

impl Diagnosis {
    /// Proves that the cluster keeps its quorum, on agreeing stores, without this member.
    ///
    /// Ask [`plan`](super::plan) what to do; ask this when you mean to remove a member by your own hand.
    ///
    /// # Errors
    /// [`Refusal`] with every rule that forbids it.
    pub fn prove_quorum_without(
        &self,
        member: &MemberName,
        policy: &RecoveryPolicy,
        now: Timestamp,
    ) -> Result<QuorumWithout, Refusal> {
        let mut reasons = self.staleness(policy, now);
        let found = self.member(member);
        if let Some(found) = found {
            reasons.extend(removal_objections(self, found, policy));
        }
        if matches!(self.stores, Stores::NotCompared | Stores::PartlyCompared) {
            reasons.push(Reason::StoresNotCompared);
        }
        if self.leader.as_ref() == Some(member) {
            reasons.push(Reason::IsLeader { member: member.clone() });
        }
        let via = healthy_others(self, member).next();
        match (found.and_then(|m| m.id), self.cluster_id, via) {
            (Some(id), Some(cluster), Some(via)) if reasons.is_empty() => {
                Ok(QuorumWithout::new(member.clone(), id, cluster, via.name.clone(), self.at))
            }
            (None, ..) => {
                reasons.push(Reason::NoSuchMember { member: member.clone() });
                Err(Refusal { reasons })
            }
            _ => Err(Refusal { reasons }),
        }
    }

    /// Proves that the cluster does not count on this member's data any more.
    ///
    /// # Errors
    /// [`Refusal`] with every rule that forbids wiping them.
    pub fn prove_not_in_cluster(
        &self,
        member: &MemberName,
        snapshot: Option<&SnapshotRecord>,
        policy: &RecoveryPolicy,
        now: Timestamp,
    ) -> Result<NotInCluster, Refusal> {
        let mut reasons = self.staleness(policy, now);
        if !self.quorum.is_kept() || !self.is_quorum_proved() {
            let since = self.quorum_lost_since.unwrap_or(self.at);
            reasons.push(Reason::QuorumLost { since });
        }
        if self.cluster == ClusterState::Split {
            reasons.push(Reason::StoresDiffer);
        }
        if !snapshot.is_some_and(|s| is_fresh(s, self, policy, now)) {
            reasons.push(Reason::NoFreshSnapshot);
        }
        let found = self.member(member);
        reasons.extend(found.into_iter().flat_map(|m| wipe_objections(self, m)));
        let process = found.and_then(|m| m.process.as_ref());
        let stopped = process.filter(|p| p.state == ProcessState::Stopped);
        match (stopped, self.cluster_id) {
            (Some(process), Some(cluster)) if reasons.is_empty() => {
                Ok(NotInCluster::new(member.clone(), cluster, process.incarnation.clone(), self.at))
            }
            (None, _) => {
                reasons.push(Reason::StillRunning { member: member.clone() });
                Err(Refusal { reasons })
            }
            _ => Err(Refusal { reasons }),
        }
    }

    fn staleness(&self, policy: &RecoveryPolicy, now: Timestamp) -> Vec<Reason> {
        let too_old = now >= after(self.at, policy.proof_max_age) || now < self.at;
        if too_old { vec![Reason::ObservationTooOld { at: self.at }] } else { Vec::new() }
    }
}

/// What speaks against this very member's data being nobody's.
fn wipe_objections(diagnosis: &Diagnosis, member: &MemberDiagnosis) -> Vec<Reason> {
    let name = || member.name.clone();
    let listed = member.seat.map(|_| Reason::StillListed { member: name() });
    let foreign = member.state == MemberState::WrongCluster;
    let foreign = foreign.then(|| Reason::ForeignMember { member: name() });
    let strange = strange_list(diagnosis, member);
    [listed, foreign, strange].into_iter().flatten().collect()
}

/// What speaks against counting data as the cluster's no more: a member list that lacks most declared members is
/// rather that of another cluster, where nobody told which is the right one.
pub(super) fn strange_list(diagnosis: &Diagnosis, member: &MemberDiagnosis) -> Option<Reason> {
    let (listed, declared) = diagnosis.listed();
    let empty = member.process.as_ref();
    let empty = empty.is_some_and(|p| p.data == DataState::Absent);
    let strange = !diagnosis.cluster_id_known && listed * 2 <= declared;
    (member.seat.is_none() && !empty && strange)
        .then_some(Reason::MostAreUnlisted { listed, declared })
}

/// What speaks against taking the member out of the member list, or its data away.
pub(super) fn removal_objections(
    diagnosis: &Diagnosis,
    member: &MemberDiagnosis,
    policy: &RecoveryPolicy,
) -> Vec<Reason> {
    let mut objections = Vec::new();
    let name = || member.name.clone();
    let rest = diagnosis.after_removing(&member.name);
    if !diagnosis.is_quorum_proved() {
        let since = diagnosis.quorum_lost_since.unwrap_or(diagnosis.at);
        objections.push(Reason::QuorumLost { since });
    }
    if !rest.is_kept() {
        let (healthy, voters, quorum) = (rest.healthy, rest.voters, rest.size());
        objections.push(Reason::NoQuorumWithout { member: name(), healthy, voters, quorum });
    } else if !diagnosis.quorum.is_kept() && !member.is_learner() {
        let (healthy, quorum) = (diagnosis.quorum.healthy, diagnosis.quorum.size());
        objections.push(Reason::UnseenVoters { healthy, quorum });
    } else if rest.fault_tolerance() < i64::from(policy.min_fault_tolerance) {
        let (after, minimum) = (rest.fault_tolerance(), policy.min_fault_tolerance);
        objections.push(Reason::ToleranceBelowPolicy { member: name(), after, minimum });
    }
    if diagnosis.cluster == ClusterState::Split {
        objections.push(Reason::StoresDiffer);
    }
    let corrupt_alarm = diagnosis.alarms.iter().any(|a| a.kind == AlarmKind::Corrupt);
    if corrupt_alarm && !diagnosis.stores.minority_is_known() {
        objections.push(Reason::CorruptAlarmUnexplained);
    }
    objections
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("refused: ")?;
        for (index, reason) in self.reasons.iter().enumerate() {
            write!(f, "{}{reason}", if index == 0 { "" } else { "; " })?;
        }
        Ok(())
    }
}

impl std::error::Error for Refusal {}
