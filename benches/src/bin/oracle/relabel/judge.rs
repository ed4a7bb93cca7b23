//! When two answers are the same.

use hcp_metrics::NameScheme;
use serde::Deserialize;

use super::case::{Case, LabelSet};
use super::engine::{Engine, Refusal};
use super::features::features;
use crate::driver::{Difference, Judgement};
use crate::tally::Tally;

/// What Prometheus says.
#[derive(Debug, Default, Deserialize)]
struct Answer {
    #[serde(default)]
    error: String,
    #[serde(default)]
    panic: String,
    #[serde(default)]
    rule: usize,
    #[serde(default)]
    results: Vec<Outcome>,
}

#[derive(Debug, Deserialize)]
struct Outcome {
    keep: bool,
    #[serde(default)]
    labels: LabelSet,
}

/// Compares an engine with the oracle's answer: acceptance, the words of a refusal, and what is left of each label set.
pub(crate) fn judge(
    engine: &impl Engine,
    case: &Case,
    answer: &str,
    tally: &mut Tally,
) -> Result<Judgement<Case>, String> {
    let answer: Answer = serde_json::from_str(answer)
        .map_err(|error| format!("hcp-peers answered {answer:?}: {error}"))?;
    if !answer.panic.is_empty() {
        return Err(format!("Prometheus panicked: {} on {}", answer.panic, case.request()));
    }
    let theirs = if answer.error.is_empty() {
        Ok(answer.results)
    } else {
        Err(Refusal { rule: answer.rule, message: answer.error })
    };
    count(case, theirs.as_deref(), tally);
    let differ = |kind: &str, case: Case, ours: String, theirs: String| {
        let actions = case.actions();
        let kind = match actions.as_slice() {
            [action] => format!("{kind}: {action}"),
            _ => format!("{kind}: several actions"),
        };
        Difference { kind, case, ours, theirs }
    };
    let mut differences = Vec::new();
    let ours = engine.compile(&case.rules, case.scheme);
    match (&ours, &theirs) {
        (Err(ours), Err(theirs)) if ours == theirs => {}
        (Err(ours), Err(theirs)) => {
            differences.push(differ(
                "refused in other words",
                case.clone(),
                said(ours),
                said(theirs),
            ));
        }
        (Ok(_), Err(theirs)) => {
            let ours = "accepted".to_owned();
            differences.push(differ(
                "accepted what Prometheus refuses",
                case.clone(),
                ours,
                said(theirs),
            ));
        }
        (Err(ours), Ok(_)) => {
            let theirs = "accepted".to_owned();
            differences.push(differ(
                "refused what Prometheus accepts",
                case.clone(),
                said(ours),
                theirs,
            ));
        }
        (Ok(rules), Ok(outcomes)) => {
            if outcomes.len() != case.labels.len() {
                return Err(format!(
                    "hcp-peers answered {} label sets of {}",
                    outcomes.len(),
                    case.labels.len()
                ));
            }
            for (labels, theirs) in case.labels.iter().zip(outcomes) {
                let theirs = theirs.keep.then(|| theirs.labels.clone());
                let ours = rules.apply(labels);
                if ours.as_ref() != Ok(&theirs) {
                    let kind = if matches!(&ours, Ok(ours) if ours.is_some() == theirs.is_some()) {
                        "other labels"
                    } else {
                        "other verdict"
                    };
                    let case = Case { labels: vec![labels.clone()], ..case.clone() };
                    let ours = ours.map_or_else(|why| why, |left| written(left.as_ref()));
                    differences.push(differ(kind, case, ours, written(theirs.as_ref())));
                }
            }
        }
    }
    let cases = theirs.map_or(1, |outcomes| outcomes.len() as u64);
    Ok(Judgement { cases, differences })
}

/// So that it can be seen that the cases reach what they are for.
fn count(case: &Case, theirs: Result<&[Outcome], &Refusal>, tally: &mut Tally) {
    tally.sum("lists", 1);
    tally.sum("rules", case.rules.len());
    tally.sum("label sets", case.labels.len());
    tally.sum("labels", case.labels.iter().map(Vec::len).sum());
    let mut rows = case.actions();
    rows.extend(features(case).map(|feature| format!("~ {feature}")));
    rows.push(if case.scheme == NameScheme::Legacy { "(legacy)" } else { "(utf8)" }.to_owned());
    rows.push("(all)".to_owned());
    for row in &rows {
        let Ok(outcomes) = theirs else {
            tally.add(row, "refused");
            continue;
        };
        tally.add(row, "compiled");
        for (labels, outcome) in case.labels.iter().zip(outcomes) {
            tally.add(row, "cases");
            tally.add(row, if outcome.keep { "kept" } else { "dropped" });
            if outcome.keep && !same_labels(labels, &outcome.labels) {
                tally.add(row, "mutated");
            }
        }
    }
}

/// Whether nothing has changed, apart from labels that were empty and are no labels.
fn same_labels(before: &LabelSet, after: &LabelSet) -> bool {
    let given = before.iter().filter(|(_, value)| !value.is_empty());
    given.clone().count() == after.len() && given.into_iter().all(|pair| after.contains(pair))
}

fn said(refusal: &Refusal) -> String {
    format!("rule {}: {}", refusal.rule, refusal.message)
}

fn written(left: Option<&LabelSet>) -> String {
    left.map_or_else(|| "dropped".to_owned(), |left| serde_json::json!(left).to_string())
}

#[cfg(test)]
mod tests {
    use hcp_metrics::NameScheme;

    use super::judge;
    use crate::relabel::case::{Case, LabelSet, RawRule};
    use crate::relabel::engine::{Apply, Engine, Refusal};
    use crate::tally::Tally;

    /// Says what it is told to say.
    struct Parrot(Result<Option<LabelSet>, Refusal>);

    impl Engine for Parrot {
        fn compile(&self, _: &[RawRule], _: NameScheme) -> Result<Box<dyn Apply>, Refusal> {
            self.0.clone().map(|left| Box::new(Fixed(left)) as Box<dyn Apply>)
        }
    }

    struct Fixed(Option<LabelSet>);

    impl Apply for Fixed {
        fn apply(&self, _: &LabelSet) -> Result<Option<LabelSet>, String> {
            Ok(self.0.clone())
        }
    }

    fn set(pairs: &[(&str, &str)]) -> LabelSet {
        pairs.iter().map(|&(name, value)| (name.to_owned(), value.to_owned())).collect()
    }

    fn kinds(ours: Result<Option<LabelSet>, Refusal>, theirs: &str) -> Vec<String> {
        let case = Case {
            rules: vec![RawRule { action: Some("drop".to_owned()), ..RawRule::default() }],
            scheme: NameScheme::Utf8,
            labels: vec![set(&[("a", "b")])],
        };
        let judged = judge(&Parrot(ours), &case, theirs, &mut Tally::default()).unwrap();
        judged.differences.into_iter().map(|difference| difference.kind).collect()
    }

    #[test]
    fn a_wrong_engine_is_found() {
        let refusal = |rule, message: &str| Err(Refusal { rule, message: message.to_owned() });
        let kept = r#"{"results":[{"keep":true,"labels":[["a","b"]]}]}"#;
        let dropped = r#"{"results":[{"keep":false}]}"#;
        let refused = r#"{"error":"no","rule":0}"#;
        for (ours, theirs, kind) in [
            (Ok(None), kept, "other verdict: drop"),
            (Ok(Some(set(&[("a", "c")]))), kept, "other labels: drop"),
            (Ok(Some(set(&[("a", "b"), ("c", "d")]))), kept, "other labels: drop"),
            (Ok(Some(set(&[("a", "b")]))), dropped, "other verdict: drop"),
            (Ok(None), refused, "accepted what Prometheus refuses: drop"),
            (refusal(0, "no"), kept, "refused what Prometheus accepts: drop"),
            (refusal(0, "nay"), refused, "refused in other words: drop"),
            (refusal(1, "no"), refused, "refused in other words: drop"),
        ] {
            assert_eq!(kinds(ours.clone(), theirs), [kind], "{ours:?} {theirs}");
        }
        for (ours, theirs) in
            [(Ok(Some(set(&[("a", "b")]))), kept), (Ok(None), dropped), (refusal(0, "no"), refused)]
        {
            assert!(kinds(ours.clone(), theirs).is_empty(), "{ours:?} {theirs}");
        }
    }

    #[test]
    fn an_answer_that_is_short_or_unreadable_is_an_error_and_not_agreement() {
        let case = Case { rules: vec![], scheme: NameScheme::Utf8, labels: vec![set(&[])] };
        for answer in ["", "{}", r#"{"panic":"index out of range"}"#, "[]"] {
            let judged = judge(&Parrot(Ok(None)), &case, answer, &mut Tally::default());
            assert!(judged.is_err(), "{answer}");
        }
    }
}
