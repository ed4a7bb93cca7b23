//! Any bytes through the filter: how they are cut changes nothing, and nothing is written that was not read.

use std::sync::LazyLock;

use hcp_metrics::exposition::{
    Counts, ErrorKind, ExpositionError, Filter, FilterOptions, Format, OnMalformed, samples,
};
use hcp_metrics::relabel::{Rule, Rules};

static NONE: LazyLock<Rules> = LazyLock::new(|| Rules::compile(&[]).expect("no rules"));
static SOME: LazyLock<Rules> = LazyLock::new(some_rules);

/// The first byte chooses the options, the second the lengths of the pieces; the rest is the body.
pub(crate) fn check(data: &[u8]) {
    let [choice, seed, body @ ..] = data else { return };
    let has = |bit: u8| choice & (1 << bit) != 0;
    let format = if has(0) { Format::OpenMetrics } else { Format::Text };
    let policy = if has(1) { OnMalformed::Skip } else { OnMalformed::Fail };
    let limit = if has(2) { 64 } else { 1 << 20 };
    let options = FilterOptions::default()
        .with_format(format)
        .with_on_malformed(policy)
        .with_max_line_bytes(limit);
    let rules = if has(3) { &SOME } else { &NONE };

    let whole = filter(rules, &options, [body]);
    let pieces = filter(rules, &options, pieces(body, *seed));
    assert_eq!(whole, pieces, "the pieces of the body change the answer");
    let (out, result) = whole;
    assert!(is_subsequence(&out, body), "something was written that was not read");
    if rules.rules().is_empty() && policy == OnMalformed::Fail && result.is_ok() {
        assert_eq!(out, body, "a filter without rules changes the body");
    }
    if rules.rules().is_empty() && policy == OnMalformed::Fail && limit > body.len() {
        same_as_samples(body, format, result.as_ref().err());
    }
}

fn some_rules() -> Rules {
    let rules = [
        Rule::drop_names("b|h_.*"),
        Rule::drop_names("h2?_bucket;(1|2.5|5.0)").with_source_labels(["__name__", "le"]),
    ];
    Rules::compile(&rules).expect("valid rules")
}

fn filter<'a>(
    rules: &Rules,
    options: &FilterOptions,
    pieces: impl IntoIterator<Item = &'a [u8]>,
) -> (Vec<u8>, Result<Counts, ExpositionError>) {
    let mut filter = Filter::new(rules.clone(), options.clone());
    let mut out = Vec::new();
    for piece in pieces {
        if let Err(error) = filter.push(piece, &mut out) {
            return (out, Err(error));
        }
    }
    let counts = filter.finish(&mut out);
    (out, counts)
}

/// Pieces of 0 to 15 bytes, or of one each.
fn pieces(mut body: &[u8], seed: u8) -> impl Iterator<Item = &[u8]> {
    let mut state = u32::from(seed);
    std::iter::from_fn(move || {
        if body.is_empty() {
            return None;
        }
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let length = if seed == 0 { 1 } else { (state >> 28) as usize };
        let (piece, rest) = body.split_at(length.min(body.len()));
        body = rest;
        Some(piece)
    })
}

fn is_subsequence(part: &[u8], whole: &[u8]) -> bool {
    let mut whole = whole.iter();
    part.iter().all(|byte| whole.any(|other| other == byte))
}

/// The iterator gives the same error; but the filter alone asks for names that are not empty.
fn same_as_samples(body: &[u8], format: Format, error: Option<&ExpositionError>) {
    let names = [ErrorKind::MissingName, ErrorKind::EmptyLabelName];
    let Ok(text) = std::str::from_utf8(body) else { return };
    if error.is_some_and(|error| names.contains(&error.kind)) {
        return;
    }
    let mut found = None;
    for sample in samples(text, format) {
        match sample {
            Ok(sample) => {
                let _ = (sample.labels().count(), sample.value(), sample.timestamp());
                assert!(text.contains(sample.line()), "a line that is not in the text");
            }
            Err(error) => found = Some(error),
        }
    }
    assert_eq!(found.as_ref(), error, "the iterator and the filter disagree");
}
