//! Lists of rules in YAML and JSON.

#![expect(clippy::unwrap_used, reason = "tests")]

use hcp_metrics::relabel::{Action, RelabelConfig, Rule, RuleFileError, Spelling};
use proptest::prelude::*;

fn refused(text: &str) -> RuleFileError {
    Rule::list_from_yaml(text).unwrap_err()
}

#[test]
fn both_spellings_are_understood() {
    let snake = "- {source_labels: [a, b], separator: '-', regex: x, target_label: t, replacement: $0}\n\
                 - {action: HashMod, modulus: 3, target_label: t}";
    let camel = "- {sourceLabels: [a, b], separator: '-', regex: x, targetLabel: t, replacement: $0}\n\
                 - {action: hashmod, modulus: 3, targetLabel: t}";
    let rules = [
        Rule::new(Action::Replace)
            .with_source_labels(["a", "b"])
            .with_separator("-")
            .with_regex("x")
            .with_target_label("t")
            .with_replacement("$0"),
        Rule::new(Action::HashMod).with_modulus(3).with_target_label("t"),
    ];
    assert_eq!(Rule::list_from_yaml(snake).unwrap(), rules);
    assert_eq!(Rule::list_from_yaml(camel).unwrap(), rules);
    assert_eq!(Rule::list_from_yaml_as(camel, Spelling::Operator).unwrap(), rules);
    let json = r#"[{"sourceLabels": ["a"], "action": "Drop"}]"#;
    assert_eq!(
        Rule::list_from_json(json).unwrap(),
        [Rule::new(Action::Drop).with_source_labels(["a"])]
    );
    assert_eq!(Rule::list_from_json("[]").unwrap(), []);
}

#[test]
fn prometheus_tells_empty_from_absent() {
    let text = "[{source_labels: [], separator: '', regex: '', modulus: 0, target_label: '', replacement: ''},\n\
                 {source_labels: , separator: , regex: , modulus: , target_label: , replacement: }, {}]";
    let rules = Rule::list_from_yaml(text).unwrap();
    let empty = Rule::default().with_separator("").with_regex("").with_replacement("");
    assert_eq!(rules, [empty.clone().with_source_labels([""; 0]), empty, Rule::default()]);
}

#[test]
fn the_operator_takes_most_empty_values_for_none() {
    let text = "[{sourceLabels: [], separator: '', regex: '', modulus: 0, targetLabel: '', replacement: '', action: ''},\n\
                 {sourceLabels: , separator: , regex: , modulus: , targetLabel: , replacement: , action: }]";
    let rules = Rule::list_from_yaml(text).unwrap();
    let pointers = Rule::default().with_separator("").with_replacement("");
    assert_eq!(rules, [pointers, Rule::default()]);
}

#[test]
fn a_scalar_in_yaml_is_the_text_that_is_written() {
    let rules =
        Rule::list_from_yaml("- {regex: 010, replacement: true, target_label: 1.50}").unwrap();
    let rule = Rule::default().with_regex("010").with_replacement("true").with_target_label("1.50");
    assert_eq!(rules, [rule]);
}

#[test]
fn an_error_says_where_why_and_what_to_do() {
    let error = refused("- action: drop\n- {action: keep,\n   sourcelabels: [a]}\n");
    assert_eq!((error.rule, error.line), (Some(1), Some(3)));
    assert_eq!(error.key.as_deref(), Some("sourcelabels"));
    assert_eq!(error.message, "unknown key \"sourcelabels\"");
    assert!(error.remedy.contains("source_labels, separator, regex"));
    let text = error.to_string();
    assert!(text.starts_with("rule 1, key sourcelabels, line 3, column "), "{text}");
    assert!(text.ends_with(
        "; use one of source_labels, separator, regex, modulus, target_label, \
                            replacement, action"
    ));

    let error = Rule::list_from_json("[{},\n {\"if\": 1}]").unwrap_err();
    assert_eq!((error.rule, error.line, error.key.as_deref()), (Some(1), Some(2), Some("if")));
}

#[test]
fn the_spellings_do_not_mix() {
    let error = refused("- {source_labels: [a], action: drop}\n- {targetLabel: b}\n");
    assert_eq!((error.rule, error.line), (Some(1), Some(2)));
    assert_eq!(
        error.message,
        "\"targetLabel\" is the spelling of prometheus-operator, but that of Prometheus was used before"
    );
    let error = Rule::list_from_yaml_as("[{source_labels: [a]}]", Spelling::Operator).unwrap_err();
    assert!(error.message.ends_with("that of prometheus-operator was asked for"), "{error}");
    assert!(error.remedy.contains("sourceLabels"));
}

#[test]
fn what_is_no_list_of_rules_is_refused() {
    for (text, rule, key, part) in [
        ("", None, None, ""),
        ("a: b", None, None, ""),
        ("- a", Some(0), None, ""),
        ("- [a]", Some(0), None, ""),
        (
            "[{action: drop}, {action: nope}]",
            Some(1),
            Some("action"),
            "unknown relabel action \"nope\"",
        ),
        ("- {action: ''}", Some(0), Some("action"), "relabel action cannot be empty"),
        ("- {action: [drop]}", Some(0), Some("action"), ""),
        ("- {source_labels: a}", Some(0), Some("source_labels"), ""),
        ("- {source_labels: [a, '']}", Some(0), Some("source_labels"), "is not a valid label name"),
        ("- {modulus: -1}", Some(0), Some("modulus"), ""),
        ("- {modulus: x}", Some(0), Some("modulus"), ""),
        ("- {regex: a, regex: b}", Some(0), None, "regex"),
        ("- {regex: a\n", Some(0), None, ""),
        ("- {}\n---\n- {}\n", None, None, ""),
    ] {
        let error = refused(text);
        assert_eq!((error.rule, error.key.as_deref()), (rule, key), "{text:?}: {error}");
        assert!(error.message.contains(part) && !error.message.is_empty(), "{text:?}: {error}");
        assert!(!error.remedy.is_empty());
    }
    for text in
        ["", "{}", "[1]", "[{\"regex\": 5}]", "[{\"regex\": \"a\", \"regex\": \"b\"}]", "[] x"]
    {
        let error = Rule::list_from_json(text).unwrap_err();
        assert!(!error.message.contains(" at line "), "{error}");
    }
}

#[test]
fn the_operator_cannot_write_what_is_empty() {
    let rules = [Rule::new(Action::Drop), Rule::new(Action::Drop).with_regex("")];
    let error = Rule::list_to_yaml(&rules, Spelling::Operator).unwrap_err();
    assert_eq!((error.rule, error.key.as_deref()), (Some(1), Some("regex")));
    assert!(RelabelConfig::try_from(&rules[1]).is_err());
    assert_eq!(Rule::from(RelabelConfig::try_from(&rules[0]).unwrap()), rules[0]);
}

#[test]
fn rules_are_written_in_the_order_of_their_fields() {
    let rule = Rule::drop_names("a|b").with_separator("");
    let yaml = Rule::list_to_yaml(std::slice::from_ref(&rule), Spelling::Operator).unwrap();
    assert_eq!(
        yaml,
        "- sourceLabels:\n  - __name__\n  separator: \"\"\n  regex: a|b\n  action: drop\n"
    );
    let json = Rule::list_to_json(&[rule], Spelling::Prometheus).unwrap();
    assert!(json.contains("\"source_labels\"") && json.contains("\"separator\": \"\""), "{json}");
}

fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        "[a-z(.*)$|{}:#'\"\\\\ \n\t-]{0,12}",
        "(true|null|~|010|1e3|-|yes|=|<<|[ ]+|\n+|- a|\u{85}|\u{feff})",
        "\\PC{0,6}",
        "[a-z]{70}[a-z |.]{30}",
    ]
}

fn rule() -> impl Strategy<Value = Rule> {
    let name = text().prop_filter("names are not empty", |name| !name.is_empty());
    (
        prop::sample::select(&Action::ALL[..]),
        prop::option::of(prop::collection::vec(name, 0..3)),
        prop::option::of(text()),
        prop::option::of(text()),
        prop_oneof![Just(0), any::<u64>()],
        text(),
        prop::option::of(text()),
    )
        .prop_map(|(action, sources, separator, regex, modulus, target, replacement)| {
            let mut rule = Rule::new(action).with_modulus(modulus).with_target_label(target);
            (rule.source_labels, rule.separator) = (sources, separator);
            (rule.regex, rule.replacement) = (regex, replacement);
            rule
        })
}

proptest! {
    #[test]
    fn rules_that_are_written_and_read_are_the_same(rules in prop::collection::vec(rule(), 0..4)) {
        for spelling in [Spelling::Prometheus, Spelling::Operator] {
            let (Ok(yaml), Ok(json)) =
                (Rule::list_to_yaml(&rules, spelling), Rule::list_to_json(&rules, spelling))
            else {
                prop_assert_eq!(spelling, Spelling::Operator);
                continue;
            };
            prop_assert_eq!(&Rule::list_from_yaml_as(&yaml, spelling).unwrap(), &rules, "{}", yaml);
            prop_assert_eq!(&Rule::list_from_json_as(&json, spelling).unwrap(), &rules, "{}", json);
        }
    }

    #[test]
    fn no_text_makes_the_readers_panic(text in "[-{}\\[\\],:a-b\n \"']{0,40}") {
        let _ = Rule::list_from_yaml(&text);
        let _ = Rule::list_from_json(&text);
    }
}
