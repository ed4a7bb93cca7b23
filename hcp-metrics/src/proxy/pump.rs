//! One target's exposition: from its answer through decompression and filter, as much at a time as somebody takes.

use std::time::Duration;

use http::HeaderMap;
use http::header::{CONTENT_ENCODING, CONTENT_TYPE};
use tokio::time::{Instant, timeout_at};

use crate::exposition::{Counts, ErrorKind, ExpositionError, Filter, FilterOptions, TargetLabels};

use super::accept::{Accept, ContentType};
use super::config::{Endpoint, Target};
use super::dial::Dialer;
use super::error::ScrapeError;
use super::gunzip::{Gunzip, Piece};
use super::limits::{Limit, Limits};
use super::upstream::{self, Upstream};

/// What one scrape asks of a target, and by when.
#[derive(Clone, Copy)]
pub(super) struct Ask<'a> {
    pub(super) endpoint: &'a Endpoint,
    pub(super) limits: &'a Limits,
    pub(super) dialer: &'a Dialer,
    pub(super) accept: &'a Accept,
    pub(super) started: Instant,
    /// The time for the whole answer, counted from `started`.
    pub(super) timeout: Duration,
}

/// One target's filtered exposition, to be taken piece by piece.
pub(super) struct Pump {
    upstream: Upstream,
    gunzip: Option<Gunzip>,
    filter: Option<Filter>,
    guard: Guard,
    timeout: Duration,
    deadline: Instant,
    pub(super) content: ContentType,
    /// What the filter has counted in the end.
    counts: Counts,
}

/// Watches what a target sends.
struct Guard {
    allowed: u64,
    samples: u64,
    line_bytes: u64,
    /// Decompressed bytes so far.
    received: u64,
    /// Whether only the end of the connection marks the end of the body.
    open_ended: bool,
    last: u8,
}

impl Ask<'_> {
    fn timeout_of(&self, target: &Target) -> Duration {
        target.timeout.map_or(self.timeout, |own| own.min(self.timeout))
    }
}

impl Pump {
    /// Asks the target and reads the head of its answer.
    pub(super) async fn open(ask: Ask<'_>, target: &Target) -> Result<Self, ScrapeError> {
        let timeout = ask.timeout_of(target);
        let deadline = ask.started + timeout;
        let left = deadline.saturating_duration_since(Instant::now());
        let answer = upstream::get(ask.dialer, target, ask.accept, left, ask.limits.header_bytes);
        let answer = timeout_at(deadline, answer)
            .await
            .map_err(|_| ScrapeError::Timeout { after: timeout })??;
        let (head, upstream) = answer.into_parts();
        if head.status != http::StatusCode::OK {
            return Err(ScrapeError::Status(head.status.as_u16()));
        }
        let content = content_type(&head.headers, ask.endpoint)?;
        let gunzip = is_gzip(&head.headers)?.then(Gunzip::new);
        let guard = Guard {
            allowed: ask.limits.decompressed_bytes,
            samples: ask.limits.samples,
            line_bytes: ask.limits.line_bytes as u64,
            received: 0,
            open_ended: upstream.is_open_ended(&head.headers),
            last: b'\n',
        };
        let filter = Some(filter(ask, target, content));
        let counts = Counts::default();
        Ok(Self { upstream, gunzip, filter, guard, timeout, deadline, content, counts })
    }

    /// Appends the next filtered bytes to `out`; whether there may be more. `out` grows by no more than what the target sends
    /// at once, or by a bounded piece of what that decompresses to.
    pub(super) async fn next(&mut self, out: &mut Vec<u8>) -> Result<bool, ScrapeError> {
        let before = out.len();
        while out.len() == before {
            if let Some(gunzip) = &mut self.gunzip {
                match gunzip.piece().map_err(ScrapeError::Gzip)? {
                    Piece::Data(text) => {
                        self.guard.pass(self.filter.as_mut(), text, out)?;
                        continue;
                    }
                    Piece::Starved => {}
                    Piece::End => return self.end(out).map(|()| false),
                }
            }
            let data = timeout_at(self.deadline, self.upstream.data()).await;
            let data = data.map_err(|_| ScrapeError::Timeout { after: self.timeout })??;
            match (data, &mut self.gunzip) {
                (Some(data), Some(gunzip)) => gunzip.feed(data),
                (Some(text), None) => self.guard.pass(self.filter.as_mut(), &text, out)?,
                (None, Some(gunzip)) => gunzip.end(),
                (None, None) => return self.end(out).map(|()| false),
            }
        }
        Ok(true)
    }

    fn end(&mut self, out: &mut Vec<u8>) -> Result<(), ScrapeError> {
        if self.guard.open_ended && self.guard.last != b'\n' {
            return Err(ScrapeError::Truncated);
        }
        if let Some(filter) = self.filter.take() {
            self.counts = filter.finish(out).map_err(|error| self.guard.refuse(error))?;
            self.guard.check_samples(self.counts.samples_kept)?;
        }
        Ok(())
    }

    /// What the filter has counted up to now.
    pub(super) fn counts(&self) -> &Counts {
        self.filter.as_ref().map_or(&self.counts, Filter::counts)
    }
}

impl Guard {
    fn pass(
        &mut self,
        filter: Option<&mut Filter>,
        text: &[u8],
        out: &mut Vec<u8>,
    ) -> Result<(), ScrapeError> {
        self.received += text.len() as u64;
        if self.received > self.allowed {
            let limit = Limit::DecompressedBytes;
            return Err(ScrapeError::Limit { limit, allowed: self.allowed });
        }
        self.last = text.last().copied().unwrap_or(self.last);
        let Some(filter) = filter else { return Ok(()) };
        filter.push(text, out).map_err(|error| self.refuse(error))?;
        self.check_samples(filter.counts().samples_kept)
    }

    fn check_samples(&self, kept: u64) -> Result<(), ScrapeError> {
        if kept > self.samples {
            return Err(ScrapeError::Limit { limit: Limit::Samples, allowed: self.samples });
        }
        Ok(())
    }

    fn refuse(&self, error: ExpositionError) -> ScrapeError {
        match error.kind {
            ErrorKind::LineTooLong | ErrorKind::HeldTooLong => {
                ScrapeError::Limit { limit: Limit::LineBytes, allowed: self.line_bytes }
            }
            _ => ScrapeError::Malformed(error),
        }
    }
}

fn filter(ask: Ask<'_>, target: &Target, content: ContentType) -> Filter {
    let endpoint = ask.endpoint;
    let mut options = FilterOptions::default()
        .with_format(content.protocol.format())
        .with_compat(endpoint.compat)
        .with_on_malformed(endpoint.on_malformed)
        .with_max_line_bytes(ask.limits.line_bytes);
    if !target.labels.is_empty() {
        let labels = TargetLabels::new(target.labels.iter().cloned());
        options = options.with_target_labels(labels.with_honor(endpoint.honor_labels));
    }
    Filter::new(endpoint.rules.clone(), options)
}

fn content_type(headers: &HeaderMap, endpoint: &Endpoint) -> Result<ContentType, ScrapeError> {
    let text = headers.get(CONTENT_TYPE).map_or("", |value| value.to_str().unwrap_or_default());
    ContentType::parse(text)
        .or_else(|| endpoint.fallback.map(ContentType::of))
        .ok_or_else(|| ScrapeError::ContentType(shown(text)))
}

fn is_gzip(headers: &HeaderMap) -> Result<bool, ScrapeError> {
    let text = headers.get(CONTENT_ENCODING).map_or("", |value| value.to_str().unwrap_or("?"));
    match text.trim().to_ascii_lowercase().as_str() {
        "" | "identity" => Ok(false),
        "gzip" | "x-gzip" => Ok(true),
        _ => Err(ScrapeError::Encoding(shown(text))),
    }
}

/// A header's value as an error may repeat it.
fn shown(text: &str) -> String {
    text.chars().take(100).flat_map(char::escape_default).collect()
}
