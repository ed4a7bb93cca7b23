//! What can be said of a match without a regex engine.
//!
//! Most expressions in rules are a literal, some literals, or literals around one `.*`. All of them are anchored at both ends, so
//! that a match is the whole value, and where its groups stand often follows from the value's length.

use std::ops::Range;

use regex_syntax::hir::{Class, ClassUnicode, Hir, HirKind, Look, Repetition};

use super::template::Groups;

/// Trees that are higher are left to the engine: what follows recurses.
const HIGHEST: usize = 100;
/// More literals than this are left to the engine.
const MOST_LITERALS: usize = 32;

/// What is known of an expression.
#[derive(Clone, Debug)]
pub(super) struct Matcher {
    /// Whether a match is always the whole value.
    anchored: bool,
    test: Test,
    /// Where the groups of a match stand, the whole match first, if that does not depend on the value's text.
    layout: Option<Box<[(Place, Place)]>>,
}

/// What every text that matches has. Cheap to look at, so that most names are never compared.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Hint {
    /// At least this many bytes.
    least: usize,
    /// This byte at this place in front of `least`.
    byte: Option<(usize, u8)>,
}

/// How to find out whether a value matches.
#[derive(Clone, Debug)]
enum Test {
    /// It is one of these.
    Literals(Box<[Box<str>]>),
    /// It begins and ends so, with only such bytes between.
    Gap { prefix: Box<[u8]>, bytes: Option<Box<Bytes>>, least: usize, suffix: Box<[u8]> },
    /// The engine knows; a value that is not empty and matches begins and ends with such bytes.
    Engine { edges: Option<Box<(Bytes, Bytes)>> },
}

/// A place in a matched value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    FromStart(usize),
    FromEnd(usize),
}

/// A set of bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Bytes([bool; 256]);

/// The groups of a match whose places are known.
#[derive(Debug)]
pub(super) struct Laid<'a> {
    layout: &'a [(Place, Place)],
    len: usize,
}

impl Matcher {
    /// Looks at an expression.
    pub(super) fn new(hir: &Hir) -> Self {
        let Some(parts) = anchored_parts(hir) else {
            return Self { anchored: false, test: Test::Engine { edges: None }, layout: None };
        };
        if !is_low(hir) {
            return Self { anchored: true, test: Test::Engine { edges: None }, layout: None };
        }
        let plain = parts.iter().all(|part| part.properties().look_set().is_empty());
        let shape = if plain { literals_test(parts).or_else(|| gap_test(parts)) } else { None };
        let test = shape.unwrap_or_else(|| engine_test(parts));
        let layout = if plain { layout(parts, hir) } else { None };
        Self { anchored: true, test, layout }
    }

    /// Whether a match is always the whole value.
    pub(super) const fn is_anchored(&self) -> bool {
        self.anchored
    }

    /// Whether `value` matches; `None` if the engine has to be asked.
    pub(super) fn test(&self, value: &str) -> Option<bool> {
        match &self.test {
            Test::Literals(literals) if value.is_empty() => {
                Some(literals.iter().any(|literal| literal.is_empty()))
            }
            Test::Literals(literals) => Some(literals.iter().any(|literal| **literal == *value)),
            Test::Gap { prefix, bytes, least, suffix } => {
                Some(is_gap(value.as_bytes(), prefix, bytes.as_deref(), *least, suffix))
            }
            Test::Engine { edges } => {
                let edges = edges.as_ref()?;
                let (first, last) = (value.bytes().next()?, value.bytes().next_back()?);
                if edges.0.have(first) && edges.1.have(last) { None } else { Some(false) }
            }
        }
    }

    /// What every match has.
    pub(super) fn hint(&self) -> Hint {
        match &self.test {
            Test::Literals(literals) => {
                let least = literals.iter().map(|literal| literal.len()).min().unwrap_or(0);
                let end = least.checked_sub(1);
                let mut bytes = literals.iter().map(|text| Some((end?, text.as_bytes()[end?])));
                let first = bytes.next().flatten();
                Hint { least, byte: first.filter(|_| bytes.all(|byte| byte == first)) }
            }
            Test::Gap { prefix, least, suffix, .. } => {
                let byte = prefix.last().map(|byte| (prefix.len() - 1, *byte));
                Hint { least: prefix.len() + least + suffix.len(), byte }
            }
            Test::Engine { .. } => Hint::default(),
        }
    }

    /// The groups of a value that matches, if that can be known without the engine.
    pub(super) fn groups(&self, value: &str) -> Option<Laid<'_>> {
        self.layout.as_ref().map(|layout| Laid { layout, len: value.len() })
    }
}

/// Whether `value` is `prefix`, at least so many bytes of that kind, and `suffix`.
fn is_gap(value: &[u8], prefix: &[u8], bytes: Option<&Bytes>, least: usize, suffix: &[u8]) -> bool {
    if value.len() < prefix.len() + least + suffix.len() {
        return false;
    }
    let (head, rest) = value.split_at(prefix.len());
    let (gap, tail) = rest.split_at(rest.len() - suffix.len());
    // Names in one set of labels often begin alike and differ before a prefix ends. An empty slice is not compared, because
    // its pointer is not mapped: a vectorised memcmp then suppresses a fault, which takes a hundred times as long.
    (prefix.is_empty() || (head.last() == prefix.last() && head == prefix))
        && (suffix.is_empty() || tail == suffix)
        && bytes.is_none_or(|bytes| bytes.have_all(gap))
}

impl Hint {
    /// At least so many bytes.
    pub(super) const fn least(self) -> usize {
        self.least
    }

    /// Whether a text can match.
    pub(crate) fn admits(self, text: &[u8]) -> bool {
        text.len() >= self.least
            && self.byte.is_none_or(|(at, byte)| text.get(at).is_some_and(|found| *found == byte))
    }
}

impl Groups for Laid<'_> {
    fn group(&self, index: usize) -> Option<Range<usize>> {
        let &(start, end) = self.layout.get(index)?;
        Some(start.in_value(self.len)..end.in_value(self.len))
    }
}

impl Place {
    const fn in_value(self, len: usize) -> usize {
        match self {
            Self::FromStart(offset) => offset,
            Self::FromEnd(offset) => len.saturating_sub(offset),
        }
    }
}

impl Bytes {
    const fn have(&self, byte: u8) -> bool {
        self.0[byte as usize]
    }

    fn have_all(&self, text: &[u8]) -> bool {
        text.iter().all(|byte| self.have(*byte))
    }

    /// Adds the characters of a range that are ASCII.
    fn add_ascii(&mut self, start: char, end: char) {
        let end = u8::try_from(u32::from(end)).unwrap_or(0x7f).min(0x7f);
        if let Ok(start) = u8::try_from(u32::from(start)) {
            self.add(start..=end);
        }
    }

    fn add(&mut self, bytes: std::ops::RangeInclusive<u8>) {
        for byte in bytes {
            self.0[usize::from(byte)] = true;
        }
    }
}

/// Whether a tree is not too high for what recurses.
pub(super) fn is_low(hir: &Hir) -> bool {
    let mut open = vec![(hir, 0)];
    while let Some((hir, height)) = open.pop() {
        if height > HIGHEST {
            return false;
        }
        open.extend(hir.kind().subs().iter().map(|sub| (sub, height + 1)));
    }
    true
}

/// What stands between `^` and `$`, if both are there.
fn anchored_parts(hir: &Hir) -> Option<&[Hir]> {
    let is = |part: &Hir, look: Look| matches!(part.kind(), HirKind::Look(l) if *l == look);
    let HirKind::Concat(parts) = hir.kind() else { return None };
    let start = parts.iter().take_while(|part| is(part, Look::Start)).count();
    let end = parts.iter().rev().take_while(|part| is(part, Look::End)).count();
    if start == 0 || end == 0 {
        return None;
    }
    parts.get(start..parts.len() - end)
}

fn literals_test(parts: &[Hir]) -> Option<Test> {
    let texts = concatenated(parts)?;
    let texts: Result<_, _> =
        texts.into_iter().map(|text| String::from_utf8(text).map(Into::into)).collect();
    texts.ok().map(Test::Literals)
}

/// All texts an expression can match, if they are few.
fn literals(hir: &Hir) -> Option<Vec<Vec<u8>>> {
    match hir.kind() {
        HirKind::Empty => Some(vec![Vec::new()]),
        HirKind::Literal(literal) => Some(vec![literal.0.to_vec()]),
        HirKind::Class(class) => class.literal().map(|text| vec![text]).or_else(|| few(class)),
        HirKind::Capture(capture) => literals(&capture.sub),
        HirKind::Repetition(Repetition { min: 0, max: Some(1), sub, .. }) => {
            let mut texts = literals(sub)?;
            texts.push(Vec::new());
            Some(texts)
        }
        HirKind::Concat(parts) => concatenated(parts),
        HirKind::Alternation(branches) => {
            let mut texts = Vec::new();
            for branch in branches {
                texts.extend(literals(branch)?);
                if texts.len() > MOST_LITERALS {
                    return None;
                }
            }
            Some(texts)
        }
        HirKind::Repetition(_) | HirKind::Look(_) => None,
    }
}

fn concatenated(parts: &[Hir]) -> Option<Vec<Vec<u8>>> {
    let mut texts = vec![Vec::new()];
    for part in parts {
        let tails = literals(part)?;
        let join = |head: &Vec<u8>| {
            let head = head.clone();
            tails.iter().map(move |tail| [head.as_slice(), tail].concat()).collect::<Vec<_>>()
        };
        texts = texts.iter().flat_map(join).collect();
        if texts.len() > MOST_LITERALS {
            return None;
        }
    }
    Some(texts)
}

/// The characters of a small class.
fn few(class: &Class) -> Option<Vec<Vec<u8>>> {
    let Class::Unicode(class) = class else { return None };
    let chars = class.iter().flat_map(|range| range.start()..=range.end());
    let texts: Vec<_> = chars.take(MOST_LITERALS + 1).map(|c| c.to_string().into_bytes()).collect();
    (texts.len() <= MOST_LITERALS).then_some(texts)
}

fn gap_test(parts: &[Hir]) -> Option<Test> {
    let mut shape = Shape::default();
    parts.iter().try_for_each(|part| shape.push(part))?;
    let Shape { prefix, gap, suffix } = shape;
    let (bytes, least) = gap?;
    let bytes = (bytes.0 != [true; 256]).then_some(bytes);
    Some(Test::Gap { prefix: prefix.into(), bytes, least, suffix: suffix.into() })
}

/// Literals around one repetition of a class.
#[derive(Default)]
struct Shape {
    prefix: Vec<u8>,
    gap: Option<(Box<Bytes>, usize)>,
    suffix: Vec<u8>,
}

impl Shape {
    fn push(&mut self, hir: &Hir) -> Option<()> {
        match hir.kind() {
            HirKind::Empty => Some(()),
            HirKind::Literal(literal) => {
                let side = if self.gap.is_none() { &mut self.prefix } else { &mut self.suffix };
                side.extend_from_slice(&literal.0);
                Some(())
            }
            HirKind::Capture(capture) => self.push(&capture.sub),
            HirKind::Concat(parts) => parts.iter().try_for_each(|part| self.push(part)),
            HirKind::Repetition(Repetition { min: min @ 0..=1, max: None, sub, .. }) => {
                let HirKind::Class(Class::Unicode(class)) = sub.kind() else { return None };
                let bytes = whole_bytes(class)?;
                let least = usize::try_from(*min).ok()?;
                self.gap.is_none().then(|| self.gap = Some((bytes, least)))
            }
            _ => None,
        }
    }
}

/// The bytes a text of such characters has. Only for classes that have all or none of the characters beyond ASCII.
fn whole_bytes(class: &ClassUnicode) -> Option<Box<Bytes>> {
    let mut bytes = Box::new(Bytes([false; 256]));
    let mut beyond = Vec::new();
    for range in class.iter() {
        bytes.add_ascii(range.start(), range.end());
        let (start, end) = (u32::from(range.start()), u32::from(range.end()));
        if end >= 0x80 {
            beyond.push((start.max(0x80), end));
        }
    }
    match beyond[..] {
        [] => Some(bytes),
        [(0x80, 0x0010_ffff)] => {
            bytes.add(0x80..=0xff);
            Some(bytes)
        }
        _ => None,
    }
}

fn engine_test(parts: &[Hir]) -> Test {
    let mut edges = Box::new((Bytes([false; 256]), Bytes([false; 256])));
    edge_of_all(parts, Side::First, &mut edges.0);
    edge_of_all(parts, Side::Last, &mut edges.1);
    Test::Engine { edges: Some(edges) }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Side {
    First,
    Last,
}

/// Adds the bytes with which a match can begin or end; whether it can be empty.
fn edge(hir: &Hir, side: Side, bytes: &mut Bytes) -> bool {
    match hir.kind() {
        HirKind::Empty | HirKind::Look(_) => true,
        HirKind::Literal(literal) => {
            let byte = if side == Side::First { literal.0.first() } else { literal.0.last() };
            byte.inspect(|byte| bytes.add(**byte..=**byte)).is_none()
        }
        HirKind::Class(class) => {
            class_edge(class, side, bytes);
            false
        }
        HirKind::Repetition(repetition) => {
            edge(&repetition.sub, side, bytes) || repetition.min == 0
        }
        HirKind::Capture(capture) => edge(&capture.sub, side, bytes),
        HirKind::Concat(parts) => edge_of_all(parts, side, bytes),
        HirKind::Alternation(branches) => {
            let empty = branches.iter().filter(|branch| edge(branch, side, bytes));
            empty.count() > 0
        }
    }
}

/// Goes on up to the first part that cannot be empty.
fn edge_of_all(parts: &[Hir], side: Side, bytes: &mut Bytes) -> bool {
    match side {
        Side::First => parts.iter().all(|part| edge(part, side, bytes)),
        Side::Last => parts.iter().rev().all(|part| edge(part, side, bytes)),
    }
}

fn class_edge(class: &Class, side: Side, bytes: &mut Bytes) {
    match class {
        Class::Bytes(class) => {
            class.iter().for_each(|range| bytes.add(range.start()..=range.end()));
        }
        Class::Unicode(class) => {
            for range in class.iter() {
                bytes.add_ascii(range.start(), range.end());
                if !range.end().is_ascii() {
                    bytes.add(if side == Side::First { 0xc2..=0xf4 } else { 0x80..=0xbf });
                }
            }
        }
    }
}

/// Where the groups stand, if at most one part of the expression can match texts of different length.
fn layout(parts: &[Hir], hir: &Hir) -> Option<Box<[(Place, Place)]>> {
    let groups = hir.properties().explicit_captures_len() + 1;
    let mut walk = Walk { here: 0, gap: None, groups: vec![None; groups] };
    let start = walk.place();
    parts.iter().try_for_each(|part| walk.step(part))?;
    walk.groups[0] = Some((start, walk.place()));
    walk.finish()
}

/// A walk over an expression from left to right.
struct Walk {
    /// How many bytes lie between the start, or the end of the gap, and here.
    here: usize,
    /// How many bytes lie before the part whose length is not known, once that part lies behind.
    gap: Option<usize>,
    groups: Vec<Option<(Step, Step)>>,
}

/// A place seen from the start or from the end of the gap.
#[derive(Clone, Copy)]
enum Step {
    BeforeGap(usize),
    BehindGap(usize),
}

impl Walk {
    fn place(&self) -> Step {
        if self.gap.is_none() { Step::BeforeGap(self.here) } else { Step::BehindGap(self.here) }
    }

    fn step(&mut self, hir: &Hir) -> Option<()> {
        let properties = hir.properties();
        match hir.kind() {
            HirKind::Capture(capture) => {
                let start = self.place();
                self.step(&capture.sub)?;
                let end = self.place();
                let index = usize::try_from(capture.index).ok()?;
                *self.groups.get_mut(index)? = Some((start, end));
            }
            HirKind::Concat(parts) => parts.iter().try_for_each(|part| self.step(part))?,
            _ if properties.explicit_captures_len() > 0 => return None,
            _ if properties.minimum_len() == properties.maximum_len() => {
                self.here += properties.minimum_len()?;
            }
            _ if self.gap.is_none() => self.gap = Some(std::mem::take(&mut self.here)),
            _ => return None,
        }
        Some(())
    }

    fn finish(self) -> Option<Box<[(Place, Place)]>> {
        let place = |step| match step {
            Step::BeforeGap(offset) => Place::FromStart(offset),
            Step::BehindGap(offset) => Place::FromEnd(self.here - offset),
        };
        let both = |(start, end)| (place(start), place(end));
        self.groups.iter().map(|group| group.map(both)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::{Matcher, Test};
    use crate::relabel::pattern::Pattern;
    use crate::relabel::template::Groups;

    fn matcher(regex: &str) -> Matcher {
        Matcher::new(Pattern::anchored(regex).unwrap().hir())
    }

    const REGEXES: [&str; 44] = [
        "",
        "a",
        "(a)",
        "a|b",
        "(a|bc)",
        "x(a|bc)y",
        "(x)(a|bc)(y)",
        "a?",
        "(ab)?c",
        "[ab]c",
        "a{2}",
        "(.*)",
        "(.+)",
        ".*",
        "(.+?)",
        "a(.*)",
        "a(.+)b",
        "(a.*)b",
        "(.*)(a)",
        "((a)(.*)(b))",
        "[^a]+",
        "([^a]*)a",
        "[ab]+",
        "a([b-y]+)é",
        "[^é]*",
        "(?-s:.*)",
        "(?-s:.+)a",
        "^a$",
        "^(.*)$",
        "(^a$)",
        "a$|b",
        ".*a.*",
        "(a+)(b+)",
        "(a|b)+c",
        "(?i)ab",
        "a.c",
        "(..)(.*)",
        "é(.*)",
        "(é|a)b*",
        "a)|(b",
        "a)(b",
        "a)|(.*",
        "(?m:^ab$)",
        "(?:(a)|b)c",
    ];

    const VALUES: [&str; 32] = [
        "", "a", "b", "c", "ab", "ba", "bc", "ac", "aa", "abc", "xay", "xbcy", "xy", "abab", "aab",
        "axb", "a\nb", "\n", "\na", "é", "aé", "abé", "aéb", "éa", "éb", "x", "xa", "AB", "aB",
        "a.b", "bb", "ccé",
    ];

    #[test]
    fn what_is_known_is_what_the_engine_says() {
        let (mut tests, mut layouts) = (0, 0);
        for regex in REGEXES {
            let pattern = Pattern::anchored(regex).unwrap();
            let matcher = Matcher::new(pattern.hir());
            let mut captures = pattern.create_captures();
            for value in VALUES {
                let expected = pattern.is_match(value);
                if let Some(known) = matcher.test(value) {
                    assert_eq!(known, expected, "{regex:?} {value:?}");
                    tests += 1;
                }
                if !expected {
                    continue;
                }
                let Some(groups) = matcher.groups(value) else { continue };
                pattern.captures(value, &mut captures);
                for index in 0..pattern.names().len() {
                    let span = captures.get_group(index).map(|span| span.start..span.end);
                    assert_eq!(groups.group(index), span, "{regex:?} {value:?} {index}");
                    layouts += 1;
                }
            }
        }
        assert!(tests > REGEXES.len() * VALUES.len() / 2 && layouts > 100, "{tests} {layouts}");
    }

    #[test]
    fn common_expressions_need_no_engine() {
        for regex in
            ["(.*)", "(.+)", "a|b|cd", "(https?)", "x_(.+)", ".*-metrics", "^0$", "([^;]+);"]
        {
            let matcher = matcher(regex);
            assert!(!matches!(matcher.test, Test::Engine { .. }), "{regex}");
            assert!(matcher.layout.is_some(), "{regex}");
        }
        let matcher = matcher(r"(.+?)(:[0-9]+)?;([0-9]+)");
        assert_eq!(matcher.test("10.0.0.1:80;"), Some(false));
        assert_eq!(matcher.test("10.0.0.1:80;9"), None);
    }

    #[test]
    fn a_hint_admits_every_match() {
        for regex in REGEXES {
            let pattern = Pattern::anchored(regex).unwrap();
            let hint = Matcher::new(pattern.hir()).hint();
            for value in VALUES.iter().filter(|value| pattern.is_match(value)) {
                assert!(hint.admits(value.as_bytes()), "{regex:?} {value:?}");
            }
        }
        assert!(!matcher("ab(.+)").hint().admits(b"axc"));
        assert!(!matcher("ab|cb").hint().admits(b"ac"));
    }

    #[test]
    fn pieces_put_together_need_not_be_anchored() {
        assert!(matcher("a").is_anchored());
        assert!(!matcher("a)|(b").is_anchored());
    }
}
