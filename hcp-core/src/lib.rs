//! The vocabulary and the rules of hosted control planes.
//!
//! Everything here is a plain type or a pure function first: no clock, no I/O. What talks to a cluster or to a registry is a thin
//! adapter behind a feature of its name.
//!
//! # Features
//!
//! | feature | default | adds |
//! | --- | --- | --- |
//! | `api` | yes | [`api`]: `HostedCluster`, `NodePool`, `HostedControlPlane` as custom resources, and the decisions that take them |
//! | `yaml` | yes | objects read from YAML, CRDs written as YAML |
//! | `kube` | no | `kube`: act on a cluster through a `kube::Client` of yours |
//! | `registry` | no | `release::registry`: read release images from a registry |
//!
//! Neither the core nor `api` has tokio, hyper or a Kubernetes client in its tree.

#[macro_use]
mod string_enum;

#[cfg(feature = "api")]
pub mod api;
pub mod conditions;
pub mod features;
mod finding;
mod go_duration;
#[cfg(feature = "kube")]
pub mod kube;
mod names;
pub mod oauth;
mod path;
pub mod pause;
pub mod platform;
pub mod release;
mod time;
pub mod upgrade;
pub mod version;

pub use finding::{Finding, FindingRow, Rule, Severity};
pub use go_duration::{GoDuration, GoDurationError};
pub use names::{NameError, control_plane_namespace, unchecked_control_plane_namespace};
pub use path::{JsonPath, Step};
pub use time::{Time, TimeError};

/// Fields of an object that this version does not model, kept so that an object that is read and written back is unchanged.
pub type Other = std::collections::BTreeMap<String, serde_json::Value>;
