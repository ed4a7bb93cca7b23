//! Character classes: brackets, `\d` and its kin, `[:alpha:]` and its kin, `\p{..}`.

use regex_syntax::hir::{ClassUnicode, ClassUnicodeRange};

use super::error::{Reason, SyntaxError};
use super::scan::Scanner;
use super::unicode::{self, fold_case};

/// Reads a bracketed class, from `[` to `]`.
pub(super) fn bracketed(scan: &mut Scanner<'_>, fold: bool) -> Result<ClassUnicode, SyntaxError> {
    let start = scan.at();
    scan.eat("[");
    let negated = scan.eat("^");
    let mut members = Members { fold, ..Members::default() };
    let mut first = true;
    while first || !scan.eat("]") {
        first = false;
        if let Some(class) = named(scan, fold)? {
            members.fixed.extend_from_slice(class.ranges());
        } else {
            range(scan, start, &mut members)?;
        }
    }
    let mut class = members.into_class();
    if negated {
        class.negate();
    }
    Ok(class)
}

/// Reads `\pN`, `\p{..}`, `\P{..}`, `\d`, `\s`, `\w` or the opposite of one of them, if it is what comes.
pub(super) fn escaped(
    scan: &mut Scanner<'_>,
    fold: bool,
) -> Result<Option<ClassUnicode>, SyntaxError> {
    let mut ahead = *scan;
    if !ahead.eat("\\") {
        return Ok(None);
    }
    let Some(letter) = ahead.bump() else { return Ok(None) };
    if matches!(letter, 'p' | 'P') {
        return property(scan, fold).map(Some);
    }
    let ranges: &[(char, char)] = match letter.to_ascii_lowercase() {
        'd' => &[('0', '9')],
        's' => &[('\t', '\n'), ('\x0c', '\r'), (' ', ' ')],
        'w' => WORD,
        _ => return Ok(None),
    };
    *scan = ahead;
    Ok(Some(group(ranges, letter.is_ascii_uppercase(), fold)))
}

/// The characters that differ from this one only in case, with itself.
pub(super) fn folded(c: char) -> ClassUnicode {
    let mut class = ClassUnicode::new([ClassUnicodeRange::new(c, c)]);
    fold_case(&mut class);
    class
}

/// What has been read of a bracketed class.
#[derive(Default)]
struct Members {
    fold: bool,
    /// Characters and ranges, to be folded together.
    plain: Vec<ClassUnicodeRange>,
    /// Classes with a name, folded each for itself: the opposite of one must not be folded again.
    fixed: Vec<ClassUnicodeRange>,
}

impl Members {
    fn into_class(self) -> ClassUnicode {
        let mut class = ClassUnicode::new(self.plain);
        if self.fold {
            fold_case(&mut class);
        }
        if !self.fixed.is_empty() {
            class.union(&ClassUnicode::new(self.fixed));
        }
        class
    }
}

/// Reads a class with a name inside brackets, if it is what comes.
fn named(scan: &mut Scanner<'_>, fold: bool) -> Result<Option<ClassUnicode>, SyntaxError> {
    let mut ahead = *scan;
    // A name ends at the next `:]`, wherever that is; without one, the bracket is a character.
    if ahead.eat("[:") && ahead.rest().contains(":]") {
        let start = scan.at();
        let name = ahead.cut(":]");
        let (name, negated) = name.strip_prefix('^').map_or((name, false), |name| (name, true));
        let ranges = posix(name).ok_or_else(|| ahead.error(Reason::ClassRange, start))?;
        *scan = ahead;
        return Ok(Some(group(ranges, negated, fold)));
    }
    escaped(scan, fold)
}

/// Reads a character or a range of them; `bracket` is where the class began.
fn range(scan: &mut Scanner<'_>, bracket: usize, members: &mut Members) -> Result<(), SyntaxError> {
    let start = scan.at();
    let low = member(scan, bracket)?;
    let mut high = low;
    let rest = scan.rest().as_bytes();
    if rest.len() >= 2 && rest[0] == b'-' && rest[1] != b']' {
        scan.eat("-");
        high = member(scan, bracket)?;
        if high < low {
            return Err(scan.error(Reason::ClassRange, start));
        }
    }
    members.plain.extend(scalars(low, high));
    Ok(())
}

/// Reads one character of a bracketed class.
fn member(scan: &mut Scanner<'_>, bracket: usize) -> Result<u32, SyntaxError> {
    match scan.peek() {
        Some('\\') => scan.escape(),
        Some(c) => {
            scan.bump();
            Ok(u32::from(c))
        }
        None => Err(SyntaxError::new(Reason::MissingBracket, bracket..scan.end())),
    }
}

/// The characters among the code points: surrogates are in no valid text.
fn scalars(low: u32, high: u32) -> Option<ClassUnicodeRange> {
    let low = char::from_u32(low).unwrap_or('\u{e000}');
    let high = char::from_u32(high).unwrap_or('\u{d7ff}');
    (low <= high).then(|| ClassUnicodeRange::new(low, high))
}

/// Reads `\pN` or `\p{..}`.
fn property(scan: &mut Scanner<'_>, fold: bool) -> Result<ClassUnicode, SyntaxError> {
    let start = scan.at();
    scan.eat("\\");
    let mut negated = scan.bump() == Some('P');
    let mut name = if scan.eat("{") {
        if !scan.rest().contains('}') {
            return Err(SyntaxError::new(Reason::ClassRange, start..scan.end()));
        }
        scan.cut("}")
    } else {
        let at = scan.at();
        scan.bump();
        scan.since(at)
    };
    if let Some(rest) = name.strip_prefix('^') {
        negated = !negated;
        name = rest;
    }
    let mut class =
        unicode::class(name, fold).ok_or_else(|| scan.error(Reason::ClassRange, start))?;
    if negated {
        class.negate();
    }
    Ok(class)
}

/// A class of ASCII ranges, or its opposite: folded first, negated then.
fn group(ranges: &[(char, char)], negated: bool, fold: bool) -> ClassUnicode {
    let ranges = ranges.iter().map(|&(low, high)| ClassUnicodeRange::new(low, high));
    let mut class = ClassUnicode::new(ranges);
    if fold {
        fold_case(&mut class);
    }
    if negated {
        class.negate();
    }
    class
}

const WORD: &[(char, char)] = &[('0', '9'), ('A', 'Z'), ('_', '_'), ('a', 'z')];

/// The ranges of a POSIX class.
fn posix(name: &str) -> Option<&'static [(char, char)]> {
    Some(match name {
        "alnum" => &[('0', '9'), ('A', 'Z'), ('a', 'z')],
        "alpha" => &[('A', 'Z'), ('a', 'z')],
        "ascii" => &[('\0', '\x7f')],
        "blank" => &[('\t', '\t'), (' ', ' ')],
        "cntrl" => &[('\0', '\x1f'), ('\x7f', '\x7f')],
        "digit" => &[('0', '9')],
        "graph" => &[('!', '~')],
        "lower" => &[('a', 'z')],
        "print" => &[(' ', '~')],
        "punct" => &[('!', '/'), (':', '@'), ('[', '`'), ('{', '~')],
        "space" => &[('\t', '\r'), (' ', ' ')],
        "upper" => &[('A', 'Z')],
        "word" => WORD,
        "xdigit" => &[('0', '9'), ('A', 'F'), ('a', 'f')],
        _ => return None,
    })
}
