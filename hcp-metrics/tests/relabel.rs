//! The corpus of relabel rules.

#![expect(clippy::panic, reason = "tests")]

use std::collections::BTreeMap;

use hcp_metrics::relabel::{Action, CompileOptions, Rule, Rules, Verdict};
use hcp_metrics::{Labels, LabelsView, NameScheme};
use proptest::prelude::*;
use serde::Deserialize;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    name: String,
    #[serde(default)]
    scheme: Option<String>,
    rules: String,
    #[serde(default)]
    labels: BTreeMap<String, String>,
    keep: Option<BTreeMap<String, String>>,
    drop: Option<i32>,
    error: Option<String>,
}

fn compile(case: &Case) -> Result<Rules, String> {
    let scheme = match case.scheme.as_deref() {
        None | Some("utf8") => NameScheme::Utf8,
        Some("legacy") => NameScheme::Legacy,
        Some(other) => panic!("{}: unknown scheme {other}", case.name),
    };
    let rules = Rule::list_from_yaml(&case.rules).map_err(|error| error.to_string())?;
    let options = CompileOptions::default().with_name_scheme(scheme);
    Rules::compile_with(&rules, &options).map_err(|error| error.to_string())
}

#[test]
fn the_corpus_comes_out_as_in_prometheus() {
    let cases: Vec<Case> = serde_saphyr::from_str(include_str!("data/relabel.yaml")).unwrap();
    assert!(cases.len() > 130);
    let mut failures = Vec::new();
    for case in &cases {
        let (expected, found) = (expected(case), outcome(case));
        let good = match &case.error {
            Some(part) => found.as_ref().is_err_and(|error| error.contains(part)),
            None => found.as_ref() == Ok(&expected),
        };
        if !good {
            failures.push(format!("{}: {expected}, but {found:?}", case.name));
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

fn expected(case: &Case) -> String {
    match (&case.keep, case.drop, &case.error) {
        (Some(keep), None, None) => keep.iter().collect::<Labels>().to_string(),
        (None, Some(-1), None) => "no labels".to_owned(),
        (None, Some(rule), None) => format!("dropped by rule {rule}"),
        (None, None, Some(error)) => error.clone(),
        _ => panic!("{}: exactly one of keep, drop, error", case.name),
    }
}

/// What a list of rules makes of the labels, which `keep` must agree with.
fn outcome(case: &Case) -> Result<String, String> {
    let rules = compile(case)?;
    let mut labels: Labels = case.labels.iter().collect();
    let kept = rules.keep(&LabelsView::from(&labels));
    let verdict = rules.apply(&mut labels);
    assert_eq!(kept, verdict == Verdict::Keep, "{}", case.name);
    Ok(match verdict {
        Verdict::Keep => labels.to_string(),
        Verdict::Drop(rule) => format!("dropped by rule {rule}"),
        _ => "no labels".to_owned(),
    })
}

#[test]
fn a_source_label_without_a_name_is_refused_before_the_regex() {
    let rule = Rule::new(Action::Keep).with_source_labels(["a", ""]).with_regex("(");
    let error = Rules::compile(&[Rule::default().with_target_label("a"), rule]).unwrap_err();
    assert_eq!((error.rule, error.message.as_str()), (1, "\"\" is not a valid label name"));
}

/// The rules work, or Prometheus would refuse them, too.
fn works(regex: &str) -> bool {
    let filter = Rule::drop_names(regex);
    let both = filter.clone().with_source_labels(["__name__", "le"]);
    let map = Rule::new(Action::LabelMap).with_regex(regex);
    let Ok(rules) = Rules::compile(&[filter, both, map]) else { return false };
    let mut labels: Labels = [("__name__", "a"), ("le", "1")].into_iter().collect();
    let kept = rules.keep(&LabelsView::from(&labels));
    assert_eq!(kept, rules.apply(&mut labels) == Verdict::Keep);
    true
}

#[test]
fn an_expression_as_deep_as_go_allows_does_not_exhaust_a_small_stack() {
    let compile_and_apply = || {
        for [open, close] in [["(", ")"], ["(?:", "|b)"], ["(?:", ")?"]] {
            let nested = |depth| [&open.repeat(depth), "a", &*close.repeat(depth)].concat();
            for depth in [60, 101, 480] {
                assert!(works(&nested(depth)), "{depth} of {open}{close}");
            }
        }
        assert!(!works(&["(".repeat(100_000), ")".repeat(100_000)].concat()));
    };
    let small = std::thread::Builder::new().stack_size(512 << 10);
    small.spawn(compile_and_apply).expect("a thread").join().expect("no panic");
}

fn rule() -> impl Strategy<Value = Rule> {
    let names = prop::sample::select(&["__name__", "a", "b", "ab", "é", "a.b", "$1", "x${1}"][..]);
    let regexes = prop::sample::select(
        &[
            "",
            "(.*)",
            "(.+)",
            "a|b",
            "a(.*)",
            "(.*)b",
            "(a)(.*)?",
            "(.)(.*)",
            "([^a]*)a",
            "a)|(b",
            ")|(é",
            "(?i)A.*",
            "(?P<x>.+?)(;.*)?",
            "(?m)^a$",
        ][..],
    );
    let templates =
        prop::sample::select(&["$1", "", "x", "${1}x", "$x", "$$", "$2$1", "${", "é"][..]);
    (
        prop::sample::select(&Action::ALL[..]),
        prop::option::of(prop::collection::vec(names.clone(), 0..3)),
        prop::option::of(prop::sample::select(&["", ";", "é"][..])),
        prop::option::of(regexes),
        0..3_u64,
        prop::option::of(names),
        prop::option::of(templates),
    )
        .prop_map(|(action, sources, separator, regex, modulus, target, template)| {
            let mut rule = Rule::new(action).with_modulus(modulus);
            rule.source_labels =
                sources.map(|names| names.into_iter().map(str::to_owned).collect());
            rule.separator = separator.map(str::to_owned);
            rule.regex = regex.map(str::to_owned);
            rule = rule.with_target_label(target.unwrap_or(""));
            rule.replacement = template.map(str::to_owned);
            rule
        })
}

fn labels() -> impl Strategy<Value = Labels> {
    let pair = ("(__name__|a|b|ab|é|[abé.]{1,4})", "[abé;\n]{0,4}");
    prop::collection::vec(pair, 0..6).prop_map(|pairs| pairs.into_iter().collect())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn whatever_the_rules_labels_stay_labels(
        written in prop::collection::vec(rule(), 1..5),
        mut series in prop::collection::vec(labels(), 1..4),
    ) {
        // The rules that are valid; most that come up are not.
        let valid = written.into_iter().filter(|rule| Rules::compile(std::slice::from_ref(rule)).is_ok());
        let rules = Rules::compile(&valid.collect::<Vec<_>>()).unwrap();
        // Twice, because what is remembered of the first time must not change the second.
        for _ in 0..2 {
            for labels in &series {
                let (mut one, mut other) = (labels.clone(), labels.clone());
                let verdict = rules.apply(&mut one);
                prop_assert_eq!(verdict, Rules::compile(rules.rules()).unwrap().apply(&mut other));
                prop_assert_eq!(rules.keep(&LabelsView::from(labels)), verdict == Verdict::Keep);
                if verdict == Verdict::Keep {
                    prop_assert_eq!(&one, &other);
                }
                let pairs: Vec<_> = one.iter().collect();
                prop_assert!(pairs.is_sorted_by(|a, b| a.0 < b.0), "{:?}", pairs);
                prop_assert!(pairs.iter().all(|(_, value)| !value.is_empty()), "{:?}", pairs);
                prop_assert!(pairs.iter().all(|(name, value)| one.get(name) == Some(*value)));
            }
            series.reverse();
        }
    }

    #[test]
    fn dropping_labels_and_changing_case_twice_is_once(mut labels in labels(), regex in "[ab.]{0,3}") {
        for rule in [
            Rule::new(Action::LabelDrop).with_regex(&regex),
            Rule::new(Action::LabelKeep).with_regex(&regex),
            Rule::new(Action::Uppercase).with_source_labels(["a"]).with_target_label("a"),
            Rule::new(Action::HashMod).with_source_labels(["b"]).with_target_label("a").with_modulus(7),
        ] {
            let rules = Rules::compile(&[rule]).unwrap();
            let _ = rules.apply(&mut labels);
            let once = labels.clone();
            let _ = rules.apply(&mut labels);
            prop_assert_eq!(&labels, &once);
        }
    }
}
