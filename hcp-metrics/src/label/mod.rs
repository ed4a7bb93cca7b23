//! Labels of one series, owned and borrowed, and how names and values are read.

mod labels;
mod quote;
mod table;

pub use self::labels::Labels;

pub(crate) use self::labels::{Name, Written};
pub(crate) use self::quote::{Quoted, class, contains};
pub(crate) use self::table::{Place, Span, mark};

/// The name of the label that holds a series' metric name.
pub(crate) const METRIC_NAME: &str = "__name__";

const METRIC_BYTES: &[u8; 8] = b"__name__";

/// Which names are valid for metrics and labels.
///
/// Source: Prometheus, `common/model` (`LegacyValidation`, `UTF8Validation`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum NameScheme {
    /// `[a-zA-Z_][a-zA-Z0-9_]*`, and for metric names also `:`. Prometheus 2.
    Legacy,
    /// Any text that is not empty. The default of Prometheus 3.
    #[default]
    Utf8,
}

impl NameScheme {
    /// Whether `name` can be the name of a label.
    #[must_use]
    pub fn allows_label(self, name: &str) -> bool {
        self.allows(name, false)
    }

    /// Whether `name` can be the name of a metric.
    #[must_use]
    pub fn allows_metric(self, name: &str) -> bool {
        self.allows(name, true)
    }

    fn allows(self, name: &str, colon: bool) -> bool {
        let legacy = |(at, byte): (usize, u8)| {
            byte.is_ascii_alphabetic()
                || byte == b'_'
                || (colon && byte == b':')
                || (at > 0 && byte.is_ascii_digit())
        };
        match self {
            _ if name.is_empty() => false,
            Self::Utf8 => true,
            Self::Legacy => name.bytes().enumerate().all(legacy),
        }
    }
}

/// How the values of `le` and `quantile` look to rules.
///
/// Prometheus 3 rewrites `le="3"` to `le="3.0"` in its parser, before any rule sees it; Prometheus 2 and VictoriaMetrics do
/// not. A rule such as `…_bucket;(1|2|3)` therefore drops on one and keeps on the other. This setting says which
/// of them is to be matched; it never changes what is written out.
///
/// Source: Prometheus, `model/textparse`, `normalizeFloatsInLabelValues`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum LabelCompat {
    /// As they stand in the text: Prometheus 2, VictoriaMetrics.
    Raw,
    /// As Prometheus 3 writes them: the default.
    #[default]
    Prometheus3,
}

/// The labels of one series, borrowed: from a slice of pairs in any order, or from [`Labels`].
#[derive(Clone, Copy, Debug)]
pub struct LabelsView<'a>(Source<'a>);

#[derive(Clone, Copy, Debug)]
enum Source<'a> {
    Pairs(&'a [(&'a str, &'a str)]),
    Labels(&'a Labels),
}

impl<'a> LabelsView<'a> {
    /// The metric name, "" where there is none.
    pub(crate) fn metric_name(&self) -> &'a str {
        match self.0 {
            // As a number, which a comparison of texts is not.
            Source::Pairs(pairs) => pairs
                .iter()
                .find(|(name, _)| {
                    name.as_bytes().first_chunk() == Some(METRIC_BYTES)
                        && name.len() == METRIC_BYTES.len()
                })
                .map_or("", |(_, value)| *value),
            Source::Labels(labels) => labels.get(METRIC_NAME).unwrap_or(""),
        }
    }

    /// The value of `name`, of the first such label; "" where there is none.
    #[must_use]
    pub fn get(&self, name: &str) -> &'a str {
        match self.0 {
            Source::Pairs(pairs) => {
                pairs.iter().find(|(n, _)| *n == name).map_or("", |(_, value)| *value)
            }
            Source::Labels(labels) => labels.get(name).unwrap_or(""),
        }
    }

    /// Whether no label has a value.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.iter().all(|(_, value)| value.is_empty())
    }

    /// All labels.
    pub fn iter(&self) -> impl Iterator<Item = (&'a str, &'a str)> {
        let (pairs, labels) = match self.0 {
            Source::Pairs(pairs) => (Some(pairs.iter().copied()), None),
            Source::Labels(labels) => (None, Some(labels.iter())),
        };
        pairs.into_iter().flatten().chain(labels.into_iter().flatten())
    }
}

impl<'a> From<&'a [(&'a str, &'a str)]> for LabelsView<'a> {
    fn from(pairs: &'a [(&'a str, &'a str)]) -> Self {
        Self(Source::Pairs(pairs))
    }
}

impl<'a> From<&'a Labels> for LabelsView<'a> {
    fn from(labels: &'a Labels) -> Self {
        Self(Source::Labels(labels))
    }
}
