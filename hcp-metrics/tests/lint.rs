//! Checks of rules: what each finds and does not find, and what is wrong with the documentation's own example.
#![cfg(feature = "yaml")]

use std::io::Read as _;
use std::path::Path;

use flate2::read::GzDecoder;
use hcp_metrics::exposition::Format;
use hcp_metrics::lint::{Finding, Linter, lint, lint_sre_text};
use hcp_metrics::relabel::{Action, Rule, Rules};
use hcp_metrics::sets::{Component, SreConfig};

const PRINTED: &str = include_str!("data/sre-metric-set-printed.yaml");

fn payload(name: &str) -> Vec<u8> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../benches/data").join(name);
    let compressed = std::fs::read(&path).expect("a payload that is in the repository");
    let mut text = Vec::new();
    GzDecoder::new(compressed.as_slice()).read_to_end(&mut text).expect("gzip");
    text
}

fn shown(findings: &[Finding]) -> String {
    let show = |f: &Finding| format!("{}[{}] {f}", f.severity, f.lint);
    findings.iter().map(show).collect::<Vec<_>>().join("\n")
}

#[test]
fn the_documented_example_has_these_defects() {
    insta::assert_snapshot!(shown(&lint_sre_text(PRINTED)));
}

#[test]
fn the_documented_example_does_this_to_a_kube_apiserver() {
    let config = SreConfig::parse(PRINTED).unwrap();
    let rules = Rules::compile(config.rules(Component::KubeApiServer)).unwrap();
    let linter = Linter::new(rules).with_component(Component::KubeApiServer);
    let mut evidence = linter.evidence(Format::Text);
    for chunk in payload("kube-apiserver.prom.gz").chunks(65_536) {
        evidence.observe(chunk).unwrap();
    }
    insta::assert_snapshot!(shown(&evidence.finish().unwrap()));
}

/// Rules, and what is found in which of them.
type Case<'a> = (&'a [Rule], &'a [(&'a str, usize)]);

fn compiled(rules: &[Rule]) -> Rules {
    Rules::compile(rules).expect("valid rules")
}

fn found(rules: &[Rule]) -> String {
    shown(&lint(&compiled(rules)))
}

/// The ids of what is found, with the rules it is found in.
fn ids(findings: &[Finding]) -> Vec<(&'static str, usize)> {
    findings
        .iter()
        .map(|finding| (finding.lint.id(), finding.rule.expect("about a rule")))
        .collect()
}

fn ids_with(rules: &[Rule], payload: &str) -> Vec<(&'static str, usize)> {
    ids(&findings_with(rules, payload))
}

fn findings_with(rules: &[Rule], payload: &str) -> Vec<Finding> {
    let mut evidence = Linter::new(compiled(rules)).evidence(Format::Text);
    evidence.observe(payload.as_bytes()).expect("a payload");
    evidence.finish().expect("a payload")
}

fn on(sources: &[&str], regex: &str) -> Rule {
    Rule::drop_names(regex).with_source_labels(sources.iter().copied())
}

fn keep(regex: &str) -> Rule {
    Rule::keep_names(regex)
}

fn drop(regex: &str) -> Rule {
    Rule::drop_names(regex)
}

fn set(target: &str) -> Rule {
    Rule::new(Action::Replace).with_target_label(target).with_replacement("x")
}

/// What is right, with nothing to be said of it.
#[test]
fn nothing_is_said_of_rules_that_do_what_they_say() {
    let bounds = |regex: &str| on(&["__name__", "le"], regex);
    let clean: &[&[Rule]] = &[
        &[],
        &[drop("go_.*|process_.*"), drop("etcd_(debugging|disk|server).*")],
        &[drop(".*")],
        &[keep("a|b|c_(d|e)")],
        &[keep("a_.*"), drop("a_b.*"), bounds("a_c_bucket;(0.5|3|6)(\\.0)?")],
        &[bounds("a_bucket;.+"), bounds("b_bucket;0\\.[0-9]+")],
        &[drop("a.b-c|d/e"), drop("a( b)?"), drop("(a|b)*c")],
        &[drop("request"), drop("request_total"), drop("request_(sum|count)")],
        &[drop("a.*"), drop(".*b"), drop("b?c")],
        &[keep("a.*"), keep(".*b"), drop("ab?")],
        &[on(&["reason"], "not found|timed out")],
        &[on(&["a", "b"], "x;y|z;.*"), on(&["a", "b"], "y;x")],
        &[drop("a"), set("__name__"), drop("a"), drop("x y")],
        &[Rule::new(Action::LabelDrop).with_regex("pod|uid")],
        &[Rule::new(Action::LabelKeep).with_regex("__name__|pod")],
        &[drop("a").with_separator(";").with_replacement("$1")],
        &[
            Rule::new(Action::HashMod)
                .with_source_labels(["a"])
                .with_target_label("s")
                .with_modulus(4),
            on(&["s"], "1"),
        ],
        &[Rule::new(Action::DropEqual).with_source_labels(["a"]).with_target_label("b"), drop("a")],
    ];
    for rules in clean {
        assert_eq!(found(rules), "", "{rules:?}");
    }
}

#[test]
fn what_can_be_proved_without_a_payload() {
    let two = |regex: &str| on(&["__name__", "le"], regex);
    let cases: &[Case<'_>] = &[
        (&[drop(r"[^\x00-\x{10FFFF}]")], &[("never-matches", 0)]),
        (&[drop("a$b")], &[("never-matches", 0)]),
        (&[drop(" a")], &[("never-matches", 0)]),
        (&[two("a_bucket")], &[("never-matches", 0)]),
        (&[two("a_bucket; 0.5")], &[("never-matches", 0)]),
        (&[Rule::new(Action::Drop).with_regex("a")], &[("never-matches", 0)]),
        (&[Rule::new(Action::LabelDrop).with_regex("a b")], &[("never-matches", 0)]),
        (&[set("l").with_regex("a")], &[("never-matches", 0)]),
        (&[keep("a b"), drop("a")], &[("never-matches", 0), ("unreachable", 1)]),
        (&[drop("a| b|c")], &[("dead-alternative", 0)]),
        (&[drop("x_(a|b\n)y")], &[("dead-alternative", 0)]),
        (&[drop("a|b|a")], &[("repeated-alternative", 0)]),
        (&[drop("a.*|b|ab?c")], &[("repeated-alternative", 0)]),
        (&[two("a;(3|0.5)")], &[("bound-form", 0)]),
        (&[two("a;3\\.0")], &[("bound-form", 0)]),
        (&[on(&["quantile"], "1")], &[("bound-form", 0)]),
        (&[drop(".*"), drop("a"), keep("b")], &[("unreachable", 1)]),
        (&[drop("a.*"), drop("a"), drop("ab.*")], &[("shadowed", 1), ("shadowed", 2)]),
        (&[drop("a"), drop("b"), drop("a|b")], &[("shadowed", 2)]),
        (&[drop("a.*"), two("ab;0.5")], &[("shadowed", 1)]),
        (&[keep("a.*"), drop("b")], &[("shadowed", 1)]),
        (&[keep("a"), keep("a|b")], &[("shadowed", 1)]),
        (&[keep("a"), keep("b")], &[("keeps-nothing", 1)]),
        (&[drop("a.*"), keep("ab")], &[("keeps-nothing", 1)]),
        (&[drop("a").with_target_label("x")], &[("ignored-field", 0)]),
        (&[drop("a").with_modulus(2)], &[("ignored-field", 0)]),
        (&[drop("a").with_separator("-")], &[("ignored-field", 0)]),
        (&[set("x").with_modulus(2)], &[("ignored-field", 0)]),
        (&[Rule::new(Action::LabelDrop).with_regex("_.*")], &[("drops-name", 0)]),
        (&[Rule::new(Action::LabelKeep).with_regex("pod")], &[("drops-name", 0)]),
    ];
    for (rules, expected) in cases {
        let findings = lint(&compiled(rules));
        assert_eq!(ids(&findings), *expected, "{rules:?}\n{}", shown(&findings));
    }
}

const PAYLOAD: &str = r#"# TYPE a histogram
a_bucket{le="1",p="x"} 1
a_bucket{le="3",p="x"} 1
a_bucket{le="+Inf",p="x"} 1
a_sum{p="x"} 1
a_count{p="x"} 1
# TYPE b gauge
b{p="x",q="1"} 1
b{p="x",q="2"} 1
# TYPE c counter
c 1
"#;

#[test]
fn what_a_payload_shows() {
    let two = |regex: &str| on(&["__name__", "le"], regex);
    let lose = |regex: &str| Rule::new(Action::LabelDrop).with_regex(regex);
    let cases: &[Case<'_>] = &[
        (&[drop("x")], &[("unmatched", 0)]),
        (&[lose("zone")], &[("unmatched", 0)]),
        (&[on(&["p"], "x|y")], &[("unmatched-alternative", 0), ("empties-family", 0)]),
        (&[keep("c|d")], &[("unmatched-alternative", 0)]),
        (&[keep("d")], &[("keeps-nothing", 0)]),
        (&[keep("c"), on(&["p"], "x")], &[("shadowed", 1)]),
        (&[keep("c")], &[]),
        (&[drop("b")], &[("empties-family", 0)]),
        (&[drop("a_bucket")], &[("cuts-histogram", 0)]),
        (&[two(r"a_bucket;\+Inf")], &[("cuts-histogram", 0)]),
        (&[two("a_bucket;3(\\.0)?")], &[]),
        (&[two("a_bucket;3")], &[("bound-form", 0)]),
        (&[lose("q")], &[("series-collide", 0)]),
        (&[lose("p")], &[]),
        (&[lose("q"), set("r")], &[("series-collide", 0)]),
        (&[lose("p"), set("q")], &[("series-collide", 1)]),
    ];
    for (rules, expected) in cases {
        let findings = findings_with(rules, PAYLOAD);
        assert_eq!(ids(&findings), *expected, "{rules:?}\n{}", shown(&findings));
    }
    assert_eq!(ids_with(&[drop("x")], ""), [], "an empty payload shows nothing");
}

#[test]
fn findings_are_for_a_persons_eyes() {
    let rules = [
        keep("(a|b|c)(_.*)?"),
        drop("(a| d|c_x|a)_total").with_target_label("x"),
        on(&["__name__", "le"], "a_bucket;(1|3)"),
        Rule::new(Action::LabelDrop).with_regex("q| r"),
        on(&["__name__", "le"], "a_bucket"),
        drop("a_total|b.*"),
        keep("z"),
        drop(".*"),
        drop("a"),
        drop("b"),
    ];
    insta::assert_snapshot!(shown(&findings_with(&rules, PAYLOAD)));
}

#[test]
fn a_text_that_is_no_list_is_a_finding_too() {
    let findings = lint_sre_text("etcd:\n- regex: a\n  sourceLabels: [a]\n    action: drop\n");
    assert_eq!(findings[0].lint.id(), "syntax");
    let findings = lint_sre_text("etcd: [{source_labels: [__name__], regex: 'a b', action: drop}]");
    assert_eq!(ids(&findings), [("unknown-field", 0), ("never-matches", 0)]);
    let error = Rule::list_from_yaml("[{action: drop, targetLabels: x}]").unwrap_err();
    let finding = Finding::from(&error);
    assert_eq!((finding.rule, finding.field.as_deref()), (Some(0), Some("targetLabels")));
}

/// The tree of an expression can be a thousand nodes deep, and its automaton of any size.
#[test]
fn what_cannot_be_told_is_not_said() {
    let deep = format!("{}a| b{}", "(".repeat(900), ")".repeat(900));
    let bars = "a|".repeat(2000);
    for regex in [deep.as_str(), bars.as_str(), "(.*a.{18})", r"\pL{1000}", "a)|(b", "(a?){999}"] {
        assert_eq!(found(&[drop(regex)]), "");
        findings_with(&[drop(regex), keep(regex)], PAYLOAD);
    }
}
