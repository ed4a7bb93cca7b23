//! How far a rollout is, and whether it is truly finished.
//!
//! "Payload loaded", which the documentation of the product waits for, only says that the image could be read and verified. Nothing has been rolled
//! out then.

mod cluster;
mod kinds;
mod policy;
mod pool;
mod state;
mod trust;
mod view;

pub use cluster::{cluster_rollout, cluster_state};
pub use policy::RolloutPolicy;
pub use pool::{pool_rollout, pool_state};
pub use state::{Cause, Check, Evidence, Outcome, Phase, Rollout, RolloutState, Stuck};
pub use view::{ClusterView, HistoryView, PoolView, VersionView};
