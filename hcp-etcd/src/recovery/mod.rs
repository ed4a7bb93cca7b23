//! Bringing a failed member back without risking the data: plan, prove, act, verify.

mod control;
mod plan;
mod planner;
mod policy;
mod proof;
mod reason;
mod safety;
mod steps;

pub use control::{
    ApiError, ApiErrorKind, ClusterApi, ControlAction, ControlError, Depth, MemberControl,
    StartMode,
};
pub use plan::{Action, Plan, Replacement, SnapshotRecord, Step};
pub use planner::plan;
pub use policy::RecoveryPolicy;
pub use proof::{NotInCluster, QuorumWithout};
pub use reason::Reason;
pub use safety::Refusal;
