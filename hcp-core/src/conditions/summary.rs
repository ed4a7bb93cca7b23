//! All conditions of an object in one verdict.

use std::fmt;

use serde::Serialize;

use super::known::{Aspect, ConditionOwner, Reading, blocker, known};
use super::view::{ConditionStatus, ConditionView, find};

/// How an object is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[non_exhaustive]
pub enum Health {
    /// All that is known of is as it should be.
    Healthy,
    /// It serves and is on its way to what is wanted.
    Progressing,
    /// Nobody reconciles it; what else it says may be old.
    Paused,
    /// It cannot be told: conditions are missing, unknown, or about an older generation.
    Unknown,
    /// It serves, and something is wrong: with it, or with what is wanted of it.
    Degraded,
    /// It does not serve.
    Unavailable,
}

/// All conditions of an object in one verdict.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Summary {
    /// The worst that holds.
    pub health: Health,
    /// Why: what is not as it should be, in the order of the conditions.
    pub concerns: Vec<Concern>,
}

/// One condition that is not as it should be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Concern {
    /// Its type.
    pub kind: String,
    /// What it makes of the object.
    pub health: Health,
    /// What is the matter, for people.
    pub says: String,
}

/// A condition that is about an older generation of its object.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Stale {
    /// Its type.
    pub kind: String,
    /// The generation that its controller looked at.
    pub observed: i64,
    /// Of a node pool: the condition at which its controller stopped before it got there.
    pub blocked_by: Option<String>,
}

/// The conditions that are about an older generation than `generation`. A condition without a generation is not among them.
#[must_use]
pub fn stale<C: ConditionView>(
    owner: ConditionOwner,
    conditions: &[C],
    generation: i64,
) -> Vec<Stale> {
    let blocked_by = |condition: &C| {
        let blocker = blocker(conditions, condition.kind());
        blocker.filter(|_| owner == ConditionOwner::NodePool).map(|by| by.kind().to_owned())
    };
    let of = |condition: &C| {
        let observed = condition.observed_generation().filter(|seen| *seen < generation)?;
        let kind = condition.kind().to_owned();
        Some(Stale { kind, observed, blocked_by: blocked_by(condition) })
    };
    conditions.iter().filter_map(of).collect()
}

/// Rolls all conditions of an object up into one verdict: each with the polarity that its type has.
///
/// A status of `Unknown` where one is expected, a condition about an older generation, and a missing `Available` (of a hosted cluster) or `Ready` (of a node pool) are
/// never taken for good. Types that this version does not know are passed over.
#[must_use]
pub fn summarize<C: ConditionView>(
    owner: ConditionOwner,
    conditions: &[C],
    generation: i64,
) -> Summary {
    let mut concerns: Vec<Concern> =
        conditions.iter().filter_map(|condition| concern(owner, condition)).collect();
    for stale in stale(owner, conditions, generation) {
        let counts = known(owner, &stale.kind).is_some_and(|row| row.aspect != Aspect::Fact);
        if counts {
            let Stale { kind, observed, blocked_by } = stale;
            let because = blocked_by.map(|by| format!("; the controller stops at {by}"));
            let says = format!(
                "is about generation {observed}, the object is at {generation}{}",
                because.unwrap_or_default()
            );
            concerns.push(Concern { kind, health: Health::Unknown, says });
        }
    }
    let main = match owner {
        ConditionOwner::HostedCluster => "Available",
        ConditionOwner::NodePool => "Ready",
    };
    if find(conditions, main).is_none() {
        let says = "has not been reported".to_owned();
        concerns.push(Concern { kind: main.to_owned(), health: Health::Unknown, says });
    }
    let health = concerns.iter().map(|concern| concern.health).max().unwrap_or(Health::Healthy);
    Summary { health, concerns }
}

fn concern<C: ConditionView>(owner: ConditionOwner, condition: &C) -> Option<Concern> {
    let row = known(owner, condition.kind())?;
    let health = match (row.read(condition), row.aspect) {
        (Reading::Good | Reading::Neutral, _) => return None,
        (Reading::Unknown, _) => Health::Unknown,
        (Reading::Bad, Aspect::Available) => Health::Unavailable,
        (Reading::Bad, Aspect::Active) if condition.status() == ConditionStatus::False => {
            Health::Paused
        }
        (Reading::Bad, Aspect::Progressing) if Some(condition.status()) != row.good => {
            Health::Progressing
        }
        (Reading::Bad, _) => Health::Degraded,
    };
    let message = condition.message().split_whitespace().collect::<Vec<_>>().join(" ");
    let says = format!("is {} ({}) {message}", condition.status(), condition.reason());
    Some(Concern { kind: condition.kind().to_owned(), health, says: says.trim_end().to_owned() })
}

impl fmt::Display for Health {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Healthy => "healthy",
            Self::Progressing => "progressing",
            Self::Paused => "paused",
            Self::Unknown => "unknown",
            Self::Degraded => "degraded",
            Self::Unavailable => "unavailable",
        })
    }
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.health)?;
        self.concerns
            .iter()
            .try_for_each(|concern| write!(f, "\n  {} {}", concern.kind, concern.says))
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Condition, NodePoolCondition};
    use super::*;
    use ConditionStatus::{False, True, Unknown};

    fn hosted(conditions: &[(&str, ConditionStatus, &str)]) -> Summary {
        let conditions: Vec<Condition> = conditions
            .iter()
            .map(|(kind, status, reason)| {
                Condition::new(*kind, *status).with_reason(*reason).with_observed_generation(2)
            })
            .collect();
        summarize(ConditionOwner::HostedCluster, &conditions, 2)
    }

    #[test]
    fn the_worst_condition_decides() {
        let available = ("Available", True, "AsExpected");
        let paused = ("ReconciliationActive", False, "ReconciliationPaused");
        for (conditions, health) in [
            (vec![available], Health::Healthy),
            (vec![available, ("Progressing", True, "Progressing")], Health::Progressing),
            (vec![available, ("Progressing", False, "Blocked")], Health::Degraded),
            (vec![available, paused], Health::Paused),
            (vec![available, paused, ("Degraded", True, "UnavailableReplicas")], Health::Degraded),
            (vec![available, ("ValidReleaseImage", False, "InvalidImage")], Health::Degraded),
            (vec![available, ("ExternalDNSReachable", Unknown, "StatusUnknown")], Health::Healthy),
            (vec![available, ("InfrastructureReady", Unknown, "StatusUnknown")], Health::Unknown),
            (vec![("Available", False, "WaitingForAvailable")], Health::Unavailable),
            (vec![available, ("NotKnownYet", False, "x")], Health::Healthy),
            (vec![], Health::Unknown),
        ] {
            assert_eq!(hosted(&conditions).health, health, "{conditions:?}");
        }
    }

    #[test]
    fn a_pool_scaled_to_nothing_is_healthy_and_one_that_stopped_early_is_not() {
        let seen = |kind: &str, status, reason: &str, generation| {
            NodePoolCondition::new(kind, status)
                .with_reason(reason)
                .with_observed_generation(generation)
        };
        let empty = [
            seen("Ready", True, "AsExpected", 3),
            seen("AllMachinesReady", False, "AsExpected", 3),
            seen("AllNodesHealthy", False, "AsExpected", 3),
        ];
        assert_eq!(summarize(ConditionOwner::NodePool, &empty, 3).health, Health::Healthy);
        let stopped = [
            seen("ValidReleaseImage", False, "ValidationFailed", 3),
            seen("UpdatingVersion", False, "AsExpected", 2),
            seen("Ready", True, "AsExpected", 2),
        ];
        let summary = summarize(ConditionOwner::NodePool, &stopped, 3);
        assert_eq!(summary.health, Health::Degraded);
        assert_eq!(
            summary.to_string(),
            "degraded\n  ValidReleaseImage is False (ValidationFailed)\
             \n  UpdatingVersion is about generation 2, the object is at 3; the controller stops at ValidReleaseImage\
             \n  Ready is about generation 2, the object is at 3; the controller stops at ValidReleaseImage"
        );
    }
}
