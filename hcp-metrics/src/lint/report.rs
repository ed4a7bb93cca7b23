//! Where checks put what they find.

use super::{Finding, Lint, Place, Severity};
use crate::relabel::{Field, Spelling, key};
use crate::sets::Component;

/// So many examples are named in a message.
pub(super) const EXAMPLES: usize = 5;

/// The findings about one list of rules.
#[derive(Debug)]
pub(super) struct Report {
    component: Option<&'static str>,
    spelling: Spelling,
    pub(super) findings: Vec<Finding>,
}

impl Report {
    pub(super) fn new(component: Option<Component>) -> Self {
        let component = component.map(|c| c.config_key().unwrap_or_else(|| c.name()));
        let spelling = if component.is_some() { Spelling::Operator } else { Spelling::Prometheus };
        Self { component, spelling, findings: Vec::new() }
    }

    /// A finding about a field of a rule, to be added with [`Self::add`].
    pub(super) fn finding(
        &self,
        lint: Lint,
        severity: Severity,
        (rule, field): (usize, Field),
        message: impl Into<String>,
        remedy: impl Into<String>,
    ) -> Finding {
        let field = Some(self.spell(field));
        let place = Place { component: self.component, rule: Some(rule), field };
        Finding::new(lint, severity, &place, message, remedy)
    }

    pub(super) fn add(&mut self, finding: Finding) {
        self.findings.push(finding);
    }

    /// Whether `lint` has found something in a rule.
    pub(super) fn has(&self, lint: Lint, rule: usize) -> bool {
        self.findings.iter().any(|finding| finding.lint == lint && finding.rule == Some(rule))
    }

    /// A field as the list spells it.
    pub(super) const fn spell(&self, field: Field) -> &'static str {
        key(field, self.spelling)
    }

    /// By rule, then in the order of the checks.
    pub(super) fn finish(mut self) -> Vec<Finding> {
        self.findings.sort_by_key(|finding| (finding.rule, finding.lint, finding.offset));
        self.findings
    }
}

/// `a, b, c and 7 more`.
pub(super) fn list<T: AsRef<str>>(examples: &[T], count: u64) -> String {
    let shown: Vec<_> = examples.iter().take(EXAMPLES).map(AsRef::as_ref).collect();
    let more = count.saturating_sub(u64::try_from(shown.len()).unwrap_or(u64::MAX));
    let shown = shown.join(", ");
    if more == 0 { shown } else { format!("{shown} and {more} more") }
}

/// `1 sample`, `2 samples`.
pub(super) fn counted(count: u64, what: &str) -> String {
    let ending = match (count, what) {
        (1, _) => return format!("1 {what}"),
        (_, "family") => return format!("{count} families"),
        (_, "series") => "",
        _ => "s",
    };
    format!("{count} {what}{ending}")
}
