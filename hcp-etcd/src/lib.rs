//! Quorum health, diagnosis and verified member recovery for etcd.

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
