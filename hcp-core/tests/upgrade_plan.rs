//! Properties of upgrade plans, against rules that are written a second time here, with numbers.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeSet;

use hcp_core::Rule;
use hcp_core::upgrade::plan::{
    Action, ClusterState, FleetSlice, NodeUpdate, Operator, PlanPolicy, PoolState, PoolTiming,
    Releases, Step, UpgradePlan,
};
use hcp_core::version::{Minor, OcpMinor, ReleaseVersion, SkewPolicy};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;

const OLDEST: u16 = 14;
const NEWEST: u16 = 26;

#[derive(Clone, Debug)]
struct Case {
    fleet: FleetSlice,
    target: ReleaseVersion,
    releases: Releases,
    policy: PlanPolicy,
}

impl Case {
    fn plan(&self, fleet: &FleetSlice) -> UpgradePlan {
        UpgradePlan::new(fleet, &self.target, &self.releases, &self.policy)
    }

    /// What is broken in a state: the number of pools that do not fit, and of things that the operator does not support.
    fn broken(&self, fleet: &FleetSlice) -> (usize, usize) {
        let (from, to) = (number(&fleet.cluster.version), number(&fleet.cluster.desired));
        let (oldest, newest) = (from.min(to), from.max(to));
        let fits = |version: &ReleaseVersion| {
            let (minor, _) = number(version);
            let behind = match self.policy.skew {
                SkewPolicy::OddEven => 2 - newest.0 % 2,
                _ => 3,
            };
            number(version) <= oldest && minor + behind >= newest.0
        };
        let versions = |pool: &PoolState| [pool.version.clone(), pool.desired.clone()];
        let pools = fleet.pools.iter().filter(|pool| !versions(pool).iter().all(fits)).count();
        let (first, last) = (place(fleet.operator.oldest), place(fleet.operator.newest));
        let supported = |version: &ReleaseVersion| (first..=last).contains(&number(version).0);
        // A pool of its cluster's own minor version is no more broken than the cluster.
        let own = |pool: &&PoolState| number(&pool.version).0 != from.0;
        let unsupported = fleet.pools.iter().filter(own).filter(|pool| !supported(&pool.version));
        let unsupported = unsupported.count();
        let cluster = supported(&fleet.cluster.version) && supported(&fleet.cluster.desired);
        (pools, unsupported + usize::from(!cluster))
    }
}

/// The state in the middle of a step: written, and as much finished as the bits say.
fn middle(before: &FleetSlice, step: &Step, bits: u8) -> FleetSlice {
    let mut fleet = before.clone();
    match &step.action {
        Action::UpgradeCluster { to, .. } => fleet.cluster.desired = to.clone(),
        Action::UpgradePools { pools } => {
            for (index, upgrade) in pools.iter().enumerate() {
                let pool = fleet.pools.iter_mut().find(|pool| pool.name == upgrade.pool);
                let pool = pool.expect("a plan names pools that exist");
                match (bits >> (2 * (index % 4))) & 3 {
                    0 => {}
                    1 => pool.desired = upgrade.to.clone(),
                    _ => {
                        pool.desired = upgrade.to.clone();
                        pool.version = upgrade.to.clone();
                    }
                }
            }
        }
        _ => {}
    }
    fleet
}

fn place(minor: Minor) -> u16 {
    minor.normalised().unwrap().index()
}

fn number(version: &ReleaseVersion) -> (u16, u64) {
    (place(version.minor()), version.as_semver().patch)
}

fn release(minor: u16, patch: u64) -> ReleaseVersion {
    let minor = OcpMinor::new(minor).minor();
    ReleaseVersion::new(minor.major, minor.minor, patch)
}

fn image(version: &ReleaseVersion) -> String {
    format!("quay.io/r:{version}")
}

fn any_release() -> impl Strategy<Value = ReleaseVersion> {
    (OLDEST..=NEWEST, 0..3u64).prop_map(|(minor, patch)| release(minor, patch))
}

fn releases() -> impl Strategy<Value = Releases> {
    let operator = (OLDEST..=NEWEST, 0..8u16, option::weighted(0.2, OLDEST..=NEWEST));
    let missing = vec((OLDEST..=NEWEST, 0..3u64), 0..4);
    (missing, vec(operator, 0..6), vec(any_release(), 0..4)).prop_map(
        |(missing, operators, management)| {
            let mut releases = Releases::default();
            for minor in OLDEST..=NEWEST {
                for patch in 0..3 {
                    if !missing.contains(&(minor, patch)) {
                        let version = release(minor, patch);
                        let image = image(&version);
                        releases = releases.with_image(version, image);
                    }
                }
            }
            let mut known = BTreeSet::new();
            for (newest, width, needs) in operators.into_iter().filter(|row| known.insert(row.0)) {
                releases = releases.with_operator(operator_release(newest, width, needs));
            }
            management.into_iter().fold(releases, Releases::with_management)
        },
    )
}

fn operator_release(newest: u16, width: u16, needs: Option<u16>) -> Operator {
    let minor = |place| OcpMinor::new(place).minor();
    Operator::new(release(newest, 0), minor(newest - width), minor(newest))
        .with_management(needs.map(minor))
}

/// Mostly within the rules, sometimes not.
fn pool(cluster: ReleaseVersion, name: usize) -> impl Strategy<Value = PoolState> {
    let flags =
        (any::<bool>(), any::<bool>(), prop::bool::weighted(0.03), prop::bool::weighted(0.15));
    (0..5u16, 0..3u64, flags).prop_map(move |(behind, patch, (in_place, loses, paused, moving))| {
        let (minor, most) = number(&cluster);
        let behind = behind % 4 + u16::from(behind == 4 && patch == 0) * 2;
        let patch = if behind == 0 && patch > most && patch < 2 { most } else { patch };
        let version = release(minor - behind.min(minor - OLDEST + 2), patch);
        let update = if in_place { NodeUpdate::InPlace } else { NodeUpdate::Replace };
        let pool = PoolState::new(format!("pool-{name}"), version, update).with_paused(paused);
        let pool = if in_place { pool } else { pool.with_loses_capacity(loses) };
        if moving { pool.with_desired(cluster.clone()) } else { pool }
    })
}

fn cluster() -> impl Strategy<Value = ClusterState> {
    let moving = prop::bool::weighted(0.1);
    let flags = (option::of(any::<bool>()), prop::bool::weighted(0.02), prop::bool::weighted(0.03));
    let forced = option::weighted(0.2, any_release());
    (any_release(), moving, flags, forced).prop_map(
        |(version, moving, (upgradeable, paused, fixed), forced)| {
            let (minor, patch) = number(&version);
            let image_of = image(&version);
            let cluster = ClusterState::new("clusters/c", version, image_of)
                .with_upgradeable(upgradeable)
                .with_paused(paused)
                .with_fixed_by(fixed.then(|| "TechPreviewNoUpgrade".to_owned()))
                .with_forced_to(forced.as_ref().map(image));
            if moving {
                cluster.with_desired(release((minor + 1).min(NEWEST), patch + 1))
            } else {
                cluster
            }
        },
    )
}

fn policy() -> impl Strategy<Value = PlanPolicy> {
    let minors = (1..3u16, 1..4u16, 1..4u16);
    (any::<bool>(), minors, any::<bool>(), 1..3usize, any::<bool>()).prop_map(
        |(odd_even, (cluster, replace, in_place), each, losing, force)| {
            PlanPolicy::default()
                .with_skew(if odd_even { SkewPolicy::OddEven } else { SkewPolicy::NMinus3 })
                .with_cluster_minors(cluster)
                .with_replace_minors(replace)
                .with_in_place_minors(in_place)
                .with_pools(if each { PoolTiming::EachMinor } else { PoolTiming::Late })
                .with_losing_capacity(losing)
                .with_force(force.then(|| "somebody".to_owned()))
        },
    )
}

prop_compose! {
    fn case()(cluster in cluster())(
        pools in (0..5usize).prop_flat_map({
            let version = cluster.version.clone();
            move |count| (0..count).map(|name| pool(version.clone(), name)).collect::<Vec<_>>()
        }),
        cluster in Just(cluster),
        up in 0..8u16,
        patch in 0..3u64,
        back in prop::bool::weighted(0.03),
        releases in releases(),
        policy in policy(),
        operator in (0..4u16, 0..8u16),
    ) -> Case {
        let (minor, _) = number(&cluster.version);
        let target = if back { minor - 1 } else { (minor + up).min(NEWEST) };
        let operator = operator_release(minor + operator.0, operator.0 + operator.1, None);
        let fleet = FleetSlice::new(operator, cluster).with_pools(pools);
        Case { fleet, target: release(target, patch), releases, policy }
    }
}

/// The states between the steps, the first and the last included.
fn states(case: &Case, plan: &UpgradePlan) -> Vec<FleetSlice> {
    let mut states = vec![case.fleet.clone()];
    for step in &plan.steps {
        let next = states.last().unwrap().after(step, &case.releases);
        states.push(next);
    }
    states
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 10_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_step_breaks_a_rule_at_its_end_or_in_its_middle(case in case(), bits: u8) {
        let plan = case.plan(&case.fleet);
        let mut broken = case.broken(&case.fleet);
        for (step, states) in plan.steps.iter().zip(states(&case, &plan).windows(2)) {
            for state in [middle(&states[0], step, bits), states[1].clone()] {
                let now = case.broken(&state);
                prop_assert!(now.0 <= broken.0 && now.1 <= broken.1, "{step:?}\n{plan}");
            }
            broken = case.broken(&states[1]);
        }
    }

    #[test]
    fn a_plan_ends_at_the_target_or_names_what_stops_it(case in case()) {
        let plan = case.plan(&case.fleet);
        let states = states(&case, &plan);
        let last = states.last().unwrap();
        if plan.reaches_target() {
            prop_assert_eq!(number(&last.cluster.version), number(&case.target));
            prop_assert_eq!(&last.cluster.version, &last.cluster.desired);
            prop_assert_eq!(&last.cluster.forced_to, &None);
            for pool in &last.pools {
                prop_assert_eq!(number(&pool.version), number(&case.target));
                prop_assert_eq!(&pool.version, &pool.desired);
            }
        } else {
            for finding in &plan.blocked {
                let row = finding.row();
                prop_assert!(!row.message.is_empty() && !row.remedy.is_empty());
                prop_assert!(row.rule != "plan-too-long", "{plan}");
            }
        }
    }

    #[test]
    fn a_plan_computed_again_after_any_step_is_the_rest_of_it(case in case()) {
        let plan = case.plan(&case.fleet);
        for (done, state) in states(&case, &plan).iter().enumerate() {
            let again = case.plan(state);
            prop_assert_eq!(&again.steps, &plan.steps[done..]);
            prop_assert_eq!(&again.blocked, &plan.blocked);
        }
    }

    #[test]
    fn a_plan_computed_again_in_the_middle_of_a_step_leads_to_the_same_end(case in case(), bits: u8) {
        let plan = case.plan(&case.fleet);
        for (step, state) in plan.steps.iter().zip(states(&case, &plan)) {
            let again = case.plan(&middle(&state, step, bits));
            prop_assert_eq!(again.reaches_target(), plan.reaches_target(), "{}\n{}", plan, again);
        }
    }

    #[test]
    fn nothing_is_ever_downgraded_and_force_needs_consent(case in case()) {
        let plan = case.plan(&case.fleet);
        let mut forced = false;
        for step in &plan.steps {
            match &step.action {
                Action::UpgradeCluster { from, to, .. } => {
                    prop_assert!(number(from) < number(to), "{plan}");
                }
                Action::UpgradePools { pools } => {
                    prop_assert!(!pools.is_empty(), "{plan}");
                    for pool in pools {
                        prop_assert!(number(&pool.from) < number(&pool.to), "{plan}");
                    }
                    let losing = pools.iter().filter(|pool| pool.loses_capacity && pool.image.is_some());
                    prop_assert!(losing.count() <= case.policy.losing_capacity, "{plan}");
                }
                Action::UpgradeOperator { from, to } => {
                    prop_assert!(number(from) < number(to), "{plan}");
                }
                Action::Force { consent, .. } => {
                    prop_assert_eq!(Some(consent), case.policy.force.as_ref());
                    prop_assert!(!forced, "{plan}");
                    forced = true;
                }
                Action::RemoveForce { .. } => forced = false,
                _ => {}
            }
        }
        prop_assert!(!forced || !plan.reaches_target());
    }

    #[test]
    fn minor_versions_are_gone_through_as_the_policy_says(case in case()) {
        let plan = case.plan(&case.fleet);
        for step in &plan.steps {
            if let Action::UpgradeCluster { from, to, image: Some(_) } = &step.action {
                prop_assert!(number(to).0 - number(from).0 <= case.policy.cluster_minors, "{plan}");
            }
        }
    }
}

fn four_minors() -> Case {
    let operator = Operator::new(release(16, 0), Minor::new(4, 14), Minor::new(4, 16));
    let cluster = ClusterState::new("clusters/prod", release(14, 9), "quay.io/r:4.14.9")
        .with_upgradeable(Some(false));
    let pools = vec![
        PoolState::new("workers", release(14, 9), NodeUpdate::Replace),
        PoolState::new("metal-a", release(14, 9), NodeUpdate::InPlace),
        PoolState::new("metal-b", release(14, 9), NodeUpdate::InPlace),
    ];
    let images = [(15, 40), (16, 30), (16, 2), (17, 20), (18, 3)];
    let releases = images.into_iter().fold(Releases::default(), |releases, (minor, patch)| {
        let version = release(minor, patch);
        let image = image(&version);
        releases.with_image(version, image)
    });
    let newer = Operator::new(release(18, 1), Minor::new(4, 14), Minor::new(4, 18))
        .with_management(Some(Minor::new(4, 16)));
    Case {
        fleet: FleetSlice::new(operator, cluster)
            .with_pools(pools)
            .with_management(Some(release(15, 1))),
        target: release(18, 3),
        releases: releases.with_operator(newer).with_management(release(16, 12)),
        policy: PlanPolicy::default().with_force(Some("ticket 7".to_owned())),
    }
}

#[test]
fn a_management_cluster_of_unknown_version_is_not_updated_to_what_may_be_older() {
    let Case { mut fleet, target, releases, policy } = four_minors();
    fleet.management = None;
    let plan = UpgradePlan::new(&fleet, &target, &releases, &policy);
    assert!(!plan.reaches_target());
    let blocked: Vec<_> = plan.blocked.iter().map(|finding| finding.rule.id()).collect();
    assert_eq!(blocked, ["management-unknown"]);
}

fn releases_of(versions: &[(u16, u64)]) -> Releases {
    versions.iter().fold(Releases::default(), |releases, (minor, patch)| {
        let version = release(*minor, *patch);
        let image = image(&version);
        releases.with_image(version, image)
    })
}

fn operator(oldest: u64, newest: u64) -> Operator {
    Operator::new(ReleaseVersion::new(4, newest, 0), Minor::new(4, oldest), Minor::new(4, newest))
}

fn plan(fleet: &FleetSlice, target: (u16, u64), releases: &Releases) -> UpgradePlan {
    UpgradePlan::new(fleet, &release(target.0, target.1), releases, &PlanPolicy::default())
}

fn rules(plan: &UpgradePlan) -> Vec<&'static str> {
    plan.blocked.iter().map(|found| found.rule.id()).collect()
}

#[test]
fn no_pool_goes_back_for_the_sake_of_an_operator() {
    let cluster = ClusterState::new("clusters/c", release(15, 1), "quay.io/r:4.15.1");
    let ahead = PoolState::new("ahead", release(17, 0), NodeUpdate::Replace);
    let fleet = FleetSlice::new(operator(14, 15), cluster).with_pools(vec![ahead]);
    let releases = releases_of(&[(16, 0), (17, 0), (18, 0)]).with_operator(operator(14, 16));
    let plan = plan(&fleet, (18, 0), &releases);
    assert!(plan.steps.is_empty(), "{plan}");
    assert_eq!(rules(&plan), ["no-operator"]);
}

#[test]
fn a_pool_that_was_sent_ahead_of_its_cluster_is_called_back_to_it() {
    let cluster = ClusterState::new("clusters/c", release(15, 1), "quay.io/r:4.15.1");
    let pool = PoolState::new("old", release(12, 0), NodeUpdate::Replace);
    let pool = pool.with_desired(release(16, 0));
    let fleet = FleetSlice::new(operator(12, 18), cluster).with_pools(vec![pool]);
    let plan = plan(&fleet, (16, 0), &releases_of(&[(16, 0)]));
    let Action::UpgradePools { pools } = &plan.steps[0].action else { panic!("{plan}") };
    assert_eq!(pools[0].to, release(15, 1), "{plan}");
    assert_eq!(pools[0].image.as_deref(), Some("quay.io/r:4.15.1"));
}

#[test]
fn pools_follow_to_the_image_that_their_cluster_went_to() {
    let cluster = || {
        ClusterState::new("clusters/c", release(15, 1), "quay.io/r:4.15.1")
            .with_desired(release(16, 5))
    };
    let pool = PoolState::new("old", release(15, 1), NodeUpdate::Replace);
    let fleet = |cluster| FleetSlice::new(operator(12, 18), cluster).with_pools(vec![pool.clone()]);
    let unknown = plan(&fleet(cluster()), (16, 5), &Releases::default());
    assert_eq!((unknown.steps.len(), rules(&unknown)), (1, vec!["no-image"]), "{unknown}");
    let forced = cluster()
        .with_desired_image(Some("quay.io/r@five".to_owned()))
        .with_forced_to(Some("quay.io/r@five".to_owned()));
    let plan = plan(&fleet(forced), (16, 5), &Releases::default());
    assert!(matches!(plan.steps[0].action, Action::UpgradeCluster { .. }), "{plan}");
    let Action::UpgradePools { pools } = &plan.steps[2].action else { panic!("{plan}") };
    assert_eq!(pools[0].image.as_deref(), Some("quay.io/r@five"));
}

#[test]
fn five_zero_is_left_for_only_if_the_cluster_is_upgradeable() {
    let cluster = ClusterState::new("c", ReleaseVersion::new(4, 23, 1), "quay.io/r:4.23.1");
    let fleet = FleetSlice::new(operator(20, 24), cluster.with_upgradeable(Some(false)));
    let plan = plan(&fleet, (23, 2), &releases_of(&[(23, 2)]));
    assert_eq!(rules(&plan), ["not-upgradeable"], "{plan}");
}

#[test]
fn pools_of_a_paused_cluster_stay_where_they_are() {
    let cluster = ClusterState::new("c", release(16, 0), "quay.io/r:4.16.0").with_paused(true);
    let pool = PoolState::new("old", release(15, 1), NodeUpdate::Replace);
    let fleet = FleetSlice::new(operator(12, 18), cluster).with_pools(vec![pool]);
    assert_eq!(rules(&plan(&fleet, (16, 0), &Releases::default())), ["cluster-paused"]);
}

#[test]
fn a_pool_that_is_too_old_for_the_update_under_way_is_told() {
    let cluster =
        ClusterState::new("c", release(16, 0), "quay.io/r:4.16.0").with_desired(release(17, 0));
    let pool = PoolState::new("old", release(13, 1), NodeUpdate::Replace);
    let fleet = FleetSlice::new(operator(12, 18), cluster).with_pools(vec![pool]);
    let plan = plan(&fleet, (17, 0), &releases_of(&[(17, 0)]));
    let warned: Vec<_> = plan.warnings.iter().map(|found| found.rule.id()).collect();
    assert_eq!(warned, ["pool-behind"], "{plan}");
}

#[test]
fn four_minors_up_is_a_table_that_can_be_read() {
    let case = four_minors();
    insta::assert_snapshot!(case.plan(&case.fleet));
}

#[test]
fn a_blocked_plan_says_after_which_step_why_and_what_to_do() {
    let mut case = four_minors();
    case.policy.force = None;
    insta::assert_snapshot!(case.plan(&case.fleet));
    case.target = release(13, 0);
    insta::assert_snapshot!(case.plan(&case.fleet));
}

#[test]
fn a_plan_is_data_for_machines() {
    let case = four_minors();
    let json = serde_json::to_value(case.plan(&case.fleet)).unwrap();
    assert_eq!(json["target"], "4.18.3");
    assert_eq!(json["steps"][0]["action"], "force");
    assert_eq!(json["steps"][1]["action"], "upgrade-cluster");
    assert_eq!(json["steps"][1]["before"][0]["gate"], "backup-verified");
    assert_eq!(json["blocked"], serde_json::json!([]));
}
