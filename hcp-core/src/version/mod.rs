//! Versions of releases, and the rules about them.

mod release_version;

pub use release_version::{Minor, ReleaseVersion, VersionError};
