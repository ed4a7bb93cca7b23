//! What a set of rules says about one request.

use serde::{Serialize, Serializer};

use crate::{Finding, Severity};

/// The findings of one request. None of them allocates where there is nothing to find.
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
