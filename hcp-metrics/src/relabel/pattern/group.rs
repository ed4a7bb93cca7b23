//! What the parser knows of a group while it is open.

use super::piece::Piece;

/// What `(?imsU)` switches.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Flags(u8);

impl Flags {
    pub(super) const FOLD: u8 = 1;
    pub(super) const MULTI_LINE: u8 = 2;
    pub(super) const DOT_ALL: u8 = 4;
    pub(super) const SWAP_GREED: u8 = 8;

    pub(super) const fn has(self, flag: u8) -> bool {
        self.0 & flag != 0
    }

    pub(super) const fn set(&mut self, flag: u8, on: bool) {
        if on {
            self.0 |= flag;
        } else {
            self.0 &= !flag;
        }
    }
}

/// A group that is open, or the whole.
#[derive(Debug, Default)]
pub(super) struct Group {
    /// Where its parenthesis is.
    pub(super) open: usize,
    /// Its number, if it captures.
    capture: Option<usize>,
    /// The flags around it.
    pub(super) outer: Flags,
    /// The finished branches of its alternation.
    branches: Vec<Piece>,
    /// The branch that is being read.
    items: Vec<Piece>,
    /// Characters that are read and not yet in `items`.
    run: String,
}

impl Group {
    pub(super) fn new(open: usize, capture: Option<usize>, outer: Flags) -> Self {
        Self { open, capture, outer, ..Self::default() }
    }

    pub(super) fn push(&mut self, piece: Piece) {
        self.flush();
        self.items.push(piece);
    }

    pub(super) fn push_char(&mut self, c: char) {
        self.run.push(c);
    }

    /// Takes back what an operator applies to: the last character or item of the branch.
    pub(super) fn pop(&mut self) -> Option<Piece> {
        let Some(last) = self.run.pop() else { return self.items.pop() };
        self.flush();
        Some(Piece::literal(last.encode_utf8(&mut [0; 4])))
    }

    /// Begins the next branch of the alternation; how high the last one is.
    pub(super) fn end_branch(&mut self) -> usize {
        self.flush();
        let branch = Piece::concat(std::mem::take(&mut self.items));
        let height = branch.height;
        self.branches.push(branch);
        height
    }

    /// What the closed group means.
    pub(super) fn finish(mut self) -> Piece {
        self.end_branch();
        let body = Piece::alternation(self.branches);
        match self.capture {
            Some(index) => body.capture(index),
            None => body,
        }
    }

    fn flush(&mut self) {
        if !self.run.is_empty() {
            self.items.push(Piece::literal(&self.run));
            self.run.clear();
        }
    }
}
