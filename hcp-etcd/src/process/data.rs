//! A member's data directory as the file system shows it.

use std::fs::{self, DirBuilder, File, TryLockError};
use std::io;
use std::os::unix::fs::{DirBuilderExt, MetadataExt};
use std::path::Path;
use std::time::UNIX_EPOCH;

use crate::health::DataState;

const BACKEND: &str = "member/snap/db";

/// Whether there is a backend or a write-ahead log in it.
pub(super) fn state(data_dir: &Path) -> DataState {
    match holds_data(data_dir) {
        Ok(false) => DataState::Absent,
        Ok(true) => DataState::Present,
        Err(_) => DataState::Unknown,
    }
}

/// Names the data so that data put in their place have another name: device, inode and birth time of `member/`.
///
/// `None` where there are none. The birth time tells a directory from the next one in the same inode.
pub(super) fn identity(data_dir: &Path) -> io::Result<Option<String>> {
    let metadata = match fs::metadata(data_dir.join("member")) {
        Ok(metadata) => metadata,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
    };
    let born = metadata.created().ok();
    let born = born.and_then(|born| born.duration_since(UNIX_EPOCH).ok());
    let born = born.map_or(0, |born| born.as_nanos());
    Ok(Some(format!("{:x}:{}:{born:x}", metadata.dev(), metadata.ino())))
}

/// Makes the directory, for its owner only, with what is missing above it.
pub(super) fn make(data_dir: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(data_dir)
}

/// Whether some process has the backend open: etcd locks it while it runs.
pub(super) fn is_in_use(data_dir: &Path) -> io::Result<bool> {
    let backend = match File::open(data_dir.join(BACKEND)) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
        Err(error) => return Err(error),
    };
    match backend.try_lock() {
        Ok(()) => Ok(false),
        Err(TryLockError::WouldBlock) => Ok(true),
        Err(TryLockError::Error(error)) => Err(error),
    }
}

/// Renames the directory to `aside`, in place of what was there; survives a crash of the machine once it returns.
pub(super) fn set_aside(data_dir: &Path, aside: &Path) -> io::Result<()> {
    match fs::remove_dir_all(aside) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    fs::rename(data_dir, aside)?;
    match data_dir.parent() {
        Some(parent) => File::open(parent)?.sync_all(),
        None => Ok(()),
    }
}

fn holds_data(data_dir: &Path) -> io::Result<bool> {
    if data_dir.join(BACKEND).try_exists()? {
        return Ok(true);
    }
    let segments = match fs::read_dir(data_dir.join("member/wal")) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
        Err(error) => return Err(error),
    };
    for entry in segments {
        if entry?.path().extension().is_some_and(|ext| ext == "wal") {
            return Ok(true);
        }
    }
    Ok(false)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_backend_or_a_log_makes_data() {
        let dir = tempfile::tempdir().unwrap();
        let data = dir.path().join("etcd");
        assert_eq!(state(&data), DataState::Absent);
        fs::create_dir_all(data.join("member/wal")).unwrap();
        fs::write(data.join("member/wal/0.tmp"), "").unwrap();
        assert_eq!(state(&data), DataState::Absent);
        fs::write(data.join("member/wal/0-0.wal"), "").unwrap();
        assert_eq!(state(&data), DataState::Present);
    }

    #[test]
    fn a_directory_made_anew_is_another_one() {
        let dir = tempfile::tempdir().unwrap();
        let data = dir.path().join("etcd");
        assert_eq!(identity(&data).unwrap(), None);
        let mut seen = Vec::new();
        for _ in 0..3 {
            fs::create_dir_all(data.join("member")).unwrap();
            seen.push(identity(&data).unwrap().unwrap());
            fs::remove_dir_all(&data).unwrap();
        }
        seen.dedup();
        assert_eq!(seen.len(), 3, "{seen:?}");
    }

    #[test]
    fn set_aside_replaces_what_was_aside() {
        let dir = tempfile::tempdir().unwrap();
        let (data, aside) = (dir.path().join("etcd"), dir.path().join("etcd.wiped"));
        for round in ["first", "second"] {
            fs::create_dir_all(data.join("member")).unwrap();
            fs::write(data.join("member/round"), round).unwrap();
            set_aside(&data, &aside).unwrap();
            assert!(!data.exists());
            assert_eq!(fs::read_to_string(aside.join("member/round")).unwrap(), round);
        }
    }

    #[test]
    fn an_open_backend_is_noticed() {
        let dir = tempfile::tempdir().unwrap();
        fs::create_dir_all(dir.path().join("member/snap")).unwrap();
        let backend = dir.path().join("member/snap/db");
        fs::write(&backend, "").unwrap();
        assert!(!is_in_use(dir.path()).unwrap());
        let open = File::open(&backend).unwrap();
        open.lock().unwrap();
        assert!(is_in_use(dir.path()).unwrap());
    }
}
