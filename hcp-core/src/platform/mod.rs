//! Platforms: where the machines of a hosted cluster are, and what each allows.

mod kind;
mod offering;
mod rules;
mod sriov;
mod sriov_ready;

pub use kind::{NetworkType, PlatformType};
pub use offering::{Maturity, Offering};
pub use rules::{
    NodePoolShape, PlatformRule, PlatformRules, check_hosted_cluster_update, check_node_pool,
};
#[cfg(feature = "yaml")]
pub use sriov::SriovYamlError;
pub use sriov::{
    NamespaceManifest, ObjectName, OperatorGroup, OperatorGroupSpec, SRIOV_PACKAGE, SriovManifests,
    SriovOperator, SriovRule, Subscription, SubscriptionConfig, SubscriptionSpec,
};
pub use sriov_ready::{
    CsvState, PodState, SriovMissing, SriovObserved, SriovReadiness, sriov_readiness,
};
