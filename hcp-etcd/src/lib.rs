//! Quorum health, diagnosis and verified member recovery for etcd.

pub mod snapshot;
