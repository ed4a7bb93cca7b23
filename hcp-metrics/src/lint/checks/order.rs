//! Rules that the rules before them leave nothing to do.

use super::super::language::{Language, Search, search};
use super::super::report::Report;
use super::super::subject::Subject;
use super::super::{Lint, Severity};
use crate::relabel::{Action, Field};

/// More rules than this before a rule are not looked at together.
const MOST_TOGETHER: usize = 16;
/// More rules than this before a rule are not looked at one by one.
const MOST: usize = 128;

/// A rule before another one, in terms of that one's values.
struct Earlier {
    index: usize,
    action: Action,
    language: Language,
}

pub(super) fn check(all: &[Subject<'_>], report: &mut Report) {
    for subject in all {
        if drops_everything(subject, report) {
            unreachable(subject.index, all.len(), report);
            return;
        }
        if !report.has(Lint::NeverMatches, subject.index) {
            compare(subject, all, report);
        }
    }
}

fn drops_everything(subject: &Subject<'_>, report: &Report) -> bool {
    let all_match = || {
        let (Some(language), Some(possible)) = (&subject.language, &subject.possible) else {
            return false;
        };
        search(&[possible], &[language]) == Search::Nothing
    };
    (subject.is(Action::Keep) && report.has(Lint::NeverMatches, subject.index))
        || (subject.is(Action::Drop) && all_match())
}

fn unreachable(index: usize, len: usize, report: &mut Report) {
    let behind = match len - index - 1 {
        0 => return,
        1 => "is never reached".to_owned(),
        2 => format!("is never reached, nor is rule {}", index + 2),
        more => format!("is never reached, nor are the {} rules behind it", more - 1),
    };
    let message = format!("{behind}: rule {index} drops everything");
    let remedy = format!("remove what is behind rule {index}, or mend that rule");
    let place = (index + 1, Field::Action);
    report.add(report.finding(Lint::Unreachable, Severity::Unsafe, place, message, remedy));
}

fn compare(subject: &Subject<'_>, all: &[Subject<'_>], report: &mut Report) {
    let Some((language, plain, _)) = subject.languages() else { return };
    let before = &all[subject.since..subject.index];
    if before.len() > MOST {
        return;
    }
    let view = |earlier: &Subject<'_>| {
        let filters = earlier.is(Action::Drop) || earlier.is(Action::Keep);
        let language = filters.then(|| earlier.widened_to(subject)).flatten()?;
        Some(Earlier { index: earlier.index, action: earlier.step.action, language })
    };
    let earlier: Vec<_> = before.iter().filter_map(view).collect();
    let found = match subject.step.action {
        Action::Drop => nothing_left(language, plain, &earlier).map(|by| {
            let message = format!("drops nothing: {by}");
            (Lint::Shadowed, Severity::Notice, message)
        }),
        Action::Keep => nothing_left(language, plain, &earlier)
            .map(|by| {
                let message = format!("keeps nothing: {by}");
                (Lint::KeepsNothing, Severity::Unsafe, message)
            })
            .or_else(|| {
                let by = earlier.iter().find(|earlier| {
                    earlier.action == Action::Keep
                        && search(&[&earlier.language, plain], &[language]) == Search::Nothing
                })?;
                let message = format!("drops nothing: it keeps all that rule {} keeps", by.index);
                Some((Lint::Shadowed, Severity::Notice, message))
            }),
        _ => None,
    };
    if let Some((lint, severity, message)) = found {
        let place = (subject.index, Field::Regex);
        let remedy = "remove it, or mend the rule before it";
        report.add(report.finding(lint, severity, place, message, remedy));
    }
}

/// Why nothing that the rule matches comes so far.
fn nothing_left(language: &Language, plain: &Language, earlier: &[Earlier]) -> Option<String> {
    let one = earlier.iter().find_map(|earlier| {
        let Earlier { index, action, language: other } = earlier;
        if *action == Action::Drop {
            let covered = search(&[language, plain], &[other]) == Search::Nothing;
            return covered.then(|| format!("rule {index} has dropped all that it matches"));
        }
        let apart = search(&[language, plain, other], &[]) == Search::Nothing;
        apart.then(|| format!("rule {index} keeps nothing that it matches"))
    });
    if one.is_some() || !(2..=MOST_TOGETHER).contains(&earlier.len()) {
        return one;
    }
    let of = |action| {
        earlier.iter().filter(move |e| e.action == action).map(|earlier| &earlier.language)
    };
    let in_all: Vec<_> = [language, plain].into_iter().chain(of(Action::Keep)).collect();
    let in_none: Vec<_> = of(Action::Drop).collect();
    (search(&in_all, &in_none) == Search::Nothing).then(|| {
        let [first, last] = [earlier.first(), earlier.last()].map(|e| e.map_or(0, |e| e.index));
        format!("rules {first} to {last} together leave nothing that it matches")
    })
}
