//! Why there is no monitor.

use crate::ClusterError;
use crate::relabel::NotExpressible;
use crate::sets::{Component, SreNotLoaded};

/// Why there is no monitor.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum MonitorError {
    /// A cluster that cannot exist.
    #[error(transparent)]
    Cluster(#[from] ClusterError),
    /// A set that is not known.
    #[error(transparent)]
    Set(#[from] SreNotLoaded),
    /// A component without a monitor.
    #[error("{component} has no monitor in HyperShift; scrape it with a monitor of your own")]
    NoMonitor {
        /// Which component.
        component: Component,
    },
    /// A monitor that scrapes nothing.
    #[error("monitor {monitor} has no endpoints; give it at least one")]
    NoEndpoints {
        /// Its name.
        monitor: String,
    },
    /// Not one list of rules for each endpoint.
    #[error(
        "monitor {monitor} has {endpoints} endpoints and {lists} lists of rules; \
         pass one list for each endpoint"
    )]
    Lists {
        /// Its name.
        monitor: String,
        /// How many endpoints it has.
        endpoints: usize,
        /// How many lists there are.
        lists: usize,
    },
    /// A monitor of another control plane.
    #[error(
        "monitor {monitor} is in namespace {found}, the control plane in {wanted}; \
         leave the namespace out, or take the monitor of this control plane"
    )]
    Namespace {
        /// Its name.
        monitor: String,
        /// Where it is.
        found: String,
        /// Where the control plane is.
        wanted: String,
    },
    /// `https` with nobody to trust.
    #[error("monitor {monitor}, endpoint {endpoint}, scrapes https without tlsConfig; name a CA")]
    NoTls {
        /// Its name.
        monitor: String,
        /// Which endpoint, counted from 0.
        endpoint: usize,
    },
    /// A rule that a monitor has no way to write.
    #[error("monitor {monitor}, endpoint {endpoint}, rule {rule}: {source}")]
    Rule {
        /// Its name.
        monitor: String,
        /// Which endpoint, counted from 0.
        endpoint: usize,
        /// Which rule of its list, counted from 0.
        rule: usize,
        /// Why, and what to do about it.
        source: NotExpressible,
    },
}
