//! A snapshot stream on its way to a file.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use super::digest::{Sha256Digest, TRAILER, content_length};
use super::{SnapshotError, VerifiedSnapshot, verify};

/// Receives the messages of a `Maintenance.Snapshot` stream and ends in a verified file, or in none.
///
/// The bytes go to `<path>.part`, mode 0600, which is locked against a second writer. The stream is database pages and
/// then one message with their raw SHA-256; both become the file. Dropping the writer before
/// [`finish`](Self::finish) returned removes the `.part` file. One that a killed process left is replaced.
///
/// Knows nothing of gRPC: hand it the `blob` and `remaining_bytes` of each message.
#[derive(Debug)]
pub struct SnapshotWriter {
    target: PathBuf,
    part: PathBuf,
    file: File,
    hasher: Sha256,
    /// The last bytes received, at most 32: the digest, if the stream ends here.
    tail: Vec<u8>,
    received: u64,
    /// Bytes of database still to come; None before the first message.
    remaining: Option<u64>,
}

impl SnapshotWriter {
    /// Starts `<path>.part`. The directory must exist.
    ///
    /// # Errors
    ///
    /// [`SnapshotError::AlreadyExists`] if there is anything at `path`, [`SnapshotError::Busy`] if another writer is at
    /// work on the same path, [`SnapshotError::Io`] if the file cannot be created.
    pub fn create(path: &Path) -> Result<Self, SnapshotError> {
        if fs::symlink_metadata(path).is_ok() {
            return Err(SnapshotError::AlreadyExists {
                path: path.to_owned(),
            });
        }
        let mut part = path.as_os_str().to_owned();
        part.push(".part");
        let part = PathBuf::from(part);
        let file = open_part(&part)?;
        Ok(Self {
            target: path.to_owned(),
            part,
            file,
            hasher: Sha256::new(),
            tail: Vec::new(),
            received: 0,
            remaining: None,
        })
    }

    /// Appends one message of the stream: its `blob` and its `remaining_bytes`.
    ///
    /// The first message sets how much is to come and each further one must agree, so a lost, repeated or reordered
    /// message is noticed when it happens. A member that cannot read its own database sends empty messages without
    /// end; the first of them is an error.
    ///
    /// # Errors
    ///
    /// [`SnapshotError::StreamBroken`], [`SnapshotError::StreamCut`] for an empty message, [`SnapshotError::Io`].
    /// After any of them the writer is good only for dropping.
    pub fn write_chunk(&mut self, blob: &[u8], remaining_bytes: u64) -> Result<(), SnapshotError> {
        let length = blob.len() as u64;
        self.received = self.received.saturating_add(length);
        let expected = match self.remaining {
            None => remaining_bytes,
            // Nothing but the digest follows the database.
            Some(0) if self.tail_owed() >= length => 0,
            Some(before) => before
                .checked_sub(length)
                .ok_or_else(|| self.broken(0, remaining_bytes))?,
        };
        if expected != remaining_bytes {
            return Err(self.broken(expected, remaining_bytes));
        }
        if blob.is_empty() && remaining_bytes > 0 {
            return Err(self.cut());
        }
        if self.remaining == Some(0) {
            self.tail.extend_from_slice(blob);
        } else {
            self.hasher.update(blob);
        }
        self.remaining = Some(remaining_bytes);
        self.file
            .write_all(blob)
            .map_err(|error| SnapshotError::io(&self.part, "write to it", error))
    }

    /// Bytes received so far, for showing progress.
    #[must_use]
    pub fn received(&self) -> u64 {
        self.received
    }

    /// Bytes of database the member still owes, once the first message has come.
    #[must_use]
    pub fn remaining(&self) -> Option<u64> {
        self.remaining
    }

    /// Ends the stream: compares the digest, makes the file durable, verifies it as read back from disk, and only then
    /// gives it its name.
    ///
    /// # Errors
    ///
    /// [`SnapshotError::StreamCut`] if bytes are owed; what [`verify`] may return;
    /// [`SnapshotError::AlreadyExists`] if something appeared at the path meanwhile; [`SnapshotError::Io`].
    /// Whatever the error, no unverified file gets the name, and the `.part` file is gone. Only a failure to sync the
    /// directory leaves the file, verified, under its name.
    pub fn finish(mut self) -> Result<VerifiedSnapshot, SnapshotError> {
        if self.remaining != Some(0) || self.tail_owed() > 0 {
            return Err(self.cut());
        }
        self.check_digest()?;
        self.file
            .sync_all()
            .map_err(|error| SnapshotError::io(&self.part, "sync it to disk", error))?;
        let mut verified = verify(&self.part)?;
        if !self.owns_part() {
            return Err(SnapshotError::Busy {
                path: self.part.clone(),
            });
        }
        publish(&self.part, &self.target)?;
        verified.path.clone_from(&self.target);
        Ok(verified)
    }

    fn check_digest(&mut self) -> Result<(), SnapshotError> {
        if content_length(self.received).is_none() {
            return Err(SnapshotError::NoTrailer {
                path: self.part.clone(),
                size: self.received,
            });
        }
        let actual = Sha256Digest::from(<[u8; 32]>::from(self.hasher.finalize_reset()));
        if self.tail == actual.as_bytes() {
            return Ok(());
        }
        let expected = <[u8; 32]>::try_from(self.tail.as_slice())
            .unwrap_or_default()
            .into();
        Err(SnapshotError::DigestMismatch {
            path: self.part.clone(),
            expected,
            actual,
        })
    }

    fn tail_owed(&self) -> u64 {
        TRAILER.saturating_sub(self.tail.len() as u64)
    }

    fn broken(&self, expected: u64, remaining: u64) -> SnapshotError {
        let (path, received) = (self.part.clone(), self.received);
        SnapshotError::StreamBroken {
            path,
            received,
            expected,
            remaining,
        }
    }

    fn cut(&self) -> SnapshotError {
        let missing = self.remaining.unwrap_or(0).saturating_add(self.tail_owed());
        SnapshotError::StreamCut {
            path: self.part.clone(),
            received: self.received,
            missing,
        }
    }

    /// Whether the `.part` name still leads to the file this writer locked.
    fn owns_part(&self) -> bool {
        same_file(&self.file, &self.part).unwrap_or(false)
    }
}

impl Drop for SnapshotWriter {
    fn drop(&mut self) {
        if self.owns_part() {
            // Nothing can be reported from here, and the next writer replaces what is left.
            let _ = fs::remove_file(&self.part);
        }
    }
}

/// Creates the `.part` file and locks it. A left-over one is removed, unless its writer is alive.
fn open_part(part: &Path) -> Result<File, SnapshotError> {
    let fail = |operation| move |error| SnapshotError::io(part, operation, error);
    let busy = || SnapshotError::Busy {
        path: part.to_owned(),
    };
    let create = || {
        OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(part)
    };
    let mut created = create();
    // Held until the new file is there, so that of two writers who find the same left-over one gives way.
    let mut _left_over = None;
    if created
        .as_ref()
        .is_err_and(|error| error.kind() == io::ErrorKind::AlreadyExists)
    {
        let kind = fs::symlink_metadata(part).map_err(fail("read its metadata"))?;
        if !kind.is_file() {
            return Err(SnapshotError::NotAFile {
                path: part.to_owned(),
            });
        }
        let old = OpenOptions::new()
            .write(true)
            .open(part)
            .map_err(fail("open it"))?;
        lock(&old, part)?;
        if !same_file(&old, part).map_err(fail("read its metadata"))? {
            return Err(busy());
        }
        fs::remove_file(part).map_err(fail("remove it"))?;
        _left_over = Some(old);
        created = create();
    }
    let file = match created {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => return Err(busy()),
        created => created.map_err(fail("create it"))?,
    };
    lock(&file, part)?;
    if same_file(&file, part).map_err(fail("read its metadata"))? {
        Ok(file)
    } else {
        Err(busy())
    }
}

fn lock(file: &File, path: &Path) -> Result<(), SnapshotError> {
    match file.try_lock() {
        Ok(()) => Ok(()),
        Err(TryLockError::WouldBlock) => Err(SnapshotError::Busy {
            path: path.to_owned(),
        }),
        // Some file systems have no locks; the exclusive creation still keeps two new files apart.
        Err(TryLockError::Error(error)) if error.kind() == io::ErrorKind::Unsupported => Ok(()),
        Err(TryLockError::Error(error)) => Err(SnapshotError::io(path, "lock it", error)),
    }
}

/// Whether the path, itself no symbolic link, is another name of the open file.
fn same_file(file: &File, path: &Path) -> io::Result<bool> {
    let open = file.metadata()?;
    match fs::symlink_metadata(path) {
        Ok(named) => Ok((open.dev(), open.ino()) == (named.dev(), named.ino())),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error),
    }
}

/// Gives the finished file its name, durably, unless the name is taken.
fn publish(part: &Path, target: &Path) -> Result<(), SnapshotError> {
    let fail = |operation| move |error| SnapshotError::io(target, operation, error);
    // A rename would replace a file that appeared meanwhile; a link does not.
    match fs::hard_link(part, target) {
        Ok(()) => {
            fs::remove_file(part).map_err(|error| SnapshotError::io(part, "remove it", error))?
        }
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            return Err(SnapshotError::AlreadyExists {
                path: target.to_owned(),
            });
        }
        // Some file systems have no links.
        Err(_) if fs::symlink_metadata(target).is_ok() => {
            return Err(SnapshotError::AlreadyExists {
                path: target.to_owned(),
            });
        }
        Err(_) => fs::rename(part, target).map_err(fail("give it its name"))?,
    }
    let directory = match target.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    File::open(directory)
        .and_then(|directory| directory.sync_all())
        .map_err(|error| SnapshotError::io(directory, "sync it to disk", error))
}
