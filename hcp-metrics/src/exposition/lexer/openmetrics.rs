//! `OpenMetrics` 1.0.

use super::cursor::{Cursor, Quoted, reset, starts_name};
use super::{LineKind, Part, SampleTokens, Span, Stop, Token, labels};
use crate::exposition::{ErrorKind, Format, MetricKind};

const VALUE: Quoted = Quoted { newline: false, nul: true };
const IN_EXEMPLAR: Quoted = Quoted { newline: false, nul: false };

/// Reads one logical line.
pub(super) fn line(cursor: &mut Cursor<'_>, tokens: &mut SampleTokens) -> Result<LineKind, Stop> {
    match cursor.peek()? {
        b'#' => hash(cursor),
        b'{' => sample(cursor, tokens, false),
        byte if starts_name(byte, true) => sample(cursor, tokens, true),
        0 => Err(cursor.malformed(ErrorKind::NulByte)),
        _ => Err(cursor.malformed(ErrorKind::InvalidStart)),
    }
}

fn hash(cursor: &mut Cursor<'_>) -> Result<LineKind, Stop> {
    let start = cursor.at();
    cursor.bump();
    cursor.expect(b' ', ErrorKind::InvalidStart)?;
    let word = cursor.at();
    let mut length = 0;
    while length < 4 && !cursor.at_end()? && cursor.peek()?.is_ascii_uppercase() {
        cursor.bump();
        length += 1;
    }
    match cursor.bytes(cursor.span_from(word)) {
        b"EOF" => {
            if !cursor.at_end()? {
                cursor.expect(b'\n', ErrorKind::DataAfterEof)?;
            }
            Ok(LineKind::Eof)
        }
        word @ (b"HELP" | b"TYPE" | b"UNIT") => {
            cursor.expect(b' ', ErrorKind::InvalidStart)?;
            metadata(cursor, word)
        }
        _ => {
            // A body that was cut off here is cut off, not malformed.
            cursor.peek()?;
            Err(cursor.malformed_at(start, ErrorKind::InvalidStart))
        }
    }
}

fn metadata(cursor: &mut Cursor<'_>, word: &[u8]) -> Result<LineKind, Stop> {
    let name = match cursor.peek()? {
        b'"' => cursor.quoted(Quoted::NAME)?,
        byte if starts_name(byte, true) => cursor.bare_name(true)?,
        _ => return Err(cursor.malformed(ErrorKind::ExpectedMetadataName)),
    };
    cursor.expect(b' ', ErrorKind::ExpectedMetadataText)?;
    let span = cursor.take_while(|byte| byte != b'\n')?;
    let kind = about(cursor, word, name, span)?;
    cursor.bump();
    Ok(kind)
}

fn about(cursor: &Cursor<'_>, word: &[u8], name: Token, span: Span) -> Result<LineKind, Stop> {
    let text = cursor.bytes(span);
    match word {
        b"TYPE" => match MetricKind::from_word(Format::OpenMetrics, text) {
            Some(kind) => Ok(LineKind::Type(name, kind)),
            None => Err(cursor.malformed_at(span.start, ErrorKind::UnknownType)),
        },
        b"UNIT" => {
            let stem = cursor.bytes(name.span).strip_suffix(text);
            if text.is_empty() || stem.is_some_and(|stem| stem.ends_with(b"_")) {
                Ok(LineKind::About(name))
            } else {
                Err(cursor.malformed_at(span.start, ErrorKind::UnitNotSuffix))
            }
        }
        _ => match std::str::from_utf8(text) {
            Ok(_) => Ok(LineKind::About(name)),
            Err(error) => {
                let at = span.start + error.valid_up_to();
                Err(cursor.malformed_at(at, ErrorKind::InvalidUtf8))
            }
        },
    }
}

fn sample(
    cursor: &mut Cursor<'_>,
    tokens: &mut SampleTokens,
    named: bool,
) -> Result<LineKind, Stop> {
    reset(tokens);
    let start = cursor.at();
    if named {
        tokens.name = cursor.bare_name(true)?;
    }
    if cursor.peek()? == b'{' {
        cursor.bump();
        labels(cursor, tokens, named, part)?;
    }
    tokens.series = cursor.span_from(start);
    cursor.expect(b' ', ErrorKind::ExpectedValue)?;
    tokens.value = value(cursor)?;
    if cursor.peek()? == b' ' {
        cursor.bump();
        if cursor.peek()? != b'#' {
            tokens.timestamp = Some(timestamp(cursor)?);
            if cursor.peek()? == b' ' {
                cursor.bump();
                if cursor.peek()? != b'#' {
                    return Err(cursor.malformed(ErrorKind::ExpectedLineEnd));
                }
            }
        }
        if cursor.peek()? == b'#' {
            tokens.exemplar = Some(exemplar(cursor)?);
        }
    }
    cursor.expect(b'\n', ErrorKind::ExpectedLineEnd)?;
    Ok(LineKind::Sample)
}

fn value(cursor: &mut Cursor<'_>) -> Result<Span, Stop> {
    if matches!(cursor.peek()?, b' ' | b'\n' | 0) {
        return Err(cursor.malformed(ErrorKind::ExpectedValue));
    }
    Ok(cursor.number(b" \n", ErrorKind::InvalidValue)?.0)
}

fn timestamp(cursor: &mut Cursor<'_>) -> Result<Span, Stop> {
    let (span, seconds) = cursor.number(b" \n", ErrorKind::InvalidTimestamp)?;
    if seconds.is_finite() {
        Ok(span)
    } else {
        Err(cursor.malformed_at(span.start, ErrorKind::InvalidTimestamp))
    }
}

/// `# {labels} value [timestamp]`; the cursor is on the hash.
fn exemplar(cursor: &mut Cursor<'_>) -> Result<Span, Stop> {
    for byte in *b"# " {
        cursor.expect(byte, ErrorKind::InvalidExemplar)?;
    }
    let start = cursor.at();
    cursor.expect(b'{', ErrorKind::InvalidExemplar)?;
    loop {
        let at = cursor.at();
        match any_part(cursor, IN_EXEMPLAR, IN_EXEMPLAR)? {
            Part::Label(_) => {}
            Part::Name(_) => return Err(cursor.malformed_at(at, ErrorKind::ExpectedEqual)),
            Part::Close => break,
        }
    }
    cursor.expect(b' ', ErrorKind::ExpectedValue)?;
    value(cursor)?;
    if cursor.peek()? == b' ' {
        cursor.bump();
        timestamp(cursor)?;
    }
    Ok(cursor.span_from(start))
}

/// One label, the name of the metric, or the closing brace.
pub(super) fn part(cursor: &mut Cursor<'_>) -> Result<Part, Stop> {
    any_part(cursor, Quoted::NAME, VALUE)
}

fn any_part(cursor: &mut Cursor<'_>, in_name: Quoted, in_value: Quoted) -> Result<Part, Stop> {
    let (name, quoted) = match cursor.peek()? {
        b'}' => {
            cursor.bump();
            return Ok(Part::Close);
        }
        b'"' => (cursor.quoted(in_name)?, true),
        byte if starts_name(byte, false) => (cursor.bare_name(false)?, false),
        _ => return Err(cursor.malformed(ErrorKind::ExpectedLabelName)),
    };
    match cursor.peek()? {
        b'}' if quoted => return Ok(Part::Name(name)),
        b',' if quoted => {
            cursor.bump();
            return Ok(Part::Name(name));
        }
        _ => {}
    }
    cursor.expect(b'=', ErrorKind::ExpectedEqual)?;
    let label = cursor.label(name, in_value)?;
    match cursor.peek()? {
        b'}' => {}
        b',' => cursor.bump(),
        _ => return Err(cursor.malformed(ErrorKind::ExpectedCommaOrBrace)),
    }
    Ok(Part::Label(label))
}
