//! The `ConfigMap` in which the operator says which releases it supports.

use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

use super::minor::{Minor, MinorError};
use super::release_version::{ReleaseVersion, VersionError};

/// The name of the `ConfigMap`.
pub const SUPPORTED_VERSIONS_NAME: &str = "supported-versions";
/// The namespace of the operator, unless it was installed elsewhere.
pub const SUPPORTED_VERSIONS_NAMESPACE: &str = "hypershift";
/// The label by which the command line finds it, with the value `true`.
pub const SUPPORTED_VERSIONS_LABEL: &str = "hypershift.openshift.io/supported-versions";
/// The key of the list.
pub const VERSIONS_KEY: &str = "supported-versions";
/// The key of the operator's revision.
pub const SERVER_VERSION_KEY: &str = "server-version";

/// The minor versions that an operator supports, newest first, as it publishes them.
///
/// Source: `HyperShift`, `hypershift-operator/controllers/supportedversion/reconciler.go`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SupportedVersions {
    versions: Vec<Minor>,
    server_version: String,
}

/// A `ConfigMap` from which the supported versions cannot be told.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SupportedVersionsError {
    /// A key is missing.
    #[error("data has no {0:?}: this is not the ConfigMap of a running operator")]
    MissingKey(&'static str),
    /// The list is not JSON.
    #[error("data[\"supported-versions\"] is not JSON")]
    Json(#[source] serde_json::Error),
    /// The list is empty.
    #[error("data[\"supported-versions\"] lists no version")]
    Empty,
    /// An entry is not a minor version.
    #[error("data[\"supported-versions\"].versions[{index}] cannot be read")]
    Entry {
        /// Which entry.
        index: usize,
        /// What is wrong.
        #[source]
        source: VersionError,
    },
    /// An entry has no place in the sequence.
    #[error("data[\"supported-versions\"].versions[{index}] has no place among the minors")]
    Incomparable {
        /// Which entry.
        index: usize,
        /// Why.
        #[source]
        source: MinorError,
    },
}

#[derive(Serialize, Deserialize)]
pub(super) struct Document {
    pub(super) versions: Vec<String>,
}

impl SupportedVersions {
    /// These minor versions, newest first, of an operator of this revision.
    #[must_use]
    pub fn new(versions: Vec<Minor>, server_version: &str) -> Self {
        Self { versions, server_version: server_version.to_owned() }
    }

    /// Reads the `data` of the `ConfigMap`.
    ///
    /// # Errors
    ///
    /// Both keys must be there, the list must be JSON, must not be empty, and must hold minor versions of 4 or 5.
    pub fn from_config_map(
        data: &BTreeMap<String, String>,
    ) -> Result<Self, SupportedVersionsError> {
        let read = |key: &'static str| data.get(key).ok_or(SupportedVersionsError::MissingKey(key));
        let server_version = read(SERVER_VERSION_KEY)?.clone();
        let document: Document =
            serde_json::from_str(read(VERSIONS_KEY)?).map_err(SupportedVersionsError::Json)?;
        let mut versions = Vec::with_capacity(document.versions.len());
        for (index, text) in document.versions.iter().enumerate() {
            let minor: Minor =
                text.parse().map_err(|source| SupportedVersionsError::Entry { index, source })?;
            minor
                .normalised()
                .map_err(|source| SupportedVersionsError::Incomparable { index, source })?;
            versions.push(minor);
        }
        if versions.is_empty() {
            return Err(SupportedVersionsError::Empty);
        }
        Ok(Self { versions, server_version })
    }

    /// The `data` of the `ConfigMap`, byte for byte as the operator writes it.
    #[must_use]
    pub fn to_config_map(&self) -> BTreeMap<String, String> {
        let versions: Vec<String> = self.versions.iter().map(Minor::to_string).collect();
        let list = serde_json::json!({ "versions": versions }).to_string();
        BTreeMap::from([
            (VERSIONS_KEY.to_owned(), list),
            (SERVER_VERSION_KEY.to_owned(), self.server_version.clone()),
        ])
    }

    /// The versions, in the order in which they are published.
    #[must_use]
    pub fn versions(&self) -> &[Minor] {
        &self.versions
    }

    /// The git revision of the operator.
    #[must_use]
    pub fn server_version(&self) -> &str {
        &self.server_version
    }

    /// The newest version, wherever it stands in the list.
    #[must_use]
    pub fn latest(&self) -> Option<Minor> {
        self.versions.iter().rev().copied().max_by_key(|minor| minor.normalised().ok())
    }

    /// The oldest version.
    #[must_use]
    pub fn oldest(&self) -> Option<Minor> {
        self.versions.iter().copied().min_by_key(|minor| minor.normalised().ok())
    }

    /// Whether a minor version is supported; 4.23 is where 5.0 is.
    #[must_use]
    pub fn supports(&self, minor: Minor) -> bool {
        let place = minor.normalised().ok();
        place.is_some() && self.versions.iter().any(|listed| listed.normalised().ok() == place)
    }

    /// The newest of these releases that is supported and no prerelease: what a new cluster gets if nobody chose.
    ///
    /// `HyperShift`'s command line looks for the supported minor anywhere in the release's name, and so takes 4.15.1 for a release of 5.1.
    #[must_use]
    pub fn newest_release<'a>(
        &self,
        releases: impl IntoIterator<Item = &'a ReleaseVersion>,
    ) -> Option<&'a ReleaseVersion> {
        releases
            .into_iter()
            .filter(|release| !release.is_prerelease() && self.supports(release.minor()))
            .max_by(|one, other| one.precedence(other).unwrap_or(Ordering::Equal))
    }
}

impl fmt::Display for SupportedVersions {
    /// The versions, separated by spaces.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, minor) in self.versions.iter().enumerate() {
            let space = if index == 0 { "" } else { " " };
            write!(f, "{space}{minor}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_supported_release_is_told_by_number_and_not_by_text() {
        let supported = SupportedVersions::new(vec![Minor::new(5, 1), Minor::new(4, 14)], "9a3b1c");
        let releases = ["4.15.1", "4.14.9", "4.14.10", "5.1.0-rc.3", "5.2.0"]
            .map(|text| text.parse::<ReleaseVersion>().unwrap());
        let newest = supported.newest_release(&releases);
        assert_eq!(newest.map(ToString::to_string), Some("4.14.10".to_owned()));
        assert_eq!(supported.newest_release(&releases[..1]), None);
    }

    #[test]
    fn errors_name_the_key_and_the_entry() {
        let read = |list: &str| {
            let data = [(SERVER_VERSION_KEY, "9a3b1c"), (VERSIONS_KEY, list)]
                .map(|(key, value)| (key.to_owned(), value.to_owned()));
            SupportedVersions::from_config_map(&BTreeMap::from(data)).unwrap_err().to_string()
        };
        assert_eq!(read("{"), "data[\"supported-versions\"] is not JSON");
        assert_eq!(read(r#"{"versions":[]}"#), "data[\"supported-versions\"] lists no version");
        let error = read(r#"{"versions":["4.15","4.15.0"]}"#);
        assert_eq!(error, "data[\"supported-versions\"].versions[1] cannot be read");
        let error = read(r#"{"versions":["6.0"]}"#);
        assert_eq!(error, "data[\"supported-versions\"].versions[0] has no place among the minors");
        let error = SupportedVersions::from_config_map(&BTreeMap::new()).unwrap_err();
        assert!(error.to_string().starts_with("data has no \"server-version\""), "{error}");
    }
}
