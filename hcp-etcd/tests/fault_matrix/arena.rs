//! Where a row takes place: a real cluster, a writer, an executor, and a record of what was done.

use std::error::Error;
use std::time::Duration;

use hcp_etcd::process::LocalMembers;
use hcp_etcd::recovery::{Depth, Executor, Outcome, Progress, Reason, RecoveryPolicy, Step};
use hcp_etcd::{Client, ClientOptions, Diagnosis, DiagnosisPolicy, MemberState, Tls, Topology};
use hcp_testkit::{ClientTls, EtcdCluster, EtcdClusterBuilder, Writer};
use tokio_util::sync::CancellationToken;

pub(crate) type Failure = Box<dyn Error + Send + Sync>;

const JOINING: [&str; 2] = ["learner", "unstarted"];

/// Stands among the actions where the second fault was made.
pub(crate) const SECOND_FAULT: &str = "(second fault)";

/// What a row showed, in the words of the table.
#[derive(Debug, Clone, Default)]
pub(crate) struct Shown {
    /// What was diagnosed when it was first decided to restart, to replace, or to refuse.
    pub(crate) diagnosis: Vec<(&'static str, String)>,
    /// What was done, in order.
    pub(crate) actions: Vec<String>,
    /// How it ended.
    pub(crate) end: String,
    /// Acknowledged writes, and how many of them were lost.
    pub(crate) writes: Option<(u64, usize)>,
}

pub(crate) struct Arena {
    pub(crate) cluster: EtcdCluster,
    pub(crate) shown: Shown,
    pub(crate) executor: Executor<Client, LocalMembers>,
    writer: Option<Writer>,
}

/// Policies for members that fail on purpose: the defaults are patient with members that matter.
pub(crate) fn policy() -> RecoveryPolicy {
    RecoveryPolicy::default()
        .with_restart_after(Duration::from_secs(1))
        .with_hung_after(Duration::from_secs(6))
        .with_replace_after(Duration::from_secs(15))
        .with_start_grace(Duration::from_secs(10))
        .with_join_stuck_after(Duration::from_secs(8))
        .with_election_grace(Duration::from_secs(10))
        .with_max_replacements(100)
}

pub(crate) fn connect(topology: Topology, tls: Option<&ClientTls>) -> Result<Client, Failure> {
    let mut options = ClientOptions::default();
    if let Some(files) = tls {
        options = options.with_tls(Tls::from_files(&files.ca, &files.cert, &files.key)?);
    }
    Ok(Client::new(topology, options)?)
}

pub(crate) fn executor(
    client: Client,
    control: LocalMembers,
    snapshots: &std::path::Path,
) -> Executor<Client, LocalMembers> {
    Executor::new(client, control, snapshots)
        .with_policy(policy())
        .with_diagnosis_policy(DiagnosisPolicy::default().with_settle(Duration::from_secs(2)))
        .with_deadline(Duration::from_secs(120))
}

impl Arena {
    /// A healthy cluster of three with a writer that has had many writes acknowledged.
    pub(crate) async fn new() -> Result<Self, Failure> {
        Self::of(EtcdCluster::builder().members(3)).await
    }

    pub(crate) async fn of(builder: EtcdClusterBuilder) -> Result<Self, Failure> {
        let mut arena = Self::silent(builder).await?;
        let writer = arena.cluster.writer().await?;
        writer.wait_acknowledged(100, Duration::from_secs(60)).await?;
        arena.writer = Some(writer);
        Ok(arena)
    }

    /// The same without a writer, for faults that a running writer would hide.
    pub(crate) async fn silent(builder: EtcdClusterBuilder) -> Result<Self, Failure> {
        let cluster = builder.start().await?;
        let topology = cluster.topology().clone();
        Self::observing(cluster, topology)
    }

    /// The members of `cluster`, seen through another topology than its own.
    pub(crate) fn observing(cluster: EtcdCluster, topology: Topology) -> Result<Self, Failure> {
        let client = connect(topology, cluster.client_tls())?;
        let executor =
            executor(client, cluster.control().clone(), &cluster.dir().join("snapshots"));
        Ok(Self { cluster, shown: Shown::default(), executor, writer: None })
    }

    /// Runs the executor to its end.
    pub(crate) async fn recover(&mut self) -> Result<Outcome, Failure> {
        self.recover_with(async |_| Ok(()), |_| false).await
    }

    /// Runs the executor; when `when` says so for the first time, makes another fault before it goes on.
    pub(crate) async fn recover_with(
        &mut self,
        fault: impl AsyncFnOnce(&EtcdCluster) -> Result<(), Failure>,
        when: fn(&Step) -> bool,
    ) -> Result<Outcome, Failure> {
        let interrupt = CancellationToken::new();
        let (shown, executor) = (&mut self.shown, &mut self.executor);
        let mut violation = None;
        let mut last = None;
        let outcome = executor
            .run(&interrupt, |progress| {
                note(shown, progress, &mut last, &mut violation);
                if let Progress::Begins { step, .. } = progress
                    && when(step)
                {
                    interrupt.cancel();
                }
            })
            .await?;
        if let Some(violation) = violation {
            return Err(violation.into());
        }
        if outcome == Outcome::Cancelled {
            fault(&self.cluster).await?;
            self.shown.actions.push(SECOND_FAULT.to_owned());
            return Box::pin(self.recover()).await;
        }
        self.shown.end = describe(&outcome);
        Ok(outcome)
    }

    /// Stops the writer and proves by linearizable reads that no acknowledged write is lost.
    pub(crate) async fn account(mut self) -> Result<Shown, Failure> {
        if let Some(writer) = self.writer.take() {
            let ledger = writer.stop().await;
            let lost = ledger.verify(&self.cluster).await?;
            self.shown.writes = Some((ledger.acknowledged(), lost.lost.len()));
            if !lost.lost.is_empty() {
                return Err(format!("{} acknowledged writes lost", lost.lost.len()).into());
            }
        }
        Ok(self.shown)
    }

    /// The row ends without a quorum, so nobody can be asked for the writes: nothing may have been touched.
    pub(crate) async fn untouched(mut self) -> Result<Shown, Failure> {
        if let Some(writer) = self.writer.take() {
            drop(writer.stop().await);
        }
        if !self.shown.actions.is_empty() {
            return Err(format!("acted without a quorum: {:?}", self.shown.actions).into());
        }
        Ok(self.shown)
    }

    /// Looks once, and notes what is wrong.
    pub(crate) async fn look(&mut self) -> Result<Diagnosis, Failure> {
        let turn = self.executor.decide(Depth::Hashes).await?;
        Ok(turn.diagnosis)
    }
}

/// Writes down what the executor does, and checks before every removal that the rest is a quorum.
fn note(
    shown: &mut Shown,
    progress: &Progress<'_>,
    last: &mut Option<Diagnosis>,
    violation: &mut Option<String>,
) {
    match progress {
        Progress::Decided { diagnosis, plan, .. } => {
            *last = Some((*diagnosis).clone());
            let kind = plan.action.name();
            let decided = plan.is_refusal() || plan.member().is_some();
            if decided && shown.diagnosis.iter().all(|(noted, _)| *noted != kind) {
                shown.diagnosis.push((kind, summary(diagnosis)));
            }
        }
        Progress::Restarted { .. } => shown.actions.push("restart".to_owned()),
        Progress::Begins { member, step, .. } => {
            let kept = last.as_ref().is_some_and(|d| d.after_removing(member).is_kept());
            if matches!(step, Step::Remove { .. }) && !kept {
                *violation = Some(format!("{member} is removed although that costs the quorum"));
            }
            let name = step.name();
            // A wait may turn out to be over before it began, and a removed member may stop by itself.
            let varies = matches!(step, Step::CatchUp | Step::Stop);
            if !varies && shown.actions.last().is_none_or(|last| last != name) {
                shown.actions.push(name.to_owned());
            }
        }
        _ => {}
    }
}

/// The states of the members something is wrong with. Leaves out what merely follows from an election that happens to
/// be under way.
pub(crate) fn summary(diagnosis: &Diagnosis) -> String {
    let passing = |state| {
        matches!(state, MemberState::Lagging { .. } | MemberState::Healthy)
            || matches!(state, MemberState::NoLeader { .. }) && !diagnosis.is_quorum_proved()
    };
    let states = diagnosis.members.iter().map(|m| m.state).filter(|s| !passing(*s));
    let mut states: Vec<_> = states.map(MemberState::name).collect();
    states.sort_unstable();
    states.dedup();
    // Beside a failed member one that joins may be anywhere on its way.
    if states.iter().any(|state| !JOINING.contains(state)) {
        states.retain(|state| !JOINING.contains(state));
    }
    states.join(", ")
}

pub(crate) fn describe(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Healthy(proof) => format!("healthy, {} stores agree", proof.compared),
        Outcome::Refused(plan) => {
            let mut rules: Vec<_> = plan.reasons.iter().map(Reason::rule).collect();
            rules.retain(|rule| *rule != "member-failed");
            rules.dedup();
            format!("refused ({}): {}", plan.action.name(), rules.join(", "))
        }
        other => other.to_string(),
    }
}
