//! Where labels stand in their text, and a quick way to find one.

use std::ops::Range;

/// The places of labels, each with a mark of its name.
#[derive(Debug, Default)]
pub(super) struct Table {
    spans: Vec<Span>,
    marks: Vec<u16>,
}

/// Where something stands in the text.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) start: usize,
    pub(crate) end: usize,
}

/// Where a label's name and value stand in the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Span {
    name: usize,
    name_len: usize,
    value: usize,
    value_len: usize,
}

/// The mark of a label that rules have removed: no text ends with this byte.
const REMOVED: u16 = 0xff00;

/// The length of a name, or 255 if it is longer, and its last byte.
pub(crate) fn mark(name: &str) -> u16 {
    let last = name.as_bytes().last().copied().unwrap_or(0);
    u16::from_be_bytes([last, u8::try_from(name.len()).unwrap_or(u8::MAX)])
}

impl Place {
    pub(crate) const fn is_empty(self) -> bool {
        self.start == self.end
    }

    pub(crate) const fn range(self) -> Range<usize> {
        self.start..self.end
    }
}

impl From<Range<usize>> for Place {
    fn from(Range { start, end }: Range<usize>) -> Self {
        Self { start, end }
    }
}

impl Span {
    pub(super) const fn new(name: &Range<usize>, value: &Range<usize>) -> Self {
        Self {
            name: name.start,
            name_len: name.end - name.start,
            value: value.start,
            value_len: value.end - value.start,
        }
    }

    pub(super) const fn set_value(&mut self, value: &Range<usize>) {
        (self.value, self.value_len) = (value.start, value.end - value.start);
    }

    /// Where the value stands.
    pub(crate) const fn value(self) -> Range<usize> {
        self.value..self.value + self.value_len
    }

    /// Where the name stands.
    pub(crate) const fn name(self) -> Range<usize> {
        self.name..self.name + self.name_len
    }
}

impl Table {
    pub(super) fn spans(&self) -> &[Span] {
        &self.spans
    }

    /// The marks of all names. Names whose marks differ are not the same.
    pub(super) fn marks(&self) -> &[u16] {
        &self.marks
    }

    /// For changes of places, not of names.
    pub(super) fn spans_mut(&mut self) -> &mut [Span] {
        &mut self.spans
    }

    pub(super) fn clear(&mut self) {
        self.spans.clear();
        self.marks.clear();
    }

    pub(super) fn push(&mut self, name: &str, span: Span) {
        self.push_marked(mark(name), span);
    }

    /// [`Self::push`] for a name whose mark is known.
    pub(super) fn push_marked(&mut self, mark: u16, span: Span) {
        self.spans.push(span);
        self.marks.push(mark);
    }

    /// Forgets the first labels.
    pub(super) fn forget_first(&mut self, count: usize) {
        self.spans.drain(..count);
        self.marks.drain(..count);
    }

    pub(super) fn insert(&mut self, at: usize, name: &str, span: Span) {
        self.spans.insert(at, span);
        self.marks.insert(at, mark(name));
    }

    pub(super) fn remove(&mut self, at: usize) {
        self.spans.remove(at);
        self.marks.remove(at);
    }

    /// Leaves the label in its place, where nobody finds it any more.
    pub(super) fn strike(&mut self, at: usize) {
        self.marks[at] = REMOVED;
    }

    pub(super) fn is_live(&self, at: usize) -> bool {
        self.marks[at] != REMOVED
    }

    /// The labels that are not struck.
    pub(super) fn live(&self) -> impl Iterator<Item = Span> {
        let live = |(span, mark): (&Span, &u16)| (*mark != REMOVED).then_some(*span);
        self.spans.iter().zip(&self.marks).filter_map(live)
    }

    /// Which labels are not struck and have a name of at least so many bytes, or of more than 254.
    pub(super) fn of_length(&self, least: usize) -> impl Iterator<Item = usize> {
        let least = u16::try_from(least).unwrap_or(255).min(255);
        let long = move |(at, mark): (usize, &u16)| {
            (*mark & 0xff >= least && *mark != REMOVED).then_some(at)
        };
        self.marks.iter().enumerate().filter_map(long)
    }

    /// Where the label `name` is.
    pub(super) fn find(&self, text: &str, name: &str) -> Option<usize> {
        let (wanted, text) = (mark(name), text.as_bytes());
        let same = |at: usize| {
            self.marks[at] == wanted && text.get(self.spans[at].name()) == Some(name.as_bytes())
        };
        let (blocks, rest) = self.marks.as_chunks::<8>();
        for (block, marks) in blocks.iter().enumerate() {
            // Without a way out, so that it is one comparison of vectors.
            if marks.iter().fold(0, |any, mark| any | u8::from(*mark == wanted)) != 0
                && let Some(at) = (block * 8..block * 8 + 8).find(|at| same(*at))
            {
                return Some(at);
            }
        }
        (self.marks.len() - rest.len()..self.marks.len()).find(|at| same(*at))
    }

    /// Forgets the labels that are struck; how many are left of the first `base`.
    pub(super) fn forget_struck(&mut self, base: usize) -> usize {
        let (mut to, mut left) = (0, 0);
        for at in 0..self.spans.len() {
            if self.marks[at] != REMOVED {
                self.spans[to] = self.spans[at];
                self.marks[to] = self.marks[at];
                to += 1;
                left += usize::from(at < base);
            }
        }
        self.spans.truncate(to);
        self.marks.truncate(to);
        left
    }

    /// Moves a label to its place among those in front of it, which are in order.
    pub(super) fn sink(&mut self, text: &str, at: usize) {
        let (span, mark, text) = (self.spans[at], self.marks[at], text.as_bytes());
        let name = text.get(span.name()).unwrap_or(&[]);
        let in_front = |other: &Span| {
            let other = text.get(other.name()).unwrap_or(&[]);
            // Most names differ in the first byte from a label that a rule sets.
            if other.first() == name.first() { other < name } else { other.first() < name.first() }
        };
        // What rules set rarely begins with `_`, as most of what discovery sets does, so that its place is near.
        let near = at.saturating_sub(8);
        let place = if self.spans.get(near).is_some_and(in_front) {
            near + self.spans[near..at].iter().take_while(|other| in_front(other)).count()
        } else {
            self.spans[..near].partition_point(in_front)
        };
        self.spans.copy_within(place..at, place + 1);
        self.marks.copy_within(place..at, place + 1);
        (self.spans[place], self.marks[place]) = (span, mark);
    }

    /// Puts all labels in order.
    pub(super) fn sort(&mut self, text: &str) {
        let name = |span: &Span| text.get(span.name()).unwrap_or("");
        self.spans.sort_unstable_by(|one, other| name(one).cmp(name(other)));
        self.marks.clear();
        self.marks.extend(self.spans.iter().map(|span| mark(name(span))));
    }
}

impl Clone for Table {
    fn clone(&self) -> Self {
        Self { spans: self.spans.clone(), marks: self.marks.clone() }
    }

    fn clone_from(&mut self, source: &Self) {
        self.spans.clone_from(&source.spans);
        self.marks.clone_from(&source.marks);
    }
}

#[cfg(test)]
mod tests {
    use super::{Span, Table};

    #[test]
    fn every_name_is_found_and_no_other() {
        let (mut table, mut text) = (Table::default(), String::new());
        let names: Vec<_> = (0..70).map(|n| format!("{}{}", "x".repeat(n * 5), n % 7)).collect();
        for name in &names {
            let place = text.len()..text.len() + name.len();
            text.push_str(name);
            table.push(name, Span::new(&place, &place));
        }
        for (at, name) in names.iter().enumerate() {
            assert_eq!(table.find(&text, name), Some(at));
            assert_eq!(table.find(&text, &format!("{name}x")), None);
        }
        table.strike(20);
        assert_eq!(table.find(&text, &names[20]), None);
        assert_eq!((table.live().count(), table.of_length(0).count()), (69, 69));
        assert_eq!(table.of_length(300).next(), Some(51));
        assert_eq!(table.forget_struck(30), 29);
        assert_eq!(table.find(&text, &names[69]), Some(68));
    }
}
