//! Rules for a loop over many series.

use std::sync::Arc;

use super::rules::{Memory, Program};
use super::{Rules, Verdict};
use crate::label::{Labels, LabelsView};

/// [`Rules`] with a memory of their own, for one thread: the fastest way to apply them to many series.
///
/// ```
/// use hcp_metrics::LabelsView;
/// use hcp_metrics::relabel::{Rule, Rules};
///
/// let mut applier = Rules::compile(&[Rule::drop_names("go_.*")])?.applier();
/// let series = [[("__name__", "go_threads")], [("__name__", "up")]];
/// let kept = series.iter().filter(|labels| applier.keep(&LabelsView::from(labels.as_slice())));
/// assert_eq!(kept.count(), 1);
/// # Ok::<(), hcp_metrics::relabel::CompileError>(())
/// ```
#[derive(Debug)]
pub struct Applier {
    program: Arc<Program>,
    memory: Memory,
}

impl Applier {
    pub(super) fn new(program: Arc<Program>) -> Self {
        Self { program, memory: Memory::default() }
    }

    /// What [`Rules::apply`] does.
    pub fn apply(&mut self, labels: &mut Labels) -> Verdict {
        self.program.apply(&mut self.memory, labels)
    }

    /// What [`Rules::keep`] does.
    #[must_use]
    pub fn keep(&mut self, labels: &LabelsView<'_>) -> bool {
        self.program.keep(&mut self.memory, labels)
    }
}

impl From<&Rules> for Applier {
    fn from(rules: &Rules) -> Self {
        rules.applier()
    }
}
