//! Several targets as one answer: scraped at once, each on its own account, and put together.

use std::fmt::Write;
use std::sync::atomic::{AtomicUsize, Ordering};

use futures_util::future::join_all;
use tracing::Instrument;

use crate::exposition::{Counts, ExpositionError, Format};

use super::accept::ContentType;
use super::config::{FailureSeries, Target};
use super::error::{ScrapeError, ScrapeErrorKind};
use super::limits::Limit;
use super::merge::{self, Merged};
use super::metrics::ProxyMetrics;
use super::pump::{Ask, Pump};

/// What all targets that answered have to say.
pub(super) struct Together {
    pub(super) merged: Merged,
    pub(super) content: ContentType,
    pub(super) counts: Counts,
    /// Whether a target is missing from it.
    pub(super) partial: bool,
}

/// The targets that failed, and why.
pub(super) type Failures<'a> = Vec<(&'a Target, ScrapeError)>;

/// Who asks all targets of an endpoint, and how that is told.
#[derive(Clone, Copy)]
pub(super) struct Round<'a> {
    pub(super) ask: Ask<'a>,
    pub(super) component: &'a str,
    pub(super) metrics: &'a ProxyMetrics,
    pub(super) series: FailureSeries,
}

/// Everything one target has to say.
struct Collected<'a> {
    target: &'a Target,
    text: Vec<u8>,
    content: ContentType,
    counts: Counts,
}

/// How many filtered bytes all targets of one answer may still have.
struct Budget {
    allowed: usize,
    taken: AtomicUsize,
}

impl<'a> Round<'a> {
    /// Scrapes all targets at once. One that fails costs its samples, not the answer, unless all fail or what is reached is a
    /// limit of the answer as a whole.
    pub(super) async fn scrape(self) -> Result<Together, Failures<'a>> {
        let limits = self.ask.limits;
        let budget = Budget { allowed: limits.kept_bytes, taken: AtomicUsize::new(0) };
        let (collected, mut failures) = self.collect_all(&budget).await;
        for (target, error) in &failures {
            report(self.metrics, self.component, target, error);
        }
        let mut counts = Counts::default();
        for one in &collected {
            counts += &one.counts;
        }
        if counts.samples_kept > limits.samples
            && let Some(last) = collected.last()
        {
            let error = ScrapeError::Limit { limit: Limit::Samples, allowed: limits.samples };
            report(self.metrics, self.component, last.target, &error);
            failures.push((last.target, error));
        }
        let content = collected.iter().map(|one| one.content).reduce(ContentType::join);
        match content {
            Some(content) if !failures.iter().any(|(_, error)| is_of_all(error)) => {
                let last = collected.last().map(|one| one.target);
                self.put_together(collected, content, counts, &failures).map_err(|error| {
                    last.map(|target| (target, ScrapeError::Malformed(error))).into_iter().collect()
                })
            }
            _ => Err(failures),
        }
    }

    /// All targets are asked for the same formats. If some answer with OpenMetrics and some with text, the former are asked
    /// again, for text alone, within the same time.
    async fn collect_all(self, budget: &Budget) -> (Vec<Collected<'a>>, Failures<'a>) {
        let ask = self.ask;
        let targets = ask.endpoint.targets.iter();
        let results = join_all(targets.map(|target| collect(ask, target, budget))).await;
        let formats = results.iter().flatten().map(|one| one.content.protocol.format());
        let (has_text, has_other) = formats.fold((false, false), |(text, other), format| {
            (text || format == Format::Text, other || format != Format::Text)
        });
        let mixed = has_text && has_other;
        let text_only = ask.accept.text_only();
        let again = Ask { accept: &text_only, ..ask };
        let results = results.into_iter().map(async |result| match result {
            Ok(one) if mixed && one.content.protocol.format() != Format::Text => {
                budget.give_back(one.text.len());
                match collect(again, one.target, budget).await {
                    Ok(one) if one.content.protocol.format() != Format::Text => {
                        Err((one.target, ScrapeError::MixedFormats))
                    }
                    result => result,
                }
            }
            result => result,
        });
        let (mut collected, mut failures) = (Vec::new(), Vec::new());
        for result in join_all(results).await {
            match result {
                Ok(one) => collected.push(one),
                Err(failure) => failures.push(failure),
            }
        }
        (collected, failures)
    }

    fn put_together(
        self,
        collected: Vec<Collected<'_>>,
        content: ContentType,
        counts: Counts,
        failures: &[(&'a Target, ScrapeError)],
    ) -> Result<Together, ExpositionError> {
        let format = content.protocol.format();
        let mut texts: Vec<_> = collected.into_iter().map(|one| one.text).collect();
        if self.ask.endpoint.targets.len() > 1 {
            texts.push(self.failure_series(failures, format));
        }
        let merged = merge::merge(texts, format)?;
        self.metrics.merged(self.component, merged.conflicts, merged.duplicates);
        if merged.conflicts > 0 {
            let (component, conflicts) = (self.component, merged.conflicts);
            tracing::warn!(
                component,
                conflicts,
                "targets type families differently; the first type stands"
            );
        }
        Ok(Together { merged, content, counts, partial: !failures.is_empty() })
    }

    /// An exposition of the series that tells of failures.
    fn failure_series(self, failures: &[(&'a Target, ScrapeError)], format: Format) -> Vec<u8> {
        let component = self.component;
        let (name, label, lines): (_, _, Vec<(&str, u64)>) = match self.series {
            FailureSeries::Off => return Vec::new(),
            FailureSeries::Cumulative => {
                let count = |target: &'a Target| {
                    (target.name.as_str(), self.metrics.failures(component, &target.name))
                };
                let lines = self.ask.endpoint.targets.iter().map(count).collect();
                ("hcp_metrics_proxy_scrape_errors", "target", lines)
            }
            FailureSeries::HyperShift => {
                let pod = |(target, _): &(&'a Target, ScrapeError)| (pod(target), 1);
                ("metrics_aggregator_pod_scrape_errors", "pod", failures.iter().map(pod).collect())
            }
        };
        if lines.is_empty() {
            return Vec::new();
        }
        let family = if format == Format::OpenMetrics { "" } else { "_total" };
        let mut text = format!(
            "# HELP {name}{family} Scrapes of a target that failed, counted by the proxy in between.\n# TYPE {name}{family} counter\n"
        );
        for (value, count) in lines {
            // Writing to a string cannot fail.
            let _ = writeln!(
                text,
                "{name}_total{{component=\"{component}\",{label}=\"{}\"}} {count}",
                escaped(value)
            );
        }
        text.into_bytes()
    }
}

impl Budget {
    fn take(&self, bytes: usize) -> Result<(), ScrapeError> {
        let before = self.taken.fetch_add(bytes, Ordering::Relaxed);
        if before + bytes > self.allowed {
            self.give_back(bytes);
            let allowed = self.allowed as u64;
            return Err(ScrapeError::Limit { limit: Limit::KeptBytes, allowed });
        }
        Ok(())
    }

    fn give_back(&self, bytes: usize) {
        self.taken.fetch_sub(bytes, Ordering::Relaxed);
    }
}

/// Counts and logs a target's failure.
pub(super) fn report(
    metrics: &ProxyMetrics,
    component: &str,
    target: &Target,
    error: &ScrapeError,
) {
    metrics.failed(component, &target.name, error);
    tracing::warn!(component, target = target.name.as_str(), %error, "scrape of a target failed");
}

/// Whether what failed is the answer as a whole, not a target.
fn is_of_all(error: &ScrapeError) -> bool {
    let kind = error.kind();
    [Limit::KeptBytes, Limit::Samples]
        .into_iter()
        .any(|limit| kind == ScrapeErrorKind::Limit(limit))
}

async fn collect<'a>(
    ask: Ask<'_>,
    target: &'a Target,
    budget: &Budget,
) -> Result<Collected<'a>, (&'a Target, ScrapeError)> {
    let mut taken = 0;
    let collect = async {
        let mut pump = Pump::open(ask, target).await?;
        let (mut text, mut more) = (Vec::new(), true);
        while more {
            more = pump.next(&mut text).await?;
            budget.take(text.len() - taken)?;
            taken = text.len();
        }
        Ok(Collected { target, text, content: pump.content, counts: pump.counts().clone() })
    };
    let span = tracing::debug_span!("target", target = target.name.as_str());
    let collected = collect.instrument(span).await;
    collected.map_err(|error| {
        budget.give_back(taken);
        (target, error)
    })
}

/// What HyperShift's metrics-proxy calls the target.
fn pod(target: &Target) -> &str {
    let label = target.labels.iter().find(|(name, _)| name == "pod");
    label.map_or(&target.name, |(_, value)| value)
}

/// As the value of a label is written in quotes.
fn escaped(value: &str) -> String {
    value.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}
