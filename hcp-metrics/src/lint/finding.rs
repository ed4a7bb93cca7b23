//! What is wrong with a configuration, place by place.

use std::fmt;

use serde::Serialize;

use super::Lint;
use crate::relabel::{CompileError, RuleFileError};

/// How bad a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Severity {
    /// Worth knowing, never refused.
    Notice,
    /// Prometheus or HyperShift takes it without a word, and it does not do what was meant: refused by strict readings only.
    Unsafe,
    /// Refused by all readings.
    Broken,
}

impl Severity {
    /// One word for it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Notice => "notice",
            Self::Unsafe => "unsafe",
            Self::Broken => "broken",
        }
    }
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// One thing found in a configuration: which check found it, where, what, and what to do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Finding {
    /// Which check found it.
    pub lint: Lint,
    /// How bad it is.
    pub severity: Severity,
    /// The key it is under, as it is written.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub component: Option<String>,
    /// Which rule of the list, counted from 0.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rule: Option<usize>,
    /// Which field of the rule, as it is written.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub field: Option<String>,
    /// The byte of the field's text at which the trouble is, where that is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub offset: Option<usize>,
    /// The alternatives of the expression it is about, as they are written; none if it is about the whole.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub alternatives: Vec<String>,
    /// What is wrong.
    pub message: String,
    /// What to do about it.
    pub remedy: String,
}

impl Finding {
    pub(crate) fn new(
        lint: Lint,
        severity: Severity,
        place: &Place<'_>,
        message: impl Into<String>,
        remedy: impl Into<String>,
    ) -> Self {
        Self {
            lint,
            severity,
            component: place.component.map(str::to_owned),
            rule: place.rule,
            field: place.field.map(str::to_owned),
            offset: None,
            alternatives: Vec::new(),
            message: message.into(),
            remedy: remedy.into(),
        }
    }

    pub(crate) fn at(mut self, offset: Option<usize>) -> Self {
        self.offset = offset;
        self
    }

    pub(crate) fn about<T: Into<String>>(
        mut self,
        alternatives: impl IntoIterator<Item = T>,
    ) -> Self {
        self.alternatives = alternatives.into_iter().map(Into::into).collect();
        self
    }
}

impl fmt::Display for Finding {
    /// `etcd[2].regex at byte 5: what is wrong; what to do`, or `rule 2, regex at byte 5: …` without a component.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.component, self.rule) {
            (Some(component), Some(rule)) => write!(f, "{component}[{rule}]")?,
            (Some(component), None) => f.write_str(component)?,
            (None, Some(rule)) => write!(f, "rule {rule}")?,
            (None, None) => return write!(f, "{}; {}", self.message, self.remedy),
        }
        if let Some(field) = &self.field {
            write!(f, "{}{field}", if self.component.is_some() { "." } else { ", " })?;
        }
        if let Some(offset) = self.offset {
            write!(f, " at byte {offset}")?;
        }
        write!(f, ": {}; {}", self.message, self.remedy)
    }
}

impl From<&CompileError> for Finding {
    /// A rule that Prometheus would refuse.
    fn from(error: &CompileError) -> Self {
        let field = error.field.to_string();
        let place = Place { rule: Some(error.rule), field: Some(&field), ..Place::default() };
        let message = error.message.as_str();
        Self::new(Lint::Refused, Severity::Broken, &place, message, error.remedy).at(error.offset)
    }
}

impl From<&RuleFileError> for Finding {
    /// A text that is no list of rules, for example for an unknown key or for keys of two spellings.
    fn from(error: &RuleFileError) -> Self {
        let place = Place { rule: error.rule, field: error.key.as_deref(), ..Place::default() };
        let at = match (error.line, error.column) {
            (Some(line), Some(column)) => format!(" (line {line}, column {column})"),
            _ => String::new(),
        };
        let message = format!("{}{at}", error.message);
        Self::new(Lint::Syntax, Severity::Broken, &place, message, error.remedy)
    }
}

/// Where in the configuration the reader is.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Place<'a> {
    pub(crate) component: Option<&'a str>,
    pub(crate) rule: Option<usize>,
    pub(crate) field: Option<&'a str>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::relabel::{Rule, Rules};

    #[test]
    fn a_finding_says_where_what_and_what_to_do() {
        let place = Place { component: Some("etcd"), rule: Some(2), field: Some("regex") };
        let finding = Finding::new(Lint::Refused, Severity::Broken, &place, "is bad", "mend it");
        assert_eq!(finding.to_string(), "etcd[2].regex: is bad; mend it");
        let nowhere = Place::default();
        let finding =
            Finding::new(Lint::NoRules, Severity::Notice, &nowhere, "is empty", "fill it");
        assert_eq!(finding.to_string(), "is empty; fill it");
        let error = Rules::compile(&[Rule::drop_names("a(b")]).unwrap_err();
        assert_eq!(Finding::from(&error).to_string(), error.to_string());
    }

    #[test]
    fn machines_read_what_is_there_and_nothing_else() {
        let place = Place { rule: Some(2), ..Place::default() };
        let finding = Finding::new(Lint::Shadowed, Severity::Unsafe, &place, "m", "r");
        assert_eq!(
            serde_json::to_string(&finding.at(Some(3)).about(["a"])).unwrap(),
            r#"{"lint":"shadowed","severity":"unsafe","rule":2,"offset":3,"alternatives":["a"],"message":"m","remedy":"r"}"#
        );
    }
}
