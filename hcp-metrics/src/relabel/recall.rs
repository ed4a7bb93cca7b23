//! What the regex engine said of the values a rule saw before.
//!
//! To find out where groups stand takes the engine half a microsecond. The values a rule sees are few and come again, with each
//! round of discovery and with each scrape.

use std::hash::BuildHasher;

use hashbrown::{DefaultHashBuilder, HashTable};

/// The expansions of one step by value, with a bound on their memory.
#[derive(Debug, Default)]
pub(super) struct Recall {
    /// Seeded at random, so that nobody outside can choose values that collide.
    hasher: DefaultHashBuilder,
    known: HashTable<Known>,
    /// Value, target and replacement of all that is known.
    text: String,
    latest: Expansion,
}

/// What became of a value.
#[derive(Debug, Default)]
pub(super) struct Expansion {
    /// Whether the value matches.
    pub(super) matches: bool,
    /// The expanded target, if the target is a template.
    pub(super) target: String,
    /// The expanded replacement.
    pub(super) text: String,
}

/// An [`Expansion`], borrowed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Recalled<'a> {
    pub(super) matches: bool,
    pub(super) target: &'a str,
    pub(super) text: &'a str,
}

/// Where in [`Recall::text`] value, target and replacement stand, one behind the other.
#[derive(Clone, Copy, Debug)]
struct Known {
    start: usize,
    value: usize,
    target: usize,
    end: usize,
    matches: bool,
}

/// When so many bytes are held, all are forgotten: values come from outside.
const LIMIT: usize = 256 << 10;
/// Longer values, or such that become longer, are not kept.
const LONGEST: usize = 512;

impl Recall {
    /// What became of `value`; `expand` fills an expansion that is empty.
    pub(super) fn of(&mut self, value: &str, expand: impl FnOnce(&mut Expansion)) -> Recalled<'_> {
        let hash = self.hasher.hash_one(value.as_bytes());
        let same = |known: &Known| self.text.get(known.start..known.value) == Some(value);
        if let Some(known) = self.known.find(hash, same) {
            return known.recalled(&self.text);
        }
        self.latest.empty();
        expand(&mut self.latest);
        let len = value.len() + self.latest.target.len() + self.latest.text.len();
        if len <= LONGEST {
            self.remember(hash, value, len);
        }
        let Expansion { matches, target, text } = &self.latest;
        Recalled { matches: *matches, target, text }
    }

    fn remember(&mut self, hash: u64, value: &str, len: usize) {
        if self.text.len() + self.known.len() * size_of::<Known>() + len > LIMIT {
            self.known.clear();
            self.text.clear();
        }
        let start = self.text.len();
        let Expansion { matches, target, text } = &self.latest;
        let [value, target, end] = [value, target, text].map(|part| {
            self.text.push_str(part);
            self.text.len()
        });
        let known = Known { start, value, target, end, matches: *matches };
        let rehash = |known: &Known| {
            self.hasher.hash_one(self.text.get(known.start..known.value).unwrap_or("").as_bytes())
        };
        self.known.insert_unique(hash, known, rehash);
    }
}

impl Known {
    fn recalled(self, text: &str) -> Recalled<'_> {
        Recalled {
            matches: self.matches,
            target: text.get(self.value..self.target).unwrap_or(""),
            text: text.get(self.target..self.end).unwrap_or(""),
        }
    }
}

impl Expansion {
    fn empty(&mut self) {
        for text in [&mut self.target, &mut self.text] {
            text.clear();
            text.shrink_to(LONGEST);
        }
        self.matches = false;
    }
}

#[cfg(test)]
mod tests {
    use super::{LIMIT, LONGEST, Recall};

    #[test]
    fn a_value_is_expanded_once_and_never_mistaken() {
        let (mut recall, mut expanded) = (Recall::default(), 0);
        let long = "x".repeat(LONGEST + 1);
        for round in 1..=3 {
            for value in ["", "a", "b", "10.0.0.1:80;9090", "10.0.0.2:80;9090", &long] {
                let recalled = recall.of(value, |expansion| {
                    expansion.text.push_str(value);
                    expansion.target.push('t');
                    expansion.matches = value != "a";
                    expanded += 1;
                });
                assert_eq!((recalled.text, recalled.target), (value, "t"));
                assert_eq!(recalled.matches, value != "a");
            }
            assert_eq!(expanded, 5 + round);
        }
    }

    #[test]
    fn memory_is_bounded() {
        let mut recall = Recall::default();
        for n in 0..50_000 {
            let value = n.to_string();
            assert_eq!(recall.of(&value, |slot| slot.text.push_str(&value)).text, value);
            assert!(recall.text.len() <= LIMIT);
        }
        assert!(recall.known.len() < 50_000);
    }
}
