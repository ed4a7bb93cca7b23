//! Dashboards: placeholders in any string, names, collisions, orphans, and what the shipped one reads.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::{BTreeMap, BTreeSet};

use hcp_metrics::dashboards::{
    DashboardError, Existing, KEY, NameStyle, Template, TemplateError, TemplateSource, collisions,
    orphans,
};
use hcp_metrics::relabel::Rules;
use hcp_metrics::sets::{Component, MetricSets, MetricsSet};
use hcp_metrics::{HostedClusterRef, Labels};
use proptest::prelude::*;
use serde_json::{Value, json};

const ID: &str = "6b6cbd9e-91a3-4b0a-9fbd-0d0a3a6f2c11";

fn cluster(namespace: &str, name: &str) -> HostedClusterRef {
    HostedClusterRef::new(namespace, name, ID)
}

fn fill(template: &str, cluster: &HostedClusterRef) -> Value {
    serde_json::from_str(&Template::parse(template).unwrap().fill(cluster)).unwrap()
}

#[test]
fn every_placeholder_gets_its_value_and_nothing_else_changes() {
    let template = r#"{
  "a" : "__NAME__ in __NAMESPACE__",   "b":["__CONTROL_PLANE_NAMESPACE__","__CLUSTER_ID__"],
  "__NAME__": 1.50, "c": "caf\u00e9 __name__ $__rate_interval" }"#;
    let filled = Template::parse(template).unwrap().fill(&cluster("clusters", "prod.eu"));
    let expected = template
        .replace("__CONTROL_PLANE_NAMESPACE__", "clusters-prod-eu")
        .replace("__NAMESPACE__", "clusters")
        .replace("__NAME__", "prod.eu")
        .replace("__CLUSTER_ID__", ID)
        .replace("caf\\u00e9 ", "café ");
    assert_eq!(filled, expected);
}

#[test]
fn values_are_escaped_for_json_and_again_inside_quotes() {
    let odd = HostedClusterRef::new("n\\s", "say \"hi\"\n", "__NAME__");
    let filled =
        fill(r#"{"t":"__NAME__","q":"up{a=\"__NAME__\",b=\"\\\"__NAMESPACE__\"} __NAME__"}"#, &odd);
    let expected = json!({
        "t": "say \"hi\"\n",
        "q": "up{a=\"say \\\"hi\\\"\\n\",b=\"\\\"n\\\\s\"} say \"hi\"\n",
    });
    assert_eq!(filled, expected);
    // A value that looks like a placeholder is a value.
    assert_eq!(fill(r#"{"t":"__CLUSTER_ID__"}"#, &odd), json!({"t": "__NAME__"}));
}

#[test]
fn misspelt_placeholders_are_reported() {
    let template = r#"{"a":"__CLUSTERID__ __NAME__ ${__field.name}","__HOST_1__":"$__rate_interval __x__ ____"}"#;
    let unknown = Template::parse(template).unwrap().unknown_placeholders();
    assert_eq!(unknown, BTreeSet::from(["__CLUSTERID__".to_owned(), "__HOST_1__".to_owned()]));
}

#[test]
fn what_is_no_template_is_said() {
    let error = Template::parse("{\n  \"a\": }").unwrap_err();
    assert_eq!(
        error.to_string(),
        "template is not JSON, line 2, column 8: expected value; export the dashboard again"
    );
    assert_eq!(Template::parse("[]"), Err(TemplateError::NotAnObject));
    let mut data = BTreeMap::new();
    assert_eq!(TemplateSource::from_data(None).read(), Err(TemplateError::NoConfigMap));
    assert_eq!(TemplateSource::from_data(Some(&data)).read(), Err(TemplateError::NoKey));
    data.insert("template".to_owned(), "{}".to_owned());
    assert_eq!(TemplateSource::from_data(Some(&data)).read(), Template::parse("{}"));
}

proptest! {
    /// Whatever the values and wherever the placeholders: the result is JSON, and every string is what
    /// plain replacement gives.
    #[test]
    fn any_value_in_any_string_gives_json(
        namespace in ".*", name in ".*", id in ".*", before in "[^\"\\\\_]*", after in "[^_]*",
    ) {
        let cluster = HostedClusterRef::new(namespace, name, id);
        let text = format!("{before}__NAMESPACE__{before}__NAME__{before}__CLUSTER_ID__{after}");
        let template = json!({ "text": text, "list": [after] }).to_string();
        let filled = fill(&template, &cluster);
        let HostedClusterRef { namespace, name, cluster_id, .. } = cluster;
        let expected = format!("{before}{namespace}{before}{name}{before}{cluster_id}{after}");
        prop_assert_eq!(filled, json!({ "text": expected, "list": [after] }));
    }
}

#[test]
fn the_config_map_is_what_the_console_looks_for() {
    let template = Template::parse(r#"{"title":"__NAME__"}"#).unwrap();
    let config_map = template.render(&cluster("clusters", "prod.eu"), NameStyle::Deployed).unwrap();
    let expected = json!({
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {
            "name": "hc-clusters-prod.eu",
            "namespace": "openshift-config-managed",
            "labels": { "console.openshift.io/dashboard": "true" },
        },
        "data": { "hostedcluster-dashboard.json": r#"{"title":"prod.eu"}"# },
    });
    assert_eq!(serde_json::to_value(config_map).unwrap(), expected);
    assert_eq!(NameStyle::Documented.name(&cluster("clusters", "prod")), "cp-clusters-prod");
    let error = template.render(&cluster("clusters", "P"), NameStyle::Deployed).unwrap_err();
    assert!(matches!(error, DashboardError::Cluster(_)), "{error}");
}

#[test]
fn clusters_with_one_name_are_found() {
    let clusters = [cluster("a-b", "c"), cluster("x", "y"), cluster("a", "b-c"), cluster("x", "y")];
    let found = collisions(&clusters);
    assert_eq!(found.len(), 1, "the same cluster twice is no collision");
    assert_eq!(found[0].name, "a-b-c");
    assert_eq!(found[0].clusters, [clusters[0].clone(), clusters[2].clone()]);
}

#[test]
fn orphans_are_ours_and_unwanted() {
    let existing = [
        Existing::new("hc-clusters-prod", [KEY]),
        Existing::new("hc-clusters-gone", [KEY, "notes"]),
        Existing::new("cp-clusters-gone", [KEY]),
        Existing::new("hc-of-somebody-else", ["dashboard.json"]),
        Existing::new("etcd-dashboard", ["etcd.json"]),
    ];
    let wanted = [cluster("clusters", "prod")];
    let names = |style, enabled| {
        let orphans = orphans(&existing, &wanted, style, enabled);
        orphans.into_iter().map(|orphan| orphan.name).collect::<Vec<_>>()
    };
    assert_eq!(names(NameStyle::Deployed, true), ["hc-clusters-gone"]);
    assert_eq!(names(NameStyle::Deployed, false), ["hc-clusters-prod", "hc-clusters-gone"]);
    assert_eq!(names(NameStyle::Documented, true), ["cp-clusters-gone"]);
    let gone = &orphans(&existing, &wanted, NameStyle::Deployed, true)[0];
    assert_eq!(gone.other_keys, BTreeSet::from(["notes".to_owned()]));
}

#[test]
fn the_shipped_template_is_whole() {
    let text = Template::shipped().fill(&cluster("clusters", "prod"));
    assert!(!text.contains("__"), "a placeholder is left");
    assert_eq!(Template::shipped().unknown_placeholders(), BTreeSet::new());
    let dashboard: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(dashboard["title"], "Hosted Control Planes / clusters / prod");
    assert!(dashboard["uid"].as_str().unwrap().len() <= 40, "Grafana allows no longer uid");
    let rows: Vec<_> = panels(&dashboard).filter(|p| p["type"] == "row").map(title).collect();
    assert_eq!(rows, ["CPU", "Memory", "API server", "etcd"]);
    let ids: BTreeSet<_> = panels(&dashboard).map(|p| p["id"].as_u64().unwrap()).collect();
    assert_eq!(ids.len(), panels(&dashboard).count(), "ids are distinct");
}

/// Grafana's grid has 24 columns; no panel may lie over another or beside the grid.
#[test]
fn the_shipped_panels_fill_the_grid() {
    let dashboard: Value =
        serde_json::from_str(&Template::shipped().fill(&cluster("clusters", "prod"))).unwrap();
    let mut cells = BTreeSet::new();
    for panel in panels(&dashboard) {
        let side = |name: &str| panel["gridPos"][name].as_u64().unwrap();
        for y in side("y")..side("y") + side("h") {
            for x in side("x")..side("x") + side("w") {
                assert!(cells.insert((y, x)), "{}: ({x}, {y})", title(panel));
            }
        }
    }
    let height = cells.iter().map(|(y, _)| y + 1).max().unwrap();
    assert_eq!(cells.len() as u64, height * 24, "no hole, nothing beyond column 24");
}

/// Every metric that the shipped dashboard reads by `_id` is collected: all but one by the smallest set.
#[test]
fn the_shipped_dashboard_reads_what_the_sets_keep() {
    let dashboard: Value =
        serde_json::from_str(&Template::shipped().fill(&cluster("clusters", "prod"))).unwrap();
    let metrics: BTreeSet<&str> = panels(&dashboard)
        .filter_map(|panel| panel["targets"].as_array())
        .flatten()
        .flat_map(|target| read_by_id(target["expr"].as_str().unwrap()))
        .collect();
    assert_eq!(metrics.len(), 10);
    let missing = |set| metrics.iter().copied().filter(move |name| !is_kept(name, set));
    assert_eq!(missing(MetricsSet::All).count(), 0);
    let missing: Vec<_> = missing(MetricsSet::Telemetry).collect();
    assert_eq!(missing, ["apiserver_request_duration_seconds_bucket"]);
}

fn panels(dashboard: &Value) -> impl Iterator<Item = &Value> {
    dashboard["panels"].as_array().into_iter().flatten()
}

fn title(panel: &Value) -> &str {
    panel["title"].as_str().unwrap_or_default()
}

/// The names before `{_id=`.
fn read_by_id(promql: &str) -> Vec<&str> {
    promql
        .match_indices("{_id=")
        .map(|(end, _)| {
            let start = promql[..end]
                .rfind(|c: char| !c.is_ascii_alphanumeric() && c != '_')
                .map_or(0, |at| at + 1);
            &promql[start..end]
        })
        .collect()
}

/// Whether the component that serves `name` keeps it under `set`.
fn is_kept(name: &str, set: MetricsSet) -> bool {
    let component =
        if name.starts_with("etcd_") { Component::Etcd } else { Component::KubeApiServer };
    let rules = Rules::compile(&MetricSets::default().rules(component, set).unwrap()).unwrap();
    let labels: Labels = [("__name__", name), ("le", "1.0")].into_iter().collect();
    rules.keep(&(&labels).into())
}
