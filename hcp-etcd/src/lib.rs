//! Quorum health, diagnosis and verified member recovery for etcd.

mod clock;
pub mod health;
#[cfg(all(feature = "process", target_os = "linux"))]
pub mod process;
pub mod recovery;
pub mod snapshot;
mod topology;

pub use clock::{Clock, SystemClock};
pub use topology::{
    ClusterId, EtcdUrl, MemberId, MemberName, Topology, TopologyError, TopologyMember,
};
