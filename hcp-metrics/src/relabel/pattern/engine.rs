//! What runs an expression: automata of bounded size.

use std::thread;

use regex_automata::dfa::{Automaton, StartKind, dense};
use regex_automata::meta::Regex;
use regex_automata::nfa::thompson::NFA;
use regex_automata::util::captures::Captures;
use regex_automata::{Anchored, Input};
use regex_syntax::hir::{Hir, Look};

use super::error::Reason;

/// How large an automaton of an expression may be, in bytes. What Go takes and does not fit is refused in Go's words; the
/// largest counted repetition of a large class (`\pL{1000}`) fits. Two or three such automata exist while an expression
/// is compiled.
const NFA_BYTES: usize = 64 << 20;
/// How large the table of groups may be that the slowest engine needs for each thread, in bytes. It grows with the product
/// of groups and states; a thousand groups fit.
const SLOT_BYTES: usize = 128 << 20;
/// How large a table that decides without captures may be, in bytes.
const DFA_BYTES: usize = 1 << 20;
/// Beyond this many states a table that fits is unlikely, and to find out takes long.
const DFA_STATES: usize = 50_000;
/// Trees that are higher are compiled with a stack of their own, because the compilers recurse.
const SHALLOW: usize = 60;
/// Enough for the highest tree in a build without optimisation.
const STACK_BYTES: usize = 64 << 20;

/// The automata of an expression.
#[derive(Clone)]
pub(super) struct Engine {
    regex: Regex,
    /// Says only whether an expression matches that can match at the beginning alone.
    table: Option<dense::DFA<Vec<u32>>>,
}

impl Engine {
    /// Compiles a tree of the given height.
    pub(super) fn new(hir: &Hir, height: usize) -> Result<Self, Reason> {
        if height <= SHALLOW {
            return Self::compile(hir);
        }
        thread::scope(|scope| {
            let builder = thread::Builder::new().stack_size(STACK_BYTES);
            let compiled = builder.spawn_scoped(scope, || Self::compile(hir));
            let joined = compiled.ok().and_then(|handle| handle.join().ok());
            joined.unwrap_or(Err(Reason::NestingDepth))
        })
    }

    fn compile(hir: &Hir) -> Result<Self, Reason> {
        let config = NFA::config().nfa_size_limit(Some(NFA_BYTES));
        let nfa =
            NFA::compiler().configure(config).build_from_hir(hir).map_err(|_| Reason::Large)?;
        let cells = nfa.states().len().saturating_mul(nfa.group_info().slot_len());
        // Two tables of pointer-sized cells.
        if cells.saturating_mul(2 * size_of::<usize>()) > SLOT_BYTES {
            return Err(Reason::Large);
        }
        let table = Self::tabulate(hir, &nfa);
        drop(nfa);
        let config = Regex::config().nfa_size_limit(Some(NFA_BYTES));
        let regex =
            Regex::builder().configure(config).build_from_hir(hir).map_err(|_| Reason::Large)?;
        Ok(Self { regex, table })
    }

    /// A table, if the expression begins with the beginning of the text and the table is small.
    fn tabulate(hir: &Hir, nfa: &NFA) -> Option<dense::DFA<Vec<u32>>> {
        let anchored = hir.properties().look_set_prefix().contains(Look::Start);
        if !anchored || nfa.states().len() > DFA_STATES {
            return None;
        }
        let config = dense::Config::new()
            .start_kind(StartKind::Anchored)
            .dfa_size_limit(Some(DFA_BYTES))
            .determinize_size_limit(Some(4 * DFA_BYTES));
        dense::Builder::new().configure(config).build_from_nfa(nfa).ok()
    }

    pub(super) fn is_match(&self, value: &str) -> bool {
        let input = Input::new(value).anchored(Anchored::Yes).earliest(true);
        match self.table.as_ref().map(|table| table.try_search_fwd(&input)) {
            Some(Ok(end)) => end.is_some(),
            // Without a table; a table that gives up is built only where asked for.
            None | Some(Err(_)) => self.regex.is_match(value),
        }
    }

    #[cfg(test)]
    pub(super) const fn has_table(&self) -> bool {
        self.table.is_some()
    }

    pub(super) fn create_captures(&self) -> Captures {
        self.regex.create_captures()
    }

    pub(super) fn captures_from(&self, value: &str, from: usize, captures: &mut Captures) {
        self.regex.search_captures(&Input::new(value).range(from..), captures);
    }
}
