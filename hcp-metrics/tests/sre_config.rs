//! SRE configurations: the documentation's own, and everything that can be wrong with one.
#![cfg(feature = "yaml")]

use hcp_metrics::relabel::{Action, Rule};
use hcp_metrics::sets::{
    Component, ConfigHash, Edition, MetricSets, MetricsSet, Severity, SreConfig, SreConfigError,
    SreError, SreSource,
};
use std::collections::BTreeMap;

const EXAMPLE: &str = include_str!("data/sre-metric-set.yaml");

/// The texts of all findings.
fn found(result: Result<SreConfig, SreConfigError>) -> Vec<String> {
    let findings = match result {
        Ok(config) => config.findings().to_vec(),
        Err(error) => error.findings,
    };
    findings.iter().map(ToString::to_string).collect()
}

#[test]
fn the_documented_example_is_accepted_whole() {
    let config = SreConfig::parse(EXAMPLE).unwrap();
    assert_eq!(config.findings(), []);
    let counts: Vec<_> = config.components().map(|c| (c.name(), config.rules(c).len())).collect();
    let expected = [
        ("kube-apiserver", 11),
        ("kube-controller-manager", 3),
        ("openshift-apiserver", 4),
        ("openshift-controller-manager", 1),
        ("openshift-route-controller-manager", 1),
        ("cluster-version-operator", 1),
        ("olm-operator", 1),
        ("catalog-operator", 1),
    ];
    assert_eq!(counts, expected);
    assert_eq!(SreConfig::parse_compatible(EXAMPLE).unwrap(), config);
}

/// The example is what a stand-alone 4.15 cluster drops, but for two underscores.
#[test]
fn the_documented_example_is_nearly_the_set_all_of_its_release() {
    let sets = MetricSets::new(Edition::V4_15).with_sre(SreConfig::parse(EXAMPLE).unwrap());
    let mut differences = Vec::new();
    for component in Component::ALL {
        let sre = sets.rules(component, MetricsSet::Sre).unwrap();
        let all = sets.rules(component, MetricsSet::All).unwrap();
        assert_eq!(sre.len(), all.len(), "{component}");
        for (sre, all) in sre.into_iter().zip(all).filter(|(sre, all)| sre != all) {
            differences.push((component, sre.regex.unwrap(), all.regex.unwrap()));
        }
    }
    let differ = |name: &str| {
        let base = format!("apiserver_admission_{name}_admission_latencies_seconds");
        (Component::KubeApiServer, format!("{base}.*"), format!("{base}_.*"))
    };
    assert_eq!(differences, [differ("controller"), differ("step")]);
}

#[test]
fn everything_wrong_is_said_at_once() {
    let text = "\
kubeApiServer:
- {action: drop, regex: 'a.*', sourceLabels: [__name__]}
etcd:
- {action: dorp, regex: 'a', sourceLabels: [__name__]}
- {action: drop, regex: 'a(b', sourceLabels: [__name__]}
- {action: hashmod, sourceLabels: [a], targetLabel: b, modulus: -1}
- {action: drop, regex: '', sourceLabels: [__name__]}
- {action: dRoP, regex: 5, source_labels: [__name__]}
- nonsense
olm:
cvo: {action: drop}
controlPlaneOperator: []
konnectivity: []
";
    let mut findings = found(SreConfig::parse(text));
    let regex = findings.iter().position(|text| text.starts_with("etcd[1].regex: ")).unwrap();
    assert!(findings.remove(regex).contains("RE2"), "what the compiler of rules says");
    insta::assert_snapshot!(findings.join("\n"));
}

#[test]
fn the_compatible_reading_takes_what_hypershift_takes() {
    let text = "\
kubeapiserver: [{Action: Drop, REGEX: 'a(b', sourceLabels: [__name__], comment: none}]
konnectivity: 5
etcd:
etcd: [{action: keep, regex: ''}]
";
    assert!(SreConfig::parse(text).is_err());
    // An unknown key may hold anything for HyperShift, which never looks at it.
    let config = SreConfig::parse_compatible(&text.replace("konnectivity: 5", "konnectivity: []"));
    let config = config.unwrap();
    let rule = Rule::drop_names("a(b");
    assert_eq!(config.rules(Component::KubeApiServer), [rule]);
    assert_eq!(config.rules(Component::Etcd), [Rule::new(Action::Keep)]);
    assert!(config.findings().iter().all(|finding| finding.severity == Severity::Unsafe));
}

#[test]
fn a_text_that_is_no_map_is_broken_in_both_readings() {
    for text in ["[]", "5", "etcd", "a: [", "etcd: [[]]", "etcd: 5", "etcd: [{modulus: 1.5}]"] {
        for result in [SreConfig::parse(text), SreConfig::parse_compatible(text)] {
            let error = result.unwrap_err();
            assert_eq!(error.findings.last().unwrap().severity, Severity::Broken, "{text}");
            assert!(
                error.to_string().starts_with("failed to unmarshal metrics set configuration: ")
            );
        }
    }
    assert!(SreConfig::parse("").is_err());
    assert_eq!(SreConfig::parse_compatible("").unwrap().components().count(), 0);
    assert_eq!(SreConfig::parse("{}").unwrap(), SreConfig::unfiltered());
}

#[test]
fn what_is_left_out_is_not_what_is_empty() {
    let text = r#"{"etcd": [{"separator": "", "replacement": "", "targetLabel": "x"}, {"targetLabel": "y"}]}"#;
    let config = SreConfig::parse(text).unwrap();
    let rule = |target| Rule::new(Action::Replace).with_target_label(target);
    let expected = [rule("x").with_separator("").with_replacement(""), rule("y")];
    assert_eq!(config.rules(Component::Etcd), expected);
}

#[test]
fn a_missing_config_map_and_a_missing_key_are_outcomes_of_their_own() {
    let mut data = BTreeMap::new();
    assert_eq!(SreSource::from_data(None).read(), Err(SreError::NoConfigMap));
    assert_eq!(SreSource::from_data(None).hash(), None);
    assert_eq!(SreSource::from_data(Some(&data)).read(), Err(SreError::NoKey));
    data.insert("config".to_owned(), EXAMPLE.to_owned());
    let source = SreSource::from_data(Some(&data));
    assert_eq!(source.read().unwrap().rules(Component::OlmOperator).len(), 1);
    assert_eq!(source.hash(), Some(ConfigHash::of(EXAMPLE)));
}

/// Vectors of the algorithm's authors.
#[test]
fn the_hash_is_fnv_1a() {
    for (text, hash) in [("", "811c9dc5"), ("a", "e40c292c"), ("foobar", "bf9cf968")] {
        assert_eq!(ConfigHash::of(text).to_string(), hash);
    }
}
