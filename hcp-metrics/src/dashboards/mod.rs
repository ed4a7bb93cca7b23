//! A Grafana dashboard for each hosted cluster, in the ConfigMap where the console looks for it.
//!
//! ```
//! use hcp_metrics::HostedClusterRef;
//! use hcp_metrics::dashboards::{NameStyle, Template};
//!
//! let id = "6b6cbd9e-91a3-4b0a-9fbd-0d0a3a6f2c11";
//! let cluster = HostedClusterRef::new("clusters", "prod", id);
//! let config_map = Template::shipped().render(&cluster, NameStyle::Deployed)?;
//! assert_eq!(config_map.metadata.name, "hc-clusters-prod");
//! assert!(config_map.dashboard().contains(r#"namespace=\"clusters-prod\""#));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! The shipped template is in Grafana's classic JSON model and uses what the sets keep: everything but the API server's
//! latency is in `Telemetry`; CPU and memory come from the management cluster itself. `docs/DASHBOARDS.md` shows it.

mod config_map;
mod template;

pub use config_map::{
    Collision, ConfigMap, DashboardError, Existing, KEY, LABEL, Metadata, NAMESPACE, NameStyle,
    Orphan, collisions, orphans,
};
pub use template::{Template, TemplateError, TemplateSource};
