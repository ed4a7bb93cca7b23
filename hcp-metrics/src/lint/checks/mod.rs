//! The checks: one file for each thing that can be wrong.

mod alternatives;
mod bounds;
mod fields;
mod matches;
mod names;
mod order;
mod payload;

use super::Finding;
use super::evidence::Tally;
use super::report::Report;
use super::subject::Subject;
use crate::relabel::Rules;
use crate::sets::Component;

/// Everything there is to say about a list of rules.
pub(super) fn all(
    rules: &Rules,
    component: Option<Component>,
    tally: Option<&Tally>,
) -> Vec<Finding> {
    let subjects = Subject::all(rules);
    let mut report = Report::new(component);
    for subject in &subjects {
        fields::check(subject, &mut report);
        names::check(subject, &subjects, &mut report);
        matches::check(subject, &mut report);
        alternatives::check(subject, &mut report);
        bounds::check(subject, tally, &mut report);
    }
    order::check(&subjects, &mut report);
    if let Some(tally) = tally {
        payload::check(&subjects, tally, &mut report);
    }
    report.finish()
}
