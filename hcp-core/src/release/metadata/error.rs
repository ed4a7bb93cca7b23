//! Why a release image's files cannot be read.

use crate::path::JsonPath;
use crate::release::reference::ImageRefError;
use crate::version::VersionError;

/// A file of a release image that is missing or cannot be read. The content of the file is never part of it.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum MetadataError {
    /// The image does not have the file.
    #[error(
        "the image has no file {file}; give a release image, as in ocp-release, not the image of a component or an index of operators"
    )]
    Missing {
        /// The file.
        file: &'static str,
    },
    /// The file is deleted by a layer above the one that has it, or is a link.
    #[error("{file} is {what} in the image; mirror the release again with `oc adm release mirror`")]
    NotAFile {
        /// The file.
        file: &'static str,
        /// What it is instead.
        what: &'static str,
    },
    /// The file is no JSON, or its fields have other types.
    #[error("{file} cannot be read as JSON; mirror the release again with `oc adm release mirror`")]
    Json {
        /// The file.
        file: &'static str,
        /// Where and why.
        source: serde_json::Error,
    },
    /// The file is no YAML.
    #[error(
        "{file} cannot be read as YAML: {cause}; mirror the release again with `oc adm release mirror`"
    )]
    Yaml {
        /// The file.
        file: &'static str,
        /// Where and why.
        cause: String,
    },
    /// The file holds another kind of object.
    #[error(
        "{file} holds {found:?} in place of {expected}; give an image that `oc adm release new` made"
    )]
    Kind {
        /// The file.
        file: &'static str,
        /// What it should hold.
        expected: &'static str,
        /// The `kind` that stands there.
        found: String,
    },
    /// The name of the image stream is no version.
    #[error(
        "metadata.name of release-manifests/image-references is the release's version, and is not one"
    )]
    Version(#[source] VersionError),
    /// There are no components.
    #[error(
        "spec.tags of release-manifests/image-references is empty; give an image that `oc adm release new` made"
    )]
    NoComponents,
    /// A component comes twice.
    #[error("spec.tags of release-manifests/image-references has {component:?} twice; leave one")]
    Repeated {
        /// Its name.
        component: String,
    },
    /// A component is not an image.
    #[error(
        "{path}: component {component:?} is not a DockerImage; give an image that `oc adm release new` made"
    )]
    NotAnImage {
        /// Where.
        path: JsonPath,
        /// Its name.
        component: String,
    },
    /// The image of a component cannot be read.
    #[error("{path}")]
    Image {
        /// Where.
        path: JsonPath,
        /// Why.
        source: ImageRefError,
    },
    /// An annotation about versions cannot be read.
    #[error("{path}: {pair:?} {rule}; correct the label in that component's build")]
    Annotation {
        /// Where.
        path: JsonPath,
        /// The pair.
        pair: String,
        /// What is wrong with it.
        rule: String,
    },
    /// Components disagree about versions or display names.
    #[error("components declare several versions or display names of {}; only machine-os may have several versions", .0.join(", "))]
    Contradictory(Vec<String>),
    /// The bootimages have no stream.
    #[error(
        "{path} of the bootimages is missing or empty; give an image that `oc adm release new` made"
    )]
    NoStream {
        /// Where.
        path: JsonPath,
    },
}
