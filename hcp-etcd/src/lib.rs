//! Quorum health, diagnosis and verified member recovery for etcd.
//!
//! Data flows one way: an [`Observation`] says what was seen, a [`Diagnosis`] what is wrong and why, a
//! [`Plan`](recovery::Plan) what to do next and why, an [`Executor`](recovery::Executor) does it one proved step at a
//! time, and a [`Proof`](recovery::Proof) says what was shown at the end.
//!
//! ```
//! use hcp_etcd::recovery::{RecoveryPolicy, plan};
//! use hcp_etcd::{DiagnosisPolicy, History, Observation, diagnose};
//!
//! let json = include_str!("../tests/data/one-member-lost.json");
//! let observation: Observation = serde_json::from_str(json)?;
//! let now = observation.at;
//!
//! let diagnosis = diagnose(&observation, &History::default(), &DiagnosisPolicy::default(), now);
//! let plan = plan(&diagnosis, None, &RecoveryPolicy::default(), now);
//! assert!(plan.to_string().starts_with("plan: replace etcd-2"));
//! # Ok::<(), serde_json::Error>(())
//! ```
//!
//! # Three ways in
//!
//! 1. Call the pure functions on data you have: [`diagnose`], [`recovery::plan`], [`Quorum`], [`snapshot::verify`].
//! 2. Talk to real members: [`Client`] probes and changes a cluster, [`recovery::Executor`] recovers one through your
//!    [`recovery::MemberControl`].
//! 3. Embed a [`Monitor`], which does both for as long as the host lives.
//!
//! # Features
//!
//! | feature | default | adds |
//! | --- | --- | --- |
//! | `grpc` | yes | [`Client`], [`recovery::Executor`], [`Monitor`]: tokio, tonic, rustls with ring |
//! | `metrics` | yes | [`MonitorMetrics`] for a `prometheus-client` registry |
//! | `process` | no | `process::LocalMembers`: members that are processes on this machine (Linux) |
//!
//! Without features there is neither tokio nor tonic in the tree. Building with `grpc` needs `protoc`.
//!
//! The host owns the process: this crate installs no crypto provider, subscriber or signal handler, spawns no
//! detached task, and reads the clock only through a [`Clock`].

mod clock;
pub mod diagnosis;
#[cfg(feature = "grpc")]
mod grpc;
pub mod health;
#[cfg(feature = "metrics")]
mod metrics;
#[cfg(feature = "grpc")]
mod monitor;
#[cfg(all(feature = "process", target_os = "linux"))]
pub mod process;
mod quorum;
pub mod recovery;
pub mod snapshot;
mod time;
mod topology;

pub use clock::{Clock, SystemClock};
pub use diagnosis::{
    ClusterState, Diagnosis, DiagnosisPolicy, Evidence, History, MemberDiagnosis, MemberState,
    diagnose,
};
#[cfg(feature = "grpc")]
pub use grpc::{Client, ClientError, ClientOptions, Secret, Tls, TlsError};
pub use health::Observation;
#[cfg(feature = "metrics")]
pub use metrics::MonitorMetrics;
#[cfg(feature = "grpc")]
pub use monitor::{Monitor, MonitorConfig, NoControl, Report};
pub use quorum::{Quorum, Role, Seat, quorum_size};
pub use topology::{
    ClusterId, EtcdUrl, MemberId, MemberName, Topology, TopologyError, TopologyMember,
};
