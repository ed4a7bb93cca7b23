//! How an environment is to be, and its start.

use std::fs::{OpenOptions, Permissions};
use std::io::Write;
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use http::{Request, Uri};
use k8s_openapi::api::core::v1::Namespace;
use kube::{Api, Client};
use rcgen::KeyPair;
use tempfile::TempDir;
use tokio::time::{Instant, sleep, timeout_at};

use super::access::Access;
use super::programs::Layout;
use super::{KubeEnv, PATIENCE};
use crate::client::POLL;
use crate::ports::Ports;
use crate::server_process::ServerProcess;
use crate::{Certificate, EtcdCluster, KubeAssets, Pki, TestkitError};

/// Describes an environment; an API server alone unless told otherwise.
#[derive(Debug, Clone, Default)]
pub struct KubeEnvBuilder {
    controller_manager: bool,
    apiserver_args: Vec<String>,
}

/// What lies in the directory of an environment.
struct Files {
    access: Access,
    serving: Certificate,
    account_keys: Certificate,
    kubeconfig: PathBuf,
    pki: Pki,
    dir: TempDir,
}

impl KubeEnvBuilder {
    /// With `kube-controller-manager`: workloads get their pods, budgets are computed, deleted namespaces go away, and
    /// owners' objects are collected.
    #[must_use]
    pub const fn with_controller_manager(mut self) -> Self {
        self.controller_manager = true;
        self
    }

    /// One more argument for `kube-apiserver`.
    #[must_use]
    pub fn apiserver_arg(mut self, arg: impl Into<String>) -> Self {
        self.apiserver_args.push(arg.into());
        self
    }

    /// Starts the servers and waits until they say that they are ready and the namespace `default` is there.
    ///
    /// Waiting needs a clock that runs: Tokio's time must not be paused.
    ///
    /// # Errors
    /// [`TestkitError`] with what is missing, or with the end of the log of the server that is not ready; everything
    /// started is stopped.
    pub async fn start(self) -> Result<KubeEnv, TestkitError> {
        let began = Instant::now();
        let deadline = began + PATIENCE;
        let assets = KubeAssets::find()?;
        let etcd = EtcdCluster::builder().members(1).arg("--unsafe-no-fsync").start().await?;
        let files = Files::new()?;
        let layout = files.layout(&assets);
        let mut ports = Ports::default();
        let (port, controllers_port) = (ports.claim()?, ports.claim()?);
        let uri = uri(port)?;
        write_private(&files.kubeconfig, &files.access.kubeconfig(files.pki.ca(), &uri))?;

        let mut apiserver = self.start_apiserver(&layout, port, &etcd)?;
        let client = files.access.client(uri.clone())?;
        wait_healthy(&mut apiserver, &client, "/readyz", deadline).await?;
        let mut controller_manager = None;
        if self.controller_manager {
            let command = layout.controller_manager(controllers_port);
            let process = ServerProcess::start("kube-controller-manager", command, layout.dir)?;
            let process = controller_manager.insert(process);
            let client = files.access.client(self::uri(controllers_port)?)?;
            wait_healthy(process, &client, "/healthz", deadline).await?;
        }
        wait_for_default_namespace(&client, deadline).await?;
        let Files { dir, pki, access, kubeconfig, .. } = files;
        Ok(KubeEnv {
            controller_manager,
            apiserver,
            etcd,
            client,
            access,
            pki,
            uri,
            kubeconfig,
            assets,
            ready_after: began.elapsed(),
            _ports: ports,
            dir,
        })
    }

    /// The same for a test that a person's machine may do without: where the programs are missing it says so on standard
    /// error, past what keeps the output of tests, and there is none. Where `CI` is set that is an error as any other.
    ///
    /// # Errors
    /// As [`Self::start`].
    pub async fn start_or_skip(self) -> Result<Option<KubeEnv>, TestkitError> {
        match self.start().await {
            Ok(env) => Ok(Some(env)),
            Err(error) => skip_unless_ci(error, std::env::var_os("CI").is_some()).map(|()| None),
        }
    }

    fn start_apiserver(
        &self,
        layout: &Layout<'_>,
        port: u16,
        etcd: &EtcdCluster,
    ) -> Result<ServerProcess, TestkitError> {
        let no_tls = || TestkitError::Unexpected("etcd has no TLS".into());
        let tls = etcd.client_tls().ok_or_else(no_tls)?;
        let url = etcd.declared(0).client_url.to_string();
        let mut command = layout.apiserver(port, &url, tls);
        command.args(&self.apiserver_args);
        ServerProcess::start("kube-apiserver", command, layout.dir)
    }
}

impl Files {
    fn new() -> Result<Self, TestkitError> {
        let only_ours = Permissions::from_mode(0o700);
        let dir = tempfile::Builder::new().prefix("hcp-kube-").permissions(only_ours).tempdir();
        let dir = dir.map_err(TestkitError::io("make a directory", Path::new("temporary")))?;
        let pki_dir = dir.path().join("pki");
        let pki = Pki::new(&pki_dir, "kube-ca")?;
        Ok(Self {
            access: Access::new(&pki)?,
            serving: pki.server_cert("serving", "kube-apiserver")?,
            account_keys: account_keys(&pki_dir)?,
            kubeconfig: dir.path().join("kubeconfig"),
            pki,
            dir,
        })
    }

    fn layout<'a>(&'a self, assets: &'a KubeAssets) -> Layout<'a> {
        Layout {
            assets,
            dir: self.dir.path(),
            ca: self.pki.ca(),
            serving: &self.serving,
            account_keys: &self.account_keys,
            kubeconfig: &self.kubeconfig,
        }
    }
}

fn skip_unless_ci(error: TestkitError, is_ci: bool) -> Result<(), TestkitError> {
    if is_ci || !matches!(error, TestkitError::AssetMissing { .. }) {
        return Err(error);
    }
    let thread = std::thread::current();
    let test = thread.name().unwrap_or("a test");
    let said = writeln!(std::io::stderr(), "warning: {test} was NOT RUN: {error}");
    said.map_err(TestkitError::io("write to", Path::new("standard error")))
}

fn uri(port: u16) -> Result<Uri, TestkitError> {
    let uri = format!("https://127.0.0.1:{port}").parse();
    uri.map_err(|_| TestkitError::Unexpected(format!("{port} makes no URL")))
}

/// What tokens of service accounts are signed with; the public half takes the certificate's place.
fn account_keys(dir: &Path) -> Result<Certificate, TestkitError> {
    let key = KeyPair::generate()?;
    let files = Certificate {
        cert: dir.join("service-accounts.pub"),
        key: dir.join("service-accounts.key"),
    };
    write_private(&files.cert, &key.public_key_pem())?;
    write_private(&files.key, &key.serialize_pem())?;
    Ok(files)
}

fn write_private(path: &Path, text: &str) -> Result<(), TestkitError> {
    OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)
        .and_then(|mut file| file.write_all(text.as_bytes()))
        .map_err(TestkitError::io("write", path))
}

async fn wait_healthy(
    process: &mut ServerProcess,
    client: &Client,
    path: &'static str,
    deadline: Instant,
) -> Result<(), TestkitError> {
    loop {
        process.still_runs()?;
        let mut request = Request::new(Vec::new());
        *request.uri_mut() = Uri::from_static(path);
        let state = match timeout_at(deadline, client.request_text(request)).await {
            Ok(Ok(_)) => return Ok(()),
            // Until it listens the call fails; then it names what is not ready.
            Ok(Err(error)) => error.to_string(),
            Err(_) => "it does not answer".to_owned(),
        };
        if Instant::now() > deadline {
            let state = format!("{state}\n{}", process.end_of_log());
            return Err(TestkitError::not_ready(process.name(), PATIENCE, state));
        }
        sleep(POLL).await;
    }
}

/// The server makes it some time after it says that it is ready.
async fn wait_for_default_namespace(
    client: &Client,
    deadline: Instant,
) -> Result<(), TestkitError> {
    let namespaces = Api::<Namespace>::all(client.clone());
    loop {
        let seen = namespaces.get_opt("default").await;
        if seen.map_err(TestkitError::kube("read the namespace `default`"))?.is_some() {
            return Ok(());
        }
        if Instant::now() > deadline {
            return Err(TestkitError::not_ready("the namespace `default`", PATIENCE, "missing"));
        }
        sleep(POLL).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_missing_is_passed_over_and_nothing_in_ci() {
        let missing =
            || TestkitError::AssetMissing { name: "kube-apiserver".into(), looked: "-".into() };
        assert!(skip_unless_ci(missing(), false).is_ok());
        assert!(skip_unless_ci(missing(), true).is_err());
        assert!(skip_unless_ci(TestkitError::Unexpected("broken".into()), false).is_err());
    }
}
