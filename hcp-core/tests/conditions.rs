//! Setting and merging conditions, for any conditions.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use hcp_core::conditions::{
    Condition, ConditionOwner, ConditionStatus, ConditionView as _, SetOutcome, diff, find, merge,
    set, sort, summarize,
};
use jiff::Timestamp;
use proptest::prelude::*;

fn condition() -> impl Strategy<Value = Condition> {
    let kind = prop_oneof![Just("Available"), Just("Degraded"), Just("Progressing"), Just("Other")];
    let status = prop_oneof![
        Just(ConditionStatus::True),
        Just(ConditionStatus::False),
        Just(ConditionStatus::Unknown)
    ];
    let seen = prop::option::of(0..3_i64);
    let times = prop::option::of(0..3_i64);
    (kind, status, seen, times, "[AB]?", "[ab]?").prop_map(
        |(kind, status, seen, time, reason, message)| {
            let mut condition =
                Condition::new(kind, status).with_reason(reason).with_message(message);
            condition.observed_generation = seen;
            condition.last_transition_time = time.map(|second| at(second).into());
            condition
        },
    )
}

fn conditions() -> impl Strategy<Value = Vec<Condition>> {
    prop::collection::vec(condition(), 0..6)
}

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap()
}

proptest! {
    #[test]
    fn setting_twice_is_setting_once(list in conditions(), new in condition(), now in 0..9_i64) {
        let mut once = list.clone();
        let before = find(&list, new.kind()).map(|old| (old.status(), old.last_transition_time()));
        set(&mut once, new.clone(), at(now));
        let mut twice = once.clone();
        prop_assert_eq!(set(&mut twice, new.clone(), at(now + 1)), SetOutcome::Unchanged);
        prop_assert_eq!(&twice, &once);
        let after = find(&once, new.kind()).unwrap();
        prop_assert_eq!(after.status(), new.status());
        if let Some((status, Some(time))) = before && status == new.status() {
            prop_assert_eq!(after.last_transition_time(), Some(time));
        }
        let others = |list: &[Condition]| -> Vec<Condition> {
            list.iter().filter(|other| other.kind() != new.kind()).cloned().collect()
        };
        prop_assert_eq!(others(&once), others(&list));
    }

    #[test]
    fn merging_commutes_associates_and_repeats(a in conditions(), b in conditions(), c in conditions()) {
        let merged = merge(&a, &b);
        prop_assert_eq!(&merged, &merge(&b, &a));
        prop_assert_eq!(&merged, &merge(&merged, &b));
        prop_assert_eq!(merge(&merged, &c), merge(&a, &merge(&b, &c)));
    }

    #[test]
    fn order_changes_neither_the_summary_nor_the_differences(list in conditions(), generation in 0..3_i64) {
        let list = merge(&list, &[]);
        let mut sorted = list.clone();
        sort(ConditionOwner::HostedCluster, &mut sorted);
        let health = |list: &[Condition]| summarize(ConditionOwner::HostedCluster, list, generation).health;
        prop_assert_eq!(health(&list), health(&sorted));
        prop_assert!(diff(&list, &sorted).is_empty());
    }
}
