//! What can be decided about a series before its labels are looked at.
//!
//! A [`Planner`] is made once from the steps. For a metric name it makes a [`NamePlan`]: which steps still have a say once the name
//! is known, and where in their automata the name has already brought them. Plans are remembered by name in [`Plans`],
//! so that of a series with a known name only the labels that can change the verdict are read.
//!
//! Only the filters in front of the first rule that changes labels are planned; the others see what that rule leaves.

mod automaton;
mod memo;
mod names;

use automaton::{Automaton, State};
use memo::Memo;
use names::NameMatcher;

use super::Action;
use super::step::Step;
use crate::label::METRIC_NAME;

/// What is known of the steps before any name.
#[derive(Debug)]
pub(super) struct Planner {
    /// One for each filter in front of the first step that changes labels.
    filters: Box<[Reads]>,
    names: NameMatcher,
    /// What happens to a series that no filter drops.
    end: End,
}

/// What a filter reads.
#[derive(Debug)]
enum Reads {
    /// Nothing: whether it drops every series.
    Nothing { drops: bool },
    /// The name alone, and its pattern is one of [`Planner::names`].
    Name,
    /// Labels. The sources up to `known` are the name.
    Labels { known: usize, automaton: Option<Box<Automaton>> },
    /// Labels, which it compares.
    Equal,
}

/// What becomes of a series that no filter drops.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    /// It stays as it is.
    Keep,
    /// The step with this index drops it.
    Drop(usize),
    /// The steps from this index on are to be applied one by one.
    Apply(usize),
}

/// What is left to ask of a series whose name is known.
#[derive(Debug)]
pub(crate) struct NamePlan {
    open: Box<[Open]>,
    end: End,
}

/// A filter that must see labels.
#[derive(Debug)]
struct Open {
    step: usize,
    /// Where its automaton is after the sources that are known, and how many these are.
    from: Option<(State, usize)>,
}

/// A plan in [`Plans`], until the next plan is made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct PlanId(u32);

/// The plans made so far.
#[derive(Debug, Default)]
pub(crate) struct Plans {
    memo: Memo,
    open: Vec<NamePlan>,
    matched: Vec<bool>,
    joined: String,
}

impl Planner {
    /// Looks at the steps.
    pub(super) fn new(steps: &[Step]) -> Self {
        let count = steps.iter().take_while(|step| step.action.is_filter()).count();
        let filters: Box<[Reads]> = steps[..count].iter().map(Reads::of).collect();
        let names: Vec<_> = filters
            .iter()
            .zip(steps)
            .enumerate()
            .filter(|(_, (reads, _))| matches!(reads, Reads::Name))
            .map(|(index, (_, step))| (index, &step.pattern))
            .collect();
        let names = NameMatcher::new(&names);
        let end = if count == steps.len() { End::Keep } else { End::Apply(count) };
        Self { filters, names, end }
    }

    /// What can be said of every series called `name`.
    fn plan(&self, steps: &[Step], name: &str, matched: &mut Vec<bool>) -> NamePlan {
        matched.clear();
        matched.resize(self.filters.len(), false);
        self.names.matches(name, |step| &steps[step].pattern, |step| matched[step] = true);

        let mut open = Vec::new();
        for (index, (reads, step)) in self.filters.iter().zip(steps).enumerate() {
            let drops = match reads {
                Reads::Nothing { drops } => Some(*drops),
                Reads::Name => Some(step.drops_on(matched[index])),
                Reads::Labels { known, automaton: Some(automaton) } => {
                    let state = after_name(automaton, step, name, *known);
                    if automaton.is_dead(state) {
                        Some(step.drops_on(false))
                    } else {
                        open.push(Open { step: index, from: Some((state, *known)) });
                        None
                    }
                }
                Reads::Labels { .. } | Reads::Equal => {
                    open.push(Open { step: index, from: None });
                    None
                }
            };
            if drops == Some(true) {
                return NamePlan { open: open.into(), end: End::Drop(index) };
            }
        }
        NamePlan { open: open.into(), end: self.end }
    }
}

impl Reads {
    fn of(step: &Step) -> Self {
        let leading = step.sources.iter().take_while(|name| &***name == METRIC_NAME).count();
        match (step.action, &*step.sources) {
            (Action::KeepEqual | Action::DropEqual, _) => Self::Equal,
            (_, []) => Self::Nothing { drops: step.drops_on(step.pattern.is_match("")) },
            (_, [_]) if leading == 1 => Self::Name,
            _ => Self::Labels {
                known: leading,
                automaton: Automaton::new(&[step.pattern.hir()]).map(Box::new),
            },
        }
    }
}

/// The automaton after the first `known` sources, which are all `name`, and the separators behind them.
fn after_name(automaton: &Automaton, step: &Step, name: &str, known: usize) -> State {
    (0..known).fold(automaton.start(), |state, index| {
        let state = automaton.feed(state, name.as_bytes());
        feed_separator(automaton, state, step, index)
    })
}

fn feed_separator(automaton: &Automaton, state: State, step: &Step, index: usize) -> State {
    if index + 1 == step.sources.len() {
        return state;
    }
    automaton.feed(state, step.separator.as_bytes())
}

/// Ids below [`SIMPLE`] plus the number of steps stand for plans without open filters.
const KEEP: u32 = 0;
const APPLY: u32 = 1;
const SIMPLE: usize = 2;

impl Plans {
    /// The plan for series called `name`, made if it is not known.
    pub(crate) fn plan(&mut self, planner: &Planner, steps: &[Step], name: &str) -> PlanId {
        let hash = self.memo.hash(name.as_bytes());
        if let Some(id) = self.memo.get(hash, name.as_bytes()) {
            return PlanId(id);
        }
        if self.memo.make_room(name.as_bytes()) {
            self.open.clear();
        }
        let plan = planner.plan(steps, name, &mut self.matched);
        let id = match plan.end {
            _ if !plan.open.is_empty() => {
                self.open.push(plan);
                number(SIMPLE + steps.len() + self.open.len() - 1)
            }
            End::Keep => KEEP,
            End::Apply(_) => APPLY,
            End::Drop(step) => number(SIMPLE + step),
        };
        self.memo.insert(hash, name.as_bytes(), id);
        PlanId(id)
    }

    /// What becomes of a series with the plan `id`, whose labels `value` tells; "" for a label it does not have.
    pub(crate) fn decide<V: AsRef<str>>(
        &mut self,
        planner: &Planner,
        steps: &[Step],
        PlanId(id): PlanId,
        value: impl Fn(&str) -> V,
    ) -> End {
        match id {
            KEEP => return End::Keep,
            APPLY => return planner.end,
            _ => {}
        }
        let index = id as usize - SIMPLE;
        let Some(plan) = index.checked_sub(steps.len()).map(|index| &self.open[index]) else {
            return End::Drop(index);
        };
        for open in &plan.open {
            let step = &steps[open.step];
            if open.drops(step, &planner.filters[open.step], &value, &mut self.joined) {
                return End::Drop(open.step);
            }
        }
        plan.end
    }
}

impl PlanId {
    /// Whether no label of a series can change the verdict, and no rule its labels.
    pub(crate) const fn is_keep(self) -> bool {
        self.0 == KEEP
    }
}

fn number(id: usize) -> u32 {
    u32::try_from(id).unwrap_or(u32::MAX)
}

impl Open {
    fn drops<V: AsRef<str>>(
        &self,
        step: &Step,
        reads: &Reads,
        value: &impl Fn(&str) -> V,
        joined: &mut String,
    ) -> bool {
        if let (Some((state, known)), Reads::Labels { automaton: Some(automaton), .. }) =
            (self.from, reads)
        {
            let end =
                step.sources.iter().enumerate().skip(known).fold(state, |state, (index, name)| {
                    let state = automaton.feed(state, value(name).as_ref().as_bytes());
                    feed_separator(automaton, state, step, index)
                });
            return step.drops_on(automaton.accepts(end));
        }
        joined.clear();
        for (index, name) in step.sources.iter().enumerate() {
            joined.push_str(if index == 0 { "" } else { &step.separator });
            joined.push_str(value(name).as_ref());
        }
        match reads {
            Reads::Equal => step.drops_on(value(&step.target).as_ref() == joined),
            _ => step.drops_on(step.pattern.is_match(joined)),
        }
    }
}
