//! Where the machines of a hosted cluster and of its node pools are: `spec.platform`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::schema::immutable;
use super::values::Opaque;
use crate::Other;
use crate::platform::PlatformType;

/// The platform of a hosted cluster. HyperShift's CRD does not require the member of its type, and does not forbid the others.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct PlatformSpec {
    /// Which platform; cannot be changed.
    #[serde(rename = "type")]
    #[schemars(extend(
        "enum" = default_platforms(),
        "maxLength" = 100,
        "x-kubernetes-validations" = immutable("platform.type")
    ))]
    pub kind: PlatformType,
    /// Amazon Web Services.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub aws: Option<Opaque>,
    /// Agents.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub agent: Option<AgentPlatformSpec>,
    /// IBM Cloud.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ibmcloud: Option<Opaque>,
    /// Microsoft Azure.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub azure: Option<Opaque>,
    /// IBM Power Virtual Server.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub powervs: Option<Opaque>,
    /// OpenShift Virtualization.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kubevirt: Option<Opaque>,
    /// What this version does not model: `openstack` and `gcp`, which are no part of HyperShift's default API.
    #[serde(flatten)]
    pub other: Other,
}

/// Machines that are discovered by agents.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct AgentPlatformSpec {
    /// The namespace that the Agents are in.
    #[schemars(length(max = 63))]
    pub agent_namespace: String,
    /// What this version does not model.
    #[serde(flatten)]
    pub other: Other,
}

/// The platform of a node pool. HyperShift's CRD does not require the member of its type, and does not forbid the others.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct NodePoolPlatform {
    /// Which platform; cannot be changed.
    #[serde(rename = "type")]
    #[schemars(extend(
        "enum" = default_platforms(),
        "maxLength" = 100,
        "x-kubernetes-validations" = immutable("platform.type")
    ))]
    pub kind: PlatformType,
    /// Amazon Web Services.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub aws: Option<AwsNodePoolPlatform>,
    /// IBM Cloud.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ibmcloud: Option<Opaque>,
    /// OpenShift Virtualization.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kubevirt: Option<Opaque>,
    /// Agents.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub agent: Option<Opaque>,
    /// Microsoft Azure.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub azure: Option<Opaque>,
    /// IBM Power Virtual Server.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub powervs: Option<Opaque>,
    /// What this version does not model: `openstack` and `gcp`, which are no part of HyperShift's default API.
    #[serde(flatten)]
    pub other: Other,
}

/// Machines of Amazon Web Services.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct AwsNodePoolPlatform {
    /// The type of the machines, as in `m5.large`; changing it replaces them.
    #[schemars(length(max = 255))]
    pub instance_type: String,
    /// What this version does not model.
    #[serde(flatten)]
    pub other: Other,
}

impl PlatformSpec {
    /// This platform, without details.
    #[must_use]
    pub const fn new(kind: PlatformType) -> Self {
        Self {
            kind,
            aws: None,
            agent: None,
            ibmcloud: None,
            azure: None,
            powervs: None,
            kubevirt: None,
            other: Other::new(),
        }
    }
}

impl NodePoolPlatform {
    /// This platform, without details.
    #[must_use]
    pub const fn new(kind: PlatformType) -> Self {
        Self {
            kind,
            aws: None,
            ibmcloud: None,
            kubevirt: None,
            agent: None,
            azure: None,
            powervs: None,
            other: Other::new(),
        }
    }
}

/// The platforms of HyperShift's default API; `OpenStack` and `GCP` need an operator that was installed with technology previews.
fn default_platforms() -> Value {
    let preview = [PlatformType::OpenStack, PlatformType::Gcp];
    PlatformType::KNOWN
        .iter()
        .copied()
        .filter(|known| preview.iter().all(|kind| kind.as_str() != *known))
        .collect()
}
