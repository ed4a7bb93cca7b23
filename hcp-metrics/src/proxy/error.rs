//! Why the scrape of a target failed.

use std::fmt;
use std::io;
use std::time::Duration;

use crate::exposition::ExpositionError;

use super::limits::Limit;

/// Why the scrape of a target failed. Every message ends with the remedy; none holds a target's text or key material.
#[non_exhaustive]
#[derive(Debug, thiserror::Error)]
pub enum ScrapeError {
    /// No connection.
    #[error("cannot connect: {0}; check that the target runs and that its address is right")]
    Connect(#[source] io::Error),
    /// No TLS.
    #[error(
        "the TLS handshake failed: {0}; check the CA, the server name and the certificates of both sides"
    )]
    Tls(#[source] io::Error),
    /// It took too long.
    #[error(
        "not done after {after:?}; make the target faster, or raise the timeout here and of the scraper"
    )]
    Timeout {
        /// The time it had.
        after: Duration,
    },
    /// It did not answer 200.
    #[error("the answer has the status {0}; check the path and whom the target lets in")]
    Status(u16),
    /// It answered with what is no exposition.
    #[error("the answer has the content type `{0}`; check the path, or set a fallback format")]
    ContentType(String),
    /// It answered in an encoding that was not asked for.
    #[error("the answer has the content encoding `{0}`; only gzip and identity were asked for")]
    Encoding(String),
    /// The connection broke before the answer was whole.
    #[error("the answer broke off; see the target's own log")]
    Transport(#[source] hyper::Error),
    /// A connection that ended in the middle of a line, where only its end marks the end of the answer.
    #[error("the answer ends in the middle of a line; see the target's own log")]
    Truncated,
    /// Compressed data that are broken or not whole.
    #[error("the answer is not valid gzip: {0}; see the target's own log")]
    Gzip(#[source] io::Error),
    /// Text that is no exposition.
    #[error("the answer is malformed: {0}")]
    Malformed(#[source] ExpositionError),
    /// A limit was reached.
    #[error("the limit {limit} of {allowed} is reached; drop more with rules, or raise it")]
    Limit {
        /// Which one.
        limit: Limit,
        /// Its value.
        allowed: u64,
    },
    /// Targets of one component answered in different formats, and one of them insists.
    #[error(
        "the answer is OpenMetrics where only text was asked for; make all targets of the component answer alike"
    )]
    MixedFormats,
}

/// What kind of failure it is, for counting; `Display` is the label's value.
#[non_exhaustive]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ScrapeErrorKind {
    /// [`ScrapeError::Connect`]
    Connect,
    /// [`ScrapeError::Tls`]
    Tls,
    /// [`ScrapeError::Timeout`]
    Timeout,
    /// [`ScrapeError::Status`]
    Status,
    /// [`ScrapeError::ContentType`], [`ScrapeError::Encoding`], [`ScrapeError::MixedFormats`]
    Format,
    /// [`ScrapeError::Transport`], [`ScrapeError::Truncated`]
    Truncated,
    /// [`ScrapeError::Gzip`]
    Gzip,
    /// [`ScrapeError::Malformed`]
    Malformed,
    /// [`ScrapeError::Limit`]
    Limit(Limit),
}

impl ScrapeError {
    /// What kind of failure it is.
    #[must_use]
    pub const fn kind(&self) -> ScrapeErrorKind {
        match self {
            Self::Connect(_) => ScrapeErrorKind::Connect,
            Self::Tls(_) => ScrapeErrorKind::Tls,
            Self::Timeout { .. } => ScrapeErrorKind::Timeout,
            Self::Status(_) => ScrapeErrorKind::Status,
            Self::ContentType(_) | Self::Encoding(_) | Self::MixedFormats => {
                ScrapeErrorKind::Format
            }
            Self::Transport(_) | Self::Truncated => ScrapeErrorKind::Truncated,
            Self::Gzip(_) => ScrapeErrorKind::Gzip,
            Self::Malformed(_) => ScrapeErrorKind::Malformed,
            Self::Limit { limit, .. } => ScrapeErrorKind::Limit(*limit),
        }
    }
}

impl ScrapeErrorKind {
    /// All of them.
    pub(super) const ALL: [Self; 12] = [
        Self::Connect,
        Self::Tls,
        Self::Timeout,
        Self::Status,
        Self::Format,
        Self::Truncated,
        Self::Gzip,
        Self::Malformed,
        Self::Limit(Limit::DecompressedBytes),
        Self::Limit(Limit::KeptBytes),
        Self::Limit(Limit::Samples),
        Self::Limit(Limit::LineBytes),
    ];
}

impl fmt::Display for ScrapeErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Connect => f.write_str("connect"),
            Self::Tls => f.write_str("tls"),
            Self::Timeout => f.write_str("timeout"),
            Self::Status => f.write_str("status"),
            Self::Format => f.write_str("format"),
            Self::Truncated => f.write_str("truncated"),
            Self::Gzip => f.write_str("gzip"),
            Self::Malformed => f.write_str("malformed"),
            Self::Limit(limit) => write!(f, "limit_{limit}"),
        }
    }
}
