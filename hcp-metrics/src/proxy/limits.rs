//! What one scrape, and all of them together, may cost.

use std::fmt;
use std::time::Duration;

/// What one scrape, and all of them together, may cost.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Limits {
    /// Time from the request to the end of the answer; 10 s. A scraper's own timeout shortens it.
    pub timeout: Duration,
    /// How much earlier than the scraper's own timeout a scrape ends, so that the scraper hears why; 0.5 s.
    pub timeout_margin: Duration,
    /// Bytes one target may send, counted after decompression, as Prometheus' `body_size_limit`; 256 MiB.
    pub decompressed_bytes: u64,
    /// Filtered bytes that one answer may hold in memory, of all its targets together; 64 MiB. A single target is streamed, and
    /// held only for a scraper that speaks HTTP/1.0.
    pub kept_bytes: usize,
    /// Samples one answer may have, after filtering, as Prometheus' `sample_limit`; 1,000,000.
    pub samples: u64,
    /// Bytes one line of an exposition may have; 1 MiB.
    pub line_bytes: usize,
    /// Bytes the head of a request, or of a target's answer, may have; 64 KiB.
    pub header_bytes: usize,
    /// Scrapes at one time; 32. One more is answered 503.
    pub concurrent_scrapes: usize,
    /// Connections at one time; 256. One more waits until another ends.
    pub connections: usize,
    /// How long a scraper may take for the TLS handshake, and for the head of a request; 30 s.
    pub request_timeout: Duration,
    /// How long a scraper may take to read on; 60 s.
    pub write_timeout: Duration,
}

/// A limit that was reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Limit {
    /// [`Limits::decompressed_bytes`]
    DecompressedBytes,
    /// [`Limits::kept_bytes`]
    KeptBytes,
    /// [`Limits::samples`]
    Samples,
    /// [`Limits::line_bytes`]
    LineBytes,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            timeout: Duration::from_secs(10),
            timeout_margin: Duration::from_millis(500),
            decompressed_bytes: 256 << 20,
            kept_bytes: 64 << 20,
            samples: 1_000_000,
            line_bytes: 1 << 20,
            header_bytes: 64 << 10,
            concurrent_scrapes: 32,
            connections: 256,
            request_timeout: Duration::from_secs(30),
            write_timeout: Duration::from_secs(60),
        }
    }
}

impl Limits {
    /// Sets [`timeout`](Self::timeout).
    #[must_use]
    pub const fn with_timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// Sets [`timeout_margin`](Self::timeout_margin).
    #[must_use]
    pub const fn with_timeout_margin(mut self, margin: Duration) -> Self {
        self.timeout_margin = margin;
        self
    }

    /// Sets [`decompressed_bytes`](Self::decompressed_bytes).
    #[must_use]
    pub const fn with_decompressed_bytes(mut self, bytes: u64) -> Self {
        self.decompressed_bytes = bytes;
        self
    }

    /// Sets [`kept_bytes`](Self::kept_bytes).
    #[must_use]
    pub const fn with_kept_bytes(mut self, bytes: usize) -> Self {
        self.kept_bytes = bytes;
        self
    }

    /// Sets [`samples`](Self::samples).
    #[must_use]
    pub const fn with_samples(mut self, samples: u64) -> Self {
        self.samples = samples;
        self
    }

    /// Sets [`line_bytes`](Self::line_bytes).
    #[must_use]
    pub const fn with_line_bytes(mut self, bytes: usize) -> Self {
        self.line_bytes = bytes;
        self
    }

    /// Sets [`header_bytes`](Self::header_bytes).
    #[must_use]
    pub const fn with_header_bytes(mut self, bytes: usize) -> Self {
        self.header_bytes = bytes;
        self
    }

    /// Sets [`concurrent_scrapes`](Self::concurrent_scrapes).
    #[must_use]
    pub const fn with_concurrent_scrapes(mut self, scrapes: usize) -> Self {
        self.concurrent_scrapes = scrapes;
        self
    }

    /// Sets [`connections`](Self::connections).
    #[must_use]
    pub const fn with_connections(mut self, connections: usize) -> Self {
        self.connections = connections;
        self
    }

    /// Sets [`request_timeout`](Self::request_timeout).
    #[must_use]
    pub const fn with_request_timeout(mut self, timeout: Duration) -> Self {
        self.request_timeout = timeout;
        self
    }

    /// Sets [`write_timeout`](Self::write_timeout).
    #[must_use]
    pub const fn with_write_timeout(mut self, timeout: Duration) -> Self {
        self.write_timeout = timeout;
        self
    }
}

impl fmt::Display for Limit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::DecompressedBytes => "decompressed_bytes",
            Self::KeptBytes => "kept_bytes",
            Self::Samples => "samples",
            Self::LineBytes => "line_bytes",
        })
    }
}
