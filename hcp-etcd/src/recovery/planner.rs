//! [`plan`]: from a diagnosis to the next safe action. Pure.
//!
//! The order is the safety argument: first what forbids any action, then what cannot harm (starting a process on
//! the data it has), then, only with a proved quorum, one replacement at a time.

use jiff::Timestamp;

use crate::diagnosis::{ClusterState, Diagnosis, MemberDiagnosis, MemberState};
use crate::health::{AlarmKind, DataState, ProcessObservation, ProcessState};
use crate::quorum::{Role, quorum_size};
use crate::time::after;

use super::plan::{Action, Plan, Replacement, SnapshotRecord};
use super::policy::RecoveryPolicy;
use super::reason::Reason;
use super::safety::{removal_objections, strange_list};
use super::steps::{needs_new_incarnation, steps};

/// Decides what to do next about a diagnosed cluster.
///
/// The same arguments give the same plan, and a plan made after a step was done lacks that step: whoever was
/// interrupted observes, diagnoses and plans again, and continues. `snapshot` is the latest verified one there is.
///
/// ```
/// # use hcp_etcd::health::Observation;
/// # use hcp_etcd::{DiagnosisPolicy, History, Topology, TopologyMember, diagnose};
/// use hcp_etcd::recovery::{Action, RecoveryPolicy, plan};
///
/// # let topology = Topology::new([TopologyMember::parse("etcd-0", "http://h:2379", "http://h:2380")?])?;
/// # let now = "2026-11-01T03:00:00Z".parse().unwrap();
/// # let observation = Observation::new(now, topology, Vec::new());
/// let diagnosis = diagnose(&observation, &History::default(), &DiagnosisPolicy::default(), now);
/// let plan = plan(&diagnosis, None, &RecoveryPolicy::default(), now);
/// assert_eq!(plan.action, Action::NeedsHuman); // nobody was asked: nothing is known
/// println!("{plan}");
/// # Ok::<(), hcp_etcd::TopologyError>(())
/// ```
#[must_use]
pub fn plan(
    diagnosis: &Diagnosis,
    snapshot: Option<&SnapshotRecord>,
    policy: &RecoveryPolicy,
    now: Timestamp,
) -> Plan {
    let planner = Planner { diagnosis, snapshot, policy, now };
    if diagnosis.cluster == ClusterState::Healthy {
        let tolerance = diagnosis.quorum.fault_tolerance();
        return Plan::new(Action::Nothing, vec![Reason::AllHealthy { tolerance }]);
    }
    let blockers = planner.blockers();
    if !blockers.is_empty() {
        return Plan::new(Action::NeedsHuman, blockers);
    }
    let mut waits = Waits::default();
    if let Some(plan) = planner.restart(&mut waits) {
        return plan;
    }
    if diagnosis.is_quorum_proved() {
        planner.with_quorum(waits)
    } else {
        planner.without_quorum(waits)
    }
}

struct Planner<'a> {
    diagnosis: &'a Diagnosis,
    snapshot: Option<&'a SnapshotRecord>,
    policy: &'a RecoveryPolicy,
    now: Timestamp,
}

/// What may pass by itself, with the time at which patience ends.
#[derive(Default)]
struct Waits(Vec<(Timestamp, Reason)>);

/// Whether a member is due for an action.
enum Due {
    Now,
    At(Timestamp),
    Never,
}

impl Waits {
    fn add(&mut self, member: &MemberDiagnosis, until: Timestamp) {
        let (state, member) = (member.state, member.name.clone());
        self.0.push((until, Reason::Grace { member, state, until }));
    }

    /// The plan to wait, or `None` if there is nothing to wait for.
    fn into_plan(self) -> Option<Plan> {
        let until = self.0.iter().map(|(until, _)| *until).min()?;
        let reasons = self.0.into_iter().map(|(_, reason)| reason).collect();
        Some(Plan::new(Action::WaitUntil(until), reasons))
    }
}

impl Due {
    fn at(due: Timestamp, now: Timestamp) -> Self {
        if now >= due { Self::Now } else { Self::At(due) }
    }
}

impl Planner<'_> {
    /// What forbids any action until somebody has looked.
    fn blockers(&self) -> Vec<Reason> {
        let mut reasons = Vec::new();
        for member in &self.diagnosis.members {
            let name = || member.name.clone();
            match member.state {
                MemberState::WrongCluster => reasons.push(Reason::ForeignMember { member: name() }),
                MemberState::UnknownMember => {
                    // For an undeclared entry the id tells whom to remove; at a declared URL it would mislead.
                    let undeclared = member.answers_as.is_none();
                    let id = member.id.filter(|_| undeclared);
                    reasons.push(Reason::UndeclaredMember { member: name(), id });
                }
                _ => {}
            }
        }
        if self.diagnosis.cluster == ClusterState::Split {
            reasons.insert(0, Reason::StoresDiffer);
        }
        reasons
    }

    /// A process to start again on its data: safe for the data even without a quorum.
    fn restart(&self, waits: &mut Waits) -> Option<Plan> {
        let starting = self.diagnosis.members.iter().filter_map(|m| self.answer_by(m));
        let starting = starting.max();
        for member in &self.diagnosis.members {
            let due = match (self.restart_due(member), starting) {
                // One at a time: what runs may vote although we cannot see it.
                (Due::Now, Some(answer_by)) if !member.is_stopped() => Due::At(answer_by),
                (due, _) => due,
            };
            match due {
                Due::Now => {
                    let (state, member) = (member.state, member.name.clone());
                    let why = Reason::MemberFailed { member: member.clone(), state };
                    return Some(Plan::new(Action::Restart(member), vec![why]));
                }
                Due::At(at) => waits.add(member, at),
                Due::Never => {}
            }
        }
        None
    }

    fn restart_due(&self, member: &MemberDiagnosis) -> Due {
        let MemberState::Unreachable { since } = member.state else {
            return Due::Never;
        };
        let Some(process) = &member.process else {
            return Due::Never;
        };
        if process.data == DataState::Absent || member.fault_is_ours && !member.is_stopped() {
            return Due::Never;
        }
        let proved = self.diagnosis.is_quorum_proved();
        match process.state {
            ProcessState::Stopped => Due::at(after(since, self.policy.restart_after), self.now),
            // Started after it began to fail: it was restarted already and that did not help.
            ProcessState::Running { since: started } if started > since => {
                self.answer_by(member).map_or(Due::Never, Due::At)
            }
            ProcessState::Running { .. } if self.restart_costs_quorum(member) => Due::Never,
            ProcessState::Running { .. } if !proved && self.may_be_us() => Due::Never,
            ProcessState::Running { .. } => Due::at(after(since, self.policy.hung_after), self.now),
        }
    }

    /// Until when a process that was restarted and does not answer yet is given time.
    fn answer_by(&self, member: &MemberDiagnosis) -> Option<Timestamp> {
        let MemberState::Unreachable { since } = member.state else {
            return None;
        };
        let started = member.process.as_ref()?.running_since()?;
        let answer_by = after(started, self.policy.start_grace);
        (started > since && self.now < answer_by).then_some(answer_by)
    }

    /// Whether there may be a quorum behind our back: enough members may run, and none that answers says it has
    /// no leader. Then it may be we who are cut off, and a restart would take a good member down. Nobody else can
    /// be a witness for a single member; without a member list one member may be a quorum.
    fn may_be_us(&self) -> bool {
        let members = &self.diagnosis.members;
        let running = members.iter().filter(|m| !m.is_stopped()).count();
        let leaderless = |m: &MemberDiagnosis| matches!(m.state, MemberState::NoLeader { .. });
        let led = |m: &MemberDiagnosis| m.state.serves();
        members.len() > 1
            && running >= quorum_size(self.diagnosis.quorum.voters)
            && (!members.iter().any(leaderless) || members.iter().any(led))
    }

    /// How many voters there are; before anybody gave a member list, how many should be.
    fn voters(&self) -> usize {
        match self.diagnosis.quorum.voters {
            0 => self.diagnosis.members.len(),
            voters => voters,
        }
    }

    /// A member that runs may vote although we cannot see it.
    fn restart_costs_quorum(&self, member: &MemberDiagnosis) -> bool {
        self.diagnosis.is_quorum_proved() && !self.diagnosis.after_losing(&member.name).is_kept()
    }

    fn without_quorum(&self, waits: Waits) -> Plan {
        let since = self.diagnosis.quorum_lost_since.unwrap_or(self.diagnosis.at);
        let voters = self.voters();
        // Only voters count. Where nobody gave a member list, every declared member is taken for one.
        let nobody_listed = self.diagnosis.membership.is_none();
        let counts =
            |m: &MemberDiagnosis| m.seat.map_or(nobody_listed, |seat| seat.role == Role::Voter);
        let bad = |m: &&MemberDiagnosis| m.state.is_data_bad() && counts(m);
        let bad = self.diagnosis.members.iter().filter(bad).count();
        let (intact, quorum) = (voters.saturating_sub(bad), quorum_size(voters));
        let lost = Reason::QuorumLost { since };
        if intact < quorum {
            let beyond = Reason::DataLostBeyondQuorum { intact, voters, quorum };
            let mut reasons = vec![lost, beyond];
            reasons.extend(self.failures());
            return Plan::new(Action::NeedsRestore, reasons);
        }
        if let Some(mut plan) = waits.into_plan() {
            plan.reasons.insert(0, lost);
            return plan;
        }
        let mut reasons = vec![lost];
        reasons.extend(self.called_for());
        let elect_by = after(since, self.policy.election_grace);
        if reasons.len() == 1 && self.now < elect_by {
            return Plan::new(Action::WaitUntil(elect_by), reasons);
        }
        if reasons.len() == 1 {
            reasons.push(if self.may_be_us() {
                Reason::MayBeUs
            } else {
                Reason::NoElection { since }
            });
        }
        reasons.extend(self.failures());
        Plan::new(Action::NeedsHuman, reasons)
    }

    fn with_quorum(&self, mut waits: Waits) -> Plan {
        self.await_election(&mut waits);
        let mut refusals = Vec::new();
        for member in self.candidates() {
            match self.replace_due(member) {
                Due::At(at) => waits.add(member, at),
                Due::Never => {}
                Due::Now => match self.replace(member) {
                    Ok(plan) => return plan,
                    Err(objections) => refusals.extend(objections),
                },
            }
        }
        if !refusals.is_empty() {
            // A member that is still given time may answer again and make the refused replacement safe.
            return match waits.into_plan() {
                Some(mut plan) => {
                    plan.reasons.extend(refusals);
                    plan
                }
                None => Plan::new(Action::NeedsHuman, refusals),
            };
        }
        if let Some(plan) = waits.into_plan() {
            return plan;
        }
        let called_for = self.called_for();
        if called_for.is_empty() {
            self.observe_again()
        } else {
            Plan::new(Action::NeedsHuman, called_for)
        }
    }

    /// Members to replace, in the order of urgency: who joins already, then what is known to be bad. Removed ones
    /// come last: etcd adds nobody while a voter is not connected, and a bad leader would hand them a bad copy.
    fn candidates(&self) -> impl Iterator<Item = &MemberDiagnosis> {
        let rank = |m: &MemberDiagnosis| match m.state {
            MemberState::UnknownMember | MemberState::WrongCluster => None,
            _ if m.is_learner() => Some(0),
            MemberState::Unstarted => Some(0),
            state if state.is_data_bad() => Some(1),
            MemberState::CrashLooping { .. } => Some(2),
            MemberState::Unreachable { .. } => Some(3),
            MemberState::Removed => Some(4),
            _ => None,
        };
        let mut ranked: Vec<_> =
            self.diagnosis.members.iter().filter_map(|m| Some((rank(m)?, m))).collect();
        ranked.sort_by_key(|(rank, _)| *rank);
        ranked.into_iter().map(|(_, member)| member)
    }

    fn replace_due(&self, member: &MemberDiagnosis) -> Due {
        let MemberState::Unreachable { since } = member.state else {
            return Due::Now;
        };
        if member.is_learner() {
            return Due::Now;
        }
        let due = after(since, self.policy.replace_after);
        match member.process.as_ref().and_then(ProcessObservation::running_since) {
            Some(started) if self.now < after(started, self.policy.start_grace) => {
                Due::At(due.max(after(started, self.policy.start_grace)))
            }
            _ => Due::at(due, self.now),
        }
    }

    fn replace(&self, member: &MemberDiagnosis) -> Result<Plan, Vec<Reason>> {
        let mut objections = self.objections(member);
        let rebuild = needs_new_incarnation(self.diagnosis, member, self.policy, self.now);
        if rebuild {
            objections.extend(removal_objections(self.diagnosis, member, self.policy));
            objections.extend(strange_list(self.diagnosis, member));
        }
        if !objections.is_empty() {
            let (state, member) = (member.state, member.name.clone());
            objections.insert(0, Reason::MemberFailed { member, state });
            return Err(objections);
        }
        let rest = self.diagnosis.after_removing(&member.name);
        let reasons = vec![
            Reason::MemberFailed { member: member.name.clone(), state: member.state },
            Reason::QuorumWithout {
                member: member.name.clone(),
                healthy: rest.healthy,
                voters: rest.voters,
                quorum: rest.size(),
            },
        ];
        let steps = steps(self.diagnosis, member, rebuild, self.snapshot, self.policy, self.now);
        let replacement = Replacement::new(member.name.clone(), steps);
        Ok(Plan::new(Action::Replace(replacement), reasons))
    }

    fn objections(&self, member: &MemberDiagnosis) -> Vec<Reason> {
        let name = || member.name.clone();
        let mut objections = Vec::new();
        if member.fault_is_ours && !member.is_stopped() {
            objections.push(Reason::FaultIsOurs { member: name() });
        }
        if member.state == MemberState::Removed && !self.policy.readmit_removed {
            objections.push(Reason::RemovedByIntent { member: name() });
        }
        if member.replacements >= self.policy.max_replacements && !is_under_way(member) {
            let times = member.replacements;
            objections.push(Reason::ReplacedTooOften { member: name(), times });
        }
        objections.extend(environment_fault(member));
        if member.state == MemberState::Removed
            && let Some(other) = self.disconnected_voter()
        {
            objections.push(Reason::VoterDisconnected { member: other.name.clone() });
        }
        let comes_in = member.is_joining() || member.state == MemberState::Removed;
        match self.bad_store() {
            Some(bad) if comes_in => {
                objections.push(Reason::WouldCopyBadStore { member: bad.name.clone() });
            }
            // What joins waits for the bad store to go.
            Some(bad) if bad.name == member.name => {}
            _ => {
                let mut members = self.diagnosis.members.iter();
                let first = members.find(|m| m.is_joining());
                if let Some(other) = first.filter(|other| other.name != member.name) {
                    objections.push(Reason::AnotherJoins { member: other.name.clone() });
                }
            }
        }
        objections
    }

    /// A voter that certainly is not connected to its peers.
    fn disconnected_voter(&self) -> Option<&MemberDiagnosis> {
        let cut_off = |m: &MemberDiagnosis| matches!(m.state, MemberState::NoLeader { .. });
        let mut voters = self.diagnosis.members.iter();
        voters.find(|m| m.seat.is_some() && !m.is_learner() && (m.is_stopped() || cut_off(m)))
    }

    /// A voter that serves and whose store is known to be bad: it may lead, and then what joins copies from it.
    fn bad_store(&self) -> Option<&MemberDiagnosis> {
        let serves = |m: &&MemberDiagnosis| m.answers_as.is_some() && !m.is_learner();
        let mut members = self.diagnosis.members.iter();
        members.find(|m| m.state.is_data_bad() && serves(m))
    }

    /// What only somebody else can mend.
    fn called_for(&self) -> Vec<Reason> {
        let mut reasons = Vec::new();
        for member in &self.diagnosis.members {
            let name = || member.name.clone();
            match member.state {
                MemberState::NoLeader { .. } if self.diagnosis.is_quorum_proved() => {
                    reasons.push(Reason::CutOff { member: name() });
                }
                MemberState::CrashLooping { .. } => reasons.extend(environment_fault(member)),
                MemberState::Unreachable { .. } if member.fault_is_ours => {
                    reasons.push(Reason::FaultIsOurs { member: name() });
                }
                MemberState::Unreachable { .. }
                    if !member.is_stopped() && self.restart_costs_quorum(member) =>
                {
                    reasons.push(Reason::RestartCostsQuorum { member: name() });
                }
                _ => {}
            }
        }
        for alarm in &self.diagnosis.alarms {
            let accused = self.diagnosis.members.iter().find(|m| m.id == Some(alarm.member_id));
            match alarm.kind {
                AlarmKind::NoSpace => {
                    let member = accused.map(|m| m.name.clone());
                    reasons.push(Reason::SpaceExhausted { member });
                }
                AlarmKind::Corrupt => reasons.push(Reason::CorruptAlarmUnexplained),
                AlarmKind::Other(_) => {}
            }
        }
        reasons
    }

    /// Members that have just lost their leader find one again, if they can.
    fn await_election(&self, waits: &mut Waits) {
        for member in &self.diagnosis.members {
            if let MemberState::NoLeader { since } = member.state
                && let elect_by = after(since, self.policy.election_grace)
                && self.now < elect_by
            {
                waits.add(member, elect_by);
            }
        }
    }

    fn failures(&self) -> impl Iterator<Item = Reason> {
        let failed = self.diagnosis.members.iter().filter(|m| m.state != MemberState::Healthy);
        failed.map(|m| Reason::MemberFailed { member: m.name.clone(), state: m.state })
    }

    /// Something is not as it should be, but nothing calls for an action: slow or lagging members.
    fn observe_again(&self) -> Plan {
        let until = after(self.now, self.policy.restart_after);
        Plan::new(Action::WaitUntil(until), self.failures().collect())
    }
}

/// Whether its replacement has begun and nothing is left to destroy: to stop there would leave the cluster short.
fn is_under_way(member: &MemberDiagnosis) -> bool {
    let process = member.process.as_ref();
    let empty = process.is_some_and(|p| p.data == DataState::Absent);
    member.is_joining() || member.state == MemberState::Removed && empty
}

fn environment_fault(member: &MemberDiagnosis) -> Option<Reason> {
    let cause = member.process.as_ref()?.last_exit.as_ref()?.cause;
    let loops = matches!(member.state, MemberState::CrashLooping { .. });
    (loops && cause.is_environment())
        .then(|| Reason::EnvironmentFault { member: member.name.clone(), cause })
}
