//! What must hold of checks whatever the rules and the payload.

use hcp_metrics::Labels;
use hcp_metrics::exposition::Format;
use hcp_metrics::lint::{Finding, Lint, Linter, lint};
use hcp_metrics::relabel::{Action, Rule, Rules, Verdict};
use proptest::prelude::*;

fn regex() -> impl Strategy<Value = String> {
    let piece = prop::sample::select(
        &[
            "a",
            "b",
            "ab",
            "a.*",
            ".*",
            ".+",
            "(a|b)",
            "(a|ab|b)",
            "(a| b)",
            " ",
            ";",
            "[^;]*",
            "3",
            "3.0",
            r"\.0",
            "(3|6)",
            r"(\.0)?",
            "a$",
            "^b",
            r"\b",
            "(?i)A",
            "x{0}",
            "(a|b)*",
            "|",
            r"[^\x00-\x{10FFFF}]",
            "é",
            "__name__",
            "le",
        ][..],
    );
    prop_oneof![
        prop::collection::vec(piece, 0..6).prop_map(|pieces| pieces.concat()),
        "[ab|()*?;. \\[\\]\\\\Q^$]{0,12}",
    ]
}

fn rule() -> impl Strategy<Value = Rule> {
    let any = prop::collection::vec(prop::sample::select(&["__name__", "le", "a"][..]), 0..3);
    // Rules that look at the same labels are those that can shadow each other.
    let sources =
        prop_oneof![3 => Just(vec!["__name__"]), 1 => Just(vec!["__name__", "le"]), 1 => any];
    let separator =
        prop::sample::select(&[None, None, None, None, Some(""), Some("a"), Some("_")][..]);
    let action = prop_oneof![
        4 => Just(Action::Drop),
        2 => Just(Action::Keep),
        2 => prop::sample::select(&Action::ALL[..]),
    ];
    let target = prop::sample::select(&["", "__name__", "a", "le", "${1}"][..]);
    (action, sources, regex(), separator, target).prop_map(
        |(action, sources, regex, separator, target)| {
            let names = matches!(action, Action::LabelDrop | Action::LabelKeep);
            let equal = matches!(action, Action::DropEqual | Action::KeepEqual);
            let mut rule = Rule::new(action);
            if !names {
                rule = rule.with_source_labels(sources).with_target_label(target);
            }
            if !equal {
                rule = rule.with_regex(regex);
            }
            if let Some(separator) = separator.filter(|_| !names && !equal) {
                rule = rule.with_separator(separator);
            }
            if action == Action::HashMod { rule.with_modulus(3) } else { rule }
        },
    )
}

fn name() -> impl Strategy<Value = String> {
    prop_oneof![
        prop::sample::select(&["a", "b", "ab", "aab", "abb", "a3", "A", "é"][..])
            .prop_map(str::to_owned),
        "[abxé3.]{1,4}",
    ]
}

fn labels() -> impl Strategy<Value = Labels> {
    let bound = prop::sample::select(&["", "3", "3.0", "6", "0.3", "+Inf", "a", ";", "b;a"][..]);
    (name(), bound, "[ab; _3]{0,3}").prop_map(|(name, le, a)| {
        [("__name__", name.as_str()), ("le", le), ("a", &a)].into_iter().collect()
    })
}

fn of(findings: &[Finding], lint: Lint) -> Vec<usize> {
    findings
        .iter()
        .filter(|finding| finding.lint == lint)
        .filter_map(|finding| finding.rule)
        .collect()
}

/// The rules but for one.
fn without(rules: &[Rule], index: usize) -> Vec<Rule> {
    let mut rules = rules.to_vec();
    rules.remove(index);
    rules
}

/// What is left of the labels of a series that stays.
fn outcome(rules: &Rules, labels: &Labels) -> Option<Labels> {
    let mut labels = labels.clone();
    (rules.apply(&mut labels) == Verdict::Keep).then_some(labels)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(800))]

    #[test]
    fn what_is_proved_holds_for_all_series(
        rules in prop::collection::vec(rule(), 1..5),
        series in prop::collection::vec(labels(), 1..24),
    ) {
        let Ok(compiled) = Rules::compile(&rules) else { return Ok(()) };
        let findings = lint(&compiled);
        let same = |other: &[Rule]| {
            let other = Rules::compile(other).unwrap();
            series.iter().find(|labels| outcome(&compiled, labels) != outcome(&other, labels)).cloned()
        };
        let nothing_passes = |index: usize| {
            let dropped = |labels: &Labels| outcome(&compiled, labels).is_none();
            prop_assert!(series.iter().all(dropped), "{:?} {}", rules, index);
            Ok(())
        };
        for index in [Lint::NeverMatches, Lint::Shadowed].into_iter().flat_map(|lint| of(&findings, lint)) {
            match rules[index].action {
                Action::Keep if of(&findings, Lint::NeverMatches).contains(&index) => nothing_passes(index)?,
                // It removes every label; a rule behind it may set some.
                Action::LabelKeep => {}
                _ => prop_assert_eq!(same(&without(&rules, index)), None, "{:?} {}", rules, index),
            }
        }
        for index in of(&findings, Lint::KeepsNothing) {
            nothing_passes(index)?;
        }
        for index in of(&findings, Lint::Unreachable) {
            prop_assert_eq!(same(&rules[..index]), None, "{:?} {}", rules, index);
        }
    }

    #[test]
    fn an_alternative_that_is_dead_or_repeated_can_go(
        branches in prop::collection::vec(regex(), 2..5),
        wide in any::<bool>(),
        series in prop::collection::vec(labels(), 1..24),
    ) {
        let list = |branches: &[String]| {
            let regex = format!("(?:{})", branches.join("|"));
            let rule = Rule::drop_names(regex);
            Rules::compile(&[if wide { rule.with_source_labels(["__name__", "le"]) } else { rule }])
        };
        let Ok(rules) = list(&branches) else { return Ok(()) };
        let findings = lint(&rules);
        for finding in &findings {
            if !matches!(finding.lint, Lint::DeadAlternative | Lint::RepeatedAlternative) {
                continue;
            }
            let regex = rules.rules()[0].regex.clone().unwrap();
            let at = finding.offset.unwrap();
            let text = &finding.alternatives[0];
            prop_assert!(regex[at..].starts_with(text.as_str()));
            // A class without members stands for the alternative that is gone.
            let none = [&regex[..at], r"[^\x00-\x{10FFFF}]", &regex[at + text.len()..]].concat();
            let mut rule = rules.rules()[0].clone();
            rule.regex = Some(none);
            let Ok(other) = Rules::compile(&[rule]) else { continue };
            for labels in &series {
                prop_assert_eq!(outcome(&rules, labels), outcome(&other, labels), "{:?} {}", regex, finding);
            }
        }
    }

    #[test]
    fn whatever_the_payload_and_however_it_is_cut_the_findings_are_the_same(
        rules in prop::collection::vec(rule(), 0..4),
        lines in prop::collection::vec(prop_oneof![
            4 => (name(), "[ab]{0,2}", "(1|3|3.0|\\+Inf)")
                .prop_map(|(name, a, le)| format!("{{\"{name}\",a=\"{a}\",le=\"{le}\"}} 1\n")),
            1 => "(# TYPE [ab]{1,2} (histogram|counter|gauge)\n)",
            1 => "[ab{}\"=, 1\n#]{0,10}",
        ], 0..12),
        cut in any::<prop::sample::Index>(),
    ) {
        let Ok(rules) = Rules::compile(&rules) else { return Ok(()) };
        let text = lines.concat();
        let (head, tail) = text.as_bytes().split_at(cut.index(text.len() + 1));
        let whole = {
            let mut evidence = Linter::new(rules.clone()).evidence(Format::Text);
            evidence.observe(text.as_bytes()).and_then(|()| evidence.finish())
        };
        let mut evidence = Linter::new(rules).evidence(Format::Text);
        let pieces = evidence.observe(head).and_then(|()| evidence.observe(tail));
        prop_assert_eq!(pieces.and_then(|()| evidence.finish()), whole);
    }
}
