//! What the regex engine said of the values a rule saw last.
//!
//! To find out where groups stand takes the engine half a microsecond. The values a rule sees are few and come again, with each
//! round of discovery and with each scrape.

/// The expansions of one step for its latest values: a table in which a value has one possible slot.
#[derive(Debug, Default)]
pub(super) struct Recall {
    slots: Vec<Expansion>,
}

/// What became of a value.
#[derive(Clone, Debug, Default)]
pub(super) struct Expansion {
    value: String,
    known: bool,
    /// Whether the value matches.
    pub(super) matches: bool,
    /// The expanded target, if the target is a template.
    pub(super) target: String,
    /// The expanded replacement.
    pub(super) text: String,
}

/// So many slots there are.
const SLOTS: usize = 64;
/// Longer values, and slots that hold more, are not kept.
const LONGEST: usize = 256;

impl Recall {
    /// What became of `value`; `expand` fills an expansion that is empty.
    pub(super) fn of(&mut self, value: &str, expand: impl FnOnce(&mut Expansion)) -> &Expansion {
        if self.slots.is_empty() {
            self.slots.resize(SLOTS, Expansion::default());
        }
        let slot = &mut self.slots[slot(value.as_bytes())];
        if !slot.known || slot.value != value {
            slot.empty(value);
            expand(slot);
        }
        slot
    }
}

impl Expansion {
    fn empty(&mut self, value: &str) {
        for text in [&mut self.value, &mut self.target, &mut self.text] {
            text.clear();
            text.shrink_to(LONGEST);
        }
        self.matches = false;
        self.known = value.len() <= LONGEST;
        if self.known {
            self.value.push_str(value);
        }
    }
}

/// The slot of a value, by its length, its first and its last bytes.
fn slot(value: &[u8]) -> usize {
    let word = |bytes: &[u8]| bytes.iter().fold(0, |word, byte| word << 8 | u64::from(*byte));
    let first = word(&value[..value.len().min(8)]);
    let last = word(&value[value.len().saturating_sub(8)..]);
    let mixed =
        (first ^ last.rotate_left(23) ^ value.len() as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    usize::try_from(mixed >> 58).unwrap_or(0) % SLOTS
}

#[cfg(test)]
mod tests {
    use super::{LONGEST, Recall};

    #[test]
    fn a_value_is_expanded_once_and_never_mistaken() {
        let (mut recall, mut expanded) = (Recall::default(), 0);
        let long = "x".repeat(LONGEST + 1);
        for round in 0..3 {
            for value in ["", "a", "b", "10.0.0.1:80;9090", "10.0.0.2:80;9090", &long] {
                let expansion = recall.of(value, |expansion| {
                    expansion.text.push_str(value);
                    expansion.matches = value != "a";
                    expanded += 1;
                });
                assert_eq!((expansion.text.as_str(), expansion.matches), (value, value != "a"));
            }
            if round == 0 {
                assert_eq!(expanded, 6);
            }
        }
        assert!((8..18).contains(&expanded), "{expanded}");
        for n in 0..10_000 {
            let value = n.to_string();
            assert_eq!(recall.of(&value, |slot| slot.text.push_str(&value)).text, value);
        }
    }
}
