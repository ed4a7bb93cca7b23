//! Series with the same label names, for which all that rules do to names is done once.
//!
//! Targets of one discovery, and series of one metric family, have the same names and differ in values. For such a shape every
//! name that a rule reads, sets or removes becomes the number of a slot, and names are not looked at again: the rules work on
//! an array of values.

use std::collections::BTreeMap;
use std::ops::Range;

use super::Action;
use super::step::{Access, Scratch, Step};
use crate::label::{Labels, Place, Written, mark};

/// The shapes seen so far: a table in which a shape has one possible place.
#[derive(Debug, Default)]
pub(super) struct Shapes {
    seen: Vec<Seen>,
    values: Vec<Place>,
}

/// What a place of the table holds.
#[derive(Debug, Default)]
enum Seen {
    #[default]
    Nothing,
    /// A shape with this hash, the last time: a shape that is seen once is not worth the work.
    Once(u64),
    /// A shape, and how often others may want its place before one gets it.
    Shape(Box<Shape>, u8),
}

/// Names, and what the rules do to a series that has them.
#[derive(Debug)]
struct Shape {
    /// All names: those of the series in their order, then those that rules read or set.
    slots: Box<[Slot]>,
    /// How many names the series has.
    given: usize,
    /// The names of the series, one behind the other.
    given_text: Box<str>,
    /// The other names, one behind the other.
    added_text: Box<str>,
    /// The slots by name.
    order: Box<[usize]>,
    /// One for each rule; `None` if the order of labels matters, or if there are too many.
    moves: Option<Box<[Move]>>,
}

/// A name.
#[derive(Clone, Copy, Debug)]
struct Slot {
    mark: u16,
    /// Where it stands in [`Shape::given_text`] or [`Shape::added_text`].
    name: Place,
}

/// What a rule does, by slots.
#[derive(Debug)]
enum Move {
    /// It reads values and may set one.
    Values { sources: Box<[usize]>, target: usize },
    /// It copies values from slot to slot.
    Map(Box<[(usize, usize)]>),
    /// It removes values.
    Remove(Box<[usize]>),
}

/// The values of a series in slots.
struct Slots<'a> {
    labels: &'a mut Labels,
    values: &'a mut [Place],
    sources: &'a [usize],
    target: usize,
}

/// So many places the table has.
const PLACES: usize = 256;
/// A shape with more slots than this is left to the rules one by one.
const MOST_SLOTS: usize = 256;
/// As are lists with more rules that change labels.
const MOST_STEPS: usize = 64;
/// And names that are longer together.
const LONGEST: usize = 16 << 10;
/// A shape in use keeps its place against so many others.
const CREDIT: u8 = 16;

/// Whether series can be changed by their shape.
pub(super) fn is_for(steps: &[Step]) -> bool {
    steps.len() <= MOST_STEPS && !steps.iter().any(Step::names_its_target)
}

impl Shapes {
    /// Applies the steps; `None` if this has to be done one by one, else whether the series stays or the index among `steps` of
    /// the one that drops it.
    pub(super) fn apply(
        &mut self,
        steps: &[Step],
        labels: &mut Labels,
        scratch: &mut Scratch,
    ) -> Option<Result<(), usize>> {
        if self.seen.is_empty() {
            self.seen.resize_with(PLACES, Seen::default);
        }
        let hash = hash(labels.marks());
        let place = usize::try_from(hash >> 32).unwrap_or(0) % PLACES;
        let shape = self.seen[place].shape(hash, steps, labels)?;
        let moves = shape.moves.as_deref()?;
        Some(shape.run(moves, steps, labels, &mut self.values, scratch))
    }
}

/// Of what the lengths and the last bytes of the names are.
fn hash(marks: &[u16]) -> u64 {
    let mix =
        |hash: u64, word: u64| (hash.rotate_left(25) ^ word).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let (chunks, rest) = marks.as_chunks::<4>();
    let word = |marks: &[u16]| marks.iter().fold(0, |word, mark| word << 16 | u64::from(*mark));
    let hash = chunks.iter().fold(marks.len() as u64, |hash, chunk| mix(hash, word(chunk)));
    mix(hash, word(rest))
}

impl Seen {
    /// The shape of `labels`, if it is there or has been seen before.
    fn shape(&mut self, hash: u64, steps: &[Step], labels: &Labels) -> Option<&Shape> {
        match self {
            Self::Shape(shape, credit) if shape.is_of(labels) => *credit = CREDIT,
            Self::Shape(_, credit @ 1..) => {
                *credit -= 1;
                return None;
            }
            Self::Once(last) if *last == hash => {
                *self = Self::Shape(Box::new(Shape::new(steps, labels)), CREDIT);
            }
            _ => *self = Self::Once(hash),
        }
        if let Self::Shape(shape, _) = self { Some(shape) } else { None }
    }
}

impl Shape {
    fn new(steps: &[Step], labels: &Labels) -> Self {
        let mut names = Names::default();
        for (name, _) in labels.iter() {
            names.slot(name);
        }
        let given = names.all.len();
        let given_text = std::mem::take(&mut names.text);
        let moves = steps.iter().map(|step| names.plan(step)).collect();
        Self {
            given,
            given_text: given_text.into(),
            added_text: names.text.into(),
            order: names.by_name.into_values().collect(),
            slots: names.all.into(),
            moves,
        }
    }

    /// Whether `labels` have these names.
    fn is_of(&self, labels: &Labels) -> bool {
        let given = &self.slots[..self.given];
        let same = |(slot, (name, _)): (&Slot, (&str, &str))| {
            self.given_text.as_bytes().get(slot.name.range()) == Some(name.as_bytes())
        };
        labels.marks().len() == given.len()
            && labels.marks().iter().zip(given).all(|(mark, slot)| *mark == slot.mark)
            && given.iter().zip(labels.iter()).all(same)
    }

    fn run(
        &self,
        moves: &[Move],
        steps: &[Step],
        labels: &mut Labels,
        values: &mut Vec<Place>,
        scratch: &mut Scratch,
    ) -> Result<(), usize> {
        let len = labels.text_len();
        values.clear();
        values.extend(labels.values());
        values.resize(self.slots.len(), Place::default());
        for (index, (step, step_moves)) in steps.iter().zip(moves).enumerate() {
            match step_moves {
                Move::Values { sources, target } => {
                    let mut slots = Slots { labels, values, sources, target: *target };
                    if !step.apply_to(&mut slots, scratch) {
                        labels.truncate(len);
                        return Err(index);
                    }
                }
                Move::Map(pairs) => {
                    for (from, to) in pairs {
                        if !values[*from].is_empty() {
                            values[*to] = values[*from];
                        }
                    }
                }
                Move::Remove(slots) => {
                    slots.iter().for_each(|slot| values[*slot] = Place::default());
                }
            }
        }
        self.write(labels, values);
        Ok(())
    }

    /// Makes labels of the slots that have a value.
    fn write(&self, labels: &mut Labels, values: &[Place]) {
        let added = labels.append(&self.added_text).start;
        let live = self.order.iter().filter(|slot| !values[**slot].is_empty());
        labels.rewrite(live.map(|&slot| {
            let Slot { mark, name } = self.slots[slot];
            let there = Place { start: added + name.start, end: added + name.end };
            let name = if slot < self.given { Written::Label(slot) } else { Written::Text(there) };
            (name, mark, values[slot])
        }));
    }
}

/// Names that become slots.
#[derive(Default)]
struct Names {
    text: String,
    all: Vec<Slot>,
    by_name: BTreeMap<Box<str>, usize>,
    bytes: usize,
}

impl Names {
    fn slot(&mut self, name: &str) -> usize {
        if let Some(slot) = self.by_name.get(name) {
            return *slot;
        }
        let start = self.text.len();
        self.text.push_str(name);
        self.bytes += name.len();
        self.all.push(Slot { mark: mark(name), name: Place { start, end: self.text.len() } });
        self.by_name.insert(name.into(), self.all.len() - 1);
        self.all.len() - 1
    }

    /// What a step does to the names so far.
    fn plan(&mut self, step: &Step) -> Option<Move> {
        let planned = match step.action {
            Action::LabelMap => self.map(step)?,
            Action::LabelDrop | Action::LabelKeep => {
                let removed = self.by_name.iter().filter(|(name, _)| step.removes(name));
                Move::Remove(removed.map(|(_, slot)| *slot).collect())
            }
            _ => Move::Values {
                sources: step.sources.iter().map(|name| self.slot(name)).collect(),
                target: self.slot(&step.target),
            },
        };
        (self.all.len() <= MOST_SLOTS && self.bytes <= LONGEST).then_some(planned)
    }

    /// Nothing if one label is the target of two, or a target and a source: then it matters which is the first.
    fn map(&mut self, step: &Step) -> Option<Move> {
        let renamed: Vec<_> = self
            .by_name
            .iter()
            .filter_map(|(name, slot)| Some((*slot, step.renamed(name)?)))
            .collect();
        let pairs: Vec<_> = renamed.iter().map(|(from, name)| (*from, self.slot(name))).collect();
        let clash = |(from, to): &(usize, usize)| {
            pairs.iter().any(|(source, target)| source != from && (target == to || source == to))
        };
        if pairs.iter().any(clash) {
            return None;
        }
        Some(Move::Map(pairs.into_iter().filter(|(from, to)| from != to).collect()))
    }
}

impl Access for Slots<'_> {
    fn labels(&self) -> &Labels {
        self.labels
    }

    fn source(&self, index: usize) -> Range<usize> {
        self.values[self.sources[index]].range()
    }

    fn target(&self) -> Range<usize> {
        self.values[self.target].range()
    }

    fn set(&mut self, value: &str) {
        self.values[self.target] = self.labels.append(value).into();
    }

    fn set_place(&mut self, place: &Range<usize>) {
        self.values[self.target] = place.clone().into();
    }
}
