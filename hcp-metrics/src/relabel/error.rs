//! Why a list of rules is not usable.

use std::fmt;

/// A field of a rule, in Prometheus' spelling.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Field {
    /// `action`
    Action,
    /// `source_labels`
    SourceLabels,
    /// `separator`
    Separator,
    /// `regex`
    Regex,
    /// `modulus`
    Modulus,
    /// `target_label`
    TargetLabel,
    /// `replacement`
    Replacement,
}

impl fmt::Display for Field {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Action => "action",
            Self::SourceLabels => "source_labels",
            Self::Separator => "separator",
            Self::Regex => "regex",
            Self::Modulus => "modulus",
            Self::TargetLabel => "target_label",
            Self::Replacement => "replacement",
        })
    }
}

/// A rule that Prometheus would refuse: where, why in Prometheus' words, and what to do.
///
/// Source: Prometheus, `Config.Validate` in `model/relabel`; Go, `regexp/syntax`.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("rule {rule}, {field}{}: {message}; {remedy}", offset.map_or_else(String::new, |at| format!(" at byte {at}")))]
#[non_exhaustive]
pub struct CompileError {
    /// Which rule of the list, counted from 0.
    pub rule: usize,
    /// Which of its fields.
    pub field: Field,
    /// The byte of the field's text at which the trouble is, where that is known.
    pub offset: Option<usize>,
    /// Why, in the words Prometheus uses.
    pub message: String,
    /// What to do about it.
    pub remedy: &'static str,
}
