//! Reads a text from left to right, and the escapes that name one character.

use super::error::{Reason, SyntaxError};

/// The part of the text that is not read yet.
#[derive(Clone, Copy, Debug)]
pub(super) struct Scanner<'t> {
    text: &'t str,
    at: usize,
}

impl<'t> Scanner<'t> {
    pub(super) const fn new(text: &'t str) -> Self {
        Self { text, at: 0 }
    }

    /// How many bytes have been read.
    pub(super) const fn at(&self) -> usize {
        self.at
    }

    /// How long the whole text is, in bytes.
    pub(super) const fn end(&self) -> usize {
        self.text.len()
    }

    /// What is not read yet.
    pub(super) fn rest(&self) -> &'t str {
        &self.text[self.at..]
    }

    /// The text from a byte that has been read up to here.
    pub(super) fn since(&self, start: usize) -> &'t str {
        &self.text[start..self.at]
    }

    /// The next character, which stays unread.
    pub(super) fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    /// Reads a character.
    pub(super) fn bump(&mut self) -> Option<char> {
        let c = self.peek()?;
        self.at += c.len_utf8();
        Some(c)
    }

    /// Reads `prefix`, if it is what comes.
    pub(super) fn eat(&mut self, prefix: &str) -> bool {
        let found = self.rest().starts_with(prefix);
        if found {
            self.at += prefix.len();
        }
        found
    }

    /// Reads that many bytes, which have been looked at.
    pub(super) fn skip(&mut self, bytes: usize) {
        self.at += bytes;
    }

    /// Reads up to and with the first `end`; what stood before it, or all if it does not come.
    pub(super) fn cut(&mut self, end: &str) -> &'t str {
        let rest = self.rest();
        let (before, skip) = rest.find(end).map_or((rest, 0), |at| (&rest[..at], end.len()));
        self.at += before.len() + skip;
        before
    }

    /// An error about what was read since `start`.
    pub(super) fn error(&self, reason: Reason, start: usize) -> SyntaxError {
        SyntaxError::new(reason, start..self.at)
    }

    /// Reads an escape that stands for one character, with its backslash. The code point can be a surrogate.
    pub(super) fn escape(&mut self) -> Result<u32, SyntaxError> {
        let start = self.at;
        self.bump();
        let Some(c) = self.bump() else {
            return Err(SyntaxError::new(Reason::TrailingBackslash, self.at..self.at));
        };
        let code = match c {
            '0' => Some(self.octal(0)),
            '1'..='7' if matches!(self.peek(), Some('0'..='7')) => {
                Some(self.octal(u32::from(c) - u32::from('0')))
            }
            'x' => self.hex(),
            'a' => Some(0x07),
            'f' => Some(0x0c),
            'n' => Some(0x0a),
            'r' => Some(0x0d),
            't' => Some(0x09),
            'v' => Some(0x0b),
            c if c.is_ascii() && !c.is_ascii_alphanumeric() => Some(u32::from(c)),
            _ => None,
        };
        code.ok_or_else(|| self.error(Reason::Escape, start))
    }

    /// Up to two more octal digits.
    fn octal(&mut self, first: u32) -> u32 {
        let mut code = first;
        for _ in 0..2 {
            let Some(digit) = self.peek().and_then(|c| c.to_digit(8)) else { break };
            self.bump();
            code = code * 8 + digit;
        }
        code
    }

    /// Two hexadecimal digits, or any number of them in braces.
    fn hex(&mut self) -> Option<u32> {
        let first = self.bump()?;
        if first != '{' {
            // Go reads the second digit before it looks at the first, and quotes both.
            let second = self.bump();
            return Some(first.to_digit(16)? * 16 + second?.to_digit(16)?);
        }
        let (mut code, mut digits) = (0, 0_usize);
        loop {
            let c = self.bump()?;
            if c == '}' {
                return (digits > 0).then_some(code);
            }
            code = code * 16 + c.to_digit(16)?;
            digits = digits.saturating_add(1);
            if code > u32::from(char::MAX) {
                return None;
            }
        }
    }
}
