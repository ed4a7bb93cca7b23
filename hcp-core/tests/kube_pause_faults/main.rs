//! The pause adapter, against a fake API server that misbehaves and a host that is killed.

#![cfg(feature = "kube")]
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod faults;
#[path = "../kube_pause/fixtures.rs"]
mod fixtures;
mod killed;
#[path = "../played_operator/mod.rs"]
#[expect(dead_code, reason = "shared with other tests")]
mod played_operator;

use hcp_testkit::fake_api::{FakeApiServer, Scope, Subresources};
use kube::api::{Patch, PatchParams};
use serde_json::{Value, json};

use self::fixtures::{CLUSTER, now};
use self::played_operator::{KINDS, PlayedOperator, Specs, resource};

/// A fake server with a hosted cluster of two pools, one of which somebody else has paused.
async fn fake() -> (FakeApiServer, PlayedOperator) {
    let server = FakeApiServer::new();
    for (kind, ..) in KINDS {
        let mut subresources = Subresources::default();
        subresources.status = kind != "MachineDeployment";
        server.register(resource(kind), Scope::Namespaced, subresources);
    }
    let namespace = |name: &str| json!({ "apiVersion": "v1", "kind": "Namespace", "metadata": { "name": name } });
    server.seed(&namespace("clusters")).unwrap();
    server.seed(&namespace("clusters-one")).unwrap();
    let operator = PlayedOperator::new(server.client(), CLUSTER.0, CLUSTER.1, now());
    operator.create_cluster(&Specs::bare(), &["a", "b"]).await.unwrap();
    let stranger = json!({ "metadata": { "name": "c" }, "spec": { "clusterName": "two" } });
    operator.create("NodePool", stranger).await.unwrap();
    operator.create("MachineDeployment", json!({ "metadata": { "name": "c" } })).await.unwrap();
    let patch = Patch::Merge(json!({ "spec": { "pausedUntil": "2026-01-01T12:00:00Z" } }));
    operator.api("NodePool").patch("b", &PatchParams::default(), &patch).await.unwrap();
    operator.reconcile().await.unwrap();
    (server, operator)
}

/// The specs and annotations of the objects that a pause writes.
fn written(server: &FakeApiServer) -> Vec<Value> {
    [("HostedCluster", "one"), ("NodePool", "a"), ("NodePool", "b"), ("NodePool", "c")]
        .into_iter()
        .map(|(kind, name)| {
            let object = server.stored(kind, CLUSTER.0, name).unwrap();
            let annotations = object["metadata"].get("annotations").cloned();
            json!([
                name,
                object["spec"].get("pausedUntil"),
                annotations.filter(|map| *map != json!({}))
            ])
        })
        .collect()
}
