//! A rule, and the values it can be shown.

use super::language::Language;
use crate::label::METRIC_NAME;
use crate::relabel::{Action, Rule, Rules, Step};

/// What no metric name and no bound has.
const BLANK: &str = r"\x00-\x20\x7f";

/// A compiled rule with what is known of it before any series is seen.
#[derive(Debug)]
pub(super) struct Subject<'a> {
    pub(super) index: usize,
    pub(super) rule: &'a Rule,
    pub(super) step: &'a Step,
    /// What its expression matches; none if it has none, or that is too large to look at.
    pub(super) language: Option<Language>,
    /// Every value that labels can make.
    pub(super) possible: Option<Language>,
    /// The same, if names and bounds are without whitespace; nothing less than `possible` if a rule before could have
    /// changed that.
    pub(super) plain: Option<Language>,
    /// The first of the rules right before it that change none of its sources.
    pub(super) since: usize,
}

impl<'a> Subject<'a> {
    /// All rules of a list.
    pub(super) fn all(rules: &'a Rules) -> Vec<Self> {
        let steps = rules.steps();
        let subject = |(index, rule)| Self::new(index, rule, steps);
        rules.rules().iter().enumerate().map(subject).collect()
    }

    fn new(index: usize, rule: &'a Rule, steps: &'a [Step]) -> Self {
        let step = &steps[index];
        let changed = steps[..index].iter().rposition(|earlier| may_change(earlier, step));
        let language = matches_expression(step.action).then(|| Language::of(&step.pattern));
        let possible = Language::parse(&possible(step));
        let plain = match changed {
            Some(_) => possible.clone(),
            None => Language::parse(&plain(step)),
        };
        let since = changed.map_or(0, |changed| changed + 1);
        Self { index, rule, step, language: language.flatten(), possible, plain, since }
    }

    /// The expression as it is written.
    pub(super) fn regex(&self) -> &'a str {
        self.rule.regex.as_deref().unwrap_or("(.*)")
    }

    /// Its expression, its plain values and what it can be shown at all, if all are known.
    pub(super) fn languages(&self) -> Option<(&Language, &Language, &Language)> {
        Some((self.language.as_ref()?, self.plain.as_ref()?, self.possible.as_ref()?))
    }

    pub(super) fn is(&self, action: Action) -> bool {
        self.step.action == action
    }

    /// Which of its sources is the bound of a bucket or a quantile.
    pub(super) fn bound(&self) -> Option<usize> {
        matches!(self.step.action, Action::Drop | Action::Keep | Action::Replace)
            .then(|| self.step.sources.iter().position(|name| is_bound(name)))
            .flatten()
    }

    /// All the values of the first sources, each with the separator behind it.
    pub(super) fn values_before(&self, source: usize) -> Option<Language> {
        let separator = quote(&self.step.separator);
        let before = self.step.sources[..source].iter();
        let text: String =
            before.map(|name| plain_value(name, &self.step.separator) + &separator).collect();
        Language::parse(&text)
    }

    /// What its expression matches, as values of another rule that looks at the same labels first and perhaps at more.
    pub(super) fn widened_to(&self, other: &Self) -> Option<Language> {
        let (own, wider) = (&self.step.sources, &other.step.sources);
        if own == wider && (own.len() < 2 || self.step.separator == other.step.separator) {
            return self.language.clone();
        }
        // The end of the shorter value must be seen in the longer one.
        let told_apart =
            is_told_apart(&other.step.separator) && own.iter().all(|name| &**name == METRIC_NAME);
        if own.is_empty() || !told_apart || !wider.starts_with(own) || own.len() > 1 {
            return None;
        }
        Language::parse(&format!("(?:{}){}.*", self.regex(), quote(&other.step.separator)))
    }
}

/// Whether the expression of such a rule decides anything.
pub(super) const fn matches_expression(action: Action) -> bool {
    matches!(action, Action::Drop | Action::Keep | Action::Replace) || matches_names(action)
}

/// Whether the expression is matched with names of labels.
pub(super) const fn matches_names(action: Action) -> bool {
    matches!(action, Action::LabelMap | Action::LabelDrop | Action::LabelKeep)
}

/// Whether the label holds a number that Prometheus 3 writes anew.
pub(super) fn is_bound(label: &str) -> bool {
    matches!(label, "le" | "quantile")
}

/// Whether `earlier` may change what `later` looks at.
fn may_change(earlier: &Step, later: &Step) -> bool {
    match earlier.action {
        action if action.is_filter() => false,
        _ if matches_names(later.action) => true,
        action if matches_names(action) => true,
        _ => earlier.target.contains('$') || later.sources.contains(&earlier.target),
    }
}

fn possible(step: &Step) -> String {
    if matches_names(step.action) {
        return "(?s:.+)".to_owned();
    }
    let values: Vec<_> = step.sources.iter().map(|_| "(?s:.*)").collect();
    values.join(&quote(&step.separator))
}

fn plain(step: &Step) -> String {
    if matches_names(step.action) {
        return format!("[^{BLANK}]+");
    }
    let values: Vec<_> =
        step.sources.iter().map(|name| plain_value(name, &step.separator)).collect();
    values.join(&quote(&step.separator))
}

fn plain_value(name: &str, separator: &str) -> String {
    let not = if is_told_apart(separator) { quote(separator) } else { String::new() };
    match name {
        METRIC_NAME => format!("[^{BLANK}{not}]+"),
        name if is_bound(name) => format!("[^{BLANK}]*"),
        _ => "(?s:.*)".to_owned(),
    }
}

/// Whether the separator is a character that no metric name has.
fn is_told_apart(separator: &str) -> bool {
    matches!(separator, ";" | "," | "|" | "@" | "#" | "&" | "=")
}

/// The text as an expression for itself.
fn quote(text: &str) -> String {
    let escape = |c: char| match c {
        c if c.is_ascii_punctuation() => format!("\\{c}"),
        c => c.to_string(),
    };
    text.chars().map(escape).collect()
}
