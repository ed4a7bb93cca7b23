//! The connection to one member, and calls over it that end in time.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use etcd_client::ConnectOptions;
use rustls::pki_types::ServerName;
use tokio::sync::{Mutex, OnceCell};
use tokio::time::{Instant, timeout_at};
use tonic::transport::Endpoint;

use crate::health::{ProbeError, ProbeErrorKind as Kind};
use crate::topology::{EtcdUrl, TopologyMember};

use super::classify;
use super::connect::Connector;
use super::scheme;
use super::tls::Tls;
use super::wire::Hangup;
use super::{ClientError, Secret};

/// One declared member with what is connected to it.
pub(super) struct Link {
    pub(super) member: TopologyMember,
    name: ServerName<'static>,
    session: Mutex<Option<Arc<Session>>>,
}

/// A connection to one member, made when first used and again whenever it broke.
pub(super) struct Session {
    url: EtcdUrl,
    channel: etcd_client::Channel,
    hangup: Arc<Hangup>,
    /// For calls that a member answers by itself, without a user.
    local: etcd_client::Client,
    /// The same with the user's token.
    authorized: OnceCell<etcd_client::Client>,
    /// For calls that need a quorum: with the user's token, and failing at once without a leader.
    quorum: OnceCell<etcd_client::Client>,
    user: Option<(String, Secret)>,
}

/// Until when a call may take, and how that is worded if it takes longer.
#[derive(Debug, Clone, Copy)]
pub(super) struct Deadline {
    at: Instant,
    allowed: Duration,
}

impl Deadline {
    pub(super) fn after(allowed: Duration) -> Self {
        Self { at: Instant::now() + allowed, allowed }
    }

    /// The moment at which half of the time is gone.
    pub(super) fn half(&self) -> Instant {
        self.at - self.allowed / 2
    }

    /// Runs one call to its end or to the deadline.
    pub(super) async fn bound<T>(
        self,
        call: &'static str,
        future: impl Future<Output = Result<T, etcd_client::Error>>,
    ) -> Result<T, ProbeError> {
        match timeout_at(self.at, future).await {
            Ok(Ok(answer)) => Ok(answer),
            Ok(Err(error)) => Err(classify::from_call(&error)),
            Err(_) => {
                let message = format!("{call} was not answered within {:?}", self.allowed);
                Err(ProbeError::new(Kind::Timeout, message))
            }
        }
    }
}

impl Link {
    pub(super) fn new(member: TopologyMember) -> Result<Self, ClientError> {
        let host = member.client_url.host().to_owned();
        let name = ServerName::try_from(host).map_err(|_| ClientError::HostName {
            member: member.name.clone(),
            url: member.client_url.clone(),
        })?;
        Ok(Self { member, name, session: Mutex::new(None) })
    }

    /// The present session, or a new one. Does no I/O: the first call connects.
    pub(super) async fn session(
        &self,
        tls: Option<&Tls>,
        user: Option<&(String, Secret)>,
        timeout: Duration,
    ) -> Result<Arc<Session>, ProbeError> {
        let mut held = self.session.lock().await;
        if let Some(session) = &*held {
            return Ok(Arc::clone(session));
        }
        let hangup = Arc::new(Hangup::default());
        let connector = Connector {
            url: self.member.client_url.clone(),
            tls: tls.map(|tls| (tls.config(), self.name.clone())),
            timeout,
            hangup: Arc::clone(&hangup),
            failed: Arc::default(),
        };
        let channel = channel(&self.member.client_url, connector)?;
        let local = Box::pin(etcd_client::Client::from_channel(channel.clone(), None))
            .await
            .map_err(|error| classify::from_call(&error))?;
        let session = Arc::new(Session {
            url: self.member.client_url.clone(),
            channel,
            hangup,
            local,
            authorized: OnceCell::new(),
            quorum: OnceCell::new(),
            user: user.cloned(),
        });
        *held = Some(Arc::clone(&session));
        Ok(session)
    }

    /// Drops the session, so that the next call starts on a new connection.
    pub(super) async fn reset(&self) {
        *self.session.lock().await = None;
    }
}

impl Session {
    /// The client for calls that need a quorum; logs in at first use, which takes one, too.
    pub(super) async fn quorum(&self) -> Result<&etcd_client::Client, etcd_client::Error> {
        let options = ConnectOptions::new().with_require_leader(true);
        // Boxed, as it is large and needed once.
        let log_in = || Box::pin(self.log_in(options));
        self.quorum.get_or_try_init(log_in).await
    }

    /// The client for calls that need no quorum but may need a user.
    pub(super) async fn authorized(&self) -> Result<&etcd_client::Client, etcd_client::Error> {
        let log_in = || Box::pin(self.log_in(ConnectOptions::new()));
        match self.user {
            Some(_) => self.authorized.get_or_try_init(log_in).await,
            None => Ok(&self.local),
        }
    }

    /// A call that a member answers by itself: without a user first, as a login takes a quorum. Which calls want one
    /// all the same differs between versions of etcd.
    pub(super) async fn ask<T>(
        &self,
        call: &'static str,
        deadline: Deadline,
        ask: impl AsyncFn(&etcd_client::Client) -> Result<T, etcd_client::Error>,
    ) -> Result<T, ProbeError> {
        match deadline.bound(call, ask(&self.local)).await {
            Err(error) if error.kind == Kind::Unauthorized && self.user.is_some() => {
                let authorized = async { ask(self.authorized().await?).await };
                deadline.bound(call, authorized).await
            }
            answer => answer,
        }
    }

    async fn log_in(
        &self,
        options: ConnectOptions,
    ) -> Result<etcd_client::Client, etcd_client::Error> {
        let connect =
            |options| etcd_client::Client::from_channel(self.channel.clone(), Some(options));
        let Some((name, password)) = &self.user else {
            return connect(options).await;
        };
        let login =
            options.clone().with_user(name, password.reveal()).with_auto_token_refresh(true);
        match connect(login).await {
            // As etcdctl does: a cluster that asks for no user takes anybody.
            Err(etcd_client::Error::GRpcStatus(status))
                if status.message().contains(classify::AUTH_NOT_ENABLED) =>
            {
                connect(options).await
            }
            connected => connected,
        }
    }

    /// A more exact word on a lost connection, where how it ended, or asking otherwise, gives one.
    pub(super) async fn explain(
        &self,
        error: &ProbeError,
        deadline: Deadline,
    ) -> Option<ProbeError> {
        if error.kind != Kind::ConnectionLost {
            return None;
        }
        let ended = self.hangup.last()?;
        if ended.silent && ended.error.kind == Kind::ConnectionLost {
            let other = Box::pin(scheme::other_scheme(&self.url, deadline.at)).await;
            return Some(other.unwrap_or(ended.error));
        }
        Some(ended.error)
    }
}

fn channel(url: &EtcdUrl, connector: Connector) -> Result<etcd_client::Channel, ProbeError> {
    let unusable = |error: String| ProbeError::new(Kind::UnknownHost, format!("{url}: {error}"));
    // To tonic the endpoint is plain whatever it is: TLS is the connector's affair. `origin` is what the server sees.
    let text = url.to_string();
    let authority = text.split_once("//").map_or("", |(_, authority)| authority);
    let endpoint = Endpoint::from_shared(format!("http://{authority}"))
        .map_err(|error| unusable(error.to_string()))?;
    let origin = text
        .parse()
        .map_err(|error: tonic::codegen::http::uri::InvalidUri| unusable(error.to_string()))?;
    let channel = endpoint.origin(origin).connect_with_connector_lazy(connector);
    Ok(etcd_client::Channel::Tonic(channel))
}
