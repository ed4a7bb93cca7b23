//! What a filter has seen and kept.

use std::fmt;
use std::ops::{Add, AddAssign};

/// What a [`Filter`](super::Filter) has seen and kept. Bytes of a line that is not complete yet are not counted yet.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Counts {
    /// Well-formed samples.
    pub samples_in: u64,
    /// Those that were kept.
    pub samples_kept: u64,
    /// Those that each rule dropped, in the order of the rules.
    pub dropped_by_rule: Vec<u64>,
    /// Those that the rules left without a label.
    pub dropped_without_labels: u64,
    /// Metric families. Without metadata, samples of one name that follow each other are one.
    pub families_in: u64,
    /// Families with a kept sample, and those that had none and whose metadata was kept.
    pub families_kept: u64,
    /// Malformed lines that were dropped.
    pub lines_skipped: u64,
    /// Bytes read.
    pub bytes_in: u64,
    /// Bytes written.
    pub bytes_out: u64,
}

impl Counts {
    /// Samples that were well-formed and not kept for a reason the rules gave.
    #[must_use]
    pub fn samples_dropped(&self) -> u64 {
        self.dropped_by_rule.iter().sum::<u64>() + self.dropped_without_labels
    }
}

impl AddAssign<&Self> for Counts {
    fn add_assign(&mut self, other: &Self) {
        let rules = self.dropped_by_rule.len().max(other.dropped_by_rule.len());
        self.dropped_by_rule.resize(rules, 0);
        for (sum, count) in self.dropped_by_rule.iter_mut().zip(&other.dropped_by_rule) {
            *sum += count;
        }
        self.samples_in += other.samples_in;
        self.samples_kept += other.samples_kept;
        self.dropped_without_labels += other.dropped_without_labels;
        self.families_in += other.families_in;
        self.families_kept += other.families_kept;
        self.lines_skipped += other.lines_skipped;
        self.bytes_in += other.bytes_in;
        self.bytes_out += other.bytes_out;
    }
}

impl Add for Counts {
    type Output = Self;

    fn add(mut self, other: Self) -> Self {
        self += &other;
        self
    }
}

impl fmt::Display for Counts {
    /// A table: what, in, kept; and a line for each rule that dropped something.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{:<10} {:>12} {:>12}", "", "in", "kept")?;
        for (what, of, kept) in [
            ("samples", self.samples_in, self.samples_kept),
            ("families", self.families_in, self.families_kept),
            ("bytes", self.bytes_in, self.bytes_out),
        ] {
            writeln!(f, "{what:<10} {of:>12} {kept:>12}")?;
        }
        for (rule, count) in self.dropped_by_rule.iter().enumerate().filter(|(_, n)| **n > 0) {
            writeln!(f, "dropped by rule {rule}: {count}")?;
        }
        if self.dropped_without_labels > 0 {
            writeln!(f, "dropped without labels: {}", self.dropped_without_labels)?;
        }
        if self.lines_skipped > 0 {
            writeln!(f, "malformed lines skipped: {}", self.lines_skipped)?;
        }
        Ok(())
    }
}
