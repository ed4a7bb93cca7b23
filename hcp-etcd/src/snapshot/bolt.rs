//! The bbolt file format, version 2, as far as reading goes: meta pages, page headers, elements.
//!
//! Nothing here trusts a number of the file before comparing it with what the file can hold. All
//! integers are little-endian. Offsets are counted from the start of the file.

use super::error::{Fault, Rule};
use super::source::{ReadAt, WINDOW, Window, u16_at, u32_at, u64_at};

const MAGIC: u32 = 0xED0C_DAED;
const VERSION: u32 = 2;
const BRANCH: u16 = 0x01;
const LEAF: u16 = 0x02;
const META: u16 = 0x04;
const FREELIST: u16 = 0x10;
/// etcd on Linux does not write its freelist; the meta page then says this.
const NO_FREELIST: u64 = u64::MAX;
const PAGE_HEADER: u64 = 16;
const META_SIZE: usize = 64;
const ELEMENT: u64 = 16;
/// bbolt's `MaxKeySize`.
const MAX_KEY: u32 = 32_768;
/// bbolt looks for the second meta page at each power of two from here ...
const MIN_PAGE_SIZE: u64 = 1024;
/// ... to here.
const MAX_PAGE_SIZE: u64 = 1024 << 14;

/// What a valid meta page says.
#[derive(Debug, Clone, Copy)]
struct Meta {
    page_size: u32,
    root: u64,
    freelist: u64,
    high_water: u64,
    txid: u64,
}

impl Meta {
    /// The meta page at `offset`, if there is a valid one.
    fn read<R: ReadAt + ?Sized>(
        source: &R,
        offset: u64,
        length: u64,
    ) -> Result<Option<Self>, Fault> {
        let mut raw = [0; 16 + META_SIZE];
        if offset.saturating_add(raw.len() as u64) > length {
            return Ok(None);
        }
        source.read_exact_at(&mut raw, offset)?;
        let (header, body) = raw.split_at(16);
        let (summed, checksum) = body.split_at(META_SIZE - 8);
        let valid = u16_at(header, 8) == META
            && u32_at(body, 0) == MAGIC
            && u32_at(body, 4) == VERSION
            && u64_at(checksum, 0) == fnv1a(summed);
        Ok(valid.then(|| Self {
            page_size: u32_at(body, 8),
            root: u64_at(body, 16),
            freelist: u64_at(body, 32),
            high_water: u64_at(body, 40),
            txid: u64_at(body, 48),
        }))
    }

    /// The valid meta page with the larger transaction id, found the way bbolt finds it.
    fn newest<R: ReadAt + ?Sized>(source: &R, length: u64) -> Result<Self, Fault> {
        if let Some(first) = Self::read(source, 0, length)? {
            let size = first.checked_page_size(0)?;
            let second = Self::read(source, size, length)?;
            let Some(second) = second.filter(|second| second.txid > first.txid) else {
                return Ok(first);
            };
            return second.checked_page_size(size).map(|_| second);
        }
        let mut at = MIN_PAGE_SIZE;
        while at <= MAX_PAGE_SIZE {
            if let Some(second) = Self::read(source, at, length)? {
                return second.checked_page_size(at).map(|_| second);
            }
            at *= 2;
        }
        Err(Fault::at(0, Some(0), Rule::MetaInvalid))
    }

    /// The page size, if a meta page found at `offset` can have it.
    fn checked_page_size(&self, offset: u64) -> Result<u64, Fault> {
        let size = u64::from(self.page_size);
        let possible = size.is_power_of_two() && (MIN_PAGE_SIZE..=MAX_PAGE_SIZE).contains(&size);
        if possible && (offset == 0 || offset == size) {
            return Ok(size);
        }
        Err(Fault::at(offset, None, Rule::PageSize { size: self.page_size }))
    }
}

/// 64-bit FNV-1a.
pub(super) fn fnv1a(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

/// An open database and the pages met so far in it.
#[derive(Debug)]
pub(super) struct Database<'a, R: ?Sized> {
    pub(super) source: &'a R,
    page_size: u64,
    high_water: u64,
    root: u64,
    /// One bit a page: a page met twice is a cycle or a page with two parents.
    seen: Vec<u64>,
}

impl<'a, R: ReadAt + ?Sized> Database<'a, R> {
    /// Opens the database in the first `length` bytes of `source`.
    pub(super) fn open(source: &'a R, length: u64) -> Result<Self, Fault> {
        let meta = Meta::newest(source, length)?;
        let page_size = u64::from(meta.page_size);
        let held = length / page_size;
        let words = usize::try_from(meta.high_water.div_ceil(64)).ok();
        let (true, Some(words)) = (meta.high_water <= held, words) else {
            return Err(Fault::at(0, None, Rule::HighWater { pages: meta.high_water }));
        };
        let mut database = Self {
            source,
            page_size,
            high_water: meta.high_water,
            root: meta.root,
            seen: vec![0; words],
        };
        if meta.freelist != NO_FREELIST {
            let page = database.claim(meta.freelist)?;
            page.expect_type(&[FREELIST])?;
        }
        Ok(database)
    }

    /// Page holding the root bucket.
    pub(super) fn root(&self) -> u64 {
        self.root
    }

    /// Bytes in use by the database: high-water mark times page size, at most the length it was
    /// opened with.
    pub(super) fn size(&self) -> u64 {
        self.high_water.saturating_mul(self.page_size)
    }

    /// Opens page `id` of a tree, whose keys the parent bounds: `lower <= key`, and `key < upper`
    /// if there is one.
    pub(super) fn tree_page(
        &mut self,
        id: u64,
        lower: Vec<u8>,
        upper: Option<Vec<u8>>,
    ) -> Result<Page, Fault> {
        let mut page = self.claim(id)?;
        page.expect_type(&[BRANCH, LEAF])?;
        page.key = lower;
        page.upper = upper;
        page.check_table()?;
        Ok(page)
    }

    /// Opens the leaf page of an inline bucket, which lies in the value at `start..end` after the
    /// bucket header.
    pub(super) fn inline_page(&self, start: u64, end: u64) -> Result<Page, Fault> {
        if end.saturating_sub(start) < PAGE_HEADER {
            return Err(Fault::at(
                start,
                None,
                Rule::BucketHeader { size: end.saturating_sub(start) },
            ));
        }
        let page = Page::read(self.source, None, start, end)?;
        page.expect_type(&[LEAF])?;
        if page.overflow != 0 {
            return Err(page.fault(Rule::OverflowOutOfBounds { overflow: page.overflow }));
        }
        page.check_table()?;
        Ok(page)
    }

    /// Reads the header of page `id` and marks the page, with its overflow, as taken.
    fn claim(&mut self, id: u64) -> Result<Page, Fault> {
        if !(2..self.high_water).contains(&id) {
            let offset = id.saturating_mul(self.page_size);
            return Err(Fault::at(
                offset,
                Some(id),
                Rule::PageOutOfBounds { pages: self.high_water },
            ));
        }
        let start = id.saturating_mul(self.page_size);
        let mut page =
            Page::read(self.source, Some(id), start, start.saturating_add(self.page_size))?;
        if page.says != id {
            return Err(page.fault(Rule::PageIdMismatch { found: page.says }));
        }
        let last = id.saturating_add(u64::from(page.overflow));
        if last >= self.high_water {
            return Err(page.fault(Rule::OverflowOutOfBounds { overflow: page.overflow }));
        }
        for covered in id..=last {
            if !self.mark(covered) {
                return Err(page.fault(Rule::PageReferencedTwice));
            }
        }
        page.end = last.saturating_add(1).saturating_mul(self.page_size);
        Ok(page)
    }

    /// Sets the page's bit; false if it was set.
    fn mark(&mut self, id: u64) -> bool {
        let word = usize::try_from(id / 64).ok().and_then(|word| self.seen.get_mut(word));
        let bit = 1 << (id % 64);
        word.is_some_and(|word| {
            let fresh = *word & bit == 0;
            *word |= bit;
            fresh
        })
    }
}

/// A page being read element by element, in order.
///
/// bbolt writes the element table first and then all keys and values in the order of the table.
/// Holding a file to that order makes reading linear: no byte is visited twice, however hostile the
/// table.
#[derive(Debug)]
pub(super) struct Page {
    /// None for the page of an inline bucket.
    id: Option<u64>,
    start: u64,
    end: u64,
    says: u64,
    flags: u16,
    count: u16,
    overflow: u32,
    next: u16,
    /// End of the element before, where this one may start.
    floor: u64,
    table: Window,
    body: Window,
    /// The lower bound, then the key of the element read last.
    key: Vec<u8>,
    upper: Option<Vec<u8>>,
}

/// One element of a page; its key is [`Page::key`].
#[derive(Debug, Clone, Copy)]
pub(super) struct Element {
    /// Flags of a leaf element; zero in a branch.
    pub(super) flags: u32,
    /// The page a branch element leads to; zero in a leaf.
    pub(super) child: u64,
    /// Where the element's key starts.
    pub(super) key_start: u64,
    /// Where the value of a leaf element starts.
    pub(super) value_start: u64,
    /// Where the value ends.
    pub(super) value_end: u64,
}

impl Page {
    fn read<R: ReadAt + ?Sized>(
        source: &R,
        id: Option<u64>,
        start: u64,
        end: u64,
    ) -> Result<Self, Fault> {
        let mut body = Window::default();
        let header = body.slice(source, start, 16, end)?;
        let (says, flags, count) = (u64_at(header, 0), u16_at(header, 8), u16_at(header, 10));
        let overflow = u32_at(header, 12);
        let floor = start + PAGE_HEADER + u64::from(count) * ELEMENT;
        let (table, key, upper) = (Window::default(), Vec::new(), None);
        Ok(Self {
            id,
            start,
            end,
            says,
            flags,
            count,
            overflow,
            next: 0,
            floor,
            table,
            body,
            key,
            upper,
        })
    }

    pub(super) fn is_branch(&self) -> bool {
        self.flags == BRANCH
    }

    /// The key of the element read last.
    pub(super) fn key(&self) -> &[u8] {
        &self.key
    }

    /// The key that all keys of this page are below.
    pub(super) fn upper(&self) -> Option<&Vec<u8>> {
        self.upper.as_ref()
    }

    pub(super) fn fault(&self, rule: Rule) -> Fault {
        self.fault_at(self.start, rule)
    }

    pub(super) fn fault_at(&self, offset: u64, rule: Rule) -> Fault {
        Fault::at(offset, self.id, rule)
    }

    fn expect_type(&self, allowed: &[u16]) -> Result<(), Fault> {
        if allowed.contains(&self.flags) {
            return Ok(());
        }
        Err(self.fault(Rule::PageType { flags: self.flags }))
    }

    fn check_table(&self) -> Result<(), Fault> {
        if self.is_branch() && self.count == 0 {
            return Err(self.fault(Rule::BranchEmpty));
        }
        if self.floor > self.end {
            return Err(self.fault(Rule::ElementTable { count: self.count }));
        }
        Ok(())
    }

    /// The next element, its place and the order of its key checked.
    pub(super) fn next_element<R: ReadAt + ?Sized>(
        &mut self,
        source: &R,
    ) -> Result<Option<Element>, Fault> {
        if self.next >= self.count {
            return Ok(None);
        }
        let at = self.start + PAGE_HEADER + u64::from(self.next) * ELEMENT;
        let (element, key_size) = self.read_entry(source, at)?;
        if element.key_start < self.floor {
            return Err(self.fault_at(at, Rule::ElementOverlap));
        }
        if element.value_end > self.end {
            return Err(self.fault_at(at, Rule::ElementOutOfBounds));
        }
        self.floor = element.value_end;
        self.read_key(source, element.key_start, key_size)?;
        self.next += 1;
        Ok(Some(element))
    }

    /// The entry at `at` of the element table, unchecked, with the size of its key.
    fn read_entry<R: ReadAt + ?Sized>(
        &mut self,
        source: &R,
        at: u64,
    ) -> Result<(Element, u32), Fault> {
        let branch = self.is_branch();
        // A page of one window is read once; in a longer one the table keeps a window of its own.
        let short = self.end - self.start <= WINDOW as u64;
        let window = if short { &mut self.body } else { &mut self.table };
        let raw = window.slice(source, at, 16, self.end)?;
        let (flags, child, position, key_size, value_size) = if branch {
            (0, u64_at(raw, 8), u32_at(raw, 0), u32_at(raw, 4), 0)
        } else {
            (u32_at(raw, 0), 0, u32_at(raw, 4), u32_at(raw, 8), u32_at(raw, 12))
        };
        let key_start = at + u64::from(position);
        let value_start = key_start + u64::from(key_size);
        let value_end = value_start + u64::from(value_size);
        Ok((Element { flags, child, key_start, value_start, value_end }, key_size))
    }

    fn read_key<R: ReadAt + ?Sized>(
        &mut self,
        source: &R,
        start: u64,
        size: u32,
    ) -> Result<(), Fault> {
        let length = match usize::try_from(size) {
            Ok(length) if (1..=MAX_KEY).contains(&size) => length,
            _ => return Err(self.fault_at(start, Rule::KeySize { size })),
        };
        let key = self.body.slice(source, start, length, self.end)?;
        // The first key may equal the parent's, and equals it unless that entry was deleted since.
        let rule = if self.next == 0 && *key < *self.key {
            Some(Rule::KeyOutsideParent)
        } else if self.next > 0 && *key <= *self.key {
            Some(Rule::KeyOrder)
        } else if self.upper.as_ref().is_some_and(|upper| *key >= **upper) {
            Some(Rule::KeyOutsideParent)
        } else {
            None
        };
        if let Some(rule) = rule {
            return Err(self.fault_at(start, rule));
        }
        self.key.clear();
        self.key.extend_from_slice(key);
        Ok(())
    }

    /// Up to `length` bytes of this page at `offset`; fewer only where the page ends.
    pub(super) fn peek<R: ReadAt + ?Sized>(
        &mut self,
        source: &R,
        offset: u64,
        length: usize,
    ) -> Result<&[u8], Fault> {
        let room = usize::try_from(self.end.saturating_sub(offset)).unwrap_or(usize::MAX);
        Ok(self.body.slice(source, offset, length.min(room), self.end)?)
    }

    /// Feeds the bytes `start..end` of this page to `take`, a window at a time.
    pub(super) fn stream<R: ReadAt + ?Sized>(
        &mut self,
        source: &R,
        start: u64,
        end: u64,
        mut take: impl FnMut(&[u8]),
    ) -> Result<(), Fault> {
        let mut at = start;
        while at < end {
            let left = usize::try_from(end - at).unwrap_or(usize::MAX);
            let piece = self.peek(source, at, left.min(WINDOW))?;
            if piece.is_empty() {
                return Err(self.fault_at(at, Rule::ElementOutOfBounds));
            }
            take(piece);
            at += piece.len() as u64;
        }
        Ok(())
    }
}
