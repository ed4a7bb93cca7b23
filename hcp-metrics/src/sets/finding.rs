//! What is wrong with an SRE configuration, place by place.

use std::fmt;

/// How bad a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Severity {
    /// Worth knowing, never refused.
    Notice,
    /// HyperShift takes it without a word, and it does not do what was meant: refused by the strict reading only.
    Unsafe,
    /// Refused by both readings.
    Broken,
}

/// One thing found in an SRE configuration: where, what, and what to do.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Finding {
    /// How bad it is.
    pub severity: Severity,
    /// The key it is under, as it is written.
    pub component: Option<String>,
    /// Which rule of the component, counted from 0.
    pub rule: Option<usize>,
    /// Which field of the rule, as it is written.
    pub field: Option<String>,
    /// What is wrong.
    pub message: String,
    /// What to do about it.
    pub remedy: String,
}

impl Finding {
    pub(super) fn new(
        severity: Severity,
        place: &Place<'_>,
        message: impl Into<String>,
        remedy: impl Into<String>,
    ) -> Self {
        Self {
            severity,
            component: place.component.map(str::to_owned),
            rule: place.rule,
            field: place.field.map(str::to_owned),
            message: message.into(),
            remedy: remedy.into(),
        }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(component) = &self.component {
            f.write_str(component)?;
            if let Some(rule) = self.rule {
                write!(f, "[{rule}]")?;
            }
            if let Some(field) = &self.field {
                write!(f, ".{field}")?;
            }
            f.write_str(": ")?;
        }
        write!(f, "{}; {}", self.message, self.remedy)
    }
}

/// Where in the configuration the reader is.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Place<'a> {
    pub(super) component: Option<&'a str>,
    pub(super) rule: Option<usize>,
    pub(super) field: Option<&'a str>,
}

/// The known name that `written` was probably meant to be: equal but for case, `_` and `-`, or at most two letters off.
pub(super) fn did_you_mean<'a>(
    written: &str,
    known: impl IntoIterator<Item = &'a str>,
) -> Option<&'a str> {
    let plain = |name: &str| name.to_ascii_lowercase().replace(['_', '-'], "");
    let written = plain(written);
    known
        .into_iter()
        .map(|name| (distance(&written, &plain(name)), name))
        .filter(|(distance, name)| *distance <= 2 && *distance < name.len())
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, name)| name)
}

/// How many letters must be put in, taken out or changed to get from `a` to `b` (Levenshtein).
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, from) in a.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, to) in b.iter().enumerate() {
            let changed = diagonal + usize::from(from != *to);
            diagonal = row[j + 1];
            row[j + 1] = changed.min(diagonal + 1).min(row[j] + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_finding_says_where_what_and_what_to_do() {
        let place = Place { component: Some("etcd"), rule: Some(2), field: Some("regex") };
        let finding = Finding::new(Severity::Broken, &place, "is bad", "mend it");
        assert_eq!(finding.to_string(), "etcd[2].regex: is bad; mend it");
        let finding = Finding::new(Severity::Notice, &Place::default(), "is empty", "fill it");
        assert_eq!(finding.to_string(), "is empty; fill it");
    }

    #[test]
    fn near_names_are_suggested_and_far_ones_are_not() {
        let known = ["etcd", "kubeAPIServer", "cvo", "olm"];
        for (written, meant) in [
            ("kubeApiServer", Some("kubeAPIServer")),
            ("kube-apiserver", Some("kubeAPIServer")),
            ("kubeAPISever", Some("kubeAPIServer")),
            ("ectd", Some("etcd")),
            ("ETCD", Some("etcd")),
            ("konnectivity", None),
            ("", None),
        ] {
            assert_eq!(did_you_mean(written, known), meant, "{written}");
        }
    }

    #[test]
    fn distance_counts_letters() {
        for (a, b, expected) in
            [("", "abc", 3), ("abc", "abc", 0), ("abc", "acb", 2), ("ab", "xab", 1)]
        {
            assert_eq!(distance(a, b), expected, "{a} {b}");
            assert_eq!(distance(b, a), expected, "{b} {a}");
        }
    }
}
