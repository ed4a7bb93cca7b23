//! Upgrades: whether one is allowed, in which order, and whether it is truly finished.

mod image;
pub mod plan;
pub mod rollout;

pub use plan::UpgradePlan;
