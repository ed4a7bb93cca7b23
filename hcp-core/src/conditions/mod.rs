//! Conditions: what controllers say of an object, read, set and merged.

mod condition;
mod view;

pub use condition::{Condition, NodePoolCondition};
pub use view::{ConditionStatus, ConditionView, find};
