//! A process of `hcp-peers` that answers one line for each line it is given.

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

/// The process; it ends when its input does.
#[derive(Debug)]
pub(crate) struct Peer {
    child: Child,
    asking: Asking,
    answers: Answers,
}

/// The end that requests are written to.
#[derive(Debug)]
pub(crate) struct Asking(ChildStdin);

/// The end that answers are read from.
#[derive(Debug)]
pub(crate) struct Answers(BufReader<ChildStdout>);

impl Peer {
    /// Starts the program `file` with the command that makes it an oracle.
    pub(crate) fn start(file: &Path, command: &str) -> Result<Self, String> {
        let cannot = |why: &str| format!("{} {command}: {why}", file.display());
        let mut child = Command::new(file)
            .arg(command)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .map_err(|error| cannot(&error.to_string()))?;
        match (child.stdin.take(), child.stdout.take()) {
            (Some(input), Some(output)) => Ok(Self {
                child,
                asking: Asking(input),
                answers: Answers(BufReader::with_capacity(1 << 20, output)),
            }),
            _ => Err(cannot("has no pipes")),
        }
    }

    /// One request, one answer.
    pub(crate) fn ask(&mut self, request: &str) -> Result<String, String> {
        self.asking.send(request)?;
        self.answers.receive()
    }

    /// Both ends, for two threads, and the process, to be waited for.
    pub(crate) fn split(self) -> (Asking, Answers, Child) {
        (self.asking, self.answers, self.child)
    }

    /// Ends the process.
    pub(crate) fn stop(self) -> Result<(), String> {
        drop(self.asking);
        wait(self.child)
    }
}

/// Waits for a process whose input has ended.
pub(crate) fn wait(mut child: Child) -> Result<(), String> {
    match child.wait() {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(format!("hcp-peers ended with {status}")),
        Err(error) => Err(format!("hcp-peers: {error}")),
    }
}

impl Asking {
    /// Writes one line, at once: an answer may be waited for.
    pub(crate) fn send(&mut self, request: &str) -> Result<(), String> {
        let line = format!("{request}\n");
        self.0.write_all(line.as_bytes()).map_err(|error| format!("hcp-peers: {error}"))
    }
}

impl Answers {
    /// Reads one line.
    pub(crate) fn receive(&mut self) -> Result<String, String> {
        let mut line = String::new();
        match self.0.read_line(&mut line) {
            Ok(0) => Err("hcp-peers ended before it had answered".to_owned()),
            Ok(_) => Ok(line),
            Err(error) => Err(format!("hcp-peers: {error}")),
        }
    }
}
