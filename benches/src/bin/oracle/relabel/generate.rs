//! Random rules and label sets.
//!
//! Most lists are meant to be accepted, so that evaluation is reached; in the others every field may hold anything.

use hcp_metrics::NameScheme;

use super::case::{Case, LabelSet, RawRule, Regex};
use super::words::{
    ATOMS, GOOD_TARGETS, NAMES, ODD_ACTIONS, ODD_NAMES, ODD_REGEXES, ODD_VALUES, REPEATS,
    SEPARATORS, TEMPLATE_PARTS, VALUES,
};
use crate::rng::Rng;

/// The actions in Prometheus' spelling.
const ACTIONS: &[&str] = &[
    "replace",
    "keep",
    "drop",
    "keepequal",
    "dropequal",
    "hashmod",
    "labelmap",
    "labeldrop",
    "labelkeep",
    "lowercase",
    "uppercase",
];

/// Label sets that one list of rules is applied to: reading the rules is the dear part.
const SETS: usize = 10;

/// Makes a request.
pub(crate) fn case(rng: &mut Rng) -> Case {
    let scheme = if rng.chance(35) { NameScheme::Legacy } else { NameScheme::Utf8 };
    let wild = rng.chance(20);
    let rules = if rng.chance(45) { 1 } else { 1 + rng.below(6) };
    let rules = (0..rules).map(|_| if wild { wild_rule(rng) } else { good_rule(rng) }).collect();
    Case { rules, scheme, labels: (0..SETS).map(|_| label_set(rng)).collect() }
}

fn label_set(rng: &mut Rng) -> LabelSet {
    let mut set = LabelSet::new();
    if rng.chance(80) {
        set.push(("__name__".to_owned(), value(rng)));
    }
    for _ in 0..rng.below(7) {
        let name = name(rng);
        if set.iter().all(|(known, _)| *known != name) {
            set.push((name, value(rng)));
        }
    }
    set
}

/// A name that is not empty; valid in UTF-8.
fn name(rng: &mut Rng) -> String {
    rng.either(75, NAMES, ODD_NAMES).to_owned()
}

fn value(rng: &mut Rng) -> String {
    match rng.below(10) {
        0..=4 => rng.pick(VALUES).to_owned(),
        5..=6 => rng.pick(ODD_VALUES).to_owned(),
        7 => rng.pick(NAMES).to_owned(),
        _ => {
            let parts = 1 + rng.below(4);
            (0..parts).map(|_| rng.either(60, VALUES, ODD_VALUES)).collect()
        }
    }
}

/// A rule that is meant to be accepted: its action's fields, and no others.
fn good_rule(rng: &mut Rng) -> RawRule {
    let action = rng.pick(ACTIONS);
    let mut rule = RawRule { action: Some(action.to_owned()), ..RawRule::default() };
    if action == "replace" && rng.chance(20) {
        rule.action = None;
    } else if rng.chance(5) {
        rule.action = Some(action.to_uppercase());
    }
    if matches!(action, "labeldrop" | "labelkeep" | "labelmap") {
        rule.regex = some(rng, 95, name_regex);
        if action == "labelmap" {
            rule.replacement = some(rng, 70, good_target);
        }
        return rule;
    }
    rule.source_labels = some(rng, 90, sources);
    if matches!(action, "keepequal" | "dropequal") {
        rule.target_label = Some(name(rng));
        return rule;
    }
    rule.separator = some(rng, 30, |rng| rng.pick(SEPARATORS).to_owned());
    match action {
        "keep" | "drop" => rule.regex = some(rng, 90, value_regex),
        "hashmod" => rule.modulus = Some(modulus(rng).max(1)),
        "replace" => {
            rule.regex = some(rng, 70, value_regex);
            rule.replacement = some(rng, 70, template);
        }
        _ => {}
    }
    rule.target_label = Some(if action == "replace" { good_target(rng) } else { name(rng) });
    rule
}

/// A rule with anything anywhere.
fn wild_rule(rng: &mut Rng) -> RawRule {
    RawRule {
        action: some(rng, 90, |rng| rng.either(85, ACTIONS, ODD_ACTIONS).to_owned()),
        source_labels: some(rng, 60, |rng| {
            if rng.chance(10) { vec![String::new()] } else { sources(rng) }
        }),
        separator: some(rng, 20, |rng| rng.pick(SEPARATORS).to_owned()),
        regex: some(rng, 60, |rng| if rng.chance(10) { Regex::Null } else { value_regex(rng) }),
        modulus: some(rng, 30, modulus),
        target_label: some(rng, 70, |rng| match rng.below(4) {
            0 => String::new(),
            1 => template(rng),
            2 => good_target(rng),
            _ => name(rng),
        }),
        replacement: some(
            rng,
            30,
            |rng| if rng.chance(30) { "$1".to_owned() } else { template(rng) },
        ),
    }
}

fn some<T>(rng: &mut Rng, percent: usize, make: impl FnOnce(&mut Rng) -> T) -> Option<T> {
    rng.chance(percent).then(|| make(rng))
}

/// Mostly few, seldom more than the 16 that Prometheus has room for on its stack.
fn sources(rng: &mut Rng) -> Vec<String> {
    let count = if rng.chance(2) { rng.below(20) } else { rng.below(4) };
    (0..count).map(|_| name(rng)).collect()
}

fn modulus(rng: &mut Rng) -> u64 {
    match rng.below(4) {
        0 => rng.below(4) as u64,
        1 => 1 << rng.below(64),
        2 => u64::MAX,
        _ => rng.next(),
    }
}

fn good_target(rng: &mut Rng) -> String {
    rng.pick(GOOD_TARGETS).to_owned()
}

fn template(rng: &mut Rng) -> String {
    let parts = rng.below(5);
    (0..parts).map(|_| rng.pick(TEMPLATE_PARTS)).collect()
}

/// A regular expression that has a chance with names.
fn name_regex(rng: &mut Rng) -> Regex {
    let text = match rng.below(6) {
        0 => format!("({})(.*)", rng.pick(NAMES)),
        1 => format!("{}|{}", rng.pick(NAMES), rng.pick(NAMES)),
        2 => format!("[{}-z](.*)", rng.pick(&["a", "b", "_"])),
        3 => "(.)(.*)".to_owned(),
        4 => rng.pick(NAMES).to_owned(),
        _ => return value_regex(rng),
    };
    Regex::Text(text)
}

/// Any regular expression; many match something.
fn value_regex(rng: &mut Rng) -> Regex {
    let mut text = match rng.below(10) {
        0..=3 => rng.pick(ODD_REGEXES).to_owned(),
        4..=6 => expression(rng, 3),
        7 => format!("({}|{}).*", rng.pick(VALUES), rng.pick(VALUES)),
        8 => format!("(.*){}(.*)", rng.pick(SEPARATORS)),
        _ => format!("{}{}", rng.pick(ODD_REGEXES), rng.pick(ODD_REGEXES)),
    };
    if rng.chance(4) {
        damage(rng, &mut text);
    }
    Regex::Text(text)
}

/// An expression put together as the grammar has it.
fn expression(rng: &mut Rng, depth: usize) -> String {
    let inner = |rng: &mut Rng| expression(rng, depth.saturating_sub(1));
    match if depth == 0 { 0 } else { rng.below(9) } {
        0 | 1 => rng.pick(ATOMS).to_owned(),
        2 | 3 => format!("{}{}", inner(rng), inner(rng)),
        4 => format!("{}|{}", inner(rng), inner(rng)),
        5 => format!("({})", inner(rng)),
        6 => format!("(?:{}){}", inner(rng), rng.pick(REPEATS)),
        7 => format!("(?P<{}>{})", rng.pick(&["x", "y", "name", "_", "x1"]), inner(rng)),
        _ => format!("{}{}", inner(rng), rng.pick(REPEATS)),
    }
}

/// Removes, doubles or exchanges a character.
fn damage(rng: &mut Rng, text: &mut String) {
    let mut chars: Vec<char> = text.chars().collect();
    if chars.is_empty() {
        return;
    }
    let at = rng.below(chars.len());
    let other = chars[rng.below(chars.len())];
    match rng.below(3) {
        0 => drop(chars.remove(at)),
        1 => chars.insert(at, other),
        _ => chars[at] = other,
    }
    *text = chars.into_iter().collect();
}
