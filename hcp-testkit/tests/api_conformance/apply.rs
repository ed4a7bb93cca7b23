//! Server-side apply.

use futures_util::FutureExt as _;
use k8s_openapi::api::apps::v1::Deployment;
use kube::ResourceExt as _;
use kube::api::{Api, DynamicObject, Patch, PatchParams};
use serde_json::{Value, json};

use super::bench::{Bench, Scenario, fields, refusal, refused};

pub(crate) const SCENARIOS: &[Scenario] = &[
    ("applying creates", |bench| creates(bench).boxed()),
    ("another's field is a conflict", |bench| conflicts(bench).boxed()),
    ("force takes a field over", |bench| force(bench).boxed()),
    ("the same value is owned by both", |bench| shared(bench).boxed()),
    ("what is no longer applied goes", |bench| removal(bench).boxed()),
    ("applying the same again writes nothing", |bench| no_op(bench).boxed()),
    ("an update takes fields from who applied them", |bench| update_takes(bench).boxed()),
    ("lists are merged by their keys", |bench| lists(bench).boxed()),
    ("status is applied apart", |bench| status(bench).boxed()),
    ("containers of a built-in kind are merged by name", |bench| containers(bench).boxed()),
    ("metadata has owners, too", |bench| metadata(bench).boxed()),
    ("an applied version is checked", |bench| versioned(bench).boxed()),
    ("an applied configuration names its type and manager", |bench| incomplete(bench).boxed()),
];

fn config(spec: &Value) -> Patch<Value> {
    Patch::Apply(json!({
        "apiVersion": "conformance.example.com/v1",
        "kind": "Gauge",
        "metadata": { "name": "a" },
        "spec": spec,
    }))
}

impl Bench {
    async fn apply(&self, manager: &str, spec: Value) -> kube::Result<DynamicObject> {
        self.gauges().patch("a", &PatchParams::apply(manager), &config(&spec)).await
    }
}

fn owners(object: &DynamicObject) -> Vec<(String, String)> {
    let managed = object.metadata.managed_fields.iter().flatten();
    let pair = |entry: &k8s_openapi::apimachinery::pkg::apis::meta::v1::ManagedFieldsEntry| {
        (entry.manager.clone().unwrap_or_default(), entry.operation.clone().unwrap_or_default())
    };
    managed.map(pair).collect()
}

async fn creates(bench: Bench) {
    let created =
        bench.apply("one", json!({ "text": "x", "settings": { "a": "1" } })).await.unwrap();
    assert_eq!(created.metadata.generation, Some(1));
    assert_eq!(owners(&created), [("one".to_owned(), "Apply".to_owned())]);
    let owned = created.metadata.managed_fields.unwrap()[0].fields_v1.clone().unwrap().0;
    assert_eq!(owned, json!({ "f:spec": { "f:text": {}, "f:settings": { "f:a": {} } } }));
}

async fn conflicts(bench: Bench) {
    bench.apply("one", json!({ "text": "x", "settings": { "a": "1" } })).await.unwrap();
    let status = refusal(bench.apply("two", json!({ "text": "y" })).await);
    assert_eq!((status.code, &*status.reason), (409, "Conflict"));
    assert_eq!(status.message, "Apply failed with 1 conflict: conflict with \"one\": .spec.text");
    assert_eq!(fields(&status), [".spec.text"]);
    assert_eq!(status.details.unwrap().causes[0].reason, "FieldManagerConflict");
    let status =
        refusal(bench.apply("two", json!({ "text": "y", "settings": { "a": "2" } })).await);
    assert_eq!(fields(&status).len(), 2);
    bench.apply("two", json!({ "settings": { "b": "2" } })).await.unwrap();
}

async fn force(bench: Bench) {
    bench.apply("one", json!({ "text": "x", "replicas": 1 })).await.unwrap();
    let params = PatchParams::apply("two").force();
    let config = config(&json!({ "text": "y" }));
    let taken = bench.gauges().patch("a", &params, &config).await.unwrap();
    assert_eq!(taken.data["spec"], json!({ "text": "y", "replicas": 1 }));
    let status = refusal(bench.apply("one", json!({ "text": "x", "replicas": 1 })).await);
    assert_eq!(fields(&status), [".spec.text"]);
    let left = bench.apply("one", json!({ "replicas": 1 })).await.unwrap();
    assert_eq!(left.data["spec"]["text"], "y");
}

async fn shared(bench: Bench) {
    bench.apply("one", json!({ "text": "x" })).await.unwrap();
    let both = bench.apply("two", json!({ "text": "x", "replicas": 2 })).await.unwrap();
    assert_eq!(owners(&both).len(), 2);
    let kept = bench.apply("two", json!({ "replicas": 2 })).await.unwrap();
    assert_eq!(kept.data["spec"]["text"], "x", "the other still owns it");
}

async fn removal(bench: Bench) {
    bench.apply("one", json!({ "text": "x", "settings": { "a": "1", "b": "2" } })).await.unwrap();
    let less = bench.apply("one", json!({ "settings": { "b": "2" } })).await.unwrap();
    assert_eq!(less.data["spec"], json!({ "settings": { "b": "2" } }));
    let patch = Patch::Merge(json!({ "spec": { "settings": { "c": "3" } } }));
    bench.gauges().patch("a", &PatchParams::default(), &patch).await.unwrap();
    let none = bench.apply("one", json!({})).await.unwrap();
    assert_eq!(none.data["spec"], json!({ "settings": { "c": "3" } }));
}

async fn no_op(bench: Bench) {
    let first = bench.apply("one", json!({ "text": "x" })).await.unwrap();
    let again = bench.apply("one", json!({ "text": "x" })).await.unwrap();
    assert_eq!(first.resource_version(), again.resource_version());
}

async fn update_takes(bench: Bench) {
    bench.apply("one", json!({ "text": "x" })).await.unwrap();
    let patch = Patch::Merge(json!({ "spec": { "text": "y" } }));
    let params = PatchParams { field_manager: Some("hand".to_owned()), ..PatchParams::default() };
    let updated = bench.gauges().patch("a", &params, &patch).await.unwrap();
    assert!(owners(&updated).contains(&("hand".to_owned(), "Update".to_owned())));
    let status = refusal(bench.apply("one", json!({ "text": "x" })).await);
    assert_eq!(fields(&status), [".spec.text"]);
    let cause = &status.details.unwrap().causes[0].message;
    assert!(
        cause.starts_with("conflict with \"hand\" using conformance.example.com/v1"),
        "{cause}"
    );
}

async fn lists(bench: Bench) {
    let part = |name: &str, size: u8| json!({ "name": name, "size": size });
    let one = json!({ "parts": [part("a", 1), part("b", 2)], "tags": ["x", "y"] });
    bench.apply("one", one).await.unwrap();
    let two = json!({ "parts": [part("c", 3)], "tags": ["z"] });
    let both = bench.apply("two", two).await.unwrap();
    let parts = json!([part("a", 1), part("b", 2), part("c", 3)]);
    assert_eq!(sorted(&both.data["spec"]["parts"]), sorted(&parts));
    assert_eq!(sorted(&both.data["spec"]["tags"]), sorted(&json!(["x", "y", "z"])));
    let status = refusal(bench.apply("two", json!({ "parts": [part("a", 9)] })).await);
    assert_eq!(fields(&status), [".spec.parts[name=\"a\"].size"]);
    let less = bench.apply("one", json!({ "parts": [part("b", 2)], "tags": ["y"] })).await.unwrap();
    let parts = json!([part("b", 2), part("c", 3)]);
    assert_eq!(sorted(&less.data["spec"]["parts"]), sorted(&parts));
    assert_eq!(sorted(&less.data["spec"]["tags"]), sorted(&json!(["y", "z"])));
}

fn sorted(list: &Value) -> Vec<String> {
    let mut items: Vec<String> = list.as_array().unwrap().iter().map(Value::to_string).collect();
    items.sort();
    items
}

async fn status(bench: Bench) {
    let status = Patch::Apply(json!({
        "apiVersion": "conformance.example.com/v1",
        "kind": "Gauge",
        "metadata": { "name": "a" },
        "status": { "phase": "done" },
    }));
    let gauges = bench.gauges();
    let params = PatchParams::apply("controller");
    assert_eq!(refused(gauges.patch_status("a", &params, &status).await).0, 404);
    bench.apply("one", json!({ "text": "x" })).await.unwrap();
    let applied = gauges.patch_status("a", &params, &status).await.unwrap();
    let expected = json!({ "spec": { "text": "x" }, "status": { "phase": "done" } });
    assert_eq!(applied.data, expected);
    let entries = applied.metadata.managed_fields.unwrap();
    assert!(entries.iter().any(|entry| entry.subresource.as_deref() == Some("status")));
}

async fn containers(bench: Bench) {
    let deployments: Api<Deployment> = Api::namespaced(bench.client.clone(), &bench.namespace);
    let apply = async |manager: &str, containers: Value| {
        let patch = Patch::Apply(json!({
            "apiVersion": "apps/v1",
            "kind": "Deployment",
            "metadata": { "name": "a" },
            "spec": {
                "replicas": 0,
                "selector": { "matchLabels": { "app": "a" } },
                "template": {
                    "metadata": { "labels": { "app": "a" } },
                    "spec": { "containers": containers },
                },
            },
        }));
        let applied = deployments.patch("a", &PatchParams::apply(manager), &patch).await?;
        let containers = applied.spec.unwrap().template.spec.unwrap().containers;
        kube::Result::Ok(
            containers
                .into_iter()
                .map(|container| {
                    let env = container.env.unwrap_or_default();
                    let env: Vec<String> = env.into_iter().map(|variable| variable.name).collect();
                    format!("{} {} {}", container.name, container.image.unwrap(), env.join(","))
                })
                .collect::<Vec<_>>(),
        )
    };
    let variable = |name: &str| json!({ "name": name, "value": "1" });
    let one = json!([{ "name": "x", "image": "i", "env": [variable("A"), variable("B")] }]);
    assert_eq!(apply("one", one).await.unwrap(), ["x i A,B"]);
    let two = json!([{ "name": "x", "env": [variable("C")] }, { "name": "y", "image": "j" }]);
    assert_eq!(apply("two", two).await.unwrap(), ["x i A,B,C", "y j "]);
    let less = json!([{ "name": "x", "image": "i", "env": [variable("B")] }]);
    assert_eq!(apply("one", less).await.unwrap(), ["x i B,C", "y j "]);
    let other = json!([{ "name": "y", "image": "k" }]);
    let status = refusal(apply("three", other).await);
    assert_eq!(fields(&status), [".spec.template.spec.containers[name=\"y\"].image"]);
}

async fn metadata(bench: Bench) {
    bench.gauge("a", json!({ "text": "x" })).await;
    let gauges = bench.gauges();
    let apply = async |manager: &str, metadata: Value| {
        let patch = Patch::Apply(json!({
            "apiVersion": "conformance.example.com/v1", "kind": "Gauge", "metadata": metadata,
        }));
        gauges.patch("a", &PatchParams::apply(manager), &patch).await
    };
    let one = json!({ "labels": { "a": "1" }, "annotations": { "p": "1", "q": "1" } });
    apply("one", one).await.unwrap();
    let both = apply("two", json!({ "finalizers": ["example.com/two"] })).await.unwrap();
    assert_eq!((both.finalizers().len(), both.annotations().len()), (1, 2));
    assert_eq!(both.metadata.generation, Some(1), "metadata is not counted");
    let less = apply("one", json!({ "annotations": { "q": "1" } })).await.unwrap();
    assert!(less.labels().is_empty() && less.annotations().len() == 1);
    assert_eq!(
        fields(&refusal(apply("three", json!({ "annotations": { "q": "2" } })).await)).len(),
        1
    );
    let none = apply("two", json!({})).await.unwrap();
    assert!(none.finalizers().is_empty());
    assert_eq!(none.data["spec"], json!({ "text": "x" }));
}

async fn versioned(bench: Bench) {
    let old = bench.apply("one", json!({ "text": "x" })).await.unwrap().resource_version();
    bench.apply("one", json!({ "text": "y" })).await.unwrap();
    let patch = Patch::Apply(json!({
        "apiVersion": "conformance.example.com/v1",
        "kind": "Gauge",
        "metadata": { "resourceVersion": old },
        "spec": { "text": "z" },
    }));
    let late = bench.gauges().patch("a", &PatchParams::apply("one"), &patch).await;
    assert_eq!(refused(late), (409, "Conflict".to_owned()));
}

async fn incomplete(bench: Bench) {
    let path = format!(
        "/apis/conformance.example.com/v1/namespaces/{}/gauges/a?fieldManager=one",
        bench.namespace
    );
    let send = async |path: &str, body: Value| {
        let request = http::Request::patch(path)
            .header("Content-Type", "application/apply-patch+yaml")
            .body(body.to_string().into_bytes())
            .unwrap();
        refused(bench.client.request::<Value>(request).await)
    };
    let typed = json!({ "apiVersion": "conformance.example.com/v1", "kind": "Gauge" });
    assert_eq!(send(&path, json!({ "spec": {} })).await.0, 400);
    let (bare, _) = path.split_once('?').unwrap();
    assert_eq!(send(bare, typed.clone()).await.0, 422);
    assert_eq!(send(&path, typed.clone()).await.0, 400, "what is created needs its name");
    let mut managed = typed;
    managed["metadata"] = json!({ "managedFields": [{ "manager": "one" }] });
    assert_eq!(send(&path, managed).await.0, 400);
}
