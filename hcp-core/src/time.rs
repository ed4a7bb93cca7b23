//! Times as Kubernetes writes them.

use std::fmt;
use std::hash::{Hash, Hasher};
use std::str::FromStr;

use jiff::Timestamp;

/// A time of the API: RFC 3339, compared as a point in time, written back as it was read.
///
/// Kubernetes writes whole seconds in UTC; so does a `Time` that is made from a [`Timestamp`].
///
/// ```
/// use hcp_core::Time;
///
/// let time: Time = "2024-05-20T15:00:40+02:00".parse()?;
/// assert_eq!(time, "2024-05-20T13:00:40Z".parse()?);
/// assert_eq!(time.to_string(), "2024-05-20T15:00:40+02:00");
/// # Ok::<(), hcp_core::TimeError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Time {
    at: Timestamp,
    /// How it was written, if that is not how Kubernetes writes it.
    text: Option<Box<str>>,
}

/// A text that is no time.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{text:?} is no RFC 3339 time with a zone; write it as 2024-05-20T15:00:40Z")]
#[non_exhaustive]
pub struct TimeError {
    /// The text.
    pub text: String,
}

impl Time {
    /// The point in time.
    #[must_use]
    pub const fn timestamp(&self) -> Timestamp {
        self.at
    }
}

impl From<Timestamp> for Time {
    /// Kubernetes' precision: what is below a second is cut off.
    fn from(at: Timestamp) -> Self {
        Self { at: Timestamp::from_second(at.as_second()).unwrap_or(at), text: None }
    }
}

impl FromStr for Time {
    type Err = TimeError;

    fn from_str(text: &str) -> Result<Self, TimeError> {
        let at = parse_rfc3339(text).ok_or_else(|| TimeError { text: text.to_owned() })?;
        let plain = canonical(at) == text;
        Ok(Self { at, text: (!plain).then(|| text.into()) })
    }
}

impl fmt::Display for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.text {
            Some(text) => f.pad(text),
            None => f.pad(&canonical(self.at)),
        }
    }
}

impl PartialEq for Time {
    fn eq(&self, other: &Self) -> bool {
        self.at == other.at
    }
}

impl Eq for Time {}

impl PartialOrd for Time {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Time {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.at.cmp(&other.at)
    }
}

impl Hash for Time {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.at.hash(state);
    }
}

text_serde!(Time);

#[cfg(feature = "api")]
impl schemars::JsonSchema for Time {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Time".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({ "type": "string", "format": "date-time" })
    }
}

fn canonical(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

/// RFC 3339 as Go's `time.Parse(time.RFC3339, …)` reads it; jiff alone would take more, for example a blank instead of the `T`.
fn parse_rfc3339(text: &str) -> Option<Timestamp> {
    let shape = |text: &str, pattern: &str| {
        text.len() == pattern.len()
            && text.bytes().zip(pattern.bytes()).all(|(byte, wanted)| match wanted {
                b'0' => byte.is_ascii_digit(),
                b'+' => byte == b'+' || byte == b'-',
                _ => byte == wanted,
            })
    };
    let (seconds, rest) = text.split_at_checked("0000-00-00T00:00:00".len())?;
    let zone = match rest.strip_prefix('.') {
        Some(fraction) => {
            let zone = fraction.trim_start_matches(|digit: char| digit.is_ascii_digit());
            (zone.len() < fraction.len()).then_some(zone)?
        }
        None => rest,
    };
    let sound = shape(seconds, "0000-00-00T00:00:00") && (zone == "Z" || shape(zone, "+00:00"));
    sound.then(|| text.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_read_is_written_back_letter_by_letter() {
        for text in
            ["2024-05-20T15:00:40Z", "2024-05-20T15:00:40.120Z", "2024-05-20T15:00:40-07:00"]
        {
            let time: Time = text.parse().unwrap();
            assert_eq!(time.to_string(), text);
            assert_eq!(serde_json::to_string(&time).unwrap(), format!("{text:?}"));
        }
    }

    #[test]
    fn a_time_without_a_zone_or_in_another_shape_is_refused() {
        for text in [
            "",
            "2024-05-20",
            "2024-05-20T15:00:40",
            "2024-05-20 15:00:40Z",
            "2024-05-20T15:00:40.Z",
            "2024-05-20T15:00:40z",
            "2024-05-20T15:00Z",
            "2024-99-99T99:99:99Z",
            "2024-05-20T15:00:40Z[UTC]",
            "é024-05-20T15:00:40Z",
        ] {
            assert!(text.parse::<Time>().is_err(), "{text}");
        }
    }

    #[test]
    fn a_timestamp_loses_what_kubernetes_does_not_keep() {
        let time = Time::from("2024-05-20T15:00:40.75Z".parse::<Timestamp>().unwrap());
        assert_eq!(time.to_string(), "2024-05-20T15:00:40Z");
        assert_eq!(time, "2024-05-20T15:00:40Z".parse().unwrap());
    }
}
