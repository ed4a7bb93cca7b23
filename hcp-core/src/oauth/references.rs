//! Which Secrets and ConfigMaps there are, with their keys and without their values.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde::Deserialize;

/// What a reference is to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ObjectKind {
    /// A Secret.
    Secret,
    /// A ConfigMap.
    ConfigMap,
}

/// The Secrets and ConfigMaps of the namespace of a `HostedCluster`, for what its OAuth configuration refers to.
///
/// Only the keys are held, never the values.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
#[non_exhaustive]
pub struct References {
    /// The keys of each Secret, by its name.
    pub secrets: BTreeMap<String, BTreeSet<String>>,
    /// The keys of each ConfigMap, by its name; those of `binaryData` too.
    pub config_maps: BTreeMap<String, BTreeSet<String>>,
}

impl References {
    /// With this Secret, and these keys of its data.
    #[must_use]
    pub fn with_secret<K: Into<String>>(
        mut self,
        name: impl Into<String>,
        keys: impl IntoIterator<Item = K>,
    ) -> Self {
        self.secrets.insert(name.into(), keys.into_iter().map(Into::into).collect());
        self
    }

    /// With this ConfigMap, and these keys of its data.
    #[must_use]
    pub fn with_config_map<K: Into<String>>(
        mut self,
        name: impl Into<String>,
        keys: impl IntoIterator<Item = K>,
    ) -> Self {
        self.config_maps.insert(name.into(), keys.into_iter().map(Into::into).collect());
        self
    }

    /// The names and the keys of these objects. Those without a name are left out.
    #[cfg(feature = "api")]
    #[must_use]
    pub fn of(
        secrets: &[k8s_openapi::api::core::v1::Secret],
        config_maps: &[k8s_openapi::api::core::v1::ConfigMap],
    ) -> Self {
        let mut all = Self::default();
        for secret in secrets {
            if let Some(name) = &secret.metadata.name {
                all = all.with_secret(name, secret.data.iter().flat_map(BTreeMap::keys));
            }
        }
        for config_map in config_maps {
            if let Some(name) = &config_map.metadata.name {
                let text = config_map.data.iter().flat_map(BTreeMap::keys);
                let binary = config_map.binary_data.iter().flat_map(BTreeMap::keys);
                all = all.with_config_map(name, text.chain(binary));
            }
        }
        all
    }

    /// The keys of the object, if there is one.
    pub(super) fn keys(&self, kind: ObjectKind, name: &str) -> Option<&BTreeSet<String>> {
        match kind {
            ObjectKind::Secret => self.secrets.get(name),
            ObjectKind::ConfigMap => self.config_maps.get(name),
        }
    }
}

impl fmt::Display for ObjectKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Secret => "Secret",
            Self::ConfigMap => "ConfigMap",
        })
    }
}
