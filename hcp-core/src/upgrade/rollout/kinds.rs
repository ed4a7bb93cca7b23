//! The condition types and reasons that say how far a rollout is.

pub(super) const VALID_RELEASE_IMAGE: &str = "ValidReleaseImage";
pub(super) const SUPPORTED_HOSTED_CLUSTER: &str = "SupportedHostedCluster";
pub(super) const VALID_CONFIGURATION: &str = "ValidConfiguration";
pub(super) const RECONCILIATION_ACTIVE: &str = "ReconciliationActive";
pub(super) const PROGRESSING: &str = "Progressing";
pub(super) const AVAILABLE: &str = "Available";
pub(super) const DEGRADED: &str = "Degraded";
pub(super) const RELEASE_ACCEPTED: &str = "ClusterVersionReleaseAccepted";
pub(super) const CVO_PROGRESSING: &str = "ClusterVersionProgressing";
pub(super) const CVO_SUCCEEDING: &str = "ClusterVersionSucceeding";
pub(super) const ETCD_AVAILABLE: &str = "EtcdAvailable";
pub(super) const API_SERVER_AVAILABLE: &str = "KubeAPIServerAvailable";
pub(super) const INFRASTRUCTURE_READY: &str = "InfrastructureReady";

pub(super) const UPDATING_VERSION: &str = "UpdatingVersion";
pub(super) const UPDATING_CONFIG: &str = "UpdatingConfig";
pub(super) const UPDATING_TEMPLATE: &str = "UpdatingPlatformMachineTemplate";
pub(super) const ALL_MACHINES_READY: &str = "AllMachinesReady";
pub(super) const ALL_NODES_HEALTHY: &str = "AllNodesHealthy";

/// `Progressing` is False with this reason when the operator will not begin.
pub(super) const BLOCKED: &str = "Blocked";
/// `ValidReleaseImage` is False with this reason when the image could not be looked at; the operator goes on.
pub(super) const SECRET_NOT_FOUND: &str = "SecretNotFound";
/// An update in place that gave up.
pub(super) const IN_PLACE_FAILED: &str = "InplaceUpgradeFailed";
/// The reason of False conditions that are as they should be.
pub(super) const AS_EXPECTED: &str = "AsExpected";

/// In which order the controller of node pools computes conditions. Those in [`STOPPING`] end the round when they are False, and leave what comes
/// later as it was.
pub(super) const NODE_POOL_ORDER: &[&str] = &[
    "AutoscalingEnabled",
    "UpdateManagementEnabled",
    VALID_RELEASE_IMAGE,
    "IgnitionEndpointAvailable",
    "ValidArchPlatform",
    RECONCILIATION_ACTIVE,
    "SupportedVersionSkew",
    "ValidMachineConfig",
    UPDATING_CONFIG,
    UPDATING_VERSION,
    "ValidGeneratedPayload",
    "ReachedIgnitionEndpoint",
    ALL_MACHINES_READY,
    ALL_NODES_HEALTHY,
    "ValidPlatformConfig",
    UPDATING_TEMPLATE,
];

/// See [`NODE_POOL_ORDER`]; in that order.
pub(super) const STOPPING: &[&str] = &[
    "UpdateManagementEnabled",
    VALID_RELEASE_IMAGE,
    "IgnitionEndpointAvailable",
    "ValidArchPlatform",
    "ValidMachineConfig",
    "ValidGeneratedPayload",
    "ValidPlatformConfig",
];
