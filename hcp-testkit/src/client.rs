//! One client per member, and waiting for their health.

use std::time::Duration;

use etcd_client::{Certificate, Client, ConnectOptions, Identity, TlsOptions};
use hcp_etcd::recovery::MemberControl;
use hcp_etcd::{MemberName, TopologyMember};
use tokio::time::{Instant, sleep, timeout};

use crate::attach::{AttachConfig, ClientTls};
use crate::{EtcdCluster, TestkitError};

/// How long one read may take; longer than an election.
const READ_TIMEOUT: Duration = Duration::from_secs(3);
/// Between two looks at a condition that nobody announces.
pub(crate) const POLL: Duration = Duration::from_millis(50);

impl ClientTls {
    fn options(&self) -> Result<TlsOptions, TestkitError> {
        let read =
            |path| std::fs::read(path).map_err(TestkitError::io("read a certificate file", path));
        Ok(TlsOptions::new()
            .ca_certificate(Certificate::from_pem(read(&self.ca)?))
            .identity(Identity::from_pem(read(&self.cert)?, read(&self.key)?)))
    }
}

impl AttachConfig {
    /// A client of this member alone; connects when it is first used.
    ///
    /// # Errors
    /// [`TestkitError`] if the certificate files cannot be read.
    pub async fn client(&self, member: &TopologyMember) -> Result<Client, TestkitError> {
        let mut options = ConnectOptions::new().with_connect_timeout(READ_TIMEOUT);
        if let Some(tls) = &self.client_tls {
            options = options.with_tls(tls.options()?);
        }
        let url = member.client_url.to_string();
        Client::connect([url], Some(options))
            .await
            .map_err(TestkitError::call("Connect", &member.name))
    }
}

impl EtcdCluster {
    /// A client of member `i` alone.
    ///
    /// # Errors
    /// [`TestkitError`] if the certificate files cannot be read.
    pub async fn client(&self, i: usize) -> Result<Client, TestkitError> {
        self.attach_config().client(self.declared(i)).await
    }

    /// Waits until every member answers a linearizable read.
    ///
    /// # Errors
    /// [`TestkitError::Unhealthy`] after `patience`, or at once when a member's process has ended.
    pub async fn wait_healthy(&self, patience: Duration) -> Result<(), TestkitError> {
        let all: Vec<usize> = (0..self.len()).collect();
        self.wait_members_healthy(&all, patience).await
    }

    /// Waits until these members answer a linearizable read.
    ///
    /// # Errors
    /// As [`EtcdCluster::wait_healthy`].
    pub async fn wait_members_healthy(
        &self,
        members: &[usize],
        patience: Duration,
    ) -> Result<(), TestkitError> {
        let deadline = Instant::now() + patience;
        let mut waiting = members.to_vec();
        loop {
            let mut problems = Vec::new();
            let mut still = Vec::new();
            for i in waiting {
                if let Err(problem) = self.read_once(i).await {
                    problems.push(format!("{}: {problem}", self.name(i)));
                    still.push(i);
                }
            }
            let mut over = Instant::now() >= deadline;
            for &i in &still {
                over |= self.control().process(self.name(i))?.is_none();
            }
            if still.is_empty() {
                return Ok(());
            }
            if over {
                return Err(self.unhealthy(patience, &still, problems).await);
            }
            waiting = still;
            sleep(POLL).await;
        }
    }

    /// One linearizable read through member `i`.
    async fn read_once(&self, i: usize) -> Result<(), String> {
        let mut client = self.client(i).await.map_err(|e| e.to_string())?;
        match timeout(READ_TIMEOUT, client.get("health", None)).await {
            Ok(Ok(_)) => Ok(()),
            Ok(Err(error)) => Err(error.to_string()),
            Err(_) => Err("no answer in time".to_owned()),
        }
    }

    async fn unhealthy(
        &self,
        patience: Duration,
        members: &[usize],
        mut problems: Vec<String>,
    ) -> TestkitError {
        for &i in members {
            let name: &MemberName = self.name(i);
            let exit = self.control().inspect(name).await.ok();
            if let Some(exit) = exit.and_then(|seen| seen.last_exit) {
                problems.push(format!("{name} ended: {}", exit.cause));
            }
        }
        TestkitError::Unhealthy { waited_s: patience.as_secs(), members: problems }
    }
}
