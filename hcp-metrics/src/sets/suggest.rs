//! What a misspelt name was probably meant to be.

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
