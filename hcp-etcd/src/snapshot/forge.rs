//! Databases made by hand for tests, sound or wrong in one place.

use sha2::{Digest, Sha256};

use super::bolt::fnv1a;

pub(super) const PAGE: usize = 4096;
pub(super) const BRANCH: u16 = 1;
pub(super) const LEAF: u16 = 2;

/// A page of elements; as long as it must be, in whole pages.
pub(super) fn page(id: u64, flags: u16, overflow: u32, elements: &[[&[u8]; 3]]) -> Vec<u8> {
    let mut bytes = body(id, flags, overflow, elements);
    bytes.resize(PAGE * (1 + overflow as usize), 0);
    bytes
}

/// Elements are `[head, key, value]`: the head is a leaf element's flags (4 bytes) or a branch
/// element's child (8 bytes).
fn body(id: u64, flags: u16, overflow: u32, elements: &[[&[u8]; 3]]) -> Vec<u8> {
    let count = u16::try_from(elements.len()).unwrap();
    let mut bytes = id.to_le_bytes().to_vec();
    bytes.extend(flags.to_le_bytes());
    bytes.extend(count.to_le_bytes());
    bytes.extend(overflow.to_le_bytes());
    let mut position = 16 * elements.len();
    for [head, key, value] in elements {
        let (at, key_size) = (u32::try_from(position).unwrap(), u32::try_from(key.len()).unwrap());
        if head.len() == 8 {
            bytes.extend(at.to_le_bytes());
            bytes.extend(key_size.to_le_bytes());
            bytes.extend(*head);
        } else {
            bytes.extend(*head);
            bytes.extend(at.to_le_bytes());
            bytes.extend(key_size.to_le_bytes());
            bytes.extend(u32::try_from(value.len()).unwrap().to_le_bytes());
        }
        position = position - 16 + key.len() + value.len();
    }
    for [_, key, value] in elements {
        bytes.extend([*key, *value].concat());
    }
    bytes
}

/// A leaf page of ordinary entries.
pub(super) fn leaf(id: u64, entries: &[(&[u8], &[u8])]) -> Vec<u8> {
    let elements: Vec<_> = entries.iter().map(|(key, value)| [&[0; 4][..], key, value]).collect();
    page(id, LEAF, 0, &elements)
}

/// A branch page.
pub(super) fn branch(id: u64, children: &[(&[u8], u64)]) -> Vec<u8> {
    let heads: Vec<_> = children.iter().map(|(_, child)| child.to_le_bytes()).collect();
    let elements: Vec<_> =
        children.iter().zip(&heads).map(|((key, _), head)| [&head[..], key, &[]]).collect();
    page(id, BRANCH, 0, &elements)
}

/// A leaf page of buckets: name and the bucket's value.
pub(super) fn root(id: u64, buckets: &[(&[u8], &[u8])]) -> Vec<u8> {
    let elements: Vec<_> =
        buckets.iter().map(|(name, value)| [&[1, 0, 0, 0][..], name, value]).collect();
    page(id, LEAF, 0, &elements)
}

/// The value of a bucket that has pages.
pub(super) fn bucket(root: u64) -> Vec<u8> {
    [root.to_le_bytes(), [0; 8]].concat()
}

/// The value of an inline bucket.
pub(super) fn inline(entries: &[(&[u8], &[u8])]) -> Vec<u8> {
    let elements: Vec<_> = entries.iter().map(|(key, value)| [&[0; 4][..], key, value]).collect();
    [bucket(0), body(0, LEAF, 0, &elements)].concat()
}

/// A key of bucket `key`.
pub(super) fn revision(main: u64) -> Vec<u8> {
    [&main.to_be_bytes()[..], b"_", &[0; 8]].concat()
}

/// A `mvccpb.KeyValue` with key `k`, create revision 1 and the given `mod_revision`, below 128.
pub(super) fn key_value(mod_revision: u8) -> Vec<u8> {
    vec![0x0a, 1, b'k', 0x10, 1, 0x18, mod_revision, 0x20, 1, 0x2a, 1, b'v']
}

/// A meta page.
pub(super) fn meta(id: u64, page_size: u32, root: u64, pages: u64, txid: u64) -> Vec<u8> {
    let mut body = 0xED0C_DAED_u32.to_le_bytes().to_vec();
    body.extend(2_u32.to_le_bytes());
    body.extend(page_size.to_le_bytes());
    body.extend([0; 4]);
    for number in [root, 0, u64::MAX, pages, txid] {
        body.extend(number.to_le_bytes());
    }
    let checksum = fnv1a(&body);
    let mut bytes = id.to_le_bytes().to_vec();
    bytes.extend([4, 0, 0, 0, 0, 0, 0, 0]);
    bytes.extend(body);
    bytes.extend(checksum.to_le_bytes());
    bytes.resize(PAGE, 0);
    bytes
}

/// A database of these pages, numbered from 2, the first of them the root bucket's.
pub(super) fn database(pages: &[Vec<u8>]) -> Vec<u8> {
    let all = pages.concat();
    let count = 2 + (all.len() / PAGE) as u64;
    [meta(0, 4096, 2, count, 9), meta(1, 4096, 2, count, 8), all].concat()
}

/// The content with its digest, as a member sends it.
pub(super) fn seal(content: &[u8]) -> Vec<u8> {
    [content, &Sha256::digest(content)[..]].concat()
}
