//! Versions of releases, and the rules about them.

mod kubernetes;
mod minor;
mod release_version;

pub use kubernetes::KubernetesMinor;
pub use minor::{Minor, MinorError, OcpMinor};
pub use release_version::{ReleaseVersion, VersionChange, VersionError};
