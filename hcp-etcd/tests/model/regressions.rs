//! What the properties found, one test each.

use hcp_etcd::diagnosis::Stores;
use hcp_etcd::health::{
    Alarm, AlarmKind, DataState, ExitCause, Observation, ProbeError, ProbeErrorKind,
};
use hcp_etcd::recovery::{Action, Plan, Reason, Step};
use hcp_etcd::{ClusterState, Diagnosis, MemberId, MemberState};

use super::convergence::run_out;
use super::executor::Keeper;
use super::faults::Fault;
use super::probe::{Probe, name};
use super::world::{Health, World};

fn befall(world: &mut World, kind: u8, node: u8) {
    world.befall(Fault { kind, node, arg: 0 });
}

fn spoil(world: &mut World, node: usize, health: Health) {
    if let Some(data) = &mut world.nodes[node].data {
        data.health = health;
    }
}

/// Looks every five seconds, for so long.
fn watch(world: &mut World, keeper: &mut Keeper, seconds: i64) -> (Diagnosis, Plan) {
    for _ in 0..seconds / 5 {
        keeper.look(world, Probe::CLEAR);
        world.pass(5);
    }
    keeper.look(world, Probe::CLEAR)
}

fn decide(keeper: &Keeper, world: &World, observation: &Observation) -> (Diagnosis, Plan) {
    let diagnosis = keeper.diagnose(world, observation);
    let plan = keeper.plan(world, &diagnosis);
    (diagnosis, plan)
}

fn withhold(observation: &mut Observation, member: usize, status_alone: bool) {
    let error = ProbeError::new(ProbeErrorKind::Timeout, "");
    let seen = &mut observation.members[member];
    seen.status = Err(error.clone());
    if !status_alone {
        seen.read = Err(error.clone());
        seen.member_list = Err(error.clone());
        seen.alarms = Err(error);
    }
}

fn ends_healthy(mut world: World) {
    let mut keeper = Keeper::default();
    let (diagnosis, plan) = run_out(&mut world, &mut keeper, &[]).expect("ends");
    assert_eq!(plan.action, Action::Nothing, "{diagnosis}{plan}");
}

#[test]
fn an_outage_of_all_is_no_failure_of_each() {
    let (mut world, mut keeper) = (World::new(3, false), Keeper::default());
    for node in [1, 2] {
        befall(&mut world, 3, node);
    }
    watch(&mut world, &mut keeper, 600);
    world.heal();
    watch(&mut world, &mut keeper, 10);
    // One probe without an answer right afterwards.
    world.nodes[0].blind = true;
    let (_, plan) = keeper.look(&mut world, Probe::CLEAR);
    assert!(plan.member().is_none(), "{plan}");
}

#[test]
fn a_new_incarnation_starts_with_a_clean_record() {
    let (mut world, mut keeper) = (World::new(3, false), Keeper::default());
    befall(&mut world, 3, 2);
    watch(&mut world, &mut keeper, 600);
    befall(&mut world, 14, 2);
    run_out(&mut world, &mut keeper, &[]).expect("ends");
    world.pass(31);
    world.nodes[2].blind = true;
    let (_, plan) = keeper.look(&mut world, Probe::CLEAR);
    assert!(plan.member().is_none(), "{plan}");
}

#[test]
fn who_is_cut_off_restarts_nobody() {
    let (mut world, mut keeper) = (World::new(3, false), Keeper::default());
    for node in 0..3 {
        befall(&mut world, 4, node);
    }
    let (_, plan) = watch(&mut world, &mut keeper, 900);
    assert_eq!(plan.action, Action::NeedsHuman);
    assert!(plan.reasons.contains(&Reason::MayBeUs), "{plan}");
}

#[test]
fn hung_members_are_restarted_one_at_a_time() {
    let (mut world, mut keeper) = (World::new(5, false), Keeper::default());
    for node in [2, 3, 4] {
        befall(&mut world, 3, node);
    }
    let (_, plan) = watch(&mut world, &mut keeper, 60);
    assert_eq!(plan.action, Action::Restart(name(2)));
    // It was restarted, and does not answer yet.
    world.nodes[2].running_since = Some(world.now + 1);
    world.pass(2);
    let (_, plan) = keeper.look(&mut world, Probe::CLEAR);
    assert!(matches!(plan.action, Action::WaitUntil(_)), "{plan}");
}

#[test]
fn a_foreign_member_that_falls_silent_stays_foreign() {
    let (mut world, mut keeper) = (World::new(3, false), Keeper::default());
    watch(&mut world, &mut keeper, 10);
    befall(&mut world, 20, 2);
    watch(&mut world, &mut keeper, 10);
    befall(&mut world, 2, 2);
    let (diagnosis, plan) = watch(&mut world, &mut keeper, 900);
    assert_eq!(diagnosis.members[2].state, MemberState::WrongCluster);
    assert_eq!(plan.action, Action::NeedsHuman, "{plan}");
}

#[test]
fn one_foreign_member_makes_nobody_else_foreign() {
    let mut world = World::new(3, false);
    befall(&mut world, 20, 2);
    let (diagnosis, _) = Keeper::default().look(&mut world, Probe::CLEAR);
    assert_eq!(diagnosis.cluster, ClusterState::AtRisk, "{diagnosis}");
    assert_eq!(diagnosis.quorum.healthy, 2);
}

#[test]
fn the_member_list_of_a_foreign_cluster_is_not_believed() {
    // Our members are down; at the third URL another cluster answers everything but its status.
    let (mut world, mut keeper) = (World::new(3, false), Keeper::default());
    watch(&mut world, &mut keeper, 10);
    befall(&mut world, 2, 0);
    befall(&mut world, 2, 1);
    befall(&mut world, 20, 2);
    let mut observation = world.observe(Probe::CLEAR);
    withhold(&mut observation, 2, true);
    let (diagnosis, _) = decide(&keeper, &world, &observation);
    assert!(!diagnosis.is_quorum_proved(), "{diagnosis}");
    assert!(diagnosis.members.iter().all(|m| m.state != MemberState::Removed));
}

#[test]
fn a_list_without_most_declared_members_wipes_nobody() {
    // The only member that answers is of another cluster, and nobody ever told which is the right one.
    let (mut world, mut keeper) = (World::new(3, false), Keeper::default());
    world.pinned = false;
    befall(&mut world, 9, 0);
    befall(&mut world, 9, 1);
    befall(&mut world, 20, 2);
    let (_, plan) = watch(&mut world, &mut keeper, 600);
    assert_eq!(plan.action, Action::NeedsHuman);
    let told = |r: &Reason| matches!(r, Reason::MostAreUnlisted { listed: 1, declared: 3 });
    assert!(plan.reasons.iter().any(told), "{plan}");
    assert_eq!(keeper.history.cluster_id, None);
}

#[test]
fn a_member_without_status_does_not_count_as_healthy() {
    let world = World::new(3, false);
    let mut observation = world.observe(Probe::CLEAR);
    withhold(&mut observation, 1, true);
    let (diagnosis, _) = decide(&Keeper::default(), &world, &observation);
    assert_eq!(diagnosis.quorum.healthy, 2, "{diagnosis}");
}

#[test]
fn differing_revisions_are_no_comparison_of_contents() {
    let (mut world, keeper) = (World::new(4, false), Keeper::default());
    spoil(&mut world, 0, Health::Short(1));
    spoil(&mut world, 3, Health::Flipped(1));
    let shallow = world.observe(Probe { hashes: false, ..Probe::CLEAR });
    let (diagnosis, _) = decide(&keeper, &world, &shallow);
    assert_eq!(diagnosis.stores, Stores::PartlyCompared);
    let now = super::probe::at(world.now);
    let refusal = diagnosis.prove_quorum_without(&name(0), &keeper.policy, now).unwrap_err();
    assert!(refusal.reasons.contains(&Reason::StoresNotCompared), "{refusal}");
}

#[test]
fn voters_nobody_sees_may_be_the_ones_that_count() {
    // One of two members is out of our sight, votes, and holds the only good store.
    let (mut world, mut keeper) = (World::new(2, false), Keeper::default());
    spoil(&mut world, 1, Health::Flipped(1));
    world.nodes[0].blind = true;
    let (_, plan) = watch(&mut world, &mut keeper, 900);
    assert_eq!(plan.action, Action::NeedsHuman);
    let unseen = Reason::UnseenVoters { healthy: 1, quorum: 2 };
    assert!(plan.reasons.contains(&unseen), "{plan}");
}

#[test]
fn nobody_joins_while_a_bad_store_may_lead() {
    let (mut world, mut keeper) = (World::new(5, false), Keeper::default());
    befall(&mut world, 14, 4);
    while world.seat_of(4).is_some() {
        keeper.turn(&mut world, Probe::CLEAR).expect("safe");
    }
    spoil(&mut world, 0, Health::Flipped(1));
    let (_, plan) = keeper.look(&mut world, Probe::CLEAR);
    assert_eq!(plan.member(), Some(&name(0)), "{plan}");
    ends_healthy(world);
}

#[test]
fn whom_a_corrupt_alarm_accuses_is_not_replaced_for_it() {
    let (mut world, mut keeper) = (World::new(5, false), Keeper::default());
    let accused = world.seat_of(2).expect("listed").id;
    world.alarms.push(Alarm::new(MemberId::new(accused), AlarmKind::Corrupt));
    spoil(&mut world, 3, Health::Flipped(1));
    let (diagnosis, plan) = keeper.look(&mut world, Probe::CLEAR);
    assert_eq!(diagnosis.members[2].state, MemberState::Healthy);
    assert_eq!(plan.member(), Some(&name(3)), "{plan}");
}

#[test]
fn a_learner_that_is_cut_off_is_not_promoted() {
    let (mut world, mut keeper) = (World::new(4, false), Keeper::default());
    befall(&mut world, 14, 1);
    while !world.seats.iter().any(|s| s.learner && s.started) {
        keeper.turn(&mut world, Probe::CLEAR).expect("safe");
    }
    world.pass(10);
    befall(&mut world, 5, 1);
    let (_, plan) = keeper.look(&mut world, Probe::CLEAR);
    let promotes = matches!(&plan.action, Action::Replace(r) if r.steps[0] == Step::Promote);
    assert!(!promotes, "{plan}");
}

#[test]
fn damage_shows_without_a_member_list() {
    let (mut world, mut keeper) = (World::new(1, false), Keeper::default());
    befall(&mut world, 10, 0);
    let (diagnosis, plan) = run_out(&mut world, &mut keeper, &[]).expect("ends");
    assert_eq!(diagnosis.members[0].state, MemberState::Corrupt);
    assert_eq!(plan.action, Action::NeedsRestore, "{plan}");
}

#[test]
fn two_dead_of_five_are_both_removed_before_one_is_added() {
    let mut world = World::new(5, false);
    befall(&mut world, 14, 3);
    befall(&mut world, 9, 4);
    ends_healthy(world);
}

#[test]
fn what_etcd_must_refuse_is_not_tried_forever() {
    let (mut world, mut keeper) = (World::new(7, false), Keeper::default());
    befall(&mut world, 15, 0);
    befall(&mut world, 9, 1);
    let (_, plan) = run_out(&mut world, &mut keeper, &[]).expect("ends");
    assert_eq!(plan.action, Action::NeedsHuman);
    let waits_for = Reason::VoterDisconnected { member: name(0) };
    assert!(plan.reasons.contains(&waits_for), "{plan}");
}

#[test]
fn the_last_replacement_allowed_is_carried_through() {
    let mut world = World::new(3, false);
    let mut keeper = Keeper::default();
    for _ in 0..2 {
        befall(&mut world, 9, 2);
        let (_, plan) = run_out(&mut world, &mut keeper, &[]).expect("ends");
        assert_eq!(plan.action, Action::Nothing, "{plan}");
    }
    befall(&mut world, 9, 2);
    let (_, plan) = run_out(&mut world, &mut keeper, &[]).expect("ends");
    let times = |r: &Reason| matches!(r, Reason::ReplacedTooOften { times: 2, .. });
    assert!(plan.reasons.iter().any(times), "{plan}");
    assert!(world.seat_of(2).is_some(), "it was not even removed");
}

#[test]
fn a_joiner_started_over_and_over_is_built_anew() {
    let (mut world, keeper) = (World::new(3, false), Keeper::default());
    befall(&mut world, 21, 2);
    world.pass(10);
    world.nodes[2].data = None;
    world.member_add(Some(2), true).expect("healthy");
    let mut observation = world.observe(Probe::CLEAR);
    let process = observation.members[2].process.as_mut().expect("seen");
    let now = super::probe::at(world.now);
    *process = hcp_etcd::health::ProcessObservation::new(
        hcp_etcd::health::ProcessState::Running { since: now },
        DataState::Present,
        "x",
    )
    .with_last_exit(ExitCause::InitialClusterMismatch, now, 9);
    let (_, plan) = decide(&keeper, &world, &observation);
    let rebuilds =
        matches!(&plan.action, Action::Replace(r) if r.steps.contains(&Step::AddLearner));
    assert!(rebuilds, "{plan}");
}

#[test]
fn of_two_that_join_one_goes_first() {
    let mut world = World::new(7, false);
    for node in [5, 6] {
        befall(&mut world, 21, node);
        world.pass(10);
        world.nodes[usize::from(node)].data = None;
    }
    world.member_add(Some(5), false).expect("healthy");
    let id = world.new_id();
    world.seats.push(super::world::Place { id, node: Some(6), learner: true, started: false });
    ends_healthy(world);
}

#[test]
fn an_entry_of_the_member_list_belongs_to_one_member() {
    // Somebody removed m4, and started m3 under its name; nobody sees m3.
    let (world, keeper) = (World::new(5, false), Keeper::default());
    let mut observation = world.observe(Probe::CLEAR);
    for member in [3, 4] {
        withhold(&mut observation, member, false);
    }
    for seen in &mut observation.members {
        if let Ok(list) = &mut seen.member_list {
            list.truncate(4);
            list[3].name = "m4".to_owned();
        }
    }
    let (diagnosis, _) = decide(&keeper, &world, &observation);
    assert_eq!(diagnosis.members[3].id, Some(MemberId::new(0xa3)));
    assert_eq!((diagnosis.members[4].id, diagnosis.quorum.voters), (None, 4));
}

#[test]
fn a_stranger_does_not_bear_a_declared_name() {
    let (world, keeper) = (World::new(3, false), Keeper::default());
    let mut observation = world.observe(Probe::CLEAR);
    for seen in &mut observation.members {
        if let Ok(list) = &mut seen.member_list {
            let url = "http://elsewhere:1";
            let id = MemberId::new(0xbad);
            list.push(hcp_etcd::health::ListedMember::new(id, "m0", url, false));
        }
    }
    let (diagnosis, _) = decide(&keeper, &world, &observation);
    assert_eq!(diagnosis.members[3].name.as_str(), "bad");
}

#[test]
fn members_in_any_order_are_matched_by_name() {
    let (world, keeper) = (World::new(3, false), Keeper::default());
    let mut observation = world.observe(Probe::CLEAR);
    let good = decide(&keeper, &world, &observation);
    observation.members.reverse();
    observation.members.push(observation.members[0].clone());
    assert_eq!(decide(&keeper, &world, &observation), good);
    observation.members.remove(0);
    observation.members.pop();
    let (diagnosis, _) = decide(&keeper, &world, &observation);
    assert!(diagnosis.members[2].fault_is_ours, "{diagnosis}");
}
