//! Bringing a failed member back without risking the data: plan, prove, act, verify.

mod control;
mod proof;

pub use control::{
    ApiError, ApiErrorKind, ClusterApi, ControlAction, ControlError, Depth, MemberControl,
    StartMode,
};
pub use proof::{NotInCluster, QuorumWithout};
