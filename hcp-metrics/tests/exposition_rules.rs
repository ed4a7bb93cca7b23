//! What rules and target labels make of an exposition: metadata, changed labels, limits.

use hcp_metrics::LabelCompat;
use hcp_metrics::exposition::{
    Counts, ErrorKind, FilterOptions, Format, OnMalformed, TargetLabels, filter,
};
use hcp_metrics::relabel::{Action, Rule, Rules};

fn filtered(rules: &[Rule], options: &FilterOptions, text: &str) -> (String, Counts) {
    let rules = Rules::compile(rules).expect("valid rules");
    let (out, counts) = filter(&rules, options, text.as_bytes()).expect("a valid exposition");
    (String::from_utf8(out).expect("UTF-8"), counts)
}

fn text(rules: &[Rule], input: &str) -> String {
    filtered(rules, &FilterOptions::default(), input).0
}

fn openmetrics(rules: &[Rule], input: &str) -> String {
    filtered(rules, &FilterOptions::default().with_format(Format::OpenMetrics), input).0
}

#[test]
fn metadata_goes_with_the_last_sample_of_its_family() {
    let input = "# HELP h h\n# TYPE h histogram\nh_bucket{le=\"1\"} 1\nh_sum 1\nh_count 1\n# HELP a a\n# TYPE a gauge\na 1\n";
    assert_eq!(text(&[Rule::drop_names("h_.*")], input), "# HELP a a\n# TYPE a gauge\na 1\n");
    assert_eq!(
        text(&[Rule::drop_names("h_bucket|h_count|a")], input),
        "# HELP h h\n# TYPE h histogram\nh_sum 1\n"
    );
    // A name that is not one of the family's is another family.
    assert_eq!(
        text(&[Rule::drop_names("h")], "# TYPE h histogram\nh 1\nh_total 1\n"),
        "h_total 1\n"
    );
}

#[test]
fn counters_of_openmetrics_have_suffixes() {
    let input = "# TYPE a counter\n# UNIT a \na_total 1 # {t=\"x\"} 1\na_created 1\n# EOF\n";
    assert_eq!(openmetrics(&[Rule::drop_names("a_.*")], input), "# EOF\n");
    assert_eq!(
        openmetrics(&[Rule::drop_names("a_created")], input),
        "# TYPE a counter\n# UNIT a \na_total 1 # {t=\"x\"} 1\n# EOF\n"
    );
    let input = "# TYPE a info\na_info{b=\"c\"} 1\n# TYPE g gaugehistogram\ng_gsum 1\n# EOF";
    assert_eq!(openmetrics(&[Rule::drop_names("a_info|g_.*")], input), "# EOF");
}

#[test]
fn comments_and_blank_lines_stay() {
    let input = "# one\n\n# HELP a a\n# two\n# TYPE a gauge\na{b=\"1\"} 1\n# three\na{b=\"2\"} 2\n# four\n# TYPE c gauge\nc 1\n";
    assert_eq!(
        text(&[Rule::drop_names("a")], input),
        "# one\n\n# two\n# three\n# four\n# TYPE c gauge\nc 1\n"
    );
    let second = Rule::drop_names("1").with_source_labels(["b"]);
    assert_eq!(text(&[second], input), input.replace("a{b=\"1\"} 1\n", ""));
}

#[test]
fn metadata_without_samples_stays_unless_its_name_is_dropped() {
    let input = "# TYPE a gauge\n# HELP b b\n# TYPE h histogram\n# TYPE c counter\nc 1\n";
    assert_eq!(
        text(&[Rule::drop_names("a|h_bucket|h_sum")], input),
        input.replace("# TYPE a gauge\n", "")
    );
    assert_eq!(
        text(&[Rule::drop_names("h_(bucket|sum|count)")], input),
        input.replace("# TYPE h histogram\n", "")
    );
    // This rule looks at a label, too: nothing is known about a family without samples.
    let rule = Rule::new(Action::Keep).with_source_labels(["job"]).with_regex("x");
    assert_eq!(text(&[rule], input), input.replace("# TYPE c counter\nc 1\n", ""));
}

#[test]
fn samples_that_come_back_have_no_metadata() {
    let first = Rule::drop_names("a;1").with_source_labels(["__name__", "b"]);
    let input = "# TYPE a gauge\na{b=\"1\"} 1\nc 1\na{b=\"2\"} 2\n# HELP a a\na 3\n";
    assert_eq!(text(&[first], input), "c 1\na{b=\"2\"} 2\n# HELP a a\na 3\n");
}

#[test]
fn counts_add_up() {
    let input = "# TYPE a gauge\na 1\na{b=\"c\"} 1\n# TYPE d gauge\nd 1\ne 1\n";
    let rules = [Rule::drop_names("d"), Rule::drop_names("c").with_source_labels(["b"])];
    let (out, counts) = filtered(&rules, &FilterOptions::default(), input);
    assert_eq!(out, "# TYPE a gauge\na 1\ne 1\n");
    assert_eq!((counts.samples_in, counts.samples_kept), (4, 2));
    assert_eq!(counts.dropped_by_rule, [1, 1]);
    assert_eq!((counts.families_in, counts.families_kept), (3, 2));
    let twice = counts.clone() + counts;
    assert_eq!(twice.dropped_by_rule, [2, 2]);
    assert_eq!(twice.samples_dropped(), 4);
    let table = twice.to_string();
    assert!(table.contains("samples               8            4\n"), "{table}");
    assert!(table.contains("dropped by rule 1: 2\n"), "{table}");
}

#[test]
fn bounds_look_to_rules_as_the_mode_says_and_are_never_rewritten() {
    let input = "# TYPE h histogram\nh_bucket{le=\"1\"} 1\nh_bucket{le=\"1e6\"} 1\nh_sum 1\n# TYPE s summary\ns{quantile=\"0.10\"} 1\ns{le=\"1\"} 1\n";
    let options = |compat| FilterOptions::default().with_compat(compat);
    let drop = |regex: &str| [Rule::drop_names(regex).with_source_labels(["le", "quantile"])];
    let kept = |compat, regex| {
        let (out, counts) = filtered(&drop(regex), &options(compat), input);
        assert!(out.lines().all(|line| input.lines().any(|of_input| of_input == line)), "{out}");
        counts.samples_kept
    };
    assert_eq!(kept(LabelCompat::Raw, "1;|1e6;|;0.10"), 1);
    // The `le` of a summary is no bound.
    assert_eq!(kept(LabelCompat::Prometheus3, "1;|1e6;|;0.10"), 4);
    assert_eq!(kept(LabelCompat::Prometheus3, "1\\.0;|1e\\+06;|;0\\.1"), 2);
    assert_eq!(kept(LabelCompat::Raw, "1\\.0;|1e\\+06;|;0\\.1"), 5);
    // Without a TYPE line there is no bound; the last one counts, of whatever family.
    let (out, _) = filtered(&drop("1\\.0;"), &FilterOptions::default(), "h_bucket{le=\"1\"} 1\n");
    assert_eq!(out, "h_bucket{le=\"1\"} 1\n");
    let (out, _) =
        filtered(&drop("1\\.0;"), &FilterOptions::default(), "# TYPE h histogram\nx{le=\"1\"} 1\n");
    assert_eq!(out, "# TYPE h histogram\n");
}

#[test]
fn target_labels_come_before_the_rules() {
    let target = TargetLabels::new([("job", "etcd"), ("instance", "a:1")]);
    let options = FilterOptions::default().with_target_labels(target.clone());
    let input = "# TYPE a gauge\na{job=\"x\",exported_job=\"y\",le=\"1\"}1 5\n# end\na.5";
    assert_eq!(
        filtered(&[], &options, input).0,
        "# TYPE a gauge\na{exported_exported_job=\"x\",exported_job=\"y\",instance=\"a:1\",job=\"etcd\",le=\"1\"} 1 5\n# end\na{instance=\"a:1\",job=\"etcd\"} .5"
    );
    let drop = Rule::drop_names("etcd;").with_source_labels(["job", "exported_job"]);
    assert_eq!(filtered(&[drop], &options, input).1.samples_kept, 1);
    let honor = FilterOptions::default().with_target_labels(target.with_honor(true));
    assert_eq!(
        filtered(&[], &honor, "a{job=\"x\"} 1\na{job=\"\"} 2\na 3\n").0,
        "a{instance=\"a:1\",job=\"x\"} 1\na{instance=\"a:1\"} 2\na{instance=\"a:1\",job=\"etcd\"} 3\n"
    );
}

#[test]
fn series_are_written_anew_as_both_formats_allow() {
    let options = FilterOptions::default()
        .with_target_labels(TargetLabels::new([("a b", "c\"d\\e\nf"), ("z", "é")]));
    let input = "x{y=\"\\d\"} 1 # {t=\"x\"} 2\n{\"q r\",b=\"\"} 2 3\n# EOF\n";
    assert_eq!(
        filtered(&[], &options.with_format(Format::OpenMetrics), input).0,
        "x{\"a b\"=\"c\\\"d\\\\e\\nf\",y=\"\\\\d\",z=\"é\"} 1 # {t=\"x\"} 2\n{\"q r\",\"a b\"=\"c\\\"d\\\\e\\nf\",z=\"é\"} 2 3\n# EOF\n"
    );
}

/// Of labels with one name the first counts for rules; none does if one of them is empty.
#[test]
fn repeated_labels() {
    let keep = Rule::new(Action::Keep).with_source_labels(["b"]).with_regex("c");
    let input = "a{b=\"c\",b=\"d\"} 1\na{b=\"d\",b=\"c\"} 2\na{b=\"c\",b=\"\"} 3\n";
    assert_eq!(text(&[keep], input), "a{b=\"c\",b=\"d\"} 1\n");
}

#[test]
fn a_series_without_a_name_is_an_error_unless_it_is_dropped() {
    let options = FilterOptions::default();
    let no_rules = Rules::compile(&[]).expect("no rules");
    for input in ["{\"\"} 1\n", "{\"\",a=\"b\"} 1\n", "a{__name__=\"\",b=\"c\"} 1\n"] {
        let error = filter(&no_rules, &options, input.as_bytes()).expect_err(input);
        assert_eq!((error.line, error.column, error.kind), (1, 1, ErrorKind::MissingName));
    }
    let error =
        filter(&no_rules, &options, b"a{\"\"=\"b\"} 1\n").expect_err("a label without name");
    assert_eq!(error.kind, ErrorKind::EmptyLabelName);
    let drop = Rule::drop_names("b").with_source_labels(["a"]);
    assert_eq!(text(&[drop], "{\"\",a=\"b\"} 1\n"), "");
    let skip = options.with_on_malformed(OnMalformed::Skip);
    assert_eq!(filtered(&[], &skip, "{\"\",a=\"b\"} 1\nb 1\n").0, "b 1\n");
}

#[test]
fn what_is_held_is_bounded() {
    let options = FilterOptions::default().with_max_line_bytes(20);
    let rules = Rules::compile(&[Rule::drop_names("a")]).expect("a rule");
    let fail = |text: &str| {
        let error = filter(&rules, &options, text.as_bytes()).expect_err(text);
        (error.line, error.column, error.kind)
    };
    assert_eq!(fail("# HELP a 12345678\n# 123456789\n"), (2, 1, ErrorKind::HeldTooLong));
    assert_eq!(fail("b 1\na{b=\"2345678901234567\"} 1\n"), (2, 1, ErrorKind::LineTooLong));
    assert_eq!(
        fail("b 1\na{b=\"\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\""),
        (2, 1, ErrorKind::LineTooLong)
    );
    // Comments with nothing held before them are not held.
    let comments = "# 1234567890\n".repeat(5) + "b 1\n" + &"# 1234567890\n".repeat(5);
    assert_eq!(filtered(&[Rule::drop_names("a")], &options, &comments).0, comments);
    let skip = options.clone().with_on_malformed(OnMalformed::Skip);
    let (out, counts) = filtered(&[], &skip, &format!("b 1\n{}\nc 1\n", "x".repeat(100)));
    assert_eq!((out.as_str(), counts.lines_skipped), ("b 1\nc 1\n", 1));
}
