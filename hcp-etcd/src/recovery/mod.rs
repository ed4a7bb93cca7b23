//! Bringing a failed member back without risking the data: plan, prove, act, verify.

mod control;
#[cfg(feature = "grpc")]
mod executor;
mod plan;
mod planner;
mod policy;
#[cfg(feature = "grpc")]
mod progress;
mod proof;
mod reason;
mod safety;
#[cfg(feature = "grpc")]
mod shelf;
mod steps;

pub use control::{
    ApiError, ApiErrorKind, ClusterApi, ControlAction, ControlError, Depth, MemberControl,
    StartMode,
};
#[cfg(feature = "grpc")]
pub use executor::{Executor, Turn};
pub use plan::{Action, Plan, Replacement, SnapshotRecord, Step};
pub use planner::plan;
pub use policy::RecoveryPolicy;
#[cfg(feature = "grpc")]
pub use progress::{Outcome, Progress, Proof, RecoveryError};
pub use proof::{NotInCluster, QuorumWithout};
pub use reason::Reason;
pub use safety::Refusal;
