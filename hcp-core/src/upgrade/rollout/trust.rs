//! Which conditions may be believed.

use crate::conditions::{ConditionStatus, ConditionView, find};

use super::kinds::{NODE_POOL_ORDER, STOPPING};
use super::state::Outcome;

/// Conditions, and the generation of the spec that they should be of.
#[derive(Debug)]
pub(super) struct Conditions<'a, C> {
    all: &'a [C],
    generation: Option<i64>,
    /// The place in [`NODE_POOL_ORDER`] that the controller got to; none if it is not known to have stopped.
    stopped_at: Option<(usize, &'a C)>,
}

impl<'a, C: ConditionView> Conditions<'a, C> {
    /// Of a `HostedCluster`, whose conditions do not depend on each other.
    pub(super) const fn of_cluster(all: &'a [C], generation: Option<i64>) -> Self {
        Self { all, generation, stopped_at: None }
    }

    /// Of a `NodePool`, where a condition that stops the round leaves the later ones as they were.
    pub(super) fn of_pool(all: &'a [C], generation: Option<i64>) -> Self {
        let stopped_by = STOPPING.iter().find_map(|kind| {
            find(all, kind).filter(|condition| condition.status() == ConditionStatus::False)
        });
        let place =
            |condition: &C| NODE_POOL_ORDER.iter().position(|kind| *kind == condition.kind());
        let stopped_at = stopped_by.and_then(|condition| Some((place(condition)?, condition)));
        Self { all, generation, stopped_at }
    }

    /// The condition that stopped the controller's round.
    pub(super) fn stopped_by(&self) -> Option<&'a C> {
        self.stopped_at.map(|(_, condition)| condition)
    }

    /// The condition, stale or not.
    pub(super) fn find(&self, kind: &str) -> Option<&'a C> {
        find(self.all, kind)
    }

    /// The condition, if it speaks of this generation as far as can be told.
    pub(super) fn current(&self, kind: &str) -> Option<&'a C> {
        self.find(kind).filter(|condition| !self.is_stale(*condition))
    }

    /// The condition, if it is believed and False.
    pub(super) fn refusing(&self, kind: &str) -> Option<&'a C> {
        self.current(kind).filter(|condition| condition.status() == ConditionStatus::False)
    }

    /// Computed for another spec, or in an earlier round. A generation that the object has not reached is of its life before it was restored.
    pub(super) fn is_stale(&self, condition: &C) -> bool {
        let other = match (condition.observed_generation(), self.generation) {
            (Some(observed), Some(generation)) => observed != generation,
            _ => false,
        };
        other
            || self.stopped_at.is_some_and(|(stopped_at, _)| {
                NODE_POOL_ORDER
                    .iter()
                    .position(|kind| *kind == condition.kind())
                    .is_some_and(|place| place > stopped_at)
            })
    }

    /// Whether the condition has this status; unknown if it is absent, stale, or unknown itself.
    pub(super) fn is(&self, kind: &str, status: ConditionStatus) -> Outcome {
        match self.current(kind).map(ConditionView::status) {
            None | Some(ConditionStatus::Unknown) => Outcome::Unknown,
            Some(found) => Outcome::of(found == status),
        }
    }

    /// Whether those of these conditions that say for which generation they are, are for this one.
    pub(super) fn observed(&self, kinds: &[&str]) -> Outcome {
        let Some(generation) = self.generation else { return Outcome::Unknown };
        let mut outcome = Outcome::Unknown;
        for condition in kinds.iter().filter_map(|kind| self.find(kind)) {
            match condition.observed_generation() {
                Some(observed) if observed != generation => return Outcome::No,
                Some(_) => outcome = Outcome::Yes,
                None => {}
            }
        }
        outcome
    }

    /// What these conditions say, for a person.
    pub(super) fn seen(&self, kinds: &[&str]) -> String {
        let said = kinds.iter().map(|kind| match self.find(kind) {
            None => format!("{kind} is absent"),
            Some(condition) => {
                let stale = if self.is_stale(condition) { ", stale" } else { "" };
                let reason = condition.reason();
                let space = if reason.is_empty() { "" } else { " " };
                format!("{kind} is {}{space}{reason}{stale}", condition.status())
            }
        });
        said.collect::<Vec<_>>().join("; ")
    }

    /// For which generations these conditions are, for a person.
    pub(super) fn generations_seen(&self, kinds: &[&str]) -> String {
        let number =
            |number: Option<i64>| number.map_or_else(|| "not said".to_owned(), |n| n.to_string());
        let said = kinds.iter().filter_map(|kind| {
            let condition = self.find(kind)?;
            Some(format!("{kind} of {}", number(condition.observed_generation())))
        });
        let said = said.collect::<Vec<_>>().join(", ");
        let none = if said.is_empty() { "no condition" } else { "" };
        format!("generation {}; {none}{said}", number(self.generation))
    }
}
