//! A real image registry on loopback, with TLS and passwords.

mod push;

use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use tempfile::TempDir;
use tokio::time::{Instant, sleep};

use crate::ports::Ports;
use crate::server_process::ServerProcess;
use crate::{Pki, TestkitError, find_asset};
use push::Pusher;

const START_PATIENCE: Duration = Duration::from_secs(60);
const POLL: Duration = Duration::from_millis(50);

/// The bcrypt hash of [`Registry::PASSWORD`].
const PASSWORD_HASH: &str = "$2y$05$hcptestkithcptestkithOfQDlkwRb019HouioTnVHdLPGY0gjrta";

/// Debian's `docker-registry` with TLS, one user, and a data directory of its own.
///
/// Dropping it kills the process and removes its files.
#[derive(Debug)]
pub struct Registry {
    process: ServerProcess,
    port: u16,
    _ports: Ports,
    dir: TempDir,
    tls: Arc<rustls::ClientConfig>,
    pusher: Pusher,
}

impl Registry {
    /// The only user.
    pub const USER: &str = "testkit";

    /// The user's password.
    pub const PASSWORD: &str = "testkit-password";

    /// Starts a registry and waits until it answers.
    ///
    /// # Errors
    /// [`TestkitError`] if there is no program, or with what it has logged if it ends instead; nothing is left running.
    pub async fn start() -> Result<Self, TestkitError> {
        let program = find_asset("docker-registry", |_| Ok(()))?;
        let dir = tempfile::Builder::new().prefix("hcp-registry-").tempdir();
        let dir = dir.map_err(TestkitError::io("make a directory", Path::new("temporary")))?;
        let mut ports = Ports::default();
        let port = ports.claim()?;
        let pki = Pki::new(&dir.path().join("pki"), "registry-ca")?;
        let config = configure(dir.path(), &pki, port)?;
        let tls = trusting(pki.ca())?;
        let pusher = Pusher::new(&tls, &format!("localhost:{port}"));
        let mut command = Command::new(program);
        command.arg("serve").arg(config);
        let process = ServerProcess::start("docker-registry", command, dir.path())?;
        let mut registry = Self { process, port, _ports: ports, dir, tls, pusher };
        registry.wait_ready().await?;
        Ok(registry)
    }

    /// Host and port, as they stand in an image reference.
    #[must_use]
    pub fn host(&self) -> String {
        format!("localhost:{}", self.port)
    }

    /// A TLS configuration that trusts this registry and nobody else.
    #[must_use]
    pub fn tls(&self) -> Arc<rustls::ClientConfig> {
        self.tls.clone()
    }

    /// Pushes a blob and returns its digest.
    ///
    /// # Errors
    /// [`TestkitError`] with what the registry answers.
    pub async fn push_blob(
        &self,
        repository: &str,
        content: &[u8],
    ) -> Result<String, TestkitError> {
        self.pusher.blob(repository, content).await
    }

    /// Pushes a manifest or an index by tag or digest, and returns its digest.
    ///
    /// # Errors
    /// [`TestkitError`] with what the registry answers.
    pub async fn push_manifest(
        &self,
        repository: &str,
        reference: &str,
        media_type: &str,
        content: &[u8],
    ) -> Result<String, TestkitError> {
        self.pusher.manifest(repository, reference, media_type, content).await
    }

    /// The file that holds the blob or manifest of that digest, for damage.
    #[must_use]
    pub fn file_of(&self, digest: &str) -> PathBuf {
        let hex = digest.trim_start_matches("sha256:");
        let blobs = self.dir.path().join("data/docker/registry/v2/blobs/sha256");
        blobs.join(hex.get(..2).unwrap_or_default()).join(hex).join("data")
    }

    /// What it has logged.
    ///
    /// # Errors
    /// [`TestkitError`] if the file cannot be read.
    pub fn log(&self) -> Result<String, TestkitError> {
        self.process.log()
    }

    async fn wait_ready(&mut self) -> Result<(), TestkitError> {
        let deadline = Instant::now() + START_PATIENCE;
        loop {
            self.process.still_runs()?;
            match self.pusher.ping().await {
                Ok(()) => return Ok(()),
                Err(error) if Instant::now() > deadline => return Err(error),
                Err(_) => sleep(POLL).await,
            }
        }
    }
}

/// A configuration that trusts the authority in this file and nobody else.
fn trusting(ca: &Path) -> Result<Arc<rustls::ClientConfig>, TestkitError> {
    let unexpected = |error: &dyn std::fmt::Display| TestkitError::Unexpected(error.to_string());
    let mut roots = rustls::RootCertStore::empty();
    let certificate = CertificateDer::from_pem_file(ca).map_err(|error| unexpected(&error))?;
    roots.add(certificate).map_err(|error| unexpected(&error))?;
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| unexpected(&error))?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(Arc::new(config))
}

/// Writes certificates, the user and the configuration, whose path it returns.
fn configure(dir: &Path, pki: &Pki, port: u16) -> Result<PathBuf, TestkitError> {
    let certificate = pki.server_cert("registry", "registry")?;
    let write = |name: &str, content: String| {
        let path = dir.join(name);
        std::fs::write(&path, content).map_err(TestkitError::io("write", &path))?;
        Ok::<_, TestkitError>(path)
    };
    let users = write("htpasswd", format!("{}:{PASSWORD_HASH}\n", Registry::USER))?;
    let config = serde_json::json!({
        "version": "0.1",
        "log": {"level": "warn", "accesslog": {"disabled": true}},
        "storage": {"filesystem": {"rootdirectory": dir.join("data")}},
        "http": {
            "addr": format!("{}:{port}", Ipv4Addr::LOCALHOST),
            "secret": "hcp-testkit",
            "tls": {"certificate": certificate.cert, "key": certificate.key},
        },
        "auth": {"htpasswd": {"realm": "hcp-testkit", "path": users}},
    });
    // JSON is YAML.
    write("config.yml", config.to_string())
}
