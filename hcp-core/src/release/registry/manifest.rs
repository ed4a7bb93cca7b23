//! Manifests: of an image, or of an index with one for each architecture.

use serde::Deserialize;

use super::error::RegistryError;
use crate::release::architecture::Architecture;
use crate::release::digest::Digest;

/// What is accepted of a registry.
pub(super) const ACCEPT: &str = "application/vnd.oci.image.index.v1+json, \
     application/vnd.docker.distribution.manifest.list.v2+json, \
     application/vnd.oci.image.manifest.v1+json, \
     application/vnd.docker.distribution.manifest.v2+json";

/// A manifest of either kind.
#[derive(Debug)]
pub(super) enum Manifest {
    Image(ImageManifest),
    Index(Vec<Entry>),
}

/// The manifest of one image.
#[derive(Debug, Deserialize)]
pub(super) struct ImageManifest {
    pub(super) config: Descriptor,
    pub(super) layers: Vec<Descriptor>,
}

/// Content elsewhere in the registry.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Descriptor {
    #[serde(default)]
    pub(super) media_type: String,
    pub(super) digest: Digest,
    pub(super) size: u64,
}

/// An image of an index.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Entry {
    #[serde(flatten)]
    pub(super) descriptor: Descriptor,
    #[serde(default)]
    platform: Platform,
}

/// What an image runs on; also the part of its configuration that is read.
#[derive(Clone, Debug, Default, Deserialize)]
pub(super) struct Platform {
    #[serde(default)]
    pub(super) os: String,
    #[serde(default)]
    pub(super) architecture: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Kind {
    #[serde(default)]
    media_type: String,
    config: Option<serde::de::IgnoredAny>,
    layers: Option<serde::de::IgnoredAny>,
    manifests: Option<serde::de::IgnoredAny>,
}

impl Manifest {
    /// Reads a manifest by its members; one that could be read as both kinds is refused, as OCI asks for.
    pub(super) fn read(content: &[u8]) -> Result<Self, RegistryError> {
        #[derive(Deserialize)]
        struct Index {
            manifests: Vec<Entry>,
        }
        let what = "the manifest";
        let kind: Kind = serde_json::from_slice(content).map_err(RegistryError::json(what))?;
        let is_image = kind.layers.is_some() || kind.config.is_some();
        match (is_image, kind.manifests.is_some()) {
            (true, false) => serde_json::from_slice(content).map(Self::Image),
            (false, true) => {
                serde_json::from_slice(content).map(|index: Index| Self::Index(index.manifests))
            }
            _ => return Err(RegistryError::Kind { what, found: kind.media_type }),
        }
        .map_err(RegistryError::json(what))
    }
}

/// The architectures of an index, and the image to read: the wanted one, or else amd64, or else the first.
pub(super) fn choose(
    entries: &[Entry],
    wanted: Option<&Architecture>,
) -> Result<(Vec<Architecture>, Descriptor), RegistryError> {
    let linux: Vec<(Architecture, &Descriptor)> = entries
        .iter()
        .filter(|entry| entry.platform.os == "linux")
        .map(|entry| (entry.platform.architecture.as_str().into(), &entry.descriptor))
        .filter(|(architecture, _): &(Architecture, _)| architecture.is_known())
        .collect();
    let find = |wanted: &Architecture| linux.iter().find(|(found, _)| found == wanted);
    let chosen = match wanted {
        Some(wanted) => find(wanted),
        None => find(&Architecture::Amd64).or_else(|| linux.first()),
    };
    let Some((_, descriptor)) = chosen else {
        let shown = |Entry { platform: Platform { os, architecture }, .. }: &Entry| {
            format!("{os}/{architecture}")
        };
        return Err(RegistryError::NoArchitecture {
            wanted: wanted.map_or("any", |wanted| wanted.as_str()).to_owned(),
            found: entries.iter().map(shown).collect(),
        });
    };
    let mut all: Vec<_> = linux.iter().map(|(architecture, _)| architecture.clone()).collect();
    all.sort();
    all.dedup();
    Ok((all, (*descriptor).clone()))
}

/// Whether a layer is compressed.
pub(super) fn is_gzip(layer: &Descriptor) -> Result<bool, RegistryError> {
    match layer.media_type.as_str() {
        "application/vnd.oci.image.layer.v1.tar+gzip"
        | "application/vnd.docker.image.rootfs.diff.tar.gzip" => Ok(true),
        "application/vnd.oci.image.layer.v1.tar"
        | "application/vnd.docker.image.rootfs.diff.tar" => Ok(false),
        found => Err(RegistryError::Kind { what: "a layer", found: found.to_owned() }),
    }
}
