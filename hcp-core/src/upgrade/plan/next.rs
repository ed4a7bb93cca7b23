//! The next step from a state: the whole of the decision.
//!
//! It looks at nothing but the state, so that a plan that is computed again after some of its steps is the rest of it.

use std::cmp::Ordering;

use crate::Finding;
use crate::path::JsonPath;
use crate::version::{OcpMinor, ReleaseVersion};

use super::fleet::{FleetSlice, NodeUpdate, Operator, PoolState};
use super::gates::step;
use super::permits;
use super::policy::{PlanPolicy, PoolTiming};
use super::releases::Releases;
use super::rule::PlanRule;
use super::step::{Action, PoolUpgrade, Step};

/// What comes next.
#[derive(Debug)]
pub(super) enum Next {
    Step(Step),
    AtTarget,
    Blocked(Vec<Finding<PlanRule>>),
}

/// Everything that a decision needs. All versions have a place in the sequence of minor versions.
#[derive(Clone, Copy, Debug)]
pub(super) struct Decision<'a> {
    pub(super) fleet: &'a FleetSlice,
    pub(super) target: &'a ReleaseVersion,
    pub(super) releases: &'a Releases,
    pub(super) policy: &'a PlanPolicy,
}

type Found = Result<Option<Step>, Vec<Finding<PlanRule>>>;

impl<'a> Decision<'a> {
    pub(super) fn next(&self) -> Next {
        let decided = self.impossible().and_then(|()| self.decide());
        match decided {
            Ok(Some(step)) => Next::Step(step),
            Ok(None) => Next::AtTarget,
            Err(findings) => Next::Blocked(findings),
        }
    }

    fn decide(&self) -> Found {
        if let Some(step) = self.finish_cluster()? {
            return Ok(Some(step));
        }
        if let Some(step) = self.leftover_force() {
            return Ok(Some(step));
        }
        if let Some(step) = self.finish_pools()? {
            return Ok(Some(step));
        }
        let version = &self.fleet.cluster.version;
        // An operator that is too old for what runs does not know what it does; one that is too new is mended by going on.
        if self.fleet.operator.newest.normalised().is_ok_and(|newest| newest < place(version))
            && let Some(step) = self.operator_for(version)?
        {
            return Ok(Some(step));
        }
        if older(version, self.target) { self.towards() } else { self.last_pools() }
    }

    /// What no step can mend.
    fn impossible(&self) -> Result<(), Vec<Finding<PlanRule>>> {
        let cluster = &self.fleet.cluster;
        let set_back = |pool: Option<&str>, from: &ReleaseVersion, to: &ReleaseVersion| {
            older(to, from).then(|| PlanRule::ChangingBack {
                pool: pool.map(ToOwned::to_owned),
                from: from.clone(),
                to: to.clone(),
            })
        };
        let mut rules = Vec::new();
        if older(self.target, &cluster.version) {
            let (from, to) = (cluster.version.clone(), self.target.clone());
            rules.push(PlanRule::Downgrade { from, to });
        } else if older(self.target, &cluster.desired) {
            let (desired, target) = (cluster.desired.clone(), self.target.clone());
            rules.push(PlanRule::BeyondTarget { desired, target });
        }
        rules.extend(set_back(None, &cluster.version, &cluster.desired));
        for pool in &self.fleet.pools {
            rules.extend(set_back(Some(&pool.name), &pool.version, &pool.desired));
            let newest =
                if older(&pool.version, &pool.desired) { &pool.desired } else { &pool.version };
            // A cluster that would be downgraded needs no word about its pools.
            if older(self.target, newest) && !older(self.target, &cluster.version) {
                rules.push(PlanRule::PoolAhead {
                    pool: pool.name.clone(),
                    version: newest.clone(),
                    cluster: self.target.clone(),
                });
            }
        }
        if rules.is_empty() { Ok(()) } else { Err(blocked(rules)) }
    }

    fn step(&self, action: Action, why: impl Into<String>) -> Step {
        step(self.fleet, self.policy, action, why.into())
    }

    /// A rollout of the cluster that goes on.
    fn finish_cluster(&self) -> Found {
        let cluster = &self.fleet.cluster;
        if !older(&cluster.version, &cluster.desired) {
            return Ok(None);
        }
        if cluster.paused {
            return Err(blocked([PlanRule::ClusterPaused]));
        }
        // Without the image nobody can tell, and removing the right annotation would stop the update.
        let other = cluster
            .image_of(&cluster.desired, self.releases)
            .and_then(|desired| cluster.forced_to.clone().filter(|forced| forced != desired));
        if let Some(image) = other {
            let why = "it is not for the update under way, and blocks it";
            return Ok(Some(self.step(Action::RemoveForce { image }, why)));
        }
        let (from, to) = (cluster.version.clone(), cluster.desired.clone());
        Ok(Some(self.step(Action::UpgradeCluster { from, to, image: None }, "it is under way")))
    }

    /// An annotation that is of no use for the next step of the cluster.
    fn leftover_force(&self) -> Option<Step> {
        let image = self.fleet.cluster.forced_to.as_ref()?;
        let next = self.next_version().ok().flatten();
        let needed = next.is_some_and(|(next, next_image)| {
            next_image == image && self.policy.force.is_some() && self.is_forbidden(next)
        });
        if needed {
            return None;
        }
        let why = "the update that it was for is done; it would block the next, or force it";
        Some(self.step(Action::RemoveForce { image: image.clone() }, why))
    }

    /// Rollouts of pools that go on, as far as the cluster lets them.
    fn finish_pools(&self) -> Found {
        let in_flight = |pool: &&PoolState| self.is_under_way(pool);
        let pools: Vec<_> = self.fleet.pools.iter().filter(in_flight).collect();
        if pools.is_empty() { Ok(None) } else { self.group(&pools, "under way") }
    }

    /// Whether a pool is on its way to a version that its cluster lets it reach.
    fn is_under_way(&self, pool: &PoolState) -> bool {
        older(&pool.version, &pool.desired) && !older(&self.fleet.cluster.version, &pool.desired)
    }

    /// One step nearer with the cluster, or with what has to be done before.
    fn towards(&self) -> Found {
        let Some((next, image)) = self.next_version()? else { return Ok(None) };
        let lagging: Vec<_> =
            self.fleet.pools.iter().filter(|pool| self.lags(pool, next)).collect();
        if !lagging.is_empty() {
            return self.group(&lagging, &format!("the skew would not hold at {next}"));
        }
        if let Some(step) = self.operator_for(next)? {
            return Ok(Some(step));
        }
        self.cluster_to(next, image)
    }

    /// The next version of the cluster, and its image.
    fn next_version(
        &self,
    ) -> Result<Option<(&'a ReleaseVersion, &'a str)>, Vec<Finding<PlanRule>>> {
        let (version, target) = (&self.fleet.cluster.version, self.target);
        if !older(version, target) {
            return Ok(None);
        }
        let (here, there) = (place(version), place(target));
        let most = self.policy.cluster_minors.max(1);
        for up in (1..=most).rev() {
            let minor = OcpMinor::new(here.index().saturating_add(up));
            let next = if minor >= there { Some(target) } else { self.releases.newest(minor) };
            let Some(next) = next.filter(|next| self.pools_can_follow(next)) else { continue };
            let image = self
                .releases
                .image(next)
                .ok_or_else(|| blocked([PlanRule::NoImage(next.clone())]))?;
            return Ok(Some((next, image)));
        }
        let minor = OcpMinor::new(here.index().saturating_add(1)).minor();
        Err(blocked([PlanRule::NoRelease(minor)]))
    }

    /// Whether pools at the cluster's present version would be new enough; one minor version further they always are.
    fn pools_can_follow(&self, next: &ReleaseVersion) -> bool {
        let version = &self.fleet.cluster.version;
        let further = place(next).index().saturating_sub(place(version).index());
        further <= 1 || self.fleet.pools.is_empty() || permits(self.policy.skew, next, version)
    }

    /// Whether a pool has to change before the cluster goes to the next version.
    fn lags(&self, pool: &PoolState, next: &ReleaseVersion) -> bool {
        let version = &self.fleet.cluster.version;
        let behind = older(&pool.version, version);
        let each = self.policy.pools == PoolTiming::EachMinor
            && place(&pool.version) < place(version)
            && place(version) < place(next);
        behind && (each || !permits(self.policy.skew, next, &pool.version))
    }

    /// The operator, or its management cluster, if the next version needs another.
    fn operator_for(&self, next: &ReleaseVersion) -> Found {
        let operator = &self.fleet.operator;
        if operator.supports(next.minor()) {
            return Ok(None);
        }
        let cluster = &self.fleet.cluster;
        let candidate = |release: &&Operator| {
            older(&operator.version, &release.version)
                && release.supports(next.minor())
                && release.supports(cluster.version.minor())
        };
        let pools_too = |release: &&Operator| {
            self.fleet.pools.iter().all(|pool| release.supports(pool.version.minor()))
        };
        let candidates: Vec<_> = self.releases.operators.iter().filter(candidate).collect();
        let fitting = candidates.iter().copied().filter(pools_too);
        if let Some(release) = best(fitting, self.target) {
            return self.operator_to(release, next);
        }
        let Some(release) = best(candidates.iter().copied(), self.target) else {
            let (next, newest) = (next.clone(), operator.newest);
            return Err(blocked([PlanRule::NoOperator { next, newest }]));
        };
        let pools = self.fleet.pools.iter();
        let unsupported: Vec<_> =
            pools.filter(|pool| !release.supports(pool.version.minor())).collect();
        // A pool that is not behind has nowhere to go.
        if unsupported.iter().any(|pool| !older(&pool.version, &cluster.version)) {
            let (next, newest) = (next.clone(), operator.newest);
            return Err(blocked([PlanRule::NoOperator { next, newest }]));
        }
        self.group(&unsupported, &format!("operator {} does not support them", release.version))
    }

    fn operator_to(&self, release: &Operator, next: &ReleaseVersion) -> Found {
        if let Some(needs) = release.management.filter(|needs| !self.manages(*needs)) {
            let enough = |version: &&ReleaseVersion| {
                needs
                    .normalised()
                    .is_ok_and(|needs| version.ocp_minor().is_ok_and(|minor| minor >= needs))
            };
            let operator = release.version.clone();
            // The smallest that fits could be older than what runs.
            let Some(from) = self.fleet.management.clone() else {
                return Err(blocked([PlanRule::ManagementUnknown { operator, needs }]));
            };
            let known = self.releases.management.iter().filter(enough);
            let Some(to) = known.min_by(|a, b| order(a, b)) else {
                return Err(blocked([PlanRule::NoManagement { operator, needs }]));
            };
            let to = to.clone();
            let why = format!("operator {} needs {needs}", release.version);
            return Ok(Some(self.step(Action::UpgradeManagement { from, to }, why)));
        }
        let (from, to) = (self.fleet.operator.version.clone(), release.version.clone());
        let why =
            format!("operator {from} supports up to {}, not {next}", self.fleet.operator.newest);
        Ok(Some(self.step(Action::UpgradeOperator { from, to }, why)))
    }

    fn manages(&self, needs: crate::version::Minor) -> bool {
        let have = self.fleet.management.as_ref().and_then(|version| version.ocp_minor().ok());
        needs.normalised().is_ok_and(|needs| have.is_some_and(|have| have >= needs))
    }

    /// Whether the cluster says that it must not leave its minor version; from 4.23 to 5.0 it would, as `HyperShift` sees it.
    fn is_forbidden(&self, next: &ReleaseVersion) -> bool {
        let cluster = &self.fleet.cluster;
        cluster.version.minor() != next.minor() && cluster.upgradeable == Some(false)
    }

    fn cluster_to(&self, next: &ReleaseVersion, image: &str) -> Found {
        let cluster = &self.fleet.cluster;
        if cluster.paused {
            return Err(blocked([PlanRule::ClusterPaused]));
        }
        let minor = cluster.version.minor() != next.minor();
        if let Some(feature_set) = cluster.fixed_by.clone().filter(|_| minor) {
            return Err(blocked([PlanRule::FixedByFeatureSet { feature_set, to: next.clone() }]));
        }
        if self.is_forbidden(next) && cluster.forced_to.as_deref() != Some(image) {
            let Some(consent) = self.policy.force.clone() else {
                let (from, to) = (cluster.version.clone(), next.clone());
                return Err(blocked([PlanRule::NotUpgradeable { from, to }]));
            };
            let image = image.to_owned();
            let why = "ClusterVersionUpgradeable is not True, and somebody agreed to override it";
            return Ok(Some(self.step(Action::Force { image, consent }, why)));
        }
        let (from, to) = (cluster.version.clone(), next.clone());
        let image = Some(image.to_owned());
        let why = if next == self.target {
            "the target"
        } else {
            "on the way, one minor version at a time"
        };
        Ok(Some(self.step(Action::UpgradeCluster { from, to, image }, why)))
    }

    /// The cluster is at the target; the pools follow.
    fn last_pools(&self) -> Found {
        let pools: Vec<_> =
            self.fleet.pools.iter().filter(|pool| older(&pool.version, self.target)).collect();
        if pools.is_empty() {
            Ok(None)
        } else {
            self.group(&pools, "their cluster is at the target")
        }
    }

    /// As many of these pools as may be updated at once, those first that are under way.
    fn group(&self, pools: &[&PoolState], why: &str) -> Found {
        if self.fleet.cluster.paused {
            return Err(blocked([PlanRule::ClusterPaused]));
        }
        let (paused, free): (Vec<&PoolState>, Vec<&PoolState>) =
            pools.iter().copied().partition(|pool| pool.paused);
        if free.is_empty() {
            return Err(blocked(paused.iter().map(|pool| PlanRule::PoolPaused(pool.name.clone()))));
        }
        let (under_way, waiting): (Vec<&PoolState>, Vec<&PoolState>) =
            free.into_iter().partition(|pool| self.is_under_way(pool));
        let mut losing = self.losing_now();
        let most = self.policy.losing_capacity.max(1);
        let mut group = Vec::new();
        for pool in under_way {
            group.push(upgrade(pool, &pool.desired, None));
        }
        for pool in waiting {
            if pool.loses_capacity && losing >= most {
                continue;
            }
            let (to, image) = self.goal(pool)?;
            losing += usize::from(pool.loses_capacity);
            group.push(upgrade(pool, to, Some(image.to_owned())));
        }
        Ok(Some(self.step(Action::UpgradePools { pools: group }, why)))
    }

    /// How many pools are losing capacity already.
    fn losing_now(&self) -> usize {
        let losing = |pool: &&PoolState| pool.loses_capacity && self.is_under_way(pool);
        self.fleet.pools.iter().filter(losing).count()
    }

    /// How far a pool can go now: to its cluster's version, or as many minor versions towards it as the policy allows.
    fn goal(
        &self,
        pool: &PoolState,
    ) -> Result<(&'a ReleaseVersion, &'a str), Vec<Finding<PlanRule>>> {
        let cluster = &self.fleet.cluster;
        let (here, there) = (place(&pool.version).index(), place(&cluster.version).index());
        let most = match pool.update {
            NodeUpdate::Replace => self.policy.replace_minors,
            NodeUpdate::InPlace => self.policy.in_place_minors,
        }
        .max(1);
        if there.saturating_sub(here) <= most {
            let image = self.releases.image(&cluster.version).unwrap_or(&cluster.image);
            if image.is_empty() {
                return Err(blocked([PlanRule::NoImage(cluster.version.clone())]));
            }
            return Ok((&cluster.version, image));
        }
        for up in (1..=most).rev() {
            let minor = OcpMinor::new(here.saturating_add(up));
            let next = self.releases.newest(minor);
            if let Some(found) = next.and_then(|next| Some((next, self.releases.image(next)?))) {
                return Ok(found);
            }
        }
        let minor = OcpMinor::new(here.saturating_add(1)).minor();
        Err(blocked([PlanRule::NoRelease(minor)]))
    }
}

/// The release that gets nearest to the target: the oldest that supports it, otherwise the one that supports most.
fn best<'a>(
    releases: impl Iterator<Item = &'a Operator> + Clone,
    target: &ReleaseVersion,
) -> Option<&'a Operator> {
    let reaches = releases.clone().filter(|release| release.supports(target.minor()));
    reaches.min_by(|a, b| order(&a.version, &b.version)).or_else(|| {
        releases.max_by(|a, b| {
            let newest = |release: &Operator| release.newest.normalised().ok();
            newest(a).cmp(&newest(b)).then_with(|| order(&b.version, &a.version))
        })
    })
}

fn upgrade(pool: &PoolState, to: &ReleaseVersion, image: Option<String>) -> PoolUpgrade {
    PoolUpgrade {
        pool: pool.name.clone(),
        from: pool.version.clone(),
        to: to.clone(),
        image,
        update: pool.update,
        loses_capacity: pool.loses_capacity,
    }
}

pub(super) fn blocked(rules: impl IntoIterator<Item = PlanRule>) -> Vec<Finding<PlanRule>> {
    rules.into_iter().map(|rule| Finding::refusal(JsonPath::root(), rule)).collect()
}

/// Where its minor version is in the sequence; checked before a decision is asked for.
fn place(version: &ReleaseVersion) -> OcpMinor {
    version.ocp_minor().unwrap_or(OcpMinor::new(u16::MAX))
}

fn order(one: &ReleaseVersion, other: &ReleaseVersion) -> Ordering {
    one.precedence(other).unwrap_or_else(|_| one.cmp(other))
}

pub(super) fn older(one: &ReleaseVersion, other: &ReleaseVersion) -> bool {
    order(one, other) == Ordering::Less
}
