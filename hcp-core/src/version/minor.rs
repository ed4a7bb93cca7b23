//! Minor versions, as they are written and in their sequence.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::kubernetes::KubernetesMinor;
use super::release_version::VersionError;

/// The first minor of 5.x in the sequence: 5.0 is 4.23.
const FIRST_OF_FIVE: u16 = 23;

/// A minor version as it is written: `4.15`, or `5.0`.
///
/// It has no order, because 4.23 and 5.0 are written differently and are the same minor; compare what [`normalised`](Self::normalised) gives.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
#[non_exhaustive]
pub struct Minor {
    /// 4 or 5.
    pub major: u64,
    /// Counted within the major version.
    pub minor: u64,
}

/// A minor version's place in the sequence of all of them: 4.22 is 22, 5.0 and 4.23 are 23, 5.1 is 24.
///
/// Source: `HyperShift`, `support/supportedversion`: 5.x is 4.(23+x).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct OcpMinor(u16);

/// A minor version that has no place where one was looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
#[non_exhaustive]
pub enum MinorError {
    /// A major version that is not in the sequence.
    #[error("{0} is neither OpenShift 4.y nor 5.y")]
    UnsupportedMajor(Minor),
    /// A number that cannot be meant.
    #[error("{0} counts more minor versions than there can be")]
    TooLarge(Minor),
    /// Further back than 4.0.
    #[error("there are no {back} minor versions before {from}")]
    BeforeFirst {
        /// Where counting starts.
        from: Minor,
        /// How far.
        back: u16,
    },
    /// A release for which no Kubernetes version is known.
    #[error("no Kubernetes version is known for OpenShift {0}")]
    NoKubernetes(Minor),
}

impl Minor {
    /// The minor version `major.minor`.
    #[must_use]
    pub const fn new(major: u64, minor: u64) -> Self {
        Self { major, minor }
    }

    /// Its place in the sequence.
    ///
    /// # Errors
    ///
    /// A major version other than 4 and 5, or a number beyond 65 000.
    ///
    /// ```
    /// # use hcp_core::version::Minor;
    /// assert_eq!(Minor::new(5, 0).normalised()?, Minor::new(4, 23).normalised()?);
    /// # Ok::<(), hcp_core::version::MinorError>(())
    /// ```
    pub const fn normalised(self) -> Result<OcpMinor, MinorError> {
        let before = match self.major {
            4 => 0,
            5 => FIRST_OF_FIVE,
            _ => return Err(MinorError::UnsupportedMajor(self)),
        };
        if self.minor > 65_000 {
            return Err(MinorError::TooLarge(self));
        }
        #[expect(clippy::cast_possible_truncation, reason = "checked above")]
        let within = self.minor as u16;
        Ok(OcpMinor(within + before))
    }

    /// The Kubernetes minor version in it.
    ///
    /// # Errors
    ///
    /// As [`Self::normalised`], and 4.0, which was never released.
    pub const fn kubernetes(self) -> Result<KubernetesMinor, MinorError> {
        match self.normalised() {
            Ok(minor) => minor.kubernetes(),
            Err(error) => Err(error),
        }
    }

    /// The minor version after it: 5.0 follows 4.22, and 5.1 follows both 4.23 and 5.0.
    ///
    /// # Errors
    ///
    /// As [`Self::normalised`].
    pub const fn next(self) -> Result<Self, MinorError> {
        match self.normalised() {
            Ok(OcpMinor(place)) => Ok(OcpMinor(place.saturating_add(1)).minor()),
            Err(error) => Err(error),
        }
    }

    /// The minor version `back` before it: 4.21 is two before 5.0.
    ///
    /// Source: `HyperShift`, `PreviousMinorVersion`.
    ///
    /// # Errors
    ///
    /// As [`Self::normalised`], and further back than 4.0.
    pub const fn previous(self, back: u16) -> Result<Self, MinorError> {
        match self.normalised() {
            Ok(minor) => match minor.back(back) {
                Some(minor) => Ok(minor.minor()),
                None => Err(MinorError::BeforeFirst { from: self, back }),
            },
            Err(error) => Err(error),
        }
    }
}

impl OcpMinor {
    /// The place `index`, counted from 4.0.
    #[must_use]
    pub const fn new(index: u16) -> Self {
        Self(index)
    }

    /// Its place, counted from 4.0: the `y` of 4.y, also for 5.x.
    #[must_use]
    pub const fn index(self) -> u16 {
        self.0
    }

    /// As it is written: 4.22, then 5.0. That 4.23 exists beside 5.0 is forgotten.
    #[must_use]
    pub const fn minor(self) -> Minor {
        if self.0 < FIRST_OF_FIVE {
            Minor::new(4, self.0 as u64)
        } else {
            Minor::new(5, (self.0 - FIRST_OF_FIVE) as u64)
        }
    }

    /// So many before it, if there are as many.
    #[must_use]
    pub const fn back(self, count: u16) -> Option<Self> {
        match self.0.checked_sub(count) {
            Some(place) => Some(Self(place)),
            None => None,
        }
    }

    /// The Kubernetes minor version in it.
    ///
    /// From 4.3 on it is the OpenShift minor plus 13: 4.14 has 1.27, 4.23 and 5.0 have 1.36, 5.1 has 1.37. Beyond 5.1 this is an expectation, not a release.
    ///
    /// Source: `HyperShift`, `ocpVersionToKubeVersion` (4.14 to 5.1); `OpenShift` release notes before that.
    ///
    /// # Errors
    ///
    /// 4.0, which was never released.
    pub const fn kubernetes(self) -> Result<KubernetesMinor, MinorError> {
        Ok(KubernetesMinor::new(match self.0 {
            0 => return Err(MinorError::NoKubernetes(self.minor())),
            1 => 13,
            2 => 14,
            place => place as u32 + 13,
        }))
    }
}

impl TryFrom<Minor> for OcpMinor {
    type Error = MinorError;

    fn try_from(minor: Minor) -> Result<Self, MinorError> {
        minor.normalised()
    }
}

impl FromStr for Minor {
    type Err = VersionError;

    fn from_str(text: &str) -> Result<Self, VersionError> {
        let number = |part: &str| {
            let plain = part.bytes().all(|byte| byte.is_ascii_digit())
                && (part == "0" || !part.starts_with('0'));
            plain.then(|| part.parse().ok()).flatten()
        };
        let parts = text.split_once('.').map(|(major, minor)| (number(major), number(minor)));
        if let Some((Some(major), Some(minor))) = parts {
            return Ok(Self { major, minor });
        }
        let cause = "not two numbers joined by a dot, as in 4.15".to_owned();
        Err(VersionError { text: text.to_owned(), cause })
    }
}

impl TryFrom<String> for Minor {
    type Error = VersionError;

    fn try_from(text: String) -> Result<Self, VersionError> {
        text.parse()
    }
}

impl From<Minor> for String {
    fn from(minor: Minor) -> Self {
        minor.to_string()
    }
}

impl fmt::Display for Minor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.major, self.minor)
    }
}

impl fmt::Display for OcpMinor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.minor().fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn minor(text: &str) -> Minor {
        text.parse().unwrap()
    }

    #[test]
    fn five_follows_four_twenty_two() {
        assert_eq!(minor("4.22").next().unwrap(), minor("5.0"));
        assert_eq!(minor("4.23").next().unwrap(), minor("5.1"));
        assert_eq!(minor("5.0").previous(2).unwrap(), minor("4.21"));
        assert_eq!(minor("5.2").previous(1).unwrap(), minor("5.1"));
        assert_eq!(minor("4.18").previous(0).unwrap(), minor("4.18"));
        let error = minor("4.1").previous(5).unwrap_err();
        assert_eq!(error.to_string(), "there are no 5 minor versions before 4.1");
        let error = minor("6.0").previous(1).unwrap_err();
        assert_eq!(error.to_string(), "6.0 is neither OpenShift 4.y nor 5.y");
        assert!(matches!(minor("5.65001").normalised(), Err(MinorError::TooLarge(_))));
    }

    #[test]
    fn kubernetes_minors_are_those_of_the_releases() {
        for (openshift, kubernetes) in [
            ("4.1", "1.13"),
            ("4.2", "1.14"),
            ("4.3", "1.16"),
            ("4.8", "1.21"),
            ("4.14", "1.27"),
            ("4.15", "1.28"),
            ("4.16", "1.29"),
            ("4.17", "1.30"),
            ("4.18", "1.31"),
            ("4.19", "1.32"),
            ("4.20", "1.33"),
            ("4.21", "1.34"),
            ("4.22", "1.35"),
            ("4.23", "1.36"),
            ("5.0", "1.36"),
            ("5.1", "1.37"),
        ] {
            assert_eq!(minor(openshift).kubernetes().unwrap().to_string(), kubernetes);
        }
        assert!(minor("4.0").kubernetes().is_err() && minor("3.11").kubernetes().is_err());
    }

    #[test]
    fn only_two_plain_numbers_are_a_minor() {
        for text in ["", "4", "4.", ".15", "4.15.0", "4.015", "04.15", "+4.15", "v4.15", "4.15 "] {
            let error = text.parse::<Minor>().unwrap_err();
            assert!(error.to_string().contains("as in 4.15"), "{error}");
        }
        let json: Minor = serde_json::from_str(r#""5.0""#).unwrap();
        assert_eq!(serde_json::to_string(&json).unwrap(), r#""5.0""#);
    }
}
