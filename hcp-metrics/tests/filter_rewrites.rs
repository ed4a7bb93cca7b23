//! Rules that change labels, through the filter: what is written anew, what stays byte for byte, what becomes of metadata.
//!
//! Every input goes through the filter whole, cut in two at every byte, and byte by byte; all must end the same.

use hcp_metrics::exposition::{
    Counts, ErrorKind, ExpositionError, Filter, FilterOptions, Format, OnMalformed, TargetLabels,
    samples,
};
use hcp_metrics::relabel::{Action, Rule, Rules, Verdict};
use hcp_metrics::{LabelCompat, Labels};
use proptest::prelude::*;

type Outcome = (String, Result<Counts, ExpositionError>);

/// What the filter writes, and how it ends.
fn outcome<'a>(
    rules: &Rules,
    options: &FilterOptions,
    chunks: impl IntoIterator<Item = &'a [u8]>,
) -> Outcome {
    let mut filter = Filter::new(rules.clone(), options.clone());
    let mut out = Vec::new();
    let pushed = chunks.into_iter().try_for_each(|chunk| filter.push(chunk, &mut out));
    let end = pushed.and_then(|()| filter.finish(&mut out));
    (String::from_utf8(out).expect("UTF-8"), end)
}

/// [`outcome`], which must not depend on how the input is cut, and must be an exposition itself.
fn through(rules: &[Rule], options: &FilterOptions, input: &str) -> Outcome {
    let rules = Rules::compile(rules).expect("valid rules");
    let bytes = input.as_bytes();
    let whole = outcome(&rules, options, [bytes]);
    for cut in 0..=bytes.len() {
        let (head, tail) = bytes.split_at(cut);
        assert_eq!(outcome(&rules, options, [head, tail]), whole, "cut at {cut} of {input:?}");
    }
    assert_eq!(outcome(&rules, options, bytes.chunks(1)), whole, "byte by byte: {input:?}");
    if let (out, Ok(counts)) = &whole {
        let left: Result<Vec<_>, _> = samples(out, options.format).collect();
        assert_eq!(left.expect(out).len() as u64, counts.samples_kept, "{out:?}");
    }
    whole
}

fn accepted(rules: &[Rule], options: &FilterOptions, input: &str) -> (String, Counts) {
    let (out, end) = through(rules, options, input);
    (out, end.expect(input))
}

fn text(rules: &[Rule], input: &str) -> String {
    accepted(rules, &FilterOptions::default(), input).0
}

fn openmetrics(rules: &[Rule], input: &str) -> String {
    accepted(rules, &FilterOptions::default().with_format(Format::OpenMetrics), input).0
}

/// Sets `target` to the template where the values of `sources` match.
fn replace<'a>(
    sources: impl IntoIterator<Item = &'a str>,
    regex: &str,
    target: &str,
    template: &str,
) -> Rule {
    let rule = Rule::new(Action::Replace).with_source_labels(sources).with_regex(regex);
    rule.with_target_label(target).with_replacement(template)
}

fn rename(regex: &str, name: &str) -> Rule {
    replace(["__name__"], regex, "__name__", name)
}

fn by_label_name(action: Action, regex: &str) -> Rule {
    Rule::new(action).with_regex(regex)
}

#[test]
fn replace_sets_and_removes_labels_where_it_matches() {
    let class = replace(["code"], "(.)..", "class", "${1}xx");
    let input = "# TYPE r counter\nr{method=\"GET\",code=\"200\"} 1 5\nr{method=\"GET\"} 2\nr 3\n";
    assert_eq!(
        text(&[class], input),
        "# TYPE r counter\nr{class=\"2xx\",code=\"200\",method=\"GET\"} 1 5\nr{method=\"GET\"} 2\nr 3\n"
    );
    let gone = replace(["method"], ".+", "method", "");
    assert_eq!(
        text(&[gone], input),
        "# TYPE r counter\nr{code=\"200\"} 1 5\nr 2\nr 3\n",
        "a label that is set to nothing is removed, and the braces with the last one"
    );
    // Without source labels it matches every sample.
    let id = Rule::new(Action::Replace).with_target_label("_id").with_replacement("6b6cbd9e");
    assert_eq!(
        openmetrics(&[id], "# TYPE r counter\nr_total{code=\"200\"} 1\nr_total 2\n# EOF\n"),
        "# TYPE r counter\nr_total{_id=\"6b6cbd9e\",code=\"200\"} 1\nr_total{_id=\"6b6cbd9e\"} 2\n# EOF\n"
    );
}

/// The rule can change labels, but leaves these as they are.
#[test]
fn series_that_do_not_change_stay_byte_for_byte() {
    let input = "a { z = \"1\" , b = \"\\d\" , }  1e0\t7\na{c=\"\",b=\"x\"}.5\na{b=\"1\",b=\"2\"} 1\n{b=\"x\",\"a\"} +1\n{\"a.b\"} 1\n";
    for rule in [
        replace(["nothing"], ".+", "b", "changed"),
        replace(["b"], "(.*)", "b", "$1"),
        by_label_name(Action::LabelDrop, "nothing"),
        by_label_name(Action::LabelKeep, "__name__|b|z"),
        by_label_name(Action::LabelMap, "(b)"),
        Rule::new(Action::Lowercase).with_source_labels(["b"]).with_target_label("b"),
    ] {
        let action = rule.action;
        assert_eq!(text(&[rule], input), input, "{action:?}");
    }
}

#[test]
fn what_stands_behind_the_series_stays_byte_for_byte() {
    let mark = [replace([], "", "x", "y")];
    assert_eq!(
        text(&mark, "a{}1e+00 0007\na\t 1E4\na  NaN\t1 \na{b=\"c\"}\t-Inf\na +1"),
        "a{x=\"y\"} 1e+00 0007\na{x=\"y\"}\t 1E4\na{x=\"y\"}  NaN\t1 \na{b=\"c\",x=\"y\"}\t-Inf\na{x=\"y\"} +1"
    );
    let exemplar = " 1.50e1 001.250 # {trace_id=\"a\\\"b\\d\",z=\"\"} 0.50 1.0e0\n";
    assert_eq!(
        openmetrics(
            &mark,
            &format!("# TYPE h histogram\nh_bucket{{le=\"2\"}}{exemplar}h_sum 1\n# EOF\n")
        ),
        format!(
            "# TYPE h histogram\nh_bucket{{le=\"2\",x=\"y\"}}{exemplar}h_sum{{x=\"y\"}} 1\n# EOF\n"
        )
    );
    // The labels of an exemplar are none of the series, whatever they are called.
    assert_eq!(
        openmetrics(
            &[by_label_name(Action::LabelDrop, "t|b")],
            "a_total{b=\"1\"} 1 # {t=\"2\",b=\"3\"} 4\n# EOF"
        ),
        "a_total 1 # {t=\"2\",b=\"3\"} 4\n# EOF"
    );
}

#[test]
fn labelmap_copies_labels_and_labeldrop_removes_them() {
    let map = by_label_name(Action::LabelMap, "k8s_(.+)");
    let input = "a{k8s_app=\"x\",k8s_pod=\"y\",app=\"old\"} 1\na{pod=\"z\"} 2\n";
    assert_eq!(
        text(std::slice::from_ref(&map), input),
        "a{app=\"x\",k8s_app=\"x\",k8s_pod=\"y\",pod=\"y\"} 1\na{pod=\"z\"} 2\n"
    );
    let both = [map, by_label_name(Action::LabelDrop, "k8s_.+")];
    assert_eq!(text(&both, input), "a{app=\"x\",pod=\"y\"} 1\na{pod=\"z\"} 2\n");
    // It sees the name of the metric, too.
    assert_eq!(
        text(&[by_label_name(Action::LabelMap, "__(name)__")], "a{b=\"c\"} 1\n"),
        "a{b=\"c\",name=\"a\"} 1\n"
    );
}

#[test]
fn labelkeep_keeps_what_it_names_and_nothing_else() {
    let keep = by_label_name(Action::LabelKeep, "__name__|app");
    assert_eq!(
        text(&[keep], "a{z=\"1\",app=\"x\",b=\"2\"} 1\na{app=\"y\"} 2\na{b=\"3\"} 3\n"),
        "a{app=\"x\"} 1\na{app=\"y\"} 2\na 3\n"
    );
}

/// The shards are those of Prometheus: the last eight bytes of MD5.
#[test]
fn hashmod_writes_the_shard() {
    let shard = Rule::new(Action::HashMod)
        .with_source_labels(["method", "code"])
        .with_modulus(u64::MAX)
        .with_target_label("shard");
    assert_eq!(
        text(std::slice::from_ref(&shard), "r{method=\"GET\",code=\"200\"} 1\nr 2\n"),
        "r{code=\"200\",method=\"GET\",shard=\"13576866944346518546\"} 1\nr{shard=\"4718772755342097393\"} 2\n"
    );
    // The usual use: to keep one shard of eight and leave no trace.
    let of_eight = [
        shard.with_modulus(8).with_target_label("__tmp"),
        Rule::new(Action::Keep).with_source_labels(["__tmp"]).with_regex("2"),
        by_label_name(Action::LabelDrop, "__tmp"),
    ];
    let input = "r { code=\"200\", method=\"GET\" } 1\nr 2\n";
    let (out, counts) = accepted(&of_eight, &FilterOptions::default(), input);
    assert_eq!(out, "r { code=\"200\", method=\"GET\" } 1\n");
    assert_eq!(counts.dropped_by_rule, [0, 1, 0]);
}

#[test]
fn letter_case_goes_rune_by_rune() {
    let to = |action| [Rule::new(action).with_source_labels(["b"]).with_target_label("b")];
    let input = "a{b=\"Straße İΑΣ\"} 1\na{b=\"\"} 2\n";
    assert_eq!(text(&to(Action::Lowercase), input), "a{b=\"straße iασ\"} 1\na{b=\"\"} 2\n");
    assert_eq!(text(&to(Action::Uppercase), input), "a{b=\"STRAßE İΑΣ\"} 1\na{b=\"\"} 2\n");
}

#[test]
fn later_rules_see_what_earlier_ones_have_made() {
    let rules = [
        replace(["code"], "(.)..", "class", "${1}xx"),
        Rule::drop_names("5xx").with_source_labels(["class"]),
        rename("r", "requests"),
        Rule::drop_names("requests;4xx").with_source_labels(["__name__", "class"]),
    ];
    let input = "r{code=\"500\"} 1\nr{code=\"404\"} 2\nr{code=\"200\"} 3\ns{code=\"404\"} 4\n";
    let (out, counts) = accepted(&rules, &FilterOptions::default(), input);
    assert_eq!(out, "requests{class=\"2xx\",code=\"200\"} 3\ns{class=\"4xx\",code=\"404\"} 4\n");
    assert_eq!(counts.dropped_by_rule, [0, 1, 0, 1]);
    assert_eq!((counts.samples_in, counts.samples_kept, counts.samples_dropped()), (4, 2, 2));
}

#[test]
fn metadata_does_not_follow_a_new_name() {
    let input = "# HELP a a\n# TYPE a gauge\na{x=\"1\"} 1\na{x=\"2\"} 2\n# TYPE c gauge\nc 3\n";
    let (out, counts) = accepted(&[rename("a", "b")], &FilterOptions::default(), input);
    assert_eq!(out, "b{x=\"1\"} 1\nb{x=\"2\"} 2\n# TYPE c gauge\nc 3\n");
    assert_eq!((counts.families_in, counts.families_kept), (2, 2));
    // What keeps its name keeps its metadata, which stands before it.
    let first = replace(["__name__", "x"], "a;1", "__name__", "b");
    assert_eq!(
        text(&[first], input),
        "b{x=\"1\"} 1\n# HELP a a\n# TYPE a gauge\na{x=\"2\"} 2\n# TYPE c gauge\nc 3\n"
    );
    let second = replace(["__name__", "x"], "a;2", "__name__", "b");
    assert_eq!(
        text(&[second], input),
        "# HELP a a\n# TYPE a gauge\na{x=\"1\"} 1\nb{x=\"2\"} 2\n# TYPE c gauge\nc 3\n"
    );
    let none_left = [rename("a", "b"), Rule::drop_names("b")];
    assert_eq!(text(&none_left, input), "# TYPE c gauge\nc 3\n");
}

#[test]
fn metadata_stays_with_a_new_name_of_the_same_family() {
    let input = "# TYPE h histogram\n# UNIT h \nh_bucket{le=\"+Inf\"} 1\nh_count 1\n# EOF\n";
    assert_eq!(
        openmetrics(&[rename("h_count", "h_sum")], input),
        input.replace("h_count", "h_sum")
    );
    assert_eq!(
        openmetrics(&[rename("h_(.*)", "${1}_h")], input),
        "bucket_h{le=\"+Inf\"} 1\ncount_h 1\n# EOF\n"
    );
}

#[test]
fn comments_of_a_renamed_family_are_not_lost() {
    let input = "# one\n# TYPE a gauge\n# two\na 1\n\n# three\na{b=\"c\"} 2\n# four\n";
    let out = text(&[rename("a", "b")], input);
    let comments: Vec<_> = out.lines().filter(|line| !line.starts_with('b')).collect();
    assert_eq!(comments, ["# one", "# two", "", "# three", "# four"]);
    let samples: Vec<_> = out.lines().filter(|line| line.starts_with('b')).collect();
    assert_eq!(samples, ["b 1", "b{b=\"c\"} 2"]);
}

#[test]
fn names_that_are_not_those_of_prometheus_2_are_quoted() {
    assert_eq!(
        text(&[rename("a", "a.b")], "a 1\na{}2\na{c=\"d\"} 3 4\n"),
        "{\"a.b\"} 1\n{\"a.b\"} 2\n{\"a.b\",c=\"d\"} 3 4\n"
    );
    let input = "# TYPE \"a.b\" gauge\n{\"a.b\"} 1\n{c=\"d\",\"a.b\"} 2 # {t=\"\"} 1\n{\"a.b\",\"é\"=\"f\"} 3\n# EOF\n";
    assert_eq!(
        openmetrics(&[rename("a\\.b", "a_b")], input),
        "a_b 1\na_b{c=\"d\"} 2 # {t=\"\"} 1\na_b{\"é\"=\"f\"} 3\n# EOF\n"
    );
    // Another label changes: the quoted name stays one of its family.
    assert_eq!(
        openmetrics(&[replace(["c"], "d", "c", "e")], input),
        input.replace("{c=\"d\",\"a.b\"}", "{\"a.b\",c=\"e\"}")
    );
    // The names of labels, and what has to be escaped in them.
    let map = by_label_name(Action::LabelMap, "c").with_replacement("k8s \"c\"");
    assert_eq!(text(&[map], "a{c=\"d\"} 1\n"), "a{c=\"d\",\"k8s \\\"c\\\"\"=\"d\"} 1\n");
}

#[test]
fn values_are_escaped_as_they_must_be() {
    let copy = [replace(["b"], "(.+)", "c", "<$1>")];
    assert_eq!(
        text(&copy, "a{b=\"\\\\ \\\" \\n \\d é\"} 1\n"),
        "a{b=\"\\\\ \\\" \\n \\\\d é\",c=\"<\\\\ \\\" \\n \\\\d é>\"} 1\n"
    );
    // A newline in quotes is one in the text format, and is written in the way that every reader takes.
    assert_eq!(
        text(&copy, "a{b=\"x\ny\"} 1\na{d=\"x\ny\"} 2\n"),
        "a{b=\"x\\ny\",c=\"<x\\ny>\"} 1\na{d=\"x\ny\"} 2\n"
    );
}

/// Of labels with one name the first counts, and of those that are written anew there is one.
#[test]
fn repeated_and_empty_labels_do_not_outlive_a_change() {
    let mark = [replace([], "", "x", "y")];
    assert_eq!(
        text(&mark, "a{b=\"1\",b=\"2\",c=\"\"} 1\na{b=\"1\",b=\"\"} 2\na{__name__=\"z\"} 3\n"),
        "a{b=\"1\",x=\"y\"} 1\na{x=\"y\"} 2\na{x=\"y\"} 3\n"
    );
}

#[test]
fn rules_see_bounds_as_prometheus_3_and_the_output_has_them_as_they_came() {
    let input = "# TYPE h histogram\nh_bucket{le=\"1\"} 1\nh_bucket{le=\"1e6\"} 2\n# TYPE s summary\ns{quantile=\"0.10\"} 3\ns{quantile=\"0.5\"} 4\n";
    let mark = [replace([], "", "x", "y")];
    let marked = input.replace("\"}", "\",x=\"y\"}");
    for compat in [LabelCompat::Raw, LabelCompat::Prometheus3] {
        let options = FilterOptions::default().with_compat(compat);
        assert_eq!(accepted(&mark, &options, input).0, marked, "{compat:?}");
    }
    // A copy is a copy of what the rule saw.
    let copy = [
        replace(["le"], "(.+)", "bound", "$1"),
        by_label_name(Action::LabelMap, "(quantile)").with_replacement("bound"),
    ];
    assert_eq!(
        text(&copy, input),
        "# TYPE h histogram\nh_bucket{bound=\"1.0\",le=\"1\"} 1\nh_bucket{bound=\"1e+06\",le=\"1e6\"} 2\n# TYPE s summary\ns{bound=\"0.1\",quantile=\"0.10\"} 3\ns{bound=\"0.5\",quantile=\"0.5\"} 4\n"
    );
    let raw = FilterOptions::default().with_compat(LabelCompat::Raw);
    assert!(accepted(&copy, &raw, input).0.contains("h_bucket{bound=\"1e6\",le=\"1e6\"} 2\n"));
}

#[test]
fn a_bound_that_a_rule_has_changed_is_written_as_the_rule_says() {
    let input = "# TYPE h histogram\nh_bucket{le=\"1\"} 1\nh_bucket{le=\"2\"} 2\n";
    assert_eq!(
        text(&[replace(["le"], "1\\.0", "le", "one")], input),
        input.replace("\"1\"", "\"one\"")
    );
    assert_eq!(
        text(&[by_label_name(Action::LabelDrop, "le")], input),
        "# TYPE h histogram\nh_bucket 1\nh_bucket 2\n"
    );
    // The same bound in the other form is no change.
    assert_eq!(text(&[replace(["le"], "1\\.0", "le", "1.0")], input), input);
    // Renamed, the bound is a label like others, and has the form in which rules see it.
    let moved = [
        by_label_name(Action::LabelMap, "le").with_replacement("bound"),
        by_label_name(Action::LabelDrop, "le"),
    ];
    assert_eq!(
        text(&moved, input),
        "# TYPE h histogram\nh_bucket{bound=\"1.0\"} 1\nh_bucket{bound=\"2.0\"} 2\n"
    );
}

#[test]
fn target_labels_are_there_for_rules_to_read_and_change() {
    let target = TargetLabels::new([("job", "etcd"), ("instance", "10.0.0.1:2381")]);
    let options =
        |honor| FilterOptions::default().with_target_labels(target.clone().with_honor(honor));
    let rules = [
        replace(["instance"], "(.*):\\d+", "instance", "$1"),
        by_label_name(Action::LabelDrop, "exported_.*"),
        Rule::drop_names("kubelet").with_source_labels(["job"]),
    ];
    let input = "# TYPE a gauge\na{job=\"kubelet\"} 1 5\na{instance=\"x:1\"} 2\na 3\n";
    let (out, counts) = accepted(&rules, &options(false), input);
    assert_eq!(
        out,
        "# TYPE a gauge\na{instance=\"10.0.0.1\",job=\"etcd\"} 1 5\na{instance=\"10.0.0.1\",job=\"etcd\"} 2\na{instance=\"10.0.0.1\",job=\"etcd\"} 3\n"
    );
    assert_eq!(counts.dropped_by_rule, [0, 0, 0]);
    let (out, counts) = accepted(&rules, &options(true), input);
    assert_eq!(
        out,
        "# TYPE a gauge\na{instance=\"x\",job=\"etcd\"} 2\na{instance=\"10.0.0.1\",job=\"etcd\"} 3\n"
    );
    assert_eq!(counts.dropped_by_rule, [0, 0, 1]);
}

#[test]
fn target_labels_leave_bounds_and_exemplars_alone() {
    let target = TargetLabels::new([("job", "etcd"), ("le", "9")]);
    let options = FilterOptions::default().with_format(Format::OpenMetrics);
    let input = "# TYPE h histogram\nh_bucket{le=\"1\"} 1 2.50 # {job=\"t\"} 0.50\n# EOF\n";
    let honor = options.clone().with_target_labels(target.clone().with_honor(true));
    assert_eq!(
        accepted(&[], &honor, input).0,
        "# TYPE h histogram\nh_bucket{job=\"etcd\",le=\"1\"} 1 2.50 # {job=\"t\"} 0.50\n# EOF\n"
    );
    // A label of the target called `le` is no bound, and what it displaces is what the parser of Prometheus 3 has made of it.
    assert_eq!(
        accepted(&[], &options.with_target_labels(target), input).0,
        "# TYPE h histogram\nh_bucket{exported_le=\"1.0\",job=\"etcd\",le=\"9\"} 1 2.50 # {job=\"t\"} 0.50\n# EOF\n"
    );
}

#[test]
fn a_rule_that_removes_the_name_fails_the_exposition() {
    let kept = "# TYPE a gauge\na{keep=\"1\"} 1\n";
    let input = format!("{kept}\n  a{{b=\"c\"}} 2\na{{keep=\"1\"}} 3\n");
    let nameless = replace(["b"], "c", "__name__", "");
    let (out, end) = through(std::slice::from_ref(&nameless), &FilterOptions::default(), &input);
    let error = end.expect_err("no name");
    assert_eq!((error.line, error.kind), (4, ErrorKind::MissingName));
    assert_eq!(out, format!("{kept}\n"), "what came before is written");

    let skip = FilterOptions::default().with_on_malformed(OnMalformed::Skip);
    let (out, counts) = accepted(&[nameless], &skip, &input);
    assert_eq!(out, format!("{kept}\na{{keep=\"1\"}} 3\n"));
    assert_eq!((counts.lines_skipped, counts.samples_in, counts.samples_kept), (1, 2, 2));
}

#[test]
fn labelkeep_without_the_name_takes_it_away() {
    let keep = [by_label_name(Action::LabelKeep, "b")];
    for (format, eof) in [(Format::Text, ""), (Format::OpenMetrics, "# EOF\n")] {
        let options = FilterOptions::default().with_format(format);
        let (_, end) = through(&keep, &options, &format!("a{{b=\"c\"}} 1\n{eof}"));
        assert_eq!(end.expect_err("no name").kind, ErrorKind::MissingName, "{format}");
        // Nothing at all is left of this one: Prometheus drops it, and that is no error.
        let (out, counts) = accepted(&keep, &options, &format!("a{{d=\"e\"}} 1\n{eof}"));
        assert_eq!((out.as_str(), counts.dropped_without_labels), (eof, 1), "{format}");
    }
}

#[test]
fn a_rule_that_makes_a_label_without_name_fails_the_exposition() {
    let map = [by_label_name(Action::LabelMap, "b(.*)")];
    assert_eq!(text(&map, "a{bc=\"d\"} 1\n"), "a{bc=\"d\",c=\"d\"} 1\n");
    let (_, end) = through(&map, &FilterOptions::default(), "a{b=\"d\"} 1\n");
    assert_eq!(end.expect_err("a label without name").kind, ErrorKind::EmptyLabelName);
    let skip = FilterOptions::default().with_on_malformed(OnMalformed::Skip);
    let (out, counts) = accepted(&map, &skip, "a{b=\"d\"} 1\na 2\n");
    assert_eq!((out.as_str(), counts.lines_skipped), ("a 2\n", 1));
}

#[test]
fn an_end_that_is_missing_is_an_error_behind_rewritten_lines_too() {
    let mark = [replace([], "", "x", "y")];
    let options = FilterOptions::default().with_format(Format::OpenMetrics);
    let (out, end) = through(&mark, &options, "a 1\n");
    assert_eq!(end.expect_err("cut off").kind, ErrorKind::MissingEof);
    assert_eq!(out, "a{x=\"y\"} 1\n");
}

#[test]
fn series_that_a_rule_makes_equal_both_stay() {
    let input = "a{b=\"1\"} 1\na{b=\"2\"} 2\n";
    assert_eq!(text(&[by_label_name(Action::LabelDrop, "b")], input), "a 1\na 2\n");
}

/// A sample: its labels by name, and what stands behind its series.
type Read = (Vec<(String, String)>, String, Option<String>, Option<String>);

/// The samples of `text`, with the labels that `rules` leave of them.
fn relabelled(rules: &Rules, text: &str, format: Format) -> Vec<Read> {
    let mut left = Vec::new();
    for sample in samples(text, format) {
        let sample = sample.expect(text);
        let mut labels = Labels::new();
        labels.set("__name__", sample.name());
        sample.labels().for_each(|(name, value)| labels.set(&name, &value));
        if rules.apply(&mut labels) == Verdict::Keep {
            let owned = |text: &str| text.to_owned();
            let mut labels: Vec<_> =
                labels.iter().map(|(name, value)| (owned(name), owned(value))).collect();
            labels.sort();
            let (time, exemplar) = (sample.timestamp_text(), sample.exemplar());
            left.push((labels, owned(sample.value_text()), time.map(owned), exemplar.map(owned)));
        }
    }
    left
}

/// Rules that leave every series its name, in any order.
fn mutating_rules() -> impl Strategy<Value = Vec<Rule>> {
    let case = |action| Rule::new(action).with_source_labels(["b"]).with_target_label("B");
    let rules = vec![
        rename("(a)(_total)?", "$1.renamed$2"),
        replace(["b", "d"], "(.*);(.+)", "d", "$2\n\"$1\""),
        replace(["d"], ".*x.*", "b", ""),
        replace(["b"], "(c.*)", "new $1", "1"),
        by_label_name(Action::LabelMap, "(b|d)"),
        by_label_name(Action::LabelMap, "(.)").with_replacement("k8s.$1"),
        by_label_name(Action::LabelDrop, "b"),
        by_label_name(Action::LabelKeep, "__name__|[bd]"),
        case(Action::Uppercase),
        case(Action::Lowercase),
        Rule::new(Action::HashMod)
            .with_source_labels(["b"])
            .with_modulus(3)
            .with_target_label("shard"),
        Rule::drop_names("1").with_source_labels(["shard"]),
        Rule::new(Action::KeepEqual).with_source_labels(["b"]).with_target_label("B"),
    ];
    let length = rules.len();
    prop::sample::subsequence(rules, 0..=length).prop_shuffle()
}

fn lines(format: Format) -> impl Strategy<Value = String> {
    let both = vec![
        "a 1\n",
        "a_total{b=\"c\"} 1e0\n",
        "a{d=\"x\",b=\"ß\\\\ \\d\"} 2\n",
        "{\"a.b\",b=\"c\",\"é f\"=\"\\n\"} NaN\n",
        "# TYPE a gauge\n",
        "# TYPE e counter\n",
    ];
    let own = match format {
        Format::OpenMetrics => {
            vec!["a{b=\"c\"} 1 1.50 # {b=\"\\\"\"} 0.50 2\n", "e_total 1 # {} 1\n"]
        }
        _ => vec!["a { b = \"c\", }\t.5 007\n", "a{d=\"x\ny\"}1\n", "# comment\n", "\n"],
    };
    let line = prop::sample::select([both, own].concat());
    let eof = if format == Format::OpenMetrics { "# EOF\n" } else { "" };
    prop::collection::vec(line, 0..12).prop_map(move |lines| lines.concat() + eof)
}

fn input() -> impl Strategy<Value = (Format, String)> {
    let of = |format| lines(format).prop_map(move |text| (format, text));
    prop_oneof![of(Format::Text), of(Format::OpenMetrics)]
}

proptest! {
    #[test]
    fn what_comes_out_is_what_the_rules_leave_of_each_sample(
        rules in mutating_rules(),
        (format, text) in input(),
    ) {
        let options = FilterOptions::default().with_format(format);
        let (out, _) = accepted(&rules, &options, &text);
        let rules = Rules::compile(&rules).expect("valid rules");
        let no_rules = Rules::compile(&[]).expect("no rules");
        prop_assert_eq!(relabelled(&no_rules, &out, format), relabelled(&rules, &text, format));
    }
}
