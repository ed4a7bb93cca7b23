//! Snapshot files: proof that one can be restored, and a writer that leaves no other kind behind.
//!
//! `etcdutl snapshot status` does not look at the digest a snapshot ends with and follows damaged
//! page references until it crashes; `etcdctl snapshot save` does not compare the digest either.
//! [`verify`] does what a restore depends on: the digest, the meta pages, every page of every tree,
//! every revision in bucket `key`. It returns the numbers `etcdutl` prints, taken in the same walk.
//! [`SnapshotWriter`] gives a file its final name only after [`verify`].
//!
//! Both do blocking file I/O in bounded memory, one bit per database page and some windows of 64
//! KiB, so files of many GB are fine; call them off the async threads.

mod bolt;
mod contents;
mod digest;
mod error;
#[cfg(test)]
mod forge;
mod key;
mod member;
mod source;
mod tree;
mod writer;

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

pub use self::digest::{ParseDigestError, Sha256Digest};
pub use self::error::{Place, Rule, SnapshotError};
pub use self::member::SnapshotMember;
pub use self::writer::SnapshotWriter;

use self::bolt::Database;
use self::contents::Contents;
use self::error::Fault;
use self::source::ReadAt;

/// What a snapshot file that passed [`verify`] holds.
///
/// `hash`, `revision`, `total_keys` and `total_size` are the `hash`, `revision`, `totalKey` and
/// `totalSize` of `etcdutl snapshot status` 3.5.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct VerifiedSnapshot {
    /// The file, as the caller named it.
    pub path: PathBuf,
    /// Size of the file in bytes, its 32-byte trailer included.
    pub size: u64,
    /// SHA-256 of the file without its trailer, which repeats it.
    pub sha256: Sha256Digest,
    /// CRC-32C over the name, keys and values of every bucket in byte order.
    ///
    /// Not comparable with a member's HashKV, which covers other bytes.
    pub hash: u32,
    /// Main revision of the newest entry; 0 for a store that never held a key.
    pub revision: u64,
    /// Entries in all buckets, as etcdutl 3.5 counts: every kept revision, and etcd's own records.
    pub total_keys: u64,
    /// Entries of bucket `key`: every kept revision of every key, deletions included.
    pub revisions: u64,
    /// Bytes of database by its meta page: pages in use and free, without the trailer.
    pub total_size: u64,
    /// Members of the cluster it was taken from, by id.
    pub members: Vec<SnapshotMember>,
}

/// Proves that the file is an unaltered, structurally sound etcd snapshot, and reports what it
/// holds.
///
/// The file is read twice: once for the digest, once along its trees. It should not change
/// meanwhile.
///
/// # Errors
///
/// [`SnapshotError`] names the place and the first rule that does not hold: size and digest first,
/// then the structure.
///
/// ```
/// use hcp_etcd::snapshot::{SnapshotError, verify};
/// # let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/small.db");
/// # let cut = tempfile::NamedTempFile::new()?;
/// # std::fs::write(cut.path(), std::fs::read(&path)?.split_at(20_000).0)?;
///
/// let snapshot = verify(&path)?;
/// println!("{} keys at revision {}, {}", snapshot.total_keys, snapshot.revision, snapshot.sha256);
///
/// let error = verify(cut.path()).unwrap_err();
/// assert!(matches!(error, SnapshotError::DigestMismatch { .. }));
/// println!("{error}; {}", error.remedy());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn verify(path: &Path) -> Result<VerifiedSnapshot, SnapshotError> {
    // Asked before opening: opening a pipe would wait for its writer.
    let metadata =
        fs::metadata(path).map_err(|error| SnapshotError::io(path, "read its metadata", error))?;
    if !metadata.is_file() {
        return Err(SnapshotError::NotAFile { path: path.to_owned() });
    }
    let file = File::open(path).map_err(|error| SnapshotError::io(path, "open it", error))?;
    let metadata =
        file.metadata().map_err(|error| SnapshotError::io(path, "read its metadata", error))?;
    verify_source(path, &file, metadata.len())
}

/// [`verify`] on any source of `size` bytes; `path` is only a name.
fn verify_source<R: ReadAt + ?Sized>(
    path: &Path,
    source: &R,
    size: u64,
) -> Result<VerifiedSnapshot, SnapshotError> {
    let Some(content) = digest::content_length(size) else {
        return Err(SnapshotError::NoTrailer { path: path.to_owned(), size });
    };
    let (expected, actual) = digest::trailer_and_actual(source, content)
        .map_err(|error| SnapshotError::io(path, "read it", error))?;
    if expected != actual {
        return Err(SnapshotError::DigestMismatch { path: path.to_owned(), expected, actual });
    }
    let (contents, total_size) =
        read_database(source, content).map_err(|fault| fault.in_file(path))?;
    Ok(VerifiedSnapshot {
        path: path.to_owned(),
        size,
        sha256: actual,
        hash: contents.hash,
        revision: contents.revision,
        total_keys: contents.total_keys,
        revisions: contents.revisions,
        total_size,
        members: contents.members,
    })
}

fn read_database<R: ReadAt + ?Sized>(source: &R, length: u64) -> Result<(Contents, u64), Fault> {
    let mut database = Database::open(source, length)?;
    let contents = Contents::read(&mut database)?;
    Ok((contents, database.size()))
}

#[cfg(test)]
mod tests;
