//! The condition types and reasons that say how far a rollout is.

pub(super) use crate::conditions::names::hosted_cluster_conditions::{
    AVAILABLE, CLUSTER_VERSION_PROGRESSING as CVO_PROGRESSING,
    CLUSTER_VERSION_RELEASE_ACCEPTED as RELEASE_ACCEPTED,
    CLUSTER_VERSION_SUCCEEDING as CVO_SUCCEEDING, DEGRADED, ETCD_AVAILABLE, INFRASTRUCTURE_READY,
    KUBE_API_SERVER_AVAILABLE as API_SERVER_AVAILABLE, PROGRESSING, RECONCILIATION_ACTIVE,
    SUPPORTED_HOSTED_CLUSTER, VALID_CONFIGURATION, VALID_RELEASE_IMAGE,
};
use crate::conditions::names::node_pool_conditions as pool;
pub(super) use crate::conditions::names::node_pool_conditions::{
    ALL_MACHINES_READY, ALL_NODES_HEALTHY, UPDATING_CONFIG,
    UPDATING_PLATFORM_MACHINE_TEMPLATE as UPDATING_TEMPLATE, UPDATING_VERSION,
};
pub(super) use crate::conditions::names::reasons::{
    AS_EXPECTED, BLOCKED, INPLACE_UPGRADE_FAILED as IN_PLACE_FAILED, SECRET_NOT_FOUND,
};

/// In which order the controller of node pools computes conditions. Those in [`STOPPING`] end the round when they are False, and leave what comes
/// later as it was.
pub(super) const NODE_POOL_ORDER: &[&str] = &[
    pool::AUTOSCALING_ENABLED,
    pool::UPDATE_MANAGEMENT_ENABLED,
    VALID_RELEASE_IMAGE,
    pool::IGNITION_ENDPOINT_AVAILABLE,
    pool::VALID_ARCH_PLATFORM,
    RECONCILIATION_ACTIVE,
    pool::SUPPORTED_VERSION_SKEW,
    pool::VALID_MACHINE_CONFIG,
    UPDATING_CONFIG,
    UPDATING_VERSION,
    pool::VALID_GENERATED_PAYLOAD,
    pool::REACHED_IGNITION_ENDPOINT,
    ALL_MACHINES_READY,
    ALL_NODES_HEALTHY,
    "ValidPlatformConfig",
    UPDATING_TEMPLATE,
];

/// See [`NODE_POOL_ORDER`]; in that order.
pub(super) const STOPPING: &[&str] = &[
    pool::UPDATE_MANAGEMENT_ENABLED,
    VALID_RELEASE_IMAGE,
    pool::IGNITION_ENDPOINT_AVAILABLE,
    pool::VALID_ARCH_PLATFORM,
    pool::VALID_MACHINE_CONFIG,
    pool::VALID_GENERATED_PAYLOAD,
    "ValidPlatformConfig",
];
