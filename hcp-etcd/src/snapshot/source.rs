//! Positioned reads in bounded memory.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;

/// Bytes that can be read at any offset, so that a file of several GB need not be in memory.
pub(super) trait ReadAt {
    fn read_exact_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<()>;
}

impl ReadAt for File {
    fn read_exact_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<()> {
        FileExt::read_exact_at(self, buffer, offset)
    }
}

impl ReadAt for [u8] {
    fn read_exact_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<()> {
        let piece = usize::try_from(offset)
            .ok()
            .and_then(|start| self.get(start..start.checked_add(buffer.len())?))
            .ok_or(io::ErrorKind::UnexpectedEof)?;
        buffer.copy_from_slice(piece);
        Ok(())
    }
}

/// Bytes fetched by one read, where a page has that many.
pub(super) const WINDOW: usize = 64 * 1024;

/// The piece of the source read last. A page of ordinary size is one read; a run of overflow pages
/// is read on in pieces.
#[derive(Debug, Default)]
pub(super) struct Window {
    start: u64,
    bytes: Vec<u8>,
}

impl Window {
    /// The `length` bytes at `offset`, which the caller knows to end at or before `end`.
    pub(super) fn slice<R: ReadAt + ?Sized>(
        &mut self,
        source: &R,
        offset: u64,
        length: usize,
        end: u64,
    ) -> io::Result<&[u8]> {
        if self.position(offset, length).is_none() {
            let room = usize::try_from(end.saturating_sub(offset)).unwrap_or(usize::MAX);
            self.bytes.clear();
            self.bytes.resize(length.max(WINDOW.min(room)), 0);
            self.start = offset;
            if let Err(error) = source.read_exact_at(&mut self.bytes, offset) {
                self.bytes.clear();
                return Err(error);
            }
        }
        let from = self.position(offset, length).ok_or(io::ErrorKind::UnexpectedEof)?;
        self.bytes
            .get(from..from.saturating_add(length))
            .ok_or_else(|| io::ErrorKind::UnexpectedEof.into())
    }

    fn position(&self, offset: u64, length: usize) -> Option<usize> {
        let from = usize::try_from(offset.checked_sub(self.start)?).ok()?;
        (from.checked_add(length)? <= self.bytes.len()).then_some(from)
    }
}

/// The little-endian `u16` at `at`; zero where the slice is too short, which callers rule out by
/// its length.
pub(super) fn u16_at(bytes: &[u8], at: usize) -> u16 {
    bytes.get(at..).and_then(<[u8]>::first_chunk).map_or(0, |raw| u16::from_le_bytes(*raw))
}

/// The little-endian `u32` at `at`.
pub(super) fn u32_at(bytes: &[u8], at: usize) -> u32 {
    bytes.get(at..).and_then(<[u8]>::first_chunk).map_or(0, |raw| u32::from_le_bytes(*raw))
}

/// The little-endian `u64` at `at`.
pub(super) fn u64_at(bytes: &[u8], at: usize) -> u64 {
    bytes.get(at..).and_then(<[u8]>::first_chunk).map_or(0, |raw| u64::from_le_bytes(*raw))
}
