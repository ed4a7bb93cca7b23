//! What etcd keeps in bucket `key`: revisions, and the protobuf of each.

use super::bolt::{Element, Page};
use super::error::{Fault, Rule};
use super::source::ReadAt;

/// Main revision, `_`, sub revision.
const REVISION: usize = 17;
/// The same, with a `t` for a tombstone.
const TOMBSTONE: usize = 18;
/// Field number of `mod_revision` in `mvccpb.KeyValue`.
const MOD_REVISION: u64 = 3;

/// A key of bucket `key`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct StoreKey {
    pub(super) main: u64,
    pub(super) tombstone: bool,
}

impl StoreKey {
    /// Parses a key by etcd's rules: big-endian, neither number negative as an `i64`.
    pub(super) fn parse(raw: &[u8]) -> Result<Self, Rule> {
        let malformed = Rule::RevisionMalformed { size: raw.len() };
        let tombstone = match raw.len() {
            REVISION => false,
            TOMBSTONE if raw.last() == Some(&b't') => true,
            _ => return Err(malformed),
        };
        let number = |at: usize| {
            let bytes = raw.get(at..).and_then(<[u8]>::first_chunk)?;
            u64::try_from(i64::from_be_bytes(*bytes)).ok()
        };
        match (number(0), raw.get(8), number(9)) {
            (Some(main), Some(b'_'), Some(_sub)) => Ok(Self { main, tombstone }),
            _ => Err(malformed),
        }
    }
}

/// Checks that the value decodes as `mvccpb.KeyValue` and, where it must, repeats its key's
/// revision.
///
/// A tombstone carries no `mod_revision`, and an empty value is what `etcdutl snapshot restore
/// --bump-revision` writes.
pub(super) fn check_value<R: ReadAt + ?Sized>(
    page: &mut Page,
    source: &R,
    element: &Element,
    key: StoreKey,
) -> Result<(), Fault> {
    if element.value_start == element.value_end {
        return Ok(());
    }
    let found = mod_revision(page, source, element)?;
    if key.tombstone || found == key.main {
        return Ok(());
    }
    Err(page.fault_at(element.value_start, Rule::ModRevision { main: key.main, found }))
}

/// Walks the fields without reading their contents: a value may be many MB.
fn mod_revision<R: ReadAt + ?Sized>(
    page: &mut Page,
    source: &R,
    element: &Element,
) -> Result<u64, Fault> {
    let mut at = element.value_start;
    let mut found = 0;
    while at < element.value_end {
        let mut field = || {
            let (tag, at) = varint(page, source, at, element.value_end)?;
            let (number, wire) = (tag >> 3, tag & 7);
            let expected = if matches!(number, 1 | 5) { 2 } else { 0 };
            if number == 0 || (number <= 6 && wire != expected) {
                return Ok(None);
            }
            let (scalar, after) = match wire {
                0 | 2 => varint(page, source, at, element.value_end)?,
                1 => (0, at.saturating_add(8)),
                5 => (0, at.saturating_add(4)),
                _ => return Ok(None),
            };
            let next = if wire == 2 { after.saturating_add(scalar) } else { after };
            Ok::<_, Fault>(
                (next > at && next <= element.value_end).then_some((number, scalar, next)),
            )
        };
        let Some((number, scalar, next)) = field()? else {
            return Err(page.fault_at(at, Rule::KeyValueMalformed));
        };
        if number == MOD_REVISION {
            found = scalar;
        }
        at = next;
    }
    Ok(found)
}

/// The varint at `at` and the offset after it; an offset past every end where there is none.
fn varint<R: ReadAt + ?Sized>(
    page: &mut Page,
    source: &R,
    at: u64,
    end: u64,
) -> Result<(u64, u64), Fault> {
    let length = usize::try_from(end.saturating_sub(at).min(10)).unwrap_or(10);
    let mut value = 0;
    for (index, byte) in page.peek(source, at, length)?.iter().enumerate() {
        // The tenth byte has room for one bit more.
        if index == 9 && *byte > 1 {
            break;
        }
        value |= u64::from(byte & 0x7f) << (7 * index);
        if byte & 0x80 == 0 {
            return Ok((value, at + index as u64 + 1));
        }
    }
    Ok((0, u64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn raw(main: i64, separator: u8, sub: i64, mark: &[u8]) -> Vec<u8> {
        [&main.to_be_bytes()[..], &[separator], &sub.to_be_bytes(), mark].concat()
    }

    #[test]
    fn revisions_parse() {
        let key = StoreKey::parse(&raw(7, b'_', 2, b""));
        assert_eq!(key, Ok(StoreKey { main: 7, tombstone: false }));
        let key = StoreKey::parse(&raw(i64::MAX, b'_', 0, b"t"));
        assert_eq!(key, Ok(StoreKey { main: u64::MAX >> 1, tombstone: true }));
    }

    #[test]
    fn what_etcd_refuses_is_refused() {
        let wrong = [
            raw(1, b'.', 0, b""),
            raw(-1, b'_', 0, b""),
            raw(1, b'_', -1, b""),
            raw(1, b'_', 0, b"x"),
            raw(1, b'_', 0, b"tt"),
            raw(1, b'_', 0, b"")[..16].to_vec(),
            Vec::new(),
        ];
        for key in wrong {
            let size = key.len();
            assert_eq!(StoreKey::parse(&key), Err(Rule::RevisionMalformed { size }), "{key:?}");
        }
    }
}
