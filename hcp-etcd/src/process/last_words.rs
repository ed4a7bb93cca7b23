//! Why a run ended: from how the kernel says it did, what was asked of it, and what it logged last.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::Path;

use crate::health::ExitCause;

use super::pid::Ending;

/// How much of a log is read for its last words.
///
/// A runtime fault prints the stacks of all goroutines after its cause.
const TAIL: u64 = 256 * 1024;

const SIGINT: i32 = 2;
const SIGKILL: i32 = 9;
const SIGTERM: i32 = 15;

/// The end of the log since a run began.
pub(super) fn tail(log: &Path, since: u64) -> io::Result<String> {
    let mut file = match File::open(log) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(String::new()),
        Err(error) => return Err(error),
    };
    let length = file.metadata()?.len();
    // A log that is shorter than it was has been replaced: then all of it is of this run.
    let since = if since > length { 0 } else { since };
    let from = since.max(length.saturating_sub(TAIL));
    file.seek(SeekFrom::Start(from))?;
    let mut bytes = Vec::new();
    file.take(TAIL).read_to_end(&mut bytes)?;
    let text = String::from_utf8_lossy(&bytes).into_owned();
    Ok(match text.split_once('\n') {
        Some((_cut, whole_lines)) if from > since => whole_lines.to_owned(),
        _ => text,
    })
}

/// Judges the end of a run.
///
/// `ending` is known only for children of this process, `stop_requested` says that we meant to stop it.
pub(super) fn cause(ending: Option<Ending>, stop_requested: bool, tail: &str) -> ExitCause {
    match ending {
        Some(Ending::Signal(SIGKILL | SIGTERM | SIGINT)) => ExitCause::Stopped,
        // A member that was removed also returns 0.
        Some(Ending::Code(0)) => last_words(tail).map_or(ExitCause::Stopped, ExitCause::from_log),
        Some(_) => match ExitCause::from_log(tail) {
            ExitCause::Unknown if stop_requested => ExitCause::Stopped,
            cause => cause,
        },
        None => match last_words(tail) {
            Some(words) => ExitCause::from_log(words),
            None if tail.is_empty() && !stop_requested => ExitCause::Unknown,
            // The log of a process that is killed stops in the middle of its work.
            None => ExitCause::Stopped,
        },
    }
}

/// What the process said of its own end; `None` for a log that just stops.
///
/// That begins with the first line in which it gives up: etcd logs JSON, and gives up with a line of
/// level `fatal` or `panic`, or with plain text (a Go panic, a complaint about flags). A member that was removed
/// shuts down in good order and says why in a warning before.
fn last_words(tail: &str) -> Option<&str> {
    const GIVING_UP: &[&str] =
        &["{\"level\":\"fatal\"", "{\"level\":\"panic\"", "{\"level\":\"dpanic\""];
    const REASONS: &[&str] = &[
        "the member has been permanently removed",
        "data-dir used by this member must be removed",
        "failed to verify flags",
    ];
    let mut offset = 0;
    for line in tail.split_inclusive('\n') {
        let plain = !line.starts_with('{') && !line.trim().is_empty();
        let gives_up = GIVING_UP.iter().any(|level| line.starts_with(level));
        if plain || gives_up || REASONS.iter().any(|text| line.contains(text)) {
            return tail.get(offset..);
        }
        offset += line.len();
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    const SERVING: &str = "{\"level\":\"info\",\"msg\":\"ready to serve client requests\"}\n\
        {\"level\":\"warn\",\"msg\":\"failed to read\",\"error\":\"no such file or directory\"}\n";

    #[test]
    fn a_log_that_just_stops_is_of_a_killed_process() {
        assert_eq!(cause(None, false, SERVING), ExitCause::Stopped);
        assert_eq!(cause(None, false, ""), ExitCause::Unknown);
        assert_eq!(cause(None, true, ""), ExitCause::Stopped);
        let killed = Some(Ending::Signal(SIGKILL));
        assert_eq!(cause(killed, false, SERVING), ExitCause::Stopped);
    }

    #[test]
    fn what_it_says_of_its_end_counts_without_an_exit_status() {
        let removed = format!(
            "{SERVING}{{\"level\":\"warn\",\"error\":\"the member has been permanently removed from \
             the cluster\"}}\n{{\"level\":\"info\",\"msg\":\"closed etcd server\"}}\n"
        );
        assert_eq!(cause(None, false, &removed), ExitCause::RemovedFromCluster);
        let panicked = format!(
            "{SERVING}panic: tocommit(61) is out of range [lastIndex(0)]. Was the raft log lost?\n\n\
             goroutine 1 [running]:\n"
        );
        assert_eq!(cause(None, true, &panicked), ExitCause::LogLost);
        let strange = format!("{SERVING}{{\"level\":\"fatal\",\"msg\":\"something new\"}}\n");
        assert_eq!(cause(None, false, &strange), ExitCause::Unknown);
    }

    /// From etcd 3.5: the last telling lines of a run, how it exited, and why.
    const ENDS: &[(&str, i32, ExitCause)] = &[
        (
            "{\"level\":\"panic\",\"logger\":\"raft\",\"msg\":\"tocommit(38) is out of range [lastIndex(19)]. \
             Was the raft log corrupted, truncated, or lost?\"}\npanic: tocommit(38) is out of range \
             [lastIndex(19)]. Was the raft log corrupted, truncated, or lost?\n\ngoroutine 141 [running]:\n",
            2,
            ExitCause::LogLost,
        ),
        (
            "{\"level\":\"fatal\",\"msg\":\"discovery failed\",\"error\":\"walpb: crc mismatch\"}\n",
            1,
            ExitCause::WalCorrupt,
        ),
        (
            "{\"level\":\"fatal\",\"msg\":\"discovery failed\",\"error\":\"member 8ce33ad1c3debc11 has already \
             been bootstrapped\"}\n",
            1,
            ExitCause::AlreadyBootstrapped,
        ),
        (
            "{\"level\":\"fatal\",\"msg\":\"discovery failed\",\"error\":\"error validating peerURLs {}: member \
             count is unequal\"}\n",
            1,
            ExitCause::InitialClusterMismatch,
        ),
        (
            "panic: assertion failed: Page expected to be: 5, but self identifies as 11936128518282651040\n\n\
             goroutine 135 [running]:\n",
            2,
            ExitCause::BackendCorrupt,
        ),
        (
            "unexpected fault address 0x7feb19a04000\nfatal error: fault\n[signal SIGBUS: bus error code=0x2 \
             addr=0x7feb19a04000 pc=0xa5e3ea]\n\ngoroutine 139 gp=0x104b m=0 mp=0x1d5 [running]:\n",
            2,
            ExitCause::BackendCorrupt,
        ),
        (
            "{\"level\":\"warn\",\"msg\":\"server error\",\"error\":\"the member has been permanently removed from \
             the cluster\"}\n{\"level\":\"warn\",\"msg\":\"data-dir used by this member must be removed\"}\n\
             {\"level\":\"info\",\"msg\":\"successfully notified init daemon\"}\n",
            0,
            ExitCause::RemovedFromCluster,
        ),
        (
            "{\"level\":\"fatal\",\"msg\":\"discovery failed\",\"error\":\"listen tcp 127.0.0.1:2379: bind: address \
             already in use\"}\n",
            1,
            ExitCause::AddressInUse,
        ),
        (
            "{\"level\":\"warn\",\"msg\":\"failed to verify flags\",\"error\":\"--heartbeat-interval must be >0\"}\n",
            1,
            ExitCause::BadConfiguration,
        ),
        (
            "flag provided but not defined: -bogus\nUsage:\n\n  etcd [flags]\n",
            2,
            ExitCause::BadConfiguration,
        ),
    ];

    #[test]
    fn the_cause_is_the_same_with_and_without_an_exit_status() {
        for (end, code, expected) in ENDS {
            let log = format!("{SERVING}{end}");
            for ending in [None, Some(Ending::Code(*code))] {
                for stop_requested in [false, true] {
                    let cause = cause(ending, stop_requested, &log);
                    assert_eq!(cause, *expected, "{ending:?}: {end}");
                }
            }
        }
    }

    #[test]
    fn only_the_log_of_this_run_is_read() {
        let dir = tempfile::tempdir().unwrap();
        let log = dir.path().join("log");
        assert_eq!(tail(&log, 5).unwrap(), "");
        std::fs::write(&log, "panic: old\nnew\n").unwrap();
        assert_eq!(tail(&log, 11).unwrap(), "new\n");
        assert_eq!(tail(&log, 1000).unwrap(), "panic: old\nnew\n");
        let filler = "x".repeat(270_000);
        std::fs::write(&log, format!("{filler}\nlast\n")).unwrap();
        assert_eq!(tail(&log, 0).unwrap(), "last\n");
    }
}
