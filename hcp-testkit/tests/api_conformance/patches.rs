//! Patches of every type.

use futures_util::FutureExt as _;
use k8s_openapi::api::apps::v1::Deployment;
use kube::ResourceExt as _;
use kube::api::{Api, Patch, PatchParams, PostParams};
use serde_json::{Value, json};

use super::bench::{Bench, Scenario, read, refusal, refused};

pub(crate) const SCENARIOS: &[Scenario] = &[
    ("a merge patch removes by null", |bench| merge(bench).boxed()),
    ("a patch with a version is checked", |bench| versioned(bench).boxed()),
    ("a JSON patch applies whole or not at all", |bench| json_patch(bench).boxed()),
    ("what is immutable stays", |bench| immutable(bench).boxed()),
    ("a custom resource takes no strategic merge patch", |bench| strategic_custom(bench).boxed()),
    ("a strategic merge patch merges containers by name", |bench| strategic(bench).boxed()),
];

async fn merge(bench: Bench) {
    bench.gauge("a", json!({ "settings": { "a": "1", "b": "2" }, "atomic": ["x", "y"] })).await;
    let patch =
        Patch::Merge(json!({ "spec": { "settings": { "a": null, "c": "3" }, "atomic": ["z"] } }));
    let patched = bench.gauges().patch("a", &PatchParams::default(), &patch).await.unwrap();
    let expected = json!({ "settings": { "b": "2", "c": "3" }, "atomic": ["z"] });
    assert_eq!(patched.data["spec"], expected);
    let labels = Patch::Merge(json!({ "metadata": { "labels": { "a": "b" } } }));
    let labelled = bench.gauges().patch("a", &PatchParams::default(), &labels).await.unwrap();
    assert_eq!(labelled.labels()["a"], "b");
    let bare = Patch::Merge(json!({ "metadata": { "labels": null } }));
    let bare = bench.gauges().patch("a", &PatchParams::default(), &bare).await.unwrap();
    assert!(bare.labels().is_empty());
}

async fn versioned(bench: Bench) {
    let old = bench.map("a", "1").await;
    let at = |version: Option<String>, value: &str| {
        Patch::Merge(
            json!({ "metadata": { "resourceVersion": version }, "data": { "key": value } }),
        )
    };
    let maps = bench.maps();
    let params = PatchParams::default();
    maps.patch("a", &params, &at(old.resource_version(), "2")).await.unwrap();
    let refusal = refused(maps.patch("a", &params, &at(old.resource_version(), "3")).await);
    assert_eq!(refusal, (409, "Conflict".to_owned()));
    let blind = Patch::Merge(json!({ "data": { "key": "4" } }));
    assert_eq!(maps.patch("a", &params, &blind).await.unwrap().data.unwrap()["key"], "4");
}

async fn json_patch(bench: Bench) {
    bench.map("a", "1").await;
    let maps = bench.maps();
    let send = async |patch: Value| {
        let patch: Patch<Value> = Patch::Json(read(patch));
        maps.patch("a", &PatchParams::default(), &patch).await
    };
    let changed = send(json!([
        { "op": "test", "path": "/data/key", "value": "1" },
        { "op": "replace", "path": "/data/key", "value": "2" },
        { "op": "add", "path": "/data/other", "value": "3" },
    ]))
    .await
    .unwrap();
    assert_eq!(changed.data.unwrap().into_values().collect::<Vec<_>>(), ["2", "3"]);
    for bad in [
        json!([{ "op": "remove", "path": "/data/key" }, { "op": "test", "path": "/data/other", "value": "9" }]),
        json!([{ "op": "remove", "path": "/data/missing" }]),
    ] {
        let status = refusal(send(bad.clone()).await);
        assert_eq!((status.code, &*status.reason), (422, "Invalid"), "{bad}");
    }
    assert_eq!(maps.get("a").await.unwrap().data.unwrap()["key"], "2");
    // Not what RFC 6902 says, but what the server does.
    let lenient = json!([
        { "op": "test", "path": "/data/missing", "value": null },
        { "op": "replace", "path": "/data/missing", "value": "4" },
    ]);
    assert_eq!(send(lenient).await.unwrap().data.unwrap()["missing"], "4");
}

async fn immutable(bench: Bench) {
    let old = bench.map("a", "1").await;
    let maps = bench.maps();
    for patch in [
        json!({ "metadata": { "name": "b" } }),
        json!({ "metadata": { "deletionTimestamp": "2030-01-01T00:00:00Z" } }),
        json!({ "metadata": { "uid": "00000000-0000-4000-8000-ffffffffffff" } }),
    ] {
        let result = maps.patch("a", &PatchParams::default(), &Patch::Merge(patch.clone())).await;
        let code = refused(result).0;
        assert!(matches!(code, 400 | 409 | 422), "{patch} {code}");
    }
    let removed = Patch::Merge(json!({ "metadata": { "uid": null, "creationTimestamp": null } }));
    let same = maps.patch("a", &PatchParams::default(), &removed).await.unwrap();
    assert_eq!((same.uid(), same.creation_timestamp()), (old.uid(), old.creation_timestamp()));
}

async fn strategic_custom(bench: Bench) {
    bench.gauge("a", json!({})).await;
    let patch = Patch::Strategic(json!({ "spec": { "text": "a" } }));
    let status = refusal(bench.gauges().patch("a", &PatchParams::default(), &patch).await);
    assert_eq!((status.code, &*status.reason), (415, "UnsupportedMediaType"));
}

async fn strategic(bench: Bench) {
    let deployments: Api<Deployment> = Api::namespaced(bench.client.clone(), &bench.namespace);
    let containers = json!([{ "name": "a", "image": "one" }, { "name": "b", "image": "two" }]);
    let object: Deployment = read(json!({
        "metadata": { "name": "a" },
        "spec": {
            "replicas": 0,
            "selector": { "matchLabels": { "app": "a" } },
            "template": { "metadata": { "labels": { "app": "a" } }, "spec": { "containers": containers } },
        },
    }));
    deployments.create(&PostParams::default(), &object).await.unwrap();
    let patch = Patch::Strategic(json!({
        "spec": { "template": { "spec": { "containers": [{ "name": "b", "image": "three" }] } } },
    }));
    let patched = deployments.patch("a", &PatchParams::default(), &patch).await.unwrap();
    let containers = patched.spec.unwrap().template.spec.unwrap().containers;
    let mut images: Vec<String> = containers.into_iter().filter_map(|c| c.image).collect();
    images.sort();
    assert_eq!(images, ["one", "three"]);
}
