//! A member held by its lock: reading its record, noticing ends, launching.

use std::fs::{File, TryLockError};
use std::io;
use std::os::unix::process::CommandExt;
use std::process::{Command, Stdio};
use std::time::Duration;

use jiff::Timestamp;

use crate::health::{ExitCause, LastExit, ProcessObservation, ProcessState};
use crate::recovery::ControlAction;
use crate::recovery::ControlError;

use super::config::LocalMember;
use super::data;
use super::last_words;
use super::pid::ProcessId;
use super::record::{self, End, Files, Origin, Record, Run, TOKEN_VARIABLE};

/// How often a lock that another process holds is tried: the kernel announces its release to nobody.
const LOCK_PAUSE: Duration = Duration::from_millis(10);
/// How often one who only looks tries: a child of this process that is being made holds it for a moment, too.
const LOOKS: u32 = 5;

/// One member, for one action.
#[derive(Debug)]
pub(super) struct Session<'a> {
    pub(super) member: &'a LocalMember,
    pub(super) record: Record,
    action: ControlAction,
    files: Files,
    stable_after: Duration,
    /// Released when the file is closed.
    lock: Option<File>,
}

impl<'a> Session<'a> {
    pub(super) fn new(
        member: &'a LocalMember,
        files: Files,
        stable_after: Duration,
        action: ControlAction,
    ) -> Self {
        Self { member, record: Record::default(), action, files, stable_after, lock: None }
    }

    /// Waits for the lock, reads the record and notices an end that nobody has noticed.
    pub(super) async fn lock(mut self, now: Timestamp) -> Result<Self, ControlError> {
        while !self.try_lock()? {
            tokio::time::sleep(LOCK_PAUSE).await;
        }
        self.refresh(now)?;
        Ok(self)
    }

    /// The same with little patience: if another holds the lock, what is seen is not recorded.
    pub(super) async fn look(mut self, now: Timestamp) -> Result<Self, ControlError> {
        for _ in 0..LOOKS {
            if self.try_lock()? {
                break;
            }
            tokio::time::sleep(LOCK_PAUSE).await;
        }
        self.refresh(now)?;
        Ok(self)
    }

    /// The same without any patience.
    pub(super) fn glance(mut self, now: Timestamp) -> Result<Self, ControlError> {
        self.try_lock()?;
        self.refresh(now)?;
        Ok(self)
    }

    fn try_lock(&mut self) -> Result<bool, ControlError> {
        let file = self.check(self.files.lock_file(), "its lock file cannot be opened")?;
        match file.try_lock() {
            Ok(()) => {
                self.lock = Some(file);
                Ok(true)
            }
            Err(TryLockError::WouldBlock) => Ok(false),
            Err(TryLockError::Error(error)) => self.check(Err(error), "its lock cannot be taken"),
        }
    }

    fn refresh(&mut self, now: Timestamp) -> Result<(), ControlError> {
        self.record = self.check(self.files.load(), "its record cannot be read")?;
        let before = self.record.clone();
        self.notice(now)?;
        if self.record != before && self.lock.is_some() {
            self.save()?;
        }
        Ok(())
    }

    pub(super) const fn is_locked(&self) -> bool {
        self.lock.is_some()
    }

    pub(super) fn save(&self) -> Result<(), ControlError> {
        self.check(self.files.save(&self.record), "its record cannot be written")
    }

    /// The process of the present run, if it is alive.
    pub(super) fn process(&self) -> Option<ProcessId> {
        let run = self.record.run.as_ref().filter(|run| !run.ended)?;
        run.process
    }

    /// Completes the record: the pid of a launch that was interrupted, the end of a run.
    pub(super) fn notice(&mut self, now: Timestamp) -> Result<(), ControlError> {
        let Some(mut run) = self.record.run.clone().filter(|run| !run.ended) else {
            return Ok(());
        };
        let same_boot = self.check(record::boot_id(), "/proc cannot be read")? == run.boot_id;
        if same_boot && run.process.is_none() {
            run.process = self.check(record::find_process(&run.token), "/proc cannot be read")?;
        }
        let alive = match run.process.filter(|_| same_boot) {
            Some(process) => self.check(process.is_alive(), "/proc cannot be read")?,
            None => false,
        };
        if !alive {
            run.ended = true;
            // A launch that never came to be has no end either.
            if run.process.is_some() {
                self.count_end(&run, now)?;
            }
        }
        self.record.run = Some(run);
        Ok(())
    }

    fn count_end(&mut self, run: &Run, now: Timestamp) -> Result<(), ControlError> {
        let log = self.files.log();
        let tail = last_words::tail(&log, run.log_offset);
        let tail = self.check(tail, "its log cannot be read")?;
        // Who has no lock must leave the exit status to who has.
        let may_reap = self.lock.is_some();
        let ending = run.process.filter(|_| may_reap).and_then(ProcessId::reap);
        let cause = last_words::cause(ending, run.stop_requested, &tail);
        // The last line of a process that gives up is from its end, which may be long before we notice.
        let last_line = log.metadata().and_then(|m| m.modified()).ok();
        let last_line = last_line.and_then(|at| Timestamp::try_from(at).ok());
        let ran_until = last_line.map_or(now, |at| at.min(now));
        self.forget_ends_of_other_data()?;
        if self.is_stable(run.started_at, ran_until) {
            self.record.exits = 0;
        }
        if cause != ExitCause::Stopped {
            self.record.exits = self.record.exits.saturating_add(1);
        }
        self.record.last_end =
            Some(End { exit: LastExit { cause, at: now }, data: self.data_identity()? });
        Ok(())
    }

    fn is_stable(&self, since: Timestamp, until: Timestamp) -> bool {
        Duration::try_from(until.duration_since(since)).is_ok_and(|ran| ran >= self.stable_after)
    }

    /// What was noticed of data that are not there any more says nothing of those that are.
    pub(super) fn forget_ends_of_other_data(&mut self) -> Result<(), ControlError> {
        let present = self.data_identity()?;
        let other = |end: &End| end.data.is_some() && end.data != present;
        if self.record.last_end.as_ref().is_some_and(other) {
            self.record.last_end = None;
            self.record.exits = 0;
        }
        Ok(())
    }

    fn data_identity(&self) -> Result<Option<String>, ControlError> {
        self.check(data::identity(&self.member.data_dir), "its data directory cannot be read")
    }

    /// Names the process that ran last and the data: changes when either is replaced.
    pub(super) fn incarnation(&self) -> Result<String, ControlError> {
        let process = self.record.run.as_ref().and_then(|run| run.process);
        let process = process.map_or_else(
            || "never-ran".to_owned(),
            |process| format!("{}:{}", process.pid(), process.start_ticks()),
        );
        let data = self.data_identity()?;
        let data = data.unwrap_or_else(|| "no-data".to_owned());
        Ok(format!("{process}:{data}"))
    }

    pub(super) fn observation(
        mut self,
        now: Timestamp,
    ) -> Result<ProcessObservation, ControlError> {
        self.forget_ends_of_other_data()?;
        let run = self.record.run.as_ref().filter(|run| !run.ended);
        let state = run
            .map_or(ProcessState::Stopped, |run| ProcessState::Running { since: run.started_at });
        let stable = run.is_some_and(|run| self.is_stable(run.started_at, now));
        let mut seen =
            ProcessObservation::new(state, data::state(&self.member.data_dir), self.incarnation()?);
        seen.exits = if stable { 0 } else { self.record.exits };
        seen.last_exit = self.record.last_end.map(|end| end.exit);
        Ok(seen)
    }

    /// Launches etcd; the record says so before and after.
    pub(super) fn launch(
        &mut self,
        mut command: Command,
        now: Timestamp,
    ) -> Result<ProcessId, ControlError> {
        let log = self.check(self.files.open_log(), "its log cannot be opened")?;
        let log_offset = self.check(log.metadata(), "its log cannot be read")?.len();
        let token = self.check(record::new_token(), "/proc cannot be read")?;
        self.forget_ends_of_other_data()?;
        self.record.run = Some(Run {
            token: token.clone(),
            process: None,
            boot_id: self.check(record::boot_id(), "/proc cannot be read")?,
            started_at: now,
            log_offset,
            stop_requested: false,
            ended: false,
        });
        self.save()?;
        let output = self.check(log.try_clone(), "its log cannot be opened twice")?;
        command.env(TOKEN_VARIABLE, token).stdin(Stdio::null()).stdout(output).stderr(log);
        let spawned = command.spawn();
        let program = command.get_program().display().to_string();
        let child = self.check(spawned, &format!("{program} cannot be executed"));
        let found = child.and_then(|child| {
            let process = self.check(ProcessId::of(child.id()), "/proc cannot be read")?;
            // Not reaped by anyone, so a trace of it is left even if it has ended.
            process.ok_or_else(|| self.fail("its process vanished while it was launched"))
        });
        if let Some(run) = &mut self.record.run {
            run.process = found.as_ref().ok().copied();
            run.ended = found.is_err();
        }
        self.save()?;
        found
    }

    pub(super) fn origin(&self) -> Option<Origin> {
        self.record.made_by
    }

    pub(super) fn fail(&self, problem: impl Into<String>) -> ControlError {
        ControlError::new(self.action, self.member.name.clone(), problem)
    }

    pub(super) fn stale(&self, problem: impl Into<String>) -> ControlError {
        ControlError::stale(self.action, self.member.name.clone(), problem)
    }

    pub(super) fn check<T>(&self, result: io::Result<T>, what: &str) -> Result<T, ControlError> {
        result.map_err(|error| self.fail(format!("{what}: {error}{}", remedy(&error))))
    }
}

fn remedy(error: &io::Error) -> &'static str {
    match error.kind() {
        io::ErrorKind::PermissionDenied => "; run as the user that owns these files and processes",
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => "; free space on that disk",
        io::ErrorKind::ReadOnlyFilesystem => "; use a directory on a writable file system",
        io::ErrorKind::ResourceBusy | io::ErrorKind::CrossesDevices => {
            "; a mount point cannot be renamed: use a directory below it"
        }
        io::ErrorKind::NotADirectory => "; a file is where a directory should be: move it away",
        _ => "",
    }
}

/// A command for etcd that inherits nothing etcd would take for a flag.
pub(super) fn etcd_command(etcd: &std::path::Path, own_group: bool) -> Command {
    let mut command = Command::new(etcd);
    for (key, _) in std::env::vars_os() {
        if key.as_encoded_bytes().starts_with(b"ETCD_") {
            command.env_remove(key);
        }
    }
    if own_group {
        command.process_group(0);
    }
    command
}
