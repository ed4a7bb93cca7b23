//! Real members over gRPC: probes, membership changes and snapshots, one connection per member.

mod alarms;
mod change;
mod classify;
mod connect;
mod link;
mod probe;
mod scheme;
mod secret;
mod snapshot;
mod tls;
mod wire;

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use crate::clock::{Clock, SystemClock};
use crate::health::{Observation, ProbeError};
use crate::recovery::Depth;
use crate::topology::{EtcdUrl, MemberName, Topology};

use link::{Link, Session};

pub use secret::Secret;
pub use tls::{Tls, TlsError};

/// Asks and changes the members of one cluster; cheap to clone.
///
/// Every member has a connection of its own, made when first used, so an answer is always that member's and a
/// failure says why exactly. Dropping a future cancels its calls. Needs a tokio runtime with I/O and time.
///
/// ```no_run
/// use hcp_etcd::recovery::Depth;
/// use hcp_etcd::{Client, ClientOptions, Tls, Topology, TopologyMember};
///
/// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
/// let topology = Topology::new([
///     TopologyMember::parse("etcd-0", "https://10.0.0.10:2379", "https://10.0.0.10:2380")?,
///     TopologyMember::parse("etcd-1", "https://10.0.0.11:2379", "https://10.0.0.11:2380")?,
///     TopologyMember::parse("etcd-2", "https://10.0.0.12:2379", "https://10.0.0.12:2380")?,
/// ])?;
/// let tls = Tls::from_files("ca.crt", "client.crt", "client.key")?;
/// let client = Client::new(topology, ClientOptions::default().with_tls(tls))?;
///
/// for member in client.observe(Depth::Hashes).await.members {
///     match member.read {
///         Ok(read) => println!("{}: answers in {:?}", member.name, read.took),
///         Err(error) => println!("{}: {error}", member.name),
///     }
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Client {
    inner: Arc<Inner>,
}

struct Inner {
    topology: Topology,
    links: Vec<Link>,
    tls: Mutex<Option<Tls>>,
    options: ClientOptions,
    clock: Arc<dyn Clock>,
}

/// How a [`Client`] connects and how long it waits.
#[derive(Debug, Clone)]
pub struct ClientOptions {
    tls: Option<Tls>,
    user: Option<(String, Secret)>,
    timeout: Duration,
    hash_timeout: Duration,
    change_timeout: Duration,
    idle_timeout: Duration,
}

/// Why a [`Client`] cannot be made. Every message names the member and ends with the remedy.
#[non_exhaustive]
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ClientError {
    /// An `https` URL and no TLS material.
    #[error(
        "member {member} is reached by {url}, but no CA is given; give TLS material, or write the client URLs with http"
    )]
    TlsMissing {
        /// The first member with such a URL.
        member: MemberName,
        /// Its client URL.
        url: EtcdUrl,
    },
    /// TLS material and an `http` URL.
    #[error(
        "member {member} is reached by {url}, which would not use the TLS material given; write the client URLs with https, or give none"
    )]
    TlsUnused {
        /// The first member with such a URL.
        member: MemberName,
        /// Its client URL.
        url: EtcdUrl,
    },
    /// A host no certificate could be checked against.
    #[error(
        "the host in {url} of member {member} is no valid DNS name or address; correct the client URL"
    )]
    HostName {
        /// The member.
        member: MemberName,
        /// Its client URL.
        url: EtcdUrl,
    },
}

impl Default for ClientOptions {
    /// No TLS, no user; 2 s for a member's answers, 60 s for a hash, 10 s for a change, 30 s between two chunks of
    /// a snapshot.
    fn default() -> Self {
        Self {
            tls: None,
            user: None,
            timeout: Duration::from_secs(2),
            hash_timeout: Duration::from_secs(60),
            // Longer than the server's own limit of about 7 s, so that the server says how it ended.
            change_timeout: Duration::from_secs(10),
            idle_timeout: Duration::from_secs(30),
        }
    }
}

impl ClientOptions {
    /// Uses TLS.
    #[must_use]
    pub fn with_tls(mut self, tls: Tls) -> Self {
        self.tls = Some(tls);
        self
    }

    /// Logs in, where the cluster has authentication enabled.
    #[must_use]
    pub fn with_user(mut self, name: impl Into<String>, password: impl Into<Secret>) -> Self {
        self.user = Some((name.into(), password.into()));
        self
    }

    /// How long one member may take for all its answers to a probe.
    #[must_use]
    pub const fn with_timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// How long one member may take to hash its store.
    #[must_use]
    pub const fn with_hash_timeout(mut self, timeout: Duration) -> Self {
        self.hash_timeout = timeout;
        self
    }

    /// How long a change of the cluster may take.
    #[must_use]
    pub const fn with_change_timeout(mut self, timeout: Duration) -> Self {
        self.change_timeout = timeout;
        self
    }

    /// How long a snapshot may pause between two chunks; there is no limit to the whole.
    #[must_use]
    pub const fn with_idle_timeout(mut self, timeout: Duration) -> Self {
        self.idle_timeout = timeout;
        self
    }
}

impl Client {
    /// Checks URLs against TLS material and prepares one connection per member. Does no I/O.
    ///
    /// # Errors
    /// [`ClientError`] if URLs and TLS material do not fit.
    pub fn new(topology: Topology, options: ClientOptions) -> Result<Self, ClientError> {
        for declared in topology.members() {
            let (member, url) = (declared.name.clone(), declared.client_url.clone());
            match (url.is_tls(), &options.tls) {
                (true, None) => return Err(ClientError::TlsMissing { member, url }),
                (false, Some(_)) => return Err(ClientError::TlsUnused { member, url }),
                _ => {}
            }
        }
        let members = topology.members().iter();
        let links = members.map(|member| Link::new(member.clone())).collect::<Result<_, _>>()?;
        Ok(Self {
            inner: Arc::new(Inner {
                topology,
                links,
                tls: Mutex::new(options.tls.clone()),
                options,
                clock: Arc::new(SystemClock),
            }),
        })
    }

    /// Takes the time of observations from `clock`.
    #[must_use]
    pub fn with_clock(self, clock: Arc<dyn Clock>) -> Self {
        let links = self.inner.topology.members().iter();
        let links = links.filter_map(|member| Link::new(member.clone()).ok()).collect();
        Self {
            inner: Arc::new(Inner {
                topology: self.inner.topology.clone(),
                links,
                tls: Mutex::new(self.inner.options.tls.clone()),
                options: self.inner.options.clone(),
                clock,
            }),
        }
    }

    /// Whom this client asks.
    #[must_use]
    pub fn topology(&self) -> &Topology {
        &self.inner.topology
    }

    /// Probes every member at once. A member that hangs delays the answer by its own timeout and no more.
    pub async fn observe(&self, depth: Depth) -> Observation {
        probe::observe(&self.inner, depth).await
    }
}

impl Inner {
    async fn session(&self, link: &Link) -> Result<Arc<Session>, ProbeError> {
        let tls = self.tls.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let options = &self.options;
        link.session(tls.as_ref(), options.user.as_ref(), options.timeout).await
    }

    /// Reads changed TLS files again and drops the connections made with the old ones.
    async fn renew_tls(&self) {
        let renewed = {
            let mut tls = self.tls.lock().unwrap_or_else(PoisonError::into_inner);
            match tls.as_ref().and_then(Tls::renewed) {
                None => false,
                Some(Ok(renewed)) => {
                    *tls = Some(renewed);
                    true
                }
                Some(Err(error)) => {
                    tracing::warn!(
                        error = &error as &dyn std::error::Error,
                        "changed TLS files cannot be used yet; the ones read before stay in use"
                    );
                    false
                }
            }
        };
        if renewed {
            tracing::info!("TLS files changed; members are connected anew");
            for link in &self.links {
                link.reset().await;
            }
        }
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client")
            .field("topology", &self.inner.topology)
            .field("options", &self.inner.options)
            .finish_non_exhaustive()
    }
}
