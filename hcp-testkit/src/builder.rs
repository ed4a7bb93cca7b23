//! How a cluster is to be.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use hcp_etcd::{MemberName, Topology, TopologyMember};
use tempfile::TempDir;

use crate::attach::{AttachConfig, AttachMember, ClientTls};
use crate::ports::Ports;
use crate::proxy::{PeerProxies, Route};
use crate::{EtcdAssets, EtcdCluster, Pki, TestkitError};

const START_PATIENCE: Duration = Duration::from_secs(60);

/// Describes a cluster; three members with TLS unless told otherwise.
#[derive(Debug, Clone)]
pub struct EtcdClusterBuilder {
    members: usize,
    tls: bool,
    token: String,
    peer_proxies: bool,
    args: Vec<String>,
}

/// The ports of one member.
struct MemberPorts {
    client: u16,
    peer: u16,
    /// Where its peers reach it: its proxy's port, if it has one.
    advertised: u16,
}

impl Default for EtcdClusterBuilder {
    fn default() -> Self {
        Self {
            members: 3,
            tls: true,
            token: "hcp-testkit".to_owned(),
            peer_proxies: false,
            args: Vec::new(),
        }
    }
}

impl EtcdClusterBuilder {
    /// How many members, named `etcd-0` and so on.
    #[must_use]
    pub const fn members(mut self, members: usize) -> Self {
        self.members = members;
        self
    }

    /// Without TLS, for clients and for peers.
    #[must_use]
    pub const fn plaintext(mut self) -> Self {
        self.tls = false;
        self
    }

    /// The space quota of each member, in bytes.
    #[must_use]
    pub fn quota_bytes(self, bytes: u64) -> Self {
        self.arg("--quota-backend-bytes").arg(bytes.to_string())
    }

    /// After how many entries a member writes a raft snapshot.
    #[must_use]
    pub fn snapshot_count(self, entries: u64) -> Self {
        self.arg("--snapshot-count").arg(entries.to_string())
    }

    /// The cluster's token: clusters of equal members and another token have other ids.
    #[must_use]
    pub fn token(mut self, token: impl Into<String>) -> Self {
        self.token = token.into();
        self
    }

    /// A proxy in front of every member's peer port, for partitions ([`EtcdCluster::proxies`]).
    #[must_use]
    pub const fn with_peer_proxies(mut self) -> Self {
        self.peer_proxies = true;
        self
    }

    /// One more argument for every member.
    #[must_use]
    pub fn arg(mut self, arg: impl Into<String>) -> Self {
        self.args.push(arg.into());
        self
    }

    /// Starts the members and waits until all are healthy.
    ///
    /// # Errors
    /// [`TestkitError`] with what is missing; everything started is stopped.
    pub async fn start(self) -> Result<EtcdCluster, TestkitError> {
        let cluster = self.prepare()?;
        cluster.control().bootstrap().await?;
        cluster.wait_healthy(START_PATIENCE).await?;
        Ok(cluster)
    }

    /// Lays out directories, certificates and ports, and starts nothing.
    ///
    /// # Errors
    /// [`TestkitError`] with what is missing.
    pub fn prepare(self) -> Result<EtcdCluster, TestkitError> {
        let assets = EtcdAssets::find()?;
        let dir = tempfile::Builder::new().prefix("hcp-etcd-").tempdir();
        let dir = dir.map_err(TestkitError::io("make a directory", Path::new("temporary")))?;
        let pki = self.tls.then(|| Pki::new(&dir.path().join("pki"), "etcd-ca")).transpose()?;
        let mut ports = Ports::default();
        let (mut members, mut declared, mut routes) = (Vec::new(), Vec::new(), Vec::new());
        for i in 0..self.members {
            let own = self.member_ports(&mut ports)?;
            let name = MemberName::new(&format!("etcd-{i}"))?;
            let (client, peer) = (self.url(own.client), self.url(own.advertised));
            declared.push(TopologyMember::parse(name.as_str(), &client, &peer)?);
            members.push(AttachMember {
                args: self.member_args(&name, &own, pki.as_ref())?,
                data_dir: dir.path().join(name.as_str()),
                name,
            });
            routes.extend(
                self.peer_proxies.then_some(Route { advertised: own.advertised, member: own.peer }),
            );
        }
        let attach = AttachConfig {
            etcd: assets.etcd.clone(),
            runtime_dir: make_dir(&dir, "run")?,
            topology: Topology::new(declared)?,
            members,
            client_tls: pki.as_ref().map(client_tls).transpose()?,
            snapshots_dir: make_dir(&dir, "snapshots")?,
        };
        let control = attach.control()?;
        let proxies = self.peer_proxies.then(|| PeerProxies::start(&routes, &control));
        Ok(EtcdCluster {
            assets,
            attach,
            control,
            token: self.token,
            pki,
            proxies: proxies.transpose()?,
            _ports: ports,
            dir,
        })
    }

    fn member_ports(&self, ports: &mut Ports) -> Result<MemberPorts, TestkitError> {
        let (client, peer) = (ports.claim()?, ports.claim()?);
        let advertised = if self.peer_proxies { ports.claim()? } else { peer };
        Ok(MemberPorts { client, peer, advertised })
    }

    fn url(&self, port: u16) -> String {
        let scheme = if self.tls { "https" } else { "http" };
        format!("{scheme}://127.0.0.1:{port}")
    }

    fn member_args(
        &self,
        name: &MemberName,
        ports: &MemberPorts,
        pki: Option<&Pki>,
    ) -> Result<Vec<String>, TestkitError> {
        let (client, peer) = (self.url(ports.client), self.url(ports.peer));
        let advertised = self.url(ports.advertised);
        let mut args = vec![
            format!("--listen-client-urls={client}"),
            format!("--advertise-client-urls={client}"),
            format!("--listen-peer-urls={peer}"),
            format!("--initial-advertise-peer-urls={advertised}"),
            format!("--initial-cluster-token={}", self.token),
        ];
        if let Some(pki) = pki {
            let ca = pki.ca().display();
            for (prefix, file) in [("", "server"), ("peer-", "peer")] {
                let issued = pki.server_cert(&format!("{name}-{file}"), name.as_str())?;
                args.extend([
                    format!("--{prefix}cert-file={}", issued.cert.display()),
                    format!("--{prefix}key-file={}", issued.key.display()),
                    format!("--{prefix}trusted-ca-file={ca}"),
                    format!("--{prefix}client-cert-auth"),
                ]);
            }
        }
        args.extend_from_slice(&self.args);
        Ok(args)
    }
}

fn client_tls(pki: &Pki) -> Result<ClientTls, TestkitError> {
    let client = pki.client_cert("etcd-client")?;
    Ok(ClientTls { ca: pki.ca().to_owned(), cert: client.cert, key: client.key })
}

fn make_dir(dir: &TempDir, name: &str) -> Result<PathBuf, TestkitError> {
    let path = dir.path().join(name);
    fs::create_dir(&path).map_err(TestkitError::io("make a directory", &path))?;
    Ok(path)
}
