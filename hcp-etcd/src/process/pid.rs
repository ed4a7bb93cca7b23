//! Processes, named so that they cannot be mistaken.

use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{
    Pid, PidfdFlags, Signal, WaitId, WaitIdOptions, pidfd_open, pidfd_send_signal, waitid,
};
use serde::{Deserialize, Serialize};

/// One process, past or present: its pid and when it started.
///
/// The kernel uses pids again; together with the start time they name one process until the machine restarts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProcessId {
    pid: u32,
    start_ticks: u64,
}

/// How a child of this process ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ending {
    /// It returned this code.
    Code(i32),
    /// This signal ended it.
    Signal(i32),
}

/// The fields of `/proc/PID/stat` that matter here.
struct Stat {
    state: u8,
    start_ticks: u64,
}

impl ProcessId {
    /// The process that has this pid now; `None` if there is none.
    ///
    /// # Errors
    /// If `/proc` cannot be read.
    pub fn of(pid: u32) -> io::Result<Option<Self>> {
        Ok(stat(pid)?.map(|stat| Self { pid, start_ticks: stat.start_ticks }))
    }

    /// Its pid.
    #[must_use]
    pub const fn pid(self) -> u32 {
        self.pid
    }

    /// When it started, in clock ticks since the machine did (field 22 of `/proc/PID/stat`).
    #[must_use]
    pub const fn start_ticks(self) -> u64 {
        self.start_ticks
    }

    /// Whether it still runs, or is paused; a zombie does not.
    ///
    /// # Errors
    /// If `/proc` cannot be read.
    pub fn is_alive(self) -> io::Result<bool> {
        Ok(self.state()?.is_some_and(|state| !matches!(state, b'Z' | b'X')))
    }

    /// Whether it is paused by `SIGSTOP`, so that it handles no signal but `SIGKILL` and `SIGCONT`.
    ///
    /// # Errors
    /// If `/proc` cannot be read.
    pub fn is_paused(self) -> io::Result<bool> {
        Ok(matches!(self.state()?, Some(b'T' | b't')))
    }

    /// Sends `SIGKILL`; a process that is gone already is a success.
    ///
    /// # Errors
    /// If the kernel refuses, as for the process of another user.
    pub fn kill(self) -> io::Result<()> {
        self.signal(Signal::KILL)
    }

    /// Sends `SIGTERM`; a process that is gone already is a success.
    ///
    /// # Errors
    /// If the kernel refuses, as for the process of another user.
    pub fn terminate(self) -> io::Result<()> {
        self.signal(Signal::TERM)
    }

    /// Sends `SIGSTOP`; a process that is gone already is a success.
    ///
    /// # Errors
    /// If the kernel refuses, as for the process of another user.
    pub fn pause(self) -> io::Result<()> {
        self.signal(Signal::STOP)
    }

    /// Sends `SIGCONT`; a process that is gone already is a success.
    ///
    /// # Errors
    /// If the kernel refuses, as for the process of another user.
    pub fn resume(self) -> io::Result<()> {
        self.signal(Signal::CONT)
    }

    /// Waits until it is gone: a thread of the runtime's blocking pool sleeps on it, and ends with this future.
    ///
    /// # Errors
    /// If the kernel gives no handle on the process.
    pub async fn gone(self) -> io::Result<()> {
        let Some(fd) = self.open()? else {
            return Ok(());
        };
        // The reader hangs up when this future, and with it the writer, is dropped.
        let (reader, _writer) = io::pipe()?;
        let wait = move || {
            let mut fds = [PollFd::new(&fd, PollFlags::IN), PollFd::new(&reader, PollFlags::IN)];
            loop {
                match poll(&mut fds, None) {
                    Ok(_) => return Ok(()),
                    Err(rustix::io::Errno::INTR) => {}
                    Err(error) => return Err(io::Error::from(error)),
                }
            }
        };
        tokio::task::spawn_blocking(wait).await.map_err(io::Error::other)?
    }

    /// Blocks until it is gone, at most for `timeout`; says whether it is.
    ///
    /// # Errors
    /// If the kernel gives no handle on the process.
    pub fn wait_gone(self, timeout: Duration) -> io::Result<bool> {
        let Some(fd) = self.open()? else {
            return Ok(true);
        };
        let timeout = Timespec::try_from(timeout).map_err(io::Error::other)?;
        let mut fds = [PollFd::new(&fd, PollFlags::IN)];
        match poll(&mut fds, Some(&timeout)) {
            Ok(ready) => Ok(ready > 0),
            Err(rustix::io::Errno::INTR) => Ok(!self.is_alive()?),
            Err(error) => Err(error.into()),
        }
    }

    /// Takes its exit status from the kernel, if it is a child of this process that ended.
    pub(super) fn reap(self) -> Option<Ending> {
        let fd = self.open().ok()??;
        let options = WaitIdOptions::EXITED | WaitIdOptions::NOHANG;
        let status = waitid(WaitId::PidFd(fd.as_fd()), options).ok()??;
        let code = status.exit_status().map(Ending::Code);
        code.or_else(|| status.terminating_signal().map(Ending::Signal))
    }

    fn signal(self, signal: Signal) -> io::Result<()> {
        match self.open()? {
            None => Ok(()),
            Some(fd) => match pidfd_send_signal(&fd, signal) {
                Ok(()) | Err(rustix::io::Errno::SRCH) => Ok(()),
                Err(error) => Err(error.into()),
            },
        }
    }

    /// A handle on the very process, readable once it ended, also while a zombie is left; `None` without a trace.
    fn open(self) -> io::Result<Option<OwnedFd>> {
        let raw = i32::try_from(self.pid).ok().and_then(Pid::from_raw);
        let Some(pid) = raw else {
            return Ok(None);
        };
        let fd = match pidfd_open(pid, PidfdFlags::empty()) {
            Ok(fd) => fd,
            Err(rustix::io::Errno::SRCH) => return Ok(None),
            Err(error) => return Err(error.into()),
        };
        // Only after the handle is held can the pid no longer pass to another process unseen.
        Ok(self.state()?.map(|_| fd))
    }

    fn state(self) -> io::Result<Option<u8>> {
        Ok(stat(self.pid)?
            .filter(|stat| stat.start_ticks == self.start_ticks)
            .map(|stat| stat.state))
    }
}

fn stat(pid: u32) -> io::Result<Option<Stat>> {
    let text = match std::fs::read_to_string(format!("/proc/{pid}/stat")) {
        Ok(text) => text,
        Err(error) if is_gone(&error) => return Ok(None),
        Err(error) => return Err(error),
    };
    parse_stat(&text)
        .map(Some)
        .ok_or_else(|| io::Error::other(format!("/proc/{pid}/stat has an unknown form")))
}

/// A process may end between the opening of its file and the reading.
pub(super) fn is_gone(error: &io::Error) -> bool {
    error.kind() == io::ErrorKind::NotFound
        || error.raw_os_error() == Some(rustix::io::Errno::SRCH.raw_os_error())
}

fn parse_stat(text: &str) -> Option<Stat> {
    // The second field is the program's name in parentheses, which may itself hold spaces and parentheses.
    let (_, rest) = text.rsplit_once(") ")?;
    let mut fields = rest.split_ascii_whitespace();
    Some(Stat {
        state: *fields.next()?.as_bytes().first()?,
        start_ticks: fields.nth(18)?.parse().ok()?,
    })
}

#[cfg(test)]
mod tests {
    use std::process::{Command, Stdio};

    use super::*;

    #[expect(clippy::zombie_processes, reason = "the tests reap it by its id")]
    fn sleeper() -> ProcessId {
        let child = Command::new("sleep").arg("600").stdin(Stdio::null()).spawn().unwrap();
        ProcessId::of(child.id()).unwrap().unwrap()
    }

    #[test]
    fn a_name_with_parentheses_does_not_shift_the_fields() {
        let fields: Vec<String> = (4..=30).map(|n| n.to_string()).collect();
        let stat = parse_stat(&format!("7 (a) b (c)) T {}\n", fields.join(" ")))
            .expect("the form of proc(5)");
        assert_eq!((stat.state, stat.start_ticks), (b'T', 22));
    }

    #[test]
    fn a_pid_used_again_is_another_process() {
        let us = ProcessId::of(std::process::id()).unwrap().unwrap();
        assert!(us.is_alive().unwrap());
        let predecessor = ProcessId { start_ticks: us.start_ticks - 1, ..us };
        assert!(!predecessor.is_alive().unwrap());
        predecessor.kill().unwrap();
        assert!(predecessor.wait_gone(Duration::ZERO).unwrap());
    }

    #[test]
    fn a_zombie_is_gone_and_gives_its_ending_once() {
        let child = sleeper();
        assert_eq!(child.reap(), None);
        child.pause().unwrap();
        while !child.is_paused().unwrap() {
            std::thread::yield_now();
        }
        child.resume().unwrap();
        child.kill().unwrap();
        assert!(child.wait_gone(Duration::from_secs(20)).unwrap());
        assert!(!child.is_alive().unwrap());
        assert_eq!(child.reap(), Some(Ending::Signal(9)));
        assert_eq!(child.reap(), None);
    }

    #[tokio::test]
    async fn the_end_is_awaited_and_the_wait_can_be_given_up() {
        let child = sleeper();
        let given_up = tokio::time::timeout(Duration::from_millis(1), child.gone()).await;
        assert!(given_up.is_err());
        child.terminate().unwrap();
        child.gone().await.unwrap();
        assert!(!child.is_alive().unwrap());
        assert_eq!(child.reap(), Some(Ending::Signal(15)));
        child.gone().await.unwrap();
    }
}
