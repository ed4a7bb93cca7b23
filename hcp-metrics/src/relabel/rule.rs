//! A rule as it was written, before it is known to be valid.

use super::Action;

/// A relabel rule as an operator wrote it. What was left out is `None`, which is not the same as empty.
///
/// Source: Prometheus, `relabel_config`; prometheus-operator, `RelabelConfig`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Rule {
    /// What it does.
    pub action: Action,
    /// The labels whose values, joined with the separator, are looked at.
    pub source_labels: Option<Vec<String>>,
    /// Stands between two source values; `;` if left out.
    pub separator: Option<String>,
    /// Must match the joined values from end to end; `(.*)` if left out. Go's syntax (RE2).
    pub regex: Option<String>,
    /// For [`Action::HashMod`]; 0 is the same as left out.
    pub modulus: u64,
    /// The label that is set, or compared with; empty is the same as left out.
    pub target_label: String,
    /// What the target label is set to, a template with `$1` and `${name}`; `$1` if left out.
    pub replacement: Option<String>,
}

impl Rule {
    /// A rule that does `action` and says nothing else.
    #[must_use]
    pub fn new(action: Action) -> Self {
        Self { action, ..Self::default() }
    }

    /// Drops every series whose name matches.
    #[must_use]
    pub fn drop_names(regex: impl Into<String>) -> Self {
        Self::new(Action::Drop).with_source_labels(["__name__"]).with_regex(regex)
    }

    /// Drops every series whose name does not match.
    #[must_use]
    pub fn keep_names(regex: impl Into<String>) -> Self {
        Self::new(Action::Keep).with_source_labels(["__name__"]).with_regex(regex)
    }

    /// Says which labels are looked at.
    #[must_use]
    pub fn with_source_labels<N: Into<String>>(
        mut self,
        names: impl IntoIterator<Item = N>,
    ) -> Self {
        self.source_labels = Some(names.into_iter().map(Into::into).collect());
        self
    }

    /// Says what stands between two source values.
    #[must_use]
    pub fn with_separator(mut self, separator: impl Into<String>) -> Self {
        self.separator = Some(separator.into());
        self
    }

    /// Says what must match.
    #[must_use]
    pub fn with_regex(mut self, regex: impl Into<String>) -> Self {
        self.regex = Some(regex.into());
        self
    }

    /// Says by what a hash is divided.
    #[must_use]
    pub const fn with_modulus(mut self, modulus: u64) -> Self {
        self.modulus = modulus;
        self
    }

    /// Says which label is set, or compared with.
    #[must_use]
    pub fn with_target_label(mut self, name: impl Into<String>) -> Self {
        self.target_label = name.into();
        self
    }

    /// Says what the target label is set to.
    #[must_use]
    pub fn with_replacement(mut self, template: impl Into<String>) -> Self {
        self.replacement = Some(template.into());
        self
    }
}
