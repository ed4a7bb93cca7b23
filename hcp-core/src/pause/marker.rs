//! The annotation that says whose a pause is, and what was there before.

use std::fmt;
use std::str::FromStr;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// The annotation that holds a [`Marker`], as JSON.
pub const MARKER_ANNOTATION: &str = "hcp-core/pause";

/// Who pauses: the name of a run, a tool or a person.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct PauseOwner(String);

/// A name that no owner has.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("owner {text:?} of a pause: use 1 to 128 printable ASCII characters without spaces")]
#[non_exhaustive]
pub struct PauseOwnerError {
    /// The name.
    pub text: String,
}

/// What the annotation says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Marker {
    /// Whose pause it is.
    pub owner: PauseOwner,
    /// Since when that owner holds it.
    pub since: Timestamp,
    /// What the owner wrote into `pausedUntil`; none where what was there lasted longer, and was left alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub set: Option<String>,
    /// What was in `pausedUntil` before; none where it was not there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub original: Option<String>,
}

/// An annotation that cannot be read.
#[derive(Debug, thiserror::Error)]
#[error(
    "annotation {MARKER_ANNOTATION} is no marker of a pause; find out who wrote it, then remove it and pausedUntil by hand"
)]
#[non_exhaustive]
pub struct MarkerError {
    /// Why not.
    #[source]
    pub cause: serde_json::Error,
}

impl PauseOwner {
    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Marker {
    /// Reads the annotation.
    ///
    /// # Errors
    ///
    /// It is not what this crate writes.
    pub fn parse(annotation: &str) -> Result<Self, MarkerError> {
        serde_json::from_str(annotation).map_err(|cause| MarkerError { cause })
    }

    /// What `pausedUntil` must say while the marker is true.
    #[must_use]
    pub fn expected(&self) -> Option<&str> {
        self.set.as_deref().or(self.original.as_deref())
    }
}

impl fmt::Display for Marker {
    /// As it is written into the annotation.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&serde_json::to_string(self).map_err(|_| fmt::Error)?)
    }
}

impl FromStr for PauseOwner {
    type Err = PauseOwnerError;

    fn from_str(text: &str) -> Result<Self, PauseOwnerError> {
        if (1..=128).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic()) {
            Ok(Self(text.to_owned()))
        } else {
            Err(PauseOwnerError { text: text.chars().take(128).collect() })
        }
    }
}

impl TryFrom<String> for PauseOwner {
    type Error = PauseOwnerError;

    fn try_from(text: String) -> Result<Self, PauseOwnerError> {
        text.parse()
    }
}

impl From<PauseOwner> for String {
    fn from(owner: PauseOwner) -> Self {
        owner.0
    }
}

impl fmt::Display for PauseOwner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_marker_is_read_back_and_unknown_members_are_an_error() {
        let text = r#"{"owner":"backup-7","since":"2026-01-01T00:00:00Z","set":"true"}"#;
        let marker = Marker::parse(text).unwrap();
        assert_eq!(marker.to_string(), text);
        assert_eq!(marker.expected(), Some("true"));
        for text in ["", "{}", "true", &text.replace("set", "sat"), &text.replace("backup-7", "")] {
            assert!(Marker::parse(text).is_err(), "{text}");
        }
        assert!("two words".parse::<PauseOwner>().is_err());
    }
}
