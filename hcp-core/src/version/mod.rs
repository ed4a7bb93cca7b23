//! Versions of releases, and the rules about them.

pub mod compat;
mod component_skew;
mod kubernetes;
mod minor;
mod node_pool_skew;
mod release_version;
mod running;
mod verdict;

pub use component_skew::{
    ApiServers, Component, ComponentSkew, component_skew, kube_proxy_beside_kubelet,
};
pub use kubernetes::KubernetesMinor;
pub use minor::{Minor, MinorError, OcpMinor};
pub use node_pool_skew::{NodePoolSkew, SkewPolicy, node_pool_skew};
pub use release_version::{ReleaseVersion, VersionChange, VersionError};
pub use running::{HistoryEntry, RunningVersions, RunningVersionsError};
pub use verdict::Verdict;
