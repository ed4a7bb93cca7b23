//! The releases that a plan may use.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::version::{OcpMinor, ReleaseVersion};

use super::fleet::Operator;

/// What can be installed: release images by version, and releases of the operator and of the management cluster.
///
/// A plan never goes to a version that is not in here. Which of them are in a channel, and which updates are recommended, is the caller's to know:
/// `HyperShift` does not ask the update service.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Releases {
    /// Release images of hosted clusters and node pools.
    pub images: BTreeMap<ReleaseVersion, String>,
    /// Releases of the operator that the one that runs can be updated to.
    pub operators: Vec<Operator>,
    /// Versions that the management cluster can be updated to.
    pub management: Vec<ReleaseVersion>,
}

impl Releases {
    /// With a release image.
    #[must_use]
    pub fn with_image(mut self, version: ReleaseVersion, image: impl Into<String>) -> Self {
        self.images.insert(version, image.into());
        self
    }

    /// With a release of the operator.
    #[must_use]
    pub fn with_operator(mut self, release: Operator) -> Self {
        self.operators.push(release);
        self
    }

    /// With a version of the management cluster.
    #[must_use]
    pub fn with_management(mut self, version: ReleaseVersion) -> Self {
        self.management.push(version);
        self
    }

    /// The image of a version.
    #[must_use]
    pub fn image(&self, version: &ReleaseVersion) -> Option<&str> {
        self.images.get(version).map(String::as_str)
    }

    /// The version of an image, if exactly this reference is known.
    #[must_use]
    pub fn version_of(&self, image: &str) -> Option<&ReleaseVersion> {
        self.images.iter().find_map(|(version, known)| (known == image).then_some(version))
    }

    /// The newest release of a minor version, prereleases left out.
    pub(super) fn newest(&self, minor: OcpMinor) -> Option<&ReleaseVersion> {
        let mut newest = self.images.keys().rev();
        newest.find(|version| version.ocp_minor() == Ok(minor) && !version.is_prerelease())
    }
}
