//! Types of metric families, and which samples belong to them.

use std::fmt;

use super::Format;

/// The type of a metric family, as its `TYPE` line says.
///
/// Source: Prometheus, `exposition_formats`; `OpenMetrics` 1.0, "Metric Types".
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum MetricKind {
    /// `counter`
    Counter,
    /// `gauge`
    Gauge,
    /// `histogram`
    Histogram,
    /// `gaugehistogram`, in `OpenMetrics` only.
    GaugeHistogram,
    /// `summary`
    Summary,
    /// `info`, in `OpenMetrics` only.
    Info,
    /// `stateset`, in `OpenMetrics` only.
    StateSet,
    /// `untyped` in text, `unknown` in `OpenMetrics`, and whatever has no `TYPE` line.
    #[default]
    Unknown,
}

impl MetricKind {
    const ALL: [Self; 8] = [
        Self::Counter,
        Self::Gauge,
        Self::Histogram,
        Self::GaugeHistogram,
        Self::Summary,
        Self::Info,
        Self::StateSet,
        Self::Unknown,
    ];

    /// The word of a `TYPE` line in `OpenMetrics`; text says `untyped` for `unknown`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Counter => "counter",
            Self::Gauge => "gauge",
            Self::Histogram => "histogram",
            Self::GaugeHistogram => "gaugehistogram",
            Self::Summary => "summary",
            Self::Info => "info",
            Self::StateSet => "stateset",
            Self::Unknown => "unknown",
        }
    }

    /// Reads the word of a `TYPE` line, which must be exactly one of the words the format has.
    pub(crate) fn from_word(format: Format, word: &[u8]) -> Option<Self> {
        let kind = Self::ALL.into_iter().find(|kind| kind.name().as_bytes() == word);
        match format {
            Format::OpenMetrics => kind,
            Format::Text if word == b"untyped" => Some(Self::Unknown),
            Format::Text => kind.filter(|kind| {
                matches!(kind, Self::Counter | Self::Gauge | Self::Histogram | Self::Summary)
            }),
        }
    }

    /// What the names of samples have behind the name of the family. The name alone is always a name of the family, too.
    pub(crate) const fn suffixes(self) -> &'static [&'static str] {
        match self {
            Self::Counter => &["_total", "_created"],
            Self::Histogram => &["_bucket", "_count", "_sum", "_created"],
            Self::GaugeHistogram => &["_bucket", "_gcount", "_gsum"],
            Self::Summary => &["_count", "_sum", "_created"],
            Self::Info => &["_info"],
            Self::Gauge | Self::StateSet | Self::Unknown => &[],
        }
    }

    /// Whether a sample called `sample` is one of the family called `family`.
    pub(crate) fn has_sample(self, family: &str, sample: &str) -> bool {
        sample
            .strip_prefix(family)
            .is_some_and(|suffix| suffix.is_empty() || self.suffixes().contains(&suffix))
    }

    /// What the samples are called that every such family has: suffixes, "" for the name alone.
    pub(crate) const fn main_suffixes(self, format: Format) -> &'static [&'static str] {
        match (self, format) {
            (Self::Counter, Format::OpenMetrics) => &["_total"],
            (Self::Histogram, _) => &["_bucket", "_count", "_sum"],
            (Self::GaugeHistogram, _) => &["_bucket", "_gcount", "_gsum"],
            (Self::Summary, _) => &["", "_count", "_sum"],
            (Self::Info, _) => &["_info"],
            (Self::Counter | Self::Gauge | Self::StateSet | Self::Unknown, _) => &[""],
        }
    }
}

impl fmt::Display for MetricKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
