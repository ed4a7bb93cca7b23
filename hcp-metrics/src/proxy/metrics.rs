//! The proxy's own series for a `prometheus-client` registry. The host owns the registry and chooses the prefix.

use std::fmt;
use std::time::Duration;

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::{Family, MetricConstructor};
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::{Registry, Unit};

use crate::exposition::Counts;

use super::error::{ScrapeError, ScrapeErrorKind};

/// The proxy's own series. Clones share them.
///
/// | series | labels |
/// | --- | --- |
/// | `scrapes_total` | `component`, `outcome`: `ok`, `partial`, `failed`, `aborted` (the scraper went away) |
/// | `scrape_errors_total` | `component`, `target`, `kind` of [`ScrapeErrorKind`] |
/// | `rejected_total` | `reason`: `path`, `component`, `method`, `certificate`, `timeout_header`, `concurrent_scrapes` |
/// | `scrape_duration_seconds` | `component` |
/// | `scrapes_in_flight` | – |
/// | `received_bytes_total`, `sent_bytes_total` | `component`; received ones are decompressed, sent ones as they are sent |
/// | `samples_total` | `component`, `verdict`: `kept`, `dropped` |
/// | `malformed_lines_total` | `component`; skipped, where that is the policy |
/// | `type_conflicts_total`, `duplicate_series_total` | `component`; see the merge rules of the [module](super) |
/// | `certificate_reloads_total` | `outcome`: `changed`, `failed` |
#[derive(Clone)]
pub struct ProxyMetrics {
    scrapes: Family<OutcomeLabels, Counter>,
    errors: Family<ErrorLabels, Counter>,
    rejected: Family<RejectedLabels, Counter>,
    duration: Family<ComponentLabels, Histogram, Buckets>,
    pub(super) in_flight: Gauge,
    received: Family<ComponentLabels, Counter>,
    pub(super) sent: Family<ComponentLabels, Counter>,
    samples: Family<VerdictLabels, Counter>,
    malformed: Family<ComponentLabels, Counter>,
    conflicts: Family<ComponentLabels, Counter>,
    duplicates: Family<ComponentLabels, Counter>,
    reloads: Family<ReloadLabels, Counter>,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
pub(super) struct ComponentLabels {
    component: String,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct OutcomeLabels {
    component: String,
    outcome: &'static str,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct ErrorLabels {
    component: String,
    target: String,
    kind: String,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct RejectedLabels {
    reason: &'static str,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct VerdictLabels {
    component: String,
    verdict: &'static str,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct ReloadLabels {
    outcome: &'static str,
}

/// Makes the histograms of durations, in seconds.
#[derive(Clone)]
struct Buckets;

impl MetricConstructor<Histogram> for Buckets {
    fn new_metric(&self) -> Histogram {
        Histogram::new([0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0])
    }
}

impl Default for ProxyMetrics {
    /// Counts without a registry.
    fn default() -> Self {
        Self {
            scrapes: Family::default(),
            errors: Family::default(),
            rejected: Family::default(),
            duration: Family::new_with_constructor(Buckets),
            in_flight: Gauge::default(),
            received: Family::default(),
            sent: Family::default(),
            samples: Family::default(),
            malformed: Family::default(),
            conflicts: Family::default(),
            duplicates: Family::default(),
            reloads: Family::default(),
        }
    }
}

impl ProxyMetrics {
    /// Registers the series; for the names of the documentation give a registry with the prefix `hcp_metrics_proxy`.
    #[must_use]
    pub fn register(registry: &mut Registry) -> Self {
        let metrics = Self::default();
        metrics.register_scrapes(registry);
        metrics.register_contents(registry);
        metrics
    }

    fn register_scrapes(&self, registry: &mut Registry) {
        registry.register("scrapes", "Scrapes by how they ended", self.scrapes.clone());
        registry.register("scrape_errors", "Targets that failed", self.errors.clone());
        registry.register("rejected", "Requests that were refused", self.rejected.clone());
        let help = "Time from a request to the end of its answer";
        registry.register_with_unit("scrape_duration", help, Unit::Seconds, self.duration.clone());
        registry.register("scrapes_in_flight", "Scrapes going on", self.in_flight.clone());
        let help = "Attempts to read changed certificates";
        registry.register("certificate_reloads", help, self.reloads.clone());
    }

    fn register_contents(&self, registry: &mut Registry) {
        let help = "Bytes received from targets, decompressed";
        registry.register("received_bytes", help, self.received.clone());
        registry.register("sent_bytes", "Bytes of bodies sent to scrapers", self.sent.clone());
        registry.register("samples", "Samples by what the rules said", self.samples.clone());
        let help = "Lines that are no exposition and were skipped";
        registry.register("malformed_lines", help, self.malformed.clone());
        let help = "Families that two targets of a component type differently";
        registry.register("type_conflicts", help, self.conflicts.clone());
        let help = "Series left out since another target of the component exposes them";
        registry.register("duplicate_series", help, self.duplicates.clone());
    }

    pub(super) fn failed(&self, component: &str, target: &str, error: &ScrapeError) {
        self.errors.get_or_create(&error_labels(component, target, error.kind())).inc();
    }

    /// How often that target failed since the proxy started.
    pub(super) fn failures(&self, component: &str, target: &str) -> u64 {
        let count = |kind| {
            self.errors.get(&error_labels(component, target, kind)).map_or(0, |count| count.get())
        };
        ScrapeErrorKind::ALL.into_iter().map(count).sum()
    }

    /// Ends the series of a target that is gone.
    pub(super) fn forget(&self, component: &str, target: &str) {
        for kind in ScrapeErrorKind::ALL {
            self.errors.remove(&error_labels(component, target, kind));
        }
    }

    pub(super) fn rejected(&self, reason: &'static str) {
        self.rejected.get_or_create(&RejectedLabels { reason }).inc();
    }

    pub(super) fn ended(&self, component: &str, outcome: &'static str, took: Duration) {
        let labels = OutcomeLabels { component: component.to_owned(), outcome };
        self.scrapes.get_or_create(&labels).inc();
        self.duration.get_or_create(&of(component)).observe(took.as_secs_f64());
    }

    pub(super) fn counted(&self, component: &str, counts: &Counts) {
        for (verdict, count) in
            [("kept", counts.samples_kept), ("dropped", counts.samples_dropped())]
        {
            let labels = VerdictLabels { component: component.to_owned(), verdict };
            self.samples.get_or_create(&labels).inc_by(count);
        }
        self.malformed.get_or_create(&of(component)).inc_by(counts.lines_skipped);
        self.received.get_or_create(&of(component)).inc_by(counts.bytes_in);
    }

    pub(super) fn merged(&self, component: &str, conflicts: u64, duplicates: u64) {
        self.conflicts.get_or_create(&of(component)).inc_by(conflicts);
        self.duplicates.get_or_create(&of(component)).inc_by(duplicates);
    }

    pub(super) fn reloaded(&self, outcome: &'static str) {
        self.reloads.get_or_create(&ReloadLabels { outcome }).inc();
    }
}

/// The labels of a series of that component.
pub(super) fn of(component: &str) -> ComponentLabels {
    ComponentLabels { component: component.to_owned() }
}

fn error_labels(component: &str, target: &str, kind: ScrapeErrorKind) -> ErrorLabels {
    ErrorLabels {
        component: component.to_owned(),
        target: target.to_owned(),
        kind: kind.to_string(),
    }
}

impl fmt::Debug for ProxyMetrics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ProxyMetrics").finish_non_exhaustive()
    }
}
