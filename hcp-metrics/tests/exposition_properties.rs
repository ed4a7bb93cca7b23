//! Invariants of the filter: no input makes it panic, and how the input is cut changes nothing.

use std::io::Read as _;
use std::path::Path;
use std::sync::OnceLock;

use flate2::read::GzDecoder;
use hcp_metrics::LabelCompat;
use hcp_metrics::exposition::{
    Counts, ExpositionError, Filter, FilterOptions, Format, OnMalformed, TargetLabels, filter,
    samples,
};
use hcp_metrics::relabel::{Action, Rule, Rules};
use proptest::prelude::*;

/// A part of a real payload, in both formats.
fn real() -> &'static [u8] {
    static PAYLOAD: OnceLock<Vec<u8>> = OnceLock::new();
    PAYLOAD.get_or_init(|| {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../benches/data/etcd.prom.gz");
        let compressed = std::fs::read(path).expect("a payload that is in the repository");
        let mut text = Vec::new();
        GzDecoder::new(compressed.as_slice()).read_to_end(&mut text).expect("gzip");
        text
    })
}

fn rules() -> impl Strategy<Value = Rules> {
    let rules = [
        Rule::drop_names("a|etcd_.*"),
        Rule::keep_names(".*(a|b|h|go).*"),
        Rule::drop_names("1|0\\.5").with_source_labels(["le"]),
        Rule::new(Action::Keep).with_source_labels(["b"]).with_regex("[^x]*"),
    ];
    let rules = prop::sample::subsequence(rules.to_vec(), 0..=4);
    rules.prop_map(|rules| Rules::compile(&rules).expect("valid rules"))
}

fn options() -> impl Strategy<Value = FilterOptions> {
    let format = prop_oneof![Just(Format::Text), Just(Format::OpenMetrics)];
    let on_malformed = prop_oneof![Just(OnMalformed::Fail), Just(OnMalformed::Skip)];
    let limit = prop_oneof![Just(1 << 20), 1..60_usize];
    let labels = prop_oneof![
        Just(None),
        any::<bool>().prop_map(|honor| {
            Some(TargetLabels::new([("b", "x"), ("job", "é\"")]).with_honor(honor))
        })
    ];
    (format, on_malformed, limit, labels).prop_map(|(format, on_malformed, limit, labels)| {
        FilterOptions::default()
            .with_format(format)
            .with_on_malformed(on_malformed)
            .with_max_line_bytes(limit)
            .with_target_labels(labels)
    })
}

/// Bytes of which the grammars are made, in an order that is often right.
fn grammar() -> impl Strategy<Value = Vec<u8>> {
    let line = prop_oneof![
        4 => Just("a{b=\"c\",le=\"1\"} 1\n"),
        2 => Just("h_bucket{le=\"+Inf\"} 1 # {t=\"x\"} 1\n"),
        2 => Just("{\"b c\",b=\"\\\"\"} 1 2\n"),
        2 => Just("# TYPE h histogram\n"),
        2 => Just("# HELP a text\n"),
        1 => Just("# TYPE a gauge\n"),
        1 => Just("# comment\n"),
        1 => Just("\n"),
        1 => Just("x{y=\"\n\n\"} 1\n"),
        1 => Just("# EOF\n"),
    ];
    let noise = prop_oneof![
        Just("\""),
        Just("\\"),
        Just("{"),
        Just("}"),
        Just(","),
        Just("="),
        Just(" "),
        Just("\n"),
        Just("#"),
        Just("a"),
        Just("1"),
        Just("é"),
        Just("\0"),
        Just("\r"),
    ];
    let part = prop_oneof![9 => line, 1 => noise];
    prop::collection::vec(part, 0..20).prop_map(|parts| parts.concat().into_bytes())
}

/// Lines of a real payload, some of their bytes changed.
fn mutated() -> impl Strategy<Value = Vec<u8>> {
    let changes = prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..4);
    (any::<prop::sample::Index>(), changes).prop_map(|(start, changes)| {
        let start = start.index(real().len());
        let mut text = real()[start..real().len().min(start + 1500)].to_vec();
        for (at, byte) in changes {
            let at = at.index(text.len());
            text[at] = byte;
        }
        text
    })
}

fn input() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        1 => prop::collection::vec(any::<u8>(), 0..200),
        4 => grammar(),
        2 => mutated(),
        2 => grammar().prop_map(|text| [text.as_slice(), b"# EOF\n"].concat()),
    ]
}

fn in_chunks(
    rules: &Rules,
    options: &FilterOptions,
    text: &[u8],
    sizes: &[usize],
) -> (Vec<u8>, Result<Counts, ExpositionError>) {
    let mut filter = Filter::new(rules.clone(), options.clone());
    let mut out = Vec::new();
    let mut rest = text;
    let mut sizes = sizes.iter().copied().cycle();
    while !rest.is_empty() {
        let (chunk, behind) = rest.split_at(sizes.next().unwrap_or(1).min(rest.len()));
        if let Err(error) = filter.push(chunk, &mut out) {
            return (out, Err(error));
        }
        rest = behind;
    }
    let counts = filter.finish(&mut out);
    (out, counts)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn chunks_change_nothing(
        rules in rules(),
        options in options(),
        text in input(),
        sizes in prop::collection::vec(1..40_usize, 1..5),
    ) {
        let whole = in_chunks(&rules, &options, &text, &[usize::MAX]);
        prop_assert_eq!(&whole, &in_chunks(&rules, &options, &text, &sizes));
        prop_assert_eq!(&whole, &in_chunks(&rules, &options, &text, &[1]));
        if let (out, Ok(counts)) = whole {
            prop_assert_eq!(counts.bytes_in, text.len() as u64);
            prop_assert_eq!(counts.bytes_out, out.len() as u64);
            prop_assert_eq!(counts.samples_in, counts.samples_kept + counts.samples_dropped());
        }
    }

    #[test]
    fn without_rules_the_output_is_the_input(text in input(), options in options()) {
        let options = options.with_target_labels(None).with_on_malformed(OnMalformed::Fail);
        let no_rules = Rules::compile(&[]).expect("no rules");
        if let Ok((out, counts)) = filter(&no_rules, &options, &text) {
            prop_assert_eq!(out, text);
            prop_assert_eq!(counts.families_in, counts.families_kept);
        }
    }

    /// What comes out can be read again, and the same rules drop nothing of it any more.
    #[test]
    fn the_output_is_an_exposition(rules in rules(), options in options(), text in input()) {
        // A bound is one because of the last TYPE line before it, which may be gone the second time.
        let options = options.with_max_line_bytes(1 << 20).with_compat(LabelCompat::Raw);
        if let Ok((out, counts)) = filter(&rules, &options, &text) {
            let (again, of_again) =
                filter(&rules, &options.clone().with_on_malformed(OnMalformed::Fail), &out)
                    .map_err(|error| TestCaseError::fail(error.to_string()))?;
            if options.target_labels.is_none() {
                prop_assert_eq!(of_again.samples_in, counts.samples_kept);
                prop_assert_eq!(of_again.samples_kept, counts.samples_kept);
                prop_assert_eq!(again, out);
            }
        }
    }

    #[test]
    fn the_iterator_agrees_with_the_filter(text in input(), options in options()) {
        let options = FilterOptions::default().with_format(options.format);
        if let Ok(text) = std::str::from_utf8(&text) {
            let no_rules = Rules::compile(&[]).expect("no rules");
            let read: Result<Vec<_>, _> = samples(text, options.format).collect();
            if let Ok((_, counts)) = filter(&no_rules, &options, text.as_bytes()) {
                let read = read.map_err(|error| TestCaseError::fail(error.to_string()))?;
                prop_assert_eq!(read.len() as u64, counts.samples_in);
                for sample in read {
                    prop_assert!(sample.labels().count() <= sample.line().len());
                    let line = sample.line();
                    prop_assert!(line.contains(sample.value_text()));
                }
            }
        }
    }
}
