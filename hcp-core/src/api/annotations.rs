//! Annotations that `HyperShift` reads or writes.

pub use crate::version::{FORCE_UPGRADE_TO, SKIP_RELEASE_IMAGE_VALIDATION};

/// On a `HostedCluster`: another image of the control plane operator.
pub const CONTROL_PLANE_OPERATOR_IMAGE: &str =
    "hypershift.openshift.io/control-plane-operator-image";
/// On a `HostedCluster`: other images of components, as in `name=reference,name=reference`.
pub const IMAGE_OVERRIDES: &str = "hypershift.openshift.io/image-overrides";
/// On a `HostedCluster`: any other value restarts all components.
pub const RESTART_DATE: &str = "hypershift.openshift.io/restart-date";
/// On a `HostedCluster`: certificates are left alone.
pub const DISABLE_PKI_RECONCILIATION: &str = "hypershift.openshift.io/disable-pki-reconciliation";
/// On a `HostedCluster`: how long it stays after its destruction, as a Go duration.
pub const DESTROY_GRACE_PERIOD: &str = "hypershift.openshift.io/destroy-grace-period";
/// On a `HostedCluster`: it was restored from a backup; `HyperShift` then checks its data plane.
pub const RESTORED_FROM_BACKUP: &str = "hypershift.openshift.io/restored-from-backup";
/// On a `HostedCluster`: whether what the cluster made in a cloud is removed with it; `true` or not.
pub const CLEANUP_CLOUD_RESOURCES: &str = "hypershift.openshift.io/cleanup-cloud-resources";
/// On a `HostedCluster`: `true` keeps the control plane's namespace when the cluster is deleted.
pub const SKIP_DELETE_CONTROL_PLANE_NAMESPACE: &str =
    "hypershift.openshift.io/skip-delete-hosted-controlplane-namespace";
/// On a `HostedCluster`: lets `KubeVirt` clusters be older than 4.14.
pub const ALLOW_UNSUPPORTED_KUBEVIRT_RHCOS_VARIANTS: &str =
    "hypershift.openshift.io/allow-unsupported-kubevirt-rhcos-variants";
/// On a `HostedCluster` or, stronger, on a `NodePool`: after which time a node that is not ready is replaced, as a Go duration.
pub const MACHINE_HEALTH_CHECK_TIMEOUT: &str =
    "hypershift.openshift.io/machine-health-check-timeout";
/// On a `HostedCluster` or, stronger, on a `NodePool`: within which time a machine must become a node, as a Go duration.
pub const MACHINE_HEALTH_CHECK_NODE_STARTUP_TIMEOUT: &str =
    "hypershift.openshift.io/machine-health-check-node-startup-timeout";
/// On a `HostedCluster` or, stronger, on a `NodePool`: with how many unhealthy nodes none is replaced any more, as a number or a percentage.
pub const MACHINE_HEALTH_CHECK_MAX_UNHEALTHY: &str =
    "hypershift.openshift.io/machine-health-check-max-unhealthy";
/// On a `HostedCluster`: another login URL in the OAuth server's configuration.
pub const OAUTH_LOGIN_URL_OVERRIDE: &str = "oauth.hypershift.openshift.io/login-url-override";
/// On a `HostedCluster`, with the name of an identity provider behind it: other URLs of it, as JSON.
pub const IDENTITY_PROVIDER_OVERRIDES_PREFIX: &str = "idpoverrides.hypershift.openshift.io/";
/// On a `HostedCluster`, with `/deployment.container` behind it: other resource requests, as in `memory=3Gi,cpu=2`.
pub const RESOURCE_REQUEST_OVERRIDE_PREFIX: &str =
    "resource-request-override.hypershift.openshift.io";
/// On a `NodePool`: the hash of its configuration that is rolled out, without the version.
pub const NODE_POOL_CURRENT_CONFIG: &str = "hypershift.openshift.io/nodePoolCurrentConfig";
/// On a `NodePool`: the hash of its configuration and version that is rolled out.
pub const NODE_POOL_CURRENT_CONFIG_VERSION: &str =
    "hypershift.openshift.io/nodePoolCurrentConfigVersion";
/// On a `NodePool` and its machines: the hash of configuration and version that is being rolled out.
pub const NODE_POOL_TARGET_CONFIG_VERSION: &str =
    "hypershift.openshift.io/nodePoolTargetConfigVersion";
/// On a `NodePool`: the template of its machines.
pub const NODE_POOL_PLATFORM_MACHINE_TEMPLATE: &str =
    "hypershift.openshift.io/nodePoolPlatformMachineTemplate";
/// On the `MachineSet` of an in-place pool: an upgrade goes on; the value says which.
pub const NODE_POOL_UPGRADE_IN_PROGRESS_TRUE: &str =
    "hypershift.openshift.io/nodePoolUpgradeInProgressTrue";
/// On the `MachineSet` of an in-place pool: an upgrade failed; the value says why.
pub const NODE_POOL_UPGRADE_IN_PROGRESS_FALSE: &str =
    "hypershift.openshift.io/nodePoolUpgradeInProgressFalse";
/// On a machine: the version of its node.
pub const RELEASE_VERSION: &str = "hypershift.openshift.io/release-version";
/// On an object of Cluster API: it is not reconciled.
pub const CAPI_PAUSED: &str = "cluster.x-k8s.io/paused";
