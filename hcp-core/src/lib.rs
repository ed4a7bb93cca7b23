//! The vocabulary and the rules of hosted control planes.
//!
//! Everything here is a plain type or a pure function first: no clock, no I/O. What talks to a cluster or to a registry is a thin
//! adapter behind a feature of its name.
//!
//! ```
//! use hcp_core::platform::{NetworkType, PlatformType};
//! use hcp_core::version::{OperatorRelease, ReleasePolicy, ReleaseRequest, validate_release};
//!
//! let (current, target) = ("4.13.40".parse()?, "4.15.9".parse()?);
//! let limits = OperatorRelease::of("4.15".parse()?)?.limits(&PlatformType::Agent);
//! let (network, platform) = (NetworkType::OvnKubernetes, PlatformType::Agent);
//! let request = ReleaseRequest::hosted_cluster(&target, limits, &network, &platform)
//!     .with_current(&current, None);
//!
//! let verdict = validate_release(&request, &ReleasePolicy::default());
//! assert!(!verdict.is_allowed());
//! assert_eq!(verdict.findings()[0].rule.to_string(), "4.13.40 to 4.15.9 leaves out 1 minor version, first 4.14");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Where to begin
//!
//! 1. A question about values you have: [`version`], [`pause`], [`release`], [`oauth`], [`features`], [`conditions`], [`platform`].
//! 2. Objects you have: `api::read` reads them, `upgrade::verdict` says whether an upgrade is allowed,
//!    [`upgrade::UpgradePlan`] in which order, [`upgrade::rollout`] whether one is truly finished.
//! 3. A cluster or a registry: `kube` and `release::registry`, within your own process.
//!
//! What is wrong comes as a [`Finding`]: how badly, where, which [`Rule`], and what to do.
//!
//! # Features
//!
//! | feature | default | adds |
//! | --- | --- | --- |
//! | `api` | yes | `api`: `HostedCluster`, `NodePool`, `HostedControlPlane` as custom resources, and the decisions that take them |
//! | `yaml` | yes | objects read from YAML, CRDs written as YAML |
//! | `kube` | no | `kube`: act on a cluster through a `kube::Client` of yours |
//! | `registry` | no | `release::registry`: read release images from a registry |
//!
//! Neither the core nor `api` has tokio, hyper or a Kubernetes client in its tree.

#[macro_use]
mod string_enum;
#[macro_use]
mod text_serde;

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
