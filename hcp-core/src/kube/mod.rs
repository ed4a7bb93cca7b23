//! What talks to a cluster, through a `kube::Client` of the host.

pub mod fleet;
pub mod pause;
mod retry;
