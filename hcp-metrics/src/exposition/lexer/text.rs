//! The text format, 0.0.4 and 1.0.0.

use super::cursor::{Cursor, Quoted, reset, starts_name};
use super::{LineKind, Part, SampleTokens, Span, Stop, Token, labels};
use crate::exposition::{ErrorKind, Format, MetricKind};

const VALUE: Quoted = Quoted { newline: true, nul: true };

/// Reads one logical line.
pub(super) fn line(cursor: &mut Cursor<'_>, tokens: &mut SampleTokens) -> Result<LineKind, Stop> {
    let start = cursor.at();
    cursor.blanks()?;
    match cursor.peek()? {
        b'\n' => {
            cursor.bump();
            Ok(LineKind::Blank)
        }
        b'#' => hash(cursor),
        b'{' => sample(cursor, tokens, start, false),
        byte if starts_name(byte, true) => sample(cursor, tokens, start, true),
        0 => Err(cursor.malformed(ErrorKind::NulByte)),
        _ => Err(cursor.malformed(ErrorKind::InvalidStart)),
    }
}

fn hash(cursor: &mut Cursor<'_>) -> Result<LineKind, Stop> {
    cursor.bump();
    if !matches!(cursor.peek()?, b' ' | b'\t') {
        return comment(cursor, false);
    }
    cursor.blanks()?;
    if cursor.peek()? == 0 {
        return Err(cursor.malformed(ErrorKind::NulByte));
    }
    let word = cursor.take_while(|byte| byte.is_ascii_uppercase())?;
    let blank = matches!(cursor.peek()?, b' ' | b'\t');
    match cursor.bytes(word) {
        b"HELP" if blank => metadata(cursor, false),
        b"TYPE" if blank => metadata(cursor, true),
        _ => comment(cursor, true),
    }
}

fn comment(cursor: &mut Cursor<'_>, nul: bool) -> Result<LineKind, Stop> {
    cursor.take_while(|byte| byte != b'\n' && (nul || byte != 0))?;
    cursor.expect(b'\n', ErrorKind::NulByte)?;
    Ok(LineKind::Comment)
}

/// The name and the text. What stands between them is one byte of any kind: so Prometheus reads it.
fn metadata(cursor: &mut Cursor<'_>, is_type: bool) -> Result<LineKind, Stop> {
    cursor.blanks()?;
    let name = match cursor.peek()? {
        b'"' => cursor.quoted(Quoted::NAME)?,
        byte if starts_name(byte, true) => cursor.bare_name(true)?,
        _ => return Err(cursor.malformed(ErrorKind::ExpectedMetadataName)),
    };
    if cursor.peek()? == 0 {
        return Err(cursor.malformed(ErrorKind::NulByte));
    }
    let rest = cursor.take_while(|byte| byte != b'\n')?;
    let start = (rest.start + 1).min(rest.end);
    let text = cursor.bytes(Span { start, ..rest });
    let kind = if is_type {
        let kind = MetricKind::from_word(Format::Text, text)
            .ok_or_else(|| cursor.malformed_at(start, ErrorKind::UnknownType))?;
        LineKind::Type(name, kind)
    } else {
        std::str::from_utf8(text).map_err(|error| {
            cursor.malformed_at(start + error.valid_up_to(), ErrorKind::InvalidUtf8)
        })?;
        LineKind::About(name)
    };
    cursor.bump();
    Ok(kind)
}

/// A sample. Blanks before a bare name belong to the name: so Prometheus reads it.
fn sample(
    cursor: &mut Cursor<'_>,
    tokens: &mut SampleTokens,
    start: usize,
    named: bool,
) -> Result<LineKind, Stop> {
    reset(tokens);
    if named {
        cursor.bare_name(true)?;
        tokens.name = Token { span: cursor.span_from(start), escaped: false };
    }
    tokens.series = cursor.span_from(start);
    cursor.blanks()?;
    if cursor.peek()? == b'{' {
        cursor.bump();
        labels(cursor, tokens, named, part)?;
        tokens.series = cursor.span_from(start);
        cursor.blanks()?;
    }
    if matches!(cursor.peek()?, b'{' | b'\n' | 0) {
        return Err(cursor.malformed(ErrorKind::ExpectedValue));
    }
    tokens.value = cursor.number(b"{ \t\n", ErrorKind::InvalidValue)?.0;
    cursor.blanks()?;
    if cursor.peek()?.is_ascii_digit() {
        tokens.timestamp = Some(timestamp(cursor)?);
        cursor.blanks()?;
    }
    cursor.expect(b'\n', ErrorKind::ExpectedLineEnd)?;
    Ok(LineKind::Sample)
}

fn timestamp(cursor: &mut Cursor<'_>) -> Result<Span, Stop> {
    let span = cursor.take_while(|byte| byte.is_ascii_digit())?;
    let number = std::str::from_utf8(cursor.bytes(span)).map(str::parse::<i64>);
    match number {
        Ok(Ok(_)) => Ok(span),
        _ => Err(cursor.malformed_at(span.start, ErrorKind::InvalidTimestamp)),
    }
}

/// One label, the name of the metric, or the closing brace. A comma behind a label can be left out.
pub(super) fn part(cursor: &mut Cursor<'_>) -> Result<Part, Stop> {
    cursor.blanks()?;
    let (name, quoted) = match cursor.peek()? {
        b'}' => {
            cursor.bump();
            return Ok(Part::Close);
        }
        b'"' => (cursor.quoted(Quoted::NAME)?, true),
        byte if starts_name(byte, false) => (cursor.bare_name(false)?, false),
        _ => return Err(cursor.malformed(ErrorKind::ExpectedLabelName)),
    };
    cursor.blanks()?;
    match cursor.peek()? {
        b'}' if quoted => return Ok(Part::Name(name)),
        b',' if quoted => {
            cursor.bump();
            return Ok(Part::Name(name));
        }
        _ => {}
    }
    cursor.expect(b'=', ErrorKind::ExpectedEqual)?;
    cursor.blanks()?;
    let label = cursor.label(name, VALUE)?;
    cursor.blanks()?;
    if cursor.peek()? == b',' {
        cursor.bump();
    }
    Ok(Part::Label(label))
}
