//! Rules that remove the name of the metric.

use super::super::report::Report;
use super::super::subject::{Subject, matches_names};
use super::super::{Lint, Severity};
use crate::label::METRIC_NAME;
use crate::relabel::{Action, Field};

pub(super) fn check(subject: &Subject<'_>, all: &[Subject<'_>], report: &mut Report) {
    let removes = match subject.step.action {
        Action::LabelDrop => subject.step.pattern.is_match(METRIC_NAME),
        Action::LabelKeep => !subject.step.pattern.is_match(METRIC_NAME),
        _ => false,
    };
    // Some rule behind it may give a name again.
    let gives = |later: &Subject<'_>| {
        let step = later.step;
        let sets = !step.action.is_filter() && !matches_names(step.action);
        later.is(Action::LabelMap)
            || (sets && (&*step.target == METRIC_NAME || step.target.contains('$')))
    };
    if !removes || all[subject.index + 1..].iter().any(gives) {
        return;
    }
    let (message, remedy) = if subject.is(Action::LabelDrop) {
        (
            "removes __name__, with which the scrape fails",
            "write the names of the labels that are to go",
        )
    } else {
        (
            "does not keep __name__, with which the scrape fails",
            "add __name__ to the names that stay",
        )
    };
    let place = (subject.index, Field::Regex);
    report.add(report.finding(Lint::DropsName, Severity::Unsafe, place, message, remedy));
}
