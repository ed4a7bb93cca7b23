//! [`Executor`]: observe, decide, do one thing, and look again, until all is well or nobody may go on.
//!
//! It remembers nothing that matters. Every turn starts from a fresh observation, and the step it makes is the
//! first of a plan made from that observation alone, so that a run which was killed anywhere is simply run again.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::join_all;
use jiff::Timestamp;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tracing::{debug, info, warn};

use crate::clock::{Clock, SystemClock};
use crate::diagnosis::{Diagnosis, DiagnosisPolicy, History, Stores, diagnose};
use crate::health::{DataState, Observation, ProcessState};
use crate::topology::MemberName;

use super::control::{
    ApiError, ApiErrorKind, ClusterApi, ControlAction, ControlError, Depth, MemberControl,
    StartMode,
};
use super::plan::{Action, Plan, Replacement, SnapshotRecord, Step};
use super::planner::plan;
use super::policy::RecoveryPolicy;
use super::progress::{Outcome, Progress, Proof, RecoveryError};
use super::reason::Reason;
use super::safety::Refusal;
use super::shelf::Shelf;
use super::steps::healthy_others;

/// How long to wait between looks at something that changes within moments.
const POLL: Duration = Duration::from_millis(50);
/// The same after something did not work, or while waiting for a time to come.
const RETRY: Duration = Duration::from_millis(500);
/// How often the same verdict must be found before a run gives up on it: one look may fall into a change.
const CONFIRMATIONS: u32 = 3;

/// Carries out recoveries on one cluster.
///
/// ```no_run
/// use hcp_etcd::recovery::{Executor, MemberControl, Outcome};
/// use hcp_etcd::{Client, ClientOptions, Topology};
/// use tokio_util::sync::CancellationToken;
///
/// # async fn example(topology: Topology, control: impl MemberControl) -> Result<(), Box<dyn std::error::Error>> {
/// let client = Client::new(topology, ClientOptions::default())?;
/// let mut executor = Executor::new(client, control, "/var/lib/hcp/snapshots");
/// match executor.run(&CancellationToken::new(), |progress| println!("{progress:?}")).await? {
///     Outcome::Healthy(proof) => println!("replaced {:?}", proof.replaced),
///     other => println!("{other}"),
/// }
/// # Ok(())
/// # }
/// ```
pub struct Executor<A, C> {
    api: A,
    control: C,
    clock: Arc<dyn Clock>,
    diagnosis_policy: DiagnosisPolicy,
    policy: RecoveryPolicy,
    deadline: Duration,
    history: History,
    shelf: Shelf,
    run: Run,
}

/// One look at the cluster, and what was done about it.
#[non_exhaustive]
#[derive(Debug)]
pub struct Turn {
    /// What was seen.
    pub observation: Observation,
    /// What is wrong.
    pub diagnosis: Diagnosis,
    /// What was decided; its first step was carried out if `acted`.
    pub plan: Plan,
    /// Whether something was changed.
    pub acted: bool,
}

/// What a run tells about itself; no decision looks at it.
#[derive(Debug, Default)]
struct Run {
    current: Option<(MemberName, Step, Instant)>,
    steps_done: usize,
    replaced: Vec<MemberName>,
    restarted: Vec<MemberName>,
}

impl<A: ClusterApi, C: MemberControl> Executor<A, C> {
    /// An executor that acts on the cluster behind `api` and the processes behind `control`, and puts the snapshots
    /// it takes before destroying anything into `snapshots`.
    pub fn new(api: A, control: C, snapshots: impl Into<PathBuf>) -> Self {
        Self {
            api,
            control,
            clock: Arc::new(SystemClock),
            diagnosis_policy: DiagnosisPolicy::default(),
            policy: RecoveryPolicy::default(),
            deadline: Duration::from_secs(15 * 60),
            history: History::default(),
            shelf: Shelf::new(snapshots.into()),
            run: Run::default(),
        }
    }

    /// Sets when it acts and what it never does.
    #[must_use]
    pub fn with_policy(mut self, policy: RecoveryPolicy) -> Self {
        self.policy = policy;
        self
    }

    /// Sets when a member counts as what.
    #[must_use]
    pub fn with_diagnosis_policy(mut self, policy: DiagnosisPolicy) -> Self {
        self.diagnosis_policy = policy;
        self
    }

    /// Sets how long one [`run`](Self::run) may take; a quarter of an hour by default.
    #[must_use]
    pub const fn with_deadline(mut self, deadline: Duration) -> Self {
        self.deadline = deadline;
        self
    }

    /// Sets where the time comes from.
    #[must_use]
    pub fn with_clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.clock = clock;
        self
    }

    /// Continues from what an earlier executor or monitor has learnt; without it only waiting times begin anew.
    #[must_use]
    pub fn with_history(mut self, history: History) -> Self {
        self.history = history;
        self
    }

    /// What was learnt so far.
    #[must_use]
    pub const fn history(&self) -> &History {
        &self.history
    }

    /// Works until the cluster is shown to be healthy, or nobody may go on, or the deadline has passed.
    ///
    /// Dropping the future or cancelling the token is safe at any point: running again continues.
    ///
    /// # Errors
    /// [`RecoveryError`] if a step fails for a reason that looking again does not remove.
    pub async fn run(
        &mut self,
        cancel: &CancellationToken,
        mut progress: impl FnMut(&Progress<'_>) + Send,
    ) -> Result<Outcome, RecoveryError> {
        self.run = Run::default();
        let mut depth = Depth::Hashes;
        let begun = Instant::now();
        let (mut refusals, mut failures) = (0, 0);
        loop {
            let turn = tokio::select! {
                biased;
                () = cancel.cancelled() => return Ok(Outcome::Cancelled),
                turn = self.turn(depth, &mut progress) => turn,
            };
            let pause = match turn {
                Ok(turn) => {
                    failures = 0;
                    depth = turn.next_depth();
                    refusals = if turn.plan.is_refusal() { refusals + 1 } else { 0 };
                    if refusals >= CONFIRMATIONS {
                        return Ok(Outcome::Refused(turn.plan));
                    }
                    if let Some(proof) = self.proof(&turn, begun) {
                        return Ok(Outcome::Healthy(Box::new(proof)));
                    }
                    if begun.elapsed() >= self.deadline {
                        return Ok(Outcome::TimedOut(turn.plan));
                    }
                    self.pause(&turn)
                }
                Err(error) => {
                    failures += 1;
                    depth = Depth::Hashes;
                    if !error.is_retryable() && failures >= CONFIRMATIONS
                        || begun.elapsed() >= self.deadline
                    {
                        return Err(error);
                    }
                    warn!(error = &error as &dyn std::error::Error, "looking again");
                    progress(&Progress::Retries { error: &error });
                    RETRY
                }
            };
            tokio::select! {
                () = cancel.cancelled() => return Ok(Outcome::Cancelled),
                () = tokio::time::sleep(pause) => {}
            }
        }
    }

    /// Observes, decides, and carries out the first step of the plan, if there is one.
    ///
    /// A host with a loop of its own calls this; [`run`](Self::run) and the monitor do.
    ///
    /// # Errors
    /// [`RecoveryError`] if the step did not work; [`RecoveryError::is_retryable`] tells whether to look again.
    pub async fn turn(
        &mut self,
        depth: Depth,
        mut progress: impl FnMut(&Progress<'_>) + Send,
    ) -> Result<Turn, RecoveryError> {
        let mut turn = self.decide(depth).await?;
        if depth == Depth::Shallow && turn.is_about_to_replace() {
            turn = self.decide(Depth::Hashes).await?;
        }
        let Turn { observation, diagnosis, plan, .. } = &turn;
        progress(&Progress::Decided { observation, diagnosis, plan });
        self.follow(&turn.plan, &mut progress);
        turn.acted = match &turn.plan.action {
            Action::Restart(member) => {
                self.restart(member, &turn.observation).await?;
                if !self.run.restarted.contains(member) {
                    self.run.restarted.push(member.clone());
                }
                progress(&Progress::Restarted { member });
                true
            }
            Action::Replace(replacement) => self.step(replacement, &turn, &mut progress).await?,
            _ => false,
        };
        Ok(turn)
    }

    /// Observes and decides, and changes nothing.
    ///
    /// # Errors
    /// [`RecoveryError::Control`] if what runs the members cannot be asked.
    pub async fn decide(&mut self, depth: Depth) -> Result<Turn, RecoveryError> {
        let mut observation = self.api.observe(depth).await;
        let names: Vec<_> = observation.members.iter().map(|m| m.name.clone()).collect();
        let processes = join_all(names.iter().map(|name| self.control.inspect(name))).await;
        for (member, process) in observation.members.iter_mut().zip(processes) {
            member.process = Some(process?);
        }
        let now = self.clock.now();
        let diagnosis = diagnose(&observation, &self.history, &self.diagnosis_policy, now);
        self.history.update(&diagnosis, &self.diagnosis_policy);
        self.shelf.search(diagnosis.cluster_id).await;
        let plan = plan(&diagnosis, self.shelf.latest(), &self.policy, now);
        debug!(cluster = %diagnosis.cluster, plan = plan.action.name(), "decided");
        Ok(Turn { observation, diagnosis, plan, acted: false })
    }

    async fn restart(
        &self,
        member: &MemberName,
        observation: &Observation,
    ) -> Result<(), RecoveryError> {
        info!(%member, "restarting");
        let process = observation.member(member).and_then(|m| m.process.as_ref());
        if process.is_some_and(|p| p.state != ProcessState::Stopped) {
            self.control.stop(member).await?;
        }
        Ok(self.control.start(member, &StartMode::Resume).await?)
    }

    /// Makes the first step that changes something; the proof of the quorum is made anew for each that needs it.
    async fn step(
        &mut self,
        replacement: &Replacement,
        turn: &Turn,
        progress: &mut (impl FnMut(&Progress<'_>) + Send),
    ) -> Result<bool, RecoveryError> {
        let member = &replacement.member;
        let ([Step::ProveQuorum, step, rest @ ..] | [step, rest @ ..]) =
            replacement.steps.as_slice()
        else {
            return Ok(false);
        };
        // Verifying is not a step of its own: it is the look at the world after the last one.
        let remaining = 1 + rest.iter().filter(|step| **step != Step::Verify).count();
        let (number, total) = (self.run.steps_done + 1, self.run.steps_done + remaining);
        if self.run.begins(member, step) {
            info!(%member, step = step.name(), "begins");
            progress(&Progress::Begins { member, step, number, total });
        }
        let proves = replacement.steps.first() == Some(&Step::ProveQuorum);
        if (proves || *step == Step::Promote) && !are_compared(turn.diagnosis.stores, step) {
            let reasons = vec![Reason::StoresNotCompared];
            return Err(unproved(member, step, Refusal { reasons }));
        }
        match step {
            Step::Snapshot { from } => self.take_snapshot(member, from, turn).await?,
            Step::Wipe => self.wipe(member, turn).await?,
            Step::Stop => self.control.stop(member).await?,
            Step::Start => self.start(member, turn).await?,
            Step::CatchUp => {
                report_catching_up(member, &turn.diagnosis, progress);
                return Ok(false);
            }
            Step::ProveQuorum | Step::Verify => return Ok(false),
            Step::MoveLeader { .. } | Step::Remove { .. } | Step::AddLearner | Step::Promote => {
                self.change_membership(member, step, turn).await?;
                if *step == Step::AddLearner {
                    self.history.note_replacement(member, self.clock.now());
                }
            }
        }
        Ok(true)
    }

    async fn change_membership(
        &self,
        member: &MemberName,
        step: &Step,
        turn: &Turn,
    ) -> Result<(), RecoveryError> {
        let diagnosis = &turn.diagnosis;
        let failed =
            |source| RecoveryError::Api { member: member.clone(), step: step.name(), source };
        let outdated = |call| {
            let message = "the observation no longer supports this call";
            failed(ApiError::new(call, member.clone(), ApiErrorKind::Replan, message))
        };
        let via = healthy_others(diagnosis, member).next().map(|m| &m.name);
        let (Some(cluster), Some(via)) = (diagnosis.cluster_id, via) else {
            return Err(outdated(step.name()));
        };
        match step {
            Step::MoveLeader { to } => {
                let to = diagnosis.member(to).and_then(|m| m.id);
                let to = to.ok_or_else(|| outdated("MoveLeader"))?;
                self.api.move_leader(member, cluster, to).await.map_err(failed)
            }
            Step::Remove { .. } => {
                let proof = diagnosis.prove_quorum_without(member, &self.policy, self.clock.now());
                self.api
                    .remove(&proof.map_err(|e| unproved(member, step, e))?)
                    .await
                    .map_err(failed)
            }
            Step::AddLearner => {
                let declared = turn.observation.topology.member(member);
                let declared = declared.ok_or_else(|| outdated("MemberAdd"))?;
                self.api.add_learner(via, cluster, declared).await.map(drop).map_err(failed)
            }
            _ => {
                let id = diagnosis.member(member).and_then(|m| m.id);
                let id = id.ok_or_else(|| outdated("MemberPromote"))?;
                self.api.promote(via, cluster, id).await.map_err(failed)
            }
        }
    }

    async fn take_snapshot(
        &mut self,
        member: &MemberName,
        from: &MemberName,
        turn: &Turn,
    ) -> Result<(), RecoveryError> {
        let Some(cluster) = turn.diagnosis.cluster_id else {
            return Ok(());
        };
        let taken_at = self.clock.now();
        let file = self.shelf.place(cluster, taken_at)?;
        let snapshot = self.api.snapshot(from, cluster, &file).await.map_err(|source| {
            RecoveryError::Api { member: member.clone(), step: "snapshot", source }
        })?;
        info!(%member, %from, revision = snapshot.revision, "snapshot verified");
        self.shelf.add(SnapshotRecord::new(cluster, snapshot.revision, taken_at));
        Ok(())
    }

    async fn wipe(&self, member: &MemberName, turn: &Turn) -> Result<(), RecoveryError> {
        let now = self.clock.now();
        let proof = turn
            .diagnosis
            .prove_not_in_cluster(member, self.shelf.latest(), &self.policy, now)
            .map_err(|e| unproved(member, &Step::Wipe, e))?;
        Ok(self.control.wipe(&proof).await?)
    }

    async fn start(&self, member: &MemberName, turn: &Turn) -> Result<(), RecoveryError> {
        let seen = turn.observation.member(member);
        let data = seen.and_then(|m| m.process.as_ref()).map_or(DataState::Unknown, |p| p.data);
        let mode = if data == DataState::Present {
            StartMode::Resume
        } else {
            StartMode::Join { initial_cluster: initial_cluster(member, turn)? }
        };
        Ok(self.control.start(member, &mode).await?)
    }

    fn proof(&self, turn: &Turn, begun: Instant) -> Option<Proof> {
        match (&turn.plan.action, turn.diagnosis.stores) {
            (Action::Nothing, Stores::Agree { members }) => Some(Proof {
                at: turn.observation.at,
                diagnosis: turn.diagnosis.clone(),
                compared: members,
                replaced: self.run.replaced.clone(),
                restarted: self.run.restarted.clone(),
                took: begun.elapsed(),
            }),
            _ => None,
        }
    }

    /// How long to wait before the next turn.
    pub(crate) fn pause(&self, turn: &Turn) -> Duration {
        match turn.plan.action {
            Action::WaitUntil(until) => until_then(self.clock.now(), until).clamp(POLL, RETRY),
            Action::NeedsHuman | Action::NeedsRestore => RETRY,
            _ if turn.acted => Duration::ZERO,
            _ => POLL,
        }
    }

    /// Tells which step was seen to be done, now that the plan does not begin with it any more.
    fn follow(&mut self, plan: &Plan, progress: &mut (impl FnMut(&Progress<'_>) + Send)) {
        if let Action::Restart(member) = &plan.action {
            self.run.restarted.push(member.clone());
        }
        let next = match &plan.action {
            Action::Replace(r) => r.steps.iter().find(|s| **s != Step::ProveQuorum),
            _ => None,
        };
        let Some((member, step, begun)) = &self.run.current else {
            return;
        };
        if plan.member() == Some(member) && next == Some(step) {
            return;
        }
        let (number, took) = (self.run.steps_done + 1, begun.elapsed());
        progress(&Progress::Done { member, step, number, took });
        if *step == Step::Promote {
            self.run.replaced.push(member.clone());
        }
        self.run.steps_done += 1;
        self.run.current = None;
    }
}

impl Turn {
    /// Whether the next step changes something on the strength of the members' stores.
    fn is_about_to_replace(&self) -> bool {
        matches!(&self.plan.action, Action::Replace(r) if r.steps.first() != Some(&Step::CatchUp))
    }

    /// How deep to look next: contents are compared whenever something may be destroyed or declared good, and not
    /// while waiting.
    #[must_use]
    pub fn next_depth(&self) -> Depth {
        match &self.plan.action {
            Action::WaitUntil(_) => Depth::Shallow,
            Action::Replace(replacement) if replacement.steps.first() == Some(&Step::CatchUp) => {
                Depth::Shallow
            }
            _ => Depth::Hashes,
        }
    }
}

impl Run {
    /// Notes that a step is being made; whether that is new.
    fn begins(&mut self, member: &MemberName, step: &Step) -> bool {
        if self.current.is_some() {
            return false;
        }
        self.current = Some((member.clone(), step.clone(), Instant::now()));
        true
    }
}

/// Nobody is removed while the good store is not known, and nobody is let in while there is a bad one to copy from.
const fn are_compared(stores: Stores, step: &Step) -> bool {
    match stores {
        Stores::Agree { .. } => true,
        Stores::MinorityDiffers => !matches!(step, Step::AddLearner | Step::Promote),
        _ => false,
    }
}

fn unproved(member: &MemberName, step: &Step, source: Refusal) -> RecoveryError {
    RecoveryError::Unproved { member: member.clone(), step: step.name(), source }
}

/// The members of the cluster as the joining one must be told: by the names they have or will have.
fn initial_cluster(
    member: &MemberName,
    turn: &Turn,
) -> Result<Vec<(MemberName, String)>, ControlError> {
    let problem = |what: &str| ControlError::new(ControlAction::Start, member.clone(), what);
    let membership = turn.diagnosis.membership.as_ref().filter(|m| m.proved);
    let membership = membership.ok_or_else(|| problem("no proved member list to join"))?;
    let mut cluster = Vec::with_capacity(membership.members.len());
    for listed in &membership.members {
        let diagnosed = turn.diagnosis.members.iter().find(|m| m.id == Some(listed.id));
        let name = diagnosed.ok_or_else(|| problem("the member list changed"))?.name.clone();
        cluster.extend(listed.peer_urls.iter().map(|url| (name.clone(), url.clone())));
    }
    Ok(cluster)
}

fn report_catching_up(
    member: &MemberName,
    diagnosis: &Diagnosis,
    progress: &mut (impl FnMut(&Progress<'_>) + Send),
) {
    let target = healthy_others(diagnosis, member).filter_map(|m| m.applied_index).max();
    let applied = diagnosis.member(member).and_then(|m| m.applied_index);
    let (applied, target) = (applied.unwrap_or(0), target.unwrap_or(0));
    progress(&Progress::CatchingUp { member, applied, target });
}

fn until_then(now: Timestamp, then: Timestamp) -> Duration {
    Duration::try_from(then.duration_since(now)).unwrap_or(Duration::ZERO)
}

impl<A: fmt::Debug, C: fmt::Debug> fmt::Debug for Executor<A, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Executor")
            .field("api", &self.api)
            .field("control", &self.control)
            .field("policy", &self.policy)
            .finish_non_exhaustive()
    }
}
