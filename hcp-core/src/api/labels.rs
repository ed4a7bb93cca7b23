//! Labels that `HyperShift` reads or writes.

/// On a node of the management cluster: the hosted cluster that it is for, as the name of the control plane's namespace.
pub const HOSTED_CLUSTER: &str = "hypershift.openshift.io/cluster";
/// On what belongs to a control plane.
pub const CONTROL_PLANE_COMPONENT: &str = "hypershift.openshift.io/control-plane-component";
/// On what `HyperShift`'s operator consists of.
pub const OPERATOR_COMPONENT: &str = "hypershift.openshift.io/operator-component";
/// On what belongs to an infrastructure.
pub const INFRA_ID: &str = "hypershift.openshift.io/infra-id";
/// On nodes: the name of their `NodePool`.
pub const NODE_POOL: &str = "hypershift.openshift.io/nodePool";
/// On what belongs to a `NodePool`: its name.
pub const NODE_POOL_NAME: &str = "hypershift.openshift.io/nodepool-name";
/// On the `ConfigMap` that says which versions an operator supports: `true`.
pub const SUPPORTED_VERSIONS: &str = "hypershift.openshift.io/supported-versions";
/// On a `HostedCluster`: its size by the number of nodes.
pub const HOSTED_CLUSTER_SIZE: &str = "hypershift.openshift.io/hosted-cluster-size";
/// On a `HostedCluster`: consumers may silence its alerts.
pub const SILENCE_CLUSTER_ALERTS: &str = "hypershift.openshift.io/silence-cluster-alerts";
/// On a `HostedCluster`: it is somehow not fully supported.
pub const LIMITED_SUPPORT: &str = "api.openshift.com/limited-support";
