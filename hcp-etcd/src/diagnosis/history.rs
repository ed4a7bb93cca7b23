//! What earlier diagnoses leave behind: since when a member fails, how a joining one progresses.
//!
//! A history is a cache. Losing it costs waiting time, never safety.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::time::after;
use crate::topology::{ClusterId, MemberId, MemberName};

use super::{ClusterState, Diagnosis, DiagnosisPolicy, MemberDiagnosis, MemberState};

/// How long a replacement is remembered against replacing the same member again.
const REPLACEMENT_MEMORY: Duration = Duration::from_secs(6 * 60 * 60);

/// What is remembered of a cluster between probes.
#[non_exhaustive]
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct History {
    /// The cluster's id, once a linearizable read proved it with most declared members in its list: another one later
    /// is the wrong cluster.
    pub cluster_id: Option<ClusterId>,
    /// Since when no linearizable read succeeds.
    pub quorum_lost_since: Option<Timestamp>,
    /// By member.
    pub members: BTreeMap<MemberName, MemberHistory>,
}

/// What is remembered of a member between probes.
#[non_exhaustive]
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct MemberHistory {
    /// Since when it fails; kept until it has been good for the policy's settling time. That it follows no leader
    /// while nobody does is no failure of its own.
    pub failing_since: Option<Timestamp>,
    /// Since when it has been good without a break.
    pub good_since: Option<Timestamp>,
    /// Another cluster it was last seen to belong to. While it does not answer, it is taken to belong there still.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub foreign: Option<ClusterId>,
    /// How it joins, while it is a learner or has not started.
    pub joining: Option<Joining>,
    /// When it was replaced, lately.
    pub replaced: Vec<Timestamp>,
}

/// The progress of a member that joins.
#[non_exhaustive]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Joining {
    /// Its id: another id is another attempt.
    pub id: MemberId,
    /// When it was first seen in the member list.
    pub since: Timestamp,
    /// The furthest applied index it was seen at.
    pub applied: u64,
    /// When that last grew: a learner is stuck if this is long ago.
    pub advanced_at: Timestamp,
}

impl History {
    /// Takes in a diagnosis, so that the next one knows what came before.
    pub fn update(&mut self, diagnosis: &Diagnosis, policy: &DiagnosisPolicy) {
        let at = diagnosis.at;
        let proved = diagnosis.is_quorum_proved();
        let (listed, declared) = diagnosis.listed();
        let one = proved && diagnosis.cluster != ClusterState::Split && listed * 2 > declared;
        if one && self.cluster_id.is_none() {
            self.cluster_id = diagnosis.cluster_id;
        }
        let lost_since = self.quorum_lost_since.filter(|_| proved);
        let regained = lost_since.is_some_and(|since| at >= after(since, policy.settle));
        self.quorum_lost_since = diagnosis.quorum_lost_since;
        for member in &diagnosis.members {
            let past = self.members.entry(member.name.clone()).or_default();
            if regained || past.has_joined(member) {
                // What failed with all the others, or as an earlier incarnation, was not this member's failing.
                past.failing_since = None;
            }
            past.joining = member.joining;
            past.foreign = member.foreign_cluster();
            let of_all = matches!(member.state, MemberState::NoLeader { .. }) && !proved;
            if !of_all {
                past.update_failing(member, at, policy);
            }
            past.replaced.retain(|replaced| at < after(*replaced, REPLACEMENT_MEMORY));
        }
    }

    /// Notes that a member was added anew in order to replace it.
    pub fn note_replacement(&mut self, member: &MemberName, at: Timestamp) {
        self.members.entry(member.clone()).or_default().replaced.push(at);
    }

    /// What is remembered of a member.
    #[must_use]
    pub fn member(&self, name: &MemberName) -> Option<&MemberHistory> {
        self.members.get(name)
    }
}

impl MemberHistory {
    /// Whether the incarnation that was joining is a started voter now.
    fn has_joined(&self, member: &MemberDiagnosis) -> bool {
        self.joining.is_some_and(|was| Some(was.id) == member.id) && member.joining.is_none()
    }

    fn update_failing(
        &mut self,
        member: &MemberDiagnosis,
        at: Timestamp,
        policy: &DiagnosisPolicy,
    ) {
        if !member.state.serves() {
            self.good_since = None;
            self.failing_since.get_or_insert(at);
            return;
        }
        let good_since = *self.good_since.get_or_insert(at);
        if at >= after(good_since, policy.settle) {
            self.failing_since = None;
        }
    }
}
