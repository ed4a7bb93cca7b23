//! A part of the expression, with what the limits of Go's parser need to know of it.

use regex_syntax::hir::{Capture, Class, ClassUnicode, Hir, Look, Repetition};

/// What kind of node Go has for a part: it joins neighbours of some kinds, which makes its tree less high.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Shape {
    /// One character.
    Char,
    /// Several characters.
    Literal,
    Class,
    Concat,
    Alternation,
    Other,
}

/// A part of the expression.
#[derive(Debug)]
pub(super) struct Piece {
    pub(super) hir: Hir,
    /// How high Go's tree for it is; the tree in `hir` is higher by one at most.
    pub(super) height: usize,
    /// How many copies of something counted repetitions make, one within the other.
    pub(super) copies: u32,
    shape: Shape,
}

impl Piece {
    const fn leaf(hir: Hir, shape: Shape) -> Self {
        Self { hir, height: 1, copies: 1, shape }
    }

    pub(super) fn literal(text: &str) -> Self {
        let shape = if text.chars().nth(1).is_none() { Shape::Char } else { Shape::Literal };
        Self::leaf(Hir::literal(text.as_bytes()), shape)
    }

    /// A character in any case.
    pub(super) fn folded(class: ClassUnicode) -> Self {
        Self::leaf(Hir::class(Class::Unicode(class)), Shape::Char)
    }

    pub(super) const fn class(hir: Hir) -> Self {
        Self::leaf(hir, Shape::Class)
    }

    pub(super) fn look(look: Look) -> Self {
        Self::leaf(Hir::look(look), Shape::Other)
    }

    /// One after the other.
    pub(super) fn concat(mut pieces: Vec<Self>) -> Self {
        match pieces.len() {
            0 => return Self::leaf(Hir::empty(), Shape::Other),
            1 => return pieces.remove(0),
            _ => {}
        }
        let text = |piece: &Self| matches!(piece.shape, Shape::Char | Shape::Literal);
        let shape = if pieces.iter().all(text) { Shape::Literal } else { Shape::Concat };
        Self::join(pieces, shape, Hir::concat)
    }

    /// The first that fits.
    pub(super) fn alternation(mut pieces: Vec<Self>) -> Self {
        if pieces.len() == 1 {
            return pieces.remove(0);
        }
        let class = |piece: &Self| matches!(piece.shape, Shape::Char | Shape::Class);
        let shape = if pieces.iter().all(class) { Shape::Class } else { Shape::Alternation };
        Self::join(pieces, shape, Hir::alternation)
    }

    pub(super) fn capture(self, index: usize) -> Self {
        let index = u32::try_from(index).unwrap_or(u32::MAX);
        let capture = Capture { index, name: None, sub: Box::new(self.hir) };
        let height = self.height + 1;
        Self { hir: Hir::capture(capture), height, shape: Shape::Other, ..self }
    }

    /// Over and over; `counted` if the counts were written.
    pub(super) fn repeat(self, min: u32, max: Option<u32>, greedy: bool, counted: bool) -> Self {
        let copies = match max {
            _ if !counted => self.copies,
            Some(0) => 1,
            max => self.copies * max.unwrap_or(min).max(1),
        };
        let repetition = Repetition { min, max, greedy, sub: Box::new(self.hir) };
        let height = self.height + 1;
        Self { hir: Hir::repetition(repetition), height, copies, shape: Shape::Other }
    }

    /// Joins two or more, as a leaf or as a node that takes in its like.
    fn join(pieces: Vec<Self>, shape: Shape, join: impl FnOnce(Vec<Hir>) -> Hir) -> Self {
        let below = |piece: &Self| piece.height - usize::from(piece.shape == shape);
        let leaf = !matches!(shape, Shape::Concat | Shape::Alternation);
        let highest = if leaf { 0 } else { pieces.iter().map(below).max().unwrap_or(0) };
        let copies = pieces.iter().map(|piece| piece.copies).max().unwrap_or(1);
        let hir = join(pieces.into_iter().map(|piece| piece.hir).collect());
        Self { hir, height: highest + 1, copies, shape }
    }
}
