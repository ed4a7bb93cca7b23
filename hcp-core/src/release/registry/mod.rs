//! Release images from registries, over the OCI distribution protocol.
//!
//! ```no_run
//! use std::sync::Arc;
//!
//! use hcp_core::release::registry::RegistryClient;
//! use hcp_core::release::{Cached, Mirrored, Mirrors, PullSecret, ReleaseProvider as _};
//!
//! # async fn example(
//! #     tls: Arc<rustls::ClientConfig>,
//! #     mirrors: Mirrors,
//! #     dockerconfigjson: &[u8],
//! # ) -> Result<(), Box<dyn std::error::Error>> {
//! let releases = Cached::new(Mirrored::new(RegistryClient::new(&tls), mirrors));
//! let image = "quay.io/openshift-release-dev/ocp-release:4.15.3-multi".parse()?;
//! let pull_secret = PullSecret::parse(dockerconfigjson)?;
//! let release = releases.lookup(&image, &pull_secret).await?;
//! println!("{} for {:?}", release.version(), release.architectures);
//! # Ok(()) }
//! ```

mod auth;
mod body;
mod client;
mod error;
mod layer;
mod limits;
mod manifest;
mod session;
mod transport;

pub use client::RegistryClient;
pub use error::RegistryError;
pub use limits::RegistryLimits;
