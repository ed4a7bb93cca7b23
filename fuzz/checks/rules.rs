//! Any text as a list of rules: what is read can be written and read again, and what compiles can be applied.

use hcp_metrics::relabel::{CompileOptions, Rule, Rules, Spelling, Verdict};
use hcp_metrics::{Labels, LabelsView, NameScheme};

/// YAML, of which JSON is a part, and JSON.
pub(crate) fn check(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    for rules in [Rule::list_from_yaml(text), Rule::list_from_json(text)] {
        match rules {
            Ok(rules) => {
                write_and_read(&rules);
                compile_and_apply(&rules);
            }
            Err(error) => assert!(!error.to_string().is_empty()),
        }
    }
}

fn write_and_read(rules: &[Rule]) {
    for spelling in [Spelling::Prometheus, Spelling::Operator] {
        if let Ok(text) = Rule::list_to_json(rules, spelling) {
            let again = Rule::list_from_json_as(&text, spelling).expect("what was written");
            assert_eq!(again, rules, "JSON: {text}");
        }
        if let Ok(text) = Rule::list_to_yaml(rules, spelling) {
            let again = Rule::list_from_yaml_as(&text, spelling).expect("what was written");
            assert_eq!(again, rules, "YAML: {text}");
        }
    }
}

fn compile_and_apply(rules: &[Rule]) {
    for scheme in [NameScheme::Legacy, NameScheme::Utf8] {
        let options = CompileOptions::default().with_name_scheme(scheme);
        let rules = match Rules::compile_with(rules, &options) {
            Ok(rules) => rules,
            Err(error) => {
                assert!(error.rule < rules.len() && !error.to_string().is_empty());
                continue;
            }
        };
        for series in [
            [("__name__", "a"), ("b", ""), ("le", "1.0")],
            [("__name__", "h_bucket"), ("é", "x;y"), ("le", "+Inf")],
        ] {
            let mut labels: Labels = series.into_iter().collect();
            let kept = rules.keep(&LabelsView::from(&labels));
            drop(rules.explain(&labels));
            assert_eq!(kept, rules.apply(&mut labels) == Verdict::Keep);
        }
    }
}
