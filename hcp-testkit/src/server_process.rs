//! A server as a child process that lives as long as the value.

use std::fmt;
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use crate::TestkitError;

/// How many lines of a log a message shows.
const LOG_LINES: usize = 8;
/// How much of each.
const LOG_COLUMNS: usize = 300;

/// A running server, and the file it logs to.
///
/// Dropping it kills the process and waits until it is gone; in a panic the end of its log is shown.
#[derive(Debug)]
pub(crate) struct ServerProcess {
    name: &'static str,
    child: Child,
    log: PathBuf,
}

impl ServerProcess {
    /// Starts `command` in `dir`, where `<name>.log` takes what it prints.
    pub(crate) fn start(
        name: &'static str,
        mut command: Command,
        dir: &Path,
    ) -> Result<Self, TestkitError> {
        let log = dir.join(format!("{name}.log"));
        let failed = || TestkitError::io("write", &log);
        let out = File::create(&log).map_err(failed())?;
        let err = out.try_clone().map_err(failed())?;
        let program = PathBuf::from(command.get_program());
        let child = command
            .current_dir(dir)
            .stdin(Stdio::null())
            .stdout(out)
            .stderr(err)
            .spawn()
            .map_err(TestkitError::io("start", &program))?;
        Ok(Self { name, child, log })
    }

    pub(crate) const fn name(&self) -> &'static str {
        self.name
    }

    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// What it has printed.
    pub(crate) fn log(&self) -> Result<String, TestkitError> {
        std::fs::read_to_string(&self.log).map_err(TestkitError::io("read", &self.log))
    }

    /// The last lines of what it has printed, for a message.
    pub(crate) fn end_of_log(&self) -> String {
        last_lines(&self.log().unwrap_or_default(), self.name)
    }

    /// An error if it has ended by itself.
    pub(crate) fn still_runs(&mut self) -> Result<(), TestkitError> {
        match self.child.try_wait().map_err(TestkitError::io("wait", &self.log))? {
            None => Ok(()),
            Some(status) => Err(TestkitError::Ended {
                program: self.name,
                status: status.to_string(),
                log: self.end_of_log(),
            }),
        }
    }

    /// Kills it and waits until it is gone; one that is gone already is no error.
    pub(crate) fn kill(&mut self) -> io::Result<()> {
        self.child.kill()?;
        self.child.wait().map(drop)
    }
}

impl Drop for ServerProcess {
    fn drop(&mut self) {
        if let Err(error) = self.kill() {
            eprintln!("{} {} is not stopped: {error}", self.name, self.child.id());
        }
        if std::thread::panicking() {
            eprint!("{}", self.end_of_log());
        }
    }
}

/// The end of the log of `name`, without what is beyond the limits.
pub(crate) fn last_lines(log: &str, name: impl fmt::Display) -> String {
    let lines: Vec<&str> = log.lines().collect();
    let last = lines.get(lines.len().saturating_sub(LOG_LINES)..).unwrap_or_default();
    let cut = last.iter().map(|line| {
        let end = line.char_indices().nth(LOG_COLUMNS).map_or(line.len(), |(at, _)| at);
        format!("{name} | {}\n", &line[..end])
    });
    cut.collect()
}
