//! A snapshot stream on its way to a file.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use super::digest::{Sha256Digest, TRAILER, content_length};
use super::{SnapshotError, VerifiedSnapshot, verify};

/// Receives the messages of a `Maintenance.Snapshot` stream and ends in a verified file, or in
/// none.
///
/// The bytes go to `<path>.part`, mode 0600, which is locked against a second writer. The stream is
/// database pages and then one message with their raw SHA-256; both become the file. Dropping the
/// writer before [`finish`](Self::finish) returned removes the `.part` file. One that a killed
/// process left is replaced.
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
    /// [`SnapshotError::AlreadyExists`] if there is anything at `path`, [`SnapshotError::Busy`] if
    /// another writer is at work on the same path, [`SnapshotError::Io`] if the file cannot be
    /// created.
    pub fn create(path: &Path) -> Result<Self, SnapshotError> {
        if fs::symlink_metadata(path).is_ok() {
            return Err(SnapshotError::AlreadyExists { path: path.to_owned() });
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
    /// The first message sets how much is to come and each further one must agree, so a lost,
    /// repeated or reordered message is noticed when it happens. A member that cannot read its own
    /// database sends empty messages without end; the first of them is an error.
    ///
    /// # Errors
    ///
    /// [`SnapshotError::StreamBroken`], [`SnapshotError::StreamCut`] for an empty message,
    /// [`SnapshotError::Io`]. After any of them the writer is good only for dropping.
    pub fn write_chunk(&mut self, blob: &[u8], remaining_bytes: u64) -> Result<(), SnapshotError> {
        let length = blob.len() as u64;
        self.received = self.received.saturating_add(length);
        let expected = match self.remaining {
            None => remaining_bytes,
            // Nothing but the digest follows the database.
            Some(0) if self.tail_owed() >= length => 0,
            Some(before) => {
                before.checked_sub(length).ok_or_else(|| self.broken(0, remaining_bytes))?
            }
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

    /// Ends the stream: compares the digest, makes the file durable, verifies it as read back from
    /// disk, and only then gives it its name.
    ///
    /// # Errors
    ///
    /// [`SnapshotError::StreamCut`] if bytes are owed; what [`verify`] may return;
    /// [`SnapshotError::AlreadyExists`] if something appeared at the path meanwhile;
    /// [`SnapshotError::Io`]. Whatever the error, no unverified file gets the name, and the `.part`
    /// file is gone. Only a failure to sync the directory leaves the file, verified, under its
    /// name.
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
            return Err(SnapshotError::Busy { path: self.part.clone() });
        }
        publish(&self.part, &self.target)?;
        verified.path.clone_from(&self.target);
        Ok(verified)
    }

    fn check_digest(&mut self) -> Result<(), SnapshotError> {
        if content_length(self.received).is_none() {
            return Err(SnapshotError::NoTrailer { path: self.part.clone(), size: self.received });
        }
        let actual = Sha256Digest::from(<[u8; 32]>::from(self.hasher.finalize_reset()));
        if self.tail == actual.as_bytes() {
            return Ok(());
        }
        let expected = <[u8; 32]>::try_from(self.tail.as_slice()).unwrap_or_default().into();
        Err(SnapshotError::DigestMismatch { path: self.part.clone(), expected, actual })
    }

    fn tail_owed(&self) -> u64 {
        TRAILER.saturating_sub(self.tail.len() as u64)
    }

    fn broken(&self, expected: u64, remaining: u64) -> SnapshotError {
        let (path, received) = (self.part.clone(), self.received);
        SnapshotError::StreamBroken { path, received, expected, remaining }
    }

    fn cut(&self) -> SnapshotError {
        let missing = self.remaining.unwrap_or(0).saturating_add(self.tail_owed());
        SnapshotError::StreamCut { path: self.part.clone(), received: self.received, missing }
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
    let busy = || SnapshotError::Busy { path: part.to_owned() };
    let create = || OpenOptions::new().write(true).create_new(true).mode(0o600).open(part);
    let mut created = create();
    // Held until the new file is there, so that of two writers who find the same left-over one
    // gives way.
    let mut _left_over = None;
    if created.as_ref().is_err_and(|error| error.kind() == io::ErrorKind::AlreadyExists) {
        let kind = fs::symlink_metadata(part).map_err(fail("read its metadata"))?;
        if !kind.is_file() {
            return Err(SnapshotError::NotAFile { path: part.to_owned() });
        }
        let old = OpenOptions::new().write(true).open(part).map_err(fail("open it"))?;
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
    if same_file(&file, part).map_err(fail("read its metadata"))? { Ok(file) } else { Err(busy()) }
}

fn lock(file: &File, path: &Path) -> Result<(), SnapshotError> {
    match file.try_lock() {
        Ok(()) => Ok(()),
        Err(TryLockError::WouldBlock) => Err(SnapshotError::Busy { path: path.to_owned() }),
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
            fs::remove_file(part).map_err(|error| SnapshotError::io(part, "remove it", error))?;
        }
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            return Err(SnapshotError::AlreadyExists { path: target.to_owned() });
        }
        // Some file systems have no links.
        Err(_) if fs::symlink_metadata(target).is_ok() => {
            return Err(SnapshotError::AlreadyExists { path: target.to_owned() });
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

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    const CHUNK: usize = 32 * 1024;

    /// The small fixture as a member sends it: chunks, what remains after each, then the digest.
    fn messages() -> Vec<(Vec<u8>, u64)> {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/small.db");
        let bytes = fs::read(path).unwrap();
        let (content, digest) = bytes.split_at(bytes.len() - 32);
        let mut left = content.len();
        let mut messages = Vec::new();
        for chunk in content.chunks(CHUNK) {
            left -= chunk.len();
            messages.push((chunk.to_vec(), left as u64));
        }
        messages.push((digest.to_vec(), 0));
        messages
    }

    fn send(writer: &mut SnapshotWriter, messages: &[(Vec<u8>, u64)]) -> Result<(), SnapshotError> {
        messages.iter().try_for_each(|(blob, left)| writer.write_chunk(blob, *left))
    }

    fn names(directory: &Path) -> Vec<String> {
        let mut names: Vec<_> = fs::read_dir(directory)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    #[test]
    fn complete_stream_becomes_a_verified_private_file() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("a.db");
        let mut writer = SnapshotWriter::create(&path).unwrap();
        assert_eq!(names(directory.path()), ["a.db.part"]);
        send(&mut writer, &messages()).unwrap();
        assert_eq!((writer.received(), writer.remaining()), (36_896, Some(0)));
        let verified = writer.finish().unwrap();
        assert_eq!(names(directory.path()), ["a.db"]);
        assert_eq!(verify(&path).unwrap(), verified);
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        let refused = SnapshotWriter::create(&path).unwrap_err();
        assert!(matches!(refused, SnapshotError::AlreadyExists { .. }));
    }

    #[test]
    fn digest_may_come_in_pieces() {
        let directory = tempfile::tempdir().unwrap();
        let mut writer = SnapshotWriter::create(&directory.path().join("a.db")).unwrap();
        let mut messages = messages();
        let (digest, _) = messages.pop().unwrap();
        messages.extend(digest.chunks(5).map(|piece| (piece.to_vec(), 0)));
        send(&mut writer, &messages).unwrap();
        writer.finish().unwrap();
    }

    #[test]
    fn broken_streams_leave_nothing() {
        type Change = fn(&mut Vec<(Vec<u8>, u64)>);
        let changes: [(&str, Change); 9] = [
            ("lost", |all| drop(all.remove(1))),
            ("repeated", |all| all.insert(1, all[0].clone())),
            ("reordered", |all| all.swap(0, 1)),
            ("shortened", |all| all[1].0.truncate(100)),
            ("no digest", |all| drop(all.pop())),
            ("half a digest", |all| all[2].0.truncate(16)),
            ("more than a digest", |all| all[2].0.push(0)),
            ("stalled", |all| all.insert(1, (Vec::new(), all[0].1))),
            ("nothing", |all| all.clear()),
        ];
        for (name, change) in changes {
            let directory = tempfile::tempdir().unwrap();
            let mut writer = SnapshotWriter::create(&directory.path().join("a.db")).unwrap();
            let mut messages = messages();
            assert_eq!(messages.len(), 3);
            change(&mut messages);
            let error = match send(&mut writer, &messages) {
                Ok(()) => writer.finish().unwrap_err(),
                Err(error) => {
                    drop(writer);
                    error
                }
            };
            let expected = matches!(
                error,
                SnapshotError::StreamBroken { .. } | SnapshotError::StreamCut { .. }
            );
            assert!(expected && error.wants_new_snapshot(), "{name}: {error}");
            assert!(names(directory.path()).is_empty(), "{name}");
        }
    }

    #[test]
    fn altered_or_unsound_content_leaves_nothing() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("a.db");
        let mut messages = messages();
        messages[0].0[20_000] ^= 1;
        let mut writer = SnapshotWriter::create(&path).unwrap();
        send(&mut writer, &messages).unwrap();
        assert!(matches!(writer.finish(), Err(SnapshotError::DigestMismatch { .. })));

        // From a member with a damaged database: the digest is right, the pages are not.
        let content = vec![7; 4096];
        let mut writer = SnapshotWriter::create(&path).unwrap();
        writer.write_chunk(&content, 0).unwrap();
        writer.write_chunk(&Sha256::digest(&content), 0).unwrap();
        assert!(matches!(writer.finish(), Err(SnapshotError::Damaged { .. })));

        // No database is 100 bytes long.
        let mut writer = SnapshotWriter::create(&path).unwrap();
        writer.write_chunk(&[7; 100], 0).unwrap();
        writer.write_chunk(&Sha256::digest([7; 100]), 0).unwrap();
        assert!(matches!(writer.finish(), Err(SnapshotError::NoTrailer { size: 132, .. })));
        assert!(names(directory.path()).is_empty());
    }

    #[test]
    fn left_over_part_is_replaced_and_a_live_one_is_not() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("a.db");
        let part = directory.path().join("a.db.part");
        fs::write(&part, "left by a killed process").unwrap();
        fs::set_permissions(&part, fs::Permissions::from_mode(0o644)).unwrap();
        let mut writer = SnapshotWriter::create(&path).unwrap();
        let busy = SnapshotWriter::create(&path).unwrap_err();
        assert!(matches!(busy, SnapshotError::Busy { .. }), "{busy}");
        send(&mut writer, &messages()).unwrap();
        writer.finish().unwrap();
        assert_eq!(names(directory.path()), ["a.db"]);
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    }

    #[test]
    fn file_that_appears_meanwhile_is_kept() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("a.db");
        let mut writer = SnapshotWriter::create(&path).unwrap();
        send(&mut writer, &messages()).unwrap();
        fs::write(&path, "precious").unwrap();
        assert!(matches!(writer.finish(), Err(SnapshotError::AlreadyExists { .. })));
        assert_eq!(fs::read_to_string(&path).unwrap(), "precious");
        assert_eq!(names(directory.path()), ["a.db"]);
    }

    #[test]
    fn part_that_is_not_ours_is_neither_followed_nor_removed() {
        let directory = tempfile::tempdir().unwrap();
        let (path, part) = (directory.path().join("a.db"), directory.path().join("a.db.part"));
        let other = directory.path().join("other");
        fs::write(&other, "precious").unwrap();
        std::os::unix::fs::symlink(&other, &part).unwrap();
        assert!(matches!(SnapshotWriter::create(&path), Err(SnapshotError::NotAFile { .. })));
        assert_eq!(fs::read_to_string(&other).unwrap(), "precious");

        fs::remove_file(&part).unwrap();
        let mut writer = SnapshotWriter::create(&path).unwrap();
        send(&mut writer, &messages()).unwrap();
        fs::rename(&other, &part).unwrap();
        assert!(writer.finish().is_err());
        assert_eq!(names(directory.path()), ["a.db.part"]);
        assert_eq!(fs::read_to_string(&part).unwrap(), "precious");
    }
}
