//! Rules that match no series at all.

use super::super::language::{Search, search};
use super::super::report::Report;
use super::super::subject::{Subject, matches_names};
use super::super::{Lint, Severity};
use crate::relabel::{Action, Field};

/// What to do about whitespace.
pub(super) const FOLDED: &str = "write the expression in one line, without whitespace: a line break within quotes, or in a \
     folded block, becomes a space";

pub(super) fn check(subject: &Subject<'_>, report: &mut Report) {
    let Some((language, plain, possible)) = subject.languages() else { return };
    let (why, remedy, offset) = if search(&[language, possible], &[]) == Search::Nothing {
        let (why, remedy) = proof(subject, search(&[language], &[]) == Search::Nothing);
        (why, remedy.to_owned(), None)
    } else if search(&[language, plain], &[]) == Search::Nothing {
        if let Some(at) = blank(subject.regex()) {
            let what = what(subject);
            let why = format!("matches only values with whitespace, which {what} never has");
            (why, FOLDED.to_owned(), Some(at))
        } else {
            let why = "matches only values that no series has".to_owned();
            (why, "compare the expression with a series it should match".to_owned(), None)
        }
    } else {
        return;
    };
    let effect = match subject.step.action {
        Action::Drop => "it drops nothing",
        Action::Keep => "it drops everything",
        Action::LabelKeep => "it removes every label",
        _ => "it changes nothing",
    };
    let place = (subject.index, Field::Regex);
    let message = format!("{why}, so that {effect}");
    let finding =
        report.finding(Lint::NeverMatches, Severity::Unsafe, place, message, remedy).at(offset);
    report.add(finding);
}

/// Why no labels whatsoever match.
fn proof(subject: &Subject<'_>, no_text: bool) -> (String, &'static str) {
    let sources = subject.step.sources.len();
    if no_text {
        return (
            "matches no text at all".to_owned(),
            "write what is to be matched; ^$ for no value",
        );
    }
    if sources == 0 {
        let why = "matches only a text, but there are no source labels to have one".to_owned();
        return (why, "name the labels whose values are to be matched");
    }
    let separator = &subject.step.separator;
    let why = format!(
        "does not match the {} that stand{} between {sources} values",
        if sources == 2 {
            format!("{separator:?}")
        } else {
            format!("{} {separator:?}", sources - 1)
        },
        if sources == 2 { "s" } else { "" },
    );
    (why, "write the separator where one value ends and the next begins")
}

/// What it is that is without whitespace.
pub(super) fn what(subject: &Subject<'_>) -> &'static str {
    if matches_names(subject.step.action) {
        "the name of a label"
    } else if subject.bound().is_some() {
        "a metric name or the bound of a bucket"
    } else {
        "a metric name"
    }
}

/// Where whitespace or a control character stands.
pub(super) fn blank(text: &str) -> Option<usize> {
    text.bytes().position(|byte| byte <= b' ' || byte == 0x7f)
}
