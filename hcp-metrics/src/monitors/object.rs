//! `ServiceMonitor` and `PodMonitor`, as much of them as is used.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::relabel::RelabelConfig;

/// The API group and version of both kinds.
pub const API_VERSION: &str = "monitoring.coreos.com/v1";

/// A monitor of either kind. Source: prometheus-operator, `monitoring.coreos.com/v1`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind")]
#[non_exhaustive]
pub enum Monitor {
    /// Scrapes the pods behind services.
    ServiceMonitor(Body<ServiceMonitorSpec>),
    /// Scrapes pods.
    PodMonitor(Body<PodMonitorSpec>),
}

/// What an object has besides its kind.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Body<S> {
    /// [`API_VERSION`].
    pub api_version: String,
    /// Its name and place.
    pub metadata: ObjectMeta,
    /// What it scrapes.
    pub spec: S,
}

/// The name and place of an object.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[non_exhaustive]
pub struct ObjectMeta {
    /// Its name.
    pub name: String,
    /// Its namespace; empty is left out.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub namespace: String,
    /// Its labels.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub labels: BTreeMap<String, String>,
    /// Its annotations.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub annotations: BTreeMap<String, String>,
}

/// What a `ServiceMonitor` scrapes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[non_exhaustive]
pub struct ServiceMonitorSpec {
    /// Which ports, and how.
    pub endpoints: Vec<Endpoint>,
    /// In which namespaces.
    pub namespace_selector: NamespaceSelector,
    /// Which services.
    pub selector: Selector,
}

/// What a `PodMonitor` scrapes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[non_exhaustive]
pub struct PodMonitorSpec {
    /// Which ports, and how.
    pub pod_metrics_endpoints: Vec<Endpoint>,
    /// In which namespaces.
    pub namespace_selector: NamespaceSelector,
    /// Which pods.
    pub selector: Selector,
}

/// In which namespaces targets are looked for.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[non_exhaustive]
pub struct NamespaceSelector {
    /// Their names; none is the monitor's own.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub match_names: Vec<String>,
}

/// Which objects are targets.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[non_exhaustive]
pub struct Selector {
    /// The labels they have.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub match_labels: BTreeMap<String, String>,
}

/// One port of each target, and how it is scraped.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[non_exhaustive]
pub struct Endpoint {
    /// The name of the service's port, or of the pod's in a `PodMonitor`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub port: Option<String>,
    /// The pod's port behind the service.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub target_port: Option<TargetPort>,
    /// The path; `/metrics` if left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// `http` or `https`; `http` if left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scheme: Option<String>,
    /// How often, such as `30s`; Prometheus' own default if left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub interval: Option<String>,
    /// Which certificates.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tls_config: Option<TlsConfig>,
    /// Rules for the target's labels.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub relabelings: Vec<RelabelConfig>,
    /// Rules for the samples.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub metric_relabelings: Vec<RelabelConfig>,
}

/// A port by its number or by its name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
#[non_exhaustive]
pub enum TargetPort {
    /// By its number.
    Number(u16),
    /// By its name.
    Name(String),
}

/// Certificates, by reference.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[non_exhaustive]
pub struct TlsConfig {
    /// Whom to trust.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ca: Option<SecretOrConfigMap>,
    /// The client's certificate.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cert: Option<SecretOrConfigMap>,
    /// The client's key.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key_secret: Option<KeySelector>,
    /// The name that the target's certificate must have.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub server_name: Option<String>,
}

/// A key of a Secret or of a ConfigMap.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[non_exhaustive]
pub struct SecretOrConfigMap {
    /// A key of a Secret.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub secret: Option<KeySelector>,
    /// A key of a ConfigMap.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub config_map: Option<KeySelector>,
}

/// A key of a named object in the monitor's namespace.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct KeySelector {
    /// The object's name.
    pub name: String,
    /// The key.
    pub key: String,
}

impl Monitor {
    /// Its name and place.
    #[must_use]
    pub const fn metadata(&self) -> &ObjectMeta {
        match self {
            Self::ServiceMonitor(body) => &body.metadata,
            Self::PodMonitor(body) => &body.metadata,
        }
    }

    /// Which ports it scrapes, and how.
    #[must_use]
    pub fn endpoints(&self) -> &[Endpoint] {
        match self {
            Self::ServiceMonitor(body) => &body.spec.endpoints,
            Self::PodMonitor(body) => &body.spec.pod_metrics_endpoints,
        }
    }

    /// The object as JSON, as `kubectl apply` and the API server take it.
    #[must_use]
    pub fn to_json(&self) -> serde_json::Value {
        serde_json::to_value(self).unwrap_or_default()
    }

    /// The object as YAML.
    #[cfg(feature = "yaml")]
    #[must_use]
    pub fn to_yaml(&self) -> String {
        // Expressions stay on one line: a reader who breaks a folded one would put a space into it.
        let options = serde_saphyr::ser_options! { prefer_block_scalars: false };
        let mut yaml = String::new();
        match serde_saphyr::to_fmt_writer_with_options(&mut yaml, &self.to_json(), options) {
            Ok(()) => yaml,
            Err(_) => String::new(),
        }
    }
}
