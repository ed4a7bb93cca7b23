//! The nasty parts a case has, so that a person sees that they were asked about.

use super::case::{Case, LabelSet, RawRule, Regex};

/// A name, and whether a rule or a label set has it.
type Feature<T> = (&'static str, fn(&T) -> bool);

/// What a list of rules has if one of them has it.
#[rustfmt::skip]
const OF_RULES: &[Feature<RawRule>] = &[
    ("regex: class", |rule| has(regex(rule), &["[", "\\d", "\\w", "\\s", "\\D", "\\W", "\\S"])),
    ("regex: Unicode class", |rule| has(regex(rule), &["\\p", "\\P"])),
    ("regex: flags", |rule| has(regex(rule), &["(?i", "(?m", "(?s", "(?U", "(?-"])),
    ("regex: counted", |rule| has(regex(rule), &["{"])),
    ("regex: lazy", |rule| has(regex(rule), &["*?", "+?", "??", "}?"])),
    ("regex: looks", |rule| has(regex(rule), &["^", "$", "\\b", "\\B", "\\A", "\\z"])),
    ("regex: named group", |rule| has(regex(rule), &["(?P<", "(?<"])),
    ("regex: breaks out", |rule| breaks_out(regex(rule))),
    ("regex: empty or null", |rule| matches!(&rule.regex, Some(regex) if is_empty(regex))),
    ("template: group", |rule| has(&templates(rule), &["$0", "$1", "$2", "${0", "${1", "${2"])),
    ("template: name", |rule| has(&templates(rule), &["$x", "$name", "${x", "${name"])),
    ("template: odd dollar", |rule| has(&templates(rule), &["$$", "${}", "${ ", "$-", "$ ", "$é"])),
    ("template: empty", |rule| rule.replacement.as_deref() == Some("")),
    ("over 16 sources", |rule| rule.source_labels.iter().flatten().count() > 16),
    ("odd separator", |rule| rule.separator.as_deref().is_some_and(|text| text != ";")),
    ("target is UTF-8", |rule| !rule.target_label.as_deref().unwrap_or_default().is_ascii()),
];

/// What a case has if one of its label sets has it.
const OF_LABELS: &[Feature<LabelSet>] = &[
    ("labels: none", LabelSet::is_empty),
    ("labels: empty value", |set| set.iter().any(|(_, value)| value.is_empty())),
    ("labels: UTF-8", |set| set.iter().any(|(name, value)| !name.is_ascii() || !value.is_ascii())),
    ("labels: newline", |set| set.iter().any(|(_, value)| value.contains('\n'))),
];

/// The features of a case.
pub(crate) fn features(case: &Case) -> impl Iterator<Item = &'static str> {
    let of_rules = OF_RULES.iter().filter(|(_, has)| case.rules.iter().any(has));
    let of_labels = OF_LABELS.iter().filter(|(_, has)| case.labels.iter().any(has));
    of_rules.map(|(name, _)| *name).chain(of_labels.map(|(name, _)| *name))
}

fn has(text: &str, parts: &[&str]) -> bool {
    parts.iter().any(|part| text.contains(part))
}

/// Whether it closes a parenthesis that it has not opened: of those that Prometheus puts around it.
fn breaks_out(text: &str) -> bool {
    let mut open = 0;
    text.chars().any(|c| {
        open += i32::from(c == '(') - i32::from(c == ')');
        open < 0
    })
}

fn regex(rule: &RawRule) -> &str {
    match &rule.regex {
        Some(Regex::Text(text)) => text,
        Some(Regex::Null) | None => "",
    }
}

fn is_empty(regex: &Regex) -> bool {
    !matches!(regex, Regex::Text(text) if !text.is_empty())
}

fn templates(rule: &RawRule) -> String {
    [&rule.replacement, &rule.target_label].into_iter().flatten().map(String::as_str).collect()
}

#[cfg(test)]
mod tests {
    use super::features;
    use crate::relabel::case::{Case, RawRule, Regex};

    #[test]
    fn a_case_has_what_one_of_its_parts_has() {
        let rule = RawRule {
            regex: Some(Regex::Text("(?i)[a]".to_owned())),
            replacement: Some("$$".to_owned()),
            ..RawRule::default()
        };
        let scheme = hcp_metrics::NameScheme::Utf8;
        let labels = vec![vec![("é".to_owned(), String::new())]];
        let case = Case { rules: vec![RawRule::default(), rule], scheme, labels };
        assert_eq!(
            features(&case).collect::<Vec<_>>(),
            [
                "regex: class",
                "regex: flags",
                "template: odd dollar",
                "labels: empty value",
                "labels: UTF-8"
            ]
        );
    }
}
