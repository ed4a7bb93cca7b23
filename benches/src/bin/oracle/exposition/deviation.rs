//! Where we answer otherwise than Prometheus on purpose.

use hcp_metrics::exposition::{ErrorKind, ExpositionError, Format};

use super::answer::Answer;
use super::case::Case;

/// An exception to "the same answer". Each is counted, and named in the summary with its reason.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Deviation {
    Nul,
    NameNotUtf8,
    EmptyName,
    EarlySample,
    TimeBeyondRange,
}

impl Deviation {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Nul => "NUL",
            Self::NameNotUtf8 => "name that is not UTF-8",
            Self::EmptyName => "empty name",
            Self::EarlySample => "sample of a malformed line",
            Self::TimeBeyondRange => "time beyond range",
        }
    }

    pub(crate) const fn reason(self) -> &'static str {
        match self {
            Self::Nul => {
                "Prometheus takes it for the end of the body, or steps over it: half a body would pass for a whole one"
            }
            Self::NameNotUtf8 => {
                "Prometheus' parser takes it, and its scrape fails later; our text is UTF-8"
            }
            Self::EmptyName => {
                "Prometheus' parser takes it; then its scrape fails, or drops without a word what has no other label"
            }
            Self::EarlySample => {
                "Prometheus' OpenMetrics parser hands it out before it fails at the same line; the scrape takes nothing"
            }
            Self::TimeBeyondRange => {
                "Go's conversion to an integer overflows, differently on each processor; ours saturates"
            }
        }
    }

    /// Why we may refuse, behind so many samples, what Prometheus accepts or refuses elsewhere.
    pub(crate) fn of_refusal(
        error: &ExpositionError,
        samples: Option<u64>,
        case: &Case,
        theirs: &Answer,
    ) -> Option<Self> {
        let count = theirs.series.len();
        let samples = samples.and_then(|samples| usize::try_from(samples).ok());
        let later = || samples.is_some_and(|samples| samples < count);
        let early = || samples.map(|samples| samples + 1) == Some(count);
        match error.kind {
            ErrorKind::NulByte => Some(Self::Nul),
            _ if byte_at(&case.body, error) == Some(0) => Some(Self::Nul),
            ErrorKind::MissingName | ErrorKind::EmptyLabelName => Some(Self::EmptyName),
            // Values and help texts Prometheus refuses, too, and at the same place.
            ErrorKind::InvalidUtf8 if theirs.error.is_empty() || later() => Some(Self::NameNotUtf8),
            _ if case.format == Format::OpenMetrics && !theirs.error.is_empty() && early() => {
                Some(Self::EarlySample)
            }
            _ => None,
        }
    }
}

/// Whether a line is metadata, or the end, only if its NULs are stepped over.
pub(crate) fn has_nul_in_keyword(body: &[u8]) -> bool {
    body.split(|&byte| byte == b'\n').any(|line| {
        let plain: Vec<_> = line.iter().copied().filter(|&byte| byte != 0).collect();
        plain.len() < line.len() && has_keyword(&plain) && !has_keyword(line)
    })
}

fn has_keyword(line: &[u8]) -> bool {
    let Some(text) = line.trim_ascii_start().strip_prefix(b"#") else { return false };
    let text = text.trim_ascii_start();
    let metadata = matches!(text, [b'H', b'E', b'L', b'P', b' ' | b'\t', ..])
        || matches!(text, [b'T', b'Y', b'P', b'E', b' ' | b'\t', ..])
        || text.starts_with(b"UNIT ");
    metadata || text == b"EOF"
}

/// What stands at the place of an error.
fn byte_at(body: &[u8], error: &ExpositionError) -> Option<u8> {
    let line = usize::try_from(error.line).ok()?.checked_sub(1)?;
    let column = usize::try_from(error.column).ok()?.checked_sub(1)?;
    let line = body.split_inclusive(|&byte| byte == b'\n').nth(line)?;
    line.get(column).copied()
}

#[cfg(test)]
mod tests {
    use hcp_metrics::exposition::{Format, samples};

    use super::{Answer, Deviation, has_nul_in_keyword};
    use crate::exposition::case::Case;

    fn deviation(text: &str, theirs: &str) -> Option<Deviation> {
        let error = samples(text, Format::Text).find_map(Result::err).unwrap();
        let case = Case { format: Format::Text, body: text.into(), cut: 0 };
        let theirs: Answer = serde_json::from_str(theirs).unwrap();
        Deviation::of_refusal(&error, Some(0), &case, &theirs)
    }

    #[test]
    fn a_keyword_with_a_nul_is_told_from_a_comment() {
        for (body, has) in [
            ("# T\0YPE a gauge\n", true),
            (" #\tHELP\0 a\n", true),
            ("# EO\0F", true),
            ("# comment\0\n", false),
            ("# TYPE a gauge\0\n", false),
        ] {
            assert_eq!(has_nul_in_keyword(body.as_bytes()), has, "{body:?}");
        }
    }

    #[test]
    fn a_plain_wrong_refusal_is_no_deviation() {
        assert_eq!(deviation("a{b=\"c\"\0} 1\n", "{}"), Some(Deviation::Nul));
        assert_eq!(deviation("a\0 1\n", "{}"), Some(Deviation::Nul));
        assert_eq!(deviation("1a 1\n", "{}"), None);
        assert_eq!(deviation("a x\n", r#"{"error":"no"}"#), None);
    }
}
