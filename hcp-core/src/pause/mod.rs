//! Pausing reconciliation, and the proof that it is paused.

mod effective;
mod gap;
mod leaks;
mod marker;
mod object;
mod observed;
mod patch;
mod paused_until;
mod proof;
mod shape;
#[cfg(feature = "api")]
mod typed;
pub mod upstream;

pub use effective::{
    EffectiveState, INVALID_PAUSED_UNTIL, PausedKind, RECONCILIATION_ACTIVE, RECONCILIATION_PAUSED,
    effective_state,
};
pub use gap::{PauseGap, PauseWarning};
pub use leaks::{LeakPolicy, PauseLeak, leaks};
pub use marker::{MARKER_ANNOTATION, Marker, MarkerError, PauseOwner, PauseOwnerError};
pub use object::{ObjectFinding, Pausable};
pub use observed::{Observed, ObservedCluster, ObservedMachines, ObservedNodePool, ObservedObject};
pub use patch::{PausePlan, PauseRefusal, PauseRequest, UnpausePlan, plan_pause, plan_unpause};
pub use paused_until::{PausedUntil, PausedUntilError, PausedUntilProblem};
pub use proof::{ClusterPause, NotProven, PauseEvidence, PauseExpectation, PauseProof, prove};
pub use shape::ShapeError;
