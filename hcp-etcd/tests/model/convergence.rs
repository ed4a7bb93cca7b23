//! Once faults stop, the loop ends: all healthy, or a refusal that stays and that the truth bears out.

use hcp_etcd::recovery::{Action, Plan, Reason, RecoveryPolicy, Step};
use hcp_etcd::{ClusterState, Diagnosis, quorum_size};
use proptest::collection::vec;
use proptest::prelude::*;

use super::executor::{Keeper, Outcome, Violation};
use super::faults::Fault;
use super::probe::Probe;
use super::safety::{Event, SIZES, chosen, event, happen};
use super::world::{Health, World};

/// Turns until the end must be reached, and turns for which a refusal must stay.
const TURNS: usize = 600;
const STAYS: usize = 25;

/// Lets the loop run until it ends; a host that dies now and then forgets everything.
pub(crate) fn run_out(
    world: &mut World,
    keeper: &mut Keeper,
    dies_at: &[u8],
) -> Result<(Diagnosis, Plan), Violation> {
    let mut refused = 0;
    let mut last = String::new();
    for turn in 0..TURNS {
        if dies_at.iter().any(|at| usize::from(*at) == turn) {
            keeper.forget(world);
        }
        let (diagnosis, plan, outcome) = keeper.turn(world, Probe::CLEAR)?;
        world.write(1);
        if plan.action == Action::Nothing {
            return match diagnosis.cluster {
                ClusterState::Healthy => Ok((diagnosis, plan)),
                other => Err(format!("nothing to do while {other}")),
            };
        }
        refused = if plan.is_refusal() { refused + 1 } else { 0 };
        if refused > STAYS {
            return Ok((diagnosis, plan));
        }
        if refused > 1 {
            world.pass(30);
        }
        once(world, keeper, &outcome)?;
        if turn + 1 == TURNS {
            last = format!("{diagnosis}{plan}{outcome:?}");
        }
    }
    Err(format!("no end after {TURNS} turns, lastly\n{last}"))
}

/// A step that was done is not in the next plan, unless the world undid it.
fn once(world: &World, keeper: &Keeper, outcome: &Outcome) -> Result<(), Violation> {
    if !matches!(outcome, Outcome::Did(..) | Outcome::Restarted(_)) {
        return Ok(());
    }
    let mut probe = keeper.clone();
    let (_, next) = probe.look(&mut world.clone(), Probe::CLEAR);
    match (outcome, &next.action) {
        (Outcome::Did(_, Step::CatchUp | Step::ProveQuorum | Step::Verify), _) => Ok(()),
        (Outcome::Did(_, Step::Start) | Outcome::Restarted(_), _)
            if next.member().is_some_and(|m| stopped(world, m.as_str())) =>
        {
            Ok(())
        }
        (Outcome::Did(member, step), Action::Replace(next)) if next.member == *member => {
            let first = next.steps.iter().find(|s| **s != Step::ProveQuorum);
            if first == Some(step) {
                return Err(format!("{step} is planned again for {member}"));
            }
            Ok(())
        }
        (Outcome::Restarted(member), Action::Restart(next)) if next == member => {
            Err(format!("restarts {member} again"))
        }
        _ => Ok(()),
    }
}

fn stopped(world: &World, name: &str) -> bool {
    let index = name.strip_prefix('m').and_then(|i| i.parse::<usize>().ok());
    index.is_some_and(|i| world.nodes[i].running_since.is_none())
}

/// Whether the truth allows to repair everything without a person.
pub(crate) fn can_heal(world: &World, keeper: &Keeper) -> bool {
    let declared = world.nodes.len();
    let ordinary = world.alarms.is_empty()
        && world.seats.iter().all(|s| s.node.is_some())
        && world
            .nodes
            .iter()
            .all(|n| n.surroundings.is_none() && n.data.as_ref().is_none_or(|d| !d.foreign))
        && keeper.policy.min_fault_tolerance == 0
        && keeper.policy.readmit_removed;
    let good = |index: usize, id: u64| {
        let data = world.nodes[index].data.as_ref();
        data.is_some_and(|d| d.id == id && d.health == Health::Intact)
    };
    let voters = world.voters().count();
    let good = world.voters().filter(|s| s.node.is_some_and(|n| good(n, s.id)));
    // Where stores differ, nothing is touched until a majority of good ones serves.
    let bad = world.nodes.iter().filter_map(|n| n.data.as_ref());
    let bad = bad.map(|d| d.health).any(|h| matches!(h, Health::Flipped(_) | Health::Short(_)));
    let told_apart = !bad || world.good_beside(0) >= quorum_size(voters);
    ordinary
        && told_apart
        && good.count() >= quorum_size(voters)
        && world.seats.len() * 2 > declared
}

fn run(
    size: usize,
    supervised: bool,
    policy: u8,
    events: &[Event],
    dies_at: &[u8],
) -> Result<(), Violation> {
    let mut world = World::new(SIZES[size], supervised);
    let mut keeper = Keeper::with_policy(chosen(policy));
    for event in events {
        happen(&mut world, &mut keeper, *event)?;
    }
    world.heal();
    world.alarms.clear();
    let (can_heal, before) = (can_heal(&world, &keeper), world.clone());
    let (diagnosis, plan) = run_out(&mut world, &mut keeper, dies_at)?;
    // Who was replaced too often, or ended too often for want of space, waits for a person.
    let documented =
        |r: &Reason| matches!(r, Reason::ReplacedTooOften { .. } | Reason::EnvironmentFault { .. });
    if can_heal && plan.is_refusal() && !plan.reasons.iter().any(documented) {
        return Err(format!("gives up on\n{before:?}\n{diagnosis}{plan}"));
    }
    Ok(())
}

/// What may befall one member of a cluster that is otherwise well.
fn one_member_fails() -> impl Strategy<Value = Fault> {
    let kinds = [2_u8, 3, 9, 10, 11, 12, 13, 14, 21];
    (0..kinds.len(), 0..7_u8, 0..60_u8).prop_map(move |(kind, node, arg)| Fault {
        kind: kinds[kind],
        node,
        arg,
    })
}

proptest! {
    #![proptest_config(crate::config(10_000))]

    #[test]
    fn it_ends_healthy_or_says_why_not(
        size in 0..SIZES.len(),
        supervised: bool,
        policy in 0..5_u8,
        events in vec(event(), 1..10),
        dies_at in vec(0..100_u8, 0..3),
    ) {
        run(size, supervised, policy, &events, &dies_at).map_err(TestCaseError::fail)?;
    }

    #[test]
    fn one_failed_member_of_several_is_repaired(
        size in prop::sample::select(vec![3_usize, 4, 5, 7]),
        supervised: bool,
        fault in one_member_fails(),
        writes in 0..50_usize,
        dies_at in vec(0..60_u8, 0..3),
    ) {
        let mut world = World::new(size, supervised);
        // One replacement is all it may take.
        let policy = RecoveryPolicy::default().with_max_replacements(1);
        let mut keeper = Keeper::with_policy(policy);
        world.write(writes);
        world.pass(10);
        world.befall(fault);
        let (_, plan) = run_out(&mut world, &mut keeper, &dies_at).map_err(TestCaseError::fail)?;
        prop_assert_eq!(&plan.action, &Action::Nothing, "{}", plan);
        prop_assert_eq!(world.holders(), size);
    }
}
