//! A compiled list of rules.

use std::panic::{RefUnwindSafe, UnwindSafe};
use std::sync::Arc;

use regex_automata::util::pool::Pool;

use super::applier::Applier;
use super::plan::{End, PlanId, Planner, Plans};
use super::shape::{self, Shapes};
use super::step::{Scratch, Step};
use super::{CompileError, Rule};
use crate::label::{Labels, LabelsView, METRIC_NAME, NameScheme};

/// How rules are compiled. Source: Prometheus, `metric_name_validation_scheme`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct CompileOptions {
    /// Which names a rule may give; [`NameScheme::Utf8`] unless told.
    pub name_scheme: NameScheme,
}

impl CompileOptions {
    /// Says which names a rule may give.
    #[must_use]
    pub const fn with_name_scheme(mut self, name_scheme: NameScheme) -> Self {
        self.name_scheme = name_scheme;
        self
    }
}

/// What rules say of a series.
///
/// Source: Prometheus, `ProcessBuilder` in `model/relabel`; `scrape/scrape.go` for a series without labels.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[must_use]
#[non_exhaustive]
pub enum Verdict {
    /// It stays.
    Keep,
    /// The rule with this index, counted from 0, drops it.
    Drop(usize),
    /// The rules have removed its last label, which drops it.
    NoLabels,
}

/// A compiled list of rules: immutable, cheap to clone, to be shared between threads.
///
/// Source: Prometheus, `ProcessBuilder` in `model/relabel`.
#[derive(Clone, Debug)]
pub struct Rules(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    rules: Box<[Rule]>,
    program: Arc<Program>,
    /// One [`Memory`] for each thread that is applying the rules right now.
    memories: Pool<Memory, NewMemory>,
}

type NewMemory = Box<dyn Fn() -> Memory + Send + Sync + UnwindSafe + RefUnwindSafe>;

/// The steps, and what can be said before any series is seen.
#[derive(Debug)]
pub(crate) struct Program {
    steps: Box<[Step]>,
    planner: Planner,
    /// Whether the steps behind the first filters can be applied by shape.
    by_shape: bool,
}

/// What one thread has learned while it applied the rules, and its scratch space.
#[derive(Debug, Default)]
pub(crate) struct Memory {
    plans: Plans,
    /// The name that was asked for last, and its plan.
    last_name: String,
    last_plan: Option<PlanId>,
    shapes: Shapes,
    labels: Labels,
    scratch: Scratch,
}

/// A longer name is not compared with the next one.
const LONGEST_NAME: usize = 256;

impl Rules {
    /// Checks and compiles rules, with Prometheus 3's defaults.
    ///
    /// # Errors
    ///
    /// The first rule that Prometheus would refuse, with its place and a remedy.
    pub fn compile(rules: &[Rule]) -> Result<Self, CompileError> {
        Self::compile_with(rules, &CompileOptions::default())
    }

    /// [`Self::compile`] with other than the default options.
    ///
    /// # Errors
    ///
    /// The first rule that Prometheus would refuse, with its place and a remedy.
    pub fn compile_with(rules: &[Rule], options: &CompileOptions) -> Result<Self, CompileError> {
        let compile = |(index, rule)| Step::compile(index, rule, options);
        let steps: Box<[_]> = rules.iter().enumerate().map(compile).collect::<Result<_, _>>()?;
        let planner = Planner::new(&steps);
        let changing = steps.iter().position(|step| !step.action.is_filter());
        let by_shape = changing.is_some_and(|first| shape::is_for(&steps[first..]));
        let program = Arc::new(Program { steps, planner, by_shape });
        let memories = Pool::new(Box::new(Memory::default) as NewMemory);
        Ok(Self(Arc::new(Shared { rules: rules.into(), program, memories })))
    }

    /// The rules as they were written.
    #[must_use]
    pub fn rules(&self) -> &[Rule] {
        &self.0.rules
    }

    /// Whether no rule changes a label.
    #[must_use]
    pub fn is_filter(&self) -> bool {
        self.0.rules.iter().all(|rule| rule.action.is_filter())
    }

    /// Applies the rules in their order, up to the first that drops the series. What they leave of a series that is
    /// dropped is unspecified.
    pub fn apply(&self, labels: &mut Labels) -> Verdict {
        let mut memory = self.0.memories.get();
        self.0.program.apply(&mut memory, labels)
    }

    /// Whether a series stays, without changing it. Allocates nothing once the name is known.
    #[must_use]
    pub fn keep(&self, labels: &LabelsView<'_>) -> bool {
        let mut memory = self.0.memories.get();
        self.0.program.keep(&mut memory, labels)
    }

    /// The rules with a memory of their own: for a loop over many series, which then does not ask for it each time.
    #[must_use]
    pub fn applier(&self) -> Applier {
        Applier::new(Arc::clone(&self.0.program))
    }

    /// The compiled rules, one by one.
    pub(crate) fn steps(&self) -> &[Step] {
        &self.0.program.steps
    }

    /// Applies one rule alone; whether the series stays.
    pub(super) fn apply_one(&self, index: usize, labels: &mut Labels) -> bool {
        let mut memory = self.0.memories.get();
        let stays = self.0.program.steps[index].apply(labels, &mut memory.scratch);
        labels.settle();
        stays
    }

    /// The program, for who keeps a [`Memory`] of its own.
    pub(crate) fn program(&self) -> &Arc<Program> {
        &self.0.program
    }
}

impl Program {
    /// What a name decides. The id is good until the next call.
    #[inline]
    pub(crate) fn plan(&self, memory: &mut Memory, name: &str) -> PlanId {
        // Series of one name come one behind the other. Empty texts are not compared: see `Memo::get`.
        if let Some(plan) = memory.last_plan
            && memory.last_name.len() == name.len()
            && (name.is_empty() || memory.last_name == name)
        {
            return plan;
        }
        self.plan_another(memory, name)
    }

    fn plan_another(&self, memory: &mut Memory, name: &str) -> PlanId {
        let plan = memory.plans.plan(&self.planner, &self.steps, name);
        memory.last_name.clear();
        memory.last_plan = (name.len() <= LONGEST_NAME).then_some(plan);
        if memory.last_plan.is_some() {
            memory.last_name.push_str(name);
        }
        plan
    }

    /// What becomes of a series with that plan; "" is the value of a label it does not have.
    pub(crate) fn decide<V: AsRef<str>>(
        &self,
        memory: &mut Memory,
        plan: PlanId,
        value: impl Fn(&str) -> V,
    ) -> End {
        memory.plans.decide(&self.planner, &self.steps, plan, value)
    }

    /// All of it.
    pub(crate) fn apply(&self, memory: &mut Memory, labels: &mut Labels) -> Verdict {
        let plan = self.plan(memory, labels.get(METRIC_NAME).unwrap_or(""));
        let end = self.decide(memory, plan, |name| labels.get(name).unwrap_or(""));
        match end {
            End::Drop(rule) => Verdict::Drop(rule),
            End::Keep if labels.is_empty() => Verdict::NoLabels,
            End::Keep => Verdict::Keep,
            End::Apply(from) => self.change(from, memory, labels),
        }
    }

    /// Whether a series stays.
    pub(crate) fn keep(&self, memory: &mut Memory, labels: &LabelsView<'_>) -> bool {
        let plan = self.plan(memory, labels.metric_name());
        match self.decide(memory, plan, |name| labels.get(name)) {
            End::Drop(_) => false,
            End::Keep => !labels.is_empty(),
            End::Apply(from) => {
                let mut owned = std::mem::take(&mut memory.labels);
                owned.assign(labels);
                let verdict = self.change(from, memory, &mut owned);
                memory.labels = owned;
                verdict == Verdict::Keep
            }
        }
    }

    /// The steps from `from` on, the first that changes labels.
    fn change(&self, from: usize, memory: &mut Memory, labels: &mut Labels) -> Verdict {
        let Memory { shapes, scratch, .. } = memory;
        let steps = &self.steps[from..];
        match self.by_shape.then(|| shapes.apply(steps, labels, scratch)).flatten() {
            None => self.apply_from(from, labels, scratch),
            Some(Err(index)) => Verdict::Drop(from + index),
            Some(Ok(())) if labels.is_empty() => Verdict::NoLabels,
            Some(Ok(())) => Verdict::Keep,
        }
    }

    /// The steps from `from` on, one by one.
    pub(crate) fn apply_from(
        &self,
        from: usize,
        labels: &mut Labels,
        scratch: &mut Scratch,
    ) -> Verdict {
        let mut steps = self.steps.iter().enumerate().skip(from);
        let dropped = steps.find(|(_, step)| !step.apply(labels, scratch));
        labels.settle();
        if let Some((index, _)) = dropped {
            return Verdict::Drop(index);
        }
        if labels.is_empty() { Verdict::NoLabels } else { Verdict::Keep }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{Rules, Scratch, Verdict};
    use crate::label::{Labels, LabelsView};
    use crate::relabel::{Action, Rule};

    /// The rules one by one, as they are written.
    fn one_by_one(rules: &Rules, labels: &mut Labels) -> Verdict {
        rules.program().apply_from(0, labels, &mut Scratch::default())
    }

    fn rule() -> impl Strategy<Value = Rule> {
        let action = prop::sample::select(
            &[
                Action::Drop,
                Action::Keep,
                Action::DropEqual,
                Action::KeepEqual,
                Action::Replace,
                Action::LabelDrop,
                Action::LabelKeep,
                Action::LabelMap,
                Action::HashMod,
                Action::Lowercase,
            ][..],
        );
        let sources =
            prop::collection::vec(prop::sample::select(&["__name__", "a", "b"][..]), 0..4);
        let regex = prop::sample::select(
            &["", "x.*", ".*;x", "x;y", "(x|y)(;(x|y))*", "a", "x)|(y", "[^x]*"][..],
        );
        let separator = prop::sample::select(&[";", "", "x"][..]);
        let name_regex =
            prop::sample::select(&["a", "(a|b)", "(.)", "(.)(.+)", "__(.+)", "[^c]+"][..]);
        let replacement = prop::sample::select(&["$1", "a$1", "c", "${1}1", "$1$1"][..]);
        let names = (name_regex, replacement);
        let parts = (action, sources, regex, separator, names);
        parts.prop_map(|(action, sources, regex, separator, (name_regex, replacement))| {
            let rule = Rule::new(action);
            match action {
                Action::LabelDrop | Action::LabelKeep => rule.with_regex(name_regex),
                Action::LabelMap => rule.with_regex(name_regex).with_replacement(replacement),
                Action::HashMod | Action::Lowercase => {
                    rule.with_source_labels(sources).with_target_label("c").with_modulus(3)
                }
                Action::DropEqual | Action::KeepEqual => {
                    rule.with_source_labels(sources).with_target_label("b")
                }
                Action::Replace => {
                    rule.with_source_labels(sources).with_regex(regex).with_target_label("a")
                }
                _ => rule.with_source_labels(sources).with_regex(regex).with_separator(separator),
            }
        })
    }

    fn labels() -> impl Strategy<Value = Labels> {
        let pair = ("(__name__|a|b)", "[xy;]{0,3}");
        prop::collection::vec(pair, 0..4).prop_map(|pairs| pairs.into_iter().collect())
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2000))]

        #[test]
        fn a_plan_decides_what_the_rules_decide_one_by_one(
            rules in prop::collection::vec(rule(), 0..6),
            series in prop::collection::vec(labels(), 1..12),
        ) {
            let rules = Rules::compile(&rules).unwrap();
            // A shape is planned when it is seen again.
            for labels in series.iter().flat_map(|labels| std::iter::repeat_n(labels, 3)) {
                let (mut planned, mut plain) = (labels.clone(), labels.clone());
                let verdict = one_by_one(&rules, &mut plain);
                prop_assert_eq!(rules.apply(&mut planned), verdict);
                prop_assert_eq!(rules.keep(&LabelsView::from(labels)), verdict == Verdict::Keep);
                if verdict == Verdict::Keep {
                    prop_assert_eq!(planned, plain);
                }
            }
        }
    }

    #[test]
    fn rules_are_shared_between_threads() {
        fn shared<T: Send + Sync + Clone>(_: &T) {}
        shared(&Rules::compile(&[]).unwrap());
    }
}
