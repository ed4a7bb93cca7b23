//! What rules leave of the family at hand.

use std::collections::{BTreeMap, HashMap};
use std::hash::{DefaultHasher, Hash, Hasher};

use super::RuleTally;
use crate::exposition::MetricKind;
use crate::label::{Labels, METRIC_NAME};

/// More series of one family than this are not compared with each other.
const MOST_SERIES: usize = 1 << 18;

/// The family at hand.
#[derive(Debug, Default)]
pub(super) struct Family {
    name: String,
    kind: MetricKind,
    all: Count,
    buckets: Count,
    last_buckets: Count,
    /// How many samples each rule has dropped, and how many buckets.
    dropped: BTreeMap<usize, (u64, u64)>,
    /// Series behind the rules, with what they were before, and behind each rule that can change them.
    series: HashMap<Print, (Print, Box<[u64]>)>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Count {
    samples: u64,
    kept: u64,
}

/// Labels, in 128 bits.
type Print = (u64, u64);

impl Family {
    pub(super) fn is(&self, name: &str, kind: MetricKind) -> bool {
        self.name == name && self.kind == kind
    }

    pub(super) fn begin(&mut self, name: &str, kind: MetricKind) {
        name.clone_into(&mut self.name);
        self.kind = kind;
    }

    /// A sample of this family, as it stands in the text.
    pub(super) fn sample(&mut self, labels: &Labels, dropped_by: Option<usize>, stays: bool) {
        self.all.add(stays);
        let name = labels.get(METRIC_NAME).unwrap_or("");
        let is_bucket = self.kind == MetricKind::Histogram && name.ends_with("_bucket");
        if is_bucket {
            self.buckets.add(stays);
            if labels.get("le") == Some("+Inf") {
                self.last_buckets.add(stays);
            }
        }
        if let Some(rule) = dropped_by {
            let (samples, buckets) = self.dropped.entry(rule).or_default();
            *samples += 1;
            *buckets += u64::from(is_bucket);
        }
    }

    /// The rule that has made the same of this series and another one, if one has.
    pub(super) fn collides(
        &mut self,
        before: &Labels,
        after: &Labels,
        stages: &[(usize, u64)],
    ) -> Option<usize> {
        let (was, is) = (print(before), print(after));
        if self.series.len() >= MOST_SERIES && !self.series.contains_key(&is) {
            return None;
        }
        let prints = || stages.iter().map(|(_, print)| *print).collect();
        let (other, others) = self.series.entry(is).or_insert_with(|| (was, prints()));
        if *other == was {
            return None;
        }
        let same =
            |((rule, print), other): (&(usize, u64), &u64)| (print == other).then_some(*rule);
        stages.iter().zip(&**others).find_map(same)
    }

    /// Tells the rules what they have done, and forgets it.
    pub(super) fn close(&mut self, rules: &mut [RuleTally]) {
        let family = std::mem::take(self);
        let most = |of: fn(&(u64, u64)) -> u64| {
            family.dropped.iter().max_by_key(|(_, counts)| of(counts)).map(|(rule, _)| *rule)
        };
        let rule = |of| most(of).and_then(|rule: usize| Some((rule, *family.dropped.get(&rule)?)));
        // Without a type, samples of one family need not come one behind the other.
        if family.kind == MetricKind::Unknown {
            return;
        }
        if family.all.kept == 0 {
            if let Some((rule, (samples, _))) = rule(|counts| counts.0) {
                rules[rule].emptied.add(&family.name, samples);
            }
            return;
        }
        let Some((rule, (_, buckets))) = rule(|counts| counts.1) else { return };
        let lost = |count: Count| count.samples > 0 && count.kept == 0;
        if lost(family.buckets) {
            rules[rule].without_buckets.add(&family.name, buckets);
        } else if lost(family.last_buckets) {
            rules[rule].without_last_bucket.add(&family.name, buckets);
        }
    }
}

impl Count {
    const fn add(&mut self, kept: bool) {
        self.samples += 1;
        self.kept += kept as u64;
    }
}

/// Labels, in 64 bits.
pub(super) fn fingerprint(labels: &Labels) -> u64 {
    seeded(labels, 0)
}

fn print(labels: &Labels) -> Print {
    (seeded(labels, 0), seeded(labels, 1))
}

fn seeded(labels: &Labels, seed: u8) -> u64 {
    let mut hasher = DefaultHasher::new();
    seed.hash(&mut hasher);
    labels.iter().for_each(|label| label.hash(&mut hasher));
    hasher.finish()
}
