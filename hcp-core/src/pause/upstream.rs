//! What `HyperShift` itself makes of a `pausedUntil`: Go's parsers, byte for byte, and the rule of the CRD.

use std::cmp::Ordering;

use jiff::{Timestamp, civil};

/// How a text counts, for the operators and for the API server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct UpstreamReading {
    /// What the operators do with it.
    pub meaning: UpstreamMeaning,
    /// Whether the CRDs of `HostedCluster` and `NodePool` let it in, as they are since release 4.18. Before that they let in any string.
    pub admitted: bool,
}

/// What the operators do with a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum UpstreamMeaning {
    /// Pause until somebody removes it: `true`, `True`, `TRUE`, `t`, `T` and `1`.
    Paused,
    /// Go on: `false`, `False`, `FALSE`, `f`, `F` and `0`.
    Active,
    /// Pause until then.
    Until(UpstreamInstant),
    /// Neither. The operators go on, and say so only in the reason of a condition: a pause that was misspelt fails open.
    Invalid,
}

/// A time as Go holds it; it reaches two days further than [`Timestamp`] does, to the end of the year 9999 and of its zone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub struct UpstreamInstant {
    /// Seconds since 1970-01-01T00:00:00Z.
    pub unix_seconds: i64,
    /// Nanoseconds after that, below 10⁹.
    pub nanosecond: u32,
}

impl UpstreamInstant {
    /// The same time, if a [`Timestamp`] reaches it.
    #[must_use]
    pub fn timestamp(self) -> Option<Timestamp> {
        Timestamp::new(self.unix_seconds, i32::try_from(self.nanosecond).ok()?).ok()
    }

    /// How it compares with a time on our clock.
    #[must_use]
    pub fn compare(self, other: Timestamp) -> Ordering {
        (i128::from(self.unix_seconds) * 1_000_000_000 + i128::from(self.nanosecond))
            .cmp(&other.as_nanosecond())
    }
}

impl UpstreamMeaning {
    /// Whether the operators stand still at `now`.
    #[must_use]
    pub fn pauses_at(self, now: Timestamp) -> bool {
        match self {
            Self::Paused => true,
            Self::Until(end) => end.compare(now) == Ordering::Greater,
            Self::Active | Self::Invalid => false,
        }
    }
}

/// Reads a text as upstream does: first as Go's `strconv.ParseBool`, then as its `time.Parse(time.RFC3339, …)`.
///
/// Go's parser is laxer than the RFC, and this one is as lax: an hour of one digit, a comma before the fraction, any number of digits
/// in it (nine count), zones up to `24:60`. It is stricter elsewhere: no lower case `t` or `z`, no leap second, no date without a zone.
///
/// Source: `HyperShift`, `support/util/pausereconcile.go`; Go 1.20 and later, `time.Parse`; the CEL rule on `pausedUntil`.
#[must_use]
pub fn parse(text: &str) -> UpstreamReading {
    let meaning = match text {
        "1" | "t" | "T" | "TRUE" | "true" | "True" => UpstreamMeaning::Paused,
        "0" | "f" | "F" | "FALSE" | "false" | "False" => UpstreamMeaning::Active,
        _ => rfc3339(text.as_bytes()).map_or(UpstreamMeaning::Invalid, UpstreamMeaning::Until),
    };
    UpstreamReading { meaning, admitted: admitted(text) }
}

/// The CRD's rule: one of four words, or digits where a date and a time have them, then anything on the same line; 35 characters.
fn admitted(text: &str) -> bool {
    let date_like = |bytes: &[u8]| {
        const SHAPE: &[u8; 19] = b"0000-00-00T00:00:00";
        bytes.len() >= SHAPE.len()
            && SHAPE.iter().zip(bytes).all(|(shape, byte)| match shape {
                b'0' => byte.is_ascii_digit(),
                other => byte == other,
            })
    };
    let words = ["true", "false", "True", "False"];
    words.contains(&text)
        || (date_like(text.as_bytes()) && !text.contains('\n') && text.chars().count() <= 35)
}

/// Go's `time.Parse` with the layout `2006-01-02T15:04:05Z07:00`.
fn rfc3339(text: &[u8]) -> Option<UpstreamInstant> {
    let mut rest = text;
    let year = digits(&mut rest, 4)?;
    literal(&mut rest, b'-')?;
    let month = digits(&mut rest, 2)?;
    literal(&mut rest, b'-')?;
    let day = digits(&mut rest, 2)?;
    literal(&mut rest, b'T')?;
    let width = if rest.get(1).is_some_and(u8::is_ascii_digit) { 2 } else { 1 };
    let hour = digits(&mut rest, width)?;
    literal(&mut rest, b':')?;
    let minute = digits(&mut rest, 2)?;
    literal(&mut rest, b':')?;
    let second = digits(&mut rest, 2)?;
    let nanosecond = fraction(&mut rest);
    let offset = zone(rest)?;

    let narrow = |value: u32| i8::try_from(value).ok();
    let date = civil::Date::new(i16::try_from(year).ok()?, narrow(month)?, narrow(day)?).ok()?;
    let time = civil::Time::new(narrow(hour)?, narrow(minute)?, narrow(second)?, 0).ok()?;
    let epoch = civil::DateTime::constant(1970, 1, 1, 0, 0, 0, 0);
    let local = date.to_datetime(time).duration_since(epoch).as_secs();
    Some(UpstreamInstant { unix_seconds: local - offset, nanosecond })
}

/// Takes exactly `width` digits.
fn digits(rest: &mut &[u8], width: usize) -> Option<u32> {
    let (head, tail) = rest.split_at_checked(width)?;
    let mut value = 0;
    for byte in head {
        value = value * 10 + char::from(*byte).to_digit(10)?;
    }
    *rest = tail;
    Some(value)
}

/// Takes this byte.
fn literal(rest: &mut &[u8], byte: u8) -> Option<()> {
    *rest = rest.strip_prefix(&[byte])?;
    Some(())
}

/// Takes a dot or comma and all digits after it, if there is one at least; nanoseconds.
fn fraction(rest: &mut &[u8]) -> u32 {
    let Some((b'.' | b',', tail)) = rest.split_first() else { return 0 };
    let count = tail.iter().take_while(|byte| byte.is_ascii_digit()).count();
    if count == 0 {
        return 0;
    }
    *rest = &tail[count..];
    (0..9).fold(0, |value, place| {
        let digit = if place < count { u32::from(tail[place] - b'0') } else { 0 };
        value * 10 + digit
    })
}

/// Reads a zone that must be all that is left; seconds east of UTC.
fn zone(rest: &[u8]) -> Option<i64> {
    if rest == b"Z" {
        return Some(0);
    }
    let (sign, mut rest) = match rest.split_first()? {
        (b'+', rest) => (1, rest),
        (b'-', rest) => (-1, rest),
        _ => return None,
    };
    let hours = digits(&mut rest, 2)?;
    literal(&mut rest, b':')?;
    let minutes = digits(&mut rest, 2)?;
    (rest.is_empty() && hours <= 24 && minutes <= 60)
        .then(|| sign * (i64::from(hours) * 60 + i64::from(minutes)) * 60)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn until(text: &str) -> Option<(i64, u32)> {
        match parse(text).meaning {
            UpstreamMeaning::Until(end) => Some((end.unix_seconds, end.nanosecond)),
            _ => None,
        }
    }

    #[test]
    fn words_count_as_in_gos_parse_bool_and_four_of_them_pass_the_crd() {
        for text in ["1", "t", "T", "TRUE", "true", "True"] {
            assert_eq!(parse(text).meaning, UpstreamMeaning::Paused, "{text}");
            assert_eq!(parse(text).admitted, matches!(text, "true" | "True"), "{text}");
        }
        for text in ["0", "f", "F", "FALSE", "false", "False"] {
            assert_eq!(parse(text).meaning, UpstreamMeaning::Active, "{text}");
            assert_eq!(parse(text).admitted, matches!(text, "false" | "False"), "{text}");
        }
        for text in ["", "tRUE", "yes", "null", "${PAUSED_UNTIL}", " true", "true\n"] {
            assert_eq!(
                parse(text),
                UpstreamReading { meaning: UpstreamMeaning::Invalid, admitted: false },
                "{text:?}"
            );
        }
    }

    #[test]
    fn times_are_read_as_laxly_as_go_reads_them() {
        for (text, seconds, nanosecond) in [
            ("1970-01-01T00:00:00Z", 0, 0),
            ("1970-01-01T1:00:00Z", 3600, 0),
            ("1970-01-01T00:00:00,5Z", 0, 500_000_000),
            ("1970-01-01T00:00:00.1234567899Z", 0, 123_456_789),
            ("1970-01-01T00:00:00+24:60", -(25 * 3600), 0),
            ("1970-01-01T00:00:00-00:00", 0, 0),
            ("2024-02-29T00:00:00Z", 1_709_164_800, 0),
            ("0000-02-29T00:00:00Z", -62_162_121_600, 0),
            ("9999-12-31T23:59:59-24:60", 253_402_300_799 + 25 * 3600, 0),
        ] {
            assert_eq!(until(text), Some((seconds, nanosecond)), "{text}");
        }
    }

    #[test]
    fn what_go_refuses_is_refused_though_the_crd_lets_some_of_it_in() {
        for (text, admitted) in [
            ("2024-03-03T03:28:48", true),
            ("2024-99-99T99:99:99zzz", true),
            ("2023-02-29T00:00:00Z", true),
            ("2024-06-30T23:59:60Z", true),
            ("2024-03-03T24:00:00Z", true),
            ("2024-03-03T03:28:48z", true),
            ("2024-03-03T03:28:48.Z", true),
            ("2024-03-03T03:28:48Z ", true),
            ("2024-03-03T03:28:48+25:00", true),
            ("2024-03-03T03:28:48+00:61", true),
            ("2024-03-03T03:28:48+0000", true),
            ("2024-03-03T03:28:48Z\n", false),
            ("2024-03-03t03:28:48Z", false),
            ("2024-03-03 03:28:48Z", false),
            ("2024-03-03", false),
            ("-024-03-03T03:28:48Z", false),
            ("\u{ff12}024-03-03T03:28:48Z", false),
        ] {
            let reading = parse(text);
            assert_eq!(reading.meaning, UpstreamMeaning::Invalid, "{text:?}");
            assert_eq!(reading.admitted, admitted, "{text:?}");
        }
    }

    #[test]
    fn the_end_of_a_pause_is_not_paused_any_more() {
        let end: Timestamp = "2026-01-01T00:00:00Z".parse().unwrap();
        let meaning = parse("2026-01-01T01:00:00+01:00").meaning;
        assert!(!meaning.pauses_at(end));
        assert!(meaning.pauses_at(end - jiff::SignedDuration::from_nanos(1)));
        let last = parse("9999-12-31T23:59:59Z").meaning;
        assert!(last.pauses_at(Timestamp::MAX));
    }
}
