//! Regular expressions in Go's syntax (RE2), matched as Prometheus matches them.
//!
//! `parse` reads the text, with `scan`, `class` and `unicode` for its smaller parts, into a tree built of `piece`s;
//! `engine` runs the tree.

mod class;
mod engine;
mod error;
mod group;
mod parse;
mod piece;
mod scan;
#[cfg(test)]
mod tests;
mod unicode;

use std::fmt;
use std::sync::Arc;

use regex_automata::util::captures::Captures;
use regex_syntax::hir::Hir;

use engine::Engine;
use error::SyntaxError;

/// What Prometheus writes before and behind an expression.
const HEAD: &str = "^(?s:";
const TAIL: &str = ")$";

/// Why a text is no regular expression.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct PatternError {
    /// At which byte of the rule's own text.
    pub(crate) offset: usize,
    /// Go's words: ``error parsing regexp: missing closing ): `^(?s:a(b)$` ``.
    pub(crate) message: String,
}

/// A regular expression of a rule: `^(?s:` + text + `)$`. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Pattern(Arc<Compiled>);

struct Compiled {
    text: Box<str>,
    hir: Hir,
    names: Box<[Option<Box<str>>]>,
    engine: Engine,
}

impl Pattern {
    /// Reads `text`, anchored the way Prometheus does it: by putting the three pieces one behind the other. So `a)(b`
    /// is an expression, and `a)|(b` one that is not anchored on both sides.
    ///
    /// # Errors
    ///
    /// Go would refuse it, or it is too large: see `engine`.
    pub(crate) fn anchored(text: &str) -> Result<Self, PatternError> {
        let parsed = parse::parse(HEAD, text, TAIL).map_err(|error| located(&error, text))?;
        let engine = Engine::new(&parsed.hir, parsed.height).map_err(|reason| {
            let whole = 0..HEAD.len() + text.len() + TAIL.len();
            located(&SyntaxError::new(reason, whole), text)
        })?;
        let names = parsed.names.into();
        Ok(Self(Arc::new(Compiled { text: text.into(), hir: parsed.hir, names, engine })))
    }

    /// What it means, without names of groups. It can be a thousand nodes deep.
    pub(crate) fn hir(&self) -> &Hir {
        &self.0.hir
    }

    /// The names of the groups, the whole match first; a name can occur twice, and begin with a digit.
    pub(crate) fn names(&self) -> &[Option<Box<str>>] {
        &self.0.names
    }

    /// Whether `value` matches. Allocates nothing once a thread has matched with it.
    pub(crate) fn is_match(&self, value: &str) -> bool {
        self.0.engine.is_match(value)
    }

    /// Whether [`Self::is_match`] is a walk through one table.
    #[cfg(test)]
    fn has_table(&self) -> bool {
        self.0.engine.has_table()
    }

    /// Room for the groups of a match. Groups that can never take part, as in `(a){0}`, can be missing at its end.
    pub(crate) fn create_captures(&self) -> Captures {
        self.0.engine.create_captures()
    }

    /// [`Self::captures_from`] the first byte.
    #[cfg(test)]
    pub(crate) fn captures(&self, value: &str, captures: &mut Captures) {
        self.captures_from(value, 0, captures);
    }

    /// Fills `captures` with the first match at or behind byte `from`, at most `value.len()`; whether there is one is
    /// `captures.is_match()`.
    pub(crate) fn captures_from(&self, value: &str, from: usize, captures: &mut Captures) {
        self.0.engine.captures_from(value, from, captures);
    }
}

impl fmt::Debug for Pattern {
    /// The text alone: tree and automata are long, and the tree is deep.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Pattern").field(&self.0.text).finish()
    }
}

/// The error in terms of the rule's own text, which is what the message quotes from with head and tail.
fn located(error: &SyntaxError, text: &str) -> PatternError {
    let offset = error.at.saturating_sub(HEAD.len()).min(text.len());
    PatternError { offset, message: error.message(&[HEAD, text, TAIL].concat()) }
}
