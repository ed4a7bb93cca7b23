//! Files out of a layer: a tar archive that is read as it arrives.

use std::collections::BTreeMap;
use std::io::{self, Read};
use std::path::Path;

use bytes::{Buf, Bytes};
use flate2::read::MultiGzDecoder;
use tar::{Archive, Entry, EntryType};
use tokio::sync::mpsc;

use super::error::RegistryError;

/// The largest extended header; they hold names, never content.
const HEADER_BYTES: u64 = 64 << 10;

/// What a layer says of a file.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Found {
    /// It is in the layer.
    File(Vec<u8>),
    /// The layer deletes it from those below.
    Deleted,
    /// Something else has its name.
    Other(&'static str),
}

/// How much may be read of it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Room {
    pub(super) decompressed_bytes: u64,
    pub(super) file_bytes: u64,
}

/// Pieces of a layer as they arrive; the end of the channel is the end of the file.
pub(super) struct Arriving {
    pub(super) pieces: mpsc::Receiver<Bytes>,
    pub(super) piece: Bytes,
}

/// Reads that stop at a limit.
struct Limited<R> {
    inner: R,
    left: u64,
}

/// The mark of an error that a [`Limited`] makes.
#[derive(Debug, thiserror::Error)]
#[error("the limit is reached")]
struct LimitReached;

impl Read for Arriving {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        while self.piece.is_empty() {
            match self.pieces.blocking_recv() {
                Some(piece) => self.piece = piece,
                None => return Ok(0),
            }
        }
        let length = into.len().min(self.piece.len());
        self.piece.copy_to_slice(&mut into[..length]);
        Ok(length)
    }
}

impl<R: Read> Read for Limited<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let length = self.inner.read(into)?;
        self.left =
            self.left.checked_sub(length as u64).ok_or_else(|| io::Error::other(LimitReached))?;
        Ok(length)
    }
}

/// Looks for files in a whole layer, decompressed on the way if it is `gzip`. Names are relative to the root.
pub(super) fn scan(
    layer: impl Read,
    gzip: bool,
    wanted: &[&'static str],
    room: Room,
) -> Result<BTreeMap<&'static str, Found>, RegistryError> {
    let left = room.decompressed_bytes;
    let scanned = if gzip {
        let inner = MultiGzDecoder::new(layer);
        scan_tar(Limited { inner, left }, wanted, room)
    } else {
        scan_tar(Limited { inner: layer, left }, wanted, room)
    };
    scanned.map_err(|error| match error {
        Scan::TooLarge => {
            let (what, name) = ("a file of the release image", "file_bytes");
            RegistryError::TooLarge { what, limit: room.file_bytes, name }
        }
        Scan::Io(error) if is_limit(&error) => {
            let (what, name) = ("a layer when decompressed", "decompressed_bytes");
            RegistryError::TooLarge { what, limit: room.decompressed_bytes, name }
        }
        Scan::Io(error) => RegistryError::Layer(error),
    })
}

fn is_limit(error: &io::Error) -> bool {
    error.get_ref().and_then(|inner| inner.downcast_ref::<LimitReached>()).is_some()
}

enum Scan {
    TooLarge,
    Io(io::Error),
}

impl From<io::Error> for Scan {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

fn scan_tar(
    layer: impl Read,
    wanted: &[&'static str],
    room: Room,
) -> Result<BTreeMap<&'static str, Found>, Scan> {
    let mut archive = Archive::new(layer);
    let mut found = BTreeMap::new();
    // Extended headers are read here: the library would read them into memory whatever their size.
    let mut long_name: Option<Vec<u8>> = None;
    for entry in archive.entries()?.raw(true) {
        let mut entry = entry?;
        let kind = entry.header().entry_type();
        if matches!(kind, EntryType::GNULongName | EntryType::XHeader) {
            let header = content(&mut entry, HEADER_BYTES)?;
            let name = if kind == EntryType::XHeader { pax_path(&header) } else { Some(header) };
            long_name = name.or(long_name);
            continue;
        }
        if matches!(kind, EntryType::XGlobalHeader | EntryType::GNULongLink) {
            continue;
        }
        let name = long_name.take().unwrap_or_else(|| entry.path_bytes().into_owned());
        let Some(name) = normalize(&name) else { continue };
        for file in wanted.iter().copied() {
            if name == file {
                let entry = match kind {
                    EntryType::Regular | EntryType::Continuous => {
                        Found::File(content(&mut entry, room.file_bytes)?)
                    }
                    EntryType::Link | EntryType::Symlink => Found::Other("a link"),
                    _ => Found::Other("no regular file"),
                };
                found.insert(file, entry);
            } else if hides(&name, kind, file) {
                // A whiteout is about the layers below, wherever it stands in this one.
                found.entry(file).or_insert(Found::Deleted);
            }
        }
    }
    Ok(found)
}

fn content(entry: &mut Entry<'_, impl Read>, limit: u64) -> Result<Vec<u8>, Scan> {
    if entry.size() > limit {
        return Err(Scan::TooLarge);
    }
    let mut content = Vec::new();
    entry.read_to_end(&mut content)?;
    if content.len() as u64 != entry.size() {
        return Err(io::Error::from(io::ErrorKind::UnexpectedEof).into());
    }
    Ok(content)
}

/// The `path` of an extended header: lines of `length key=value`.
fn pax_path(header: &[u8]) -> Option<Vec<u8>> {
    let mut rest = header;
    let mut path = None;
    while let Some(space) = rest.iter().position(|byte| *byte == b' ') {
        let length: usize = std::str::from_utf8(&rest[..space]).ok()?.parse().ok()?;
        let record = rest.get(space + 1..length)?;
        if let Some(value) = record.strip_prefix(b"path=") {
            path = Some(value.strip_suffix(b"\n").unwrap_or(value).to_vec());
        }
        rest = &rest[length..];
    }
    path
}

/// Relative to the root, without dots; `None` for what is no text or leaves the root.
fn normalize(name: &[u8]) -> Option<String> {
    let name = std::str::from_utf8(name).ok()?.trim_end_matches('\0');
    let mut parts = Vec::new();
    for part in Path::new(name).components() {
        match part {
            std::path::Component::Normal(part) => parts.push(part.to_str()?),
            std::path::Component::RootDir | std::path::Component::CurDir => {}
            _ => return None,
        }
    }
    Some(parts.join("/"))
}

/// Whether an entry of this name deletes the file from the layers below: a whiteout of it or of a folder above it, an opaque
/// folder above it, or something else in the place of such a folder.
fn hides(name: &str, kind: EntryType, file: &str) -> bool {
    let (folder, last) = name.rsplit_once('/').unwrap_or(("", name));
    let is_above = |folder: &str| {
        folder.is_empty() || file.strip_prefix(folder).is_some_and(|behind| behind.starts_with('/'))
    };
    if last == ".wh..wh..opq" {
        return is_above(folder);
    }
    if let Some(deleted) = last.strip_prefix(".wh.") {
        let separator = if folder.is_empty() { "" } else { "/" };
        let deleted = format!("{folder}{separator}{deleted}");
        return deleted == file || (!deleted.is_empty() && is_above(&deleted));
    }
    !name.is_empty() && kind != EntryType::Directory && is_above(name)
}

#[cfg(test)]
mod tests;
