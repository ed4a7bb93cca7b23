//! The nasty parts of a body, so that a person sees that they were asked about.

use super::case::Case;

/// A name, and whether a body has it.
type Feature = (&'static str, fn(&[u8]) -> bool);

#[rustfmt::skip]
const FEATURES: &[Feature] = &[
    ("HELP", |body| has(body, b"HELP ")),
    ("TYPE", |body| has(body, b"TYPE ")),
    ("UNIT", |body| has(body, b"UNIT ")),
    ("EOF inside", |body| has(body, b"# EOF\n") && !body.ends_with(b"# EOF\n")),
    ("bound", |body| has(body, b"le=\"") || has(body, b"quantile=\"")),
    ("carriage return", |body| body.contains(&b'\r')),
    ("comma at the end", |body| has(body, b",}")),
    ("escape", |body| body.contains(&b'\\')),
    ("exemplar", |body| has(body, b"# {")),
    ("NUL", |body| body.contains(&0)),
    ("no last newline", |body| !body.ends_with(b"\n")),
    ("not UTF-8", |body| std::str::from_utf8(body).is_err()),
    ("quoted metric name", |body| has(body, b"{\"")),
    ("tab or two blanks", |body| body.contains(&b'\t') || has(body, b"  ")),
    ("UTF-8", |body| !body.is_ascii()),
];

/// The features of a case.
pub(crate) fn features(case: &Case) -> impl Iterator<Item = &'static str> {
    FEATURES.iter().filter(|(_, has)| has(&case.body)).map(|(name, _)| *name)
}

fn has(body: &[u8], part: &[u8]) -> bool {
    body.windows(part.len()).any(|window| window == part)
}

#[cfg(test)]
mod tests {
    use hcp_metrics::exposition::Format;

    use super::features;
    use crate::exposition::case::Case;

    #[test]
    fn a_case_has_what_its_body_has() {
        let body = b"a{b=\"\\n\",} 1\r\n# EOF\n\xff".to_vec();
        let case = Case { format: Format::Text, body, cut: 0 };
        assert_eq!(
            features(&case).collect::<Vec<_>>(),
            [
                "EOF inside",
                "carriage return",
                "comma at the end",
                "escape",
                "no last newline",
                "not UTF-8",
                "UTF-8"
            ]
        );
    }
}
