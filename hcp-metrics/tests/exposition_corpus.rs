//! What Prometheus 3 makes of edge cases, and that every way through the filter makes the same of them.
//!
//! `data/exposition.json` holds the answers of Prometheus' own parsers (`model/textparse`, v0.316.0) to each input: the samples, or
//! `null` for an error. For `OpenMetrics` the input is followed by `# EOF`, unless it is `whole`.

use hcp_metrics::exposition::{
    Counts, ErrorKind, ExpositionError, Filter, FilterOptions, Format, OnMalformed, filter, samples,
};
use hcp_metrics::relabel::{Rule, Rules};
use serde::Deserialize;

#[derive(Deserialize)]
struct Case {
    name: String,
    input: String,
    #[serde(default)]
    whole: bool,
    text: Option<Vec<Expected>>,
    openmetrics: Option<Vec<Expected>>,
}

#[derive(Deserialize)]
struct Expected {
    /// By name, the metric's under `__name__`, with `le` and `quantile` as Prometheus 3 writes them.
    labels: Vec<(String, String)>,
    value: String,
    timestamp: Option<i64>,
}

/// Every case in both formats: its name, the format, the input, the answer.
fn cases() -> Vec<(String, Format, String, Option<Vec<Expected>>)> {
    let cases: Vec<Case> =
        serde_json::from_str(include_str!("data/exposition.json")).expect("a corpus");
    let both = cases.into_iter().flat_map(|case| {
        let openmetrics =
            if case.whole { case.input.clone() } else { case.input.clone() + "# EOF\n" };
        [
            (case.name.clone(), Format::Text, case.input, case.text),
            (case.name, Format::OpenMetrics, openmetrics, case.openmetrics),
        ]
    });
    both.collect()
}

fn no_rules() -> Rules {
    Rules::compile(&[]).expect("no rules")
}

fn options(format: Format) -> FilterOptions {
    FilterOptions::default().with_format(format)
}

#[test]
fn samples_are_those_of_prometheus() {
    for (case, format, input, expected) in cases() {
        let found: Result<Vec<_>, _> = samples(&input, format).collect();
        let Some(expected) = expected else {
            assert!(found.is_err(), "{case}, {format}: accepted");
            continue;
        };
        let found = found.unwrap_or_else(|error| panic!("{case}, {format}: {error}"));
        assert_eq!(found.len(), expected.len(), "{case}, {format}");
        for (sample, expected) in found.iter().zip(expected) {
            let mut labels: Vec<_> = sample
                .labels()
                .map(|(name, value)| (name.into_owned(), value.into_owned()))
                .collect();
            labels.insert(0, ("__name__".to_owned(), sample.name().to_owned()));
            labels.sort_by(|a, b| a.0.cmp(&b.0));
            // The iterator shows bounds as they stand in the text.
            let expected_labels = expected.labels.into_iter().map(|(name, value)| {
                let raw =
                    if name == "le" { value.trim_end_matches(".0").to_owned() } else { value };
                (name, raw)
            });
            assert_eq!(labels, expected_labels.collect::<Vec<_>>(), "{case}, {format}");
            let value: f64 = expected.value.parse().expect("a number");
            let same = sample.value().to_bits() == value.to_bits()
                || (sample.value().is_nan() && value.is_nan());
            assert!(same, "{case}, {format}: {}", sample.value());
            if let Some(timestamp) = expected.timestamp {
                assert_eq!(sample.timestamp(), Some(timestamp), "{case}, {format}");
            }
        }
    }
}

#[test]
fn the_filter_accepts_what_prometheus_accepts_and_changes_nothing() {
    for (case, format, input, expected) in cases() {
        match (filter(&no_rules(), &options(format), input.as_bytes()), expected) {
            (Ok((out, counts)), Some(expected)) => {
                assert_eq!(String::from_utf8_lossy(&out), input, "{case}, {format}");
                assert_eq!(counts.samples_in, expected.len() as u64, "{case}, {format}");
                assert_eq!(counts.samples_kept, counts.samples_in, "{case}, {format}");
                assert_eq!(counts.bytes_in, input.len() as u64, "{case}, {format}");
            }
            (Err(_), None) => {}
            (found, expected) => {
                panic!("{case}, {format}: {found:?}, Prometheus accepts: {}", expected.is_some())
            }
        }
    }
}

type Outcome = (String, Result<Counts, ExpositionError>);

fn in_pieces<'a>(
    rules: &Rules,
    options: &FilterOptions,
    pieces: impl IntoIterator<Item = &'a [u8]>,
) -> Outcome {
    let mut filter = Filter::new(rules.clone(), options.clone());
    let mut out = Vec::new();
    for piece in pieces {
        if let Err(error) = filter.push(piece, &mut out) {
            return (String::from_utf8_lossy(&out).into_owned(), Err(error));
        }
    }
    let counts = filter.finish(&mut out);
    (String::from_utf8_lossy(&out).into_owned(), counts)
}

#[test]
fn chunks_change_nothing() {
    let rules = Rules::compile(&[Rule::drop_names("b|h_.*")]).expect("a rule");
    for (case, format, input, _) in cases() {
        for on_malformed in [OnMalformed::Fail, OnMalformed::Skip] {
            for limit in [8, 1 << 20] {
                let options =
                    options(format).with_on_malformed(on_malformed).with_max_line_bytes(limit);
                let input = input.as_bytes();
                let whole = in_pieces(&rules, &options, [input]);
                let bytes = in_pieces(&rules, &options, input.chunks(1));
                assert_eq!(whole, bytes, "{case}, {format}, {on_malformed:?}, {limit}: bytes");
                for at in 0..input.len() {
                    let (head, tail) = input.split_at(at);
                    let split = in_pieces(&rules, &options, [head, tail]);
                    assert_eq!(whole, split, "{case}, {format}, {on_malformed:?}, {limit}: {at}");
                }
            }
        }
    }
}

#[test]
fn errors_name_the_place() {
    use ErrorKind as E;
    for (format, input, line, column, kind) in [
        (Format::Text, "a 1\nb 1\r\n", 2, 3, E::InvalidValue),
        (Format::Text, "a{b=\"\n\n\"} x\n", 3, 4, E::InvalidValue),
        (Format::Text, "a{b=\"x", 1, 7, E::UnclosedQuote),
        (Format::Text, "a{b=\"\\\n\"} 1\n", 1, 7, E::NewlineInQuotes),
        (Format::Text, "a{b:c=\"d\"} 1\n", 1, 4, E::ExpectedEqual),
        (Format::Text, "a{,} 1\n", 1, 3, E::ExpectedLabelName),
        (Format::Text, "a{b=c} 1\n", 1, 5, E::ExpectedLabelValue),
        (Format::Text, "{b=\"c\"} 1\n", 1, 7, E::NoName),
        (Format::Text, "a{\"b\"} 1\n", 1, 3, E::SecondName),
        (Format::Text, "a 1 -5\n", 1, 5, E::ExpectedLineEnd),
        (Format::Text, "a\n", 1, 2, E::ExpectedValue),
        (Format::Text, "# TYPE a info\n", 1, 10, E::UnknownType),
        (Format::Text, "\n1a 1\n", 2, 1, E::InvalidStart),
        (Format::Text, "a 1\n\0", 2, 1, E::NulByte),
        (Format::OpenMetrics, "a 1\n", 2, 1, E::MissingEof),
        (Format::OpenMetrics, "a 1", 1, 4, E::MissingEof),
        (Format::OpenMetrics, "a 1\n# EOF\nb 2\n", 3, 1, E::DataAfterEof),
        (Format::OpenMetrics, "a{b=\"c\" d=\"e\"} 1\n", 1, 8, E::ExpectedCommaOrBrace),
        (Format::OpenMetrics, "a 1 # x\n", 1, 7, E::InvalidExemplar),
        (Format::OpenMetrics, "a 1 NaN\n", 1, 5, E::InvalidTimestamp),
        (Format::OpenMetrics, "# UNIT a_s b\n", 1, 12, E::UnitNotSuffix),
        (Format::OpenMetrics, "\n# EOF\n", 1, 1, E::InvalidStart),
    ] {
        let error = filter(&no_rules(), &options(format), input.as_bytes()).expect_err(input);
        assert_eq!((error.line, error.column, error.kind), (line, column, kind), "{input:?}");
        let of_samples = samples(input, format).find_map(Result::err);
        assert_eq!(of_samples, Some(error), "{input:?}");
    }
    let error =
        filter(&no_rules(), &options(Format::Text), b"a{b=\"\xff\"} 1\n").expect_err("UTF-8");
    assert_eq!((error.line, error.column, error.kind), (1, 6, E::InvalidUtf8));
    let text = error.to_string();
    assert!(text.starts_with("line 1, column 6: text is UTF-8; mend the target"), "{text}");
}

#[test]
fn malformed_lines_can_be_skipped() {
    let options = options(Format::Text).with_on_malformed(OnMalformed::Skip);
    let text = b"# TYPE a gauge\na 1\nb 1\r\n# TYPE c info\nc{x=\"\nd 1\n1e 1\n# f\n";
    let (out, counts) = filter(&no_rules(), &options, text).expect("skipped");
    assert_eq!(String::from_utf8_lossy(&out), "# TYPE a gauge\na 1\nd 1\n# f\n");
    assert_eq!((counts.samples_in, counts.samples_kept, counts.lines_skipped), (2, 2, 4));
    assert_eq!(counts.bytes_in, text.len() as u64);
}

#[test]
fn a_body_that_was_cut_off_is_an_error_under_every_policy() {
    let options = options(Format::OpenMetrics).with_on_malformed(OnMalformed::Skip);
    for input in ["", "a 1\n", "a 1\n# EO", "a 1\nb"] {
        let error = filter(&no_rules(), &options, input.as_bytes()).expect_err(input);
        assert_eq!(error.kind, ErrorKind::MissingEof, "{input:?}");
    }
    let behind = filter(&no_rules(), &options, b"a 1\n# EOF\nb 2\n\n").expect("skipped");
    assert_eq!(String::from_utf8_lossy(&behind.0), "a 1\n# EOF\n");
    assert_eq!(behind.1.lines_skipped, 2);
}

#[test]
fn after_an_error_there_is_nothing_but_the_error() {
    let mut filter = Filter::new(no_rules(), options(Format::Text));
    let mut out = Vec::new();
    let error = filter.push(b"a 1\n1b 1\n", &mut out).expect_err("malformed");
    assert_eq!(filter.push(b"c 1\n", &mut out), Err(error.clone()));
    assert_eq!(filter.counts().samples_kept, 1);
    assert_eq!(filter.finish(&mut out), Err(error));
    assert_eq!(String::from_utf8_lossy(&out), "a 1\n");
}
