//! [`diagnose`]: one observation in, one diagnosis out.

use std::borrow::Cow;

use jiff::Timestamp;

use crate::health::{
    Alarm, AlarmKind, DataState, ExitCause, HashKv, ListedMember, MemberObservation, Observation,
    ProcessState,
};
use crate::quorum::{Quorum, Role, Seat};
use crate::topology::{MemberId, MemberName, Topology, TopologyMember};

use super::history::{History, Joining};
use super::identity::Identity;
use super::stores::{Comparison, Difference, Store, compare};
use super::{
    ClusterState, Diagnosis, DiagnosisPolicy, Evidence, MemberDiagnosis, MemberState, Membership,
    Stores,
};

/// Says what is wrong with a cluster and each of its members.
///
/// Pure: the same arguments give the same answer. `now` is the time the caller decides at, normally right after
/// the probe; `history` is what [`History::update`] kept of earlier diagnoses, empty the first time.
///
/// ```
/// use hcp_etcd::health::Observation;
/// use hcp_etcd::{ClusterState, DiagnosisPolicy, History, Topology, TopologyMember, diagnose};
///
/// let topology = Topology::new([TopologyMember::parse("etcd-0", "http://h:2379", "http://h:2380")?])?;
/// let now = "2026-11-01T03:00:00Z".parse().unwrap();
/// let nobody_answered = Observation::new(now, topology, Vec::new());
///
/// let diagnosis =
///     diagnose(&nobody_answered, &History::default(), &DiagnosisPolicy::default(), now);
/// assert_eq!(diagnosis.cluster, ClusterState::QuorumLost);
/// # Ok::<(), hcp_etcd::TopologyError>(())
/// ```
#[must_use]
pub fn diagnose(
    observation: &Observation,
    history: &History,
    policy: &DiagnosisPolicy,
    now: Timestamp,
) -> Diagnosis {
    let observation = &*aligned(observation);
    let identity = Identity::of(observation, history);
    let membership = membership(observation, &identity);
    let listed = membership.as_ref().map_or(&[][..], |m| &m.members);
    let matches = match_listed(listed, observation);
    let comparison = compare_stores(observation, &identity, &matches, listed);
    let facts = Facts {
        observation,
        history,
        policy,
        now,
        identity: &identity,
        proved: membership.as_ref().is_some_and(|m| m.proved),
        alarms: alarms(observation, &identity),
        comparison: &comparison,
        committed: furthest_commit(observation, &identity),
        listed,
    };
    let mut members: Vec<_> =
        matches.iter().enumerate().map(|(i, listed)| facts.member(i, *listed)).collect();
    members.extend(strangers(listed, &matches, &observation.topology));

    let quorum = Quorum::of(members.iter().filter_map(|m| m.seat));
    let split = identity.split || comparison.stores == Stores::NoMajority;
    let cluster = cluster_state(&members, quorum, split, facts.proved, &facts.alarms);
    let quorum_lost_since =
        (!facts.proved).then(|| history.quorum_lost_since.unwrap_or(observation.at));
    Diagnosis {
        at: observation.at,
        cluster,
        cluster_id: identity.cluster_id,
        cluster_id_known: observation.topology.cluster_id().is_some()
            || history.cluster_id.is_some(),
        quorum,
        leader: leader(observation, &identity, &members),
        members,
        alarms: facts.alarms,
        stores: comparison.stores,
        quorum_lost_since,
        membership,
    }
}

/// An observation that was read or put together by hand may lack members, or have them in another order.
fn aligned(observation: &Observation) -> Cow<'_, Observation> {
    let declared = observation.topology.members().iter().map(|m| &m.name);
    if observation.members.iter().map(|m| &m.name).eq(declared) {
        return Cow::Borrowed(observation);
    }
    let (topology, members) = (&observation.topology, &observation.members);
    Cow::Owned(Observation::new(observation.at, topology.clone(), members.clone()))
}

/// The freshest member list of a member that says it belongs to this cluster: of those proved by a read the one of
/// the member that has applied most, otherwise the same among those unproved.
fn membership(observation: &Observation, identity: &Identity) -> Option<Membership> {
    let best = observation
        .members
        .iter()
        .enumerate()
        .filter(|(index, _)| identity.answers_as_own(observation, *index))
        .filter_map(|(_, member)| Some((member, member.member_list.as_ref().ok()?)))
        .max_by_key(|(member, _)| {
            (member.read.is_ok(), member.status.as_ref().map_or(0, |s| s.applied_index))
        });
    best.map(|(member, list)| Membership {
        source: member.name.clone(),
        proved: member.read.is_ok(),
        members: list.clone(),
    })
}

type Rule<'r> = &'r dyn Fn(&ListedMember, &MemberObservation, &TopologyMember) -> bool;

/// The entry of each declared member: by the id it answers with under its own name, else by peer URL, else by name.
/// No entry belongs to two members: the surer match has it.
fn match_listed<'a>(
    list: &'a [ListedMember],
    observation: &Observation,
) -> Vec<Option<&'a ListedMember>> {
    let by_id = |entry: &ListedMember, seen: &MemberObservation, declared: &TopologyMember| {
        let id = seen.status.as_ref().ok().map(|s| s.member_id);
        Some(entry.id) == id && entry.name == declared.name.as_str()
    };
    let by_url = |entry: &ListedMember, _: &MemberObservation, declared: &TopologyMember| {
        let mut urls = entry.peer_urls.iter();
        urls.any(|url| declared.peer_url.is_same_as(url))
    };
    let by_name = |entry: &ListedMember, _: &MemberObservation, declared: &TopologyMember| {
        entry.name == declared.name.as_str()
    };
    let rules: [Rule<'_>; 3] = [&by_id, &by_url, &by_name];

    let declared = observation.topology.members();
    let mut matches: Vec<Option<&ListedMember>> = vec![None; declared.len()];
    for rule in rules {
        for (index, (seen, declared)) in observation.members.iter().zip(declared).enumerate() {
            if matches[index].is_none() {
                let is_free = |e: &&ListedMember| !matches.iter().flatten().any(|m| m.id == e.id);
                let mut free = list.iter().filter(is_free);
                matches[index] = free.find(|entry| rule(entry, seen, declared));
            }
        }
    }
    matches
}

fn compare_stores(
    observation: &Observation,
    identity: &Identity,
    matches: &[Option<&ListedMember>],
    listed: &[ListedMember],
) -> Comparison {
    let stores: Vec<_> = observation
        .members
        .iter()
        .enumerate()
        .filter(|(index, _)| identity.is_own(*index))
        .filter(|(index, _)| matches[*index].is_some_and(|m| m.is_started() && !m.is_learner))
        .filter_map(|(index, member)| {
            let status = member.status.as_ref().ok()?;
            let hash: Option<HashKv> = member.hash.as_ref().and_then(|h| h.as_ref().ok()).copied();
            Some(Store { index, status, hash })
        })
        .collect();
    compare(&stores, listed.iter().filter(|m| !m.is_learner).count())
}

/// The union of the alarms any member of the cluster tells of.
fn alarms(observation: &Observation, identity: &Identity) -> Vec<Alarm> {
    let mut alarms: Vec<Alarm> = Vec::new();
    for (index, member) in observation.members.iter().enumerate() {
        for alarm in member.alarms.iter().flatten().filter(|_| identity.is_own(index)) {
            if !alarms.contains(alarm) {
                alarms.push(*alarm);
            }
        }
    }
    alarms
}

fn furthest_commit(observation: &Observation, identity: &Identity) -> u64 {
    let own = observation.members.iter().enumerate().filter(|(index, _)| identity.is_own(*index));
    own.filter_map(|(_, m)| m.status.as_ref().ok()).map(|s| s.raft_index).max().unwrap_or(0)
}

fn leader(
    observation: &Observation,
    identity: &Identity,
    members: &[MemberDiagnosis],
) -> Option<MemberName> {
    // Members may disagree during an election: the one in the highest term knows best.
    let statuses = observation.members.iter().enumerate();
    let own = statuses.filter(|(index, _)| identity.is_own(*index));
    let newest = own.filter_map(|(_, m)| m.status.as_ref().ok()).max_by_key(|s| s.raft_term)?;
    let id = newest.leader?;
    members.iter().find(|m| m.id == Some(id)).map(|m| m.name.clone())
}

fn strangers(
    listed: &[ListedMember],
    matches: &[Option<&ListedMember>],
    topology: &Topology,
) -> impl Iterator<Item = MemberDiagnosis> {
    let unmatched =
        listed.iter().filter(|entry| !matches.iter().flatten().any(|m| m.id == entry.id));
    unmatched.map(|entry| {
        let role = if entry.is_learner { Role::Learner } else { Role::Voter };
        // A declared member's name is not lent to a stranger.
        let name = MemberName::new(&entry.name).ok();
        let name = name
            .filter(|name| topology.member(name).is_none())
            .or_else(|| MemberName::new(&entry.id.to_string()).ok())
            .expect("a hexadecimal id is a valid name");
        MemberDiagnosis {
            name,
            id: Some(entry.id),
            seat: Some(Seat::new(role, entry.is_started(), false)),
            state: MemberState::UnknownMember,
            evidence: vec![Evidence::NotDeclared {
                id: entry.id,
                peer_url: entry.peer_urls.first().cloned().unwrap_or_default(),
            }],
            answers_as: None,
            fault_is_ours: false,
            failing_since: None,
            revision: None,
            applied_index: None,
            joining: None,
            replacements: 0,
            process: None,
        }
    })
}

fn cluster_state(
    members: &[MemberDiagnosis],
    quorum: Quorum,
    split: bool,
    proved: bool,
    alarms: &[Alarm],
) -> ClusterState {
    let well = |m: &MemberDiagnosis| m.state == MemberState::Healthy && m.is_healthy_voter();
    if split {
        ClusterState::Split
    } else if !proved {
        ClusterState::QuorumLost
    } else if members.iter().all(well) && alarms.is_empty() {
        ClusterState::Healthy
    } else if quorum.fault_tolerance() <= 0 {
        ClusterState::AtRisk
    } else {
        ClusterState::Degraded
    }
}

/// Everything one member's diagnosis depends on.
struct Facts<'a> {
    observation: &'a Observation,
    history: &'a History,
    policy: &'a DiagnosisPolicy,
    now: Timestamp,
    identity: &'a Identity,
    proved: bool,
    alarms: Vec<Alarm>,
    comparison: &'a Comparison,
    committed: u64,
    listed: &'a [ListedMember],
}

impl Facts<'_> {
    fn member(&self, index: usize, listed: Option<&ListedMember>) -> MemberDiagnosis {
        let seen = &self.observation.members[index];
        let past = self.history.member(&seen.name);
        let failing_since = past.and_then(|p| p.failing_since);
        let since = failing_since.unwrap_or(self.observation.at);

        let mut evidence = Vec::new();
        let state = self.state(index, seen, listed, since, &mut evidence);
        self.add_context(seen, state, failing_since, &mut evidence);

        let status = seen.status.as_ref().ok();
        // Without its status it is not known who answers, nor whether its store fits.
        let answers_as = status.map(|s| s.member_id);
        let reads = seen.read.is_ok() && self.identity.is_own(index);
        let counts = state.serves();
        let seat = listed.map(|entry| {
            let role = if entry.is_learner { Role::Learner } else { Role::Voter };
            Seat::new(
                role,
                entry.is_started(),
                role == Role::Voter && reads && counts && answers_as == Some(entry.id),
            )
        });
        MemberDiagnosis {
            name: seen.name.clone(),
            id: listed.map(|entry| entry.id),
            seat,
            state,
            evidence,
            answers_as,
            fault_is_ours: is_fault_ours(seen),
            failing_since,
            revision: status.map(|s| s.revision),
            applied_index: status.map(|s| s.applied_index),
            joining: listed.and_then(|entry| self.joining(seen, entry)),
            replacements: past.map_or(0, |p| u32::try_from(p.replaced.len()).unwrap_or(u32::MAX)),
            process: seen.process.clone(),
        }
    }

    /// The finding that matters most; the order of the checks is their precedence.
    fn state(
        &self,
        index: usize,
        seen: &MemberObservation,
        listed: Option<&ListedMember>,
        since: Timestamp,
        evidence: &mut Vec<Evidence>,
    ) -> MemberState {
        if let Some(foreign) = &self.identity.foreign[index] {
            evidence.push(foreign.clone());
            return MemberState::WrongCluster;
        }
        let Some(listed) = listed else {
            return self.unlisted(seen, since, evidence);
        };
        if let Some(name) = self.answered_by_another(seen) {
            evidence.push(Evidence::AnsweredByAnother { name });
            return MemberState::UnknownMember;
        }
        if !listed.is_started() {
            evidence.push(Evidence::NeverStarted { id: listed.id });
            return MemberState::Unstarted;
        }
        if let Some(state) = data_finding(seen, evidence) {
            return state;
        }
        if let Some(state) = self.store_finding(index, evidence) {
            return state;
        }
        if let Some(state) = self.exit_finding(seen, evidence) {
            return state;
        }
        if let (Err(error), Err(_)) = (&seen.status, &seen.read) {
            evidence.push(Evidence::NoAnswer { kind: error.kind });
            return MemberState::Unreachable { since };
        }
        if listed.is_learner {
            evidence.push(Evidence::IsLearner { id: listed.id });
            if seen.status.as_ref().is_ok_and(|s| s.leader.is_none()) {
                evidence.push(Evidence::FollowsNoLeader);
                return self.no_leader(since);
            }
            return MemberState::Learner;
        }
        self.serving_finding(seen, listed.id, since, evidence)
    }

    fn unlisted(
        &self,
        seen: &MemberObservation,
        since: Timestamp,
        evidence: &mut Vec<Evidence>,
    ) -> MemberState {
        if self.proved {
            evidence.push(Evidence::NotListed);
            return MemberState::Removed;
        }
        if let Some(state) = self.unlisted_finding(seen, evidence) {
            return state;
        }
        if let Err(error) = &seen.status {
            evidence.push(Evidence::NoAnswer { kind: error.kind });
            return MemberState::Unreachable { since };
        }
        evidence.push(Evidence::FollowsNoLeader);
        self.no_leader(since)
    }

    /// What process and data tell of a member while nobody can say whether it is in the member list.
    fn unlisted_finding(
        &self,
        seen: &MemberObservation,
        evidence: &mut Vec<Evidence>,
    ) -> Option<MemberState> {
        let process = seen.process.as_ref()?;
        // The cluster's refusal of a member says nothing about the data, nor does an empty place before the cluster
        // was ever formed.
        let telling = match (&process.last_exit, process.data) {
            (_, DataState::Absent) => self.history.cluster_id.is_some(),
            (Some(exit), _) => exit.cause.is_damage() || exit.cause == ExitCause::LogLost,
            _ => false,
        };
        let found = if telling { data_finding(seen, evidence) } else { None };
        found.or_else(|| self.exit_finding(seen, evidence))
    }

    /// Where nobody has a leader, the member has none for as long as the quorum is lost.
    fn no_leader(&self, since: Timestamp) -> MemberState {
        let lost_since = self.history.quorum_lost_since.filter(|_| !self.proved);
        MemberState::NoLeader { since: lost_since.map_or(since, |lost| lost.min(since)) }
    }

    /// The name of the member that answers at this one's URL, if that is another.
    fn answered_by_another(&self, seen: &MemberObservation) -> Option<String> {
        let id = seen.status.as_ref().ok()?.member_id;
        let entry = self.listed.iter().find(|m| m.id == id)?;
        let other = !entry.name.is_empty() && entry.name != seen.name.as_str();
        other.then(|| entry.name.clone())
    }

    fn store_finding(&self, index: usize, evidence: &mut Vec<Evidence>) -> Option<MemberState> {
        let (_, difference) = self.comparison.different.iter().find(|(i, _)| *i == index)?;
        let members = &self.observation.members;
        let own = &members[index];
        let status = own.status.as_ref().ok()?;
        match *difference {
            Difference::Revision { other } => {
                let other_status = members[other].status.as_ref().ok()?;
                evidence.push(Evidence::RevisionDiffers {
                    revision: status.revision,
                    applied: status.applied_index,
                    other: members[other].name.clone(),
                    other_revision: other_status.revision,
                    other_applied: other_status.applied_index,
                });
                Some(MemberState::Divergent)
            }
            Difference::Hash { other, agreeing } => {
                let hash =
                    |i: usize| members[i].hash.as_ref().and_then(|h| h.as_ref().ok()).copied();
                let (own, majority) = (hash(index)?, hash(other)?);
                evidence.push(Evidence::HashDiffers {
                    hash: own.hash,
                    majority: majority.hash,
                    revision: own.revision,
                    agreeing,
                });
                Some(MemberState::Corrupt)
            }
        }
    }

    fn exit_finding(
        &self,
        seen: &MemberObservation,
        evidence: &mut Vec<Evidence>,
    ) -> Option<MemberState> {
        let process = seen.process.as_ref()?;
        let exit = process.last_exit.as_ref()?;
        if seen.status.is_ok() || process.exits < self.policy.crash_loop_exits {
            return None;
        }
        evidence.push(Evidence::Exited { cause: exit.cause, exits: process.exits });
        Some(MemberState::CrashLooping { exits: process.exits })
    }

    fn serving_finding(
        &self,
        seen: &MemberObservation,
        id: MemberId,
        since: Timestamp,
        evidence: &mut Vec<Evidence>,
    ) -> MemberState {
        let status = seen.status.as_ref().ok();
        if let Err(error) = &seen.read {
            evidence.push(Evidence::ReadFailed { kind: error.kind });
            if status.is_none_or(|s| s.leader.is_none()) {
                evidence.push(Evidence::FollowsNoLeader);
                return self.no_leader(since);
            }
        }
        // Whom a CORRUPT alarm accuses proves nothing: a corrupt leader accuses the good followers.
        for alarm in self.alarms.iter().filter(|a| a.member_id == id) {
            evidence.push(Evidence::Alarmed { kind: alarm.kind });
            if alarm.kind == AlarmKind::NoSpace {
                return MemberState::NoSpace;
            }
        }
        let applied = status.map_or(self.committed, |s| s.applied_index);
        let behind = self.committed.saturating_sub(applied);
        if behind > self.policy.lag_entries {
            evidence.push(Evidence::Behind { applied, committed: self.committed });
        } else if seen.read.is_ok() {
            return MemberState::Healthy;
        }
        MemberState::Lagging { behind }
    }

    /// Facts beside the finding itself.
    fn add_context(
        &self,
        seen: &MemberObservation,
        state: MemberState,
        failing_since: Option<Timestamp>,
        evidence: &mut Vec<Evidence>,
    ) {
        if state == MemberState::Healthy {
            if let Some(failing_since) = failing_since
                && failing_since < self.now
            {
                evidence.push(Evidence::Settling { failing_since });
            }
            return;
        }
        let Some(process) = &seen.process else { return };
        if process.state == ProcessState::Stopped {
            let told = evidence.iter().any(|e| matches!(e, Evidence::Exited { .. }));
            match &process.last_exit {
                Some(_) if told => {}
                Some(exit) => {
                    evidence.push(Evidence::Exited { cause: exit.cause, exits: process.exits });
                }
                None => evidence.push(Evidence::NotRunning),
            }
        }
    }

    fn joining(&self, seen: &MemberObservation, listed: &ListedMember) -> Option<Joining> {
        if listed.is_started() && !listed.is_learner {
            return None;
        }
        let applied = seen.status.as_ref().map_or(0, |s| s.applied_index);
        let past = self.history.member(&seen.name).and_then(|p| p.joining);
        let at = self.observation.at;
        Some(match past {
            Some(past) if past.id == listed.id && past.applied >= applied => past,
            Some(past) if past.id == listed.id => Joining { applied, advanced_at: at, ..past },
            _ => Joining { id: listed.id, since: at, applied, advanced_at: at },
        })
    }
}

/// What process and data directory prove about a started member: its data are gone or damaged.
fn data_finding(seen: &MemberObservation, evidence: &mut Vec<Evidence>) -> Option<MemberState> {
    let process = seen.process.as_ref()?;
    if process.data == DataState::Absent {
        evidence.push(Evidence::DataDirectoryGone);
        return Some(MemberState::DataLost);
    }
    let exit = process.last_exit.as_ref()?;
    if seen.status.is_ok() || !exit.cause.needs_new_data() {
        return None;
    }
    evidence.push(Evidence::Exited { cause: exit.cause, exits: process.exits });
    Some(if exit.cause.is_damage() { MemberState::Corrupt } else { MemberState::DataLost })
}

fn is_fault_ours(seen: &MemberObservation) -> bool {
    match (&seen.status, &seen.read) {
        (Err(status), Err(read)) => status.kind.is_ours() || read.kind.is_ours(),
        _ => false,
    }
}
