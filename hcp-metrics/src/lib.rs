//! Prometheus relabelling, exposition filtering, and metric sets for hosted control planes.
//!
//! Data flows one way: a [`Rule`](relabel::Rule) says what an operator wrote, [`Rules`](relabel::Rules) is what it means,
//! proved at compile time, and an [`exposition::Filter`] applies it to a stream of bytes.

pub mod exposition;
mod label;
#[cfg(feature = "proxy")]
pub mod proxy;
pub mod relabel;

pub use label::{LabelCompat, Labels, LabelsView, NameScheme};
