//! Why a registry did not give a release image.

use std::io;
use std::time::Duration;

use crate::release::digest::Digest;
use crate::release::metadata::MetadataError;

/// Why a registry did not give a release image. Credentials, tokens and the queries of URLs are never part of it.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RegistryError {
    /// The host cannot be reached, or TLS fails.
    #[error(
        "{host} cannot be reached; check its name, the network, and that its certificate's authority is trusted"
    )]
    Connect {
        /// Host and port.
        host: String,
        /// What the transport said.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The answer broke off.
    #[error("{host} broke off while sending {what}")]
    BrokeOff {
        /// Host and port.
        host: String,
        /// What was being read.
        what: &'static str,
        /// What the transport said.
        source: hyper::Error,
    },
    /// The whole took too long.
    #[error("not done after {} s; raise the limit `total` or look at the registry", after.as_secs_f64())]
    TimedOut {
        /// The limit.
        after: Duration,
    },
    /// The host answers with a failure.
    #[error("{host} answers {status} to the request for {what}{}", code.as_ref().map(|code| format!(" ({code})")).unwrap_or_default())]
    Status {
        /// Host and port.
        host: String,
        /// What was asked for.
        what: &'static str,
        /// The status.
        status: u16,
        /// The registry's own code, such as `MANIFEST_UNKNOWN`.
        code: Option<String>,
    },
    /// The pull secret has no credential for the image, and the registry wants one.
    #[error(
        "{host} wants a credential and the pull secret has none for this repository; add one for it"
    )]
    NoCredential {
        /// Host and port.
        host: String,
    },
    /// The registry does not take the credential.
    #[error(
        "{host} refuses the pull secret's credential ({status}); renew it, or let it read this repository"
    )]
    Refused {
        /// Host and port.
        host: String,
        /// The status.
        status: u16,
    },
    /// The registry wants a kind of authentication that is not known here, or its challenge cannot be read.
    #[error("{host} wants authentication in a way that cannot be followed: {why}")]
    Challenge {
        /// Host and port.
        host: String,
        /// What is wrong.
        why: &'static str,
    },
    /// It would have to be asked without TLS.
    #[error(
        "{host} would be asked without TLS; allow plain HTTP for this registry if that is meant"
    )]
    Plain {
        /// Host and port.
        host: String,
    },
    /// A redirect from TLS to no TLS.
    #[error("{from} redirects to {to} without TLS; correct the registry")]
    Downgrade {
        /// Host and port that redirects.
        from: String,
        /// Host and port that it redirects to.
        to: String,
    },
    /// A redirect to nowhere.
    #[error("{host} redirects to an address that cannot be read")]
    Redirect {
        /// Host and port that redirects.
        host: String,
    },
    /// Too many redirects.
    #[error(
        "{host} is reached after more than {limit} redirects; correct the registry or raise the limit `redirects`"
    )]
    Redirects {
        /// The last host and port.
        host: String,
        /// The limit.
        limit: usize,
    },
    /// Something is larger than its limit.
    #[error("{what} has more than {limit} bytes; raise the limit `{name}` if the image is sound")]
    TooLarge {
        /// What.
        what: &'static str,
        /// The limit.
        limit: u64,
        /// The name of the limit.
        name: &'static str,
    },
    /// The image has too many layers.
    #[error(
        "the image has {found} layers, {limit} are allowed; raise the limit `layers` if the image is sound"
    )]
    Layers {
        /// How many.
        found: usize,
        /// The limit.
        limit: usize,
    },
    /// The content is not that of the digest.
    #[error(
        "{what} has the digest {found} in place of {expected}; do not trust this registry's copy"
    )]
    Digest {
        /// What.
        what: &'static str,
        /// The digest that it should have.
        expected: Digest,
        /// The digest that it has.
        found: Digest,
    },
    /// The content has another length than its manifest says.
    #[error("{what} has {found} bytes in place of {expected}; mirror the release again")]
    Length {
        /// What.
        what: &'static str,
        /// The length that it should have.
        expected: u64,
        /// The bytes that came.
        found: u64,
    },
    /// A manifest or a configuration cannot be read.
    #[error("{what} cannot be read; mirror the release again")]
    Json {
        /// What.
        what: &'static str,
        /// Where and why.
        source: serde_json::Error,
    },
    /// A manifest is neither an image nor an index, or its kind is not known here.
    #[error(
        "{what} is of a kind that is not known here: {found:?}; give an OCI image or index, or Docker's schema 2"
    )]
    Kind {
        /// What.
        what: &'static str,
        /// The media type that it claims.
        found: String,
    },
    /// The index has no image for Linux and the architecture.
    #[error("the index has no image for linux/{wanted}, only for {}", found.join(", "))]
    NoArchitecture {
        /// The architecture, or `any`.
        wanted: String,
        /// What it has.
        found: Vec<String>,
    },
    /// A layer is not a tar archive, or its compression is damaged.
    #[error("a layer cannot be unpacked; mirror the release again")]
    Layer(#[source] io::Error),
    /// What the image holds is not a release.
    #[error(transparent)]
    Metadata(#[from] MetadataError),
}

impl RegistryError {
    /// Whether the same call may succeed later, without anybody changing anything.
    #[must_use]
    pub const fn is_retryable(&self) -> bool {
        match self {
            Self::Connect { .. } | Self::BrokeOff { .. } | Self::TimedOut { .. } => true,
            Self::Status { status, .. } => *status == 429 || *status >= 500,
            _ => false,
        }
    }

    pub(super) fn json(what: &'static str) -> impl FnOnce(serde_json::Error) -> Self {
        move |source| Self::Json { what, source }
    }
}
