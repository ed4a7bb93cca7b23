//! What all condition structs have in common.

use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// Whether a condition holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "api", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub enum ConditionStatus {
    /// It holds.
    True,
    /// It does not.
    False,
    /// The controller cannot tell.
    Unknown,
}

impl fmt::Display for ConditionStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::True => "True",
            Self::False => "False",
            Self::Unknown => "Unknown",
        })
    }
}

/// Read access that `HostedCluster`s' and `NodePool`s' condition structs share, so that decisions are written once.
pub trait ConditionView {
    /// `type`, for example `Available`.
    fn kind(&self) -> &str;
    /// Whether it holds.
    fn status(&self) -> ConditionStatus;
    /// One word for why; empty if none is given.
    fn reason(&self) -> &str;
    /// A sentence for people; empty if none is given.
    fn message(&self) -> &str;
    /// The `metadata.generation` that it was computed for, if the controller says so.
    fn observed_generation(&self) -> Option<i64>;
    /// When the status last changed.
    fn last_transition_time(&self) -> Option<Timestamp>;
}

/// The condition of this type, if there is one.
pub fn find<'a, C: ConditionView>(conditions: &'a [C], kind: &str) -> Option<&'a C> {
    conditions.iter().find(|condition| condition.kind() == kind)
}
