//! Metric sets of hosted control planes: which samples of which component are collected.
//!
//! A set and a component give a list of [relabel rules](crate::relabel::Rule). For `Telemetry` and `All` the lists are
//! tables; for `SRE` they are read from a ConfigMap.
//!
//! ```
//! use hcp_metrics::relabel::Rules;
//! use hcp_metrics::sets::{Component, MetricSets, MetricsSet};
//!
//! let set: MetricsSet = "telemetry".parse()?;
//! let rules = MetricSets::default().rules(Component::Etcd, set)?;
//! let rules = Rules::compile(&rules)?;
//! let series = [("__name__", "etcd_mvcc_db_total_size_in_bytes")];
//! assert!(rules.keep(&series.as_slice().into()));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Where HyperShift does otherwise
//!
//! HyperShift fails open: an unknown set counts as `All` where it is not checked, `SRE` without its ConfigMap and a
//! misspelt component key have no filter, and a wrong regular expression is first noticed by Prometheus. Here each of
//! them is an error with its place and a remedy. [`SreConfig::parse_compatible`] and [`SreConfig::unfiltered`] give
//! upstream's meaning where it is wanted.

mod component;
mod finding;
mod read;
mod set;
mod sre;
mod table;

pub use component::Component;
pub use finding::{Finding, Severity};
pub use set::{METRICS_SET, MetricsSet, SetChoice, UnknownSet};
pub use sre::{ConfigHash, SreConfig, SreConfigError, SreError, SreSource};
pub use table::{Edition, MetricSets, SreNotLoaded};
