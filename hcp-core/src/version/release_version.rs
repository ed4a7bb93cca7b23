//! The version of a release, as in `4.15.3` or `4.16.0-rc.2`.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// The version of a release: full semver, ordered as semver orders, prereleases before their release.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ReleaseVersion(semver::Version);

/// A minor version as it is written: `4.15`, or `5.0`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Minor {
    /// 4 or 5.
    pub major: u64,
    /// Counted within the major version.
    pub minor: u64,
}

/// A text that is no version.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("version {text:?}: {cause}; write it as 4.15.3 or 4.16.0-rc.2")]
#[non_exhaustive]
pub struct VersionError {
    /// The text.
    pub text: String,
    /// What is wrong with it.
    pub cause: String,
}

impl ReleaseVersion {
    /// The release `major.minor.patch`.
    #[must_use]
    pub const fn new(major: u64, minor: u64, patch: u64) -> Self {
        Self(semver::Version::new(major, minor, patch))
    }

    /// Its minor version, as it is written.
    #[must_use]
    pub const fn minor(&self) -> Minor {
        Minor { major: self.0.major, minor: self.0.minor }
    }

    /// As semver.
    #[must_use]
    pub const fn as_semver(&self) -> &semver::Version {
        &self.0
    }
}

impl Minor {
    /// The minor version `major.minor`.
    #[must_use]
    pub const fn new(major: u64, minor: u64) -> Self {
        Self { major, minor }
    }
}

impl FromStr for ReleaseVersion {
    type Err = VersionError;

    fn from_str(text: &str) -> Result<Self, VersionError> {
        semver::Version::parse(text)
            .map(Self)
            .map_err(|error| VersionError { text: text.to_owned(), cause: error.to_string() })
    }
}

impl TryFrom<String> for ReleaseVersion {
    type Error = VersionError;

    fn try_from(text: String) -> Result<Self, VersionError> {
        text.parse()
    }
}

impl From<ReleaseVersion> for String {
    fn from(version: ReleaseVersion) -> Self {
        version.to_string()
    }
}

impl fmt::Display for ReleaseVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Display for Minor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.major, self.minor)
    }
}
