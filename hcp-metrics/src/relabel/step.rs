//! One compiled rule, and what it does to labels.

use super::pattern::Pattern;
use super::{Action, CompileError, CompileOptions, Field, Rule};
use crate::label::Labels;

/// A rule that is known to be valid.
#[derive(Clone, Debug)]
pub(crate) struct Step {
    pub(crate) action: Action,
    pub(crate) sources: Box<[Box<str>]>,
    pub(crate) separator: Box<str>,
    pub(crate) pattern: Pattern,
    pub(crate) target: Box<str>,
}

impl Step {
    /// Checks what Prometheus checks, in its order, and compiles.
    pub(crate) fn compile(
        index: usize,
        rule: &Rule,
        _options: &CompileOptions,
    ) -> Result<Self, CompileError> {
        let regex = rule.regex.as_deref().unwrap_or("(.*)");
        let pattern = Pattern::anchored(regex).map_err(|error| CompileError {
            rule: index,
            field: Field::Regex,
            offset: Some(error.offset),
            message: error.message,
            remedy: "write the expression in Go's syntax (RE2)",
        })?;
        Ok(Self {
            action: rule.action,
            sources: rule.source_labels.iter().flatten().map(|name| name.as_str().into()).collect(),
            separator: rule.separator.as_deref().unwrap_or(";").into(),
            pattern,
            target: rule.target_label.as_str().into(),
        })
    }

    /// Whether a filter drops a series whose sources match, or equal the target, or do neither.
    pub(crate) const fn drops_on(&self, matched: bool) -> bool {
        match self.action {
            Action::Drop | Action::DropEqual => matched,
            Action::Keep | Action::KeepEqual => !matched,
            _ => false,
        }
    }

    /// Changes `labels`; whether the series is kept.
    pub(crate) fn apply(&self, labels: &mut Labels) -> bool {
        let values: Vec<_> =
            self.sources.iter().map(|name| labels.get(name).unwrap_or("")).collect();
        let value = values.join(&self.separator);
        match self.action {
            Action::Drop => !self.pattern.is_match(&value),
            Action::Keep => self.pattern.is_match(&value),
            Action::DropEqual => labels.get(&self.target).unwrap_or("") != value,
            Action::KeepEqual => labels.get(&self.target).unwrap_or("") == value,
            _ => true,
        }
    }
}
