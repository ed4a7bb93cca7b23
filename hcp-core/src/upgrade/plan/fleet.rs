//! What a plan starts from.

use serde::Serialize;

use crate::version::{Minor, ReleaseVersion};

/// A slice of a fleet: one hosted cluster, its pools, and what manages them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct FleetSlice {
    /// The version of the management cluster, if it is known.
    pub management: Option<ReleaseVersion>,
    /// The operator that runs, `HyperShift`'s or the multicluster engine that brings it.
    pub operator: Operator,
    /// The hosted cluster.
    pub cluster: ClusterState,
    /// Its node pools.
    pub pools: Vec<PoolState>,
}

/// A release of the operator.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Operator {
    /// Its version.
    pub version: ReleaseVersion,
    /// The oldest minor version that it supports.
    pub oldest: Minor,
    /// The newest minor version that it supports, as in the ConfigMap `supported-versions`.
    pub newest: Minor,
    /// The oldest minor version of the management cluster that it runs on, if there is such a limit.
    pub management: Option<Minor>,
}

/// A hosted cluster.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct ClusterState {
    /// Its name, for people.
    pub name: String,
    /// The version that is completely rolled out.
    pub version: ReleaseVersion,
    /// The release image of that version, as the spec would name it; empty if it is not known.
    pub image: String,
    /// The version of the spec; another than `version` while a rollout goes on.
    pub desired: ReleaseVersion,
    /// The release image of the spec, if it is known; without it, that of `desired` among the releases counts.
    pub desired_image: Option<String>,
    /// `ClusterVersionUpgradeable`; none if it is absent, which counts as upgradeable.
    pub upgradeable: Option<bool>,
    /// The value of the annotation `force-upgrade-to`.
    pub forced_to: Option<String>,
    /// The feature set, if it is one that forbids minor updates.
    pub fixed_by: Option<String>,
    /// Whether its reconciliation is paused.
    pub paused: bool,
}

/// A node pool.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct PoolState {
    /// Its name.
    pub name: String,
    /// The version of its nodes.
    pub version: ReleaseVersion,
    /// The version of its spec.
    pub desired: ReleaseVersion,
    /// How it updates its nodes.
    pub update: NodeUpdate,
    /// Whether an update takes nodes away before it brings new ones; true for every update in place.
    pub loses_capacity: bool,
    /// Whether its reconciliation is paused.
    pub paused: bool,
}

/// `spec.management.upgradeType` of a `NodePool`; it cannot be changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[non_exhaustive]
pub enum NodeUpdate {
    /// New nodes come, old ones go.
    Replace,
    /// The nodes stay and change their operating system.
    InPlace,
}

impl FleetSlice {
    /// A hosted cluster under this operator, without pools.
    #[must_use]
    pub const fn new(operator: Operator, cluster: ClusterState) -> Self {
        Self { management: None, operator, cluster, pools: Vec::new() }
    }

    /// With the version of the management cluster.
    #[must_use]
    pub fn with_management(mut self, version: Option<ReleaseVersion>) -> Self {
        self.management = version;
        self
    }

    /// With these pools.
    #[must_use]
    pub fn with_pools(mut self, pools: Vec<PoolState>) -> Self {
        self.pools = pools;
        self
    }
}

impl Operator {
    /// A release that supports these minor versions, both included.
    #[must_use]
    pub const fn new(version: ReleaseVersion, oldest: Minor, newest: Minor) -> Self {
        Self { version, oldest, newest, management: None }
    }

    /// With the oldest management cluster that it runs on.
    #[must_use]
    pub const fn with_management(mut self, oldest: Option<Minor>) -> Self {
        self.management = oldest;
        self
    }

    /// Whether it supports hosted clusters and pools of this minor version.
    #[must_use]
    pub fn supports(&self, minor: Minor) -> bool {
        match (self.oldest.normalised(), minor.normalised(), self.newest.normalised()) {
            (Ok(oldest), Ok(minor), Ok(newest)) => oldest <= minor && minor <= newest,
            _ => false,
        }
    }
}

impl ClusterState {
    /// A cluster that runs this release, and nothing is changing.
    #[must_use]
    pub fn new(name: impl Into<String>, version: ReleaseVersion, image: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            desired: version.clone(),
            version,
            image: image.into(),
            desired_image: None,
            upgradeable: None,
            forced_to: None,
            fixed_by: None,
            paused: false,
        }
    }

    /// With another version in its spec.
    #[must_use]
    pub fn with_desired(mut self, version: ReleaseVersion) -> Self {
        self.desired = version;
        self
    }

    /// With the image of its spec.
    #[must_use]
    pub fn with_desired_image(mut self, image: Option<String>) -> Self {
        self.desired_image = image;
        self
    }

    /// With `ClusterVersionUpgradeable`.
    #[must_use]
    pub const fn with_upgradeable(mut self, upgradeable: Option<bool>) -> Self {
        self.upgradeable = upgradeable;
        self
    }

    /// With the annotation `force-upgrade-to`.
    #[must_use]
    pub fn with_forced_to(mut self, image: Option<String>) -> Self {
        self.forced_to = image;
        self
    }

    /// With a feature set that forbids minor updates.
    #[must_use]
    pub fn with_fixed_by(mut self, feature_set: Option<String>) -> Self {
        self.fixed_by = feature_set;
        self
    }

    /// Paused, or not.
    #[must_use]
    pub const fn with_paused(mut self, paused: bool) -> Self {
        self.paused = paused;
        self
    }
}

impl PoolState {
    /// A pool whose nodes are of this version, and nothing is changing.
    #[must_use]
    pub fn new(name: impl Into<String>, version: ReleaseVersion, update: NodeUpdate) -> Self {
        Self {
            name: name.into(),
            desired: version.clone(),
            version,
            update,
            loses_capacity: matches!(update, NodeUpdate::InPlace),
            paused: false,
        }
    }

    /// With another version in its spec.
    #[must_use]
    pub fn with_desired(mut self, version: ReleaseVersion) -> Self {
        self.desired = version;
        self
    }

    /// A pool whose updates take nodes away first, or not.
    #[must_use]
    pub const fn with_loses_capacity(mut self, loses_capacity: bool) -> Self {
        self.loses_capacity = loses_capacity;
        self
    }

    /// Paused, or not.
    #[must_use]
    pub const fn with_paused(mut self, paused: bool) -> Self {
        self.paused = paused;
        self
    }
}

impl NodeUpdate {
    /// As it is written in the API.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Replace => "Replace",
            Self::InPlace => "InPlace",
        }
    }
}
