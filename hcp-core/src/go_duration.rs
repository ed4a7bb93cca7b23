//! Durations as Go writes them.

use std::fmt;
use std::hash::{Hash, Hasher};
use std::str::FromStr;
use std::time::Duration;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A duration of the API (`metav1.Duration`), as in `1h30m`, `60s` or `0s`: compared by length, written back as it was read.
///
/// Source: Go, `time.ParseDuration`: a sign, then numbers with a unit each, of `ns us ms s m h`; a bare `0` needs no unit.
///
/// ```
/// use hcp_core::GoDuration;
///
/// let timeout: GoDuration = "60s".parse()?;
/// assert_eq!(timeout, "1m".parse()?);
/// assert_eq!(timeout.to_string(), "60s");
/// assert!("60".parse::<GoDuration>().is_err());
/// # Ok::<(), hcp_core::GoDurationError>(())
/// ```
#[derive(Clone, Debug)]
pub struct GoDuration {
    nanoseconds: i64,
    text: Box<str>,
}

/// A text that is no duration.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("duration {text:?}: {cause}; write it as 60s or 1h30m")]
#[non_exhaustive]
pub struct GoDurationError {
    /// The text.
    pub text: String,
    /// What is wrong with it.
    pub cause: &'static str,
}

impl GoDuration {
    /// Its length in nanoseconds; may be negative.
    #[must_use]
    pub const fn nanoseconds(&self) -> i64 {
        self.nanoseconds
    }

    /// Its length, if it is not negative.
    #[must_use]
    pub fn to_std(&self) -> Option<Duration> {
        u64::try_from(self.nanoseconds).ok().map(Duration::from_nanos)
    }

    /// As it is written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }
}

impl FromStr for GoDuration {
    type Err = GoDurationError;

    fn from_str(text: &str) -> Result<Self, GoDurationError> {
        match parse(text) {
            Ok(nanoseconds) => Ok(Self { nanoseconds, text: text.into() }),
            Err(cause) => Err(GoDurationError { text: text.to_owned(), cause }),
        }
    }
}

impl fmt::Display for GoDuration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.text)
    }
}

impl PartialEq for GoDuration {
    fn eq(&self, other: &Self) -> bool {
        self.nanoseconds == other.nanoseconds
    }
}

impl Eq for GoDuration {}

impl PartialOrd for GoDuration {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for GoDuration {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.nanoseconds.cmp(&other.nanoseconds)
    }
}

impl Hash for GoDuration {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.nanoseconds.hash(state);
    }
}

impl Serialize for GoDuration {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.text)
    }
}

impl<'de> Deserialize<'de> for GoDuration {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(feature = "api")]
impl schemars::JsonSchema for GoDuration {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> std::borrow::Cow<'static, str> {
        "GoDuration".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({ "type": "string" })
    }
}

fn parse(text: &str) -> Result<i64, &'static str> {
    let (negative, unsigned) = match text.as_bytes().first() {
        Some(b'-') => (true, &text[1..]),
        Some(b'+') => (false, &text[1..]),
        _ => (false, text),
    };
    if unsigned == "0" {
        return Ok(0);
    }
    if unsigned.is_empty() {
        return Err("it has no number");
    }
    let limit = i128::from(i64::MAX) + i128::from(negative);
    let (mut total, mut rest) = (0_i128, unsigned);
    while !rest.is_empty() {
        let (length, tail) = component(rest)?;
        total += length;
        rest = tail;
        if total > limit {
            return Err("it is longer than 292 years");
        }
    }
    i64::try_from(if negative { -total } else { total }).map_err(|_| "it is longer than 292 years")
}

/// One number with its unit, in nanoseconds, and what follows it.
fn component(text: &str) -> Result<(i128, &str), &'static str> {
    let digits = |text: &str| text.bytes().take_while(u8::is_ascii_digit).count();
    let (whole, rest) = text.split_at(digits(text));
    let (fraction, rest) = match rest.strip_prefix('.') {
        Some(rest) => rest.split_at(digits(rest)),
        None => ("", rest),
    };
    if whole.is_empty() && fraction.is_empty() {
        return Err("a number is missing");
    }
    let end = rest.find(|c: char| c == '.' || c.is_ascii_digit()).unwrap_or(rest.len());
    let (unit, rest) = rest.split_at(end);
    let unit = match unit {
        "" => return Err("a unit is missing"),
        "ns" => 1,
        "us" | "\u{b5}s" | "\u{3bc}s" => 1_000,
        "ms" => 1_000_000,
        "s" => 1_000_000_000,
        "m" => 60_000_000_000,
        "h" => 3_600_000_000_000_i128,
        _ => return Err("its unit is none of ns, us, ms, s, m, h"),
    };
    let whole = if whole.is_empty() { 0 } else { whole.parse().unwrap_or(u64::MAX) };
    // No more than 18 digits can matter for nanoseconds.
    let kept = &fraction[..fraction.len().min(18)];
    let numerator = i128::from(kept.parse::<i64>().unwrap_or(0));
    let scale = 10_i128.pow(u32::try_from(kept.len()).unwrap_or(18));
    Ok((i128::from(whole) * unit + numerator * unit / scale, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_reads_what_go_reads() {
        for (text, nanoseconds) in [
            ("0", 0),
            ("0s", 0),
            ("+0", 0),
            ("60s", 60_000_000_000),
            ("1h30m", 5_400_000_000_000),
            ("1.5h", 5_400_000_000_000),
            (".5s", 500_000_000),
            ("5.s", 5_000_000_000),
            ("-1m30.25s", -90_250_000_000),
            ("3us2\u{b5}s1\u{3bc}s7ns", 6_007),
            ("9223372036854775807ns", i64::MAX),
            ("-9223372036854775808ns", i64::MIN),
        ] {
            let duration: GoDuration = text.parse().unwrap_or_else(|error| panic!("{error}"));
            assert_eq!(duration.nanoseconds(), nanoseconds, "{text}");
            assert_eq!(duration.as_str(), text);
        }
    }

    #[test]
    fn it_refuses_what_go_refuses() {
        for text in [
            "",
            "-",
            "3",
            "s",
            ".s",
            "-.s",
            "1d",
            "1 s",
            "1h ",
            "1.2.3s",
            "1m30",
            "9223372036854775808ns",
            "3000000h",
            "99999999999999999999s",
            "1é",
        ] {
            assert!(text.parse::<GoDuration>().is_err(), "{text}");
        }
    }
}
