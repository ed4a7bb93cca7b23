//! [`LocalMembers`]: the supervisor of members that are processes on this machine.

use std::ffi::{OsStr, OsString};
use std::fmt::Write as _;
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use crate::clock::{Clock, SystemClock};
use crate::health::{DataState, ProcessObservation};
use crate::recovery::{ControlAction, ControlError, MemberControl, NotInCluster, StartMode};
use crate::topology::{MemberName, Topology};

use super::config::{LocalMember, LocalMembersError, check_members};
use super::data;
use super::pid::ProcessId;
use super::record::{Files, Origin};
use super::session::{Session, etcd_command};

const GRACE: Duration = Duration::from_secs(5);
const STABLE_AFTER: Duration = Duration::from_secs(60);
/// How long a process may take to be gone after `SIGKILL`: it may be waiting for a disk.
const KILL_PATIENCE: Duration = Duration::from_secs(30);

/// Starts, stops and wipes etcd members that are processes on this machine.
///
/// All state is in the runtime directory, so that any number of these, in any number of processes, may be made for
/// the same members one after the other or at once. Dropping one stops nothing. Cheap to clone.
///
/// A log is appended to and never cut: rotate it with a tool that copies and truncates.
#[derive(Debug, Clone)]
pub struct LocalMembers {
    inner: Arc<Inner>,
}

#[derive(Debug, Clone)]
struct Inner {
    etcd: PathBuf,
    runtime_dir: PathBuf,
    members: Vec<LocalMember>,
    initial_cluster: Vec<(MemberName, String)>,
    grace: Duration,
    stable_after: Duration,
    own_group: bool,
    clock: Arc<dyn Clock>,
    /// Processes we made, of which a zombie stays until we take its exit status.
    children: Arc<Mutex<Vec<(MemberName, ProcessId)>>>,
}

/// The flags of one start.
struct Launch<'a> {
    initial_cluster: &'a [(MemberName, String)],
    state: &'static str,
}

impl LocalMembers {
    /// Runs `members` of `topology` with the program `etcd`; keeps records, logs and locks in `runtime_dir`.
    ///
    /// The topology may have members that run elsewhere. Its peer URLs are the initial cluster of the first start.
    ///
    /// # Errors
    /// [`LocalMembersError`] for members that could not be told apart, wiped or watched.
    pub fn new(
        etcd: impl Into<PathBuf>,
        runtime_dir: impl Into<PathBuf>,
        topology: &Topology,
        members: Vec<LocalMember>,
    ) -> Result<Self, LocalMembersError> {
        let declared = topology.members();
        check_members(&members, &declared.iter().map(|m| &m.name))?;
        Ok(Self {
            inner: Arc::new(Inner {
                etcd: etcd.into(),
                runtime_dir: runtime_dir.into(),
                members,
                initial_cluster: declared
                    .iter()
                    .map(|m| (m.name.clone(), m.peer_url.to_string()))
                    .collect(),
                grace: GRACE,
                stable_after: STABLE_AFTER,
                own_group: true,
                clock: Arc::new(SystemClock),
                children: Arc::default(),
            }),
        })
    }

    /// How long a member may take to stop by itself before it is killed; 5 seconds unless set.
    #[must_use]
    pub fn with_grace(mut self, grace: Duration) -> Self {
        Arc::make_mut(&mut self.inner).grace = grace;
        self
    }

    /// From which duration on a run ends a series of exits; 60 seconds unless set.
    #[must_use]
    pub fn with_stable_after(mut self, stable_after: Duration) -> Self {
        Arc::make_mut(&mut self.inner).stable_after = stable_after;
        self
    }

    /// Takes the time from `clock`.
    #[must_use]
    pub fn with_clock(mut self, clock: Arc<dyn Clock>) -> Self {
        Arc::make_mut(&mut self.inner).clock = clock;
        self
    }

    /// Leaves members in the process group of whoever starts them, so that a `Ctrl-C` at a terminal reaches them
    /// too. Otherwise each has a group of its own and outlives its starter's terminal.
    #[must_use]
    pub fn in_group_of_caller(mut self) -> Self {
        Arc::make_mut(&mut self.inner).own_group = false;
        self
    }

    /// The members it runs.
    #[must_use]
    pub fn members(&self) -> &[LocalMember] {
        &self.inner.members
    }

    /// Where records, logs and locks are.
    #[must_use]
    pub fn runtime_dir(&self) -> &Path {
        &self.inner.runtime_dir
    }

    /// Where a member's log is.
    #[must_use]
    pub fn log_file(&self, member: &MemberName) -> PathBuf {
        Files::new(&self.inner.runtime_dir, member).log()
    }

    /// Starts all members for the first time, as a new cluster (`--initial-cluster-state new`).
    ///
    /// A first start that was interrupted may be repeated: members that run are left alone.
    ///
    /// # Errors
    /// [`ControlError`] if a member has data that no first start made: beside those, members started as new would
    /// be an empty cluster of their own. Nothing is started then.
    pub async fn bootstrap(&self) -> Result<(), ControlError> {
        let mut sessions = Vec::new();
        for member in &self.inner.members {
            let session = self.lock(&member.name, ControlAction::Start).await?;
            let present = data::state(&member.data_dir) != DataState::Absent;
            if present && session.origin() != Some(Origin::Bootstrap) {
                return Err(session.fail(format!(
                    "it has data in {} already, so this is no first start; start it on its data, or wipe all members",
                    member.data_dir.display()
                )));
            }
            sessions.push(session);
        }
        for mut session in sessions {
            if session.process().is_none() {
                let launch = Launch { initial_cluster: &self.inner.initial_cluster, state: "new" };
                self.launch(&mut session, &launch, Some(Origin::Bootstrap))?;
            }
        }
        Ok(())
    }

    /// The process a member runs in; `None` if it does not run.
    ///
    /// # Errors
    /// [`ControlError`] for a member that is not ours, or an unreadable record.
    pub fn process(&self, member: &MemberName) -> Result<Option<ProcessId>, ControlError> {
        let now = self.inner.clock.now();
        let session = self.session(member, ControlAction::Inspect)?.glance(now)?;
        self.reap(&session);
        Ok(session.process())
    }

    /// Kills all members at once, without grace, and blocks until they are gone: for handlers of `Drop`.
    ///
    /// # Errors
    /// The first [`ControlError`]; the other members are killed all the same.
    pub fn kill_all(&self) -> Result<(), ControlError> {
        let mut first = Ok(());
        let killed: Vec<_> = self
            .inner
            .members
            .iter()
            .filter_map(|member| match self.kill_one(&member.name) {
                Ok(process) => process.map(|process| (process, member)),
                Err(error) => {
                    if first.is_ok() {
                        first = Err(error);
                    }
                    None
                }
            })
            .collect();
        for (process, member) in killed {
            let gone = process.wait_gone(KILL_PATIENCE);
            if !gone.is_ok_and(|gone| gone) && first.is_ok() {
                first = Err(not_gone(&member.name, process));
            }
        }
        for member in &self.inner.members {
            // Records the end and takes the exit status, so that no zombie is left of a child.
            let noticed = self.process(&member.name);
            if first.is_ok() {
                first = noticed.map(drop);
            }
        }
        first
    }

    fn kill_one(&self, member: &MemberName) -> Result<Option<ProcessId>, ControlError> {
        let now = self.inner.clock.now();
        let session = self.session(member, ControlAction::Stop)?.glance(now)?;
        let process = session.process();
        if let Some(process) = process {
            session.check(process.kill(), "it cannot be killed")?;
        }
        Ok(process)
    }

    fn session(
        &self,
        member: &MemberName,
        action: ControlAction,
    ) -> Result<Session<'_>, ControlError> {
        let inner = &self.inner;
        let local = inner.members.iter().find(|m| m.name == *member);
        let local = local.ok_or_else(|| {
            ControlError::new(
                action,
                member.clone(),
                "it does not run on this machine; ask the supervisor of the machine it runs on",
            )
        })?;
        let files = Files::new(&inner.runtime_dir, member);
        Ok(Session::new(local, files, inner.stable_after, action))
    }

    async fn lock(
        &self,
        member: &MemberName,
        action: ControlAction,
    ) -> Result<Session<'_>, ControlError> {
        let session = self.session(member, action)?;
        let session = session.lock(self.inner.clock.now()).await?;
        self.reap(&session);
        Ok(session)
    }

    fn launch(
        &self,
        session: &mut Session<'_>,
        launch: &Launch<'_>,
        origin: Option<Origin>,
    ) -> Result<(), ControlError> {
        let inner = &self.inner;
        let member = session.member;
        session.check(is_executable(&inner.etcd), "etcd cannot be executed")?;
        let made = data::make(&member.data_dir);
        let what = format!("its data directory {}", member.data_dir.display());
        session.check(made, &format!("{what} cannot be made"))?;
        if session.check(data::is_in_use(&member.data_dir), &what)? {
            return Err(session.fail(format!(
                "{what} is open in a process this supervisor did not start; stop that one first"
            )));
        }
        session.record.made_by = origin.or(session.record.made_by);
        let mut command = etcd_command(&inner.etcd, inner.own_group);
        command
            .args(flags(member, launch))
            .envs(member.env.iter().map(|(key, value)| (key, value)));
        let process = session.launch(command, inner.clock.now())?;
        let mut children = inner.children.lock().unwrap_or_else(PoisonError::into_inner);
        children.push((member.name.clone(), process));
        Ok(())
    }

    /// Takes the exit status of children whose end is recorded, by whomever.
    fn reap(&self, session: &Session<'_>) {
        if !session.is_locked() {
            return;
        }
        let children = &self.inner.children;
        let mut children = children.lock().unwrap_or_else(PoisonError::into_inner);
        children.retain(|(member, process)| {
            if *member != session.member.name || process.is_alive().unwrap_or(false) {
                return true;
            }
            process.reap();
            false
        });
    }

    /// Sends `SIGTERM`, then after the grace `SIGKILL`, and waits for the end.
    async fn end(&self, session: &Session<'_>, process: ProcessId) -> Result<(), ControlError> {
        let paused = session.check(process.is_paused(), "/proc cannot be read")?;
        if !paused {
            session.check(process.terminate(), "it cannot be told to stop")?;
            let gone = tokio::time::timeout(self.inner.grace, process.gone()).await;
            if let Ok(gone) = gone {
                return session.check(gone, "its end cannot be awaited");
            }
        }
        session.check(process.kill(), "it cannot be killed")?;
        match tokio::time::timeout(KILL_PATIENCE, process.gone()).await {
            Ok(gone) => session.check(gone, "its end cannot be awaited"),
            Err(_) => Err(not_gone(&session.member.name, process)),
        }
    }
}

impl MemberControl for LocalMembers {
    async fn inspect(&self, member: &MemberName) -> Result<ProcessObservation, ControlError> {
        let now = self.inner.clock.now();
        let session = self.session(member, ControlAction::Inspect)?;
        let session = session.look(now).await?;
        self.reap(&session);
        session.observation(now)
    }

    async fn start(&self, member: &MemberName, mode: &StartMode) -> Result<(), ControlError> {
        let mut session = self.lock(member, ControlAction::Start).await?;
        if session.process().is_some() {
            return Ok(());
        }
        let data = data::state(&session.member.data_dir);
        let dir = session.member.data_dir.display();
        let origin = session.origin();
        let (initial_cluster, origin) = match (mode, data) {
            (_, DataState::Unknown) => {
                return Err(session.fail(format!(
                    "its data directory {dir} cannot be read; check its permissions"
                )));
            }
            (StartMode::Resume, DataState::Absent) => {
                return Err(session.fail(format!(
                    "it has no data in {dir} to resume on; replace it: remove it from the cluster, add it, join"
                )));
            }
            // Without its log, etcd must not take itself for a new cluster: the list and `existing` prevent it.
            (StartMode::Resume, DataState::Present) => (&self.inner.initial_cluster, None),
            (StartMode::Join { .. }, DataState::Present) if origin != Some(Origin::Join) => {
                return Err(session.fail(format!(
                    "it has data in {dir} that it did not join with; wipe them first, or resume on them"
                )));
            }
            (StartMode::Join { initial_cluster }, _) => (initial_cluster, Some(Origin::Join)),
        };
        let launch = Launch { initial_cluster, state: "existing" };
        self.launch(&mut session, &launch, origin)
    }

    async fn stop(&self, member: &MemberName) -> Result<(), ControlError> {
        let mut session = self.lock(member, ControlAction::Stop).await?;
        let Some(process) = session.process() else {
            return Ok(());
        };
        if let Some(run) = &mut session.record.run {
            run.stop_requested = true;
        }
        session.save()?;
        self.end(&session, process).await?;
        session.notice(self.inner.clock.now())?;
        self.reap(&session);
        session.save()
    }

    async fn wipe(&self, proof: &NotInCluster) -> Result<(), ControlError> {
        let mut session = self.lock(proof.member(), ControlAction::Wipe).await?;
        if session.process().is_some() {
            return Err(session.stale("it runs; stop it and diagnose again"));
        }
        let (dir, aside) = (&session.member.data_dir, session.member.wiped_dir());
        let what = format!("its data directory {}", dir.display());
        match data::state(dir) {
            DataState::Absent => {}
            DataState::Unknown => {
                return Err(session.fail(format!("{what} cannot be read; check its permissions")));
            }
            DataState::Present => {
                let found = session.incarnation()?;
                if found != proof.incarnation() {
                    return Err(session.stale(format!(
                        "the proof is for incarnation {} and this is {found}; diagnose again",
                        proof.incarnation()
                    )));
                }
                if session.check(data::is_in_use(dir), &what)? {
                    return Err(session.fail(format!(
                        "{what} is open in a process this supervisor did not start; stop that one first"
                    )));
                }
                let wiped = data::set_aside(dir, &aside);
                session.check(wiped, &format!("{what} cannot be renamed"))?;
            }
        }
        session.record.exits = 0;
        session.record.last_end = None;
        session.record.made_by = None;
        session.save()
    }
}

fn not_gone(member: &MemberName, process: ProcessId) -> ControlError {
    ControlError::new(
        ControlAction::Stop,
        member.clone(),
        format!(
            "process {} is still there {} s after SIGKILL; it hangs in the kernel, look at its disk",
            process.pid(),
            KILL_PATIENCE.as_secs()
        ),
    )
}

fn is_executable(program: &Path) -> io::Result<()> {
    let found = program.metadata().map_err(|error| {
        io::Error::new(error.kind(), format!("{}: {error}; install etcd there", program.display()))
    })?;
    if found.is_file() && found.permissions().mode() & 0o111 != 0 {
        return Ok(());
    }
    Err(io::Error::other(format!(
        "{} is not an executable file; give the path of the etcd program",
        program.display()
    )))
}

fn flags(member: &LocalMember, launch: &Launch<'_>) -> Vec<OsString> {
    let mut cluster = String::new();
    for (name, peer_url) in launch.initial_cluster {
        let comma = if cluster.is_empty() { "" } else { "," };
        // Writing to a `String` does not fail.
        let _ = write!(cluster, "{comma}{name}={peer_url}");
    }
    let own: [&OsStr; 8] = [
        "--name".as_ref(),
        member.name.as_str().as_ref(),
        "--data-dir".as_ref(),
        member.data_dir.as_ref(),
        "--initial-cluster".as_ref(),
        cluster.as_ref(),
        "--initial-cluster-state".as_ref(),
        launch.state.as_ref(),
    ];
    let fixed = member.args.iter().map(OsString::as_os_str);
    own.into_iter().chain(fixed).map(OsStr::to_owned).collect()
}
