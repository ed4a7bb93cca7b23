//! `ServiceMonitor` and `PodMonitor` objects for the components of a hosted control plane.
//!
//! ```
//! use hcp_metrics::HostedClusterRef;
//! use hcp_metrics::monitors::ControlPlane;
//! use hcp_metrics::sets::{Component, MetricSets, MetricsSet};
//!
//! let id = "6b6cbd9e-91a3-4b0a-9fbd-0d0a3a6f2c11";
//! let control_plane = ControlPlane::new(HostedClusterRef::new("clusters", "prod", id))?;
//! let sets = MetricSets::default();
//! let monitor = control_plane.monitor(Component::Etcd, &sets, MetricsSet::Telemetry)?;
//! assert_eq!(monitor.metadata().namespace, "clusters-prod");
//! assert_eq!(monitor.endpoints()[0].metric_relabelings.len(), 2); // the set's rule, and _id
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod control_plane;
mod error;
mod object;
mod table;

pub use control_plane::{ControlPlane, ID_LABEL};
pub use error::MonitorError;
pub use object::{
    API_VERSION, Body, Endpoint, KeySelector, Monitor, NamespaceSelector, ObjectMeta,
    PodMonitorSpec, SecretOrConfigMap, Selector, ServiceMonitorSpec, TargetPort, TlsConfig,
};

/// How a target is told what a stand-alone cluster would call it (`job`, `namespace`, `service`, `endpoint`), which is
/// what dashboards and alerts written for stand-alone clusters look for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Identity {
    /// In annotations of the monitor, read by HyperShift's metrics-proxy: what HyperShift does.
    #[default]
    Annotations,
    /// In the annotations, and as target labels set by relabelings, before the one for `_id`.
    Relabelings,
}
