//! What the rules say of one lexed sample.

use std::borrow::Cow;
use std::sync::Arc;

use super::lexer::{LabelToken, SampleTokens, Span};
use super::quick::{Quick, QuickLine};
use super::{ErrorKind, FilterOptions, MetricKind, TargetLabels, number};
use crate::label::{LabelCompat, Labels, METRIC_NAME};
use crate::relabel::{Action, End, Memory, PlanId, Program, Rules, Verdict};

/// Before the name of an exposed label that the target has, too.
const EXPORTED: &str = "exported_";

/// What becomes of a sample.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Decision {
    /// It stays as it is.
    Keep,
    /// It stays with [`Decider::labels`].
    Rewrite,
    /// The rule with this index drops it.
    Drop(usize),
    /// The rules have left it no label.
    NoLabels,
    /// It stays, and must not: what has become of its labels is not valid.
    Invalid(ErrorKind),
}

/// Decides about samples. Its memory is used again for the next one.
#[derive(Debug)]
pub(crate) struct Decider {
    rules: Rules,
    filters_only: bool,
    compat: LabelCompat,
    target: Option<TargetLabels>,
    labels: Labels,
    /// What `labels` were before the rules.
    before: Labels,
    /// A label whose value the rules saw in another form than it stands in the text: name, form, text.
    normalised: Option<(&'static str, String, String)>,
    program: Arc<Program>,
    memory: Memory,
    /// What the name of the line that was read last decides.
    plan: PlanId,
    form: String,
}

impl Decider {
    pub(crate) fn new(rules: Rules, options: &FilterOptions) -> Self {
        let target = options.target_labels.clone().map(|mut target| {
            target.labels.sort();
            target
        });
        Self {
            filters_only: rules.is_filter(),
            program: Arc::clone(rules.program()),
            rules,
            compat: options.compat,
            target,
            labels: Labels::new(),
            before: Labels::new(),
            normalised: None,
            memory: Memory::default(),
            plan: PlanId::default(),
            form: String::new(),
        }
    }

    /// What becomes of the sample that `quick` has just read, if it can be told from the line as it stands; else
    /// [`Self::decide`] must be asked. Only the labels that a rule reads are looked at, and only if the name leaves a question.
    #[inline]
    pub(crate) fn decide_quick(
        &mut self,
        text: &str,
        line: &QuickLine,
        quick: &Quick,
        kind: MetricKind,
    ) -> Option<Decision> {
        if self.target.is_some() {
            return None;
        }
        if !line.same_name {
            self.plan = self.program.plan(&mut self.memory, text.get(line.name.clone())?);
        }
        if self.plan.is_keep() {
            return Some(Decision::Keep);
        }
        self.decide_open(text, line, quick, kind)
    }

    fn decide_open(
        &mut self,
        text: &str,
        line: &QuickLine,
        quick: &Quick,
        kind: MetricKind,
    ) -> Option<Decision> {
        let name = text.get(line.name.clone())?;
        let plain = |label: &str| match label {
            METRIC_NAME => Cow::Borrowed(name),
            _ => quick.plain_value(text, label),
        };
        let bound = bound_label(self.compat, kind).map(|label| (label, plain(label)));
        let (memory, id) = (&mut self.memory, self.plan);
        let end = if let Some((bound, value)) = bound {
            let normal = number::normalise(&value, &mut self.form).unwrap_or(&value);
            let value = |label: &str| {
                if label == bound { Cow::Borrowed(normal) } else { plain(label) }
            };
            self.program.decide(memory, id, value)
        } else if quick.is_escaped() {
            self.program.decide(memory, id, plain)
        } else {
            let value =
                |label: &str| if label == METRIC_NAME { name } else { quick.value(text, label) };
            self.program.decide(memory, id, value)
        };
        match end {
            End::Keep => Some(Decision::Keep),
            End::Drop(rule) => Some(Decision::Drop(rule)),
            End::Apply(_) => None,
        }
    }

    /// How many rules there are.
    pub(crate) fn rule_count(&self) -> usize {
        self.rules.rules().len()
    }

    /// The labels of the sample that was decided last, behind the rules.
    pub(crate) const fn labels(&self) -> &Labels {
        &self.labels
    }

    /// Decides about the sample; `kind` is the type of the last `TYPE` line, of whatever family.
    pub(crate) fn decide(
        &mut self,
        buffer: &[u8],
        sample: &SampleTokens,
        kind: MetricKind,
    ) -> Decision {
        self.read(buffer, sample, kind);
        let merged = self.merge_target(buffer, &sample.labels);
        if self.labels.is_empty() {
            // Prometheus drops it without a word.
            return Decision::Invalid(ErrorKind::MissingName);
        }
        if !self.filters_only {
            self.before.clone_from(&self.labels);
        }
        match self.rules.apply(&mut self.labels) {
            Verdict::Drop(rule) => return Decision::Drop(rule),
            Verdict::NoLabels => return Decision::NoLabels,
            Verdict::Keep => {}
        }
        if self.labels.get(METRIC_NAME).is_none() {
            return Decision::Invalid(ErrorKind::MissingName);
        }
        if self.labels.get("").is_some() {
            return Decision::Invalid(ErrorKind::EmptyLabelName);
        }
        if !merged && (self.filters_only || self.labels == self.before) {
            return Decision::Keep;
        }
        self.restore();
        Decision::Rewrite
    }

    /// Whether a rule that looks at nothing but the name drops every sample called `name`.
    pub(crate) fn drops_name(&mut self, name: &str) -> bool {
        self.labels.clear();
        self.labels.set(METRIC_NAME, name);
        let Verdict::Drop(rule) = self.rules.apply(&mut self.labels) else { return false };
        self.rules.rules().get(rule).is_some_and(|rule| {
            let sources = rule.source_labels.as_deref().unwrap_or_default();
            matches!(rule.action, Action::Drop | Action::Keep)
                && sources.iter().all(|source| source == METRIC_NAME)
        })
    }

    /// Fills the labels. Of labels with one name the first counts; if one of them is empty, none does: so Prometheus does it.
    fn read(&mut self, buffer: &[u8], sample: &SampleTokens, kind: MetricKind) {
        self.labels.clear();
        self.normalised = None;
        self.labels.set(METRIC_NAME, &sample.name.text(buffer));
        for label in &sample.labels {
            let name = label.name.text(buffer);
            if self.labels.get(&name).is_none() {
                let value = label.value.text(buffer);
                match self.normalise(kind, &name, &value) {
                    Some(form) => self.labels.set(&name, &form),
                    None => self.labels.set(&name, &value),
                }
            }
        }
        let is_empty = |span: Span| span.start == span.end;
        if is_empty(sample.name.span) {
            self.labels.remove(METRIC_NAME);
        }
        for label in sample.labels.iter().filter(|label| is_empty(label.value.span)) {
            self.labels.remove(&label.name.text(buffer));
        }
    }

    /// The form in which Prometheus 3 shows the bound of a bucket, or a quantile, to rules.
    ///
    /// Source: Prometheus, `normalizeFloatsInLabelValues`.
    fn normalise(&mut self, kind: MetricKind, name: &str, value: &str) -> Option<String> {
        let name = bound_label(self.compat, kind).filter(|label| *label == name)?;
        let mut form = String::new();
        let form = number::normalise(value, &mut form)?.to_owned();
        self.normalised = Some((name, form.clone(), value.to_owned()));
        Some(form)
    }

    /// Gives a bound that the rules have not changed the form back that it has in the text.
    fn restore(&mut self) {
        if let Some((name, form, text)) = &self.normalised
            && self.labels.get(name) == Some(form)
        {
            self.labels.set(name, text);
        }
    }

    /// Adds the labels of the target; whether there are any.
    fn merge_target(&mut self, buffer: &[u8], exposed: &[LabelToken]) -> bool {
        let Some(target) = &self.target else { return false };
        let mut conflicts = Vec::new();
        for (name, value) in &target.labels {
            // An exposed label without a value wins, too: the series then has none.
            let honored =
                target.honor && exposed.iter().any(|label| label.name.text(buffer) == *name);
            if honored {
                continue;
            }
            if let Some(value) = self.labels.get(name) {
                conflicts.push((name.clone(), value.to_owned()));
            }
            self.labels.set(name, value);
        }
        // Shorter names first, so that a label does not take the name that another one's prefix makes.
        conflicts.sort_by_key(|(name, _)| name.len());
        for (mut name, value) in conflicts {
            name.insert_str(0, EXPORTED);
            while self.labels.get(&name).is_some() {
                name.insert_str(0, EXPORTED);
            }
            self.labels.set(&name, &value);
        }
        !target.labels.is_empty()
    }
}

/// The label whose value Prometheus 3 rewrites for rules, if there is one.
const fn bound_label(compat: LabelCompat, kind: MetricKind) -> Option<&'static str> {
    match (compat, kind) {
        (LabelCompat::Prometheus3, MetricKind::Histogram) => Some("le"),
        (LabelCompat::Prometheus3, MetricKind::Summary) => Some("quantile"),
        _ => None,
    }
}
