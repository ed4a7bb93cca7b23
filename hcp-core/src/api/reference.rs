//! References to other objects.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::Other;

/// A Secret or a ConfigMap of the same namespace.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(extend("x-kubernetes-map-type" = "atomic"))]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct LocalObjectReference {
    /// Its name; Kubernetes' type has an empty one where none is given.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("default" = ""))]
    pub name: Option<String>,
    /// What this version does not model.
    #[serde(flatten)]
    pub other: Other,
}

/// A key of a Secret that holds a kubeconfig.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct KubeconfigSecretRef {
    /// The name of the Secret.
    #[schemars(length(max = 255))]
    pub name: String,
    /// The key in it.
    #[schemars(length(max = 255))]
    pub key: String,
    /// What this version does not model.
    #[serde(flatten)]
    pub other: Other,
}

/// A taint that the pods of a control plane tolerate.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Toleration {
    /// The key of the taint; all keys if there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// `Exists` or `Equal`, which is the default.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub operator: Option<String>,
    /// The value of the taint.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value: Option<String>,
    /// The effect of the taint; all effects if there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub effect: Option<String>,
    /// For how many seconds a `NoExecute` taint is tolerated.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub toleration_seconds: Option<i64>,
    /// What this version does not model.
    #[serde(flatten)]
    pub other: Other,
}

impl LocalObjectReference {
    /// The object of this name.
    #[must_use]
    pub fn new(name: impl Into<String>) -> Self {
        Self { name: Some(name.into()), other: Other::new() }
    }

    /// Its name, empty if none is given.
    #[must_use]
    pub fn name(&self) -> &str {
        self.name.as_deref().unwrap_or_default()
    }
}
