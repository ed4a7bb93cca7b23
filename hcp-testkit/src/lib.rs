//! Real etcd clusters on loopback, with faults, a real Kubernetes API, and real Prometheus servers, for tests and examples.
//!
//! [`EtcdCluster`] starts members with mutual TLS as processes of this machine, on top of
//! [`hcp_etcd::process::LocalMembers`], and stops every one of them when it is dropped, also by a panic.
//!
//! ```no_run
//! # async fn example() -> Result<(), hcp_testkit::TestkitError> {
//! let cluster = hcp_testkit::EtcdCluster::builder().start().await?;
//! cluster.kill(2).await?;
//! cluster.wipe_data(2).await?;
//! # Ok(()) }
//! ```
//!
//! [`KubeEnv`] is a `kube-apiserver` on such an etcd; [`FakeApiServer`] is one inside the test, with a script of
//! faults.
//!
//! [`Prometheus`] is a server with a configuration that a test gives it, and answers queries. [`Registry`] is an image registry with
//! TLS and passwords.

mod assets;
mod attach;
mod builder;
mod client;
mod cluster;
mod damage;
mod error;
mod eventually;
pub mod fake_api;
mod kube_env;
mod membership;
mod pki;
mod ports;
mod prometheus;
mod proxy;
mod quota;
mod registry;
mod server_process;
mod stores;
mod writer;

pub use assets::{EtcdAssets, find_asset};
pub use attach::{AttachConfig, AttachMember, ClientTls};
pub use builder::EtcdClusterBuilder;
pub use cluster::EtcdCluster;
pub use damage::FlipTarget;
pub use error::TestkitError;
pub use eventually::eventually;
pub use fake_api::FakeApiServer;
pub use kube_env::{KubeAssets, KubeEnv, KubeEnvBuilder};
pub use pki::{Certificate, Pki};
pub use prometheus::{Prometheus, PrometheusProgram, PrometheusSample, PrometheusSeries};
pub use proxy::PeerProxies;
pub use registry::Registry;
pub use writer::{Ledger, LostWrite, LostWrites, Writer};
