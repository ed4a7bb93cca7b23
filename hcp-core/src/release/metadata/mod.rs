//! What a release image says of itself.

mod bootimages;
mod error;
mod versions;

use std::collections::BTreeMap;

use serde::Deserialize;

use super::reference::ImageRef;
use crate::path::JsonPath;
use crate::version::ReleaseVersion;

pub use bootimages::{Bootimages, CoreosStream};
pub use error::MetadataError;
pub use versions::ComponentVersion;

/// The file that names version and component images.
pub const IMAGE_REFERENCES: &str = "release-manifests/image-references";

/// The file that names the `CoreOS` images that machines boot from.
pub const BOOTIMAGES: &str = "release-manifests/0000_50_installer_coreos-bootimages.yaml";

/// What `release-manifests/image-references` says: the version, and the images and versions of the components.
///
/// Source: `HyperShift`, `support/releaseinfo`. The version is the name of the image stream, as there; stricter than there, it must
/// be a version, every image a whole reference, no component may come twice, and bad version annotations fail here rather than
/// in a later reconciliation.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ReleaseMetadata {
    /// The version of the release.
    pub version: ReleaseVersion,
    /// The image of each component, by the name of its tag: `hypershift`, `machine-config-operator`.
    pub images: BTreeMap<String, ImageRef>,
    /// The versions that components declare, such as those of `kubernetes` and `machine-os`.
    pub versions: BTreeMap<String, ComponentVersion>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ImageStream {
    #[serde(default)]
    kind: String,
    #[serde(default)]
    metadata: ObjectMeta,
    #[serde(default)]
    spec: ImageStreamSpec,
}

#[derive(Default, Deserialize)]
struct ObjectMeta {
    #[serde(default)]
    name: String,
}

#[derive(Default, Deserialize)]
struct ImageStreamSpec {
    #[serde(default)]
    tags: Vec<Tag>,
}

#[derive(Deserialize)]
struct Tag {
    name: String,
    from: Option<From>,
    #[serde(default)]
    annotations: Option<BTreeMap<String, String>>,
}

#[derive(Deserialize)]
struct From {
    #[serde(default)]
    kind: String,
    name: String,
}

impl ReleaseMetadata {
    /// Reads the content of [`IMAGE_REFERENCES`].
    ///
    /// # Errors
    /// [`MetadataError`] with the file, the path in it, and what to do.
    pub fn parse(image_references: &[u8]) -> Result<Self, MetadataError> {
        let stream: ImageStream = serde_json::from_slice(image_references)
            .map_err(|source| MetadataError::Json { file: IMAGE_REFERENCES, source })?;
        if stream.kind != "ImageStream" {
            return Err(MetadataError::Kind {
                file: IMAGE_REFERENCES,
                expected: "ImageStream",
                found: stream.kind,
            });
        }
        let version = stream.metadata.name.parse().map_err(MetadataError::Version)?;
        let mut images = BTreeMap::new();
        for (index, tag) in stream.spec.tags.iter().enumerate() {
            let image = component_image(index, tag)?;
            if images.insert(tag.name.clone(), image).is_some() {
                return Err(MetadataError::Repeated { component: tag.name.clone() });
            }
        }
        if images.is_empty() {
            return Err(MetadataError::NoComponents);
        }
        let versions = versions::read(stream.spec.tags.iter().enumerate())?;
        Ok(Self { version, images, versions })
    }
}

fn component_image(index: usize, tag: &Tag) -> Result<ImageRef, MetadataError> {
    let path = JsonPath::fields("spec.tags").index(index).field("from");
    let from = tag.from.as_ref().filter(|from| from.kind == "DockerImage");
    let from = from.ok_or_else(|| MetadataError::NotAnImage {
        path: path.clone(),
        component: tag.name.clone(),
    })?;
    from.name.parse().map_err(|source| MetadataError::Image { path: path.field("name"), source })
}

#[cfg(test)]
mod tests;
