//! Damage to a member's files, as a broken disk does it.
//!
//! Every method first stops the member in good order, so that what it holds is in its files, and leaves it stopped.

use std::fs::{self, OpenOptions};
use std::path::{Path, PathBuf};

use hcp_etcd::recovery::MemberControl;

use crate::{EtcdCluster, TestkitError};

/// bbolt's page header: id, flags, count, overflow.
const PAGE_HEADER: usize = 16;
/// Where a meta page tells the page size: after the header, magic number and version.
const PAGE_SIZE_AT: usize = PAGE_HEADER + 8;
/// The length field before each record of the write-ahead log.
const FRAME_HEADER: usize = 8;

/// Which bytes to damage.
#[non_exhaustive]
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FlipTarget {
    /// One byte in every copy of this value in the backend: the member starts and serves wrong data.
    Value(Vec<u8>),
    /// Both meta pages of the backend: it cannot be opened.
    BackendMetas,
    /// The header of every other page of the backend: it opens and cannot be read.
    BackendPages,
    /// One byte of a record in the middle of the write-ahead log.
    WalMiddle,
}

impl EtcdCluster {
    /// Stops member `i` and changes bytes of its files.
    ///
    /// # Errors
    /// [`TestkitError`] if there is nothing to change.
    pub async fn flip_bytes(&self, i: usize, target: FlipTarget) -> Result<(), TestkitError> {
        self.control().stop(self.name(i)).await?;
        let wal = matches!(target, FlipTarget::WalMiddle);
        let path = if wal { self.last_segment(i)? } else { self.backend_file(i) };
        let mut bytes = read(&path)?;
        let damaged = match &target {
            FlipTarget::Value(value) => flip_value(&mut bytes, value),
            FlipTarget::BackendMetas => trash_pages(&mut bytes, |page| page < 2),
            FlipTarget::BackendPages => trash_pages(&mut bytes, |page| page >= 2),
            FlipTarget::WalMiddle => flip_middle_record(&mut bytes),
        };
        if !damaged {
            return Err(TestkitError::Unexpected(format!(
                "nothing to damage for {target:?} in {}",
                path.display()
            )));
        }
        fs::write(&path, bytes).map_err(TestkitError::io("write", &path))
    }

    /// Stops member `i` and cuts its write-ahead log in the middle of a record, so that later entries are lost.
    ///
    /// # Errors
    /// [`TestkitError`] if the log is too short.
    pub async fn truncate_wal(&self, i: usize) -> Result<(), TestkitError> {
        self.control().stop(self.name(i)).await?;
        let path = self.last_segment(i)?;
        let frames = frames(&read(&path)?);
        let (start, _) = middle(&frames, &path)?;
        let file = OpenOptions::new().write(true).open(&path);
        // Half of a length field: what a write that was torn leaves.
        let cut = file.and_then(|file| file.set_len((start + FRAME_HEADER / 2) as u64));
        cut.map_err(TestkitError::io("cut", &path))
    }

    /// Stops member `i` and removes its write-ahead log, but not its backend.
    ///
    /// # Errors
    /// [`TestkitError`] if there is none.
    pub async fn remove_wal(&self, i: usize) -> Result<(), TestkitError> {
        self.control().stop(self.name(i)).await?;
        let path = self.data_dir(i).join("member/wal");
        fs::remove_dir_all(&path).map_err(TestkitError::io("remove", &path))
    }

    /// Stops member `i` and removes its backend, but not its write-ahead log.
    ///
    /// # Errors
    /// [`TestkitError`] if there is none.
    pub async fn remove_backend(&self, i: usize) -> Result<(), TestkitError> {
        self.control().stop(self.name(i)).await?;
        let path = self.backend_file(i);
        fs::remove_file(&path).map_err(TestkitError::io("remove", &path))
    }

    /// Stops member `i` and cuts its backend after `pages` pages.
    ///
    /// # Errors
    /// [`TestkitError`] if there is none.
    pub async fn truncate_backend(&self, i: usize, pages: usize) -> Result<(), TestkitError> {
        self.control().stop(self.name(i)).await?;
        let path = self.backend_file(i);
        let length = page_size(&read(&path)?) * pages;
        let file = OpenOptions::new().write(true).open(&path);
        let cut = file.and_then(|file| file.set_len(length as u64));
        cut.map_err(TestkitError::io("cut", &path))
    }

    /// The backend of member `i`.
    #[must_use]
    pub fn backend_file(&self, i: usize) -> PathBuf {
        self.data_dir(i).join("member/snap/db")
    }

    fn last_segment(&self, i: usize) -> Result<PathBuf, TestkitError> {
        let dir = self.data_dir(i).join("member/wal");
        let entries = fs::read_dir(&dir).map_err(TestkitError::io("read", &dir))?;
        let paths = entries.filter_map(|entry| entry.ok().map(|entry| entry.path()));
        let last = paths.filter(|path| path.extension().is_some_and(|ext| ext == "wal")).max();
        last.ok_or_else(|| TestkitError::Unexpected(format!("no log in {}", dir.display())))
    }
}

fn read(path: &Path) -> Result<Vec<u8>, TestkitError> {
    fs::read(path).map_err(TestkitError::io("read", path))
}

fn flip_value(bytes: &mut [u8], value: &[u8]) -> bool {
    if value.is_empty() {
        return false;
    }
    let found: Vec<usize> = bytes
        .windows(value.len())
        .enumerate()
        .filter(|(_, window)| *window == value)
        .map(|(at, _)| at)
        .collect();
    for at in &found {
        bytes[at + value.len() / 2] ^= 1;
    }
    !found.is_empty()
}

fn page_size(bytes: &[u8]) -> usize {
    let field = bytes.get(PAGE_SIZE_AT..PAGE_SIZE_AT + 4);
    let size = field.and_then(|field| <[u8; 4]>::try_from(field).ok());
    match size.map(u32::from_le_bytes) {
        Some(size @ 1024..=65_536) => size as usize,
        _ => 4096,
    }
}

fn trash_pages(bytes: &mut [u8], which: impl Fn(usize) -> bool) -> bool {
    let size = page_size(bytes);
    let mut damaged = false;
    for (number, page) in bytes.chunks_mut(size).enumerate() {
        if which(number) {
            let end = page.len().min(4 * PAGE_HEADER);
            page[..end].iter_mut().for_each(|byte| *byte ^= 0xa5);
            damaged = true;
        }
    }
    damaged
}

fn flip_middle_record(bytes: &mut [u8]) -> bool {
    let frames = frames(bytes);
    match frames.get(frames.len() / 2) {
        // The record's data come last in it.
        Some((start, length)) if *length > 0 => {
            bytes[start + FRAME_HEADER + length - 1] ^= 1;
            true
        }
        _ => false,
    }
}

fn middle(frames: &[(usize, usize)], path: &Path) -> Result<(usize, usize), TestkitError> {
    let frame = frames.get(frames.len() / 2).copied();
    frame.ok_or_else(|| TestkitError::Unexpected(format!("no records in {}", path.display())))
}

/// Where each record's length field begins, and how long the record is.
fn frames(bytes: &[u8]) -> Vec<(usize, usize)> {
    let (mut frames, mut at) = (Vec::new(), 0);
    while let Some(field) = bytes.get(at..at + FRAME_HEADER) {
        let field = u64::from_le_bytes(field.try_into().unwrap_or_default());
        // The lower 56 bits are the length; a set sign bit says that the byte above them counts the padding.
        let length = usize::try_from(field & ((1 << 56) - 1)).unwrap_or(usize::MAX);
        let padded = field >> 63 == 1;
        let padding = if padded { (field >> 56) & 0x7 } else { 0 };
        if length == 0 || length > bytes.len() {
            break;
        }
        frames.push((at, length));
        at += FRAME_HEADER + length + usize::try_from(padding).unwrap_or_default();
    }
    frames
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_copy_of_a_value_is_changed() {
        let mut bytes = b"..marker..marker..".to_vec();
        assert!(flip_value(&mut bytes, b"marker"));
        assert_eq!(bytes, b"..marjer..marjer..");
        assert!(!flip_value(&mut bytes, b"marker"));
        assert!(!flip_value(&mut bytes, b""));
    }

    #[test]
    fn records_are_framed_with_padding_and_end_with_zeros() {
        let mut log = Vec::new();
        for length in [3_u64, 8, 1] {
            let padding = (8 - length % 8) % 8;
            let mark = if padding > 0 { (0x80 | padding) << 56 } else { 0 };
            log.extend((length | mark).to_le_bytes());
            log.extend(std::iter::repeat_n(7, usize::try_from(length).unwrap()));
            log.extend(std::iter::repeat_n(0, usize::try_from(padding).unwrap()));
        }
        log.extend([0; 64]);
        assert_eq!(frames(&log), [(0, 3), (16, 8), (32, 1)]);
        assert!(flip_middle_record(&mut log));
        assert_eq!(log[31], 6);
    }

    #[test]
    fn only_the_chosen_pages_are_trashed() {
        let mut backend = vec![0; 4 * 4096];
        assert!(trash_pages(&mut backend, |page| page >= 2));
        assert!(backend[..8192].iter().all(|byte| *byte == 0));
        assert_eq!((backend[8192], backend[3 * 4096]), (0xa5, 0xa5));
    }
}
