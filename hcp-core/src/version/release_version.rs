//! The version of a release, as in `4.15.3` or `4.16.0-rc.2`.

use std::cmp::Ordering;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::minor::{Minor, MinorError, OcpMinor};

/// The version of a release: full semver.
///
/// Its `Ord` is semver's order of the text as it is written, and total: prereleases come before their release, and versions that differ in build metadata
/// only are put in a fixed order, although semver gives them the same precedence. It does not know that 5.0 is 4.23. Decisions therefore compare with
/// [`precedence`](Self::precedence), which knows, and which ignores build metadata as `HyperShift` does.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ReleaseVersion(semver::Version);

/// What going from one release to another means.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum VersionChange {
    /// The same release, if build metadata is ignored; also 4.23.1 and 5.0.1.
    Same,
    /// Newer within the minor version.
    PatchUp,
    /// Older within the minor version.
    PatchDown,
    /// So many minor versions newer, across 4.22 → 5.0 too.
    MinorUp(u16),
    /// So many minor versions older.
    MinorDown(u16),
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

    /// Its place in the sequence of minor versions, in which 5.0 follows 4.22.
    ///
    /// # Errors
    ///
    /// A major version other than 4 and 5.
    pub const fn ocp_minor(&self) -> Result<OcpMinor, MinorError> {
        self.minor().normalised()
    }

    /// As semver.
    #[must_use]
    pub const fn as_semver(&self) -> &semver::Version {
        &self.0
    }

    /// Whether it comes before its release, as in `4.16.0-rc.2` or a nightly build.
    #[must_use]
    pub fn is_prerelease(&self) -> bool {
        !self.0.pre.is_empty()
    }

    /// The same release written as 4.y: 5.1.2-rc.1 is 4.24.2-rc.1.
    ///
    /// Source: `HyperShift`, `support/supportedversion`, which normalises so before it compares.
    ///
    /// # Errors
    ///
    /// A major version other than 4 and 5.
    ///
    /// ```
    /// # use hcp_core::version::ReleaseVersion;
    /// let version: ReleaseVersion = "5.0.7-rc.1".parse()?;
    /// assert_eq!(version.normalised()?.to_string(), "4.23.7-rc.1");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn normalised(&self) -> Result<Self, MinorError> {
        let minor = self.ocp_minor()?;
        let mut version = self.0.clone();
        (version.major, version.minor) = (4, u64::from(minor.index()));
        Ok(Self(version))
    }

    /// Which of two releases is newer: minor versions in their sequence, then patch and prerelease as semver orders them; build metadata counts for nothing.
    ///
    /// # Errors
    ///
    /// A major version other than 4 and 5 on either side.
    pub fn precedence(&self, other: &Self) -> Result<Ordering, MinorError> {
        let minors = self.ocp_minor()?.cmp(&other.ocp_minor()?);
        Ok(minors.then_with(|| self.within_minor(other)))
    }

    /// What going from here to `target` means.
    ///
    /// # Errors
    ///
    /// A major version other than 4 and 5 on either side.
    ///
    /// ```
    /// # use hcp_core::version::{ReleaseVersion, VersionChange};
    /// let from = ReleaseVersion::new(4, 21, 3);
    /// assert_eq!(from.change_to(&ReleaseVersion::new(5, 0, 0))?, VersionChange::MinorUp(2));
    /// # Ok::<(), hcp_core::version::MinorError>(())
    /// ```
    pub fn change_to(&self, target: &Self) -> Result<VersionChange, MinorError> {
        let (from, to) = (self.ocp_minor()?, target.ocp_minor()?);
        Ok(match to.cmp(&from) {
            Ordering::Greater => VersionChange::MinorUp(to.index() - from.index()),
            Ordering::Less => VersionChange::MinorDown(from.index() - to.index()),
            Ordering::Equal => match target.within_minor(self) {
                Ordering::Greater => VersionChange::PatchUp,
                Ordering::Less => VersionChange::PatchDown,
                Ordering::Equal => VersionChange::Same,
            },
        })
    }

    fn within_minor(&self, other: &Self) -> Ordering {
        self.0.patch.cmp(&other.0.patch).then_with(|| self.0.pre.cmp(&other.0.pre))
    }
}

impl VersionChange {
    /// Whether the minor version stays: a z-stream change, in either direction, or none.
    #[must_use]
    pub const fn is_z_stream(self) -> bool {
        matches!(self, Self::Same | Self::PatchUp | Self::PatchDown)
    }

    /// Whether the target is older.
    #[must_use]
    pub const fn is_downgrade(self) -> bool {
        matches!(self, Self::PatchDown | Self::MinorDown(_))
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

#[cfg(test)]
mod tests {
    use super::*;

    fn version(text: &str) -> ReleaseVersion {
        text.parse().unwrap()
    }

    #[test]
    fn texts_that_are_no_versions_are_refused_with_the_form_that_is_meant() {
        for text in ["", "4.15", "v4.15.3", "4.15.03", "4.15.3 ", "4.-1.0", "four"] {
            let error = text.parse::<ReleaseVersion>().unwrap_err();
            assert_eq!(error.text, text);
            assert!(error.to_string().ends_with("; write it as 4.15.3 or 4.16.0-rc.2"), "{error}");
        }
    }

    #[test]
    fn precedence_knows_that_five_zero_is_four_twenty_three() {
        let compare = |left: &str, right: &str| version(left).precedence(&version(right)).unwrap();
        assert_eq!(compare("5.0.3", "4.23.3"), Ordering::Equal);
        assert_eq!(compare("4.24.0", "5.0.9"), Ordering::Greater);
        assert_eq!(compare("4.16.0-rc.2", "4.16.0"), Ordering::Less);
        assert_eq!(compare("4.16.0+a", "4.16.0+b"), Ordering::Equal);
        assert!(version("4.16.0+a") < version("4.16.0+b"), "`Ord` is total");
        assert!(version("6.0.0").precedence(&version("4.16.0")).is_err());
    }

    #[test]
    fn changes_are_named_across_the_bridge() {
        for (from, to, change) in [
            ("4.15.3", "4.15.3", VersionChange::Same),
            ("4.15.3", "4.15.4", VersionChange::PatchUp),
            ("4.15.3", "4.15.3-rc.1", VersionChange::PatchDown),
            ("4.15.9", "4.16.0-rc.1", VersionChange::MinorUp(1)),
            ("4.22.0", "5.1.0", VersionChange::MinorUp(2)),
            ("5.0.0", "4.20.9", VersionChange::MinorDown(3)),
            ("4.23.1", "5.0.1", VersionChange::Same),
            ("4.23.1", "5.0.0", VersionChange::PatchDown),
        ] {
            let found = version(from).change_to(&version(to)).unwrap();
            assert_eq!(found, change, "{from} to {to}");
            assert_eq!(found.is_z_stream(), !format!("{found:?}").starts_with("Minor"));
            assert_eq!(found.is_downgrade(), format!("{found:?}").contains("Down"));
        }
    }
}
