//! What rules do to a payload, counted in one pass.

mod family;
mod rule;

use crate::exposition::{ExpositionError, Format, SampleStream, StreamedSample};
use crate::label::Labels;
use crate::relabel::{Rules, Scratch};

use self::family::{Family, fingerprint};
pub(super) use self::rule::{Families, Forms, RuleTally};
use super::{Finding, Linter, checks};

/// A payload that is looked at chunk by chunk, to check rules with.
///
/// Memory does not grow with the payload, but with its longest line, and for rules that change labels with its largest family. `le`
/// and `quantile` look to the rules as in Prometheus 3. Labels that a scrape adds, such as `job`, are not there.
#[derive(Debug)]
pub struct Evidence {
    linter: Linter,
    stream: SampleStream,
    tally: Tally,
}

impl Evidence {
    pub(super) fn new(linter: Linter, format: Format) -> Self {
        let tally = Tally::new(linter.rules.clone());
        Self { linter, stream: SampleStream::new(format), tally }
    }

    /// Looks at the next chunk.
    ///
    /// # Errors
    ///
    /// What is malformed, and where. After an error every call gives the same one.
    pub fn observe(&mut self, chunk: &[u8]) -> Result<(), ExpositionError> {
        let tally = &mut self.tally;
        self.stream.push(chunk, &mut |sample| tally.sample(sample))
    }

    /// Ends the payload: everything that is wrong with the rules, with it and without it, by rule.
    ///
    /// # Errors
    ///
    /// As [`Self::observe`]; and `OpenMetrics` that does not end with `# EOF`.
    pub fn finish(mut self) -> Result<Vec<Finding>, ExpositionError> {
        let tally = &mut self.tally;
        self.stream.finish(&mut |sample| tally.sample(sample))?;
        tally.close_family();
        Ok(checks::all(&self.linter.rules, self.linter.component, Some(&self.tally)))
    }
}

/// What has been counted.
#[derive(Debug)]
pub(super) struct Tally {
    pub(super) samples: u64,
    pub(super) by_rule: Vec<RuleTally>,
    rules: Rules,
    filters_only: bool,
    family: Family,
    labels: Labels,
    /// Fingerprints of the labels at hand behind each rule that can change them.
    stages: Vec<(usize, u64)>,
    scratch: Scratch,
}

impl Tally {
    fn new(rules: Rules) -> Self {
        Self {
            samples: 0,
            by_rule: rules.rules().iter().map(RuleTally::new).collect(),
            filters_only: rules.is_filter(),
            rules,
            family: Family::default(),
            labels: Labels::new(),
            stages: Vec::new(),
            scratch: Scratch::default(),
        }
    }

    fn sample(&mut self, sample: &StreamedSample<'_>) {
        if !self.family.is(sample.family, sample.kind) {
            self.close_family();
            self.family.begin(sample.family, sample.kind);
        }
        self.labels.clone_from(sample.labels);
        if let Some((label, form)) = sample.form {
            self.labels.set(label, form);
        }
        self.stages.clear();
        let mut dropped_by = None;
        for index in 0..self.by_rule.len() {
            self.rule(index, sample, &mut dropped_by);
        }
        self.samples += 1;
        let stays = dropped_by.is_none() && !self.labels.is_empty();
        self.family.sample(sample.labels, dropped_by, stays);
        if stays
            && !self.filters_only
            && let Some(rule) = self.family.collides(sample.labels, &self.labels, &self.stages)
        {
            self.by_rule[rule].collided.add(sample.family, 1);
        }
    }

    fn rule(&mut self, index: usize, sample: &StreamedSample<'_>, dropped_by: &mut Option<usize>) {
        let step = &self.rules.steps()[index];
        let tally = &mut self.by_rule[index];
        let matched = tally.test(step, &self.labels);
        if let Some(earlier) = *dropped_by {
            if matched {
                *tally.hidden.entry(earlier).or_default() += 1;
            }
        } else {
            tally.reached += 1;
            tally.matched += u64::from(matched);
            tally.compare_forms(step, sample, &self.labels, matched);
            if step.drops_on(matched) {
                *dropped_by = Some(index);
            }
        }
        if !step.action.is_filter() {
            step.apply(&mut self.labels, &mut self.scratch);
            self.labels.settle();
            self.stages.push((index, fingerprint(&self.labels)));
        }
    }

    /// Says of the family at hand which rules it is to be told of.
    fn close_family(&mut self) {
        self.family.close(&mut self.by_rule);
    }
}
