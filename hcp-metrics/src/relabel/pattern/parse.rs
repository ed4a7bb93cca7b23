//! Reads Go's syntax (RE2 with Perl's flags) into an expression tree.
//!
//! What is accepted, what it means, and the words of a refusal are those of Go's `regexp.Compile`. The parser keeps the
//! open groups on a stack of its own, so that the depth of a text cannot exhaust the thread's.

use std::ops::Range;

use regex_syntax::hir::{Class, ClassUnicode, Dot, Hir, Look};

use super::class;
use super::error::{Reason, SyntaxError};
use super::group::{Flags, Group};
use super::piece::Piece;
use super::scan::Scanner;

/// A count in braces, and what nested counts multiply to, must not be greater. Source: Go, `repeatIsValid`.
const MAX_REPEAT: u32 = 1000;
/// How deep operators may nest. Source: Go, `maxHeight`.
const MAX_HEIGHT: usize = 1000;
/// How many ranges the classes may have together; Go's limit is of this kind, and eight times as high.
const MAX_RANGES: usize = 1 << 21;

/// What a text means.
#[derive(Debug)]
pub(super) struct Parsed {
    pub(super) hir: Hir,
    /// The names of the groups, the whole match first.
    pub(super) names: Vec<Option<Box<str>>>,
    /// How deep the tree is.
    pub(super) height: usize,
}

/// Reads `head + text + tail`, which need not be well-formed each for itself.
pub(super) fn parse(head: &str, text: &str, tail: &str) -> Result<Parsed, SyntaxError> {
    let whole = [head, text, tail].concat();
    let own = head.len()..head.len() + text.len();
    Parser::new(&whole, own).parse()
}

/// An operator of repetition as it was written.
struct Operator {
    start: usize,
    min: u32,
    max: Option<u32>,
    /// Whether it is one with braces.
    counted: bool,
}

struct Parser<'t> {
    scan: Scanner<'t>,
    /// The part of the text that somebody wrote; the rest stands around it.
    own: Range<usize>,
    flags: Flags,
    whole: Group,
    /// The groups that are open, the innermost last.
    open: Vec<Group>,
    names: Vec<Option<Box<str>>>,
    ranges: usize,
    /// The first parenthesis of the text that pairs with one outside it.
    stray: Option<usize>,
}

impl<'t> Parser<'t> {
    fn new(whole: &'t str, own: Range<usize>) -> Self {
        Self {
            scan: Scanner::new(whole),
            own,
            flags: Flags::default(),
            whole: Group::default(),
            open: Vec::new(),
            names: vec![None],
            ranges: 0,
            stray: None,
        }
    }

    fn parse(mut self) -> Result<Parsed, SyntaxError> {
        // Where the operator began that was read just before, if one was.
        let mut repeat = None;
        while let Some(c) = self.scan.peek() {
            let start = self.scan.at();
            let last = repeat.take();
            match self.operator(c)? {
                Some(operator) => {
                    self.repeat(&operator, last)?;
                    repeat = Some(start);
                }
                None => self.item(c)?,
            }
        }
        if let Some(innermost) = self.open.last() {
            let open = Some(innermost.open).filter(|open| self.own.contains(open));
            // Without one, the text has swallowed the closing parenthesis, to its end.
            let at = self.stray.or(open).unwrap_or(self.own.end);
            return Err(SyntaxError { at, ..self.whole_error(Reason::MissingParen) });
        }
        let piece = std::mem::take(&mut self.whole).finish();
        self.check_height(piece.height)?;
        Ok(Parsed { hir: piece.hir, names: self.names, height: piece.height })
    }

    /// Reads anything but an operator of repetition.
    fn item(&mut self, c: char) -> Result<(), SyntaxError> {
        let start = self.scan.at();
        match c {
            '\\' => return self.escape(),
            '[' => {
                let class = class::bracketed(&mut self.scan, self.flags.has(Flags::FOLD))?;
                return self.class(class);
            }
            '(' if self.scan.rest().starts_with("(?") => return self.open_special(),
            ')' => return self.close_group(),
            _ => self.scan.bump(),
        };
        match c {
            '(' => self.open_capture(start, None),
            '|' => {
                let height = self.top().end_branch();
                self.check_height(height)?;
            }
            '^' if self.flags.has(Flags::MULTI_LINE) => self.push(Piece::look(Look::StartLF))?,
            '^' => self.push(Piece::look(Look::Start))?,
            '$' if self.flags.has(Flags::MULTI_LINE) => self.push(Piece::look(Look::EndLF))?,
            '$' => self.push(Piece::look(Look::End))?,
            '.' if self.flags.has(Flags::DOT_ALL) => {
                self.push(Piece::class(Hir::dot(Dot::AnyChar)))?;
            }
            '.' => self.push(Piece::class(Hir::dot(Dot::AnyCharExceptLF)))?,
            c => self.literal(u32::from(c))?,
        }
        Ok(())
    }

    /// Reads what begins with a backslash.
    fn escape(&mut self) -> Result<(), SyntaxError> {
        let start = self.scan.at();
        let look = [
            ("\\A", Look::Start),
            ("\\z", Look::End),
            ("\\b", Look::WordAscii),
            ("\\B", Look::WordAsciiNegate),
        ];
        if let Some((_, look)) = look.into_iter().find(|(escape, _)| self.scan.eat(escape)) {
            return self.push(Piece::look(look));
        }
        if self.scan.eat("\\Q") {
            return self.scan.cut("\\E").chars().try_for_each(|c| self.literal(u32::from(c)));
        }
        if self.scan.eat("\\C") {
            return Err(self.scan.error(Reason::Escape, start));
        }
        if let Some(class) = class::escaped(&mut self.scan, self.flags.has(Flags::FOLD))? {
            return self.class(class);
        }
        let code = self.scan.escape()?;
        self.literal(code)
    }

    /// Reads an operator of repetition, if it is what comes. A brace that counts nothing is a character.
    fn operator(&mut self, c: char) -> Result<Option<Operator>, SyntaxError> {
        let start = self.scan.at();
        let (min, max) = match c {
            '*' => (0, None),
            '+' => (1, None),
            '?' => (0, Some(1)),
            '{' => {
                let Some((min, max, length)) = counts(self.scan.rest()) else { return Ok(None) };
                self.scan.skip(length);
                if min > MAX_REPEAT || max.is_some_and(|max| max > MAX_REPEAT || min > max) {
                    return Err(self.scan.error(Reason::RepeatSize, start));
                }
                return Ok(Some(Operator { start, min, max, counted: true }));
            }
            _ => return Ok(None),
        };
        self.scan.bump();
        Ok(Some(Operator { start, min, max, counted: false }))
    }

    /// Repeats the last item; `last` is where an operator began that stands directly before this one.
    fn repeat(&mut self, operator: &Operator, last: Option<usize>) -> Result<(), SyntaxError> {
        let lazy = self.scan.eat("?");
        if let Some(last) = last {
            return Err(self.scan.error(Reason::RepeatOp, last));
        }
        let &Operator { start, min, max, counted } = operator;
        let greedy = lazy == self.flags.has(Flags::SWAP_GREED);
        let Some(piece) = self.top().pop() else {
            return Err(self.scan.error(Reason::MissingRepeatArgument, start));
        };
        let piece = piece.repeat(min, max, greedy, counted);
        self.check_height(piece.height)?;
        if piece.copies > MAX_REPEAT {
            return Err(self.scan.error(Reason::RepeatSize, start));
        }
        self.push(piece)
    }

    /// Reads `(?flags)`, `(?flags:`, `(?P<name>` or `(?<name>`.
    fn open_special(&mut self) -> Result<(), SyntaxError> {
        let start = self.scan.at();
        if self.scan.eat("(?P<") || self.scan.eat("(?<") {
            return self.open_named(start);
        }
        self.scan.eat("(?");
        let mut flags = self.flags;
        let (mut negated, mut any) = (false, false);
        while let Some(c) = self.scan.bump() {
            let flag = match c {
                'i' => Flags::FOLD,
                'm' => Flags::MULTI_LINE,
                's' => Flags::DOT_ALL,
                'U' => Flags::SWAP_GREED,
                '-' if !negated => {
                    (negated, any) = (true, false);
                    continue;
                }
                ':' | ')' if any || !negated => {
                    if c == ':' {
                        self.open_group(start, None);
                    }
                    self.flags = flags;
                    return Ok(());
                }
                _ => break,
            };
            flags.set(flag, !negated);
            any = true;
        }
        Err(self.scan.error(Reason::PerlOp, start))
    }

    /// Reads the name of a group and `>`.
    fn open_named(&mut self, start: usize) -> Result<(), SyntaxError> {
        if !self.scan.rest().contains('>') {
            return Err(SyntaxError::new(Reason::NamedCapture, start..self.scan.end()));
        }
        let name = self.scan.cut(">");
        if name.is_empty() || !name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_') {
            return Err(self.scan.error(Reason::NamedCapture, start));
        }
        self.open_capture(start, Some(name.into()));
        Ok(())
    }

    fn open_group(&mut self, open: usize, capture: Option<usize>) {
        self.open.push(Group::new(open, capture, self.flags));
    }

    fn open_capture(&mut self, open: usize, name: Option<Box<str>>) {
        self.open_group(open, Some(self.names.len()));
        self.names.push(name);
    }

    /// Reads `)`, which need not pair with a parenthesis of the same part of the text.
    fn close_group(&mut self) -> Result<(), SyntaxError> {
        let close = self.scan.at();
        let Some(group) = self.open.pop() else {
            let at = self.stray.filter(|_| !self.own.contains(&close)).unwrap_or(close);
            return Err(SyntaxError { at, ..self.whole_error(Reason::UnexpectedParen) });
        };
        self.scan.bump();
        match (self.own.contains(&group.open), self.own.contains(&close)) {
            (true, false) => self.stray = Some(group.open),
            (false, true) => self.stray = Some(close),
            _ => {}
        }
        self.flags = group.outer;
        let piece = group.finish();
        self.push(piece)
    }

    /// The group that is being read.
    fn top(&mut self) -> &mut Group {
        self.open.last_mut().unwrap_or(&mut self.whole)
    }

    fn push(&mut self, piece: Piece) -> Result<(), SyntaxError> {
        self.check_height(piece.height)?;
        self.top().push(piece);
        Ok(())
    }

    fn class(&mut self, class: ClassUnicode) -> Result<(), SyntaxError> {
        self.ranges += class.ranges().len();
        if self.ranges > MAX_RANGES {
            return Err(self.whole_error(Reason::Large));
        }
        self.push(Piece::class(Hir::class(Class::Unicode(class))))
    }

    fn literal(&mut self, code: u32) -> Result<(), SyntaxError> {
        let Some(c) = char::from_u32(code) else {
            // A surrogate: Go takes it, and no valid text has it.
            return self.push(Piece::class(Hir::fail()));
        };
        if self.flags.has(Flags::FOLD) {
            let class = class::folded(c);
            if class.literal().is_none() {
                return self.push(Piece::folded(class));
            }
        }
        self.top().push_char(c);
        Ok(())
    }

    fn check_height(&self, height: usize) -> Result<(), SyntaxError> {
        if height > MAX_HEIGHT { Err(self.whole_error(Reason::NestingDepth)) } else { Ok(()) }
    }

    /// An error that Go reports about the whole text.
    fn whole_error(&self, reason: Reason) -> SyntaxError {
        SyntaxError { reason, fragment: 0..self.scan.end(), at: self.scan.at() }
    }
}

/// Reads `{n}`, `{n,}` or `{n,m}`: the numbers, and how long it is. Numbers that are far too great become `u32::MAX`.
fn counts(text: &str) -> Option<(u32, Option<u32>, usize)> {
    let (min, rest) = number(text.strip_prefix('{')?)?;
    let (max, rest) = match rest.strip_prefix(',') {
        None => (Some(min), rest),
        Some(rest) if rest.starts_with('}') => (None, rest),
        Some(rest) => number(rest).map(|(max, rest)| (Some(max), rest))?,
    };
    let rest = rest.strip_prefix('}')?;
    Some((min, max, text.len() - rest.len()))
}

/// Reads a number without leading zeros.
fn number(text: &str) -> Option<(u32, &str)> {
    let length = text.bytes().take_while(u8::is_ascii_digit).count();
    let (digits, rest) = text.split_at(length);
    let plain = length > 0 && (length == 1 || !digits.starts_with('0'));
    plain.then(|| (digits.parse().unwrap_or(u32::MAX), rest))
}
