//! Why a member did not answer a probe, in terms a person can act on.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Why one call to one member failed.
#[non_exhaustive]
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProbeError {
    /// What kind of failure it is; decisions look at this alone.
    pub kind: ProbeErrorKind,
    /// What the transport or the server said, for people. Never holds key material.
    pub message: String,
}

/// The failures that call for different answers.
#[non_exhaustive]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ProbeErrorKind {
    /// Nobody asked.
    NotProbed,
    /// No answer within the member's timeout.
    Timeout,
    /// Nothing listens at the address.
    ConnectionRefused,
    /// The host name does not resolve.
    UnknownHost,
    /// The connection broke.
    ConnectionLost,
    /// The server's certificate is not signed by the given CA.
    UntrustedServer,
    /// The server's certificate has expired, or is not valid yet.
    ServerCertificateExpired,
    /// The server's certificate does not name the host in the URL.
    ServerNameMismatch,
    /// The server refused our client certificate, or wants one and got none.
    ClientCertificateRefused,
    /// The URL says `https` and the server speaks plain text.
    ServerIsPlaintext,
    /// The URL says `http` and the server speaks TLS.
    ServerIsTls,
    /// Another TLS failure.
    Tls,
    /// The server wants a user, or a permission we do not have.
    Unauthorized,
    /// The member has no leader, or the request ran into an election.
    NoLeader,
    /// The member sheds load.
    Overloaded,
    /// The cluster has a CORRUPT alarm raised.
    CorruptCluster,
    /// The answer could not be made sense of.
    BadAnswer,
    /// Another refusal by the server.
    Refused,
}

impl ProbeError {
    /// A failure with what was said about it.
    #[must_use]
    pub fn new(kind: ProbeErrorKind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into() }
    }

    /// What to do about it.
    #[must_use]
    pub const fn remedy(&self) -> &'static str {
        self.kind.remedy()
    }
}

impl ProbeErrorKind {
    /// Whether the fault is in what we present or trust, so that nothing follows about the member's health.
    #[must_use]
    pub const fn is_ours(self) -> bool {
        matches!(
            self,
            Self::NotProbed
                | Self::UnknownHost
                | Self::UntrustedServer
                | Self::ServerCertificateExpired
                | Self::ServerNameMismatch
                | Self::ClientCertificateRefused
                | Self::ServerIsPlaintext
                | Self::ServerIsTls
                | Self::Tls
                | Self::Unauthorized
        )
    }

    /// The failure in a few words.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::NotProbed => "not probed",
            Self::Timeout => "no answer in time",
            Self::ConnectionRefused => "connection refused",
            Self::UnknownHost => "host name does not resolve",
            Self::ConnectionLost => "connection lost",
            Self::UntrustedServer => "server certificate not signed by the given CA",
            Self::ServerCertificateExpired => "server certificate expired or not yet valid",
            Self::ServerNameMismatch => "server certificate is for another host",
            Self::ClientCertificateRefused => "client certificate refused",
            Self::ServerIsPlaintext => "server speaks plain HTTP",
            Self::ServerIsTls => "server speaks TLS",
            Self::Tls => "TLS failure",
            Self::Unauthorized => "not authorized",
            Self::NoLeader => "no leader",
            Self::Overloaded => "overloaded",
            Self::CorruptCluster => "cluster is marked corrupt",
            Self::BadAnswer => "unintelligible answer",
            Self::Refused => "refused by the server",
        }
    }

    /// What to do about it.
    #[must_use]
    pub const fn remedy(self) -> &'static str {
        match self {
            Self::NotProbed => "probe the member",
            Self::Timeout => {
                "check that the process is not stopped or starved, and the network path"
            }
            Self::ConnectionRefused => {
                "check that the member runs and that the URL's port is its client port"
            }
            Self::UnknownHost => "check the host in the client URL and the resolver",
            Self::ConnectionLost => "look at the member's log; it may be restarting",
            Self::UntrustedServer => "use the CA that signed the member's serving certificate",
            Self::ServerCertificateExpired => {
                "renew the member's serving certificate, and check the clock"
            }
            Self::ServerNameMismatch => {
                "use a host name that is in the member's certificate, or add it as a subject alternative name"
            }
            Self::ClientCertificateRefused => {
                "present a client certificate that is signed by the member's --trusted-ca-file and is not expired"
            }
            Self::ServerIsPlaintext => "write the client URL with http, or serve TLS on that port",
            Self::ServerIsTls => "write the client URL with https and give a CA",
            Self::Tls => "compare the TLS versions and cipher suites of both sides",
            Self::Unauthorized => {
                "give a user that may do this (maintenance calls need the root role)"
            }
            Self::NoLeader => "wait for an election; if none succeeds, the quorum is lost",
            Self::Overloaded => "wait; the member's disk or its followers are too slow",
            Self::CorruptCluster => {
                "find the member that differs by its hash, and replace that one"
            }
            Self::BadAnswer => {
                "check that the URL is an etcd client endpoint, of a version this crate knows"
            }
            Self::Refused => "read the server's message",
        }
    }
}

impl fmt::Display for ProbeErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.words())
    }
}

impl fmt::Display for ProbeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.message.as_str() {
            "" => write!(f, "{}; {}", self.kind, self.remedy()),
            message => write!(f, "{} ({message}); {}", self.kind, self.remedy()),
        }
    }
}

impl std::error::Error for ProbeError {}
