//! Kubernetes minor versions.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::release_version::VersionError;

/// A minor version of Kubernetes 1: `1.28`.
///
/// It is read from `1.28`, and from what components report: `v1.28.3`, `v1.28.3+20a5764`, `1.29.0-alpha.1`. Everything after the minor is dropped, because no
/// skew rule looks at it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct KubernetesMinor(u32);

impl KubernetesMinor {
    /// Kubernetes `1.minor`.
    #[must_use]
    pub const fn new(minor: u32) -> Self {
        Self(minor)
    }

    /// The `28` of `1.28`.
    #[must_use]
    pub const fn index(self) -> u32 {
        self.0
    }
}

impl FromStr for KubernetesMinor {
    type Err = VersionError;

    fn from_str(text: &str) -> Result<Self, VersionError> {
        let wrong = |cause: String| VersionError { text: text.to_owned(), cause };
        let plain = text.strip_prefix('v').unwrap_or(text);
        let two_parts = plain.bytes().filter(|byte| *byte == b'.').count() == 1;
        let whole =
            if two_parts && !plain.contains(['-', '+']) { &format!("{plain}.0") } else { plain };
        let version = semver::Version::parse(whole).map_err(|error| wrong(error.to_string()))?;
        match u32::try_from(version.minor) {
            Ok(minor) if version.major == 1 => Ok(Self(minor)),
            _ => Err(wrong("not a version of Kubernetes 1, as in v1.28.3".to_owned())),
        }
    }
}

impl TryFrom<String> for KubernetesMinor {
    type Error = VersionError;

    fn try_from(text: String) -> Result<Self, VersionError> {
        text.parse()
    }
}

impl From<KubernetesMinor> for String {
    fn from(minor: KubernetesMinor) -> Self {
        minor.to_string()
    }
}

impl fmt::Display for KubernetesMinor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "1.{}", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::KubernetesMinor;

    #[test]
    fn what_components_report_is_read() {
        for text in ["1.28", "v1.28", "v1.28.3", "1.28.0-alpha.1", "v1.28.3+20a5764"] {
            assert_eq!(
                text.parse::<KubernetesMinor>().unwrap(),
                KubernetesMinor::new(28),
                "{text}"
            );
        }
        for text in ["", "28", "2.1", "4.15.3", "1.28.x", "v1.28+", "1.4294967296", "vv1.28"] {
            assert!(text.parse::<KubernetesMinor>().is_err(), "{text}");
        }
    }
}
