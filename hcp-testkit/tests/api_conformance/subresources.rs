//! Scale and eviction.

use futures_util::FutureExt as _;
use k8s_openapi::api::apps::v1::StatefulSet;
use k8s_openapi::api::core::v1::Pod;
use k8s_openapi::api::policy::v1::PodDisruptionBudget;
use kube::ResourceExt as _;
use kube::api::{Api, EvictParams, Patch, PatchParams, PostParams};
use serde_json::json;

use super::bench::{Bench, Scenario, read, refusal, refused};

pub(crate) const SCENARIOS: &[Scenario] = &[
    ("scale shows and sets the replicas", |bench| scale(bench).boxed()),
    ("scale needs the field of the replicas", |bench| no_replicas(bench).boxed()),
    ("a stateful set scales", |bench| stateful_set(bench).boxed()),
    ("a pod without a budget is evicted", |bench| evicted(bench).boxed()),
    ("a budget refuses an eviction", |bench| refused_by_budget(bench).boxed()),
];

async fn scale(bench: Bench) {
    let gauges = bench.gauges();
    let created = bench.gauge("a", json!({ "replicas": 2, "text": "x" })).await;
    let status = Patch::Merge(json!({ "status": { "replicas": 1, "selector": "app=a" } }));
    gauges.patch_status("a", &PatchParams::default(), &status).await.unwrap();
    let shown = gauges.get_scale("a").await.unwrap();
    assert_eq!(shown.spec.as_ref().unwrap().replicas, Some(2));
    assert_eq!(shown.metadata.uid, created.uid());
    let counted = shown.status.unwrap();
    assert_eq!((counted.replicas, counted.selector.as_deref()), (1, Some("app=a")));
    let patch = Patch::Merge(json!({ "spec": { "replicas": 5 } }));
    let scale = gauges.patch_scale("a", &PatchParams::default(), &patch).await.unwrap();
    assert_eq!(scale.spec.unwrap().replicas, Some(5));
    let object = gauges.get("a").await.unwrap();
    assert_eq!(object.data["spec"], json!({ "replicas": 5, "text": "x" }));
    assert_eq!(object.metadata.generation, Some(2));
    let mut old = gauges.get_scale("a").await.unwrap();
    old.metadata.resource_version = created.resource_version();
    old.spec = Some(read(json!({ "replicas": 6 })));
    let result = gauges.replace_scale("a", &PostParams::default(), &old).await;
    assert_eq!(refused(result), (409, "Conflict".to_owned()));
    let negative = Patch::Merge(json!({ "spec": { "replicas": -1 } }));
    assert_eq!(refused(gauges.patch_scale("a", &PatchParams::default(), &negative).await).0, 422);
    assert_eq!(refused(gauges.get_scale("b").await).0, 404);
}

async fn no_replicas(bench: Bench) {
    bench.gauge("a", json!({ "text": "x" })).await;
    assert_eq!(refused(bench.gauges().get_scale("a").await).0, 500);
}

async fn stateful_set(bench: Bench) {
    let sets: Api<StatefulSet> = Api::namespaced(bench.client.clone(), &bench.namespace);
    let set: StatefulSet = read(json!({
        "metadata": { "name": "a" },
        "spec": {
            "replicas": 0,
            "serviceName": "a",
            "selector": { "matchLabels": { "app": "a" } },
            "template": {
                "metadata": { "labels": { "app": "a" } },
                "spec": { "containers": [{ "name": "c", "image": "i" }] },
            },
        },
    }));
    let created = sets.create(&PostParams::default(), &set).await.unwrap();
    assert_eq!(created.metadata.generation, Some(1));
    let scale = sets.get_scale("a").await.unwrap();
    assert_eq!(scale.spec.unwrap().replicas.unwrap_or_default(), 0);
    assert_eq!(scale.status.unwrap().selector.as_deref(), Some("app=a"));
    let patch = Patch::Merge(json!({ "spec": { "replicas": 1 } }));
    sets.patch_scale("a", &PatchParams::default(), &patch).await.unwrap();
    assert_eq!(sets.get("a").await.unwrap().spec.unwrap().replicas, Some(1));
}

impl Bench {
    async fn ready_pod(&self, name: &str) -> Pod {
        let pod = json!({
            "metadata": { "name": name, "labels": { "app": "a" } },
            "spec": { "nodeName": "n", "containers": [{ "name": "c", "image": "i" }] },
        });
        self.pods().create(&PostParams::default(), &read(pod)).await.unwrap();
        let conditions = json!([{ "type": "Ready", "status": "True" }]);
        let status =
            Patch::Merge(json!({ "status": { "phase": "Running", "conditions": conditions } }));
        self.pods().patch_status(name, &PatchParams::default(), &status).await.unwrap()
    }
}

async fn evicted(bench: Bench) {
    bench.ready_pod("a").await;
    let evicted = bench.pods().evict("a", &EvictParams::default()).await.unwrap();
    assert_eq!(evicted.code, 201);
    let pod = bench.pods().get("a").await.unwrap();
    assert!(pod.metadata.deletion_timestamp.is_some(), "it is given time");
    assert_eq!(refused(bench.pods().evict("b", &EvictParams::default()).await).0, 404);
}

async fn refused_by_budget(bench: Bench) {
    let pod = bench.ready_pod("a").await;
    let budgets: Api<PodDisruptionBudget> = Api::namespaced(bench.client.clone(), &bench.namespace);
    let budget: PodDisruptionBudget = read(json!({
        "metadata": { "name": "b" },
        "spec": { "minAvailable": 1, "selector": { "matchLabels": { "app": "a" } } },
    }));
    budgets.create(&PostParams::default(), &budget).await.unwrap();
    // What the disruption controller computes, for where there is none.
    let status = Patch::Merge(json!({
        "status": {
            "observedGeneration": 1, "currentHealthy": 1, "desiredHealthy": 1, "expectedPods": 1,
            "disruptionsAllowed": 0,
        },
    }));
    budgets.patch_status("b", &PatchParams::default(), &status).await.unwrap();
    let status = refusal(bench.pods().evict("a", &EvictParams::default()).await);
    assert_eq!((status.code, &*status.reason), (429, "TooManyRequests"));
    assert_eq!(status.message, "Cannot evict pod as it would violate the pod's disruption budget.");
    let cause = &status.details.unwrap().causes[0];
    assert_eq!(cause.reason, "DisruptionBudget");
    assert_eq!(cause.message, "The disruption budget b needs 1 healthy pods and has 1 currently");
    assert_eq!(bench.pods().get("a").await.unwrap().uid(), pod.uid());
    budgets.delete("b", &<_>::default()).await.unwrap();
    bench.pods().evict("a", &EvictParams::default()).await.unwrap();
}
