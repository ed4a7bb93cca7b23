//! What one rule does to a payload.

use std::collections::{BTreeMap, BTreeSet};

use super::super::alternatives::{Alternative, Choice};
use super::super::report::EXAMPLES;
use super::super::subject::{is_bound, matches_expression, matches_names};
use crate::exposition::StreamedSample;
use crate::label::Labels;
use crate::relabel::{Action, Pattern, Rule, Step};

/// More alternatives than this in one expression are not looked at.
const MOST_ALTERNATIVES: usize = 512;
/// More bounds than this are not named.
const MOST_BOUNDS: usize = 64;

/// What one rule does to a payload.
#[derive(Debug, Default)]
pub(in super::super) struct RuleTally {
    /// Samples that no rule before it has dropped.
    pub(in super::super) reached: u64,
    /// Those of them that match, or are changed.
    pub(in super::super) matched: u64,
    /// Samples that would match, but that the rule with this index has dropped before.
    pub(in super::super) hidden: BTreeMap<usize, u64>,
    /// Alternatives that nothing has matched yet.
    pub(in super::super) pending: Vec<(Alternative, Pattern)>,
    /// Samples that match as they stand in the text, and not as Prometheus 3 shows them.
    pub(in super::super) stops: Forms,
    /// Samples that match as Prometheus 3 shows them, and not as they stand in the text.
    pub(in super::super) starts: Forms,
    pub(in super::super) emptied: Families,
    /// Histograms that have lost all their buckets, and not the rest.
    pub(in super::super) without_buckets: Families,
    /// Histograms that have lost only their last bucket.
    pub(in super::super) without_last_bucket: Families,
    pub(in super::super) collided: Families,
    value: String,
    /// The value that was tested last.
    last: Option<(String, bool)>,
}

/// Samples whose bound looks different to Prometheus 2 and 3.
#[derive(Debug, Default)]
pub(in super::super) struct Forms {
    pub(in super::super) samples: u64,
    /// The bounds, as they stand in the text.
    pub(in super::super) bounds: BTreeSet<String>,
}

/// Families that something happens to.
#[derive(Debug, Default)]
pub(in super::super) struct Families {
    pub(in super::super) count: u64,
    pub(in super::super) samples: u64,
    /// The names of the first ones.
    pub(in super::super) examples: Vec<String>,
}

impl Families {
    pub(in super::super) fn add(&mut self, family: &str, samples: u64) {
        self.samples += samples;
        // Samples of a family come one behind the other.
        if self.examples.last().is_some_and(|last| last == family) {
            return;
        }
        self.count += 1;
        if self.examples.len() < EXAMPLES {
            self.examples.push(family.to_owned());
        }
    }
}

impl RuleTally {
    pub(super) fn new(rule: &Rule) -> Self {
        let text = match &rule.regex {
            Some(text) if matches_expression(rule.action) && !matches_names(rule.action) => text,
            _ => return Self::default(),
        };
        let choices = Choice::all(text);
        let all = choices.iter().flat_map(|choice| choice.alternatives(text));
        let compiled = all
            .take(MOST_ALTERNATIVES)
            .filter_map(|a| Some((Pattern::anchored(&a.alone).ok()?, a)));
        Self { pending: compiled.map(|(p, a)| (a, p)).collect(), ..Self::default() }
    }

    /// Whether the rule has something to do with the labels.
    pub(super) fn test(&mut self, step: &Step, labels: &Labels) -> bool {
        if matches_names(step.action) {
            return labels.iter().any(|(name, _)| step.pattern.is_match(name));
        }
        join(step, |name| labels.get(name).unwrap_or(""), &mut self.value);
        match step.action {
            Action::DropEqual | Action::KeepEqual => {
                return labels.get(&step.target).unwrap_or("") == self.value;
            }
            action if !matches_expression(action) => return true,
            _ => {}
        }
        if let Some((last, matched)) = &self.last
            && *last == self.value
        {
            return *matched;
        }
        let matched = step.pattern.is_match(&self.value);
        if matched {
            self.meet_alternatives();
        }
        let (last, known) = self.last.get_or_insert_default();
        last.clone_from(&self.value);
        *known = matched;
        matched
    }

    /// Strikes the alternatives that match the value at hand.
    fn meet_alternatives(&mut self) {
        let value = self.value.as_str();
        self.pending.retain(|(_, pattern)| !pattern.is_match(value));
    }

    /// Compares what the rule says of the bound as it stands in the text with what it says of its form in Prometheus 3.
    pub(super) fn compare_forms(
        &mut self,
        step: &Step,
        sample: &StreamedSample<'_>,
        labels: &Labels,
        matched: bool,
    ) {
        let Some((label, form)) = sample.form else { return };
        let reads = step.sources.iter().any(|name| is_bound(name) && &**name == label);
        // A rule before this one may have changed it.
        if !reads || !has_expression(step.action) || labels.get(label) != Some(form) {
            return;
        }
        let text = sample.labels.get(label).unwrap_or("");
        let get = |name: &str| if name == label { text } else { labels.get(name).unwrap_or("") };
        join(step, get, &mut self.value);
        let matched_text = step.pattern.is_match(&self.value);
        if matched_text {
            self.meet_alternatives();
        }
        let forms = match (matched_text, matched) {
            (true, false) => &mut self.stops,
            (false, true) => &mut self.starts,
            _ => return,
        };
        forms.samples += 1;
        if forms.bounds.len() < MOST_BOUNDS && !forms.bounds.contains(text) {
            forms.bounds.insert(text.to_owned());
        }
    }
}

const fn has_expression(action: Action) -> bool {
    matches!(action, Action::Drop | Action::Keep | Action::Replace)
}

/// The values of the sources, joined.
fn join<'v>(step: &Step, value: impl Fn(&str) -> &'v str, joined: &mut String) {
    joined.clear();
    for (at, name) in step.sources.iter().enumerate() {
        joined.push_str(if at > 0 { &step.separator } else { "" });
        joined.push_str(value(name));
    }
}
