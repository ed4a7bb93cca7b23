//! Good stores are never accused, bad ones are named, and a majority that lost data is not believed.

use std::time::Duration;

use hcp_etcd::diagnosis::Stores;
use hcp_etcd::health::{HashKv, LinearizableRead, MemberObservation, Observation, Status};
use hcp_etcd::{
    ClusterState, DiagnosisPolicy, History, MemberId, MemberState, diagnose, quorum_size,
};
use proptest::collection::vec;
use proptest::prelude::*;

use super::executor::Keeper;
use super::faults::Fault;
use super::probe::{OURS, Probe, at, name, topology};
use super::world::{Health, World};

/// One member's answers while writes go on: fractions of what is possible.
#[derive(Debug, Clone, Copy)]
struct Moment {
    commit: u8,
    applied: u8,
    seen: bool,
    floor: u8,
    hashed: bool,
}

fn moment() -> impl Strategy<Value = Moment> {
    let parts = (any::<u8>(), any::<u8>(), any::<bool>(), any::<u8>(), any::<bool>());
    parts.prop_map(|(commit, applied, seen, floor, hashed)| Moment {
        commit,
        applied,
        seen,
        floor,
        hashed,
    })
}

fn share(of: usize, part: u8) -> usize {
    of * usize::from(part) / 255
}

/// What a member on the one history shows: its revision is that of an entry between its floor and the one after its
/// applied index, and no entry is applied that is not committed.
fn answer(index: usize, moment: Moment, revisions: &[u64], hash_at: u64) -> MemberObservation {
    let commit = share(revisions.len() - 1, moment.commit);
    let applied = share(commit, moment.applied);
    let shown = if moment.seen { commit.min(applied + 1) } else { applied };
    let mut status =
        Status::new(OURS, MemberId::new(1 + index as u64), applied as u64, revisions[shown]);
    status.raft_index = commit as u64;
    status.applied_floor = share(shown.min(applied), moment.floor) as u64;
    status.leader = Some(MemberId::new(1));
    let error = hcp_etcd::health::ProbeError::new(hcp_etcd::health::ProbeErrorKind::Timeout, "");
    let mut seen = MemberObservation::unanswered(name(index), &error);
    seen.read = Ok(LinearizableRead::new(Duration::from_millis(3)));
    if moment.hashed && revisions[shown] >= hash_at {
        seen.hash = Some(Ok(HashKv::new(7, hash_at, -1)));
    }
    seen.status = Ok(status);
    seen
}

fn live(moments: &[Moment], writes: &[bool]) -> Observation {
    let mut revisions = vec![1];
    for write in writes {
        revisions.push(revisions[revisions.len() - 1] + u64::from(*write));
    }
    let listed = |i: usize| {
        let url = format!("http://m{i}:2380");
        hcp_etcd::health::ListedMember::new(
            MemberId::new(1 + i as u64),
            &format!("m{i}"),
            &url,
            false,
        )
    };
    let list: Vec<_> = (0..moments.len()).map(listed).collect();
    let answers = moments.iter().enumerate().map(|(index, moment)| {
        let mut seen = answer(index, *moment, &revisions, 3);
        seen.member_list = Ok(list.clone());
        seen.alarms = Ok(Vec::new());
        seen
    });
    Observation::new(at(0), topology(moments.len()), answers.collect())
}

proptest! {
    #![proptest_config(crate::config(10_000))]

    #[test]
    fn members_on_one_history_are_never_accused(
        moments in vec(moment(), 1..8),
        writes in vec(any::<bool>(), 1..200),
    ) {
        let observation = live(&moments, &writes);
        let diagnosis = diagnose(
            &observation,
            &History::default(),
            &DiagnosisPolicy::default(),
            at(0),
        );
        let agree = matches!(diagnosis.stores, Stores::NotCompared | Stores::Agree { .. });
        prop_assert!(agree, "{}", diagnosis);
        prop_assert_ne!(diagnosis.cluster, ClusterState::Split);
        for member in &diagnosis.members {
            prop_assert!(!member.state.is_data_bad(), "{}", diagnosis);
        }
    }

    #[test]
    fn who_went_wrong_is_named(
        size in prop::sample::select(vec![3_usize, 4, 5, 7]),
        bad in vec(any::<bool>(), 7),
        short: bool,
        hashes: bool,
        entries in 0..40_usize,
    ) {
        let mut world = World::new(size, false);
        world.write(entries);
        let bad = (0..size).filter(|i| bad[*i]).take(size - quorum_size(size));
        let bad: Vec<usize> = bad.collect();
        for index in &bad {
            let number = 1 + u32::try_from(*index).unwrap_or(0);
            let health = if short { Health::Short(number.into()) } else { Health::Flipped(number) };
            if let Some(data) = &mut world.nodes[*index].data {
                data.health = health;
            }
        }
        let (diagnosis, _) = Keeper::default().look(&mut world, Probe { hashes, ..Probe::CLEAR });
        for (index, member) in diagnosis.members.iter().enumerate() {
            let expected = match (bad.contains(&index), short) {
                (true, true) => MemberState::Divergent,
                (true, false) if hashes => MemberState::Corrupt,
                _ => MemberState::Healthy,
            };
            prop_assert_eq!(member.state, expected, "{}", diagnosis);
        }
    }

    #[test]
    fn a_majority_that_lost_data_is_not_believed(
        size in prop::sample::select(vec![2_usize, 3, 4, 5, 7]),
        good in 0..3_usize,
        by in 1..20_u64,
        hashes: bool,
    ) {
        let good = 1 + good % (size - quorum_size(size)).max(1);
        let mut world = World::new(size, false);
        for node in world.nodes.iter_mut().skip(good) {
            if let Some(data) = &mut node.data {
                data.health = Health::Short(by);
            }
        }
        let (diagnosis, plan) = Keeper::default().look(&mut world, Probe { hashes, ..Probe::CLEAR });
        prop_assert_eq!(diagnosis.cluster, ClusterState::Split, "{}", diagnosis);
        prop_assert!(plan.member().is_none());
    }

    #[test]
    fn of_several_clusters_the_foreign_members_are_named(
        size in prop::sample::select(vec![3_usize, 5, 7]),
        foreign in vec(any::<bool>(), 7),
        pinned: bool,
    ) {
        let mut world = World::new(size, false);
        world.pinned = pinned;
        let foreign = (0..size).filter(|i| foreign[*i]).take(size - quorum_size(size));
        let foreign: Vec<usize> = foreign.collect();
        for index in &foreign {
            let node = u8::try_from(*index).unwrap_or(0);
            world.befall(Fault { kind: 20, node, arg: 0 });
        }
        let (diagnosis, plan) = Keeper::default().look(&mut world, Probe::CLEAR);
        for (index, member) in diagnosis.members.iter().enumerate() {
            let named = member.state == MemberState::WrongCluster;
            prop_assert_eq!(named, foreign.contains(&index), "{}", diagnosis);
        }
        prop_assert_eq!(plan.is_refusal(), !foreign.is_empty(), "{}", plan);
    }
}
