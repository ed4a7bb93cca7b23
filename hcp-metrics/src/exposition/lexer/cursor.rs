//! A place in the buffer, and what both grammars are made of.

use super::{Format, LabelToken, SampleTokens, Span, Stop, Token};
use crate::exposition::{ErrorKind, number};

/// What is allowed within quotes, beside everything that is not `"`, `\`, a newline or a NUL.
#[derive(Clone, Copy, Debug)]
pub(super) struct Quoted {
    pub(super) newline: bool,
    pub(super) nul: bool,
}

impl Quoted {
    /// Names, in metadata and in braces.
    pub(super) const NAME: Self = Self { newline: true, nul: false };
}

/// A place in the buffer.
#[derive(Clone, Debug)]
pub(super) struct Cursor<'a> {
    format: Format,
    buffer: &'a [u8],
    at: usize,
    last: bool,
}

impl<'a> Cursor<'a> {
    pub(super) const fn new(format: Format, buffer: &'a [u8], at: usize, last: bool) -> Self {
        Self { format, buffer, at, last }
    }

    /// The place; one behind the buffer when the newline that text may lack has been read.
    pub(super) const fn at(&self) -> usize {
        self.at
    }

    /// The next byte. Text that does not end with a newline is read as if it did.
    #[inline]
    pub(super) fn peek(&self) -> Result<u8, Stop> {
        match self.buffer.get(self.at) {
            Some(&byte) => Ok(byte),
            None if !self.last => Err(Stop::NeedMore),
            None if self.format == Format::Text && self.at == self.buffer.len() => Ok(b'\n'),
            None if self.format == Format::Text => Err(self.malformed(ErrorKind::UnclosedQuote)),
            None => Err(self.malformed(ErrorKind::MissingEof)),
        }
    }

    /// Whether nothing follows. Asks for more where that is not known.
    pub(super) fn at_end(&self) -> Result<bool, Stop> {
        match self.buffer.get(self.at) {
            Some(_) => Ok(false),
            None if self.last => Ok(true),
            None => Err(Stop::NeedMore),
        }
    }

    pub(super) fn bump(&mut self) {
        self.at += 1;
    }

    /// What stands at the cursor is wrong.
    pub(super) fn malformed(&self, kind: ErrorKind) -> Stop {
        self.malformed_at(self.at.min(self.buffer.len()), kind)
    }

    /// What stands at `at` is wrong, which was seen only at the cursor.
    pub(super) const fn malformed_at(&self, at: usize, kind: ErrorKind) -> Stop {
        Stop::Malformed { at, seen: self.at, kind }
    }

    pub(super) fn span_from(&self, start: usize) -> Span {
        Span { start, end: self.at.min(self.buffer.len()) }
    }

    pub(super) fn bytes(&self, span: Span) -> &'a [u8] {
        &self.buffer[span.start..span.end]
    }

    /// Reads `byte`, or says what is wrong.
    pub(super) fn expect(&mut self, byte: u8, otherwise: ErrorKind) -> Result<(), Stop> {
        if self.peek()? != byte {
            return Err(self.malformed(otherwise));
        }
        self.bump();
        Ok(())
    }

    /// Reads as many bytes as `matches`.
    pub(super) fn take_while(&mut self, matches: impl Fn(u8) -> bool) -> Result<Span, Stop> {
        let start = self.at;
        while matches(self.peek()?) {
            self.bump();
        }
        Ok(self.span_from(start))
    }

    /// Reads blanks and tabs.
    pub(super) fn blanks(&mut self) -> Result<(), Stop> {
        self.take_while(|byte| matches!(byte, b' ' | b'\t')).map(|_| ())
    }

    /// Reads a quoted text; the cursor is on its opening quote.
    pub(super) fn quoted(&mut self, allowed: Quoted) -> Result<Token, Stop> {
        self.bump();
        let start = self.at;
        let mut escaped = false;
        loop {
            match self.peek()? {
                b'"' => break,
                b'\\' => {
                    escaped = true;
                    self.bump();
                    // Prometheus steps over NULs before it looks at what is escaped.
                    while allowed.nul && self.peek()? == 0 {
                        self.bump();
                    }
                    match self.peek()? {
                        0 => return Err(self.malformed(ErrorKind::NulByte)),
                        b'\n' => return Err(self.malformed(ErrorKind::NewlineInQuotes)),
                        _ => self.bump(),
                    }
                }
                0 if !allowed.nul => return Err(self.malformed(ErrorKind::NulByte)),
                b'\n' if !allowed.newline => return Err(self.malformed(ErrorKind::NewlineInQuotes)),
                _ => self.bump(),
            }
        }
        let span = self.span_from(start);
        self.bump();
        match std::str::from_utf8(self.bytes(span)) {
            Ok(_) => Ok(Token { span, escaped }),
            Err(error) => {
                Err(self.malformed_at(span.start + error.valid_up_to(), ErrorKind::InvalidUtf8))
            }
        }
    }

    /// Reads a name of a metric, or of a label where `colon` is not allowed; the cursor is on its first byte.
    pub(super) fn bare_name(&mut self, colon: bool) -> Result<Token, Stop> {
        let span = self.take_while(|byte| is_name_byte(byte, colon))?;
        Ok(Token { span, escaped: false })
    }

    /// Reads a label from its `=` on; the cursor stops behind the value.
    pub(super) fn label(&mut self, name: Token, value: Quoted) -> Result<LabelToken, Stop> {
        if self.peek()? != b'"' {
            return Err(self.malformed(ErrorKind::ExpectedLabelValue));
        }
        Ok(LabelToken { name, value: self.quoted(value)? })
    }

    /// Reads a token that ends at one of `ends` or a NUL as a number.
    pub(super) fn number(
        &mut self,
        ends: &[u8],
        otherwise: ErrorKind,
    ) -> Result<(Span, f64), Stop> {
        let span = self.take_while(|byte| byte != 0 && !ends.contains(&byte))?;
        match number::parse_value(self.bytes(span)) {
            Some(number) => Ok((span, number)),
            None => Err(self.malformed_at(span.start, otherwise)),
        }
    }

    /// Goes behind the brace that opens the labels of a valid series, or to its end.
    pub(super) fn skip_to_brace(&mut self) {
        let rest = self.buffer.get(self.at..).unwrap_or_default();
        self.at += memchr::memchr(b'{', rest).map_or(rest.len(), |at| at + 1);
    }
}

/// Whether a name can begin with `byte`.
pub(super) fn starts_name(byte: u8, colon: bool) -> bool {
    byte.is_ascii_alphabetic() || byte == b'_' || (colon && byte == b':')
}

fn is_name_byte(byte: u8, colon: bool) -> bool {
    starts_name(byte, colon) || byte.is_ascii_digit()
}

/// Makes room for the next sample and keeps the memory.
pub(super) fn reset(tokens: &mut SampleTokens) {
    let mut labels = std::mem::take(&mut tokens.labels);
    labels.clear();
    *tokens = SampleTokens { labels, ..SampleTokens::default() };
}
