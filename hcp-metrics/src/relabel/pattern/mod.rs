//! Regular expressions in Go's syntax (RE2), matched from end to end.

use regex_automata::meta::Regex;
use regex_automata::util::captures::Captures;
use regex_syntax::hir::Hir;

/// Why a text is no regular expression.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct PatternError {
    /// At which byte of the rule's own text.
    pub(crate) offset: usize,
    /// Go's words: ``error parsing regexp: missing closing ): `a(b` ``.
    pub(crate) message: String,
}

/// A regular expression of a rule: `^(?s:` + text + `)$`.
#[derive(Clone, Debug)]
pub(crate) struct Pattern {
    hir: Hir,
    /// The names of the groups, the whole match first; a name can occur twice.
    names: Box<[Option<Box<str>>]>,
    regex: Regex,
}

impl Pattern {
    /// Reads `text`, anchored the way Prometheus does it: by putting the three pieces one behind the other.
    pub(crate) fn anchored(text: &str) -> Result<Self, PatternError> {
        let error = |message: String| PatternError { offset: 0, message };
        let hir =
            regex_syntax::parse(&format!("^(?s:{text})$")).map_err(|e| error(e.to_string()))?;
        let regex = Regex::builder().build_from_hir(&hir).map_err(|e| error(e.to_string()))?;
        let names = regex
            .group_info()
            .pattern_names(regex_automata::PatternID::ZERO)
            .map(|name| name.map(Into::into))
            .collect();
        Ok(Self { hir, names, regex })
    }

    /// What it means, without names of groups.
    pub(crate) fn hir(&self) -> &Hir {
        &self.hir
    }

    /// The names of the groups, the whole match first.
    pub(crate) fn names(&self) -> &[Option<Box<str>>] {
        &self.names
    }

    /// Whether the whole of `value` matches.
    pub(crate) fn is_match(&self, value: &str) -> bool {
        self.regex.is_match(value)
    }

    /// Room for the groups of a match.
    pub(crate) fn create_captures(&self) -> Captures {
        self.regex.create_captures()
    }

    /// Fills `captures`; whether it matched is `captures.is_match()`.
    pub(crate) fn captures(&self, value: &str, captures: &mut Captures) {
        self.regex.captures(value, captures);
    }
}
