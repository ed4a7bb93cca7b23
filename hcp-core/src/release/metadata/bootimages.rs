//! The `CoreOS` images that a release's machines boot from.

use std::collections::BTreeMap;

use serde_json::Value;

use super::BOOTIMAGES;
use super::error::MetadataError;
use crate::path::JsonPath;
use crate::release::architecture::Architecture;

/// The `CoreOS` stream metadata of a release: one stream up to 4.x, several by name from 5.0 on.
///
/// Source: the `ConfigMap` in [`BOOTIMAGES`], keys `stream` and `streams`.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Bootimages {
    /// The stream of the key `stream`. Missing only if there are named ones, of which upstream then takes one at random.
    pub default: Option<CoreosStream>,
    /// The streams of the key `streams`, by name.
    pub named: BTreeMap<String, CoreosStream>,
}

/// One stream.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct CoreosStream {
    /// Its name, such as `rhcos-4.15`; empty if it has none.
    pub name: String,
    /// Artifacts and cloud images of each architecture, as they stand there.
    pub architectures: BTreeMap<Architecture, Value>,
}

impl Bootimages {
    /// Reads the content of [`BOOTIMAGES`].
    ///
    /// # Errors
    /// [`MetadataError`]: no `ConfigMap`, neither key, JSON that cannot be read, or a stream without architectures.
    #[cfg(feature = "yaml")]
    pub fn parse(bootimages: &[u8]) -> Result<Self, MetadataError> {
        let yaml = |cause: String| MetadataError::Yaml { file: BOOTIMAGES, cause };
        let text = std::str::from_utf8(bootimages).map_err(|error| yaml(error.to_string()))?;
        let options = serde_saphyr::options! { with_snippet: false };
        let object: Value = serde_saphyr::from_str_with_options(text, options)
            .map_err(|error| yaml(error.to_string()))?;
        Self::from_config_map(&object)
    }

    /// Reads the `ConfigMap`.
    ///
    /// # Errors
    /// [`MetadataError`], as of `parse`.
    pub fn from_config_map(object: &Value) -> Result<Self, MetadataError> {
        let kind = object.get("kind").and_then(Value::as_str).unwrap_or_default();
        if kind != "ConfigMap" {
            let (expected, found) = ("ConfigMap", kind.to_owned());
            return Err(MetadataError::Kind { file: BOOTIMAGES, expected, found });
        }
        let data = JsonPath::fields("data");
        let read = |key: &str| {
            let text = object.get("data").and_then(|data| data.get(key)).and_then(Value::as_str);
            text.map(serde_json::from_str::<Value>)
                .transpose()
                .map_err(|source| MetadataError::Json { file: BOOTIMAGES, source })
        };
        let path = data.field("stream");
        let default = read("stream")?.map(|value| stream(value, &path)).transpose()?;
        let mut named = BTreeMap::new();
        if let Some(Value::Object(streams)) = read("streams")? {
            for (name, value) in streams {
                let stream = stream(value, &data.field("streams").key(name.as_str()))?;
                named.insert(name, stream);
            }
        }
        if default.is_none() && named.is_empty() {
            return Err(MetadataError::NoStream { path });
        }
        Ok(Self { default, named })
    }

    /// The architectures that have images to boot from, in any stream.
    #[must_use]
    pub fn architectures(&self) -> Vec<Architecture> {
        let streams = self.default.iter().chain(self.named.values());
        let mut all: Vec<_> =
            streams.flat_map(|stream| stream.architectures.keys().cloned()).collect();
        all.sort();
        all.dedup();
        all
    }
}

fn stream(value: Value, path: &JsonPath) -> Result<CoreosStream, MetadataError> {
    let name = value.get("stream").and_then(Value::as_str).unwrap_or_default().to_owned();
    let Value::Object(mut fields) = value else {
        return Err(MetadataError::NoStream { path: path.clone() });
    };
    match fields.remove("architectures") {
        Some(Value::Object(architectures)) if !architectures.is_empty() => {
            let architectures = architectures
                .into_iter()
                .map(|(name, images)| (Architecture::from_coreos(&name), images))
                .collect();
            Ok(CoreosStream { name, architectures })
        }
        _ => Err(MetadataError::NoStream { path: path.field("architectures") }),
    }
}
