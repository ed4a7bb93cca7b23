//! Types and reasons of conditions, as `HyperShift` writes them.

/// Types of conditions of a `HostedCluster`.
pub mod hosted_cluster_conditions {
    /// Its control plane is healthy.
    pub const AVAILABLE: &str = "Available";
    /// It is being installed or upgraded. `False` with reason `Blocked` is no success.
    pub const PROGRESSING: &str = "Progressing";
    /// A Deployment of the control plane misses replicas; `StatefulSet`s, etcd among them, are not counted.
    pub const DEGRADED: &str = "Degraded";
    /// Its spec is sound.
    pub const VALID_CONFIGURATION: &str = "ValidConfiguration";
    /// The operator is set up for such a cluster.
    pub const SUPPORTED_HOSTED_CLUSTER: &str = "SupportedHostedCluster";
    /// Its release may be run.
    pub const VALID_RELEASE_IMAGE: &str = "ValidReleaseImage";
    /// Its release has all images.
    pub const VALID_RELEASE_INFO: &str = "ValidReleaseInfo";
    /// It is reconciled, not paused.
    pub const RECONCILIATION_ACTIVE: &str = "ReconciliationActive";
    /// The last reconciliation had no error.
    pub const RECONCILIATION_SUCCEEDED: &str = "ReconciliationSucceeded";
    /// Its identity providers are usable.
    pub const VALID_IDP_CONFIGURATION: &str = "ValidIDPConfiguration";
    /// Its etcd has quorum.
    pub const ETCD_AVAILABLE: &str = "EtcdAvailable";
    /// The job that mends its etcd runs.
    pub const ETCD_RECOVERY_ACTIVE: &str = "EtcdRecoveryActive";
    /// On a `HostedControlPlane` only: every etcd member started from the snapshot.
    pub const ETCD_SNAPSHOT_RESTORED: &str = "EtcdSnapshotRestored";
    /// The Secret of an etcd that `HyperShift` does not run has its keys.
    pub const UNMANAGED_ETCD_AVAILABLE: &str = "UnmanagedEtcdAvailable";
    /// Its API server answers.
    pub const KUBE_API_SERVER_AVAILABLE: &str = "KubeAPIServerAvailable";
    /// Load balancers and the like are there.
    pub const INFRASTRUCTURE_READY: &str = "InfrastructureReady";
    /// Its DNS names resolve.
    pub const EXTERNAL_DNS_REACHABLE: &str = "ExternalDNSReachable";
    /// New nodes get their configuration.
    pub const IGNITION_ENDPOINT_AVAILABLE: &str = "IgnitionEndpointAvailable";
    /// The ignition server knows all images of the release.
    pub const IGNITION_SERVER_VALID_RELEASE_INFO: &str = "IgnitionServerValidReleaseInfo";
    /// The spec of its `HostedControlPlane` is sound.
    pub const VALID_HOSTED_CONTROL_PLANE_CONFIGURATION: &str =
        "ValidHostedControlPlaneConfiguration";
    /// The `ClusterVersion`'s `Failing`, turned around.
    pub const CLUSTER_VERSION_SUCCEEDING: &str = "ClusterVersionSucceeding";
    /// The `ClusterVersion`'s `Progressing`.
    pub const CLUSTER_VERSION_PROGRESSING: &str = "ClusterVersionProgressing";
    /// The `ClusterVersion`'s `ReleaseAccepted`: the payload is loaded, which is not yet an upgrade.
    pub const CLUSTER_VERSION_RELEASE_ACCEPTED: &str = "ClusterVersionReleaseAccepted";
    /// The `ClusterVersion`'s `RetrievedUpdates`.
    pub const CLUSTER_VERSION_RETRIEVED_UPDATES: &str = "ClusterVersionRetrievedUpdates";
    /// The `ClusterVersion`'s `Upgradeable`.
    pub const CLUSTER_VERSION_UPGRADEABLE: &str = "ClusterVersionUpgradeable";
    /// The `ClusterVersion`'s `Available`.
    pub const CLUSTER_VERSION_AVAILABLE: &str = "ClusterVersionAvailable";
    /// It came back from a backup.
    pub const RESTORED_FROM_BACKUP: &str = "HostedClusterRestoredFromBackup";
}

/// Types of conditions of a `NodePool`.
pub mod node_pool_conditions {
    /// Its release may be run.
    pub const VALID_RELEASE_IMAGE: &str = "ValidReleaseImage";
    /// Its `spec.management` is sound.
    pub const UPDATE_MANAGEMENT_ENABLED: &str = "UpdateManagementEnabled";
    /// It scales itself.
    pub const AUTOSCALING_ENABLED: &str = "AutoscalingEnabled";
    /// Broken machines are replaced.
    pub const AUTOREPAIR_ENABLED: &str = "AutorepairEnabled";
    /// The control plane's ignition endpoint is there; only reported where it is not.
    pub const IGNITION_ENDPOINT_AVAILABLE: &str = "IgnitionEndpointAvailable";
    /// Its architecture goes with its platform.
    pub const VALID_ARCH_PLATFORM: &str = "ValidArchPlatform";
    /// It is reconciled, not paused.
    pub const RECONCILIATION_ACTIVE: &str = "ReconciliationActive";
    /// Its version goes with that of the control plane; reported, not enforced.
    pub const SUPPORTED_VERSION_SKEW: &str = "SupportedVersionSkew";
    /// Its `spec.config` is sound.
    pub const VALID_MACHINE_CONFIG: &str = "ValidMachineConfig";
    /// Its `spec.tuningConfig` is sound.
    pub const VALID_TUNING_CONFIG: &str = "ValidTuningConfig";
    /// Other configuration is rolled out.
    pub const UPDATING_CONFIG: &str = "UpdatingConfig";
    /// Another version is rolled out.
    pub const UPDATING_VERSION: &str = "UpdatingVersion";
    /// Another template of machines is rolled out.
    pub const UPDATING_PLATFORM_MACHINE_TEMPLATE: &str = "UpdatingPlatformMachineTemplate";
    /// The configuration of new nodes could be made.
    pub const VALID_GENERATED_PAYLOAD: &str = "ValidGeneratedPayload";
    /// A machine got its configuration.
    pub const REACHED_IGNITION_ENDPOINT: &str = "ReachedIgnitionEndpoint";
    /// All machines are there; `False` where there shall be none.
    pub const ALL_MACHINES_READY: &str = "AllMachinesReady";
    /// All nodes are healthy; `False` where there shall be none.
    pub const ALL_NODES_HEALTHY: &str = "AllNodesHealthy";
    /// All replicas are ready nodes.
    pub const READY: &str = "Ready";
    /// There is an image for its machines.
    pub const VALID_PLATFORM_IMAGE: &str = "ValidPlatformImage";
}

/// Reasons of conditions.
pub mod reasons {
    /// All is well.
    pub const AS_EXPECTED: &str = "AsExpected";
    /// Nothing is known.
    pub const STATUS_UNKNOWN: &str = "StatusUnknown";
    /// It is not there.
    pub const NOT_FOUND: &str = "NotFound";
    /// Something else must become available first.
    pub const WAITING_FOR_AVAILABLE: &str = "WaitingForAvailable";
    /// Nothing will happen until another condition is mended.
    pub const BLOCKED: &str = "Blocked";
    /// Reconciliation is paused.
    pub const RECONCILIATION_PAUSED: &str = "ReconciliationPaused";
    /// `pausedUntil` cannot be read, and nothing is paused.
    pub const INVALID_PAUSED_UNTIL_VALUE: &str = "InvalidPausedUntilValue";
    /// On a `NodePool`: it is not paused; a `HostedCluster` says `AsExpected`.
    pub const RECONCILIATION_ACTIVE: &str = "ReconciliationActive";
    /// The release image may not be run, or cannot be read.
    pub const INVALID_IMAGE: &str = "InvalidImage";
    /// The pull secret is not there.
    pub const SECRET_NOT_FOUND: &str = "SecretNotFound";
    /// The release lacks images that are asked for.
    pub const MISSING_RELEASE_IMAGES: &str = "MissingReleaseImages";
    /// The architectures of the release cannot be told.
    pub const PAYLOAD_ARCH_NOT_FOUND: &str = "PayloadArchNotFound";
    /// Copied from the `ClusterVersion`, which gives no reason of its own.
    pub const FROM_CLUSTER_VERSION: &str = "FromClusterVersion";
    /// The spec is not sound.
    pub const INVALID_CONFIGURATION: &str = "InvalidConfiguration";
    /// The operator is not set up for such a cluster.
    pub const UNSUPPORTED_HOSTED_CLUSTER: &str = "UnsupportedHostedCluster";
    /// Etcd has quorum.
    pub const QUORUM_AVAILABLE: &str = "QuorumAvailable";
    /// Etcd has none.
    pub const ETCD_WAITING_FOR_QUORUM: &str = "EtcdWaitingForQuorum";
    /// On a `NodePool`: something about it is wrong.
    pub const VALIDATION_FAILED: &str = "ValidationFailed";
    /// On a `NodePool`: an upgrade in place failed.
    pub const INPLACE_UPGRADE_FAILED: &str = "InplaceUpgradeFailed";
    /// On a `NodePool`: its version does not go with that of the control plane.
    pub const UNSUPPORTED_SKEW: &str = "UnsupportedSkew";
    /// The identity providers are usable.
    pub const IDP_CONFIGURATION_VALID: &str = "IDPConfigurationValid";
    /// An identity provider is not.
    pub const IDP_CONFIGURATION_ERROR: &str = "IDPConfigurationError";
}
