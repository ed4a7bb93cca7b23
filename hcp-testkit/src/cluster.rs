//! [`EtcdCluster`]: members that live as long as the value.

use std::path::Path;
use std::time::Duration;

use hcp_etcd::health::ProcessObservation;
use hcp_etcd::process::{LocalMembers, ProcessId};
use hcp_etcd::recovery::{MemberControl, StartMode};
use hcp_etcd::{MemberName, Topology, TopologyMember};
use tempfile::TempDir;

use crate::attach::{AttachConfig, ClientTls};
use crate::builder::EtcdClusterBuilder;
use crate::ports::Ports;
use crate::proxy::PeerProxies;
use crate::server_process::last_lines;
use crate::{Certificate, EtcdAssets, Pki, TestkitError};

/// A real etcd cluster on loopback. Members are numbered from 0, in the order of their names.
///
/// Dropping it kills every member its runtime directory knows, whoever started it, and removes all files.
#[derive(Debug)]
pub struct EtcdCluster {
    pub(crate) assets: EtcdAssets,
    pub(crate) attach: AttachConfig,
    pub(crate) control: LocalMembers,
    pub(crate) token: String,
    pub(crate) pki: Option<Pki>,
    // Dropped after the members are killed, in this order.
    pub(crate) proxies: Option<PeerProxies>,
    pub(crate) _ports: Ports,
    pub(crate) dir: TempDir,
}

impl EtcdCluster {
    /// Describes a cluster to start.
    #[must_use]
    pub fn builder() -> EtcdClusterBuilder {
        EtcdClusterBuilder::default()
    }

    /// How many members it has.
    #[must_use]
    #[expect(clippy::len_without_is_empty, reason = "a cluster is never empty")]
    pub fn len(&self) -> usize {
        self.attach.members.len()
    }

    /// The supervisor of its members.
    #[must_use]
    pub const fn control(&self) -> &LocalMembers {
        &self.control
    }

    /// Its declared members: peer URLs as etcd lists them.
    #[must_use]
    pub const fn topology(&self) -> &Topology {
        &self.attach.topology
    }

    /// What a client presents and trusts; `None` without TLS.
    #[must_use]
    pub const fn client_tls(&self) -> Option<&ClientTls> {
        self.attach.client_tls.as_ref()
    }

    /// The authority of its certificates; `None` without TLS.
    #[must_use]
    pub const fn pki(&self) -> Option<&Pki> {
        self.pki.as_ref()
    }

    /// The proxies between its members.
    ///
    /// # Errors
    /// [`TestkitError::Unexpected`] if it was built without them.
    pub fn proxies(&self) -> Result<&PeerProxies, TestkitError> {
        self.proxies.as_ref().ok_or_else(|| {
            TestkitError::Unexpected("build the cluster with `with_peer_proxies`".into())
        })
    }

    /// The token of its first start.
    #[must_use]
    pub fn token(&self) -> &str {
        &self.token
    }

    /// What another process needs to carry on with it.
    #[must_use]
    pub const fn attach_config(&self) -> &AttachConfig {
        &self.attach
    }

    /// The programs it runs.
    #[must_use]
    pub const fn assets(&self) -> &EtcdAssets {
        &self.assets
    }

    /// Where records, logs and locks are.
    #[must_use]
    pub fn runtime_dir(&self) -> &Path {
        &self.attach.runtime_dir
    }

    /// A directory of the test's own, removed with the cluster.
    #[must_use]
    pub fn dir(&self) -> &Path {
        self.dir.path()
    }

    /// The name of member `i`.
    #[must_use]
    pub fn name(&self, i: usize) -> &MemberName {
        &self.declared(i).name
    }

    /// The data directory of member `i`.
    #[must_use]
    pub fn data_dir(&self, i: usize) -> &Path {
        &self.attach.members[i].data_dir
    }

    /// The member `i` as declared.
    #[must_use]
    pub fn declared(&self, i: usize) -> &TopologyMember {
        &self.attach.topology.members()[i]
    }

    /// What member `i` has logged.
    ///
    /// # Errors
    /// [`TestkitError`] if it never ran.
    pub fn log(&self, i: usize) -> Result<String, TestkitError> {
        let path = self.control.log_file(self.name(i));
        std::fs::read_to_string(&path).map_err(TestkitError::io("read", &path))
    }

    /// The process of member `i`, if it runs.
    ///
    /// # Errors
    /// [`TestkitError`] if its record cannot be read.
    pub fn process(&self, i: usize) -> Result<Option<ProcessId>, TestkitError> {
        Ok(self.control.process(self.name(i))?)
    }

    pub(crate) fn running(&self, i: usize) -> Result<ProcessId, TestkitError> {
        self.process(i)?.ok_or_else(|| {
            TestkitError::Unexpected(format!("member {} does not run", self.name(i)))
        })
    }

    /// Kills member `i` with `SIGKILL`, as a fault: the supervisor is not told.
    ///
    /// # Errors
    /// [`TestkitError`] if it does not run.
    pub async fn kill(&self, i: usize) -> Result<(), TestkitError> {
        let process = self.running(i)?;
        let path = self.runtime_dir();
        process.kill().map_err(TestkitError::io("kill", path))?;
        process.gone().await.map_err(TestkitError::io("wait", path))
    }

    /// Pauses member `i` with `SIGSTOP`.
    ///
    /// # Errors
    /// [`TestkitError`] if it does not run.
    pub fn stop(&self, i: usize) -> Result<(), TestkitError> {
        let paused = self.running(i)?.pause();
        paused.map_err(TestkitError::io("pause", self.runtime_dir()))
    }

    /// Lets a paused member `i` go on.
    ///
    /// # Errors
    /// [`TestkitError`] if it does not run.
    pub fn cont(&self, i: usize) -> Result<(), TestkitError> {
        let resumed = self.running(i)?.resume();
        resumed.map_err(TestkitError::io("resume", self.runtime_dir()))
    }

    /// Stops member `i` if it runs and starts it on its data; does not wait for its health.
    ///
    /// # Errors
    /// [`TestkitError`] if it has no data.
    pub async fn restart(&self, i: usize) -> Result<(), TestkitError> {
        self.control.stop(self.name(i)).await?;
        Ok(self.control.start(self.name(i), &StartMode::Resume).await?)
    }

    /// Kills member `i` and deletes its data, as a fault: the cluster still counts on it.
    ///
    /// # Errors
    /// [`TestkitError`] if its files cannot be removed.
    pub async fn wipe_data(&self, i: usize) -> Result<(), TestkitError> {
        if self.process(i)?.is_some() {
            self.kill(i).await?;
        }
        let dir = self.data_dir(i);
        std::fs::remove_dir_all(dir).map_err(TestkitError::io("remove", dir))
    }

    /// Puts another certificate in place of the one member `i` serves clients with; it is used from the next
    /// connection on.
    ///
    /// # Errors
    /// [`TestkitError`] if the files cannot be written, or the cluster has no TLS.
    pub fn serve_with(&self, i: usize, certificate: &Certificate) -> Result<(), TestkitError> {
        for (flag, from) in [("--cert-file=", &certificate.cert), ("--key-file=", &certificate.key)]
        {
            let mut args = self.attach.members[i].args.iter();
            let to = args.find_map(|arg| arg.strip_prefix(flag));
            let to = to.ok_or_else(|| TestkitError::Unexpected("it has no TLS".into()))?;
            std::fs::copy(from, to).map_err(TestkitError::io("copy", from))?;
        }
        Ok(())
    }

    /// Waits until the process of member `i` has ended, and tells what the supervisor makes of it.
    ///
    /// # Errors
    /// [`TestkitError::Unexpected`] if it still runs after `patience`.
    pub async fn wait_ended(
        &self,
        i: usize,
        patience: Duration,
    ) -> Result<ProcessObservation, TestkitError> {
        if let Some(process) = self.process(i)? {
            let gone = tokio::time::timeout(patience, process.gone()).await;
            gone.map_err(|_| TestkitError::Unexpected(format!("{} still runs", self.name(i))))?
                .map_err(TestkitError::io("wait", self.runtime_dir()))?;
        }
        Ok(self.control.inspect(self.name(i)).await?)
    }

    /// Starts member `i` without data as if it joined, with the initial cluster of the first start.
    ///
    /// # Errors
    /// [`TestkitError`] if it has data.
    pub async fn start_joining(&self, i: usize) -> Result<(), TestkitError> {
        let members = self.topology().members().iter();
        let initial_cluster = members.map(|m| (m.name.clone(), m.peer_url.to_string())).collect();
        let mode = StartMode::Join { initial_cluster };
        Ok(self.control.start(self.name(i), &mode).await?)
    }
}

impl Drop for EtcdCluster {
    fn drop(&mut self) {
        let killed = self.control.kill_all();
        if std::thread::panicking() {
            for i in 0..self.len() {
                eprintln!("{}", last_lines(&self.log(i).unwrap_or_default(), self.name(i)));
            }
        } else if let Err(error) = killed {
            eprintln!("{error}");
        }
    }
}
