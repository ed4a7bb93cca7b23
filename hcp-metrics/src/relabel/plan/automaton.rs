//! Whole-text matching that can be fed piece by piece, and started from a remembered state.

use regex_automata::dfa::{Automaton as _, StartKind, dense};
use regex_automata::nfa::thompson::{self, WhichCaptures};
use regex_automata::util::primitives::StateID;
use regex_automata::util::start;
use regex_automata::{Anchored, MatchKind};
use regex_syntax::hir::{Hir, Look};

use super::super::matcher::is_low;

/// Beyond these many bytes an automaton is not worth its memory: the regex engine is asked instead.
const NFA_LIMIT: usize = 1 << 20;
const DFA_LIMIT: usize = 2 << 20;

/// One deterministic automaton for one or many patterns, each of which must match a text from end to end.
#[derive(Clone, Debug)]
pub(super) struct Automaton {
    dfa: dense::DFA<Vec<u32>>,
    start: State,
}

/// What an automaton knows after the bytes it was fed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct State(StateID);

impl Automaton {
    /// An automaton for `patterns`; none where one of them does not span the whole text, nests so deep that the compiler, which
    /// recurses, could exhaust a small stack, or when it becomes too large.
    pub(super) fn new(patterns: &[&Hir]) -> Option<Self> {
        if !patterns.iter().all(|hir| spans_the_text(hir) && is_low(hir)) {
            return None;
        }
        let config = thompson::Config::new()
            .which_captures(WhichCaptures::None)
            .nfa_size_limit(Some(NFA_LIMIT));
        let nfa = thompson::Compiler::new().configure(config).build_many_from_hir(patterns).ok()?;
        let config = dense::Config::new()
            .match_kind(MatchKind::All)
            .start_kind(StartKind::Anchored)
            .dfa_size_limit(Some(DFA_LIMIT))
            .determinize_size_limit(Some(2 * DFA_LIMIT));
        let dfa = dense::Builder::new().configure(config).build_from_nfa(&nfa).ok()?;
        let config = start::Config::new().anchored(Anchored::Yes);
        let start = State(dfa.start_state(&config).ok()?);
        Some(Self { dfa, start })
    }

    /// Before the first byte.
    pub(super) const fn start(&self) -> State {
        self.start
    }

    /// After some more bytes.
    pub(super) fn feed(&self, State(mut state): State, bytes: &[u8]) -> State {
        for &byte in bytes {
            state = self.dfa.next_state(state, byte);
            if self.dfa.is_dead_state(state) {
                break;
            }
        }
        State(state)
    }

    /// Whether no bytes that could follow lead to a match.
    pub(super) fn is_dead(&self, state: State) -> bool {
        self.dfa.is_dead_state(state.0)
    }

    /// Whether the text is a match if it ends here.
    pub(super) fn accepts(&self, state: State) -> bool {
        self.dfa.is_match_state(self.dfa.next_eoi_state(state.0))
    }

    /// Which of the patterns match if the text ends here.
    pub(super) fn matches(&self, state: State) -> impl Iterator<Item = usize> {
        let end = self.dfa.next_eoi_state(state.0);
        let count = if self.dfa.is_match_state(end) { self.dfa.match_len(end) } else { 0 };
        (0..count).map(move |index| self.dfa.match_pattern(end, index).as_usize())
    }
}

/// `^(?s:` + text + `)$` is put together as text: with unbalanced parentheses it need not be anchored.
fn spans_the_text(hir: &Hir) -> bool {
    let properties = hir.properties();
    properties.look_set_prefix().contains(Look::Start)
        && properties.look_set_suffix().contains(Look::End)
}

#[cfg(test)]
mod tests {
    use super::super::super::pattern::Pattern;
    use super::Automaton;

    fn automaton(patterns: &[&str]) -> Option<Automaton> {
        let patterns: Vec<_> = patterns.iter().map(|p| Pattern::anchored(p).unwrap()).collect();
        Automaton::new(&patterns.iter().map(Pattern::hir).collect::<Vec<_>>())
    }

    #[test]
    fn a_text_fed_in_pieces_matches_as_a_whole() {
        let automaton = automaton(&["a_bucket;(1|2.5)"]).unwrap();
        let prefix = automaton.feed(automaton.start(), b"a_bucket;");
        for (rest, matches) in
            [("1", true), ("2x5", true), ("2", false), ("", false), ("11", false)]
        {
            let end = automaton.feed(prefix, rest.as_bytes());
            assert_eq!(automaton.accepts(end), matches, "{rest}");
        }
        assert!(automaton.is_dead(automaton.feed(automaton.start(), b"b")));
    }

    #[test]
    fn every_matching_pattern_is_named() {
        let automaton = automaton(&["a.*", "ab?", "(a|b)+", ""]).unwrap();
        let of = |text: &str| {
            let end = automaton.feed(automaton.start(), text.as_bytes());
            let mut all: Vec<_> = automaton.matches(end).collect();
            all.sort_unstable();
            all
        };
        assert_eq!(of("ab"), [0, 1, 2]);
        assert_eq!(of("ba"), [2]);
        assert_eq!(of(""), [3]);
        assert_eq!(of("c"), [0; 0]);
    }

    #[test]
    fn what_need_not_span_the_text_is_left_to_the_regex_engine() {
        assert!(automaton(&["a)|(b"]).is_none());
        assert!(automaton(&["a)(b"]).is_some());
    }

    #[test]
    fn what_becomes_too_large_is_left_to_the_regex_engine() {
        assert!(automaton(&[r"(.*a.{18})"]).is_none());
    }
}
