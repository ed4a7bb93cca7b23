//! What texts expressions have in common: exact answers, or none where they would be too costly.

use std::collections::{HashMap, HashSet};

use regex_automata::dfa::{Automaton as _, StartKind, dense};
use regex_automata::nfa::thompson::{self, WhichCaptures};
use regex_automata::util::primitives::StateID;
use regex_automata::util::start;
use regex_automata::{Anchored, MatchKind};
use regex_syntax::hir::{Hir, HirKind, Look};

use crate::relabel::Pattern;

/// Trees that are higher are not looked at: the compilers recurse.
const HIGHEST: usize = 60;
/// Expressions that become larger are not looked at, in bytes.
const NFA_LIMIT: usize = 256 << 10;
const DFA_LIMIT: usize = 512 << 10;
/// So many states of automata that run side by side are looked at.
const MOST_STATES: usize = 20_000;

/// All texts that an expression matches.
#[derive(Clone, Debug)]
pub(super) struct Language {
    dfa: dense::DFA<Vec<u32>>,
    start: StateID,
}

/// What a search for a text has found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Search {
    /// The shortest one.
    Found(Vec<u8>),
    /// There is none: a proof.
    Nothing,
    /// It would take too long to tell.
    Unknown,
}

impl Language {
    /// The language of an expression; none where it is too large, or need not match a text from end to end.
    pub(super) fn of(pattern: &Pattern) -> Option<Self> {
        let hir = pattern.hir();
        let properties = hir.properties();
        let spans_the_text = properties.look_set_prefix().contains(Look::Start)
            && properties.look_set_suffix().contains(Look::End);
        if !spans_the_text || !is_low(hir) {
            return None;
        }
        let config = thompson::Config::new()
            .which_captures(WhichCaptures::None)
            .nfa_size_limit(Some(NFA_LIMIT));
        let nfa = thompson::Compiler::new().configure(config).build_from_hir(hir).ok()?;
        let config = dense::Config::new()
            .match_kind(MatchKind::All)
            .start_kind(StartKind::Anchored)
            .dfa_size_limit(Some(DFA_LIMIT))
            .determinize_size_limit(Some(2 * DFA_LIMIT));
        let dfa = dense::Builder::new().configure(config).build_from_nfa(&nfa).ok()?;
        let start = dfa.start_state(&start::Config::new().anchored(Anchored::Yes)).ok()?;
        Some(Self { dfa, start })
    }

    /// The language of a text that is an expression.
    pub(super) fn parse(text: &str) -> Option<Self> {
        Self::of(&Pattern::anchored(text).ok()?)
    }

    fn accepts(&self, state: StateID) -> bool {
        self.dfa.is_match_state(self.dfa.next_eoi_state(state))
    }

    /// Whether a text that has led to `state` is accepted if `bytes` follow and end it.
    pub(super) fn accepts_after(&self, state: StateID, bytes: &[u8]) -> bool {
        let step = |state, byte: &u8| self.dfa.next_state(state, *byte);
        self.accepts(bytes.iter().fold(state, step))
    }

    /// The states to which the texts of `prefixes` lead; none if there are too many.
    pub(super) fn states_behind(&self, prefixes: &Self) -> Option<Vec<StateID>> {
        let mut states = Vec::new();
        let walk = walk(&[self, prefixes], |at| {
            if prefixes.accepts(at[1]) && !states.contains(&at[0]) {
                states.push(at[0]);
            }
            if prefixes.dfa.is_dead_state(at[1]) { Visit::Prune } else { Visit::Continue }
        });
        (walk == Search::Nothing).then_some(states)
    }
}

/// A text that all of `in_all` have and none of `in_none`.
pub(super) fn search(in_all: &[&Language], in_none: &[&Language]) -> Search {
    let languages: Vec<_> = in_all.iter().chain(in_none).copied().collect();
    walk(&languages, |at| {
        let (all, none) = at.split_at(in_all.len());
        let dead = in_all.iter().zip(all).any(|(l, state)| l.dfa.is_dead_state(*state));
        let has = |(l, state): (&&Language, &StateID)| l.accepts(*state);
        if dead {
            Visit::Prune
        } else if in_all.iter().zip(all).all(has) && !in_none.iter().zip(none).any(has) {
            Visit::Stop
        } else {
            Visit::Continue
        }
    })
}

/// What to do behind a state.
enum Visit {
    Continue,
    Prune,
    Stop,
}

/// Visits the states to which texts lead in all languages at once, shortest texts first.
fn walk(languages: &[&Language], mut visit: impl FnMut(&[StateID]) -> Visit) -> Search {
    let bytes = representatives(languages);
    let start: Vec<_> = languages.iter().map(|language| language.start).collect();
    let mut seen = HashSet::from([start.clone()]);
    // Each with the one it was reached from, and by which byte.
    let mut queue = vec![(start, 0, 0)];
    let mut next = 0;
    while let Some((states, ..)) = queue.get(next) {
        let states = states.clone();
        match visit(&states) {
            Visit::Stop => return Search::Found(text_to(&queue, next)),
            Visit::Prune => {}
            Visit::Continue => {
                for &byte in &bytes {
                    let step = |(l, s): (&&Language, &StateID)| l.dfa.next_state(*s, byte);
                    let to: Vec<_> = languages.iter().zip(&states).map(step).collect();
                    if seen.insert(to.clone()) {
                        queue.push((to, next, byte));
                    }
                }
            }
        }
        if queue.len() > MOST_STATES {
            return Search::Unknown;
        }
        next += 1;
    }
    Search::Nothing
}

fn text_to(queue: &[(Vec<StateID>, usize, u8)], mut at: usize) -> Vec<u8> {
    let mut text = Vec::new();
    while at > 0 {
        text.push(queue[at].2);
        at = queue[at].1;
    }
    text.reverse();
    text
}

/// One of all bytes that no automaton tells apart. Letters come first, so that texts that are found can be read.
fn representatives(languages: &[&Language]) -> Vec<u8> {
    let mut seen = HashMap::new();
    let readable = (b'a'..=b'z').chain(b'0'..=b'9').chain(0..=u8::MAX);
    for byte in readable {
        let classes: Vec<_> = languages.iter().map(|l| l.dfa.byte_classes().get(byte)).collect();
        seen.entry(classes).or_insert(byte);
    }
    let mut bytes: Vec<_> = seen.into_values().collect();
    bytes.sort_unstable_by_key(|byte| (!byte.is_ascii_alphanumeric(), *byte));
    bytes
}

/// Whether the tree is not too high to recurse into; looked at without recursion.
fn is_low(hir: &Hir) -> bool {
    let mut open = vec![(hir, 1)];
    while let Some((hir, height)) = open.pop() {
        if height > HIGHEST {
            return false;
        }
        match hir.kind() {
            HirKind::Empty | HirKind::Literal(_) | HirKind::Class(_) | HirKind::Look(_) => {}
            HirKind::Repetition(repetition) => open.push((&repetition.sub, height + 1)),
            HirKind::Capture(capture) => open.push((&capture.sub, height + 1)),
            HirKind::Concat(parts) | HirKind::Alternation(parts) => {
                open.extend(parts.iter().map(|part| (part, height + 1)));
            }
        }
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    fn common(in_all: &[&str], in_none: &[&str]) -> Option<String> {
        let parse = |texts: &[&str]| -> Vec<_> {
            texts.iter().map(|text| Language::parse(text).unwrap()).collect()
        };
        let (all, none) = (parse(in_all), parse(in_none));
        match search(&all.iter().collect::<Vec<_>>(), &none.iter().collect::<Vec<_>>()) {
            Search::Found(text) => Some(String::from_utf8(text).unwrap()),
            Search::Nothing => None,
            Search::Unknown => Some("?".to_owned()),
        }
    }

    #[test]
    fn a_common_text_is_found_or_there_is_none() {
        for (all, none, expected) in [
            (&["a.*", ".*b"][..], &[][..], Some("ab")),
            (&["a+", "b+"], &[], None),
            (&["(foo|bar)_x"], &["foo.*"], Some("bar_x")),
            (&["foo_(x|y)"], &["foo.*"], None),
            (&["foo_(x|y)"], &["foo_x", "foo_y"], None),
            (&[r"[^\x00-\x{10FFFF}]"], &[], None),
            (&["a$b"], &[], None),
            (&["x", ".*;.*"], &[], None),
            (&[""], &[], Some("")),
            (&[r"a\bb|c"], &["c"], None),
        ] {
            assert_eq!(common(all, none).as_deref(), expected, "{all:?} {none:?}");
        }
    }

    #[test]
    fn what_is_too_high_or_too_large_or_not_anchored_is_left_alone() {
        let high = format!("{}a{}", "(".repeat(900), ")".repeat(900));
        for text in [high.as_str(), "(.*a.{18})", "a)|(b", r"\pL{1000}"] {
            assert!(Language::parse(text).is_none());
        }
    }
}
