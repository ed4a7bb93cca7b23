//! Upgrades: whether one is allowed, in which order, and whether it is truly finished.

#[cfg(feature = "api")]
mod fleet_objects;
mod image;
#[cfg(feature = "api")]
mod objects;
#[cfg(feature = "api")]
mod observe;
pub mod plan;
pub mod rollout;
#[cfg(feature = "api")]
mod verdict;

#[cfg(feature = "api")]
pub use fleet_objects::{Fleet, SeveralSupportedVersions, Unreadable};
#[cfg(feature = "api")]
pub use observe::ObserveError;
pub use plan::UpgradePlan;
#[cfg(feature = "api")]
pub use verdict::{
    Allowance, Subject, Target, UpgradeFinding, UpgradeRule, UpgradeVerdict, VerdictPolicy, verdict,
};
