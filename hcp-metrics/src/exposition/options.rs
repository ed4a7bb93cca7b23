//! How a filter reads and what it adds.

use super::Format;
use crate::label::LabelCompat;

/// What is done about a malformed line.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum OnMalformed {
    /// The whole exposition fails, as with Prometheus: the default.
    #[default]
    Fail,
    /// The line is dropped and counted, as with VictoriaMetrics. A line ends here at its first newline, also within quotes.
    Skip,
}

/// Labels that a scrape adds to every series, before the rules see it, as Prometheus does.
///
/// Source: Prometheus, `honor_labels`; `scrape/scrape.go`, `mutateSampleLabels`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct TargetLabels {
    /// Names and values, such as `job`, `instance`, `namespace`, `pod`.
    pub labels: Vec<(String, String)>,
    /// Whose label wins where the exposition has one of the same name: the target's, and the exposed one becomes
    /// `exported_<name>` (`false`, the default), or the exposed one (`true`).
    pub honor: bool,
}

impl TargetLabels {
    /// Labels that win over exposed ones.
    #[must_use]
    pub fn new<N: Into<String>, V: Into<String>>(labels: impl IntoIterator<Item = (N, V)>) -> Self {
        let labels = labels.into_iter().map(|(name, value)| (name.into(), value.into()));
        Self { labels: labels.collect(), honor: false }
    }

    /// Says whether exposed labels win.
    #[must_use]
    pub const fn with_honor(mut self, honor: bool) -> Self {
        self.honor = honor;
        self
    }
}

/// How a [`Filter`](super::Filter) reads, and what it adds.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct FilterOptions {
    /// The format of the exposition; text unless told.
    pub format: Format,
    /// How `le` and `quantile` look to the rules; as in Prometheus 3 unless told. Never changes what is written.
    pub compat: LabelCompat,
    /// What is done about a malformed line; fails unless told.
    pub on_malformed: OnMalformed,
    /// The longest line in bytes without its newline, and the most that is held back before a sample; 1 MiB unless told.
    pub max_line_bytes: usize,
    /// What is added to every series.
    pub target_labels: Option<TargetLabels>,
}

impl Default for FilterOptions {
    fn default() -> Self {
        Self {
            format: Format::default(),
            compat: LabelCompat::default(),
            on_malformed: OnMalformed::default(),
            max_line_bytes: 1 << 20,
            target_labels: None,
        }
    }
}

impl FilterOptions {
    /// Says which format the exposition is in.
    #[must_use]
    pub const fn with_format(mut self, format: Format) -> Self {
        self.format = format;
        self
    }

    /// Says how `le` and `quantile` look to the rules.
    #[must_use]
    pub const fn with_compat(mut self, compat: LabelCompat) -> Self {
        self.compat = compat;
        self
    }

    /// Says what is done about a malformed line.
    #[must_use]
    pub const fn with_on_malformed(mut self, on_malformed: OnMalformed) -> Self {
        self.on_malformed = on_malformed;
        self
    }

    /// Says how long a line can be.
    #[must_use]
    pub const fn with_max_line_bytes(mut self, bytes: usize) -> Self {
        self.max_line_bytes = bytes;
        self
    }

    /// Says what is added to every series.
    #[must_use]
    pub fn with_target_labels(mut self, labels: impl Into<Option<TargetLabels>>) -> Self {
        self.target_labels = labels.into();
        self
    }
}
