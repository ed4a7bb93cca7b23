//! What the rules do to a payload.

use super::super::evidence::{Families, RuleTally, Tally};
use super::super::report::{Report, counted, list};
use super::super::subject::Subject;
use super::super::{Lint, Severity};
use crate::relabel::{Action, Field};

pub(super) fn check(subjects: &[Subject<'_>], tally: &Tally, report: &mut Report) {
    if tally.samples == 0 {
        return;
    }
    for (subject, counts) in subjects.iter().zip(&tally.by_rule) {
        if counts.matched == 0 {
            unmatched(subject, counts, tally.samples, report);
        } else {
            alternatives(subject, counts, report);
        }
        families(subject, counts, report);
    }
}

fn unmatched(subject: &Subject<'_>, counts: &RuleTally, samples: u64, report: &mut Report) {
    let said = [Lint::NeverMatches, Lint::Unreachable, Lint::Shadowed, Lint::KeepsNothing];
    let is_said = said.into_iter().any(|lint| report.has(lint, subject.index));
    // That the form of a bound is in the way has been said, too.
    if is_said || counts.stops.samples > 0 || is_behind_all(subject, report) {
        return;
    }
    let action = subject.step.action;
    let field = if matches!(action, Action::DropEqual | Action::KeepEqual) {
        Field::SourceLabels
    } else {
        Field::Regex
    };
    let hidden: u64 = counts.hidden.values().sum();
    let keeps = matches!(action, Action::Keep | Action::KeepEqual);
    let (lint, severity, message, remedy) = if hidden > 0 {
        let rules: Vec<_> = counts.hidden.keys().map(ToString::to_string).collect();
        let rules = format!("rule{} {}", if rules.len() == 1 { "" } else { "s" }, rules.join(", "));
        let hidden = counted(hidden, "sample");
        let effect = if keeps { "keeps nothing" } else { "finds nothing" };
        let message = format!("{effect} in the payload: {rules} dropped the {hidden} it matches");
        let lint = if keeps { Lint::KeepsNothing } else { Lint::Shadowed };
        let severity = if keeps { Severity::Unsafe } else { Severity::Notice };
        (lint, severity, message, "remove it, or mend the rule before it")
    } else if keeps && counts.reached > 0 {
        let dropped = counted(counts.reached, "sample");
        let message = format!("keeps nothing of the payload: all {dropped} are dropped");
        let remedy = "compare the expression with the names in the payload";
        (Lint::KeepsNothing, Severity::Unsafe, message, remedy)
    } else {
        let message = format!("matches none of the {} of the payload", counted(samples, "sample"));
        let remedy = "remove it if the component no longer has these metrics";
        (Lint::Unmatched, Severity::Notice, message, remedy)
    };
    report.add(report.finding(lint, severity, (subject.index, field), message, remedy));
}

/// Whether a rule before it has been found to drop everything.
fn is_behind_all(subject: &Subject<'_>, report: &Report) -> bool {
    let first = report.findings.iter().find(|finding| finding.lint == Lint::Unreachable);
    first.is_some_and(|first| first.rule <= Some(subject.index))
}

fn alternatives(subject: &Subject<'_>, counts: &RuleTally, report: &mut Report) {
    let said = |offset: usize| {
        report.findings.iter().any(|finding| {
            let dead = matches!(finding.lint, Lint::DeadAlternative | Lint::RepeatedAlternative);
            dead && finding.rule == Some(subject.index) && finding.offset == Some(offset)
        })
    };
    let pending = counts.pending.iter().map(|(alternative, _)| alternative);
    let pending: Vec<_> = pending.filter(|alternative| !said(alternative.offset)).collect();
    let Some(first) = pending.first() else { return };
    let texts: Vec<_> = pending.iter().map(|a| a.text.as_str()).collect();
    let message = format!("nothing in the payload matches {}", texts.join(", "));
    let remedy = "remove those that the component no longer has";
    let (lint, place) = (Lint::UnmatchedAlternative, (subject.index, Field::Regex));
    let finding = report.finding(lint, Severity::Notice, place, message, remedy);
    report.add(finding.at(Some(first.offset)).about(texts));
}

fn families(subject: &Subject<'_>, counts: &RuleTally, report: &mut Report) {
    let RuleTally { emptied, without_buckets, without_last_bucket, collided, .. } = counts;
    // To empty all families but some is what a keep rule is for.
    let keeps = matches!(subject.step.action, Action::Keep | Action::KeepEqual);
    let named = |f: &Families| list(&f.examples, f.count);
    let all = [
        (
            Lint::EmptiesFamily,
            Severity::Notice,
            emptied,
            !keeps,
            "drops all samples of",
            "make sure that no alert, recording rule or dashboard reads them",
        ),
        (
            Lint::CutsHistogram,
            Severity::Notice,
            without_buckets,
            true,
            "drops all buckets and not the sum and count of",
            "drop the whole histogram, or keep it whole if a quantile is asked for",
        ),
        (
            Lint::CutsHistogram,
            Severity::Unsafe,
            without_last_bucket,
            true,
            "drops the bucket +Inf, without which there are no quantiles, of",
            r#"let le="+Inf" through"#,
        ),
        (
            Lint::SeriesCollide,
            Severity::Unsafe,
            collided,
            true,
            "makes series the same that differed, of which the scrape takes one, in",
            "keep the labels that tell them apart",
        ),
    ];
    for (lint, severity, families, counts, does, remedy) in all {
        if families.count > 0 && counts {
            let what = counted(families.count, "family");
            let samples = counted(families.samples, "sample");
            let message = format!("{does} {what} of the payload ({samples}): {}", named(families));
            let place = (subject.index, Field::Regex);
            report.add(report.finding(lint, severity, place, message, remedy));
        }
    }
}
