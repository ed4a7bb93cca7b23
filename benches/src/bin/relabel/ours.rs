//! What is measured of ours: one pass over all series of a workload.

use std::hint::black_box;

use hcp_benches::Workload;
use hcp_metrics::exposition::{Filter, FilterOptions, Format, samples};
use hcp_metrics::relabel::{Rules, Verdict};
use hcp_metrics::{LabelCompat, Labels, LabelsView};
use serde::Deserialize;

use crate::Failure;

/// The size of the pieces in which a filter gets its input, which is how `VictoriaMetrics` reads a long scrape.
pub(crate) const CHUNK: usize = 64 << 10;

/// What became of the series.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
pub(crate) struct Tally {
    pub(crate) kept: u64,
    pub(crate) dropped: u64,
}

/// One pass, to be repeated.
pub(crate) type Pass<'a> = Box<dyn FnMut() -> Result<Tally, Failure> + 'a>;

impl Tally {
    pub(crate) const fn series(self) -> u64 {
        self.kept + self.dropped
    }

    const fn count(&mut self, kept: bool) {
        if kept {
            self.kept += 1;
        } else {
            self.dropped += 1;
        }
    }
}

/// Decides about label sets that are already there.
pub(crate) fn decide<'a>(rules: &'a Rules, sets: &'a [Labels]) -> Pass<'a> {
    let sets: Vec<Vec<_>> = sets.iter().map(|set| set.iter().collect()).collect();
    let mut applier = rules.applier();
    Box::new(move || {
        let mut tally = Tally::default();
        for set in &sets {
            tally.count(applier.keep(&LabelsView::from(set.as_slice())));
        }
        Ok(tally)
    })
}

/// Changes a copy of label sets that are already there.
pub(crate) fn change<'a>(rules: &'a Rules, sets: &'a [Labels]) -> Pass<'a> {
    let (mut applier, mut labels) = (rules.applier(), Labels::new());
    Box::new(move || {
        let mut tally = Tally::default();
        for set in sets {
            labels.clone_from(set);
            tally.count(applier.apply(&mut labels) == Verdict::Keep);
            black_box(&labels);
        }
        Ok(tally)
    })
}

/// Filters an exposition, in pieces, into one buffer.
pub(crate) fn filter<'a>(rules: &'a Rules, payload: &'a [u8], compat: LabelCompat) -> Pass<'a> {
    let mut out = Vec::new();
    Box::new(move || {
        let options = FilterOptions::default().with_compat(compat);
        let mut filter = Filter::new(rules.clone(), options);
        for chunk in payload.chunks(CHUNK) {
            out.clear();
            filter.push(chunk, &mut out)?;
            black_box(&out);
        }
        let counts = filter.finish(&mut out)?;
        Ok(Tally { kept: counts.samples_kept, dropped: counts.samples_dropped() })
    })
}

/// The label sets of an exposition, as they stand in the text.
pub(crate) fn label_sets(workload: &Workload) -> Result<Vec<Labels>, Failure> {
    let text = std::str::from_utf8(&workload.payload)?;
    let set = |sample: Result<_, _>| {
        let sample: hcp_metrics::exposition::Sample<'_> = sample?;
        let mut labels: Labels = sample.labels().collect();
        labels.set("__name__", sample.name());
        Ok(labels)
    };
    samples(text, Format::Text).map(set).collect()
}
