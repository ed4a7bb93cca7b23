//! Fields that Prometheus takes and does not look at.

use super::super::report::Report;
use super::super::subject::Subject;
use super::super::{Lint, Severity};
use crate::relabel::{Action, Field};

pub(super) fn check(subject: &Subject<'_>, report: &mut Report) {
    let action = subject.step.action;
    for field in ignored(subject) {
        let message = format!("has no meaning for {action}");
        let remedy = match field {
            Field::Separator => "remove it, or name the labels whose values it is to stand between",
            _ => "remove it, or write the action that was meant",
        };
        let place = (subject.index, field);
        report.add(report.finding(Lint::IgnoredField, Severity::Notice, place, message, remedy));
    }
}

/// The fields that are written and never read. What is written with its default is nobody's mistake.
fn ignored(subject: &Subject<'_>) -> impl Iterator<Item = Field> {
    let (rule, action) = (subject.rule, subject.step.action);
    let differs =
        |given: &Option<String>, default: &str| given.as_deref().is_some_and(|t| t != default);
    let decides = matches!(action, Action::Drop | Action::Keep);
    let maps = action == Action::LabelMap;
    let no_regex = matches!(action, Action::HashMod | Action::Lowercase | Action::Uppercase);
    let few = rule.source_labels.as_ref().is_none_or(|names| names.len() < 2);
    let sources = rule.source_labels.as_ref().is_some_and(|names| !names.is_empty());
    [
        (Field::SourceLabels, maps && sources),
        (Field::Separator, few && differs(&rule.separator, ";")),
        (Field::Regex, no_regex && differs(&rule.regex, "(.*)")),
        (Field::Modulus, action != Action::HashMod && rule.modulus != 0),
        (Field::TargetLabel, (decides || maps) && !rule.target_label.is_empty()),
        (
            Field::Replacement,
            (decides || action == Action::HashMod) && differs(&rule.replacement, "$1"),
        ),
    ]
    .into_iter()
    .filter_map(|(field, ignored)| ignored.then_some(field))
}
