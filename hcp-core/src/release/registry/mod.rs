//! Release images from registries, over the OCI distribution protocol.

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
