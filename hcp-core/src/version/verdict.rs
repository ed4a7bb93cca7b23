//! What a set of rules says about one request.

use serde::{Serialize, Serializer};

use crate::{Finding, JsonPath, Severity};

/// The findings of one request. Where there is nothing to find, nothing is allocated.
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use]
pub struct Verdict<R> {
    findings: Vec<Finding<R>>,
}

impl<R> Verdict<R> {
    /// Whether nothing was found that must not be done.
    #[must_use]
    pub fn is_allowed(&self) -> bool {
        self.refusals().next().is_none()
    }

    /// Everything that was found, in the order of the rules.
    #[must_use]
    pub fn findings(&self) -> &[Finding<R>] {
        &self.findings
    }

    /// What must not be done.
    pub fn refusals(&self) -> impl Iterator<Item = &Finding<R>> {
        self.findings.iter().filter(|finding| finding.severity == Severity::Refusal)
    }

    /// The worst severity, if anything was found.
    #[must_use]
    pub fn worst(&self) -> Option<Severity> {
        self.findings.iter().map(|finding| finding.severity).max()
    }

    /// The findings, to collect those of several verdicts.
    #[must_use]
    pub fn into_findings(self) -> Vec<Finding<R>> {
        self.findings
    }

    /// Adds a finding, unless the policy says that it is none.
    pub(super) fn add(
        &mut self,
        severity: Option<Severity>,
        finding: impl FnOnce() -> (JsonPath, R),
    ) {
        if let Some(severity) = severity {
            let (path, rule) = finding();
            self.findings.push(Finding::new(severity, path, rule));
        }
    }

    /// Adds what must not be done, whatever the policy.
    pub(super) fn refuse(&mut self, path: JsonPath, rule: R) {
        self.findings.push(Finding::refusal(path, rule));
    }
}

impl<R> Default for Verdict<R> {
    fn default() -> Self {
        Self { findings: Vec::new() }
    }
}

impl<R> From<Vec<Finding<R>>> for Verdict<R> {
    fn from(findings: Vec<Finding<R>>) -> Self {
        Self { findings }
    }
}

impl<R: crate::Rule> Serialize for Verdict<R> {
    /// The list of findings.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.findings.serialize(serializer)
    }
}
