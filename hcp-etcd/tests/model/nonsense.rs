//! Answers that no cluster gives: nothing panics, and everything survives JSON.

use std::time::Duration;

use hcp_etcd::health::{
    Alarm, AlarmKind, DataState, ExitCause, HashKv, LinearizableRead, ListedMember,
    MemberObservation, Observation, ProbeError, ProcessObservation, ProcessState, Reply, Status,
};
use hcp_etcd::recovery::{Plan, RecoveryPolicy, SnapshotRecord, plan};
use hcp_etcd::{ClusterId, Diagnosis, DiagnosisPolicy, History, MemberId, MemberName, diagnose};
use jiff::Timestamp;
use proptest::collection::vec;
use proptest::prelude::*;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::dice::Dice;
use super::executor::Keeper;
use super::probe::{KINDS, name, topology};
use super::safety::{SIZES, event, happen, probe};
use super::world::World;

const NUMBERS: [u64; 7] = [0, 1, 2, 99, 100, u64::MAX - 1, u64::MAX];
const CAUSES: [ExitCause; 11] = [
    ExitCause::Stopped,
    ExitCause::LogLost,
    ExitCause::WalCorrupt,
    ExitCause::BackendCorrupt,
    ExitCause::RemovedFromCluster,
    ExitCause::AlreadyBootstrapped,
    ExitCause::InitialClusterMismatch,
    ExitCause::DiskFull,
    ExitCause::AddressInUse,
    ExitCause::BadConfiguration,
    ExitCause::Unknown,
];

fn time(dice: &mut Dice) -> Timestamp {
    let usual = super::probe::at(dice.roll(1000).cast_signed());
    dice.pick(&[usual, Timestamp::MIN, Timestamp::MAX, Timestamp::UNIX_EPOCH])
}

fn reply<T>(dice: &mut Dice, value: impl FnOnce(&mut Dice) -> T) -> Reply<T> {
    if dice.one_in(4) {
        return Err(ProbeError::new(dice.pick(&KINDS), "?"));
    }
    Ok(value(dice))
}

fn status(dice: &mut Dice) -> Status {
    let mut status = Status::new(
        ClusterId::new(dice.roll(3)),
        MemberId::new(dice.roll(5)),
        dice.pick(&NUMBERS),
        dice.pick(&NUMBERS),
    );
    status.leader = Some(MemberId::new(dice.roll(5))).filter(|_| dice.one_in(2));
    status.raft_term = dice.pick(&NUMBERS);
    status.raft_index = dice.pick(&NUMBERS);
    status.applied_floor = dice.pick(&NUMBERS);
    status.is_learner = dice.one_in(4);
    status.db_size = dice.pick(&NUMBERS);
    status.db_size_quota = Some(dice.pick(&NUMBERS));
    status
}

fn list(dice: &mut Dice) -> Vec<ListedMember> {
    let entry = |dice: &mut Dice| {
        let url = dice.pick(&["", "http://m0:2380", "http://m1:2380", "::", "http://x:1"]);
        let name = dice.pick(&["", "m0", "m1", "m2", "a b", "=", "\u{7}"]);
        ListedMember::new(MemberId::new(dice.roll(5)), name, url, dice.one_in(3))
    };
    (0..dice.roll(6)).map(|_| entry(dice)).collect()
}

fn process(dice: &mut Dice) -> ProcessObservation {
    let running = ProcessState::Running { since: time(dice) };
    let state = dice.pick(&[running, ProcessState::Stopped]);
    let data = dice.pick(&[DataState::Absent, DataState::Present, DataState::Unknown]);
    let seen = ProcessObservation::new(state, data, "x");
    if dice.one_in(2) {
        let exits = dice.pick(&[0, 1, 3, u32::MAX]);
        return seen.with_last_exit(dice.pick(&CAUSES), time(dice), exits);
    }
    seen
}

fn member(dice: &mut Dice) -> MemberObservation {
    let named = name(usize::try_from(dice.roll(5)).expect("small"));
    let mut seen = MemberObservation::unanswered(named, &ProbeError::new(KINDS[0], ""));
    seen.read = reply(dice, |dice| {
        let took = Duration::from_millis(dice.pick(&[0, 3, 60_000]));
        dice.pick(&[LinearizableRead::new(took), LinearizableRead::denied(took)])
    });
    seen.status = reply(dice, status);
    seen.member_list = reply(dice, list);
    seen.alarms = reply(dice, |dice| {
        let kinds = [AlarmKind::NoSpace, AlarmKind::Corrupt, AlarmKind::Other(i32::MIN)];
        let alarm = |dice: &mut Dice| Alarm::new(MemberId::new(dice.roll(5)), dice.pick(&kinds));
        (0..dice.roll(3)).map(|_| alarm(dice)).collect()
    });
    let compact = dice.pick(&[-1, 0, i64::MIN, i64::MAX]);
    let hash =
        reply(dice, |dice| HashKv::new(dice.pick(&[0, u32::MAX]), dice.pick(&NUMBERS), compact));
    seen.hash = Some(hash).filter(|_| dice.one_in(2));
    seen.process = Some(process(dice)).filter(|_| dice.one_in(2));
    seen
}

fn observation(dice: &mut Dice) -> Observation {
    let size = 1 + usize::try_from(dice.roll(4)).expect("small");
    let topology = topology(size);
    let topology = if dice.one_in(3) {
        topology.with_cluster_id(ClusterId::new(dice.roll(3)))
    } else {
        topology
    };
    let mut observation = Observation::new(time(dice), topology, Vec::new());
    // Too many members, too few, in any order, twice.
    observation.members = (0..dice.roll(6)).map(|_| member(dice)).collect();
    observation
}

fn survives_json<T: Serialize + DeserializeOwned + PartialEq + std::fmt::Debug>(
    value: &T,
) -> Result<(), TestCaseError> {
    let json = serde_json::to_string(value).map_err(|e| TestCaseError::fail(e.to_string()))?;
    let back: T =
        serde_json::from_str(&json).map_err(|e| TestCaseError::fail(format!("{e} in {json}")))?;
    prop_assert_eq!(value, &back);
    Ok(())
}

fn all_survive(
    observation: &Observation,
    history: &History,
    diagnosis: &Diagnosis,
    plan: &Plan,
) -> Result<(), TestCaseError> {
    survives_json(observation)?;
    survives_json(history)?;
    survives_json(diagnosis)?;
    survives_json(plan)
}

fn ask_for_proofs(
    diagnosis: &Diagnosis,
    names: &[MemberName],
    now: Timestamp,
) -> Result<(), TestCaseError> {
    let policy = RecoveryPolicy::default();
    for name in names {
        if let Err(refusal) = diagnosis.prove_quorum_without(name, &policy, now) {
            prop_assert!(!refusal.reasons.is_empty(), "refuses without a reason");
        }
        if let Err(refusal) = diagnosis.prove_not_in_cluster(name, None, &policy, now) {
            prop_assert!(!refusal.reasons.is_empty(), "refuses without a reason");
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(crate::config(10_000))]

    #[test]
    fn nonsense_does_no_harm(seeds in vec(any::<u32>(), 1..5)) {
        let mut history = History::default();
        for seed in seeds {
            let mut dice = Dice::new(seed.into());
            let (observation, now) = (observation(&mut dice), time(&mut dice));
            let diagnosis = diagnose(&observation, &history, &DiagnosisPolicy::default(), now);
            for declared in observation.topology.members() {
                prop_assert!(diagnosis.member(&declared.name).is_some(), "{} is missing", declared.name);
            }
            let record = SnapshotRecord::new(ClusterId::new(1), 1, time(&mut dice));
            let plan = plan(&diagnosis, Some(&record), &RecoveryPolicy::default(), now);
            let text = format!("{diagnosis}{plan}");
            prop_assert!(!text.is_empty());
            history.update(&diagnosis, &DiagnosisPolicy::default());
            if let Some(member) = plan.member() {
                history.note_replacement(member, now);
            }
            all_survive(&observation, &history, &diagnosis, &plan)?;
            let names: Vec<_> = diagnosis.members.iter().map(|m| m.name.clone()).collect();
            ask_for_proofs(&diagnosis, &names, now)?;
        }
    }

    #[test]
    fn json_carries_everything(
        size in 0..SIZES.len(),
        events in vec(event(), 1..8),
        glitch in 0..80_u8,
    ) {
        let (mut world, mut keeper) = (World::new(SIZES[size], true), Keeper::default());
        for event in events {
            happen(&mut world, &mut keeper, event).map_err(TestCaseError::fail)?;
        }
        let observation = world.observe(probe(glitch, 0, false));
        let (diagnosis, plan) = keeper.look(&mut world, probe(glitch, 0, false));
        all_survive(&observation, &keeper.history, &diagnosis, &plan)?;
        // The same arguments give the same answers.
        let again = keeper.diagnose(&world, &observation);
        prop_assert_eq!(keeper.diagnose(&world, &observation), again);
        prop_assert_eq!(keeper.plan(&world, &diagnosis), plan);
    }
}
