//! No planned step does harm, whatever happens around it.

use hcp_etcd::recovery::RecoveryPolicy;
use proptest::collection::vec;
use proptest::prelude::*;

use super::executor::{Keeper, Violation};
use super::faults::{Fault, KINDS};
use super::probe::Probe;
use super::world::World;

/// The sizes of clusters, the common ones first.
pub(crate) const SIZES: [usize; 6] = [3, 5, 1, 2, 4, 7];

/// What happens next.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Event {
    Fault(Fault),
    /// So many turns, with glitches from that seed, hashes and process information or not.
    Turns {
        turns: u8,
        glitch: u8,
        shallow: bool,
    },
    /// The host of the recovery dies.
    Forget,
}

pub(crate) fn fault() -> impl Strategy<Value = Fault> {
    (0..KINDS, 0..7_u8, 0..60_u8).prop_map(|(kind, node, arg)| Fault { kind, node, arg })
}

pub(crate) fn event() -> impl Strategy<Value = Event> {
    let turns = (1..8_u8, 0..80_u8, any::<bool>());
    prop_oneof![
        5 => fault().prop_map(Event::Fault),
        5 => turns.prop_map(|(turns, glitch, shallow)| Event::Turns { turns, glitch, shallow }),
        1 => Just(Event::Fault(Fault { kind: 6, node: 0, arg: 0 })),
        1 => Just(Event::Forget),
    ]
}

pub(crate) fn probe(glitch: u8, turn: u8, shallow: bool) -> Probe {
    let seed = u64::from(glitch) << 8 | u64::from(turn);
    Probe {
        hashes: !shallow,
        process: true,
        // Half of all turns see the world as it is.
        glitch: if glitch < 40 { 0 } else { seed },
    }
}

pub(crate) fn happen(
    world: &mut World,
    keeper: &mut Keeper,
    event: Event,
) -> Result<(), Violation> {
    match event {
        Event::Fault(fault) => world.befall(fault),
        Event::Forget => keeper.forget(world),
        Event::Turns { turns, glitch, shallow } => {
            for turn in 0..turns {
                keeper.turn(world, probe(glitch, turn, shallow))?;
                world.write(usize::from(turn % 3));
            }
        }
    }
    Ok(())
}

/// The default policy, or a stricter one.
pub(crate) fn chosen(policy: u8) -> RecoveryPolicy {
    RecoveryPolicy::default()
        .with_min_fault_tolerance(u32::from(policy == 1))
        .with_readmit_removed(policy != 2)
}

fn run(size: usize, supervised: bool, policy: u8, events: &[Event]) -> Result<(), Violation> {
    let mut world = World::new(SIZES[size], supervised);
    world.pinned = policy == 3;
    let mut keeper = Keeper::with_policy(chosen(policy));
    for event in events {
        happen(&mut world, &mut keeper, *event)?;
    }
    Ok(())
}

proptest! {
    #![proptest_config(crate::config(10_000))]

    #[test]
    fn no_step_does_harm(
        size in 0..SIZES.len(),
        supervised: bool,
        policy in 0..4_u8,
        events in vec(event(), 1..24),
    ) {
        run(size, supervised, policy, &events).map_err(TestCaseError::fail)?;
    }
}
