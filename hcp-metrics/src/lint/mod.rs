//! What is wrong with relabel rules that Prometheus takes without a word.
//!
//! [`lint`] looks at the rules alone and says what it can prove. [`Evidence`] also looks at a payload, chunk by chunk with bounded
//! memory, and says what the rules do to it. [`lint_sre_config`] reads a whole `sre-metric-set`. All of them say it in [`Finding`]s;
//! [`Lint`] is the table of all checks.
//!
//! ```
//! use hcp_metrics::exposition::Format;
//! use hcp_metrics::lint::{Linter, lint};
//! use hcp_metrics::relabel::{Rule, Rules};
//!
//! // A line break within quotes becomes a space in YAML.
//! let rules = Rules::compile(&[Rule::drop_names("go_.*| process_.*")])?;
//! let findings = lint(&rules);
//! assert_eq!(findings[0].lint.id(), "dead-alternative");
//! assert_eq!((findings[0].rule, findings[0].offset), (Some(0), Some(6)));
//!
//! let mut evidence = Linter::new(rules).evidence(Format::Text);
//! evidence.observe(b"# TYPE up gauge\nup")?;
//! evidence.observe(b" 1\n")?;
//! assert!(evidence.finish()?.iter().any(|finding| finding.lint.id() == "unmatched"));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! What is called dead, shadowed or unreachable is proved, by looking at all the texts that automata accept. One thing is taken for
//! granted: that no metric name and no bound of a bucket holds whitespace or a control character, although Prometheus 3 would allow
//! it. What would take too long to prove is not said.

mod alternatives;
mod checks;
mod evidence;
mod finding;
mod kind;
mod language;
mod report;
mod sre;
mod subject;

use crate::exposition::Format;
use crate::relabel::Rules;
use crate::sets::Component;

pub use evidence::Evidence;
pub use finding::{Finding, Severity};
pub use kind::Lint;
pub use sre::lint_sre_config;
#[cfg(feature = "yaml")]
pub use sre::lint_sre_text;

pub(crate) use finding::Place;

/// Checks a list of rules, with or without a payload.
#[derive(Clone, Debug)]
pub struct Linter {
    rules: Rules,
    component: Option<Component>,
}

impl Linter {
    /// For these rules.
    #[must_use]
    pub const fn new(rules: Rules) -> Self {
        Self { rules, component: None }
    }

    /// Says whose rules they are; fields are then spelt as in the SRE configuration.
    #[must_use]
    pub const fn with_component(mut self, component: Component) -> Self {
        self.component = Some(component);
        self
    }

    /// What can be said without a payload, by rule.
    #[must_use]
    pub fn lint(&self) -> Vec<Finding> {
        checks::all(&self.rules, self.component, None)
    }

    /// Begins to look at a payload.
    #[must_use]
    pub fn evidence(self, format: Format) -> Evidence {
        Evidence::new(self, format)
    }
}

/// What can be said of rules without a payload, by rule.
#[must_use]
pub fn lint(rules: &Rules) -> Vec<Finding> {
    checks::all(rules, None, None)
}
