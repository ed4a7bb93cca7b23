//! Clusters that look whole and are not: wrong restores and replaced clusters.

use std::fs::OpenOptions;
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use hcp_etcd::recovery::{MemberControl, StartMode};

use crate::{EtcdCluster, TestkitError};

const PATIENCE: Duration = Duration::from_secs(60);

impl EtcdCluster {
    /// Streams a snapshot of member `i` into a file of the snapshots directory.
    ///
    /// # Errors
    /// [`TestkitError`] if the member does not deliver it.
    pub async fn snapshot(&self, i: usize, file: &str) -> Result<PathBuf, TestkitError> {
        let path = self.attach_config().snapshots_dir.join(file);
        let call = |error| TestkitError::call("Snapshot", self.name(i))(error);
        let mut stream = self.client(i).await?.snapshot().await.map_err(call)?;
        let mut options = OpenOptions::new();
        options.write(true).create(true).truncate(true).mode(0o600);
        let opened = options.open(&path);
        let mut out = opened.map_err(TestkitError::io("make", &path))?;
        while let Some(part) = stream.message().await.map_err(call)? {
            let written = out.write_all(part.blob());
            written.map_err(TestkitError::io("write", &path))?;
        }
        Ok(path)
    }

    /// Makes a split store: restores only member 0 from a snapshot and starts the others empty, as new.
    ///
    /// All members are healthy after it, of one cluster and one member list, and hold different data.
    ///
    /// # Errors
    /// [`TestkitError`] if the cluster does not come up so.
    pub async fn split_by_one_member_restore(&self) -> Result<(), TestkitError> {
        let snapshot = self.snapshot(0, "split.db").await?;
        self.remove_everything().await?;
        self.restore(0, &snapshot, &self.cluster_flags(0, self.token()))?;
        self.control().start(self.name(0), &StartMode::Resume).await?;
        for i in 1..self.len() {
            self.start_as_new(i).await?;
        }
        self.wait_healthy(PATIENCE).await
    }

    /// Starts member `i` without data as new, with the initial cluster of the first start.
    ///
    /// # Errors
    /// [`TestkitError`] if it has data of another origin.
    pub async fn start_as_new(&self, i: usize) -> Result<(), TestkitError> {
        let name = self.name(i);
        let alone = self.attach_config().control_of(|m| m.name == *name)?;
        Ok(alone.bootstrap().await?)
    }

    /// Makes three clusters of one member each, all with the same ids: restores every member without naming it.
    ///
    /// # Errors
    /// [`TestkitError`] if a member does not come up.
    pub async fn three_singles(&self) -> Result<(), TestkitError> {
        let snapshot = self.snapshot(0, "singles.db").await?;
        self.remove_everything().await?;
        for i in 0..self.len() {
            self.restore(i, &snapshot, &[])?;
            self.control().start(self.name(i), &StartMode::Resume).await?;
        }
        self.wait_healthy(PATIENCE).await
    }

    /// Restores all members from one snapshot under another token: the same data in a cluster of another id.
    ///
    /// # Errors
    /// [`TestkitError`] if the cluster does not come up.
    pub async fn replace_by_restored_cluster(&self, token: &str) -> Result<(), TestkitError> {
        let snapshot = self.snapshot(0, "replaced.db").await?;
        self.remove_everything().await?;
        for i in 0..self.len() {
            self.restore(i, &snapshot, &self.cluster_flags(i, token))?;
            self.control().start(self.name(i), &StartMode::Resume).await?;
        }
        self.wait_healthy(PATIENCE).await
    }

    /// Restores member `i` alone under another token and starts it: it runs and never joins the others.
    ///
    /// # Errors
    /// [`TestkitError`] if it cannot be restored.
    pub async fn restore_as_stranger(&self, i: usize, token: &str) -> Result<(), TestkitError> {
        let snapshot = self.snapshot(i, "stranger.db").await?;
        self.wipe_data(i).await?;
        self.restore(i, &snapshot, &self.cluster_flags(i, token))?;
        Ok(self.control().start(self.name(i), &StartMode::Resume).await?)
    }

    /// Restores a snapshot into the empty data directory of member `i` with `etcdutl` and these flags.
    ///
    /// # Errors
    /// [`TestkitError`] with what `etcdutl` said.
    pub fn restore(&self, i: usize, snapshot: &Path, flags: &[String]) -> Result<(), TestkitError> {
        let etcdutl = &self.assets().etcdutl;
        let output = Command::new(etcdutl)
            .args(["snapshot", "restore"])
            .arg(snapshot)
            .arg("--data-dir")
            .arg(self.data_dir(i))
            .args(flags)
            .stdin(Stdio::null())
            .output()
            .map_err(TestkitError::io("run", etcdutl))?;
        if output.status.success() {
            return Ok(());
        }
        let said = String::from_utf8_lossy(&output.stderr);
        Err(TestkitError::Unexpected(format!("etcdutl restore: {said}")))
    }

    /// The flags with which member `i` is restored as one of the declared members under that token.
    #[must_use]
    pub fn cluster_flags(&self, i: usize, token: &str) -> Vec<String> {
        let members = self.topology().members().iter();
        let cluster: Vec<String> = members.map(|m| format!("{}={}", m.name, m.peer_url)).collect();
        vec![
            format!("--name={}", self.name(i)),
            format!("--initial-cluster={}", cluster.join(",")),
            format!("--initial-cluster-token={token}"),
            format!("--initial-advertise-peer-urls={}", self.declared(i).peer_url),
        ]
    }

    /// Stops all members and removes their data.
    async fn remove_everything(&self) -> Result<(), TestkitError> {
        for i in 0..self.len() {
            self.control().stop(self.name(i)).await?;
            self.wipe_data(i).await?;
        }
        Ok(())
    }
}
