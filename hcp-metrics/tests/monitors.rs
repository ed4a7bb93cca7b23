//! Monitors of one control plane: their YAML for several components and sets, and what is refused.
#![cfg(feature = "yaml")]
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use hcp_metrics::HostedClusterRef;
use hcp_metrics::monitors::{ControlPlane, Identity, Monitor, MonitorError, TargetPort};
use hcp_metrics::relabel::{Action, Rule};
use hcp_metrics::sets::{Component, MetricSets, MetricsSet, SreConfig};

const ID: &str = "6b6cbd9e-91a3-4b0a-9fbd-0d0a3a6f2c11";

fn control_plane() -> ControlPlane {
    ControlPlane::new(HostedClusterRef::new("clusters", "prod.eu", ID)).unwrap()
}

fn sets() -> MetricSets {
    MetricSets::default().with_sre(SreConfig::unfiltered())
}

fn monitor(component: Component, set: MetricsSet) -> Monitor {
    control_plane().monitor(component, &sets(), set).unwrap()
}

#[test]
fn kube_apiserver_telemetry() {
    insta::assert_snapshot!(monitor(Component::KubeApiServer, MetricsSet::Telemetry).to_yaml());
}

#[test]
fn etcd_sre_with_a_rule() {
    let text = "etcd: [{action: drop, regex: 'etcd_debugging.*', sourceLabels: [__name__]}]";
    let sets = MetricSets::default().with_sre(SreConfig::parse(text).unwrap());
    let monitor = control_plane().monitor(Component::Etcd, &sets, MetricsSet::Sre).unwrap();
    insta::assert_snapshot!(monitor.to_yaml());
}

#[test]
fn kube_scheduler_telemetry_has_two_endpoints() {
    insta::assert_snapshot!(monitor(Component::KubeScheduler, MetricsSet::Telemetry).to_yaml());
}

#[test]
fn node_tuning_operator_all_has_a_numeric_port() {
    insta::assert_snapshot!(monitor(Component::NodeTuningOperator, MetricsSet::All).to_yaml());
}

#[test]
fn control_plane_operator_is_scraped_by_pod() {
    insta::assert_snapshot!(monitor(Component::ControlPlaneOperator, MetricsSet::All).to_yaml());
}

#[test]
fn ingress_operator_uses_the_registrys_list() {
    insta::assert_snapshot!(monitor(Component::IngressOperator, MetricsSet::Telemetry).to_yaml());
}

#[test]
fn openshift_apiserver_with_the_labels_of_a_stand_alone_cluster() {
    let control_plane = control_plane().with_identity(Identity::Relabelings);
    let monitor =
        control_plane.monitor(Component::OpenShiftApiServer, &sets(), MetricsSet::Sre).unwrap();
    insta::assert_snapshot!(monitor.to_yaml());
}

/// Upstream's own counts (`v2/kas/servicemonitor_test.go`).
#[test]
fn upstreams_counts_hold() {
    for (set, count) in [(MetricsSet::Telemetry, 2), (MetricsSet::Sre, 1), (MetricsSet::All, 12)] {
        let monitor = monitor(Component::KubeApiServer, set);
        assert_eq!(monitor.endpoints()[0].metric_relabelings.len(), count, "{set}");
        assert_eq!(monitor.endpoints()[0].relabelings.len(), 1, "{set}");
    }
}

#[test]
fn every_component_has_a_monitor_whose_lists_end_with_the_cluster_id() {
    for set in MetricsSet::ALL {
        for component in Component::ALL {
            let monitor = monitor(component, set);
            assert_eq!(monitor.metadata().namespace, "clusters-prod-eu");
            for endpoint in monitor.endpoints() {
                for list in [&endpoint.relabelings, &endpoint.metric_relabelings] {
                    let last = list.last().unwrap();
                    assert_eq!(last.target_label, "_id");
                    assert_eq!(last.replacement.as_deref(), Some(ID));
                }
            }
        }
        let monitors = control_plane().monitors(&sets(), set).unwrap();
        assert_eq!(monitors.len(), 19);
    }
}

#[test]
fn yaml_and_json_are_read_back() {
    for monitor in control_plane().monitors(&sets(), MetricsSet::All).unwrap() {
        let json = monitor.to_json();
        assert_eq!(serde_json::from_value::<Monitor>(json.clone()).unwrap(), monitor);
        let yaml: serde_json::Value = serde_saphyr::from_str(&monitor.to_yaml()).unwrap();
        assert_eq!(yaml, json);
    }
    let ports = [
        ("60000", TargetPort::Number(60000)),
        (r#""metrics""#, TargetPort::Name("metrics".to_owned())),
    ];
    for (text, port) in ports {
        assert_eq!(serde_json::from_str::<TargetPort>(text).unwrap(), port);
    }
}

#[test]
fn what_is_already_there_is_replaced_and_not_added_to() {
    let control_plane = control_plane();
    let mut monitor = monitor(Component::KubeApiServer, MetricsSet::All);
    let rules = [vec![Rule::new(Action::LabelDrop).with_regex("_id")]];
    control_plane.adapt(&mut monitor, &rules).unwrap();
    let actions: Vec<_> =
        monitor.endpoints()[0].metric_relabelings.iter().map(|r| r.action.name()).collect();
    assert_eq!(actions, ["labeldrop", "replace"]);
}

#[test]
fn what_upstream_panics_on_is_an_error_and_changes_nothing() {
    let control_plane = control_plane();
    let whole = monitor(Component::Etcd, MetricsSet::All);
    let change = |change: fn(&mut serde_json::Value)| {
        let mut json = whole.to_json();
        change(&mut json);
        serde_json::from_value::<Monitor>(json).unwrap()
    };
    let empty = change(|json| json["spec"]["endpoints"] = serde_json::json!([]));
    let foreign = change(|json| json["metadata"]["namespace"] = "clusters-other".into());
    let bare = change(|json| {
        json["spec"]["endpoints"][0].as_object_mut().unwrap().remove("tlsConfig");
    });
    let one = &[Vec::new()][..];
    for (monitor, lists, message) in [
        (&empty, &[][..], "monitor etcd has no endpoints; give it at least one"),
        (
            &whole,
            &[],
            "monitor etcd has 1 endpoints and 0 lists of rules; pass one list for each endpoint",
        ),
        (
            &foreign,
            one,
            "monitor etcd is in namespace clusters-other, the control plane in clusters-prod-eu; \
             leave the namespace out, or take the monitor of this control plane",
        ),
        (&bare, one, "monitor etcd, endpoint 0, scrapes https without tlsConfig; name a CA"),
    ] {
        let mut changed = monitor.clone();
        let error = control_plane.adapt(&mut changed, lists).unwrap_err();
        assert_eq!(error.to_string(), message);
        assert_eq!(&changed, monitor);
    }
}

/// To prometheus-operator an empty expression is none: it would match everything, and drop everything.
#[test]
fn a_rule_that_would_change_its_meaning_is_refused() {
    let mut monitor = monitor(Component::Etcd, MetricsSet::All);
    let lists = [vec![Rule::drop_names("a"), Rule::drop_names("")]];
    let error = control_plane().adapt(&mut monitor, &lists).unwrap_err();
    let message = error.to_string();
    assert!(message.starts_with("monitor etcd, endpoint 0, rule 1: an empty regex"), "{message}");
}

#[test]
fn impossible_clusters_and_unknown_sets_are_refused() {
    let error = ControlPlane::new(HostedClusterRef::new("clusters", "prod", "prod")).unwrap_err();
    assert!(matches!(error, MonitorError::Cluster(_)), "{error}");
    let error = control_plane().monitors(&MetricSets::default(), MetricsSet::Sre).unwrap_err();
    assert!(matches!(error, MonitorError::Set(_)), "{error}");
}
