//! Who answered: one cluster, another one, or several that believe themselves one.

use crate::health::{DataState, MemberObservation, Observation, Status};
use crate::topology::ClusterId;

use super::{Evidence, History};

/// What the members' own ids say about them as a whole.
pub(super) struct Identity {
    /// The cluster they belong to, as far as there is one.
    pub(super) cluster_id: Option<ClusterId>,
    /// Whether they form several clusters.
    pub(super) split: bool,
    /// By index in the observation: why a member does not belong to that cluster.
    pub(super) foreign: Vec<Option<Evidence>>,
}

impl Identity {
    pub(super) fn of(observation: &Observation, history: &History) -> Self {
        let members = &observation.members;
        let pinned = observation.topology.cluster_id().or(history.cluster_id);
        let counted = most_common_cluster(members);
        let cluster_id = pinned.or_else(|| counted.ok().flatten());
        let mut identity =
            Self { cluster_id, split: counted.is_err(), foreign: vec![None; members.len()] };
        identity.mark_foreign_clusters(members, history);
        identity.mark_pairs(members);
        identity
    }

    /// Whether the member answered as one of this cluster.
    pub(super) fn is_own(&self, index: usize) -> bool {
        self.foreign.get(index).is_some_and(Option::is_none)
    }

    /// Whether the member itself says so; one that withholds its status may be anybody.
    pub(super) fn answers_as_own(&self, observation: &Observation, index: usize) -> bool {
        let answers = |m: &MemberObservation| m.status.is_ok();
        self.is_own(index) && observation.members.get(index).is_some_and(answers)
    }

    fn mark_foreign_clusters(&mut self, members: &[MemberObservation], history: &History) {
        for (mark, member) in self.foreign.iter_mut().zip(members) {
            let emptied = member.process.as_ref();
            let emptied = emptied.is_some_and(|p| p.data == DataState::Absent);
            let past = history.member(&member.name).filter(|_| !emptied);
            let belongs_to = match &member.status {
                Ok(status) => Some(status.cluster_id),
                Err(_) => past.and_then(|past| past.foreign),
            };
            if let Some(id) = belongs_to
                && Some(id) != self.cluster_id
            {
                let expected = self.cluster_id;
                *mark = Some(Evidence::ForeignCluster { id, expected });
            }
        }
    }

    fn mark_pairs(&mut self, members: &[MemberObservation]) {
        for (first, a) in members.iter().enumerate() {
            for (second, b) in members.iter().enumerate().skip(first + 1) {
                let (Ok(status_a), Ok(status_b)) = (&a.status, &b.status) else {
                    continue;
                };
                if [status_a, status_b].iter().any(|s| Some(s.cluster_id) != self.cluster_id) {
                    continue; // says itself that it is of another cluster: nothing follows for the rest
                }
                let evidence = if status_a.member_id == status_b.member_id {
                    let id = status_a.member_id;
                    Some((
                        Evidence::SameMemberId { id, other: b.name.clone() },
                        Evidence::SameMemberId { id, other: a.name.clone() },
                    ))
                } else if do_not_know_each_other(a, status_a, b, status_b) {
                    let alone = |own: &MemberObservation, other: &MemberObservation| {
                        Evidence::NotInEachOthersList {
                            other: other.name.clone(),
                            listed: own.member_list.as_ref().map_or(0, Vec::len),
                        }
                    };
                    Some((alone(a, b), alone(b, a)))
                } else {
                    None
                };
                if let Some((of_a, of_b)) = evidence {
                    self.split = true;
                    self.mark(first, of_a);
                    self.mark(second, of_b);
                }
            }
        }
    }

    fn mark(&mut self, index: usize, evidence: Evidence) {
        if let Some(mark) = self.foreign.get_mut(index) {
            mark.get_or_insert(evidence);
        }
    }
}

/// The cluster most members name; an error where two are named equally often.
fn most_common_cluster(members: &[MemberObservation]) -> Result<Option<ClusterId>, ()> {
    let ids = || members.iter().filter_map(|m| m.status.as_ref().ok()).map(|s| s.cluster_id);
    let count = |id: ClusterId| ids().filter(|other| *other == id).count();
    let Some(best) = ids().max_by_key(|id| count(*id)) else {
        return Ok(None);
    };
    let contested = ids().any(|id| id != best && count(id) == count(best));
    if contested { Err(()) } else { Ok(Some(best)) }
}

/// Two members that each reach a quorum, neither of which has the other in its list, are two clusters even where
/// their cluster ids are equal (as after restoring the same snapshot without a name and token).
fn do_not_know_each_other(
    a: &MemberObservation,
    status_a: &Status,
    b: &MemberObservation,
    status_b: &Status,
) -> bool {
    let lacks = |own: &MemberObservation, other: &Status| {
        own.read.is_ok()
            && own
                .member_list
                .as_ref()
                .is_ok_and(|list| list.iter().all(|listed| listed.id != other.member_id))
    };
    lacks(a, status_b) && lacks(b, status_a)
}
