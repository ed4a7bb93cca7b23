//! What a value does at a moment.

use std::time::Duration;

use jiff::Timestamp;

use super::upstream::{self, UpstreamMeaning};
use crate::conditions::ConditionStatus;

pub use crate::conditions::names::hosted_cluster_conditions::RECONCILIATION_ACTIVE;
pub use crate::conditions::names::reasons::{
    INVALID_PAUSED_UNTIL_VALUE as INVALID_PAUSED_UNTIL, RECONCILIATION_PAUSED,
};

/// Whose `pausedUntil` it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum PausedKind {
    /// A `HostedCluster`.
    HostedCluster,
    /// Its `HostedControlPlane`, which has a copy: the operator overwrites what others write there.
    HostedControlPlane,
    /// A `NodePool`.
    NodePool,
}

impl PausedKind {
    /// The kind, as the API has it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::HostedCluster => "HostedCluster",
            Self::HostedControlPlane => "HostedControlPlane",
            Self::NodePool => "NodePool",
        }
    }
}

/// What the operators do at a moment, and what they say of it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct EffectiveState {
    /// Whether they stand still.
    pub paused: bool,
    /// After how long they look again by themselves; none for a pause without an end. Go's longest duration, 292 years, is the longest.
    pub requeue_after: Option<Duration>,
    /// Status of the condition [`RECONCILIATION_ACTIVE`].
    pub status: ConditionStatus,
    /// Its reason.
    pub reason: &'static str,
    /// Its message.
    pub message: String,
}

/// What the operators make of a value at `now`, and the condition they write.
///
/// Source: `HyperShift`, `support/util/pausereconcile.go` and `nodepool/conditions.go`; a `HostedCluster` that is not paused has the reason
/// `AsExpected`, a `NodePool` has `ReconciliationActive`.
#[must_use]
pub fn effective_state(value: Option<&str>, kind: PausedKind, now: Timestamp) -> EffectiveState {
    let meaning = value.map(|text| upstream::parse(text).meaning);
    if let (Some(text), Some(meaning)) = (value, meaning)
        && meaning.pauses_at(now)
    {
        let (requeue_after, message) = match meaning {
            UpstreamMeaning::Until(end) => {
                (Some(remaining(end, now)), format!("Reconciliation paused until: {text}"))
            }
            _ => (None, "Reconciliation paused until field removed".to_owned()),
        };
        return EffectiveState {
            paused: true,
            requeue_after,
            status: ConditionStatus::False,
            reason: RECONCILIATION_PAUSED,
            message,
        };
    }
    let (reason, message) = match (meaning, kind) {
        (Some(UpstreamMeaning::Invalid), _) => {
            (INVALID_PAUSED_UNTIL, "Invalid value provided for PausedUntil field")
        }
        (_, PausedKind::NodePool) => (RECONCILIATION_ACTIVE, "Reconciliation active on resource"),
        _ => ("AsExpected", "Reconciliation active on resource"),
    };
    EffectiveState {
        paused: false,
        requeue_after: None,
        status: ConditionStatus::True,
        reason,
        message: message.to_owned(),
    }
}

/// Go's `end.Sub(now)` for an end that is later.
fn remaining(end: upstream::UpstreamInstant, now: Timestamp) -> Duration {
    let end = i128::from(end.unix_seconds) * 1_000_000_000 + i128::from(end.nanosecond);
    let left = (end - now.as_nanosecond()).clamp(0, i128::from(i64::MAX));
    Duration::from_nanos(u64::try_from(left).unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: &str = "2026-01-01T00:00:00Z";

    fn at(value: Option<&str>, kind: PausedKind) -> EffectiveState {
        effective_state(value, kind, NOW.parse().unwrap())
    }

    #[test]
    fn a_pause_says_until_when_and_when_it_is_looked_at_again() {
        let state = at(Some("2026-01-01T01:01:01Z"), PausedKind::HostedCluster);
        assert!(state.paused);
        assert_eq!(state.requeue_after, Some(Duration::from_secs(3661)));
        assert_eq!(
            (state.status, state.reason, state.message.as_str()),
            (
                ConditionStatus::False,
                "ReconciliationPaused",
                "Reconciliation paused until: 2026-01-01T01:01:01Z"
            )
        );
        let state = at(Some("T"), PausedKind::NodePool);
        assert_eq!(state.requeue_after, None);
        assert_eq!(state.message, "Reconciliation paused until field removed");
        let state = at(Some("9999-12-31T23:59:59Z"), PausedKind::NodePool);
        assert_eq!(state.requeue_after, Some(Duration::from_nanos(u64::MAX / 2)));
    }

    #[test]
    fn a_value_that_does_not_pause_tells_whether_it_was_understood() {
        for (value, kind, reason) in [
            (None, PausedKind::HostedCluster, "AsExpected"),
            (None, PausedKind::NodePool, "ReconciliationActive"),
            (Some(NOW), PausedKind::HostedCluster, "AsExpected"),
            (Some("false"), PausedKind::NodePool, "ReconciliationActive"),
            (Some(""), PausedKind::HostedCluster, "InvalidPausedUntilValue"),
            (Some("2026-01-02T00:00:00"), PausedKind::NodePool, "InvalidPausedUntilValue"),
        ] {
            let state = at(value, kind);
            assert!(!state.paused && state.requeue_after.is_none(), "{value:?}");
            assert_eq!((state.status, state.reason), (ConditionStatus::True, reason), "{value:?}");
        }
    }
}
