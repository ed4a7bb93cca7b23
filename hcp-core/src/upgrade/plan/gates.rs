//! What must hold before and after each step.

use crate::version::ReleaseVersion;

use super::fleet::FleetSlice;
use super::policy::PlanPolicy;
use super::step::{Action, Gate, PoolUpgrade, Step};

/// The step of this action, with its gates.
pub(super) fn step(fleet: &FleetSlice, policy: &PlanPolicy, action: Action, why: String) -> Step {
    let (before, after) = match &action {
        Action::UpgradeManagement { to, .. } => {
            (vec![Gate::FleetReconciles], vec![Gate::ManagementSettled(to.clone())])
        }
        Action::UpgradeOperator { to, .. } => (
            vec![Gate::FleetReconciles],
            vec![Gate::OperatorSupports(to.clone()), Gate::FleetReconciles],
        ),
        Action::Force { image, .. } => {
            (backup(policy).collect(), vec![Gate::Forced(image.clone())])
        }
        Action::RemoveForce { .. } => (Vec::new(), vec![Gate::NotForced]),
        Action::UpgradeCluster { from, to, image } => (
            cluster_before(fleet, policy, (from, to), image.as_deref()),
            vec![Gate::ClusterFinished(to.clone())],
        ),
        Action::UpgradePools { pools } => (pools_before(fleet, pools), pools_after(pools)),
    };
    Step { action, before, after, why }
}

fn backup(policy: &PlanPolicy) -> impl Iterator<Item = Gate> {
    policy.backup.then_some(Gate::BackupVerified).into_iter()
}

fn cluster_before(
    fleet: &FleetSlice,
    policy: &PlanPolicy,
    (from, to): (&ReleaseVersion, &ReleaseVersion),
    image: Option<&str>,
) -> Vec<Gate> {
    let Some(image) = image else { return vec![Gate::NotPaused] };
    let mut gates: Vec<_> = backup(policy).collect();
    gates.push(Gate::ClusterFinished(from.clone()));
    gates.push(Gate::NotPaused);
    gates.push(Gate::ImageReadable(image.to_owned()));
    if fleet.cluster.forced_to.as_deref() == Some(image) {
        gates.push(Gate::Forced(image.to_owned()));
    } else if from.minor() != to.minor() {
        gates.push(Gate::Upgradeable);
    }
    gates
}

fn pools_before(fleet: &FleetSlice, pools: &[PoolUpgrade]) -> Vec<Gate> {
    let mut gates = vec![Gate::NotPaused];
    if pools.iter().any(|pool| pool.image.is_some()) {
        gates.insert(0, Gate::ClusterFinished(fleet.cluster.version.clone()));
    }
    for pool in pools.iter().filter(|pool| pool.image.is_some()) {
        if !pool.loses_capacity {
            gates.push(Gate::RoomForSurge(pool.pool.clone()));
        }
        gates.push(Gate::DrainPossible(pool.pool.clone()));
    }
    gates
}

fn pools_after(pools: &[PoolUpgrade]) -> Vec<Gate> {
    let finished = |pool: &PoolUpgrade| Gate::PoolFinished {
        pool: pool.pool.clone(),
        version: pool.to.clone(),
    };
    pools.iter().map(finished).collect()
}
