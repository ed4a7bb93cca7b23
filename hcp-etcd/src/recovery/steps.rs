//! Which steps of a replacement remain, told from the world alone.

use jiff::Timestamp;

use crate::diagnosis::{Diagnosis, MemberDiagnosis, MemberState};
use crate::health::{DataState, ExitCause, ProcessObservation, ProcessState};
use crate::time::after;
use crate::topology::MemberName;

use super::plan::{SnapshotRecord, Step};
use super::policy::RecoveryPolicy;

/// A learner whose applied index is this share of the furthest one is worth promoting; etcd's own threshold.
const CAUGHT_UP_PERCENT: u64 = 90;

/// Whether the member needs a new id and empty data, or the incarnation that is there can go on joining.
pub(super) fn needs_new_incarnation(
    diagnosis: &Diagnosis,
    member: &MemberDiagnosis,
    policy: &RecoveryPolicy,
    now: Timestamp,
) -> bool {
    if !member.is_joining() {
        return true;
    }
    // A removed incarnation may still run and answer at the joining one's URL.
    if member.answers_as.is_some() && member.answers_as != member.id {
        return true;
    }
    if member.process.as_ref().is_some_and(|process| cannot_join(member, process)) {
        return true;
    }
    let stuck = |since| now >= after(since, policy.join_stuck_after);
    let started = member.process.as_ref().and_then(ProcessObservation::running_since);
    let progressed = member.joining.map(|joining| joining.advanced_at);
    let waits_for_us = member.is_stopped() || is_caught_up(diagnosis, member);
    !waits_for_us && progressed.max(started).is_some_and(stuck)
}

/// A member that has received a part of the log must not be started without it, and one that has never started
/// must not be started on the data of an earlier incarnation.
fn cannot_join(member: &MemberDiagnosis, process: &ProcessObservation) -> bool {
    let exit = process.last_exit.as_ref().map(|exit| exit.cause);
    if process.state != ProcessState::Stopped {
        // A supervisor may start it over and over.
        let hopeless = exit.is_some_and(ExitCause::needs_new_data);
        return hopeless && member.answers_as.is_none();
    }
    let started = member.seat.is_some_and(|seat| seat.started);
    let told = exit.is_some_and(|cause| cause != ExitCause::Stopped);
    match process.data {
        DataState::Absent => started,
        DataState::Present => !started || told,
        DataState::Unknown => told,
    }
}

/// The steps that remain for a member that needs `rebuild`ing from scratch, or that only has to finish joining.
pub(super) fn steps(
    diagnosis: &Diagnosis,
    member: &MemberDiagnosis,
    rebuild: bool,
    snapshot: Option<&SnapshotRecord>,
    policy: &RecoveryPolicy,
    now: Timestamp,
) -> Vec<Step> {
    let mut steps = Vec::with_capacity(11);
    if rebuild {
        clear_away(diagnosis, member, snapshot, policy, now, &mut steps);
        steps.extend([Step::AddLearner, Step::Start, Step::CatchUp, Step::Promote]);
    } else {
        if member.is_stopped() {
            steps.push(Step::Start);
        }
        if !is_caught_up(diagnosis, member) {
            steps.push(Step::CatchUp);
        }
        if member.is_learner() {
            steps.push(Step::Promote);
        }
    }
    steps.push(Step::Verify);
    steps
}

/// Everything up to an empty place for the new incarnation, the proofs before the first thing that destroys.
fn clear_away(
    diagnosis: &Diagnosis,
    member: &MemberDiagnosis,
    snapshot: Option<&SnapshotRecord>,
    policy: &RecoveryPolicy,
    now: Timestamp,
    steps: &mut Vec<Step>,
) {
    steps.push(Step::ProveQuorum);
    let may_have_data = member.process.as_ref().is_none_or(|p| p.data != DataState::Absent);
    let destroys = member.id.is_some() || may_have_data;
    let fresh = snapshot.is_some_and(|s| is_fresh(s, diagnosis, policy, now));
    if destroys
        && !fresh
        && let Some(from) = snapshot_source(diagnosis, &member.name)
    {
        steps.push(Step::Snapshot { from });
    }
    if let Some(id) = member.id {
        if diagnosis.leader.as_ref() == Some(&member.name)
            && let Some(to) = next_leader(diagnosis, &member.name)
        {
            steps.push(Step::MoveLeader { to });
        }
        steps.push(Step::Remove { id });
    }
    if !member.is_stopped() {
        steps.push(Step::Stop);
    }
    if may_have_data {
        steps.push(Step::Wipe);
    }
}

/// Whether a snapshot is of this cluster and young enough to destroy something.
pub(super) fn is_fresh(
    snapshot: &SnapshotRecord,
    diagnosis: &Diagnosis,
    policy: &RecoveryPolicy,
    now: Timestamp,
) -> bool {
    Some(snapshot.cluster_id) == diagnosis.cluster_id
        && snapshot.taken_at <= now
        && now < after(snapshot.taken_at, policy.snapshot_max_age)
}

/// A healthy follower if there is one, to spare the leader; the one that has applied most.
fn snapshot_source(diagnosis: &Diagnosis, without: &MemberName) -> Option<MemberName> {
    let healthy = healthy_others(diagnosis, without);
    let best =
        healthy.max_by_key(|m| (diagnosis.leader.as_ref() != Some(&m.name), m.applied_index));
    best.map(|m| m.name.clone())
}

fn next_leader(diagnosis: &Diagnosis, without: &MemberName) -> Option<MemberName> {
    healthy_others(diagnosis, without).max_by_key(|m| m.applied_index).map(|m| m.name.clone())
}

/// The healthy voters beside one member.
pub(super) fn healthy_others<'a>(
    diagnosis: &'a Diagnosis,
    without: &MemberName,
) -> impl Iterator<Item = &'a MemberDiagnosis> {
    diagnosis.members.iter().filter(move |m| m.name != *without && m.is_healthy_voter())
}

/// Whether a joining member holds nearly all that the voters have applied.
fn is_caught_up(diagnosis: &Diagnosis, member: &MemberDiagnosis) -> bool {
    // Promoted while it is cut off, it would raise the quorum and not vote.
    if member.state != MemberState::Learner {
        return false;
    }
    let voters = diagnosis.members.iter().filter(|m| m.is_healthy_voter());
    let furthest = voters.filter_map(|m| m.applied_index).max().unwrap_or(0);
    let applied = member.applied_index.unwrap_or(0);
    u128::from(applied) * 100 >= u128::from(furthest) * u128::from(CAUGHT_UP_PERCENT)
}
