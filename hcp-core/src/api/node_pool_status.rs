//! What HyperShift reports of a `NodePool`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::schema::{cel, structural};
use super::values::Opaque;
use crate::Other;
use crate::conditions::NodePoolCondition;

/// What HyperShift reports of a node pool.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[schemars(transform = structural)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct NodePoolStatus {
    /// How many nodes are available.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub replicas: Option<i32>,
    /// The version that is rolled out.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 64))]
    pub version: Option<String>,
    /// Which versions the nodes run.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub nodes_info: Option<NodePoolNodesInfo>,
    /// What the platform reports.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub platform: Option<Opaque>,
    /// What controllers say of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 100))]
    pub conditions: Option<Vec<NodePoolCondition>>,
    /// What this version does not model.
    #[serde(flatten)]
    pub other: Other,
}

/// Which versions the nodes of a pool run.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct NodePoolNodesInfo {
    /// One entry for each combination of versions.
    #[schemars(length(min = 1, max = 100), extend("x-kubernetes-list-type" = "atomic"))]
    pub node_versions: Vec<NodeVersion>,
    /// What this version does not model.
    #[serde(flatten)]
    pub other: Other,
}

/// How many nodes run this combination of versions.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct NodeVersion {
    /// The version of OpenShift.
    #[schemars(
        length(min = 1, max = 64),
        extend("x-kubernetes-validations" = cel(&[(
            r"self.matches('^[0-9]+\\.[0-9]+\\.[0-9]+')",
            "ocpVersion begins with three numbers, as in 4.15.3",
        )]))
    )]
    pub ocp_version: String,
    /// The version of the kubelet.
    #[schemars(
        length(min = 1, max = 64),
        extend("x-kubernetes-validations" = cel(&[(
            r"self.matches('^v?[0-9]+\\.[0-9]+\\.[0-9]+')",
            "kubeletVersion begins with three numbers, as in v1.28.6",
        )]))
    )]
    pub kubelet_version: String,
    /// How many of them are healthy.
    #[schemars(range(min = 0))]
    pub ready_node_count: i32,
    /// How many of them are not.
    #[schemars(range(min = 0))]
    pub unready_node_count: i32,
    /// What this version does not model.
    #[serde(flatten)]
    pub other: Other,
}

impl NodePoolStatus {
    /// What controllers say of it.
    #[must_use]
    pub fn conditions(&self) -> &[NodePoolCondition] {
        self.conditions.as_deref().unwrap_or_default()
    }
}
