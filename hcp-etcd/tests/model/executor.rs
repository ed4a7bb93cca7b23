//! Observes, diagnoses, plans, and applies a plan's first step as an executor would; every step is judged against
//! the truth of the world.

use hcp_etcd::diagnosis::Stores;
use hcp_etcd::health::Observation;
use hcp_etcd::recovery::{
    Action, Plan, Reason, RecoveryPolicy, Refusal, SnapshotRecord, Step, plan,
};
use hcp_etcd::{
    Diagnosis, DiagnosisPolicy, History, MemberDiagnosis, MemberId, MemberName, MemberState,
    diagnose, quorum_size,
};

use super::dice::Dice;
use super::probe::{OURS, Probe, at, index_of, seconds};
use super::world::{Health, Place, World};

/// What the host of a recovery keeps between two turns.
#[derive(Debug, Clone, Default)]
pub(crate) struct Keeper {
    pub(crate) history: History,
    pub(crate) snapshot: Option<SnapshotRecord>,
    pub(crate) policy: RecoveryPolicy,
    pub(crate) health: DiagnosisPolicy,
}

/// What came of one turn.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Outcome {
    /// Nothing to do, or somebody else's turn.
    Settled,
    Waited,
    /// The step was done.
    Did(MemberName, Step),
    Restarted(MemberName),
    /// A proof or the cluster refused it.
    Held(String),
}

/// What no step may ever do.
pub(crate) type Violation = String;

impl Keeper {
    pub(crate) fn with_policy(policy: RecoveryPolicy) -> Self {
        Self { policy, ..Self::default() }
    }

    /// Dies and starts anew without what it knew.
    pub(crate) fn forget(&mut self, world: &mut World) {
        self.history = History::default();
        self.snapshot = None;
        for node in &mut world.nodes {
            node.seen_foreign = false;
        }
    }

    pub(crate) fn diagnose(&self, world: &World, observation: &Observation) -> Diagnosis {
        diagnose(observation, &self.history, &self.health, at(world.now))
    }

    pub(crate) fn plan(&self, world: &World, diagnosis: &Diagnosis) -> Plan {
        plan(diagnosis, self.snapshot.as_ref(), &self.policy, at(world.now))
    }

    /// Observes and decides.
    pub(crate) fn look(&mut self, world: &mut World, probe: Probe) -> (Diagnosis, Plan) {
        let observation = world.observe(probe);
        let diagnosis = self.diagnose(world, &observation);
        self.history.update(&diagnosis, &self.health);
        let pinned = world.pinned;
        for ((node, seen), found) in
            world.nodes.iter_mut().zip(&observation.members).zip(&diagnosis.members)
        {
            // Before a quorum was ever proved nobody can say which of two clusters is the right one.
            let known = found.state == MemberState::WrongCluster
                && (pinned || self.history.cluster_id == Some(OURS));
            let still = node.seen_foreign && seen.status.is_err();
            node.seen_foreign = node.data.is_some() && (known || still);
        }
        let plan = self.plan(world, &diagnosis);
        (diagnosis, plan)
    }

    /// Observes, decides and does the first thing.
    pub(crate) fn turn(
        &mut self,
        world: &mut World,
        probe: Probe,
    ) -> Result<(Diagnosis, Plan, Outcome), Violation> {
        let (mut diagnosis, mut plan) = self.look(world, probe);
        if matches!(&plan.action, Action::Replace(r) if r.steps.iter().any(binds)) {
            (diagnosis, plan) = self.look(world, Probe { hashes: true, ..probe });
        }
        let before = world.clone();
        let outcome = self.act(world, &diagnosis, &plan, probe.glitch)?;
        judge(&before, world, &diagnosis, &plan, &outcome)?;
        Ok((diagnosis, plan, outcome))
    }

    fn act(
        &mut self,
        world: &mut World,
        diagnosis: &Diagnosis,
        plan: &Plan,
        glitch: u64,
    ) -> Result<Outcome, Violation> {
        match &plan.action {
            Action::WaitUntil(until) => {
                world.pass((seconds(*until) - world.now).clamp(1, 30));
                Ok(Outcome::Waited)
            }
            Action::Restart(member) => {
                let index = index_of(member).ok_or("no such member")?;
                if world.nodes[index].seen_foreign {
                    return Err(format!("restarts {member}, of another cluster"));
                }
                world.kill(index);
                world.start(index, None);
                Ok(Outcome::Restarted(member.clone()))
            }
            Action::Replace(replacement) => {
                let member = &replacement.member;
                for step in &replacement.steps {
                    let outcome = self.step(world, diagnosis, member, step, glitch)?;
                    let goes_on = *step == Step::ProveQuorum && matches!(outcome, Outcome::Did(..));
                    if !goes_on {
                        return Ok(outcome);
                    }
                }
                Ok(Outcome::Waited)
            }
            _ => {
                world.pass(5);
                Ok(Outcome::Settled)
            }
        }
    }

    fn step(
        &mut self,
        world: &mut World,
        diagnosis: &Diagnosis,
        member: &MemberName,
        step: &Step,
        glitch: u64,
    ) -> Result<Outcome, Violation> {
        let index = index_of(member).ok_or("replaces a stranger")?;
        if world.nodes[index].seen_foreign {
            return Err(format!("{step} on {member}, of another cluster"));
        }
        let done = match step {
            Step::ProveQuorum => self.prove(world, diagnosis, member),
            Step::Snapshot { from } => self.take_snapshot(world, from),
            Step::MoveLeader { to } => {
                let to = index_of(to).ok_or("no such leader")?;
                world.move_leader(to).map_err(|refused| format!("{refused:?}"))
            }
            Step::Remove { id } => self.remove(world, member, *id, glitch),
            Step::Wipe => self.wipe(world, member, index, glitch)?,
            Step::AddLearner => {
                let added = world.member_add(Some(index), true);
                added.map(|_| ()).map_err(|refused| format!("{refused:?}"))
            }
            Step::Promote if !matches!(diagnosis.stores, Stores::Agree { .. }) => {
                Err(format!("{:?}", diagnosis.stores))
            }
            Step::Promote => {
                let id = world.seat_of(index).map_or(0, |s| s.id);
                world.member_promote(id).map_err(|refused| format!("{refused:?}"))
            }
            Step::Stop => {
                world.stop(index);
                Ok(())
            }
            Step::Start => {
                world.start(index, Some(world.seats.len()));
                Ok(())
            }
            _ => {
                world.pass(3);
                Ok(())
            }
        };
        Ok(match done {
            Ok(()) => Outcome::Did(member.clone(), step.clone()),
            Err(why) => {
                world.pass(2);
                Outcome::Held(format!("{step}: {why}"))
            }
        })
    }

    /// Of a removed member there is only the rest to look at; its wipe asks for a proof of its own.
    fn prove(
        &self,
        world: &World,
        diagnosis: &Diagnosis,
        member: &MemberName,
    ) -> Result<(), String> {
        if diagnosis.member(member).is_none_or(|m| m.id.is_none()) {
            let compared =
                matches!(diagnosis.stores, Stores::Agree { .. } | Stores::MinorityDiffers);
            let why = || format!("{:?}", diagnosis.stores);
            return if compared { Ok(()) } else { Err(why()) };
        }
        match diagnosis.prove_quorum_without(member, &self.policy, at(world.now)) {
            Err(refusal) if !leads_only(&refusal) => Err(refusal.to_string()),
            _ => Ok(()),
        }
    }

    fn remove(
        &self,
        world: &mut World,
        member: &MemberName,
        id: MemberId,
        glitch: u64,
    ) -> Result<(), String> {
        let fresh = self.fresh(world, glitch);
        let proof = fresh.prove_quorum_without(member, &self.policy, at(world.now));
        proof.map_err(|refusal| refusal.to_string())?;
        if fresh.member(member).and_then(|m| m.id) != Some(id) {
            return Err("another incarnation".to_owned());
        }
        let removed = world.member_remove(id.get());
        removed.map_err(|refused| format!("{refused:?}"))
    }

    /// What a proof is asked of: a new observation with hashes, and with what the supervisor says.
    fn fresh(&self, world: &World, glitch: u64) -> Diagnosis {
        let mut observation =
            world.observe(Probe { glitch: Dice::new(glitch).roll(u64::MAX), ..Probe::CLEAR });
        let inspected = world.observe(Probe::CLEAR);
        for (seen, inspected) in observation.members.iter_mut().zip(inspected.members) {
            seen.process = inspected.process;
        }
        self.diagnose(world, &observation)
    }

    fn take_snapshot(&mut self, world: &World, from: &MemberName) -> Result<(), String> {
        let node = &world.nodes[index_of(from).ok_or("no such source")?];
        let data = node.data.as_ref().filter(|d| !d.foreign);
        let data = data.filter(|_| node.running_since.is_some() && !node.blind);
        let revision = world.revisions[data.ok_or("no answer")?.applied];
        self.snapshot = Some(SnapshotRecord::new(OURS, revision, at(world.now)));
        Ok(())
    }

    fn wipe(
        &mut self,
        world: &mut World,
        member: &MemberName,
        index: usize,
        glitch: u64,
    ) -> Result<Result<(), String>, Violation> {
        let (fresh, now) = (self.fresh(world, glitch), at(world.now));
        let proof = fresh.prove_not_in_cluster(member, self.snapshot.as_ref(), &self.policy, now);
        if let Err(refusal) = proof {
            return Ok(Err(refusal.to_string()));
        }
        if world.nodes[index].running_since.is_some() {
            return Err(format!("wipes {member} while it runs"));
        }
        let node = &mut world.nodes[index];
        node.data = None;
        node.last_exit = None;
        node.exits = 0;
        node.incarnation += 1;
        self.history.note_replacement(member, now);
        Ok(Ok(()))
    }
}

/// What destroys, and what makes a copy of the leader's store count, is planned from compared stores: the snapshot
/// or the copy might be of a bad one.
fn binds(step: &Step) -> bool {
    matches!(step, Step::ProveQuorum | Step::Promote)
}

/// Leadership is moved before the removal; the quorum is proved before both.
fn leads_only(refusal: &Refusal) -> bool {
    let leads = |reason: &Reason| matches!(reason, Reason::IsLeader { .. });
    refusal.reasons.iter().all(leads)
}

/// The safety properties, from the truth before and after one step.
fn judge(
    before: &World,
    after: &World,
    diagnosis: &Diagnosis,
    plan: &Plan,
    outcome: &Outcome,
) -> Result<(), Violation> {
    let stays = |s: &&Place| after.seats.iter().any(|a| a.id == s.id);
    let (_, gone): (Vec<&Place>, Vec<_>) = before.seats.iter().partition(stays);
    if gone.len() > 1 {
        return Err("removes several members".to_owned());
    }
    match outcome {
        Outcome::Did(member, step) => judge_step(before, after, member, step, &gone)?,
        Outcome::Restarted(member) => {
            let index = index_of(member).ok_or("a stranger")?;
            return judge_restart(before, index, diagnosis, plan);
        }
        _ => return Ok(()),
    }
    if before.has_quorum() && !after.has_quorum() {
        return Err(format!("{outcome:?} costs the quorum"));
    }
    let (had, have) = (before.holders(), after.holders());
    let quorum = |world: &World| quorum_size(world.voters().count());
    if had >= quorum(before) && have < quorum(after) || had > 0 && have == 0 {
        return Err(format!("{outcome:?} leaves {have} of {had} holders of what was acknowledged"));
    }
    Ok(())
}

fn judge_step(
    before: &World,
    after: &World,
    member: &MemberName,
    step: &Step,
    gone: &[&Place],
) -> Result<(), Violation> {
    let index = index_of(member).ok_or("a stranger")?;
    match step {
        Step::Remove { .. } => {
            for seat in gone {
                if seat.node != Some(index) {
                    return Err(format!("removes {seat:?} for {member}"));
                }
                let (good, voters) = (before.good_beside(seat.id), after.voters().count());
                if good < quorum_size(voters) && !seat.learner {
                    return Err(format!("removes {member}: {good} good of {voters} would stay"));
                }
            }
        }
        Step::Wipe if before.seat_of(index).is_some() => {
            return Err(format!("wipes {member}, which is listed"));
        }
        Step::Snapshot { from } => {
            let source = index_of(from).and_then(|i| before.nodes[i].data.as_ref());
            // Where somebody removed the good ones, nothing can tell.
            let comparable = before.good_beside(0) >= quorum_size(before.voters().count());
            if comparable && source.is_some_and(|d| d.health != Health::Intact) {
                return Err(format!("takes the snapshot for {member} of bad {from}"));
            }
        }
        _ => {}
    }
    Ok(())
}

/// While a process that runs is restarted, the others must be a quorum, unless there demonstrably is none.
fn judge_restart(
    before: &World,
    index: usize,
    diagnosis: &Diagnosis,
    plan: &Plan,
) -> Result<(), Violation> {
    let seat = before.seat_of(index);
    let votes = seat.is_some_and(|s| !s.learner && before.hears_leader(index));
    if !votes || !before.has_quorum() {
        return Ok(());
    }
    let leads_to_loss = {
        let mut without = before.clone();
        without.nodes[index].running_since = None;
        without.settle();
        !without.has_quorum()
    };
    // A member that answers and follows no leader is a witness that something is wrong beside our own view.
    let leaderless = |m: &MemberDiagnosis| matches!(m.state, MemberState::NoLeader { .. });
    let witness = diagnosis.members.iter().any(leaderless);
    // Nobody else could be a witness for a single member.
    let witness = witness || before.nodes.len() == 1;
    if leads_to_loss && (diagnosis.is_quorum_proved() || !witness) {
        return Err(format!("{} costs the quorum", plan.action));
    }
    Ok(())
}
