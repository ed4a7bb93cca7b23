//! What can be wrong with a snapshot file, where, and what to do about it.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::digest::Sha256Digest;

/// Why a snapshot was not accepted or not written.
///
/// The text names the file, the place in it and the rule; [`SnapshotError::remedy`] says what to do
/// next.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SnapshotError {
    /// The operating system refused an operation on the file.
    #[error("{}: cannot {operation}", .path.display())]
    Io {
        /// The file or directory acted on.
        path: PathBuf,
        /// What was attempted, as a verb phrase.
        operation: &'static str,
        /// The operating system's reason.
        #[source]
        source: io::Error,
    },
    /// The path leads to a directory, device, pipe or socket.
    #[error("{}: not a regular file", .path.display())]
    NotAFile {
        /// The path as given.
        path: PathBuf,
    },
    /// The size shows that the file does not end with a SHA-256 digest.
    ///
    /// A snapshot saved from a member is whole database pages, a multiple of 512 bytes, followed by
    /// the 32 bytes of the digest (the rule of `etcdutl snapshot restore`). A copy of
    /// `member/snap/db` has no digest.
    #[error(
        "{}: no SHA-256 trailer: size {size} is not a multiple of 512 plus 32", .path.display()
    )]
    NoTrailer {
        /// The file.
        path: PathBuf,
        /// Its size in bytes.
        size: u64,
    },
    /// The last 32 bytes are not the SHA-256 digest of the bytes before them.
    #[error("{}: SHA-256 mismatch: trailer says {expected}, content is {actual}", .path.display())]
    DigestMismatch {
        /// The file.
        path: PathBuf,
        /// The digest the file ends with.
        expected: Sha256Digest,
        /// The digest of the content.
        actual: Sha256Digest,
    },
    /// The content is not a sound etcd database, whatever its digest says.
    #[error("{}: {place}: {rule}", .path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// Where in the file.
        place: Place,
        /// The rule that does not hold there.
        rule: Rule,
    },
    /// The final file already exists; the writer replaces nothing.
    #[error("{}: already exists", .path.display())]
    AlreadyExists {
        /// The file in the way.
        path: PathBuf,
    },
    /// Another writer holds the same `.part` file.
    #[error("{}: another writer is at work on this file", .path.display())]
    Busy {
        /// The `.part` file.
        path: PathBuf,
    },
    /// A chunk does not continue where the one before it ended.
    #[error(
        "{}: snapshot stream broken at byte {received}: expected {expected} bytes to remain, \
         member says {remaining}",
        .path.display()
    )]
    StreamBroken {
        /// The `.part` file.
        path: PathBuf,
        /// Bytes received so far, the offending chunk included.
        received: u64,
        /// Bytes of database that should still follow.
        expected: u64,
        /// What the chunk's `remaining_bytes` said.
        remaining: u64,
    },
    /// The stream ended, or sent nothing, while the member still owed bytes.
    #[error(
        "{}: snapshot stream ended early: {received} bytes received, {missing} missing",
        .path.display()
    )]
    StreamCut {
        /// The `.part` file.
        path: PathBuf,
        /// Bytes received.
        received: u64,
        /// Bytes still owed, the 32 of the digest included.
        missing: u64,
    },
}

impl SnapshotError {
    /// What an operator, or the code in their place, should do now.
    #[must_use]
    pub fn remedy(&self) -> &'static str {
        match self {
            Self::Io { .. } => "fix the file system or its permissions and try again",
            Self::NotAFile { .. } => "give the path of a file saved from a member",
            Self::NoTrailer { .. } => {
                "do not restore from this file: it is cut, extended or a raw copy; fetch it again \
                 from where it is stored or take a new snapshot from a healthy member"
            }
            Self::DigestMismatch { .. } => {
                "do not restore from this file: it changed after the member sent it; fetch it \
                 again from where it is stored or take a new snapshot from a healthy member"
            }
            Self::Damaged { .. } => {
                "do not restore from this file; take a new snapshot from another healthy member, \
                 and compare the members' HashKV: the member this one came from may have a damaged \
                 database"
            }
            Self::AlreadyExists { .. } => {
                "choose another name, or move the existing file away first"
            }
            Self::Busy { .. } => "wait for the other writer to end, or choose another name",
            Self::StreamBroken { .. } | Self::StreamCut { .. } => {
                "take a new snapshot from a healthy member; nothing was kept of this one"
            }
        }
    }

    /// Whether asking a member for a fresh snapshot may help where using this one again cannot.
    #[must_use]
    pub fn wants_new_snapshot(&self) -> bool {
        matches!(
            self,
            Self::NoTrailer { .. }
                | Self::DigestMismatch { .. }
                | Self::Damaged { .. }
                | Self::StreamBroken { .. }
                | Self::StreamCut { .. }
        )
    }

    pub(super) fn io(path: &Path, operation: &'static str, source: io::Error) -> Self {
        Self::Io { path: path.to_owned(), operation, source }
    }
}

/// A place in a snapshot file.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Place {
    /// Byte offset from the start of the file.
    pub offset: u64,
    /// The database page, where one is known.
    pub page: Option<u64>,
    /// The bucket being read, where one is known; bytes that do not print are escaped.
    pub bucket: Option<String>,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "byte {}", self.offset)?;
        if let Some(page) = self.page {
            write!(f, ", page {page}")?;
        }
        if let Some(bucket) = &self.bucket {
            write!(f, ", bucket \"{bucket}\"")?;
        }
        Ok(())
    }
}

/// A rule of the bbolt file format, or of what etcd keeps in it, that a damaged snapshot breaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Rule {
    /// Page 0 or 1 must hold magic, version 2 and a matching FNV-1a checksum.
    #[error("neither meta page is valid")]
    MetaInvalid,
    /// The page size must be a power of two between 1 KiB and 16 MiB and agree with where the meta
    /// page lies.
    #[error("page size {size} is not possible here")]
    PageSize {
        /// What the meta page says, in bytes.
        size: u32,
    },
    /// Every page below the high-water mark must be in the file.
    #[error("the database has {pages} pages, more than the file holds")]
    HighWater {
        /// Page count by the meta page.
        pages: u64,
    },
    /// Page references stay between the meta pages and the high-water mark.
    #[error("page id outside the database of {pages} pages")]
    PageOutOfBounds {
        /// Page count by the meta page.
        pages: u64,
    },
    /// The overflow pages of a page stay below the high-water mark.
    #[error("{overflow} overflow pages reach outside the database")]
    OverflowOutOfBounds {
        /// Number of pages that continue this one.
        overflow: u32,
    },
    /// Every page has one parent.
    #[error("page is referenced more than once")]
    PageReferencedTwice,
    /// A page's header repeats its id.
    #[error("page says that it is page {found}")]
    PageIdMismatch {
        /// The id in the header.
        found: u64,
    },
    /// Trees are made of branch and leaf pages; inline buckets of one leaf; the freelist has its
    /// own type.
    #[error("page has the wrong type, flags {flags:#06x}")]
    PageType {
        /// The flags in the header.
        flags: u16,
    },
    /// A branch page has children.
    #[error("branch page without elements")]
    BranchEmpty,
    /// No sound tree is this deep.
    #[error("tree is more than {limit} levels deep")]
    TreeTooDeep {
        /// The limit.
        limit: usize,
    },
    /// The element table fits in the page.
    #[error("{count} elements do not fit in the page")]
    ElementTable {
        /// The count in the header.
        count: u16,
    },
    /// Keys and values lie inside the page that lists them.
    #[error("element reaches outside its page")]
    ElementOutOfBounds,
    /// Keys and values are laid out in order and share no bytes.
    #[error("element overlaps the one before it")]
    ElementOverlap,
    /// Only leaf elements of the root may be buckets, and all of them are.
    #[error("element flags {flags:#x} do not belong here: etcd keeps one level of buckets")]
    ElementFlags {
        /// The flags of the element.
        flags: u32,
    },
    /// Keys are 1 to 32,768 bytes long.
    #[error("key of {size} bytes")]
    KeySize {
        /// Length in bytes.
        size: u32,
    },
    /// Keys ascend strictly within a page.
    #[error("key is not above the one before it")]
    KeyOrder,
    /// Keys stay within the bounds set by the parent page.
    #[error("key is outside the bounds set by the parent page")]
    KeyOutsideParent,
    /// A bucket's value starts with a 16-byte header, and an inline bucket's continues with a page.
    #[error("bucket header of {size} bytes")]
    BucketHeader {
        /// Length of the value in bytes.
        size: u64,
    },
    /// etcd always has a bucket `key`.
    #[error("no bucket \"key\": not an etcd database")]
    KeyBucketMissing,
    /// Keys of bucket `key` are revisions: main, `_`, sub, and `t` for a tombstone.
    #[error("key of {size} bytes is not a revision")]
    RevisionMalformed {
        /// Length in bytes.
        size: usize,
    },
    /// Values of bucket `key` decode as `mvccpb.KeyValue`; etcd will not start on others.
    #[error("value is not an mvccpb.KeyValue")]
    KeyValueMalformed,
    /// A value's `mod_revision` is the main revision of its key.
    #[error("value says mod_revision {found}, its key says {main}")]
    ModRevision {
        /// Main revision of the key.
        main: u64,
        /// `mod_revision` of the value.
        found: u64,
    },
    /// Entries of bucket `members` are etcd's JSON under the member's id in hex.
    #[error("member entry does not decode")]
    MemberMalformed,
    /// No cluster is this large; the limit keeps the report small.
    #[error("more than {limit} members")]
    TooManyMembers {
        /// The limit.
        limit: usize,
    },
}

/// A failure inside the file, before the file's path is known to it.
#[derive(Debug)]
pub(super) enum Fault {
    Io(io::Error),
    Damage { place: Place, rule: Rule },
}

impl Fault {
    pub(super) fn at(offset: u64, page: Option<u64>, rule: Rule) -> Self {
        Self::Damage { place: Place { offset, page, bucket: None }, rule }
    }

    pub(super) fn in_bucket(mut self, name: &[u8]) -> Self {
        if let Self::Damage { place, .. } = &mut self {
            // A hostile name may be 32 KiB long; an error text should not be.
            let shown = name.get(..64).unwrap_or(name);
            place.bucket = Some(shown.escape_ascii().to_string());
        }
        self
    }

    pub(super) fn in_file(self, path: &Path) -> SnapshotError {
        match self {
            Self::Io(source) => SnapshotError::io(path, "read", source),
            Self::Damage { place, rule } => {
                SnapshotError::Damaged { path: path.to_owned(), place, rule }
            }
        }
    }
}

impl From<io::Error> for Fault {
    fn from(source: io::Error) -> Self {
        Self::Io(source)
    }
}
