//! A scrape that is going on: its place among the concurrent ones, and its account when it ends.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::time::Instant;
use tracing::Span;

use crate::exposition::Counts;

use super::config::Target;
use super::error::ScrapeError;
use super::many;
use super::metrics::{self, ProxyMetrics};

/// A scrape that is going on. It ends when this is dropped.
pub(super) struct Going {
    place: Arc<AtomicUsize>,
    metrics: ProxyMetrics,
    component: String,
    /// The target that is streamed, for which a failure is counted.
    target: Option<Target>,
    pub(super) started: Instant,
    span: Span,
    outcome: &'static str,
}

impl Going {
    /// Takes one of `allowed` places; `None` if there is none.
    pub(super) fn start(
        place: &Arc<AtomicUsize>,
        allowed: usize,
        metrics: &ProxyMetrics,
        component: &str,
    ) -> Option<Self> {
        let more = |taken: usize| (taken < allowed).then_some(taken + 1);
        place.fetch_update(Ordering::Relaxed, Ordering::Relaxed, more).ok()?;
        metrics.in_flight.inc();
        Some(Self {
            place: Arc::clone(place),
            metrics: metrics.clone(),
            component: component.to_owned(),
            target: None,
            started: Instant::now(),
            span: tracing::info_span!("scrape", component),
            outcome: "aborted",
        })
    }

    pub(super) fn span(&self) -> &Span {
        &self.span
    }

    /// Says which target is streamed.
    pub(super) fn stream(&mut self, target: &Target) {
        self.target = Some(target.clone());
    }

    /// Counts what the filter has seen.
    pub(super) fn count(&self, counts: &Counts) {
        self.metrics.counted(&self.component, counts);
    }

    /// Counts bytes of the answer.
    pub(super) fn sent(&self, bytes: usize) {
        self.metrics.sent.get_or_create(&metrics::of(&self.component)).inc_by(bytes as u64);
    }

    /// The streamed target has failed, and the scrape with it.
    pub(super) fn target_failed(&mut self, error: &ScrapeError) {
        if let Some(target) = &self.target {
            many::report(&self.metrics, &self.component, target, error);
        }
        self.outcome = "failed";
    }

    pub(super) fn failed(&mut self) {
        self.outcome = "failed";
    }

    pub(super) fn partial(&mut self) {
        self.outcome = "partial";
    }

    /// All that was to be sent was given out.
    pub(super) fn succeeded(&mut self) {
        if self.outcome == "aborted" {
            self.outcome = "ok";
        }
    }
}

impl Drop for Going {
    fn drop(&mut self) {
        self.place.fetch_sub(1, Ordering::Relaxed);
        self.metrics.in_flight.dec();
        self.metrics.ended(&self.component, self.outcome, self.started.elapsed());
    }
}
