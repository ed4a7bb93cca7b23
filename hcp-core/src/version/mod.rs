//! Versions of releases, and the rules about them.

pub mod compat;
mod component_skew;
mod gate;
mod kubernetes;
mod minor;
mod node_pool_skew;
mod operator;
mod release_check;
mod release_policy;
mod release_rule;
mod release_version;
mod running;
mod supported;
mod supported_lint;
mod verdict;

pub use component_skew::{
    ApiServers, Component, ComponentSkew, component_skew, kube_proxy_beside_kubelet,
};
pub use gate::{
    GatePolicy, GateRequest, GateRule, GateVerdict, Passage, RunningRelease, upgrade_gate,
};
pub use kubernetes::KubernetesMinor;
pub use minor::{Minor, MinorError, OcpMinor};
pub use node_pool_skew::{NodePoolSkew, SkewPolicy, node_pool_skew};
pub use operator::{OperatorRelease, UnknownOperator};
pub use release_check::{
    FORCE_UPGRADE_TO, ReleaseLimits, ReleaseRequest, ReleaseRole, SKIP_RELEASE_IMAGE_VALIDATION,
    validate_release,
};
pub use release_policy::{ReleaseChoice, ReleasePolicy};
pub use release_rule::ReleaseRule;
pub use release_version::{ReleaseVersion, VersionChange, VersionError};
pub use running::{HistoryEntry, RunningVersions, RunningVersionsError};
pub use supported::{
    SERVER_VERSION_KEY, SUPPORTED_VERSIONS_LABEL, SUPPORTED_VERSIONS_NAME,
    SUPPORTED_VERSIONS_NAMESPACE, SupportedVersions, SupportedVersionsError, VERSIONS_KEY,
};
pub use supported_lint::{ConfigMapView, SupportedVersionsRule, lint_supported_versions};
pub use verdict::Verdict;
