//! Small helpers for time as a parameter.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

/// `duration` after `start`, or the end of time.
pub(crate) fn after(start: Timestamp, duration: Duration) -> Timestamp {
    SignedDuration::try_from(duration)
        .ok()
        .and_then(|duration| start.checked_add(duration).ok())
        .unwrap_or(Timestamp::MAX)
}

/// A time without fractions of a second, for people.
pub(crate) fn whole_seconds(at: Timestamp) -> Timestamp {
    Timestamp::from_second(at.as_second()).unwrap_or(at)
}

macro_rules! fractional {
    ($name:ident, $per_second:expr, $unit:literal) => {
        /// Durations in JSON as a number, with fractions.
        pub(crate) mod $name {
            use std::time::Duration;

            use serde::{Deserialize, Deserializer, Serializer, de::Error};

            pub(crate) fn serialize<S: Serializer>(
                duration: &Duration,
                to: S,
            ) -> Result<S::Ok, S::Error> {
                to.serialize_f64(duration.as_secs_f64() * $per_second)
            }

            pub(crate) fn deserialize<'de, D: Deserializer<'de>>(
                from: D,
            ) -> Result<Duration, D::Error> {
                let number = f64::deserialize(from)?;
                Duration::try_from_secs_f64(number / $per_second).map_err(|_| {
                    D::Error::custom(format!("{number} is not a duration in {}", $unit))
                })
            }
        }
    };
}

fractional!(seconds, 1.0, "seconds");
fractional!(millis, 1e3, "milliseconds");
