//! Labels of one series, owned and borrowed, and how names and values are read.

/// The name of the label that holds a series' metric name.
pub(crate) const METRIC_NAME: &str = "__name__";

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
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum LabelCompat {
    /// As they stand in the text: Prometheus 2, VictoriaMetrics.
    Raw,
    /// As Prometheus 3 writes them: the default.
    #[default]
    Prometheus3,
}

/// The labels of one series, sorted by name, the metric name under `__name__`.
///
/// A label with an empty value is the same as no label: it is never stored.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Labels {
    pairs: Vec<(String, String)>,
}

impl Labels {
    /// No labels.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The value of `name`.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.pairs.iter().find(|(n, _)| n == name).map(|(_, value)| value.as_str())
    }

    /// Gives `name` a value; an empty one removes the label.
    pub fn set(&mut self, name: &str, value: &str) {
        self.remove(name);
        if !value.is_empty() {
            let at = self.pairs.partition_point(|(n, _)| n.as_str() < name);
            self.pairs.insert(at, (name.to_owned(), value.to_owned()));
        }
    }

    /// Removes the label `name`.
    pub fn remove(&mut self, name: &str) {
        self.pairs.retain(|(n, _)| n != name);
    }

    /// All labels, by name.
    #[must_use]
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&str, &str)> {
        self.pairs.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.pairs.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.pairs.is_empty()
    }

    /// Becomes a copy of `view`.
    pub(crate) fn assign(&mut self, view: &LabelsView<'_>) {
        self.clear();
        for (name, value) in view.iter() {
            self.set(name, value);
        }
    }

    /// Removes all and keeps the memory.
    pub fn clear(&mut self) {
        self.pairs.clear();
    }
}

impl<N: AsRef<str>, V: AsRef<str>> FromIterator<(N, V)> for Labels {
    fn from_iter<I: IntoIterator<Item = (N, V)>>(pairs: I) -> Self {
        let mut labels = Self::new();
        for (name, value) in pairs {
            labels.set(name.as_ref(), value.as_ref());
        }
        labels
    }
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
