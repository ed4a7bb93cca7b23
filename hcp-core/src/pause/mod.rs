//! Pausing reconciliation, and the proof that it is paused.

mod effective;
mod leaks;
mod marker;
mod object;
mod patch;
mod paused_until;
mod shape;
pub mod upstream;

pub use effective::{
    EffectiveState, INVALID_PAUSED_UNTIL, PausedKind, RECONCILIATION_ACTIVE, RECONCILIATION_PAUSED,
    effective_state,
};
pub use leaks::{Leak, LeakPolicy, PauseLeak, leaks};
pub use marker::{MARKER_ANNOTATION, Marker, MarkerError, PauseOwner, PauseOwnerError};
pub use object::Pausable;
pub use patch::{PausePlan, PauseRefusal, PauseRequest, UnpausePlan, plan_pause, plan_unpause};
pub use paused_until::{PausedUntil, PausedUntilError, PausedUntilProblem};
pub use shape::ShapeError;
