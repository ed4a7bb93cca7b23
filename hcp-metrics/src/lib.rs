//! Prometheus relabelling, exposition filtering, and metric sets for hosted control planes.
//!
//! Data flows one way: a [`Rule`](relabel::Rule) says what an operator wrote, [`Rules`](relabel::Rules) is what it means,
//! proved at compile time, and an [`exposition::Filter`] applies it to a stream of bytes.
//! [`lint`] says what is wrong with rules that Prometheus takes without a word.

mod cluster;
pub mod dashboards;
pub mod exposition;
mod label;
pub mod lint;
pub mod monitors;
#[cfg(feature = "proxy")]
pub mod proxy;
pub mod relabel;
pub mod sets;

pub use cluster::{ClusterError, HostedClusterRef};
pub use label::{LabelCompat, Labels, LabelsView, NameScheme};
