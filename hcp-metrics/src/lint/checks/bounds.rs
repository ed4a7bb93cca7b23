//! Rules that treat the two forms of a bound differently.

use super::super::evidence::{Forms, Tally};
use super::super::language::Language;
use super::super::report::{Report, counted};
use super::super::subject::Subject;
use super::super::{Finding, Lint, Severity};
use super::matches::blank;
use crate::exposition::normalise;
use crate::relabel::Field;

/// Whole numbers that buckets often end at.
const KNOWN: [u32; 40] = [
    0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 15, 20, 25, 30, 40, 45, 50, 60, 75, 90, 100, 120, 150, 180,
    200, 250, 256, 300, 500, 512, 600, 900, 1000, 1024, 2500, 3600, 4096, 5000, 10000,
];

const REMEDY: &str =
    r"write (\.0)? behind the whole numbers, as in (3|6)(\.0)?, so that both forms match";

pub(super) fn check(subject: &Subject<'_>, tally: Option<&Tally>, report: &mut Report) {
    let Some(source) = subject.bound() else { return };
    let tally = tally.and_then(|tally| tally.by_rule.get(subject.index));
    let [stops, starts] =
        tally.map_or([None, None], |tally| [Some(&tally.stops), Some(&tally.starts)]);
    let told = |forms: Option<&Forms>| forms.is_some_and(|forms| forms.samples > 0);
    if told(stops) || told(starts) {
        let found: Vec<_> = [(stops, true), (starts, false)]
            .into_iter()
            .filter_map(|(forms, stops)| counted_finding(subject, forms?, stops, report))
            .collect();
        for finding in found {
            report.add(finding);
        }
    } else {
        let (stops, starts) = differences(subject, source);
        for (bounds, is_stop) in [(stops, true), (starts, false)] {
            if !bounds.is_empty() {
                let found = finding(subject, &bounds, is_stop, "", report);
                report.add(found);
            }
        }
    }
}

/// What the payload shows.
fn counted_finding(
    subject: &Subject<'_>,
    forms: &Forms,
    stops: bool,
    report: &Report,
) -> Option<Finding> {
    if forms.samples == 0 {
        return None;
    }
    let mut bounds: Vec<_> = forms.bounds.iter().cloned().collect();
    bounds.sort_by(|a, b| number(a).total_cmp(&number(b)));
    let samples = format!(": {} of the payload", counted(forms.samples, "sample"));
    Some(finding(subject, &bounds, stops, &samples, report))
}

fn finding(
    subject: &Subject<'_>,
    bounds: &[String],
    stops: bool,
    samples: &str,
    report: &Report,
) -> Finding {
    let label = &subject.step.sources[subject.bound().unwrap_or(0)];
    let bounds = bounds.join(", ");
    let (severity, message) = if stops {
        let message = format!(
            "no longer matches {label} {bounds} with Prometheus 3, which shows 3 as 3.0{samples}"
        );
        (Severity::Unsafe, message)
    } else {
        let message = format!(
            "matches {label} {bounds} only with Prometheus 3, which shows 3 as 3.0{samples}"
        );
        (Severity::Notice, message)
    };
    let place = (subject.index, Field::Regex);
    report.finding(Lint::BoundForm, severity, place, message, REMEDY)
}

/// Bounds that match before the change of form and not behind it, and the other way round: proved for the bounds that are known or stand
/// in the expression.
fn differences(subject: &Subject<'_>, source: usize) -> (Vec<String>, Vec<String>) {
    let nothing = (Vec::new(), Vec::new());
    if source + 1 != subject.step.sources.len() {
        return nothing;
    }
    // What is wrong besides stray whitespace is worth knowing, too.
    let mended: String = subject.regex().chars().filter(|c| !c.is_whitespace()).collect();
    let parsed = blank(subject.regex()).and_then(|_| Language::parse(&mended));
    let Some(language) = parsed.as_ref().or(subject.language.as_ref()) else { return nothing };
    let states = subject.values_before(source).and_then(|before| language.states_behind(&before));
    let (mut stops, mut starts) = nothing;
    for bound in candidates(subject.regex()) {
        let mut form = String::new();
        let Some(form) = normalise(&bound, &mut form).filter(|form| *form != bound) else {
            continue;
        };
        for state in states.iter().flatten() {
            let [raw, new] =
                [&*bound, form].map(|text| language.accepts_after(*state, text.as_bytes()));
            let list = if raw { &mut stops } else { &mut starts };
            // `0\.[0-9]+` is not about 0.
            let meant = raw || is_written(subject.regex(), &bound);
            if raw != new && meant && list.last() != Some(&bound) {
                list.push(bound.clone());
            }
        }
    }
    (stops, starts)
}

/// Whether the expression has the number in the form of Prometheus 3.
fn is_written(regex: &str, bound: &str) -> bool {
    [".0", r"\.0", "[.]0"].iter().any(|ending| regex.contains(&[bound, ending].concat()))
}

/// Whole numbers, in their order.
fn candidates(regex: &str) -> Vec<String> {
    let written = regex.split(|c: char| !c.is_ascii_digit());
    let written =
        written.filter(|digits| digits.len() < 7).filter_map(|digits| digits.parse().ok());
    let mut all: Vec<u32> = KNOWN.into_iter().chain(written).collect();
    all.sort_unstable();
    all.dedup();
    all.iter().map(ToString::to_string).collect()
}

fn number(text: &str) -> f64 {
    text.parse().unwrap_or(f64::NAN)
}
