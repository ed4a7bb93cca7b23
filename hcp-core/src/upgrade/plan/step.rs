//! The steps of a plan.

use std::fmt;

use serde::Serialize;

use crate::version::ReleaseVersion;

use super::fleet::NodeUpdate;

/// One step: one write, or several that do not depend on each other, and the wait until it is done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Step {
    /// What to do.
    #[serde(flatten)]
    pub action: Action,
    /// What must hold before it.
    pub before: Vec<Gate>,
    /// What must hold before the next step.
    pub after: Vec<Gate>,
    /// Why it is needed, and why now.
    pub why: String,
}

/// What a step does.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "action", rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Action {
    /// Update the management cluster.
    UpgradeManagement {
        /// What it runs.
        from: ReleaseVersion,
        /// The next.
        to: ReleaseVersion,
    },
    /// Update the operator.
    UpgradeOperator {
        /// Its version.
        from: ReleaseVersion,
        /// The next.
        to: ReleaseVersion,
    },
    /// Set the annotation `force-upgrade-to` on the `HostedCluster`.
    Force {
        /// Its value, the image that comes next.
        image: String,
        /// Who agreed.
        consent: String,
    },
    /// Remove the annotation `force-upgrade-to`; left in place it blocks the next update, or forces it.
    RemoveForce {
        /// Its value.
        image: String,
    },
    /// Set `spec.release.image` of the `HostedCluster` and wait until it is rolled out.
    UpgradeCluster {
        /// The version that runs.
        from: ReleaseVersion,
        /// The next.
        to: ReleaseVersion,
        /// Its image; none where the rollout goes on already and nothing is to be written.
        image: Option<String>,
    },
    /// Set `spec.release.image` of these `NodePool`s, which may happen at once, and wait until they are rolled out.
    UpgradePools {
        /// The pools.
        pools: Vec<PoolUpgrade>,
    },
}

/// The update of one pool.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct PoolUpgrade {
    /// The pool.
    pub pool: String,
    /// Its version.
    pub from: ReleaseVersion,
    /// The next.
    pub to: ReleaseVersion,
    /// The image; none where the rollout goes on already and nothing is to be written.
    pub image: Option<String>,
    /// How it updates its nodes.
    pub update: NodeUpdate,
    /// Whether it takes nodes away before it brings new ones.
    pub loses_capacity: bool,
}

/// What must hold before or after a step.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "gate", content = "of", rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Gate {
    /// A backup of etcd was made since the last step, and verified.
    BackupVerified,
    /// The cluster's rollout is finished, as [`cluster_rollout`](crate::upgrade::rollout::cluster_rollout) proves it.
    ClusterFinished(ReleaseVersion),
    /// The pool's rollout is finished, as [`pool_rollout`](crate::upgrade::rollout::pool_rollout) proves it.
    PoolFinished {
        /// The pool.
        pool: String,
        /// At this version.
        version: ReleaseVersion,
    },
    /// The cluster and these pools are not paused.
    NotPaused,
    /// `ClusterVersionUpgradeable` is not False.
    Upgradeable,
    /// The pull secret can read the image, and it is of the architectures of all pools.
    ImageReadable(String),
    /// There is room for the nodes that come before others go.
    RoomForSurge(String),
    /// No pod disruption budget forbids to drain the pool's nodes.
    DrainPossible(String),
    /// The management cluster is Available and not Progressing.
    ManagementSettled(ReleaseVersion),
    /// The operator is rolled out and its ConfigMap `supported-versions` names this minor version.
    OperatorSupports(ReleaseVersion),
    /// Every hosted cluster of the operator reconciles again.
    FleetReconciles,
    /// The annotation `force-upgrade-to` has this value.
    Forced(String),
    /// The annotation `force-upgrade-to` is absent.
    NotForced,
}

impl Action {
    /// Whether nothing is to be written, only waited for.
    #[must_use]
    pub fn is_in_flight(&self) -> bool {
        match self {
            Self::UpgradeCluster { image, .. } => image.is_none(),
            Self::UpgradePools { pools } => pools.iter().all(|pool| pool.image.is_none()),
            _ => false,
        }
    }

    /// Two or three words for it.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::UpgradeManagement { .. } => "management cluster",
            Self::UpgradeOperator { .. } => "operator",
            Self::Force { .. } => "set force-upgrade-to",
            Self::RemoveForce { .. } => "remove force-upgrade-to",
            Self::UpgradeCluster { .. } => "hosted cluster",
            Self::UpgradePools { .. } => "node pools",
        }
    }
}

impl fmt::Display for Gate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::BackupVerified => f.write_str("etcd backed up and the backup verified"),
            Self::ClusterFinished(version) => write!(f, "cluster finished at {version}"),
            Self::PoolFinished { pool, version } => write!(f, "{pool} finished at {version}"),
            Self::NotPaused => f.write_str("nothing paused"),
            Self::Upgradeable => f.write_str("ClusterVersionUpgradeable not False"),
            Self::ImageReadable(image) => write!(f, "pull secret reads {image}"),
            Self::RoomForSurge(pool) => write!(f, "room for the new nodes of {pool}"),
            Self::DrainPossible(pool) => write!(f, "nodes of {pool} can be drained"),
            Self::ManagementSettled(version) => {
                write!(f, "management cluster settled at {version}")
            }
            Self::OperatorSupports(version) => {
                write!(f, "supported-versions names {}", version.minor())
            }
            Self::FleetReconciles => f.write_str("all hosted clusters reconcile"),
            Self::Forced(image) => write!(f, "force-upgrade-to is {image}"),
            Self::NotForced => f.write_str("force-upgrade-to is absent"),
        }
    }
}
