//! What can go wrong while a test bench is set up or damaged.

use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use hcp_etcd::process::LocalMembersError;
use hcp_etcd::recovery::ControlError;
use hcp_etcd::{MemberName, TopologyError};

/// Why the test bench could not do what was asked.
#[non_exhaustive]
#[derive(Debug, thiserror::Error)]
pub enum TestkitError {
    /// A program is not on this machine.
    #[error(
        "no usable {name} in $KUBEBUILDER_ASSETS, PATH or target/assets ({looked}); run `cargo xtask assets`"
    )]
    AssetMissing {
        /// The program.
        name: String,
        /// Why what was found would not do.
        looked: String,
    },
    /// A file or a process call failed.
    #[error("{what}: {path}")]
    Io {
        /// What was tried.
        what: &'static str,
        /// On which file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A certificate could not be made.
    #[error("a certificate cannot be made")]
    Certificate(#[from] rcgen::Error),
    /// No port is free.
    #[error("no free port in {0:?}; stop what uses them")]
    NoPort(std::ops::Range<u16>),
    /// The members would not form a cluster.
    #[error(transparent)]
    Topology(#[from] TopologyError),
    /// The members cannot be run.
    #[error(transparent)]
    Members(#[from] LocalMembersError),
    /// A member cannot be started, stopped or seen.
    #[error(transparent)]
    Control(#[from] ControlError),
    /// A call to a member failed.
    #[error("{call} through {member}")]
    Call {
        /// The call.
        call: &'static str,
        /// Through which member.
        member: MemberName,
        /// What the server or the transport said.
        source: Box<etcd_client::Error>,
    },
    /// Not every member became healthy in time.
    #[error("not healthy after {waited_s} s: {}", members.join("; "))]
    Unhealthy {
        /// How long we waited, in seconds.
        waited_s: u64,
        /// What each member that is not healthy says.
        members: Vec<String>,
    },
    /// A server ended by itself.
    #[error("{program} ended with {status}:\n{log}")]
    Ended {
        /// The program.
        program: &'static str,
        /// How.
        status: String,
        /// The end of what it has logged.
        log: String,
    },
    /// A server, or what it is to serve, was not ready in time.
    #[error("{what} is not ready after {waited_s} s: {state}")]
    NotReady {
        /// What was waited for.
        what: String,
        /// How long we waited, in seconds.
        waited_s: u64,
        /// What was seen last.
        state: String,
    },
    /// The Kubernetes API refused a call, or could not be asked.
    #[error("cannot {call}")]
    Kube {
        /// What was tried.
        call: &'static str,
        /// What the server or the transport said.
        source: Box<kube::Error>,
    },
    /// A certificate or a key will not do for a client.
    #[error("cannot be used for TLS: {path}")]
    Tls {
        /// The file.
        path: PathBuf,
        /// Why.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The cluster, or a tool, is not as the call supposes.
    #[error("{0}")]
    Unexpected(String),
}

impl TestkitError {
    /// Whether the cluster refused a change that it may take later.
    #[must_use]
    pub fn is_retryable(&self) -> bool {
        const LATER: &[&str] = &[
            "unhealthy cluster",
            "in sync with leader",
            "not enough started members",
            "no leader",
            "leader changed",
            "timed out",
        ];
        match self {
            Self::Call { source, .. } => match source.as_ref() {
                etcd_client::Error::GRpcStatus(status) => {
                    LATER.iter().any(|text| status.message().contains(text))
                }
                _ => false,
            },
            _ => false,
        }
    }

    pub(crate) fn io(what: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::Io { what, path, source }
    }

    pub(crate) fn kube(call: &'static str) -> impl FnOnce(kube::Error) -> Self {
        move |source| Self::Kube { call, source: Box::new(source) }
    }

    pub(crate) fn tls<E>(path: &Path) -> impl FnOnce(E) -> Self
    where
        E: std::error::Error + Send + Sync + 'static,
    {
        let path = path.to_owned();
        move |source| Self::Tls { path, source: Box::new(source) }
    }

    pub(crate) fn not_ready(
        what: impl Into<String>,
        waited: Duration,
        state: impl Into<String>,
    ) -> Self {
        Self::NotReady { what: what.into(), waited_s: waited.as_secs(), state: state.into() }
    }

    pub(crate) fn call(
        call: &'static str,
        member: &MemberName,
    ) -> impl FnOnce(etcd_client::Error) -> Self {
        let member = member.clone();
        move |source| Self::Call { call, member, source: Box::new(source) }
    }
}
