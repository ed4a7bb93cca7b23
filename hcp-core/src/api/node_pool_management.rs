//! How the nodes of a pool are upgraded, repaired and scaled.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::schema::{cel, immutable};
use super::values::IntOrString;
use crate::Other;

string_enum! {
    /// How nodes are upgraded.
    pub enum UpgradeType {
        /// By new machines.
        Replace = "Replace",
        /// On the machine.
        InPlace = "InPlace",
    }
}

string_enum! {
    /// In which order machines are replaced.
    pub enum UpgradeStrategy {
        /// Some at a time.
        RollingUpdate = "RollingUpdate",
        /// When somebody deletes them.
        OnDelete = "OnDelete",
    }
}

/// How nodes are upgraded and repaired.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(extend("x-kubernetes-validations" = cel(&[(
    "!has(self.inPlace) || self.upgradeType == 'InPlace'",
    "inPlace is forbidden when upgradeType is not InPlace",
)])))]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct NodePoolManagement {
    /// How nodes are upgraded; cannot be changed.
    #[schemars(extend("x-kubernetes-validations" = immutable("upgradeType")))]
    pub upgrade_type: UpgradeType,
    /// How machines are replaced. HyperShift's CRD puts its default into in-place pools as well.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("default" = {
        "strategy": "RollingUpdate",
        "rollingUpdate": { "maxSurge": 1, "maxUnavailable": 0 },
    }))]
    pub replace: Option<ReplaceUpgrade>,
    /// How nodes are upgraded in place.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub in_place: Option<InPlaceUpgrade>,
    /// Whether machines that are not healthy are deleted, and replaced.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("default" = false))]
    pub auto_repair: Option<bool>,
    /// What this version does not model.
    #[serde(flatten)]
    pub other: Other,
}

/// How machines are replaced.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(extend("x-kubernetes-validations" = cel(&[(
    "!has(self.rollingUpdate) || self.strategy == 'RollingUpdate'",
    "rollingUpdate is forbidden when strategy is not RollingUpdate",
)])))]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct ReplaceUpgrade {
    /// In which order.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub strategy: Option<UpgradeStrategy>,
    /// How many at a time.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rolling_update: Option<RollingUpdate>,
    /// What this version does not model.
    #[serde(flatten)]
    pub other: Other,
}

/// How many machines are replaced at a time.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct RollingUpdate {
    /// How many nodes may be missing, as a number or as a percentage that is rounded down.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_unavailable: Option<IntOrString>,
    /// How many more machines than wanted there may be, as a number or as a percentage that is rounded up.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_surge: Option<IntOrString>,
    /// What this version does not model.
    #[serde(flatten)]
    pub other: Other,
}

/// How nodes are upgraded in place.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct InPlaceUpgrade {
    /// How many nodes may be missing, as a number or as a percentage that is rounded down; 1 if absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_unavailable: Option<IntOrString>,
    /// What this version does not model.
    #[serde(flatten)]
    pub other: Other,
}

/// Between which numbers of nodes a pool scales itself.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(extend("x-kubernetes-validations" = cel(&[(
    "self.max >= self.min",
    "autoScaling.max is not below autoScaling.min",
)])))]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct NodePoolAutoScaling {
    /// The least number of nodes; 0 on AWS and Azure only.
    #[schemars(range(min = 0))]
    pub min: i32,
    /// The greatest number of nodes.
    #[schemars(range(min = 1))]
    pub max: i32,
    /// What this version does not model.
    #[serde(flatten)]
    pub other: Other,
}

impl NodePoolManagement {
    /// Upgrades of this type, with everything else as it is by default.
    #[must_use]
    pub const fn new(upgrade_type: UpgradeType) -> Self {
        Self { upgrade_type, replace: None, in_place: None, auto_repair: None, other: Other::new() }
    }
}
