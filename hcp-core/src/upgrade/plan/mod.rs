//! In which order to upgrade what.

mod fleet;
mod gates;
mod next;
mod policy;
mod releases;
mod rule;
mod step;
mod table;

use serde::Serialize;

use crate::Finding;
use crate::path::JsonPath;
use crate::version::{ReleaseVersion, RunningVersions, SkewPolicy, node_pool_skew};

pub use fleet::{ClusterState, FleetSlice, NodeUpdate, Operator, PoolState};
pub use policy::{PlanPolicy, PoolTiming};
pub use releases::Releases;
pub use rule::PlanRule;
pub use step::{Action, Gate, PoolUpgrade, Step};

use next::{Decision, Next, blocked, older};

/// More steps than any path through the minor versions that exist needs, for each thing that changes.
const STEPS_EACH: usize = 64;

/// The ordered steps to a version, or as far as they lead, and what stops them.
///
/// A plan is computed from what is observed and remembers nothing: computed again after any of its steps, or in the middle of one, it is the rest.
/// After every step, and in the middle of every step, no pool is newer than its cluster or older than the skew allows, and the operator supports
/// what runs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct UpgradePlan {
    /// The hosted cluster.
    pub cluster: String,
    /// The version that it runs.
    pub from: ReleaseVersion,
    /// The version that it should run.
    pub target: ReleaseVersion,
    /// What to do, in this order.
    pub steps: Vec<Step>,
    /// What stops the plan after these steps; empty if they lead to the target.
    pub blocked: Vec<Finding<PlanRule>>,
    /// What is worth knowing of the state that it starts from.
    pub warnings: Vec<Finding<PlanRule>>,
}

impl UpgradePlan {
    /// Plans the way of a slice of a fleet to a version.
    ///
    /// ```
    /// use hcp_core::upgrade::plan::{
    ///     ClusterState, FleetSlice, NodeUpdate, Operator, PlanPolicy, PoolState, Releases,
    ///     UpgradePlan,
    /// };
    /// use hcp_core::version::{Minor, ReleaseVersion};
    ///
    /// let release = ReleaseVersion::new;
    /// let operator = Operator::new(release(4, 17, 1), Minor::new(4, 14), Minor::new(4, 17));
    /// let cluster = ClusterState::new("clusters/prod", release(4, 15, 9), "quay.io/r:4.15.9");
    /// let fleet = FleetSlice::new(operator, cluster).with_pools(vec![PoolState::new(
    ///     "workers",
    ///     release(4, 15, 9),
    ///     NodeUpdate::Replace,
    /// )]);
    /// let releases = Releases::default()
    ///     .with_image(release(4, 16, 20), "quay.io/r:4.16.20")
    ///     .with_image(release(4, 17, 3), "quay.io/r:4.17.3");
    ///
    /// let plan = UpgradePlan::new(&fleet, &release(4, 17, 3), &releases, &PlanPolicy::default());
    /// assert!(plan.reaches_target());
    /// assert_eq!(plan.steps.len(), 3); // 4.16.20, 4.17.3, and then the pool
    /// ```
    #[must_use]
    pub fn new(
        fleet: &FleetSlice,
        target: &ReleaseVersion,
        releases: &Releases,
        policy: &PlanPolicy,
    ) -> Self {
        let mut plan = Self {
            cluster: fleet.cluster.name.clone(),
            from: fleet.cluster.version.clone(),
            target: target.clone(),
            steps: Vec::new(),
            blocked: unsupported_majors(fleet, target),
            warnings: Vec::new(),
        };
        if plan.blocked.is_empty() {
            plan.warnings = fleet.warnings(policy);
            plan.fill(fleet.clone(), releases, policy);
        }
        plan
    }

    fn fill(&mut self, mut fleet: FleetSlice, releases: &Releases, policy: &PlanPolicy) {
        let most = STEPS_EACH * (3 + fleet.pools.len());
        while self.steps.len() < most {
            let decision = Decision { fleet: &fleet, target: &self.target, releases, policy };
            match decision.next() {
                Next::Step(step) => {
                    fleet = fleet.after(&step, releases);
                    self.steps.push(step);
                }
                Next::AtTarget => return,
                Next::Blocked(findings) => {
                    self.blocked = findings;
                    return;
                }
            }
        }
        self.blocked = blocked([PlanRule::TooLong(most)]);
    }

    /// Whether the steps lead to the target.
    #[must_use]
    pub const fn reaches_target(&self) -> bool {
        self.blocked.is_empty()
    }
}

impl FleetSlice {
    /// The same after a step.
    ///
    /// What the step makes unknown is unknown: a cluster of a new version may say anything about `Upgradeable`.
    #[must_use]
    pub fn after(&self, step: &Step, releases: &Releases) -> Self {
        let mut fleet = self.clone();
        match &step.action {
            Action::UpgradeManagement { to, .. } => fleet.management = Some(to.clone()),
            Action::UpgradeOperator { to, .. } => {
                let release = releases.operators.iter().find(|release| release.version == *to);
                fleet.operator = release.unwrap_or(&self.operator).clone();
            }
            Action::Force { image, .. } => fleet.cluster.forced_to = Some(image.clone()),
            Action::RemoveForce { .. } => fleet.cluster.forced_to = None,
            Action::UpgradeCluster { to, image, .. } => {
                let written = image.as_deref().or_else(|| self.cluster.image_of(to, releases));
                let cluster = &mut fleet.cluster;
                written.unwrap_or_default().clone_into(&mut cluster.image);
                cluster.desired_image = None;
                (cluster.version, cluster.desired) = (to.clone(), to.clone());
                cluster.upgradeable = None;
            }
            Action::UpgradePools { pools } => {
                for upgrade in pools {
                    let pool = fleet.pools.iter_mut().find(|pool| pool.name == upgrade.pool);
                    if let Some(pool) = pool {
                        (pool.version, pool.desired) = (upgrade.to.clone(), upgrade.to.clone());
                    }
                }
            }
        }
        fleet
    }

    /// Rules that are broken already.
    fn warnings(&self, policy: &PlanPolicy) -> Vec<Finding<PlanRule>> {
        let (cluster, desired) = (&self.cluster.version, &self.cluster.desired);
        let newest = if older(cluster, desired) { desired } else { cluster };
        let mut rules = Vec::new();
        if !self.operator.supports(cluster.minor()) {
            rules.push(PlanRule::NotSupported { pool: None, version: cluster.clone() });
        }
        for pool in &self.pools {
            let (name, version) = (pool.name.clone(), pool.version.clone());
            if !self.operator.supports(version.minor()) {
                let (pool, version) = (Some(name.clone()), version.clone());
                rules.push(PlanRule::NotSupported { pool, version });
            }
            if older(cluster, &version) {
                let cluster = cluster.clone();
                rules.push(PlanRule::PoolAhead { pool: name, version, cluster });
            } else if !permits(policy.skew, newest, &version) {
                let cluster = newest.clone();
                rules.push(PlanRule::PoolBehind { pool: name, version, cluster });
            }
        }
        rules.into_iter().map(|rule| Finding::warning(JsonPath::root(), rule)).collect()
    }
}

impl ClusterState {
    /// The image of a version that it runs or is on its way to, if it is known.
    fn image_of<'a>(&'a self, version: &ReleaseVersion, releases: &'a Releases) -> Option<&'a str> {
        let written = self.desired_image.as_deref().filter(|_| self.desired == *version);
        written.or_else(|| releases.image(version))
    }
}

/// Versions that have no place in the sequence of minor versions.
fn unsupported_majors(fleet: &FleetSlice, target: &ReleaseVersion) -> Vec<Finding<PlanRule>> {
    let pools = fleet.pools.iter().flat_map(|pool| [&pool.version, &pool.desired]);
    let cluster = [target, &fleet.cluster.version, &fleet.cluster.desired];
    let mut unknown: Vec<_> =
        cluster.into_iter().chain(pools).filter(|version| version.ocp_minor().is_err()).collect();
    unknown.dedup();
    blocked(unknown.into_iter().map(|version| PlanRule::UnsupportedMajor(version.clone())))
}

/// Whether a pool of this version fits a cluster that runs one version only.
fn permits(skew: SkewPolicy, cluster: &ReleaseVersion, pool: &ReleaseVersion) -> bool {
    node_pool_skew(skew, &RunningVersions::one(cluster.clone()), pool).is_ok()
}
