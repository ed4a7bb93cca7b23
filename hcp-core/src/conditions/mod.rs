//! Conditions: what controllers say of an object, read, set and merged.

mod condition;
mod diff;
mod known;
pub mod limits;
pub mod names;
mod set;
mod summary;
mod view;

pub use condition::{Condition, NodePoolCondition};
pub use diff::{ConditionChange, diff};
pub use known::{
    Aspect, ConditionOwner, KnownCondition, Reading, blocker, known, known_conditions, sort,
};
pub use set::{ConditionEdit, SetOutcome, is, merge, remove, set};
pub use summary::{Concern, Health, Stale, Summary, stale, summarize};
pub use view::{ConditionStatus, ConditionView, find};
