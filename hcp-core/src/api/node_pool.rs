//! `NodePool`: nodes of a hosted cluster that are alike.

use std::collections::BTreeMap;

use kube_derive::CustomResource;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::hosted_cluster::{PAUSED_UNTIL, PAUSED_UNTIL_MESSAGE};
use super::node_pool_management::{NodePoolAutoScaling, NodePoolManagement, UpgradeType};
use super::node_pool_status::NodePoolStatus;
use super::platform::NodePoolPlatform;
use super::reference::LocalObjectReference;
use super::release::Release;
use super::schema::{cel, structural};
use crate::platform::PlatformType;
use crate::{GoDuration, Other};

string_enum! {
    /// The architecture of machines.
    pub enum Arch {
        /// 64-bit ARM.
        Arm64 = "arm64",
        /// 64-bit x86, the default.
        Amd64 = "amd64",
        /// Little-endian Power.
        Ppc64le = "ppc64le",
        /// IBM Z.
        S390x = "s390x",
    }
}

string_enum! {
    /// What a taint does to pods that do not tolerate it.
    pub enum TaintEffect {
        /// They are not scheduled.
        NoSchedule = "NoSchedule",
        /// They are scheduled only where there is no other place.
        PreferNoSchedule = "PreferNoSchedule",
        /// They are evicted.
        NoExecute = "NoExecute",
    }
}

/// What a node pool shall be.
#[derive(CustomResource, Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[kube(
    crates(kube_core = "::kube_core"),
    group = "hypershift.openshift.io",
    version = "v1beta1",
    kind = "NodePool",
    plural = "nodepools",
    shortname = "np",
    shortname = "nps",
    namespaced,
    status = "NodePoolStatus",
    derive = "PartialEq",
    attr = "non_exhaustive",
    doc = "Nodes of a hosted cluster that are alike, and can be scaled.",
    scale(spec_replicas_path = ".spec.replicas", status_replicas_path = ".status.replicas"),
    printcolumn = r#"{"name": "Cluster", "type": "string", "jsonPath": ".spec.clusterName", "description": "The hosted cluster"}"#,
    printcolumn = r#"{"name": "Desired Nodes", "type": "integer", "jsonPath": ".spec.replicas", "description": "How many nodes there shall be"}"#,
    printcolumn = r#"{"name": "Current Nodes", "type": "integer", "jsonPath": ".status.replicas", "description": "How many nodes are available"}"#,
    printcolumn = r#"{"name": "Autoscaling", "type": "string", "jsonPath": ".status.conditions[?(@.type==\"AutoscalingEnabled\")].status", "description": "Whether it scales itself"}"#,
    printcolumn = r#"{"name": "Autorepair", "type": "string", "jsonPath": ".status.conditions[?(@.type==\"AutorepairEnabled\")].status", "description": "Whether broken nodes are replaced"}"#,
    printcolumn = r#"{"name": "Version", "type": "string", "jsonPath": ".status.version", "description": "The version that is rolled out"}"#,
    printcolumn = r#"{"name": "UpdatingVersion", "type": "string", "jsonPath": ".status.conditions[?(@.type==\"UpdatingVersion\")].status", "description": "Whether another version is rolled out"}"#,
    printcolumn = r#"{"name": "UpdatingConfig", "type": "string", "jsonPath": ".status.conditions[?(@.type==\"UpdatingConfig\")].status", "description": "Whether other configuration is rolled out"}"#,
    printcolumn = r#"{"name": "Message", "type": "string", "jsonPath": ".status.conditions[?(@.type==\"Ready\")].message", "description": "Why it is, or is not, ready"}"#
)]
#[schemars(
    transform = structural,
    extend("x-kubernetes-validations" = cel(&[
        ("!has(oldSelf.arch) || has(self.arch)", "arch cannot be removed"),
        ("self.arch != 'arm64' || has(self.platform.aws) || has(self.platform.azure) || \
          has(self.platform.agent) || self.platform.type in ['GCP', 'None']",
         "arm64 is for AWS, Azure, Agent, GCP and None only"),
        ("self.arch != 's390x' || has(self.platform.kubevirt)", "s390x is for KubeVirt only"),
        ("!has(self.replicas) || !has(self.autoScaling)",
         "replicas and autoScaling cannot both be set"),
        ("!has(self.autoScaling) || self.autoScaling.min > 0 || self.platform.type in ['AWS', 'Azure']",
         "autoScaling.min is 0 on AWS and Azure only"),
    ]))
)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct NodePoolSpec {
    /// The name of the `HostedCluster` in the same namespace; cannot be changed.
    #[schemars(
        length(min = 1, max = 253),
        extend("x-kubernetes-validations" = cel(&[
            ("self == oldSelf", "clusterName is immutable"),
            ("self.matches('^[a-z0-9]([-a-z0-9]*[a-z0-9])?$')",
             "clusterName consists of a-z, 0-9 and -, without - at either end"),
        ]))
    )]
    pub cluster_name: String,
    /// The release of the nodes; changing it rolls the pool.
    pub release: Release,
    /// Where the machines are.
    pub platform: NodePoolPlatform,
    /// How many nodes there shall be, if the pool does not scale itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub replicas: Option<i32>,
    /// How nodes are upgraded and repaired.
    pub management: NodePoolManagement,
    /// Between which numbers of nodes the pool scales itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub auto_scaling: Option<NodePoolAutoScaling>,
    /// ConfigMaps with machine configuration, under the key `config`; changing the list rolls the pool.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 10))]
    pub config: Option<Vec<LocalObjectReference>>,
    /// How long a node is drained at most; no limit if absent or 0. Applied to existing machines without rolling them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub node_drain_timeout: Option<GoDuration>,
    /// How long is waited for volumes to be detached; no limit if absent or 0. Not there before 4.16.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub node_volume_detach_timeout: Option<GoDuration>,
    /// Labels that nodes get when they are made.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub node_labels: Option<BTreeMap<String, String>>,
    /// Taints that nodes get when they are made.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 50))]
    pub taints: Option<Vec<Taint>>,
    /// Pauses reconciliation: a time, or `true`. See [`crate::pause`].
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(
        length(min = 1, max = 35),
        extend("x-kubernetes-validations" = cel(&[(PAUSED_UNTIL, PAUSED_UNTIL_MESSAGE)]))
    )]
    pub paused_until: Option<String>,
    /// ConfigMaps with a Tuned or a `PerformanceProfile`, under the key `tuning`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 10))]
    pub tuning_config: Option<Vec<LocalObjectReference>>,
    /// The architecture of the machines; cannot be changed.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend(
        "default" = "amd64",
        "x-kubernetes-validations" = super::schema::immutable("arch")
    ))]
    pub arch: Option<Arch>,
    /// What this version does not model.
    #[serde(flatten)]
    pub other: Other,
}

/// A taint that nodes get when they are made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Taint {
    /// Its key.
    #[schemars(
        length(min = 1, max = 253),
        extend("x-kubernetes-validations" = cel(&[(
            r"self.matches('^([a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*/)?[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$')",
            "the key of a taint is a word of at most 63 characters, or a DNS name, / and such a word",
        )]))
    )]
    pub key: String,
    /// Its value.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(
        length(max = 253),
        extend("x-kubernetes-validations" = cel(&[(
            "self.matches('^(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?$')",
            "the value of a taint has letters and digits at both ends, and -, _ and . between them",
        )]))
    )]
    pub value: Option<String>,
    /// What it does.
    pub effect: TaintEffect,
    /// What this version does not model.
    #[serde(flatten)]
    pub other: Other,
}

impl NodePoolSpec {
    /// The least that can be said of a node pool.
    #[must_use]
    pub fn new(
        cluster_name: impl Into<String>,
        release: Release,
        platform: PlatformType,
        upgrade_type: UpgradeType,
    ) -> Self {
        Self {
            cluster_name: cluster_name.into(),
            release,
            platform: NodePoolPlatform::new(platform),
            replicas: None,
            management: NodePoolManagement::new(upgrade_type),
            auto_scaling: None,
            config: None,
            node_drain_timeout: None,
            node_volume_detach_timeout: None,
            node_labels: None,
            taints: None,
            paused_until: None,
            tuning_config: None,
            arch: None,
            other: Other::new(),
        }
    }
}
