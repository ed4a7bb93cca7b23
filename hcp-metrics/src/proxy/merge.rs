//! Several expositions of one format put together into one that is valid: bytes in, bytes out.
//!
//! Families come in the order in which they are first seen, each as one block: its metadata once, then its samples, exposition by
//! exposition, every line as it was.

use std::borrow::Cow;

use bytes::{Bytes, BytesMut};
use hashbrown::HashMap;

use crate::exposition::lexer::{self, LineKind, SampleTokens, Stop};
use crate::exposition::{ErrorKind, ExpositionError, Format, MetricKind};

/// Up to this size lines are gathered before they are given out; longer runs are given out as they lie in the input.
const CHUNK: usize = 32 << 10;

/// Expositions put together: what is where, without a copy.
#[derive(Debug)]
pub(super) struct Merged {
    inputs: Vec<Bytes>,
    families: Vec<Family>,
    format: Format,
    /// How many times an exposition gave a family another type than one before it, whose type stands.
    pub(super) conflicts: u64,
    /// How many samples are left out since an exposition before has the same series.
    pub(super) duplicates: u64,
}

/// The lines of one family.
#[derive(Debug, Default)]
struct Family {
    help: Option<Place>,
    kind: Option<Place>,
    unit: Option<Place>,
    samples: Vec<Place>,
}

/// Some bytes of one input.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Place {
    input: usize,
    start: usize,
    end: usize,
}

/// What a line says; blank lines, comments and the end mark are not carried over.
enum Line<'a> {
    Metadata(Keyword, Cow<'a, str>),
    Sample { name: Cow<'a, str>, series: &'a [u8] },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Keyword {
    Help,
    Type(MetricKind),
    Unit,
}

/// Where families are, and which types they have.
#[derive(Default)]
struct Index<'a> {
    families: HashMap<Cow<'a, str>, usize>,
    kinds: HashMap<Cow<'a, str>, MetricKind>,
}

/// Puts expositions together. Where two give a family different types, help texts or units, the first one stands; samples of the
/// other whose names that type does not have go out without a type. Of two equal series the first one stands.
///
/// # Errors
/// The first line that is malformed, counted within its input.
pub(super) fn merge(inputs: Vec<Vec<u8>>, format: Format) -> Result<Merged, ExpositionError> {
    let inputs: Vec<Bytes> = inputs.into_iter().map(terminated).collect();
    let mut index = Index::default();
    let mut conflicts = 0;
    for input in &inputs {
        conflicts += index.learn_kinds(input, format)?;
    }
    let (mut families, mut duplicates) = (Vec::new(), 0);
    let mut owners: HashMap<&[u8], usize> = HashMap::new();
    for (input, text) in inputs.iter().enumerate() {
        for line in Lines::new(text, format) {
            let (line, start, end) = line?;
            let place = Place { input, start, end };
            match line {
                Line::Metadata(keyword, name) => {
                    index.family(&mut families, name).metadata(keyword).get_or_insert(place);
                }
                Line::Sample { series, .. } if *owners.entry(series).or_insert(input) != input => {
                    duplicates += 1;
                }
                Line::Sample { name, .. } => {
                    let name = index.family_of(name);
                    index.family(&mut families, name).push(place);
                }
            }
        }
    }
    drop((index, owners));
    Ok(Merged { inputs, families, format, conflicts, duplicates })
}

fn terminated(mut text: Vec<u8>) -> Bytes {
    if text.last().is_some_and(|last| *last != b'\n') {
        text.push(b'\n');
    }
    text.into()
}

impl Merged {
    /// The merged exposition, piece by piece.
    pub(super) fn into_chunks(self) -> impl Iterator<Item = Bytes> {
        let Self { inputs, families, format, .. } = self;
        let places = families.into_iter().flat_map(|family| {
            let metadata = [family.help, family.kind, family.unit].into_iter().flatten();
            metadata.chain(family.samples)
        });
        let slice = move |place: Place| inputs[place.input].slice(place.start..place.end);
        let end = (format == Format::OpenMetrics).then(|| Bytes::from_static(b"# EOF\n"));
        gather(places.map(slice).chain(end))
    }
}

/// Copies short pieces together.
fn gather(pieces: impl Iterator<Item = Bytes>) -> impl Iterator<Item = Bytes> {
    let mut pieces = pieces.peekable();
    std::iter::from_fn(move || {
        let first = pieces.next()?;
        if first.len() >= CHUNK {
            return Some(first);
        }
        let mut chunk = BytesMut::with_capacity(CHUNK);
        chunk.extend_from_slice(&first);
        while let Some(piece) = pieces.next_if(|piece| chunk.len() + piece.len() <= CHUNK) {
            chunk.extend_from_slice(&piece);
        }
        Some(chunk.freeze())
    })
}

impl Family {
    fn metadata(&mut self, keyword: Keyword) -> &mut Option<Place> {
        match keyword {
            Keyword::Help => &mut self.help,
            Keyword::Type(_) => &mut self.kind,
            Keyword::Unit => &mut self.unit,
        }
    }

    fn push(&mut self, place: Place) {
        match self.samples.last_mut() {
            Some(last) if (last.input, last.end) == (place.input, place.start) => {
                last.end = place.end;
            }
            _ => self.samples.push(place),
        }
    }
}

impl<'a> Index<'a> {
    /// Notes the types of families that have none yet; how many have another one already.
    fn learn_kinds(&mut self, text: &'a [u8], format: Format) -> Result<u64, ExpositionError> {
        let mut conflicts = 0;
        for line in Lines::new(text, format) {
            if let (Line::Metadata(Keyword::Type(kind), name), ..) = line? {
                conflicts += u64::from(*self.kinds.entry(name).or_insert(kind) != kind);
            }
        }
        Ok(conflicts)
    }

    /// The family of a sample: one of its own name, or one whose type has samples of that name.
    fn family_of(&self, sample: Cow<'a, str>) -> Cow<'a, str> {
        let owner = sample.rfind('_').filter(|_| !self.kinds.contains_key(&sample));
        let owner = owner.filter(|at| {
            let (family, suffix) = sample.split_at(*at);
            self.kinds.get(family).is_some_and(|kind| kind.suffixes().contains(&suffix))
        });
        match (owner, sample) {
            (None, sample) => sample,
            (Some(at), Cow::Borrowed(sample)) => Cow::Borrowed(&sample[..at]),
            (Some(at), Cow::Owned(mut sample)) => {
                sample.truncate(at);
                Cow::Owned(sample)
            }
        }
    }

    fn family<'f>(&mut self, families: &'f mut Vec<Family>, name: Cow<'a, str>) -> &'f mut Family {
        let at = *self.families.entry(name).or_insert(families.len());
        if at == families.len() {
            families.push(Family::default());
        }
        &mut families[at]
    }
}

/// The lines of an exposition that say something, with where they begin and end.
struct Lines<'a> {
    text: &'a [u8],
    format: Format,
    at: usize,
    tokens: SampleTokens,
}

impl<'a> Lines<'a> {
    fn new(text: &'a [u8], format: Format) -> Self {
        Self { text, format, at: 0, tokens: SampleTokens::default() }
    }
}

impl<'a> Iterator for Lines<'a> {
    type Item = Result<(Line<'a>, usize, usize), ExpositionError>;

    fn next(&mut self) -> Option<Self::Item> {
        while self.at < self.text.len() {
            let start = self.at;
            let found = match lexer::lex(self.format, self.text, start, true, &mut self.tokens) {
                Ok(found) => found,
                Err(stop) => {
                    let (at, kind) = match stop {
                        Stop::Malformed { at, kind, .. } => (at, kind),
                        Stop::NeedMore => (start, ErrorKind::ExpectedLineEnd),
                    };
                    self.at = self.text.len();
                    return Some(Err(ExpositionError::at(self.text, at, 1, kind)));
                }
            };
            self.at = found.end;
            let line = match found.kind {
                LineKind::Sample => Line::Sample {
                    name: self.tokens.name.text(self.text),
                    series: self.tokens.series.of(self.text),
                },
                LineKind::Type(name, kind) => {
                    Line::Metadata(Keyword::Type(kind), name.text(self.text))
                }
                LineKind::About(name) => {
                    Line::Metadata(keyword(&self.text[start..]), name.text(self.text))
                }
                LineKind::Comment | LineKind::Blank | LineKind::Eof => continue,
            };
            return Some(Ok((line, start, self.at)));
        }
        None
    }
}

/// Which of `HELP` and `UNIT` a line begins with.
fn keyword(line: &[u8]) -> Keyword {
    let word = line.iter().find(|byte| !b"# \t".contains(byte));
    if word == Some(&b'U') { Keyword::Unit } else { Keyword::Help }
}

#[cfg(test)]
mod tests;
