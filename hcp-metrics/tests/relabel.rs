//! The corpus of relabel rules.

#![expect(clippy::panic, reason = "tests")]

use std::collections::BTreeMap;

use hcp_metrics::relabel::{CompileOptions, Rule, Rules, Verdict};
use hcp_metrics::{Labels, LabelsView, NameScheme};
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
