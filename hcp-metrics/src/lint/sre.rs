//! A whole SRE configuration.

use super::{Finding, Linter};
use crate::relabel::Rules;
use crate::sets::SreConfig;

/// What is wrong with an SRE configuration: what its reader found, and what can be said of each component's rules without a payload.
///
/// Lists with a rule that Prometheus refuses are not looked at further.
#[must_use]
pub fn lint_sre_config(config: &SreConfig) -> Vec<Finding> {
    let mut findings = config.findings().to_vec();
    for component in config.components() {
        if let Ok(rules) = Rules::compile(config.rules(component)) {
            findings.extend(Linter::new(rules).with_component(component).lint());
        }
    }
    findings
}

/// What is wrong with the text of an SRE configuration; [`Lint::Syntax`](super::Lint::Syntax) and
/// [`Lint::WrongType`](super::Lint::WrongType) are all that is said of a text that HyperShift cannot read.
#[cfg(feature = "yaml")]
#[must_use]
pub fn lint_sre_text(text: &str) -> Vec<Finding> {
    match SreConfig::parse_compatible(text) {
        Ok(config) => lint_sre_config(&config),
        Err(error) => error.findings,
    }
}
