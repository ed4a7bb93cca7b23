//! The Go program with Prometheus' and `VictoriaMetrics`' own code.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use hcp_benches::Workload;
use serde::Deserialize;
use tempfile::TempDir;

use crate::Failure;
use crate::ours::Tally;

/// Starts `hcp-peers` once for each round: so rounds of ours and theirs take turns.
#[derive(Debug)]
pub(crate) struct Peers {
    program: PathBuf,
    core: Option<usize>,
    folder: TempDir,
}

/// What the peers read.
#[derive(Debug, Clone)]
pub(crate) struct Files {
    rules: PathBuf,
    /// The option that says what the input is, and the input.
    input: (&'static str, PathBuf),
}

/// What a peer measures. Its names are those of `hcp-peers bench --case`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Case {
    /// The case's name.
    pub(crate) name: &'static str,
    /// How `le` looks to Prometheus' rules.
    pub(crate) le: &'static str,
}

/// One round of a peer.
#[derive(Debug, Deserialize)]
pub(crate) struct Round {
    #[serde(flatten)]
    pub(crate) tally: Tally,
    ns_per_series: f64,
    pub(crate) allocs_per_series: f64,
}

impl Round {
    /// How long one pass over all series took.
    pub(crate) fn pass(&self) -> Duration {
        #[expect(clippy::cast_precision_loss, reason = "far below 2⁵²")]
        let series = self.tally.series() as f64;
        Duration::from_secs_f64(self.ns_per_series * series / 1e9)
    }
}

impl Peers {
    pub(crate) fn new(program: &Path, core: Option<usize>) -> Result<Self, Failure> {
        let program = program.canonicalize().map_err(|e| format!("{}: {e}", program.display()))?;
        Ok(Self { program, core, folder: TempDir::new()? })
    }

    /// Puts an exposition where the peers can read it.
    pub(crate) fn payload(&self, workload: &Workload) -> Result<Files, Failure> {
        let payload = self.put("payload", &workload.payload)?;
        Ok(Files { rules: self.put("rules", &workload.rules)?, input: ("--payload", payload) })
    }

    /// Puts label sets where the peers can read them.
    pub(crate) fn labels<S: serde::Serialize>(
        &self,
        rules: &str,
        sets: &[S],
    ) -> Result<Files, Failure> {
        let lines: Vec<_> = sets.iter().map(serde_json::to_string).collect::<Result<_, _>>()?;
        let labels = self.put("labels", lines.join("\n"))?;
        Ok(Files { rules: self.put("rules", rules)?, input: ("--labels", labels) })
    }

    fn put(&self, name: &str, text: impl AsRef<[u8]>) -> Result<PathBuf, Failure> {
        let file = self.folder.path().join(name);
        fs::write(&file, text)?;
        Ok(file)
    }

    /// One round, after one that warms up. What the peer says if it cannot read its input, or keeps other than `expected`.
    pub(crate) fn round(
        &self,
        case: Case,
        files: &Files,
        expected: Tally,
    ) -> Result<Round, Failure> {
        let Tally { kept, dropped } = expected;
        let mut command = Command::new(&self.program);
        command.args(["bench", "--case", case.name, "--le", case.le, "--rounds", "1"]);
        command.args(["--expect", &format!("{kept}/{dropped}")]);
        command.arg("--rules").arg(&files.rules).arg(files.input.0).arg(&files.input.1);
        if let Some(core) = self.core {
            command.args(["--cpu", &core.to_string()]);
        }
        let output = command.output()?;
        if !output.status.success() {
            let said = String::from_utf8_lossy(&output.stderr);
            return Err(said.lines().last().unwrap_or("it fails").to_owned().into());
        }
        Ok(serde_json::from_slice(&output.stdout)?)
    }
}
