//! Snapshot files (being written on another branch; this stand-in only carries the type).

use std::path::PathBuf;

/// A snapshot file that was verified.
#[non_exhaustive]
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct VerifiedSnapshot {
    /// Where it is.
    pub path: PathBuf,
}
