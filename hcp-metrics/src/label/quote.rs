//! Text in quotes, the way Prometheus prints it.

use std::fmt::{self, Write};
use std::sync::LazyLock;

use regex_syntax::hir::{Class, ClassUnicode, HirKind};

/// A text that prints as Go's `strconv.Quote` does.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Quoted<'a>(pub(crate) &'a str);

/// What Go calls printable (`unicode.IsPrint`).
static PRINTABLE: LazyLock<ClassUnicode> = LazyLock::new(|| class(r"[ \pL\pM\pN\pP\pS]"));

/// The set of characters a class of regex-syntax means; none for what is no class.
pub(crate) fn class(text: &str) -> ClassUnicode {
    match regex_syntax::parse(text).map(regex_syntax::hir::Hir::into_kind) {
        Ok(HirKind::Class(Class::Unicode(class))) => class,
        _ => ClassUnicode::empty(),
    }
}

/// Whether the set has `c`.
pub(crate) fn contains(class: &ClassUnicode, c: char) -> bool {
    let ranges = class.ranges();
    let at = ranges.partition_point(|range| range.end() < c);
    ranges.get(at).is_some_and(|range| range.start() <= c)
}

impl fmt::Display for Quoted<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_char('"')?;
        for c in self.0.chars() {
            write_char(f, c)?;
        }
        f.write_char('"')
    }
}

fn write_char(f: &mut fmt::Formatter<'_>, c: char) -> fmt::Result {
    match c {
        '"' => f.write_str("\\\""),
        '\\' => f.write_str("\\\\"),
        ' '..='~' => f.write_char(c),
        '\x07' => f.write_str("\\a"),
        '\x08' => f.write_str("\\b"),
        '\x0c' => f.write_str("\\f"),
        '\n' => f.write_str("\\n"),
        '\r' => f.write_str("\\r"),
        '\t' => f.write_str("\\t"),
        '\x0b' => f.write_str("\\v"),
        '\0'..='\x7f' => write!(f, "\\x{:02x}", u32::from(c)),
        _ if contains(&PRINTABLE, c) => f.write_char(c),
        '\u{80}'..='\u{ffff}' => write!(f, "\\u{:04x}", u32::from(c)),
        _ => write!(f, "\\U{:08x}", u32::from(c)),
    }
}

#[cfg(test)]
mod tests {
    use super::Quoted;

    #[test]
    fn quotes_as_go_does() {
        let text = "a\"\\\x07\x08\x0c\n\r\t\x0b\0\x7f é\u{301}\u{85}\u{a0}\u{feff}\u{e0001}😀";
        let quoted = r#""a\"\\\a\b\f\n\r\t\v\x00\x7f é́\u0085\u00a0\ufeff\U000e0001😀""#;
        assert_eq!(Quoted(text).to_string(), quoted);
    }
}
