//! Smaller cases that may differ still.

use super::case::{Case, RawRule, Regex};

/// Every case with one thing less: a rule, a label, a field, a source, a character.
pub(crate) fn smaller(case: &Case) -> Vec<Case> {
    let mut found = Vec::new();
    for index in 0..case.rules.len() {
        let mut less = case.clone();
        less.rules.remove(index);
        found.push(less);
    }
    for index in 0..case.labels.len() {
        if case.labels.len() > 1 {
            found.push(Case { labels: vec![case.labels[index].clone()], ..case.clone() });
        }
    }
    for (set, labels) in case.labels.iter().enumerate() {
        for index in 0..labels.len() {
            let mut less = case.clone();
            less.labels[set].remove(index);
            found.push(less);
        }
    }
    for (index, rule) in case.rules.iter().enumerate() {
        for rule in smaller_rules(rule) {
            let mut less = case.clone();
            less.rules[index] = rule;
            found.push(less);
        }
    }
    for (set, labels) in case.labels.iter().enumerate() {
        for (index, (_, value)) in labels.iter().enumerate() {
            for value in shorter(value) {
                let mut less = case.clone();
                less.labels[set][index].1 = value;
                found.push(less);
            }
        }
    }
    found
}

fn smaller_rules(rule: &RawRule) -> Vec<RawRule> {
    let mut found = Vec::new();
    for field in fields() {
        let mut less = rule.clone();
        field(&mut less);
        found.push(less);
    }
    if let Some(sources) = &rule.source_labels {
        for index in 0..sources.len() {
            let mut fewer = sources.clone();
            fewer.remove(index);
            found.push(RawRule { source_labels: Some(fewer), ..rule.clone() });
        }
    }
    if let Some(Regex::Text(text)) = &rule.regex {
        let texts = shorter(text).into_iter().map(|text| Some(Regex::Text(text)));
        found.extend(texts.map(|regex| RawRule { regex, ..rule.clone() }));
    }
    if let Some(text) = &rule.replacement {
        let texts = shorter(text).into_iter().map(Some);
        found.extend(texts.map(|replacement| RawRule { replacement, ..rule.clone() }));
    }
    if let Some(text) = &rule.target_label {
        let texts = shorter(text).into_iter().map(Some);
        found.extend(texts.map(|target_label| RawRule { target_label, ..rule.clone() }));
    }
    found.retain(|less| less != rule);
    found
}

/// Each leaves one field out.
fn fields() -> [fn(&mut RawRule); 7] {
    [
        |rule| rule.action = None,
        |rule| rule.source_labels = None,
        |rule| rule.separator = None,
        |rule| rule.regex = None,
        |rule| rule.modulus = None,
        |rule| rule.target_label = None,
        |rule| rule.replacement = None,
    ]
}

/// The halves of a text, and the text without one of its characters.
fn shorter(text: &str) -> Vec<String> {
    let chars: Vec<char> = text.chars().collect();
    let mut found: Vec<String> = Vec::new();
    if chars.len() > 3 {
        let (head, tail) = chars.split_at(chars.len() / 2);
        found.push(head.iter().collect());
        found.push(tail.iter().collect());
    }
    for skipped in 0..chars.len() {
        let rest = chars.iter().enumerate().filter(|(at, _)| *at != skipped);
        found.push(rest.map(|(_, char)| *char).collect());
    }
    found
}

#[cfg(test)]
mod tests {
    use hcp_metrics::NameScheme;

    use super::smaller;
    use crate::relabel::case::{Case, RawRule, Regex};

    #[test]
    fn shrinking_ends_and_reaches_the_smallest_case_that_differs() {
        let mut case = Case {
            rules: vec![
                RawRule { action: Some("keep".to_owned()), ..RawRule::default() },
                RawRule {
                    source_labels: Some(vec!["a".to_owned(), "b".to_owned()]),
                    regex: Some(Regex::Text("(?i)foo|bar".to_owned())),
                    ..RawRule::default()
                },
            ],
            scheme: NameScheme::Utf8,
            labels: vec![vec![("a".to_owned(), "foo".to_owned())]; 3],
        };
        let differs = |case: &Case| {
            case.rules
                .iter()
                .any(|rule| matches!(&rule.regex, Some(Regex::Text(text)) if text.contains('r')))
        };
        while let Some(less) = smaller(&case).into_iter().find(|case| differs(case)) {
            case = less;
        }
        let rule = RawRule { regex: Some(Regex::Text("r".to_owned())), ..RawRule::default() };
        assert_eq!((case.rules, case.labels), (vec![rule], vec![vec![]]));
    }
}
