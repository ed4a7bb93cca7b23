//! A real Prometheus on loopback.

mod api;
mod program;

use std::net::Ipv4Addr;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use tempfile::TempDir;
use tokio::time::{Instant, sleep};

pub use api::{PrometheusSample, PrometheusSeries};
pub use program::PrometheusProgram;

use crate::TestkitError;
use crate::client::POLL;
use crate::ports::Ports;
use crate::server_process::ServerProcess;

const START_PATIENCE: Duration = Duration::from_secs(60);

/// A Prometheus server with one configuration and a data directory of its own.
///
/// Dropping it kills the process and removes its files.
#[derive(Debug)]
pub struct Prometheus {
    process: ServerProcess,
    port: u16,
    _ports: Ports,
    dir: TempDir,
}

impl Prometheus {
    /// Starts `program` with `config`, the text of a `prometheus.yml`, and waits until it is ready. Exemplars are stored.
    ///
    /// # Errors
    /// [`TestkitError`] with what the program has logged if it ends instead; nothing is left running.
    pub async fn start(program: &PrometheusProgram, config: &str) -> Result<Self, TestkitError> {
        let dir = tempfile::Builder::new().prefix("hcp-prometheus-").tempdir();
        let dir = dir.map_err(TestkitError::io("make a directory", Path::new("temporary")))?;
        let file = dir.path().join("prometheus.yml");
        std::fs::write(&file, config).map_err(TestkitError::io("write", &file))?;
        let mut ports = Ports::default();
        let port = ports.claim()?;
        let command = command(&program.path, port, dir.path());
        let process = ServerProcess::start("prometheus", command, dir.path())?;
        let mut prometheus = Self { process, port, _ports: ports, dir };
        prometheus.wait_ready().await?;
        Ok(prometheus)
    }

    /// What it has logged.
    ///
    /// # Errors
    /// [`TestkitError`] if the file cannot be read.
    pub fn log(&self) -> Result<String, TestkitError> {
        self.process.log()
    }

    /// Kills it and waits until it is gone.
    ///
    /// # Errors
    /// [`TestkitError`] if the system refuses.
    pub fn stop(mut self) -> Result<(), TestkitError> {
        self.process.kill().map_err(TestkitError::io("stop", self.dir.path()))
    }

    async fn wait_ready(&mut self) -> Result<(), TestkitError> {
        let deadline = Instant::now() + START_PATIENCE;
        loop {
            self.process.still_runs()?;
            // Until it listens the call fails; while it reads its data it answers 503.
            match self.get("/-/ready", &[]).await {
                Ok(_) => return Ok(()),
                Err(error) if Instant::now() > deadline => return Err(error),
                Err(_) => sleep(POLL).await,
            }
        }
    }
}

fn command(program: &Path, port: u16, dir: &Path) -> Command {
    let mut command = Command::new(program);
    command
        .arg(format!("--config.file={}", dir.join("prometheus.yml").display()))
        .arg(format!("--storage.tsdb.path={}", dir.join("data").display()))
        .arg(format!("--web.listen-address={}:{port}", Ipv4Addr::LOCALHOST))
        .arg("--storage.tsdb.retention.time=2h")
        .args(["--enable-feature=exemplar-storage", "--log.level=warn"])
        // Half the memory for a little more time.
        .env("GOGC", "50");
    command
}
