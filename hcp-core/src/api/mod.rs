//! The API types of hosted control planes: `hypershift.openshift.io/v1beta1`.
//!
//! The fields of the documented procedures are typed; the rest is kept in `other` where it stands, so that an object that is read and written back is
//! unchanged. A `null` in a field that is typed is taken for its absence, as Kubernetes takes it, except where the API gives it a meaning ([`Nullable`]).
//! Do not write whole objects back to a cluster all the same: another controller may have changed them since.

pub mod annotations;
mod capabilities;
mod configuration;
mod crds;
mod encryption;
mod etcd;
mod hosted_cluster;
mod hosted_cluster_status;
mod hosted_control_plane;
pub mod labels;
mod networking;
mod node_pool;
mod node_pool_management;
mod node_pool_status;
pub mod patch;
mod platform;
pub mod read;
mod reference;
mod release;
mod schema;
pub mod secret_keys;
mod services;
mod strict;
pub mod v1alpha1;
mod values;

pub use crate::conditions::names::{hosted_cluster_conditions, node_pool_conditions, reasons};
pub use capabilities::{Capabilities, OptionalCapability};
pub use configuration::{
    AuthenticationSpec, AuthenticationType, ClusterConfiguration, CustomFeatureGates,
    FeatureGateSpec, FeatureSet,
};
pub use crds::crds;
#[cfg(feature = "yaml")]
pub use crds::{CrdError, crd_to_yaml};
pub use encryption::{
    AescbcSpec, KmsProvider, KmsSpec, SecretEncryptionSpec, SecretEncryptionType,
};
pub use etcd::{
    EtcdManagementType, EtcdSpec, EtcdStorageType, EtcdTlsConfig, ManagedEtcdSpec,
    ManagedEtcdStorageSpec, PersistentVolumeEtcdStorageSpec, UnmanagedEtcdSpec,
};
pub use hosted_cluster::{
    AvailabilityPolicy, HostedCluster, HostedClusterSpec, ImageContentSource, OlmCatalogPlacement,
};
pub use hosted_cluster_status::{ApiEndpoint, HostedClusterStatus, PayloadArch};
pub use hosted_control_plane::{
    HostedControlPlane, HostedControlPlaneSpec, HostedControlPlaneStatus,
};
pub use networking::{
    AllocateNodeCidrs, ApiServerNetworking, ClusterNetworkEntry, ClusterNetworking, DnsSpec,
    NetworkEntry,
};
pub use node_pool::{Arch, NodePool, NodePoolSpec, Taint, TaintEffect};
pub use node_pool_management::{
    InPlaceUpgrade, NodePoolAutoScaling, NodePoolManagement, ReplaceUpgrade, RollingUpdate,
    UpgradeStrategy, UpgradeType,
};
pub use node_pool_status::{NodePoolNodesInfo, NodePoolStatus, NodeVersion};
pub use platform::{AgentPlatformSpec, AwsNodePoolPlatform, NodePoolPlatform, PlatformSpec};
pub use reference::{KubeconfigSecretRef, LocalObjectReference, Toleration};
pub use release::{
    ClusterVersionStatus, ControlPlaneVersionStatus, Release, ReportedRelease, UpdateHistory,
    UpdateState,
};
pub use services::{
    HostnamePublishingStrategy, NodePortPublishingStrategy, PublishingStrategyType,
    ServicePublishingStrategy, ServicePublishingStrategyMapping, ServiceType,
};
pub use values::{IntOrString, Nullable, Opaque, Quantity, QuantityError};
