//! Snapshots of objects, and how far their rollouts are.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
#![cfg(all(feature = "api", feature = "yaml"))]

use hcp_core::api::{HostedCluster, NodePool};
use hcp_core::upgrade::rollout::{
    ClusterView, PoolView, Rollout, RolloutPolicy, cluster_rollout, pool_rollout,
};
use hcp_core::version::ReleaseVersion;
use jiff::Timestamp;
use serde_json::{Map, Value, json};

const CLUSTERS: &str = include_str!("data/rollout/hosted-cluster.yaml");
const POOLS: &str = include_str!("data/rollout/node-pool.yaml");

fn merge(into: &mut Value, patch: &Value) {
    let Some(patch) = patch.as_object() else {
        *into = patch.clone();
        return;
    };
    if !into.is_object() {
        *into = json!({});
    }
    for (key, value) in patch {
        if value.is_null() {
            into.as_object_mut().unwrap().remove(key);
        } else {
            merge(&mut into[key.as_str()], value);
        }
    }
}

fn change_conditions(object: &mut Value, changes: &Map<String, Value>) {
    let conditions = object["status"]["conditions"].as_array_mut().unwrap();
    for (kind, change) in changes {
        let place = conditions.iter().position(|condition| condition["type"] == *kind);
        match (place, change) {
            (Some(place), Value::Null) => {
                conditions.remove(place);
            }
            (Some(place), change) => merge(&mut conditions[place], change),
            (None, change) => {
                let mut condition = json!({ "type": kind });
                merge(&mut condition, change);
                conditions.push(condition);
            }
        }
    }
}

/// Runs the cases of a corpus; returns their number.
fn run(
    corpus: &str,
    rollout: impl Fn(Value, Option<&ReleaseVersion>, Timestamp) -> Rollout,
) -> usize {
    let corpus: Value = serde_saphyr::from_str(corpus).unwrap();
    let now: Timestamp = corpus["now"].as_str().unwrap().parse().unwrap();
    let cases = corpus["cases"].as_array().unwrap();
    for case in cases {
        let name = &case["name"];
        let mut object = corpus["base"].clone();
        merge(&mut object, &case.get("merge").cloned().unwrap_or_else(|| json!({})));
        if let Some(changes) = case.get("conditions") {
            change_conditions(&mut object, changes.as_object().unwrap());
        }
        let target = case["target"].as_str().map(|text| text.parse().unwrap());
        let rollout = rollout(object, target.as_ref(), now);
        let json = serde_json::to_value(&rollout).unwrap();
        for (key, value) in case["expect"].as_object().unwrap() {
            assert_eq!(json[key], *value, "{name}: {key}\n{rollout}");
        }
        if let Some(why) = case.get("why") {
            assert_eq!(json["why"]["condition"], *why, "{name}\n{rollout}");
        }
        for (check, outcome) in case.get("checks").and_then(Value::as_object).into_iter().flatten()
        {
            let evidence = json["evidence"].as_array().unwrap().iter();
            let found = evidence.filter(|row| row["check"] == *check).collect::<Vec<_>>();
            assert_eq!(found.len(), 1, "{name}: {check}");
            let outcome = match outcome {
                Value::Bool(true) => "yes",
                Value::Bool(false) => "no",
                other => other.as_str().unwrap(),
            };
            assert_eq!(found[0]["outcome"], outcome, "{name}: {check}\n{rollout}");
        }
    }
    cases.len()
}

#[test]
fn snapshots_of_hosted_clusters_are_told_apart() {
    let policy = RolloutPolicy::default();
    let count = run(CLUSTERS, |object, target, now| {
        let cluster: HostedCluster = serde_json::from_value(object).unwrap();
        cluster_rollout(&ClusterView::of(&cluster).with_target(target), &policy, now)
    });
    assert!(count >= 30, "{count}");
}

#[test]
fn snapshots_of_node_pools_are_told_apart() {
    let policy = RolloutPolicy::default();
    let count = run(POOLS, |object, target, now| {
        let pool: NodePool = serde_json::from_value(object).unwrap();
        pool_rollout(&PoolView::of(&pool).with_target(target), &policy, now)
    });
    assert!(count >= 20, "{count}");
}

#[test]
fn a_rollout_is_printed_with_its_evidence() {
    let corpus: Value = serde_saphyr::from_str(CLUSTERS).unwrap();
    let cluster: HostedCluster = serde_json::from_value(corpus["base"].clone()).unwrap();
    let now = "2026-03-01T12:00:00Z".parse().unwrap();
    insta::assert_snapshot!(cluster_rollout(
        &ClusterView::of(&cluster),
        &RolloutPolicy::default(),
        now
    ));
}
