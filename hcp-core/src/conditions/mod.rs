//! Conditions: what controllers say of an object, read, set and merged.

mod view;

pub use view::{ConditionStatus, ConditionView, find};
