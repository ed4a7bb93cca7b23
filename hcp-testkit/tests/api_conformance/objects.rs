//! Objects: created, read, replaced.

use futures_util::FutureExt as _;
use k8s_openapi::api::core::v1::{ConfigMap, Secret};
use kube::ResourceExt as _;
use kube::api::{Api, ApiResource, DynamicObject, Patch, PatchParams, PostParams};
use kube::core::GroupVersionKind;
use serde_json::json;

use super::bench::{Bench, Scenario, config_map, fields, gauge_object, read, refusal, refused};

pub(crate) const SCENARIOS: &[Scenario] = &[
    ("a new object gets an identity", |bench| identity(bench).boxed()),
    ("a name is taken once", |bench| taken(bench).boxed()),
    ("names are generated from a prefix", |bench| generated(bench).boxed()),
    ("an illegal name is invalid", |bench| illegal_name(bench).boxed()),
    ("a namespace must exist", |bench| no_namespace(bench).boxed()),
    ("a new object has no version", |bench| version_on_create(bench).boxed()),
    ("what is not there is not found", |bench| not_found(bench).boxed()),
    ("a replacement of an old version conflicts", |bench| conflict(bench).boxed()),
    ("a custom resource is never replaced blindly", |bench| unconditional(bench).boxed()),
    ("a replacement that changes nothing writes nothing", |bench| no_op(bench).boxed()),
    ("another UID is another object", |bench| other_uid(bench).boxed()),
    ("generation counts changes of the spec", |bench| generation(bench).boxed()),
    ("status is written apart", |bench| status_apart(bench).boxed()),
    ("dry runs write nothing", |bench| dry_run(bench).boxed()),
    ("a secret's text ends up encoded", |bench| secret(bench).boxed()),
    ("an object is served in every version", |bench| versions(bench).boxed()),
    ("what is empty in the metadata is left out", |bench| empty(bench).boxed()),
    ("what a resource does not do is refused", |bench| methods(bench).boxed()),
    ("the server tells what it serves", |bench| discovery(bench).boxed()),
];

async fn identity(bench: Bench) {
    let map = bench.map("a", "1").await;
    assert!(map.uid().is_some() && map.resource_version().is_some());
    assert!(map.creation_timestamp().is_some());
    assert_eq!(map.namespace().as_deref(), Some(&*bench.namespace));
    assert_eq!(map.metadata.generation, None, "ConfigMaps have no generation");
    let managed = &map.metadata.managed_fields.unwrap()[0];
    assert_eq!(managed.operation.as_deref(), Some("Update"));
    let gauge = bench.gauge("a", json!({ "replicas": 1 })).await;
    assert_eq!(gauge.metadata.generation, Some(1));
    assert_eq!(bench.gauges().get("a").await.unwrap().uid(), gauge.uid());
}

async fn taken(bench: Bench) {
    bench.map("a", "1").await;
    let status = refusal(bench.maps().create(&PostParams::default(), &config_map("a", "2")).await);
    assert_eq!((status.code, &*status.reason), (409, "AlreadyExists"));
    assert_eq!(status.message, "configmaps \"a\" already exists");
    let details = status.details.unwrap();
    assert_eq!((&*details.name, &*details.kind), ("a", "configmaps"));
}

async fn generated(bench: Bench) {
    let mut map = config_map("", "1");
    map.metadata.name = None;
    map.metadata.generate_name = Some("prefix-".to_owned());
    let first = bench.maps().create(&PostParams::default(), &map).await.unwrap().name_any();
    let second = bench.maps().create(&PostParams::default(), &map).await.unwrap().name_any();
    assert!(first.starts_with("prefix-") && first.len() == "prefix-".len() + 5, "{first}");
    assert_ne!(first, second);
}

async fn illegal_name(bench: Bench) {
    let status =
        refusal(bench.maps().create(&PostParams::default(), &config_map("A_b", "1")).await);
    assert_eq!((status.code, &*status.reason), (422, "Invalid"));
    assert_eq!(fields(&status), ["metadata.name"]);
    let details = status.details.unwrap();
    assert_eq!((&*details.kind, &*details.causes[0].reason), ("ConfigMap", "FieldValueInvalid"));
    let mut nameless = config_map("", "1");
    nameless.metadata.name = None;
    let status = refusal(bench.maps().create(&PostParams::default(), &nameless).await);
    assert_eq!((status.code, fields(&status)), (422, vec!["metadata.name"]));
    assert_eq!(status.details.unwrap().causes[0].reason, "FieldValueRequired");
}

async fn no_namespace(bench: Bench) {
    let elsewhere: Api<ConfigMap> = Api::namespaced(bench.client.clone(), "nowhere");
    let status = refusal(elsewhere.create(&PostParams::default(), &config_map("a", "1")).await);
    assert_eq!((status.code, &*status.reason), (404, "NotFound"));
    let details = status.details.unwrap();
    assert_eq!((&*details.kind, &*details.name), ("namespaces", "nowhere"));
}

async fn version_on_create(bench: Bench) {
    let mut map = config_map("a", "1");
    map.metadata.resource_version = Some("5".to_owned());
    let status = refusal(bench.maps().create(&PostParams::default(), &map).await);
    assert_eq!(status.code, 500, "{status:?}");
    assert_eq!(status.message, "resourceVersion should not be set on objects to be created");
}

async fn not_found(bench: Bench) {
    let status = refusal(bench.gauges().get("a").await);
    assert_eq!((status.code, &*status.reason), (404, "NotFound"));
    assert_eq!(status.message, "gauges.conformance.example.com \"a\" not found");
    let details = status.details.unwrap();
    assert_eq!((&*details.kind, &*details.group), ("gauges", "conformance.example.com"));
    assert_eq!(refused(bench.maps().delete("a", &<_>::default()).await).0, 404);
    let patch = Patch::Merge(json!({ "data": {} }));
    assert_eq!(refused(bench.maps().patch("a", &PatchParams::default(), &patch).await).0, 404);
    let mut map = config_map("a", "1");
    map.metadata.resource_version = Some("1".to_owned());
    assert_eq!(refused(bench.maps().replace("a", &PostParams::default(), &map).await).0, 404);
}

async fn conflict(bench: Bench) {
    let old = bench.map("a", "1").await;
    let mut newer = old.clone();
    newer.data = Some([("key".to_owned(), "2".to_owned())].into());
    let newer = bench.maps().replace("a", &PostParams::default(), &newer).await.unwrap();
    assert_ne!(newer.resource_version(), old.resource_version());
    let status = refusal(bench.maps().replace("a", &PostParams::default(), &old).await);
    assert_eq!((status.code, &*status.reason), (409, "Conflict"));
    assert_eq!(
        status.message,
        "Operation cannot be fulfilled on configmaps \"a\": the object has been modified; please apply your changes to the latest version and try again"
    );
    let details = status.details.unwrap();
    assert_eq!((&*details.name, &*details.kind), ("a", "configmaps"));
    let other_name = bench.maps().replace("b", &PostParams::default(), &newer).await;
    assert_eq!(refused(other_name), (400, "BadRequest".to_owned()));
}

async fn unconditional(bench: Bench) {
    bench.map("a", "1").await;
    let replaced = bench.maps().replace("a", &PostParams::default(), &config_map("a", "2")).await;
    assert_eq!(replaced.unwrap().data.unwrap()["key"], "2");
    bench.gauge("a", json!({})).await;
    let blind = gauge_object("a", json!({ "replicas": 1 }));
    let status = refusal(bench.gauges().replace("a", &PostParams::default(), &blind).await);
    assert_eq!((status.code, fields(&status)), (422, vec!["metadata.resourceVersion"]));
}

async fn no_op(bench: Bench) {
    let old = bench.map("a", "1").await;
    let same = bench.maps().replace("a", &PostParams::default(), &old).await.unwrap();
    assert_eq!(same.resource_version(), old.resource_version());
    let patch = Patch::Merge(json!({ "data": { "key": "1" } }));
    let same = bench.maps().patch("a", &PatchParams::default(), &patch).await.unwrap();
    assert_eq!(same.resource_version(), old.resource_version());
}

async fn other_uid(bench: Bench) {
    let mut map = bench.map("a", "1").await;
    map.metadata.uid = Some("00000000-0000-4000-8000-ffffffffffff".to_owned());
    let refused = refused(bench.maps().replace("a", &PostParams::default(), &map).await);
    assert_eq!(refused, (409, "Conflict".to_owned()));
}

async fn generation(bench: Bench) {
    bench.gauge("a", json!({ "replicas": 1 })).await;
    let gauges = bench.gauges();
    let mut generations = Vec::new();
    for patch in [
        json!({ "metadata": { "labels": { "a": "b" } } }),
        json!({ "spec": { "replicas": 2 } }),
        json!({ "spec": { "replicas": 2 } }),
        json!({ "spec": { "other": { "a": 1 } } }),
    ] {
        let patch = Patch::Merge(patch);
        let patched = gauges.patch("a", &PatchParams::default(), &patch).await.unwrap();
        generations.push(patched.metadata.generation.unwrap());
    }
    assert_eq!(generations, [1, 2, 2, 3]);
    let status = Patch::Merge(json!({ "status": { "replicas": 2 } }));
    let patched = gauges.patch_status("a", &PatchParams::default(), &status).await.unwrap();
    assert_eq!(patched.metadata.generation, Some(3));
}

async fn status_apart(bench: Bench) {
    let gauges = bench.gauges();
    let mut object = gauge_object("a", json!({ "replicas": 1 }));
    object.data["status"] = json!({ "phase": "new" });
    let created = gauges.create(&PostParams::default(), &object).await.unwrap();
    assert!(created.data.get("status").is_none(), "a new object has no status");
    let both = Patch::Merge(json!({ "spec": { "replicas": 7 }, "status": { "phase": "old" } }));
    let main = gauges.patch("a", &PatchParams::default(), &both).await.unwrap();
    assert_eq!((&main.data["spec"]["replicas"], main.data.get("status")), (&json!(7), None));
    let both = Patch::Merge(json!({
        "metadata": { "labels": { "a": "b" } }, "spec": { "replicas": 8 }, "status": { "phase": "old" },
    }));
    let status = gauges.patch_status("a", &PatchParams::default(), &both).await.unwrap();
    assert_eq!(status.data, json!({ "spec": { "replicas": 7 }, "status": { "phase": "old" } }));
    assert!(status.labels().is_empty());
    let only_status = Patch::Merge(json!({ "status": { "phase": "ignored" } }));
    let same = gauges.patch("a", &PatchParams::default(), &only_status).await.unwrap();
    assert_eq!(same.resource_version(), status.resource_version());
    let mut stale = created;
    stale.data["status"] = json!({ "phase": "stale" });
    let refused = refused(gauges.replace_status("a", &PostParams::default(), &stale).await);
    assert_eq!(refused, (409, "Conflict".to_owned()));
}

async fn dry_run(bench: Bench) {
    let dry = PostParams { dry_run: true, ..PostParams::default() };
    let shown = bench.maps().create(&dry, &config_map("a", "1")).await.unwrap();
    assert!(shown.uid().is_some() && shown.resource_version().is_none());
    assert_eq!(refused(bench.maps().get("a").await).0, 404);
    let old = bench.map("a", "1").await;
    let params = PatchParams::default().dry_run();
    let patch = Patch::Merge(json!({ "data": { "key": "2" } }));
    let shown = bench.maps().patch("a", &params, &patch).await.unwrap();
    assert_eq!(shown.data.as_ref().unwrap()["key"], "2");
    assert_eq!(shown.resource_version(), old.resource_version());
    bench.maps().delete("a", &kube::api::DeleteParams::default().dry_run()).await.unwrap();
    assert_eq!(bench.maps().get("a").await.unwrap().data, old.data);
}

async fn secret(bench: Bench) {
    let secrets: Api<Secret> = Api::namespaced(bench.client.clone(), &bench.namespace);
    let object: Secret = read(json!({ "metadata": { "name": "a" }, "stringData": { "k": "v" } }));
    let created = secrets.create(&PostParams::default(), &object).await.unwrap();
    assert_eq!(created.data.unwrap()["k"].0, b"v");
    assert_eq!((created.string_data, created.type_.as_deref()), (None, Some("Opaque")));
}

async fn versions(bench: Bench) {
    let older = GroupVersionKind::gvk("conformance.example.com", "v1beta1", "Gauge");
    let older = ApiResource::from_gvk(&older);
    let api: Api<DynamicObject> =
        Api::namespaced_with(bench.client.clone(), &bench.namespace, &older);
    let created = bench.gauge("a", json!({ "text": "x" })).await;
    let seen = api.get("a").await.unwrap();
    assert_eq!(seen.uid(), created.uid());
    assert_eq!(seen.types.as_ref().unwrap().api_version, older.api_version);
    let patch = Patch::Merge(json!({ "spec": { "text": "y" } }));
    api.patch("a", &PatchParams::default(), &patch).await.unwrap();
    let seen = bench.gauges().get("a").await.unwrap();
    assert_eq!(
        (&seen.data["spec"]["text"], seen.types.unwrap().api_version),
        (&json!("y"), created.types.unwrap().api_version)
    );
    let mut other = gauge_object("b", json!({}));
    other.types.as_mut().unwrap().api_version.clone_from(&older.api_version);
    let refused = refused(bench.gauges().create(&PostParams::default(), &other).await);
    assert_eq!(refused, (400, "BadRequest".to_owned()));
}

async fn empty(bench: Bench) {
    let empty = json!({
        "metadata": { "name": "a", "labels": {}, "annotations": {}, "finalizers": [], "ownerReferences": [] },
    });
    let map: ConfigMap = read(empty);
    let created = bench.maps().create(&PostParams::default(), &map).await.unwrap().metadata;
    assert_eq!((created.labels, created.annotations), (None, None));
    assert_eq!((created.finalizers, created.owner_references), (None, None));
}

async fn methods(bench: Bench) {
    let send = async |method: &str, path: &str| {
        let request = http::Request::builder().method(method).uri(path).body(Vec::new()).unwrap();
        refused(bench.client.request::<serde_json::Value>(request).await)
    };
    let maps = format!("/api/v1/namespaces/{}/configmaps", bench.namespace);
    assert_eq!(send("PUT", &maps).await, (405, "MethodNotAllowed".to_owned()));
    assert_eq!(send("POST", &format!("{maps}/a")).await, (405, "MethodNotAllowed".to_owned()));
    assert_eq!(send("GET", "/api/v1/nothings").await.0, 404);
    assert_eq!(send("GET", &format!("{maps}/a/scale")).await.0, 404);
    assert_eq!(send("GET", "/apis/no.example.com/v1/nothings").await.0, 404);
    let mut other = config_map("a", "1");
    other.metadata.namespace = Some("default".to_owned());
    let refused = refused(bench.maps().create(&PostParams::default(), &other).await);
    assert_eq!(refused, (400, "BadRequest".to_owned()));
}

async fn discovery(bench: Bench) {
    let version = bench.client.apiserver_version().await.unwrap();
    assert_eq!(version.major, "1");
    let gauge = super::bench::gauge();
    let kind = GroupVersionKind::gvk(&gauge.group, &gauge.version, &gauge.kind);
    let plain = kube::Discovery::new(bench.client.clone()).filter(&[&gauge.group]);
    let aggregated = kube::Discovery::new(bench.client.clone()).filter(&[&gauge.group]);
    for found in [plain.run().await.unwrap(), aggregated.run_aggregated().await.unwrap()] {
        let (resource, capabilities) = found.resolve_gvk(&kind).unwrap();
        assert_eq!(resource, gauge);
        let parts: Vec<&str> =
            capabilities.subresources.iter().map(|(part, _)| &*part.plural).collect();
        assert!(parts.contains(&"status") && parts.contains(&"scale"), "{parts:?}");
        assert!(capabilities.supports_operation("deletecollection"));
    }
    let (core, _) = kube::discovery::oneshot::pinned_kind(
        &bench.client,
        &GroupVersionKind::gvk("", "v1", "ConfigMap"),
    )
    .await
    .unwrap();
    assert_eq!(core.plural, "configmaps");
}
