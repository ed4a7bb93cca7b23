//! A real Prometheus on loopback.

mod api;
mod program;

use std::fs::File;
use std::io;
use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use tempfile::TempDir;
use tokio::time::{Instant, sleep};

pub use api::{PrometheusSample, PrometheusSeries};
pub use program::PrometheusProgram;

use crate::TestkitError;
use crate::ports::Ports;

const START_PATIENCE: Duration = Duration::from_secs(60);
const POLL: Duration = Duration::from_millis(50);

/// A Prometheus server with one configuration and a data directory of its own.
///
/// Dropping it kills the process and removes its files.
#[derive(Debug)]
pub struct Prometheus {
    child: Child,
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
        let child = spawn(&program.path, port, dir.path())
            .map_err(TestkitError::io("start", &program.path))?;
        let mut prometheus = Self { child, port, _ports: ports, dir };
        prometheus.wait_ready().await?;
        Ok(prometheus)
    }

    /// What it has logged.
    ///
    /// # Errors
    /// [`TestkitError`] if the file cannot be read.
    pub fn log(&self) -> Result<String, TestkitError> {
        let path = log_file(self.dir.path());
        std::fs::read_to_string(&path).map_err(TestkitError::io("read", &path))
    }

    /// Kills it and waits until it is gone.
    ///
    /// # Errors
    /// [`TestkitError`] if the system refuses.
    pub fn stop(mut self) -> Result<(), TestkitError> {
        self.end().map_err(TestkitError::io("stop", self.dir.path()))
    }

    async fn wait_ready(&mut self) -> Result<(), TestkitError> {
        let deadline = Instant::now() + START_PATIENCE;
        loop {
            let ended = self.child.try_wait().map_err(TestkitError::io("wait", self.dir.path()))?;
            if let Some(status) = ended {
                let log = self.log().unwrap_or_default();
                let said = format!("Prometheus ended with {status} at its start:\n{log}");
                return Err(TestkitError::Unexpected(said));
            }
            // Until it listens the call fails; while it reads its data it answers 503.
            match self.get("/-/ready", &[]).await {
                Ok(_) => return Ok(()),
                Err(error) if Instant::now() > deadline => return Err(error),
                Err(_) => sleep(POLL).await,
            }
        }
    }

    fn end(&mut self) -> io::Result<()> {
        self.child.kill()?;
        self.child.wait().map(drop)
    }
}

impl Drop for Prometheus {
    fn drop(&mut self) {
        if let Err(error) = self.end() {
            eprintln!("Prometheus {} is not stopped: {error}", self.child.id());
        }
        if std::thread::panicking() {
            eprintln!("Prometheus logged:\n{}", self.log().unwrap_or_default());
        }
    }
}

fn spawn(program: &Path, port: u16, dir: &Path) -> io::Result<Child> {
    let log = File::create(log_file(dir))?;
    Command::new(program)
        .arg(format!("--config.file={}", dir.join("prometheus.yml").display()))
        .arg(format!("--storage.tsdb.path={}", dir.join("data").display()))
        .arg(format!("--web.listen-address={}:{port}", Ipv4Addr::LOCALHOST))
        .arg("--storage.tsdb.retention.time=2h")
        .args(["--enable-feature=exemplar-storage", "--log.level=warn"])
        // Half the memory for a little more time.
        .env("GOGC", "50")
        .current_dir(dir)
        .stdin(Stdio::null())
        .stdout(log.try_clone()?)
        .stderr(log)
        .spawn()
}

fn log_file(dir: &Path) -> PathBuf {
    dir.join("log")
}
