//! Pausing reconciliation, and the proof that it is paused.

mod effective;
mod paused_until;
pub mod upstream;

pub use effective::{
    EffectiveState, INVALID_PAUSED_UNTIL, PausedKind, RECONCILIATION_ACTIVE, RECONCILIATION_PAUSED,
    effective_state,
};
pub use paused_until::{PausedUntil, PausedUntilError, PausedUntilProblem};
