//! Alternatives that nothing matches, or nothing that others do not match.

use std::ops::Range;

use super::super::alternatives::{Alternative, Choice};
use super::super::language::{Language, Search, search};
use super::super::report::Report;
use super::super::subject::Subject;
use super::super::{Lint, Severity};
use super::matches::{FOLDED, blank, what};
use crate::label::Quoted;
use crate::relabel::{Field, Pattern};

/// More alternatives than this in one expression are not looked at.
const MOST: usize = 256;

pub(super) fn check(subject: &Subject<'_>, report: &mut Report) {
    if subject.languages().is_none() || report.has(Lint::NeverMatches, subject.index) {
        return;
    }
    let text = subject.regex();
    // Outer groups first: what is in a dead alternative is dead, too.
    let choices: Vec<_> =
        Choice::all(text).iter().rev().map(|choice| choice.alternatives(text)).collect();
    if choices.iter().map(Vec::len).sum::<usize>() > MOST {
        return;
    }
    let mut dead: Vec<Range<usize>> = Vec::new();
    for mut choice in choices {
        choice.retain(|a| !dead.iter().any(|range| range.contains(&a.offset)));
        dead.extend(check_choice(subject, &choice, report));
    }
}

/// Says what is wrong with the alternatives of one group; where those stand that are to go.
fn check_choice(
    subject: &Subject<'_>,
    choice: &[Alternative],
    report: &mut Report,
) -> Vec<Range<usize>> {
    let mut out = Vec::new();
    let mut alive: Vec<(&Alternative, Language)> = Vec::new();
    for alternative in choice {
        let Some(language) = Language::parse(&alternative.alone) else { continue };
        let fault = dead(subject, alternative, &language)
            .or_else(|| repeated(subject, alternative, &language, &alive));
        match fault {
            Some((lint, severity, message, remedy)) => {
                let place = (subject.index, Field::Regex);
                let finding = report.finding(lint, severity, place, message, remedy);
                let at = alternative.offset;
                report.add(finding.at(Some(at)).about([alternative.text.as_str()]));
                out.push(at..at + alternative.text.len().max(1));
            }
            None => alive.push((alternative, language)),
        }
    }
    out
}

type Fault = (Lint, Severity, String, String);

fn dead(subject: &Subject<'_>, alternative: &Alternative, language: &Language) -> Option<Fault> {
    let plain = subject.plain.as_ref()?;
    if search(&[language, plain], &[]) != Search::Nothing {
        return None;
    }
    let (why, remedy) = if blank(&alternative.text).is_some() {
        (format!("needs whitespace, which {} never has", what(subject)), FOLDED)
    } else {
        ("can never match".to_owned(), "remove it, or compare it with a series it should match")
    };
    let message = format!("the alternative {} {why}", Quoted(&alternative.text));
    Some((Lint::DeadAlternative, Severity::Unsafe, message, remedy.to_owned()))
}

fn repeated(
    subject: &Subject<'_>,
    alternative: &Alternative,
    language: &Language,
    before: &[(&Alternative, Language)],
) -> Option<Fault> {
    let possible = subject.possible.as_ref()?;
    let Search::Found(example) = search(&[language, possible], &[]) else { return None };
    let example = String::from_utf8(example).ok()?;
    let covers = |(earlier, other): &&(&Alternative, Language)| {
        // Most are told apart by one example.
        Pattern::anchored(&earlier.alone).is_ok_and(|pattern| pattern.is_match(&example))
            && search(&[language, possible], &[other]) == Search::Nothing
    };
    let (earlier, _) = before.iter().find(covers)?;
    let text = Quoted(&alternative.text);
    let message = if earlier.text == alternative.text {
        format!("the alternative {text} is there twice")
    } else {
        format!(
            "the alternative {text} matches nothing that {} does not match",
            Quoted(&earlier.text)
        )
    };
    Some((Lint::RepeatedAlternative, Severity::Notice, message, "remove it".to_owned()))
}
