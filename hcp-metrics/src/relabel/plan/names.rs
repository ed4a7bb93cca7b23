//! Many rules that only read the metric name, decided in one pass over it.

use super::automaton::Automaton;
use crate::relabel::pattern::Pattern;

/// More patterns than this are not tried in one automaton: building it could take seconds.
const GROUP: usize = 64;

/// Patterns that are matched with the same text.
#[derive(Debug)]
pub(super) struct NameMatcher {
    groups: Vec<Group>,
    /// Patterns that no automaton could be made for.
    singles: Vec<usize>,
}

#[derive(Debug)]
struct Group {
    automaton: Automaton,
    /// Which step a pattern of the automaton belongs to.
    steps: Vec<usize>,
}

impl NameMatcher {
    /// A matcher for the patterns of these steps.
    pub(super) fn new(patterns: &[(usize, &Pattern)]) -> Self {
        let mut matcher = Self { groups: Vec::new(), singles: Vec::new() };
        for chunk in patterns.chunks(GROUP) {
            matcher.add(chunk);
        }
        matcher
    }

    /// One automaton if possible, else two of half the size, and so on.
    fn add(&mut self, patterns: &[(usize, &Pattern)]) {
        let hirs: Vec<_> = patterns.iter().map(|(_, pattern)| pattern.hir()).collect();
        match (Automaton::new(&hirs), patterns) {
            (_, []) => {}
            (Some(automaton), _) => {
                let steps = patterns.iter().map(|(step, _)| *step).collect();
                self.groups.push(Group { automaton, steps });
            }
            (None, [(step, _)]) => self.singles.push(*step),
            (None, _) => {
                let (left, right) = patterns.split_at(patterns.len() / 2);
                self.add(left);
                self.add(right);
            }
        }
    }

    /// Says of each step whose pattern matches `name` that it does.
    pub(super) fn matches<'p>(
        &self,
        name: &str,
        pattern: impl Fn(usize) -> &'p Pattern,
        mut found: impl FnMut(usize),
    ) {
        for Group { automaton, steps } in &self.groups {
            let end = automaton.feed(automaton.start(), name.as_bytes());
            automaton.matches(end).for_each(|index| found(steps[index]));
        }
        for &step in &self.singles {
            if pattern(step).is_match(name) {
                found(step);
            }
        }
    }
}
