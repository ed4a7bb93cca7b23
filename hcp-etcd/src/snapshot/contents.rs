//! One walk over every bucket: the structure checked, the numbers taken.

use super::bolt::{Database, Element, Page};
use super::error::{Fault, Rule};
use super::key::{StoreKey, check_value};
use super::member::SnapshotMember;
use super::source::{ReadAt, WINDOW, u64_at};
use super::tree::Tree;

/// Flag of a leaf element whose value is a bucket.
const IS_BUCKET: u32 = 1;
/// Root page id and sequence, before an inline bucket's page.
const BUCKET_HEADER: u64 = 16;
const MAX_MEMBERS: usize = 1024;

/// What the database holds.
#[derive(Debug, Default)]
pub(super) struct Contents {
    /// CRC-32C over the name, then each key and value, of every bucket in byte order.
    pub(super) hash: u32,
    /// Main revision of the last key of bucket `key`.
    pub(super) revision: u64,
    /// Entries in all buckets.
    pub(super) total_keys: u64,
    /// Entries in bucket `key`.
    pub(super) revisions: u64,
    pub(super) members: Vec<SnapshotMember>,
    has_key_bucket: bool,
}

/// The buckets whose entries mean something here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Bucket {
    Key,
    Members,
    Other,
}

impl Contents {
    /// Reads all of the database.
    pub(super) fn read<R: ReadAt + ?Sized>(database: &mut Database<'_, R>) -> Result<Self, Fault> {
        let mut contents = Self::default();
        let mut root = Tree::new(database.root());
        while let Some(mut leaf) = root.next_leaf(database)? {
            while let Some(element) = leaf.next_element(database.source)? {
                if element.flags != IS_BUCKET {
                    return Err(leaf
                        .fault_at(element.key_start, Rule::ElementFlags { flags: element.flags }));
                }
                let name = leaf.key().to_vec();
                contents
                    .read_bucket(database, &mut leaf, &element, &name)
                    .map_err(|fault| fault.in_bucket(&name))?;
            }
        }
        if contents.has_key_bucket {
            return Ok(contents);
        }
        Err(Fault::at(0, Some(database.root()), Rule::KeyBucketMissing))
    }

    fn read_bucket<R: ReadAt + ?Sized>(
        &mut self,
        database: &mut Database<'_, R>,
        parent: &mut Page,
        element: &Element,
        name: &[u8],
    ) -> Result<(), Fault> {
        let bucket = match name {
            b"key" => Bucket::Key,
            b"members" => Bucket::Members,
            _ => Bucket::Other,
        };
        self.has_key_bucket |= bucket == Bucket::Key;
        self.add(name);
        let size = element.value_end - element.value_start;
        if size < BUCKET_HEADER {
            return Err(parent.fault_at(element.value_start, Rule::BucketHeader { size }));
        }
        let root = u64_at(parent.peek(database.source, element.value_start, 16)?, 0);
        if root == 0 {
            let inline = element.value_start + BUCKET_HEADER;
            let leaf = database.inline_page(inline, element.value_end)?;
            return self.read_leaf(database.source, leaf, bucket);
        }
        let mut tree = Tree::new(root);
        while let Some(leaf) = tree.next_leaf(database)? {
            self.read_leaf(database.source, leaf, bucket)?;
        }
        Ok(())
    }

    fn read_leaf<R: ReadAt + ?Sized>(
        &mut self,
        source: &R,
        mut leaf: Page,
        bucket: Bucket,
    ) -> Result<(), Fault> {
        while let Some(element) = leaf.next_element(source)? {
            if element.flags != 0 {
                return Err(
                    leaf.fault_at(element.key_start, Rule::ElementFlags { flags: element.flags })
                );
            }
            self.total_keys += 1;
            self.add(leaf.key());
            match bucket {
                Bucket::Key => self.read_revision(source, &mut leaf, &element)?,
                Bucket::Members => self.read_member(source, &mut leaf, &element)?,
                Bucket::Other => {}
            }
            leaf.stream(source, element.value_start, element.value_end, |piece| {
                self.add(piece);
            })?;
        }
        Ok(())
    }

    fn read_revision<R: ReadAt + ?Sized>(
        &mut self,
        source: &R,
        leaf: &mut Page,
        element: &Element,
    ) -> Result<(), Fault> {
        let key =
            StoreKey::parse(leaf.key()).map_err(|rule| leaf.fault_at(element.key_start, rule))?;
        self.revision = key.main;
        self.revisions += 1;
        check_value(leaf, source, element, key)
    }

    fn read_member<R: ReadAt + ?Sized>(
        &mut self,
        source: &R,
        leaf: &mut Page,
        element: &Element,
    ) -> Result<(), Fault> {
        if self.members.len() >= MAX_MEMBERS {
            let rule = Rule::TooManyMembers { limit: MAX_MEMBERS };
            return Err(leaf.fault_at(element.key_start, rule));
        }
        let size = usize::try_from(element.value_end - element.value_start);
        let Some(size) = size.ok().filter(|size| *size <= WINDOW) else {
            return Err(leaf.fault_at(element.value_start, Rule::MemberMalformed));
        };
        let key = leaf.key().to_vec();
        let value = leaf.peek(source, element.value_start, size)?;
        let member = SnapshotMember::parse(&key, value)
            .map_err(|rule| leaf.fault_at(element.value_start, rule))?;
        self.members.push(member);
        Ok(())
    }

    fn add(&mut self, bytes: &[u8]) {
        self.hash = crc32c::crc32c_append(self.hash, bytes);
    }
}
