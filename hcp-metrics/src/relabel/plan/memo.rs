//! What was decided about a metric name, remembered.

use std::hash::BuildHasher;

use hashbrown::{DefaultHashBuilder, HashTable};

/// When so many bytes of names are held, all are forgotten: names can come from outside. Ten thousand names have room, and where
/// no name comes twice the processor's cache is not spent on them.
const LIMIT: usize = 512 << 10;

/// A map from metric names to small numbers, with a bound on its memory.
#[derive(Clone, Debug, Default)]
pub(super) struct Memo {
    /// Seeded at random, so that nobody outside can choose names that collide.
    hasher: DefaultHashBuilder,
    table: HashTable<Entry>,
    names: Vec<u8>,
}

#[derive(Clone, Copy, Debug)]
struct Entry {
    start: u32,
    len: u32,
    id: u32,
}

impl Entry {
    fn name(self, names: &[u8]) -> &[u8] {
        &names[self.start as usize..][..self.len as usize]
    }
}

impl Memo {
    /// The hash by which `name` is found.
    pub(super) fn hash(&self, name: &[u8]) -> u64 {
        self.hasher.hash_one(name)
    }

    /// What is known of `name`.
    pub(super) fn get(&self, hash: u64, name: &[u8]) -> Option<u32> {
        // Two empty slices are not compared: their pointers are not mapped, and a vectorised memcmp takes a suppressed fault
        // for each, which costs a hundred times the comparison.
        let same = |entry: &Entry| {
            entry.len as usize == name.len() && (name.is_empty() || entry.name(&self.names) == name)
        };
        self.table.find(hash, same).map(|entry| entry.id)
    }

    /// Forgets everything if `name` would not fit; whether it did.
    pub(super) fn make_room(&mut self, name: &[u8]) -> bool {
        let full = self.names.len() + self.table.len() * size_of::<Entry>() + name.len() > LIMIT;
        if full {
            self.table.clear();
            self.names.clear();
        }
        full
    }

    /// Remembers `id`, unless the name alone is over the limit.
    pub(super) fn insert(&mut self, hash: u64, name: &[u8], id: u32) {
        let (Ok(start), Ok(len)) = (u32::try_from(self.names.len()), u32::try_from(name.len()))
        else {
            return;
        };
        if name.len() > LIMIT {
            return;
        }
        self.names.extend_from_slice(name);
        let rehash = |entry: &Entry| self.hasher.hash_one(entry.name(&self.names));
        self.table.insert_unique(hash, Entry { start, len, id }, rehash);
    }
}
