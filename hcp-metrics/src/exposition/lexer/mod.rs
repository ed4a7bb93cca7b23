//! The exact grammars: one logical line at a time, into byte ranges.
//!
//! A logical line ends at the first newline outside of quotes. [`lex`] is the one entry: whatever decides faster about
//! lines in the form that everybody writes must agree with it, and hand over to it where it is not sure.
//!
//! Source: Prometheus, `model/textparse`: `promlex.l`, `promparse.go`, `openmetricslex.l`, `openmetricsparse.go`. Different on
//! purpose: a NUL where Prometheus takes it for the end of the body, or for part of a token it does not belong to, is an error.

mod cursor;
mod openmetrics;
mod text;

use std::borrow::Cow;

use super::escape::unescape;
use super::{ErrorKind, Format, MetricKind};
use cursor::Cursor;

/// Bytes `start..end` of the buffer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Span {
    pub(crate) start: usize,
    pub(crate) end: usize,
}

impl Span {
    pub(crate) fn of(self, buffer: &[u8]) -> &[u8] {
        &buffer[self.start..self.end]
    }
}

/// A name or a value, without its quotes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Token {
    pub(crate) span: Span,
    /// Whether it has a backslash.
    pub(crate) escaped: bool,
}

impl Token {
    /// What it means. The lexer has seen that it is UTF-8.
    pub(crate) fn text(self, buffer: &[u8]) -> Cow<'_, str> {
        let text = std::str::from_utf8(self.span.of(buffer)).unwrap_or_default();
        if self.escaped { unescape(text) } else { Cow::Borrowed(text) }
    }
}

/// A label as it stands in the line.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct LabelToken {
    pub(crate) name: Token,
    pub(crate) value: Token,
}

/// Where the parts of a sample are. The memory of the labels is used again for the next line.
#[derive(Clone, Debug, Default)]
pub(crate) struct SampleTokens {
    pub(crate) name: Token,
    pub(crate) labels: Vec<LabelToken>,
    /// The name and the labels with their braces.
    pub(crate) series: Span,
    pub(crate) value: Span,
    pub(crate) timestamp: Option<Span>,
    /// From the opening brace to the end of the line.
    pub(crate) exemplar: Option<Span>,
}

/// What a line is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LineKind {
    /// The parts are in the [`SampleTokens`].
    Sample,
    /// `TYPE` of the family.
    Type(Token, MetricKind),
    /// `HELP` or `UNIT` of the family.
    About(Token),
    /// A comment.
    Comment,
    /// Nothing but blanks.
    Blank,
    /// `# EOF` of `OpenMetrics`.
    Eof,
}

/// A line, and the first byte behind its newline.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Line {
    pub(crate) kind: LineKind,
    pub(crate) end: usize,
}

/// Why there is no line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stop {
    /// The buffer ends before the line does.
    NeedMore,
    /// The line is malformed.
    Malformed {
        /// The byte of the buffer that is wrong.
        at: usize,
        /// The byte up to which the line had to be read to see it.
        seen: usize,
        /// What is wrong.
        kind: ErrorKind,
    },
}

/// Lexes the logical line that begins at `start`, which lies within the buffer.
///
/// `last` says that nothing follows the buffer. Then the answer is never [`Stop::NeedMore`].
pub(crate) fn lex(
    format: Format,
    buffer: &[u8],
    start: usize,
    last: bool,
    tokens: &mut SampleTokens,
) -> Result<Line, Stop> {
    let mut cursor = Cursor::new(format, buffer, start, last);
    let kind = match format {
        Format::Text => text::line(&mut cursor, tokens),
        Format::OpenMetrics => openmetrics::line(&mut cursor, tokens),
    }?;
    Ok(Line { kind, end: cursor.at().min(buffer.len()) })
}

/// The labels of a series that [`lex`] has accepted, one after the other, without memory for all of them.
#[derive(Clone, Debug)]
pub(crate) struct LabelTokens<'a> {
    format: Format,
    cursor: Cursor<'a>,
}

impl<'a> LabelTokens<'a> {
    /// `series` is the name and the labels with their braces.
    pub(crate) fn new(format: Format, buffer: &'a [u8], series: Span) -> Self {
        let mut cursor = Cursor::new(format, &buffer[..series.end], series.start, true);
        cursor.skip_to_brace();
        Self { format, cursor }
    }
}

impl Iterator for LabelTokens<'_> {
    type Item = LabelToken;

    fn next(&mut self) -> Option<LabelToken> {
        loop {
            let part = match self.format {
                Format::Text => text::part(&mut self.cursor),
                Format::OpenMetrics => openmetrics::part(&mut self.cursor),
            };
            match part {
                Ok(Part::Label(label)) => return Some(label),
                Ok(Part::Name(_)) => {}
                Ok(Part::Close) | Err(_) => return None,
            }
        }
    }
}

/// One thing within the braces of a series, with the comma behind it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Part {
    Label(LabelToken),
    Name(Token),
    Close,
}

/// Reads what stands within the braces of a series; `named` says that its name stood before them.
fn labels<'a>(
    cursor: &mut Cursor<'a>,
    tokens: &mut SampleTokens,
    mut named: bool,
    part: fn(&mut Cursor<'a>) -> Result<Part, Stop>,
) -> Result<(), Stop> {
    loop {
        let start = cursor.at();
        match part(cursor)? {
            Part::Label(label) => tokens.labels.push(label),
            Part::Name(_) if named => {
                return Err(cursor.malformed_at(start, ErrorKind::SecondName));
            }
            Part::Name(name) => {
                tokens.name = name;
                named = true;
            }
            Part::Close if named => return Ok(()),
            Part::Close => return Err(cursor.malformed_at(start, ErrorKind::NoName)),
        }
    }
}
