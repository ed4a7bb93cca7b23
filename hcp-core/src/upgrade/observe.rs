//! What a plan starts from, read from the API's objects.

use crate::api::annotations::FORCE_UPGRADE_TO;
use crate::api::hosted_cluster_conditions::CLUSTER_VERSION_UPGRADEABLE;
use crate::api::node_pool_conditions::UPDATING_VERSION;
use crate::api::{
    FeatureSet, HostedCluster, IntOrString, NodePool, NodePoolManagement, UpgradeStrategy,
    UpgradeType,
};
use crate::conditions::{ConditionStatus, ConditionView, find};
use crate::features::forbids_minor_update;
use crate::pause::upstream;
use crate::version::{ReleaseVersion, VersionError};
use jiff::Timestamp;

use super::objects::is_own;
use super::plan::{ClusterState, FleetSlice, NodeUpdate, Operator, PoolState, Releases};

/// Objects from which no plan can be made, because something is not known that must not be guessed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ObserveError {
    /// It will be gone.
    #[error("{object}: it is being deleted; wait until it is gone")]
    BeingDeleted {
        /// Kind and name.
        object: String,
    },
    /// Nothing is completely rolled out yet.
    #[error(
        "{object}: status.version.history has no Completed entry; wait until the installation is finished"
    )]
    NotInstalled {
        /// Kind and name.
        object: String,
    },
    /// The pool reports no version.
    #[error("{object}: status.version is empty; wait until its first rollout is finished")]
    NoVersion {
        /// Kind and name.
        object: String,
    },
    /// The status has something that is no version.
    #[error("{object}: {field} cannot be read")]
    Invalid {
        /// Kind and name.
        object: String,
        /// Where.
        field: &'static str,
        /// What is wrong.
        #[source]
        source: VersionError,
    },
    /// A rollout is under way, and nobody says to which version.
    #[error(
        "{object}: the version of {image:?} in spec.release.image is not known; add it to the releases"
    )]
    UnknownRelease {
        /// Kind and name.
        object: String,
        /// The image.
        image: String,
    },
    /// How the pool updates its nodes is not known.
    #[error("{object}: spec.management.upgradeType {value:?} is neither Replace nor InPlace")]
    UnknownUpgradeType {
        /// Kind and name.
        object: String,
        /// The value.
        value: String,
    },
}

impl FleetSlice {
    /// The slice that these objects are: the cluster, and of the pools those that are its own.
    ///
    /// The version of a spec is that of its image in `releases`, or what the status reports for exactly that image.
    ///
    /// # Errors
    ///
    /// A version that is not known.
    pub fn observe<'a>(
        cluster: &HostedCluster,
        pools: impl IntoIterator<Item = &'a NodePool>,
        operator: Operator,
        releases: &Releases,
        now: Timestamp,
    ) -> Result<Self, ObserveError> {
        let state = observe_cluster(cluster, releases, now)?;
        let pools = pools.into_iter().filter(|pool| is_own(cluster, pool));
        let pools = pools.map(|pool| observe_pool(pool, &state, releases, now));
        let pools = pools.collect::<Result<_, _>>()?;
        Ok(Self::new(operator, state).with_pools(pools))
    }
}

fn observe_cluster(
    cluster: &HostedCluster,
    releases: &Releases,
    now: Timestamp,
) -> Result<ClusterState, ObserveError> {
    let part = |part: &Option<String>| part.clone().unwrap_or_default();
    let name = format!("{}/{}", part(&cluster.metadata.namespace), part(&cluster.metadata.name));
    let object = || format!("HostedCluster {name}");
    if cluster.metadata.deletion_timestamp.is_some() {
        return Err(ObserveError::BeingDeleted { object: object() });
    }
    let status = cluster.status.as_ref();
    let version = status.and_then(|status| status.version.as_ref());
    let history = version.map_or(&[][..], |version| version.history());
    let completed = history.iter().find(|entry| entry.is_completed());
    let completed = completed.ok_or_else(|| ObserveError::NotInstalled { object: object() })?;
    let running = parse(completed.version(), "status.version.history", &object)?;
    let image = &cluster.spec.release.image;
    let reported = version.and_then(|version| version.desired.as_ref());
    let reported = reported.filter(|release| release.image.as_ref() == Some(image));
    let desired = match reported.and_then(|release| release.version.as_deref()) {
        Some(text) => parse(text, "status.version.desired.version", &object)?,
        None if completed.image() == image => running.clone(),
        None => known(image, releases, &object)?,
    };
    let conditions = status.map_or(&[][..], |status| status.conditions());
    let upgradeable = find(conditions, CLUSTER_VERSION_UPGRADEABLE);
    let annotations = cluster.metadata.annotations.as_ref();
    let gate = cluster.spec.configuration.as_ref().and_then(|found| found.feature_gate.as_ref());
    let set = gate.and_then(|gate| gate.feature_set.as_ref());
    // As the gate sees it.
    let fixed_by = set.filter(|set| forbids_minor_update(Some(*set))).map(FeatureSet::as_str);
    Ok(ClusterState::new(name, running, completed.image())
        .with_desired(desired)
        .with_desired_image(Some(image.clone()))
        .with_upgradeable(upgradeable.map(|found| found.status() == ConditionStatus::True))
        .with_forced_to(annotations.and_then(|found| found.get(FORCE_UPGRADE_TO)).cloned())
        .with_fixed_by(fixed_by.map(ToOwned::to_owned))
        .with_paused(is_paused(cluster.spec.paused_until.as_deref(), now)))
}

fn observe_pool(
    pool: &NodePool,
    cluster: &ClusterState,
    releases: &Releases,
    now: Timestamp,
) -> Result<PoolState, ObserveError> {
    let name = pool.metadata.name.clone().unwrap_or_default();
    let object = || format!("NodePool {name}");
    if pool.metadata.deletion_timestamp.is_some() {
        return Err(ObserveError::BeingDeleted { object: object() });
    }
    let status = pool.status.as_ref();
    let text = status.and_then(|status| status.version.as_deref()).unwrap_or_default();
    if text.is_empty() {
        return Err(ObserveError::NoVersion { object: object() });
    }
    let version = parse(text, "status.version", &object)?;
    let conditions = status.map_or(&[][..], |status| status.conditions());
    let updating = find(conditions, UPDATING_VERSION).filter(|condition| {
        let generation = condition.observed_generation();
        generation.is_none() || generation == pool.metadata.generation
    });
    let image = &pool.spec.release.image;
    let desired = match releases.version_of(image) {
        Some(version) => version.clone(),
        None if *image == cluster.image => cluster.version.clone(),
        None if Some(image) == cluster.desired_image.as_ref() => cluster.desired.clone(),
        // The controller compared the two itself.
        None if updating.map(ConditionView::status) == Some(ConditionStatus::False) => {
            version.clone()
        }
        None => known(image, releases, &object)?,
    };
    let management = &pool.spec.management;
    let update = match &management.upgrade_type {
        UpgradeType::Replace => NodeUpdate::Replace,
        UpgradeType::InPlace => NodeUpdate::InPlace,
        other => {
            let value = other.as_str().to_owned();
            return Err(ObserveError::UnknownUpgradeType { object: object(), value });
        }
    };
    Ok(PoolState::new(name, version, update)
        .with_desired(desired)
        .with_loses_capacity(update == NodeUpdate::InPlace || loses_capacity(management))
        .with_paused(is_paused(pool.spec.paused_until.as_deref(), now)))
}

/// Whether nodes may go before others come: `maxUnavailable` is not 0, or somebody deletes machines by hand. The default is 0.
fn loses_capacity(management: &NodePoolManagement) -> bool {
    let Some(replace) = &management.replace else { return false };
    let unavailable =
        replace.rolling_update.as_ref().and_then(|update| update.max_unavailable.as_ref());
    let unavailable = unavailable.is_some_and(|most| match most {
        IntOrString::Int(most) => *most != 0,
        IntOrString::String(most) => most != "0%" && most != "0",
    });
    unavailable || replace.strategy == Some(UpgradeStrategy::OnDelete)
}

fn is_paused(value: Option<&str>, now: Timestamp) -> bool {
    value.is_some_and(|text| upstream::parse(text).meaning.pauses_at(now))
}

fn known(
    image: &str,
    releases: &Releases,
    object: &dyn Fn() -> String,
) -> Result<ReleaseVersion, ObserveError> {
    releases
        .version_of(image)
        .cloned()
        .ok_or_else(|| ObserveError::UnknownRelease { object: object(), image: image.to_owned() })
}

fn parse(
    text: &str,
    field: &'static str,
    object: &dyn Fn() -> String,
) -> Result<ReleaseVersion, ObserveError> {
    text.parse().map_err(|source| ObserveError::Invalid { object: object(), field, source })
}
