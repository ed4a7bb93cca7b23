//! Quorum health, diagnosis and verified member recovery for etcd.

mod clock;
pub mod health;
pub mod recovery;
pub mod snapshot;
mod topology;

pub use clock::{Clock, SystemClock};
pub use topology::{
    ClusterId, EtcdUrl, MemberId, MemberName, Topology, TopologyError, TopologyMember,
};
