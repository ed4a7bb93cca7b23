//! A compiled list of rules.

use std::sync::Arc;

use super::step::Step;
use super::{CompileError, Rule};
use crate::label::{Labels, LabelsView, NameScheme};

/// How rules are compiled.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct CompileOptions {
    /// Which names a rule may give; [`NameScheme::Utf8`] unless told.
    pub name_scheme: NameScheme,
}

impl CompileOptions {
    /// Says which names a rule may give.
    #[must_use]
    pub const fn with_name_scheme(mut self, name_scheme: NameScheme) -> Self {
        self.name_scheme = name_scheme;
        self
    }
}

/// What rules say of a series.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[must_use]
#[non_exhaustive]
pub enum Verdict {
    /// It stays.
    Keep,
    /// The rule with this index, counted from 0, drops it.
    Drop(usize),
    /// The rules have removed its last label, which drops it.
    NoLabels,
}

/// A compiled list of rules: immutable, cheap to clone, to be shared between threads.
#[derive(Clone, Debug)]
pub struct Rules(Arc<Program>);

#[derive(Debug)]
struct Program {
    rules: Box<[Rule]>,
    steps: Box<[Step]>,
}

impl Rules {
    /// Checks and compiles rules, with Prometheus 3's defaults.
    ///
    /// # Errors
    ///
    /// The first rule that Prometheus would refuse, with its place and a remedy.
    pub fn compile(rules: &[Rule]) -> Result<Self, CompileError> {
        Self::compile_with(rules, &CompileOptions::default())
    }

    /// [`Self::compile`] with other than the default options.
    ///
    /// # Errors
    ///
    /// The first rule that Prometheus would refuse, with its place and a remedy.
    pub fn compile_with(rules: &[Rule], options: &CompileOptions) -> Result<Self, CompileError> {
        let compile = |(index, rule)| Step::compile(index, rule, options);
        let steps = rules.iter().enumerate().map(compile).collect::<Result<_, _>>()?;
        Ok(Self(Arc::new(Program { rules: rules.into(), steps })))
    }

    /// The rules as they were written.
    #[must_use]
    pub fn rules(&self) -> &[Rule] {
        &self.0.rules
    }

    /// Whether no rule changes a label.
    #[must_use]
    pub fn is_filter(&self) -> bool {
        self.0.rules.iter().all(|rule| rule.action.is_filter())
    }

    /// Applies the rules in their order, up to the first that drops the series.
    pub fn apply(&self, labels: &mut Labels) -> Verdict {
        for (index, step) in self.0.steps.iter().enumerate() {
            if !step.apply(labels) {
                return Verdict::Drop(index);
            }
        }
        if labels.is_empty() { Verdict::NoLabels } else { Verdict::Keep }
    }

    /// Whether a series stays, without changing it.
    #[must_use]
    pub fn keep(&self, labels: &LabelsView<'_>) -> bool {
        let mut owned: Labels = labels.iter().collect();
        self.apply(&mut owned) == Verdict::Keep
    }
}
