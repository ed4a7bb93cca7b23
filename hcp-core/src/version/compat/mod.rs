//! Exactly what `HyperShift` does, with its messages: to predict it, and to see where the rules of this crate differ.

mod gate;
mod release;
mod skew;
mod supported;

pub use gate::{Upgrading, UpgradingArguments, is_upgrading};
pub use release::{ReleaseArguments, is_valid_release_version, is_valid_release_version_4_15};
pub use skew::validate_version_skew;
pub use supported::{
    kube_version_for_supported_version, latest_supported_ocp_version, previous_minor_version,
    supported_ocp_versions,
};
