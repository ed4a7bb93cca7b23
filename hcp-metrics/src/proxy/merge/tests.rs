use std::collections::{BTreeMap, HashMap, HashSet};
use std::fmt::Write;

use proptest::collection::vec;
use proptest::prelude::*;

use super::*;
use crate::exposition::samples;

/// The merged text, conflicts and duplicates.
fn merged(inputs: &[&str], format: Format) -> (String, u64, u64) {
    let inputs = inputs.iter().map(|text| text.as_bytes().to_vec()).collect();
    let merged = merge(inputs, format).unwrap();
    let (conflicts, duplicates) = (merged.conflicts, merged.duplicates);
    let text: Vec<u8> = merged.into_chunks().flat_map(|chunk| chunk.to_vec()).collect();
    (String::from_utf8(text).unwrap(), conflicts, duplicates)
}

/// What makes an exposition valid beyond its lines: each family is one block with its metadata once, in front.
fn assert_grouped(text: &str, format: Format) {
    let (mut kinds, mut seen): (HashMap<String, MetricKind>, HashSet<(String, &str)>) =
        Default::default();
    for line in Lines::new(text.as_bytes(), format) {
        if let (Line::Metadata(Keyword::Type(kind), name), ..) = line.unwrap() {
            assert!(kinds.insert(name.into_owned(), kind).is_none(), "a second TYPE\n{text}");
        }
    }
    let (mut current, mut closed) = (String::new(), HashSet::new());
    for line in Lines::new(text.as_bytes(), format) {
        let (family, what) = match line.unwrap().0 {
            Line::Metadata(Keyword::Help, name) => (name.into_owned(), "HELP"),
            Line::Metadata(Keyword::Unit, name) => (name.into_owned(), "UNIT"),
            Line::Metadata(Keyword::Type(_), name) => (name.into_owned(), "TYPE"),
            Line::Sample { name, .. } => {
                let owner = kinds.iter().find(|(family, kind)| {
                    !kinds.contains_key(&*name) && kind.has_sample(family, &name)
                });
                (owner.map_or_else(|| name.into_owned(), |(family, _)| family.clone()), "sample")
            }
        };
        if family != current {
            assert!(closed.insert(family.clone()), "family {family} is in two places\n{text}");
            current.clone_from(&family);
        }
        if what == "sample" {
            seen.insert((family, what));
        } else {
            assert!(!seen.contains(&(family.clone(), "sample")), "metadata behind samples\n{text}");
            assert!(seen.insert((family, what)), "metadata twice\n{text}");
        }
    }
}

#[test]
fn families_become_blocks_in_the_order_they_are_first_seen() {
    let one = "# HELP b Of one.\n# TYPE b histogram\nb_bucket{le=\"+Inf\",t=\"1\"} 2\nb_sum{t=\"1\"} 1\nb_count{t=\"1\"} 2\n\
               # TYPE a counter\na{t=\"1\"} 1";
    let two = "# TYPE a counter\na{t=\"2\"} 1 1234\n# a comment\n\n# HELP c Of two.\nc{t=\"2\"} 3\n\
               # HELP b Of two.\n# TYPE b histogram\nb_bucket{le=\"+Inf\",t=\"2\"} 2\nb_sum{t=\"2\"} 1\nb_count{t=\"2\"} 2\n";
    let (text, conflicts, duplicates) = merged(&[one, two], Format::Text);
    assert_eq!(
        text,
        "# HELP b Of one.\n# TYPE b histogram\n\
         b_bucket{le=\"+Inf\",t=\"1\"} 2\nb_sum{t=\"1\"} 1\nb_count{t=\"1\"} 2\n\
         b_bucket{le=\"+Inf\",t=\"2\"} 2\nb_sum{t=\"2\"} 1\nb_count{t=\"2\"} 2\n\
         # TYPE a counter\na{t=\"1\"} 1\na{t=\"2\"} 1 1234\n# HELP c Of two.\nc{t=\"2\"} 3\n"
    );
    assert_eq!((conflicts, duplicates), (0, 0));
}

#[test]
fn openmetrics_ends_once() {
    let one = "# TYPE a counter\n# UNIT a_seconds seconds\na_total{t=\"1\"} 1 # {id=\"x\"} 1\na_created{t=\"1\"} 5\n# EOF\n";
    let two = "# HELP a Help.\n# TYPE a counter\na_total{t=\"2\"} 1\n# EOF";
    let (text, ..) = merged(&[one, two, "# EOF\n", ""], Format::OpenMetrics);
    assert_eq!(
        text,
        "# HELP a Help.\n# TYPE a counter\na_total{t=\"1\"} 1 # {id=\"x\"} 1\na_created{t=\"1\"} 5\na_total{t=\"2\"} 1\n\
         # UNIT a_seconds seconds\n# EOF\n"
    );
}

#[test]
fn the_first_type_stands_and_no_sample_is_lost() {
    let one = "# TYPE a histogram\na_bucket{le=\"1\",t=\"1\"} 1\na_sum{t=\"1\"} 1\na_count{t=\"1\"} 1\n# TYPE z gauge\nz 1\n";
    let two = "# TYPE a summary\na{quantile=\"1\",t=\"2\"} 1\na_sum{t=\"2\"} 1\na_count{t=\"2\"} 1\na_max 3\n";
    let (text, conflicts, _) = merged(&[one, two], Format::Text);
    assert_eq!(conflicts, 1);
    assert_eq!(
        text,
        "# TYPE a histogram\na_bucket{le=\"1\",t=\"1\"} 1\na_sum{t=\"1\"} 1\na_count{t=\"1\"} 1\n\
         a{quantile=\"1\",t=\"2\"} 1\na_sum{t=\"2\"} 1\na_count{t=\"2\"} 1\n# TYPE z gauge\nz 1\na_max 3\n"
    );
    let one = "# TYPE a gauge\na{t=\"1\"} 1\n# EOF\n";
    let two = "# TYPE a counter\na_total{t=\"2\"} 1\n# EOF\n";
    let (text, conflicts, _) = merged(&[one, two], Format::OpenMetrics);
    assert_eq!(conflicts, 1);
    assert_eq!(text, "# TYPE a gauge\na{t=\"1\"} 1\na_total{t=\"2\"} 1\n# EOF\n");
}

#[test]
fn a_type_that_only_a_later_target_states_counts_for_all() {
    let one = "b 1\na_sum 1\nc 1\n";
    let two = "# TYPE a summary\na_sum{t=\"2\"} 1\na_count{t=\"2\"} 1\n";
    let (text, ..) = merged(&[one, two], Format::Text);
    assert_eq!(text, "b 1\n# TYPE a summary\na_sum 1\na_sum{t=\"2\"} 1\na_count{t=\"2\"} 1\nc 1\n");
}

#[test]
fn of_equal_series_the_first_targets_stands() {
    let one = "a{b=\"1\"} 1 1000\na{b=\"1\"} 2 2000\n";
    let two = "a{b=\"1\"} 3\na{b=\"2\"} 3\n";
    let (text, _, duplicates) = merged(&[one, two], Format::Text);
    assert_eq!(text, "a{b=\"1\"} 1 1000\na{b=\"1\"} 2 2000\na{b=\"2\"} 3\n");
    assert_eq!(duplicates, 1);
}

#[test]
fn quoted_names_and_newlines_in_quotes_are_understood() {
    let one = "# TYPE \"my.name\" counter\n{\"my.name\",a=\"x\ny # TYPE b } \\\" {\"} 1\n";
    let two = "other{a=\"}\"} 1\n# HELP \"my.name\" It's a \"help.\n{a=\"y\",\"my.name\"} 2\n";
    let (text, ..) = merged(&[one, two], Format::Text);
    assert_eq!(
        text,
        "# HELP \"my.name\" It's a \"help.\n# TYPE \"my.name\" counter\n\
         {\"my.name\",a=\"x\ny # TYPE b } \\\" {\"} 1\n{a=\"y\",\"my.name\"} 2\nother{a=\"}\"} 1\n"
    );
}

#[test]
fn what_is_malformed_is_refused_with_its_place() {
    let error = merge(vec![b"a 1\n".to_vec(), b"b 1\nb{ 1\n".to_vec()], Format::Text).unwrap_err();
    assert_eq!(error.line, 2);
}

#[test]
fn long_runs_are_not_copied_and_short_ones_are_gathered() {
    let long: String = numbered(10_000, |i| format!("a{{i=\"{i}\"}} 1\n"));
    let short: String = numbered(5_000, |i| format!("b{i} 1\n"));
    let merged = merge(vec![long.clone().into_bytes(), short.into_bytes()], Format::Text).unwrap();
    let chunks: Vec<_> = merged.into_chunks().collect();
    assert_eq!(chunks[0], long.as_bytes());
    assert!(chunks.len() < 5, "{} chunks", chunks.len());
}

fn numbered(count: usize, line: impl Fn(usize) -> String) -> String {
    (0..count).map(line).collect::<Vec<_>>().concat()
}

/// A family as a target may expose it: name, type and samples' label values.
type Exposed = (usize, usize, Vec<(u8, i32)>);

const NAMES: [&str; 5] = ["a", "a_sum", "a_total", "b.c", "b"];
const KINDS: [Option<&str>; 5] =
    [None, Some("counter"), Some("gauge"), Some("histogram"), Some("summary")];

/// Each family once, as a target that follows the rules writes it.
fn written(target: usize, families: &[Exposed], format: Format) -> String {
    let mut text = String::new();
    let mut names = HashSet::new();
    for (name, kind, values) in families {
        let name = NAMES[*name];
        if !names.insert(name) {
            continue;
        }
        let quoted = if name.contains('.') { format!("\"{name}\"") } else { name.to_owned() };
        if let Some(kind) = KINDS[*kind] {
            let _ = writeln!(text, "# HELP {quoted} Of {target}.\n# TYPE {quoted} {kind}");
        }
        let suffixes: &[&str] = match (KINDS[*kind], format) {
            (Some("counter"), Format::OpenMetrics) => &["_total"],
            (Some("histogram"), _) => &["_bucket", "_sum", "_count"],
            (Some("summary"), _) => &["", "_sum", "_count"],
            _ => &[""],
        };
        for (label, value) in values {
            for suffix in suffixes {
                let (inside, before) = if name.contains('.') {
                    (format!("\"{name}{suffix}\","), String::new())
                } else {
                    (String::new(), format!("{name}{suffix}"))
                };
                let _ = writeln!(text, "{before}{{{inside}l=\"{label}\"}} {value}");
            }
        }
    }
    if format == Format::OpenMetrics {
        text.push_str("# EOF\n");
    }
    text
}

/// The lines of samples, and how often each is there.
fn lines(text: &str, format: Format) -> BTreeMap<String, usize> {
    let mut lines = BTreeMap::new();
    for sample in samples(text, format) {
        *lines.entry(sample.unwrap().line().to_owned()).or_default() += 1;
    }
    lines
}

proptest! {
    #[test]
    fn merging_keeps_every_series_and_groups_every_family(
        targets in vec(vec((0..NAMES.len(), 0..KINDS.len(), vec((0..4_u8, any::<i32>()), 0..4)), 0..6), 0..4),
        openmetrics in any::<bool>(),
    ) {
        let format = if openmetrics { Format::OpenMetrics } else { Format::Text };
        let texts: Vec<_> =
            targets.iter().enumerate().map(|(i, families)| written(i, families, format)).collect();
        let inputs: Vec<&str> = texts.iter().map(String::as_str).collect();
        let (text, _, duplicates) = merged(&inputs, format);
        assert_grouped(&text, format);

        let found = lines(&text, format);
        let series = |line: &str| line.rsplit_once(' ').unwrap().0.to_owned();
        let (mut owners, mut expected, mut left_out) = (HashMap::new(), BTreeMap::new(), 0);
        for (target, text) in texts.iter().enumerate() {
            for (line, count) in lines(text, format) {
                if *owners.entry(series(&line)).or_insert(target) == target {
                    *expected.entry(line).or_default() += count;
                } else {
                    left_out += count as u64;
                }
            }
        }
        prop_assert_eq!(found, expected);
        prop_assert_eq!(duplicates, left_out);
        // What is merged once is not changed by merging again.
        prop_assert_eq!(merged(&[&text], format).0, text);
    }
}
