//! Setting, merging and removing conditions.

use jiff::Timestamp;

use super::condition::{Condition, NodePoolCondition};
use super::limits;
use super::view::{ConditionStatus, ConditionView, find};
use crate::Time;

/// Write access that the condition structs share.
///
/// Sealed: `HyperShift` has two of them.
pub trait ConditionEdit: ConditionView + Clone + PartialEq + sealed::Sealed {
    #[doc(hidden)]
    fn transition_time_mut(&mut self) -> &mut Option<Time>;
    #[doc(hidden)]
    fn reason_mut(&mut self) -> &mut Option<String>;
    #[doc(hidden)]
    fn message_mut(&mut self) -> &mut Option<String>;
    /// Adds the members of `older` that neither this version nor `self` knows.
    #[doc(hidden)]
    fn keep_unknown(&mut self, older: &Self);
    /// All that two conditions can differ in, as text, so that they have an order.
    #[doc(hidden)]
    fn sort_key(&self) -> String;
}

mod sealed {
    #[expect(unnameable_types, reason = "nobody else is to implement it")]
    pub trait Sealed {}
}

macro_rules! condition_edit {
    ($($name:ident),+) => {$(
        impl sealed::Sealed for $name {}

        impl ConditionEdit for $name {
            fn transition_time_mut(&mut self) -> &mut Option<Time> {
                &mut self.last_transition_time
            }

            fn reason_mut(&mut self) -> &mut Option<String> {
                &mut self.reason
            }

            fn message_mut(&mut self) -> &mut Option<String> {
                &mut self.message
            }

            fn keep_unknown(&mut self, older: &Self) {
                for (key, value) in &older.other {
                    self.other.entry(key.clone()).or_insert_with(|| value.clone());
                }
            }

            fn sort_key(&self) -> String {
                format!("{self:?}")
            }
        }
    )+};
}

condition_edit!(Condition, NodePoolCondition);

/// What [`set`] did.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum SetOutcome {
    /// There was no condition of that type.
    Added,
    /// Its status changed, and the time of its transition with it.
    Transitioned,
    /// Its status is the same, something else changed.
    Updated,
    /// It was so already: nothing needs to be written.
    Unchanged,
}

/// Sets a condition, as Kubernetes' `meta.SetStatusCondition` does: the time of the transition changes with the status only, to the one that
/// `new` brings along, else to `now`; it is kept otherwise. A condition stays where it is in the list, a new one is appended.
///
/// Beyond that: reason and message are cut to what the API admits ([`limits`](super::limits)); members unknown to this version stay; further conditions of
/// that type, which a `NodePool`'s list may hold, go. `HyperShift`'s copy of the function for node pools never updates `severity`; this one does.
pub fn set<C: ConditionEdit>(conditions: &mut Vec<C>, new: C, now: Timestamp) -> SetOutcome {
    let new = fitted(new);
    let Some(at) = conditions.iter().position(|condition| condition.kind() == new.kind()) else {
        let mut new = new;
        new.transition_time_mut().get_or_insert_with(|| now.into());
        conditions.push(new);
        return SetOutcome::Added;
    };
    let kind = new.kind().to_owned();
    let mut later = at + 1;
    let mut dropped = false;
    while later < conditions.len() {
        if conditions[later].kind() == kind {
            conditions.remove(later);
            dropped = true;
        } else {
            later += 1;
        }
    }
    let mut next = new;
    let old = &conditions[at];
    let transitioned = next.status() != old.status();
    if !transitioned {
        *next.transition_time_mut() = old.clone().transition_time_mut().take();
    }
    next.transition_time_mut().get_or_insert_with(|| now.into());
    next.keep_unknown(old);
    let same = next == *old;
    conditions[at] = next;
    match (transitioned, same && !dropped) {
        (true, _) => SetOutcome::Transitioned,
        (false, false) => SetOutcome::Updated,
        (false, true) => SetOutcome::Unchanged,
    }
}

/// Removes the conditions of this type, and says whether there was one.
pub fn remove<C: ConditionView>(conditions: &mut Vec<C>, kind: &str) -> bool {
    let before = conditions.len();
    conditions.retain(|condition| condition.kind() != kind);
    conditions.len() < before
}

/// Merges two reports about one object into one, type by type and sorted by type: the one that saw the later generation wins, among these the later transition, among
/// these a fixed order. Whichever side comes first, and however often, the result is the same.
#[must_use]
pub fn merge<C: ConditionEdit>(left: &[C], right: &[C]) -> Vec<C> {
    let mut merged: Vec<C> = left.iter().chain(right).cloned().collect();
    let rank = |condition: &C| {
        let seen = (condition.observed_generation(), condition.last_transition_time());
        (seen, condition.sort_key())
    };
    merged.sort_by(|a, b| a.kind().cmp(b.kind()).then_with(|| rank(b).cmp(&rank(a))));
    merged.dedup_by(|later, first| later.kind() == first.kind());
    merged
}

/// Whether the condition of this type is there and has this status.
pub fn is<C: ConditionView>(conditions: &[C], kind: &str, status: ConditionStatus) -> bool {
    find(conditions, kind).is_some_and(|condition| condition.status() == status)
}

fn fitted<C: ConditionEdit>(mut condition: C) -> C {
    if let Some(reason) = condition.reason_mut() {
        limits::truncate_reason(reason);
    }
    if let Some(message) = condition.message_mut() {
        limits::truncate_message(message);
    }
    condition
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const EARLY: &str = "2026-01-01T00:00:00Z";
    const LATE: &str = "2026-01-02T00:00:00Z";

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn ready(status: ConditionStatus, reason: &str) -> NodePoolCondition {
        NodePoolCondition::new("Ready", status).with_reason(reason)
    }

    fn time(conditions: &[NodePoolCondition]) -> String {
        conditions[0].last_transition_time.as_ref().unwrap().to_string()
    }

    #[test]
    fn the_transition_time_changes_with_the_status_only() {
        let mut list = Vec::new();
        let step = |list: &mut Vec<_>, condition, now| set(list, condition, at(now));
        assert_eq!(step(&mut list, ready(ConditionStatus::True, "A"), EARLY), SetOutcome::Added);
        assert_eq!(step(&mut list, ready(ConditionStatus::True, "B"), LATE), SetOutcome::Updated);
        assert_eq!((time(&list).as_str(), list[0].reason()), (EARLY, "B"));
        assert_eq!(step(&mut list, ready(ConditionStatus::True, "B"), LATE), SetOutcome::Unchanged);
        assert_eq!(
            step(&mut list, ready(ConditionStatus::False, "B"), LATE),
            SetOutcome::Transitioned
        );
        assert_eq!(time(&list), LATE);
        let own = ready(ConditionStatus::True, "B").with_last_transition_time(at(EARLY));
        assert_eq!(step(&mut list, own, LATE), SetOutcome::Transitioned);
        assert_eq!(time(&list), EARLY);
    }

    #[test]
    fn unknown_members_stay_and_doubles_go() {
        let mut first = ready(ConditionStatus::True, "A");
        first.other.insert("new".to_owned(), json!(1));
        let other = NodePoolCondition::new("Other", ConditionStatus::True);
        let mut list = vec![first, other, ready(ConditionStatus::False, "Double")];
        set(&mut list, ready(ConditionStatus::True, "A"), at(EARLY));
        let kinds: Vec<_> = list.iter().map(ConditionView::kind).collect();
        assert_eq!(kinds, ["Ready", "Other"]);
        assert_eq!(list[0].other["new"], 1);
        assert!(remove(&mut list, "Ready") && !remove(&mut list, "Ready"));
    }

    #[test]
    fn the_report_about_the_later_generation_wins() {
        let old = Condition::new("Available", ConditionStatus::True).with_observed_generation(1);
        let new = Condition::new("Available", ConditionStatus::False).with_observed_generation(2);
        let merged = merge(std::slice::from_ref(&old), std::slice::from_ref(&new));
        assert_eq!(merged, std::slice::from_ref(&new));
        assert_eq!(merge(std::slice::from_ref(&new), &[old]), [new]);
    }
}
