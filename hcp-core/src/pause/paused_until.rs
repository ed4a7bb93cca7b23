//! Until when reconciliation is to stand still.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use jiff::Timestamp;

use super::upstream::{self, UpstreamMeaning, UpstreamReading};
use crate::finding::Rule;

/// A `pausedUntil` that means what it says on every release of `HyperShift`.
///
/// It is written (`Display`) as `true` or as a time in UTC, which the CRDs of 4.14 to now admit and the operators of all of them read alike.
///
/// ```
/// use hcp_core::pause::PausedUntil;
///
/// let until: PausedUntil = "2026-12-01T10:00:00+01:00".parse()?;
/// assert_eq!(until.to_string(), "2026-12-01T09:00:00Z");
/// assert!("2026-12-01T10:00:00".parse::<PausedUntil>().is_err(), "no zone: HyperShift would not pause");
/// # Ok::<(), hcp_core::pause::PausedUntilError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum PausedUntil {
    /// Until somebody removes it.
    Indefinite,
    /// Until then; from that moment on the operators go on by themselves. A time before the year 0 is written as the first of that year: both are past.
    Until(Timestamp),
}

/// A text that is no dependable `pausedUntil`.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct PausedUntilError {
    /// The text.
    pub text: String,
    /// What is wrong with it.
    pub problem: PausedUntilProblem,
    /// What `HyperShift` would do with it.
    pub upstream: UpstreamReading,
}

/// What is wrong with a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum PausedUntilProblem {
    /// Nothing in it.
    Empty,
    /// A variable that no shell has expanded.
    Unexpanded,
    /// A word that says not to pause.
    SaysActive,
    /// A spelling of `true` that newer CRDs refuse.
    OtherTrue,
    /// A time without a zone.
    NoZone,
    /// A `t` or `z` in lower case.
    LowerCase,
    /// A time that only Go reads: an hour of one digit, a decimal comma, an offset of a day, more than 35 characters.
    OnlyGo,
    /// A time later than this crate can hold.
    TooLate,
    /// A month, day or time of day that does not exist, leap seconds included, or no time at all.
    NoTime,
}

impl PausedUntilError {
    fn new(text: &str, upstream: UpstreamReading) -> Self {
        let problem = match upstream.meaning {
            UpstreamMeaning::Paused => PausedUntilProblem::OtherTrue,
            UpstreamMeaning::Active => PausedUntilProblem::SaysActive,
            UpstreamMeaning::Until(end) if end.timestamp().is_none() => PausedUntilProblem::TooLate,
            UpstreamMeaning::Until(_) => PausedUntilProblem::OnlyGo,
            UpstreamMeaning::Invalid => Self::why_invalid(text),
        };
        Self { text: text.to_owned(), problem, upstream }
    }

    fn why_invalid(text: &str) -> PausedUntilProblem {
        let is_time =
            |text: &str| matches!(upstream::parse(text).meaning, UpstreamMeaning::Until(_));
        if text.trim().is_empty() {
            PausedUntilProblem::Empty
        } else if text.starts_with('$') {
            PausedUntilProblem::Unexpanded
        } else if is_time(&format!("{text}Z")) {
            PausedUntilProblem::NoZone
        } else if is_time(&text.to_ascii_uppercase()) {
            PausedUntilProblem::LowerCase
        } else {
            PausedUntilProblem::NoTime
        }
    }

    /// The text, short enough for a message.
    fn excerpt(&self) -> Cow<'_, str> {
        match self.text.char_indices().nth(64) {
            Some((end, _)) => Cow::Owned(format!("{}…", &self.text[..end])),
            None => Cow::Borrowed(&self.text),
        }
    }
}

impl PausedUntilProblem {
    const fn name(self) -> &'static str {
        match self {
            Self::Empty => "is empty",
            Self::Unexpanded => "is a shell variable that was not expanded",
            Self::SaysActive => "says not to pause",
            Self::OtherTrue => "is a spelling of `true` that newer releases refuse",
            Self::NoZone => "has no time zone",
            Self::LowerCase => "has its `T` or `Z` in lower case",
            Self::OnlyGo => "is a time that RFC 3339 or the CRD does not allow",
            Self::TooLate => "is later than can be represented",
            Self::NoTime => "is neither `true` nor a time that exists",
        }
    }
}

impl Rule for PausedUntilError {
    fn id(&self) -> &'static str {
        match self.problem {
            PausedUntilProblem::Empty => "paused-until-empty",
            PausedUntilProblem::Unexpanded => "paused-until-unexpanded",
            PausedUntilProblem::SaysActive => "paused-until-says-active",
            PausedUntilProblem::OtherTrue => "paused-until-other-true",
            PausedUntilProblem::NoZone => "paused-until-no-zone",
            PausedUntilProblem::LowerCase => "paused-until-lower-case",
            PausedUntilProblem::OnlyGo => "paused-until-only-go",
            PausedUntilProblem::TooLate => "paused-until-too-late",
            PausedUntilProblem::NoTime => "paused-until-no-time",
        }
    }

    fn remedy(&self) -> Cow<'static, str> {
        match self.problem {
            PausedUntilProblem::Empty | PausedUntilProblem::SaysActive => {
                "remove the field to go on, write true or a time to pause".into()
            }
            PausedUntilProblem::Unexpanded => {
                "put the JSON of the patch in double quotes, or write the value itself".into()
            }
            PausedUntilProblem::OtherTrue | PausedUntilProblem::TooLate => "write true".into(),
            PausedUntilProblem::NoZone => "append Z or an offset as in +01:00".into(),
            PausedUntilProblem::LowerCase => "write T and Z".into(),
            PausedUntilProblem::OnlyGo | PausedUntilProblem::NoTime => {
                "write true, or a time as in 2026-12-01T09:00:00Z".into()
            }
        }
    }
}

impl fmt::Display for PausedUntilError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let does = match self.upstream.meaning {
            UpstreamMeaning::Paused | UpstreamMeaning::Until(_) => "pauses",
            UpstreamMeaning::Active | UpstreamMeaning::Invalid => "does not pause",
        };
        let admits = if self.upstream.admitted { "admits it" } else { "refuses it from 4.18 on" };
        write!(
            f,
            "pausedUntil {:?} {}: HyperShift {admits}, and {does} where it is admitted",
            self.excerpt(),
            self.problem.name(),
        )
    }
}

impl std::error::Error for PausedUntilError {}

impl FromStr for PausedUntil {
    type Err = PausedUntilError;

    /// Reads `true`, `True`, or a time as RFC 3339 has it, with its zone.
    fn from_str(text: &str) -> Result<Self, PausedUntilError> {
        let reading = upstream::parse(text);
        let refuse = || PausedUntilError::new(text, reading);
        if !reading.admitted {
            return Err(refuse());
        }
        match reading.meaning {
            UpstreamMeaning::Paused => Ok(Self::Indefinite),
            UpstreamMeaning::Until(end) if !text.contains(',') && !offset_is_a_day(text) => {
                end.timestamp().map(Self::Until).ok_or_else(refuse)
            }
            _ => Err(refuse()),
        }
    }
}

/// Whether a time that Go reads ends in an offset that RFC 3339 does not know: 24 hours, or 60 minutes.
fn offset_is_a_day(text: &str) -> bool {
    !text.ends_with('Z')
        && text.len() > 6
        && text
            .get(text.len() - 5..)
            .is_some_and(|zone| zone.starts_with("24") || zone.ends_with("60"))
}

impl PausedUntil {
    /// Whether it lasts at least as long as `other`.
    #[must_use]
    pub fn outlasts(self, other: Self) -> bool {
        match (self, other) {
            (Self::Indefinite, _) => true,
            (Self::Until(_), Self::Indefinite) => false,
            (Self::Until(end), Self::Until(other)) => end >= other,
        }
    }

    /// When it ends by itself.
    #[must_use]
    pub const fn end(self) -> Option<Timestamp> {
        match self {
            Self::Indefinite => None,
            Self::Until(end) => Some(end),
        }
    }
}

impl fmt::Display for PausedUntil {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const YEAR_0: i64 = -62_167_219_200;
        match self {
            Self::Indefinite => f.pad("true"),
            Self::Until(end) if end.as_second() < YEAR_0 => f.pad("0000-01-01T00:00:00Z"),
            Self::Until(end) => f.pad(&end.to_string()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_pauses_everywhere_is_read_and_written_in_utc() {
        for (text, canonical) in [
            ("true", "true"),
            ("True", "true"),
            ("2026-12-01T09:00:00Z", "2026-12-01T09:00:00Z"),
            ("2026-12-01T09:00:00.250+01:00", "2026-12-01T08:00:00.25Z"),
            ("0000-01-01T00:00:00Z", "0000-01-01T00:00:00Z"),
        ] {
            let until: PausedUntil = text.parse().unwrap();
            assert_eq!(until.to_string(), canonical);
            assert_eq!(canonical.parse::<PausedUntil>().unwrap(), until);
        }
        assert_eq!(PausedUntil::Until(Timestamp::MIN).to_string(), "0000-01-01T00:00:00Z");
    }

    #[test]
    fn the_rest_is_refused_with_what_hypershift_would_do_and_a_remedy() {
        for (text, problem) in [
            ("", PausedUntilProblem::Empty),
            ("${PAUSED_UNTIL}", PausedUntilProblem::Unexpanded),
            ("false", PausedUntilProblem::SaysActive),
            ("0", PausedUntilProblem::SaysActive),
            ("t", PausedUntilProblem::OtherTrue),
            ("2024-03-03T03:28:48", PausedUntilProblem::NoZone),
            ("2024-03-03t03:28:48z", PausedUntilProblem::LowerCase),
            ("2024-03-03T3:28:48Z", PausedUntilProblem::OnlyGo),
            ("2024-03-03T03:28:48,5Z", PausedUntilProblem::OnlyGo),
            ("2024-03-03T03:28:48+24:00", PausedUntilProblem::OnlyGo),
            ("2024-03-03T03:28:48+01:60", PausedUntilProblem::OnlyGo),
            ("2024-03-03T03:28:48.00000000000000000Z", PausedUntilProblem::OnlyGo),
            ("9999-12-31T23:59:59Z", PausedUntilProblem::TooLate),
            ("2024-06-30T23:59:60Z", PausedUntilProblem::NoTime),
            ("badValue", PausedUntilProblem::NoTime),
        ] {
            assert_eq!(text.parse::<PausedUntil>().unwrap_err().problem, problem, "{text}");
        }
        let error = "2024-03-03T03:28:48".parse::<PausedUntil>().unwrap_err();
        assert_eq!(
            error.to_string(),
            "pausedUntil \"2024-03-03T03:28:48\" has no time zone: HyperShift admits it, \
             and does not pause where it is admitted"
        );
        assert_eq!(error.remedy(), "append Z or an offset as in +01:00");
        let long = "x".repeat(10_000).parse::<PausedUntil>().unwrap_err();
        assert!(long.to_string().len() < 250);
    }
}
