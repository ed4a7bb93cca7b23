//! What changed between two lists of conditions, for the log of a watch.

use std::fmt;

use super::view::{ConditionView, find};

/// One change.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ConditionChange<'a, C> {
    /// A condition appeared.
    Added(&'a C),
    /// A condition went away.
    Removed(&'a C),
    /// Its status, reason or message changed.
    Changed {
        /// Before.
        from: &'a C,
        /// After.
        to: &'a C,
    },
    /// Its controller looked at a later generation, and says the same.
    Observed {
        /// Before.
        from: Option<i64>,
        /// After, with the generation.
        to: &'a C,
    },
}

/// What changed, in the order of `new`, then what is gone. Transition times alone are no change.
#[must_use]
pub fn diff<'a, C: ConditionView>(old: &'a [C], new: &'a [C]) -> Vec<ConditionChange<'a, C>> {
    let said = |condition: &'a C| (condition.status(), condition.reason(), condition.message());
    let changed = |to: &'a C| {
        let Some(from) = find(old, to.kind()) else { return Some(ConditionChange::Added(to)) };
        if said(from) != said(to) {
            Some(ConditionChange::Changed { from, to })
        } else if from.observed_generation() != to.observed_generation() {
            Some(ConditionChange::Observed { from: from.observed_generation(), to })
        } else {
            None
        }
    };
    let gone = old.iter().filter(|condition| find(new, condition.kind()).is_none());
    new.iter().filter_map(changed).chain(gone.map(ConditionChange::Removed)).collect()
}

impl<C: ConditionView> fmt::Display for ConditionChange<'_, C> {
    /// One line: `Available True (AsExpected) -> False (WaitingForAvailable): Waiting for …`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Added(to) => {
                write!(f, "{} -> {} ({})", to.kind(), to.status(), to.reason())?;
                message(f, *to)
            }
            Self::Removed(from) => {
                write!(f, "{} {} ({}) -> gone", from.kind(), from.status(), from.reason())
            }
            Self::Changed { from, to } => {
                write!(f, "{} {} ({})", to.kind(), from.status(), from.reason())?;
                write!(f, " -> {} ({})", to.status(), to.reason())?;
                message(f, *to)
            }
            Self::Observed { from, to } => {
                let number = |generation: Option<i64>| {
                    generation.map_or_else(|| "?".to_owned(), |number| number.to_string())
                };
                let (from, seen) = (number(*from), number(to.observed_generation()));
                write!(f, "{} {}: generation {from} -> {seen}", to.kind(), to.status())
            }
        }
    }
}

/// The message, on the same line.
fn message<C: ConditionView>(f: &mut fmt::Formatter<'_>, condition: &C) -> fmt::Result {
    let words: Vec<&str> = condition.message().split_whitespace().collect();
    if words.is_empty() { Ok(()) } else { write!(f, ": {}", words.join(" ")) }
}

#[cfg(test)]
mod tests {
    use super::super::{Condition, ConditionStatus};
    use super::*;

    #[test]
    fn each_change_is_one_line() {
        let condition = |kind, status| Condition::new(kind, status).with_reason("AsExpected");
        let old = [
            condition("Available", ConditionStatus::True),
            condition("Gone", ConditionStatus::True),
            condition("Same", ConditionStatus::True),
            condition("Seen", ConditionStatus::True).with_observed_generation(1),
        ];
        let new = [
            condition("Same", ConditionStatus::True)
                .with_last_transition_time("2026-01-01T00:00:00Z".parse().unwrap()),
            Condition::new("Available", ConditionStatus::False)
                .with_reason("Waiting")
                .with_message("a\n b"),
            condition("Seen", ConditionStatus::True).with_observed_generation(2),
            condition("New", ConditionStatus::Unknown),
        ];
        let lines: Vec<String> = diff(&old, &new).iter().map(ToString::to_string).collect();
        assert_eq!(
            lines,
            [
                "Available True (AsExpected) -> False (Waiting): a b",
                "Seen True: generation 1 -> 2",
                "New -> Unknown (AsExpected)",
                "Gone True (AsExpected) -> gone",
            ]
        );
        assert!(diff(&new, &new).is_empty());
    }
}
