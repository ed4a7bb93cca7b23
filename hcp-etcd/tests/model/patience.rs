//! Slow and flapping members get their time, all of it and no more.

use hcp_etcd::recovery::Action;
use proptest::collection::vec;
use proptest::prelude::*;

use super::executor::Keeper;
use super::probe::Probe;
use super::world::World;

/// Seconds between two probes, the default time until a replacement, and until a failure is forgotten.
const STEP: i64 = 10;
const REPLACE_AFTER: i64 = 300;
const SETTLE: i64 = 30;

proptest! {
    #![proptest_config(crate::config(10_000))]

    #[test]
    fn nobody_is_replaced_before_its_time(
        size in prop::sample::select(vec![3_usize, 5]),
        outage in prop_oneof![Just(0_i64), 0..20_i64],
        joined: bool,
        fails in vec(prop::bool::weighted(0.6), 1..36),
    ) {
        let mut world = World::new(size, false);
        let mut keeper = Keeper::default();
        if joined {
            // It comes from a replacement that took long.
            world.befall(super::faults::Fault { kind: 14, node: 2, arg: 0 });
            let (_, plan) = super::convergence::run_out(&mut world, &mut keeper, &[])
                .map_err(TestCaseError::fail)?;
            prop_assert_eq!(plan.action, Action::Nothing);
        }
        for _ in 0..outage {
            for node in &mut world.nodes {
                node.blind = true;
            }
            keeper.look(&mut world, Probe::CLEAR);
            world.pass(3 * STEP);
        }
        world.heal();
        let (mut first, mut good_since) = (None, None);
        keeper.look(&mut world, Probe::CLEAR);
        world.pass(STEP);
        for fails in fails {
            world.nodes[2].blind = fails;
            let now = world.now;
            if fails {
                good_since = None;
                first.get_or_insert(now);
            } else if now - *good_since.get_or_insert(now) >= SETTLE {
                first = None;
            }
            let (_, plan) = keeper.look(&mut world, Probe::CLEAR);
            let failing = first.map_or(0, |first| now - first);
            let replaces = matches!(plan.action, Action::Replace(_));
            prop_assert!(!replaces || failing >= REPLACE_AFTER, "after {}: {}", failing, plan);
            world.pass(STEP);
        }
    }

    #[test]
    fn short_recoveries_win_no_time(
        size in prop::sample::select(vec![3_usize, 5]),
        fails in vec(prop::bool::weighted(0.5), 36),
    ) {
        let mut world = World::new(size, false);
        let mut keeper = Keeper::default();
        let start = world.now;
        let mut good = 0;
        // Never good for long enough to be forgiven.
        for (index, fails) in fails.into_iter().enumerate() {
            let fails = fails || good >= SETTLE / STEP - 1 || index == 0;
            good = if fails { 0 } else { good + 1 };
            world.nodes[2].hung = fails;
            let (_, plan) = keeper.look(&mut world, Probe::CLEAR);
            let restarted = world.nodes[2].running_since.is_some_and(|since| since > start);
            if matches!(plan.action, Action::Restart(_)) {
                world.nodes[2].running_since = Some(world.now);
            }
            let old_enough = world.nodes[2].running_since.is_some_and(|s| world.now - s >= 30);
            if fails && restarted && old_enough && world.now - start >= REPLACE_AFTER {
                prop_assert!(matches!(plan.action, Action::Replace(_)), "{}", plan);
            }
            world.pass(STEP);
        }
    }
}
