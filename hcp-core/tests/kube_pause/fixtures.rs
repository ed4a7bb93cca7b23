//! What the tests of the pause adapter have in common.

use std::time::Duration;

use hcp_core::kube::pause::{Target, WaitOptions};
use hcp_core::pause::{PauseOwner, PauseRequest, PausedUntil};
use jiff::Timestamp;

/// The namespace and the name of the hosted cluster.
pub(crate) const CLUSTER: (&str, &str) = ("clusters", "one");

pub(crate) fn now() -> Timestamp {
    "2026-01-01T00:00:00Z".parse().unwrap()
}

pub(crate) fn target() -> Target {
    Target::new(CLUSTER.0, CLUSTER.1)
}

pub(crate) fn owner() -> PauseOwner {
    "run-1".parse().unwrap()
}

pub(crate) fn request() -> PauseRequest {
    PauseRequest::new(owner(), PausedUntil::Indefinite)
}

/// Long enough for anything that works.
pub(crate) fn options() -> WaitOptions {
    WaitOptions::default().with_timeout(Duration::from_secs(60)).with_resync(Duration::from_secs(2))
}
