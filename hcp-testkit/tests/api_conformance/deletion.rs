//! Deletions.

use either::Either;
use futures_util::FutureExt as _;
use k8s_openapi::api::core::v1::Namespace;
use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition;
use kube::ResourceExt as _;
use kube::api::{
    Api, ApiResource, DeleteParams, DynamicObject, ListParams, Patch, PatchParams, PostParams,
    Preconditions,
};
use kube::core::GroupVersionKind;
use kube::runtime::wait::conditions;
use serde_json::{Value, json};

use super::bench::{Bench, Scenario, config_map, define, fields, read, refusal, refused};

pub(crate) const SCENARIOS: &[Scenario] = &[
    ("a deletion answers with a status", |bench| answers(bench).boxed()),
    ("preconditions hold a deletion back", |bench| preconditions(bench).boxed()),
    ("finalizers hold an object", |bench| finalizers(bench).boxed()),
    ("an object that goes takes no finalizers", |bench| no_new_finalizers(bench).boxed()),
    ("a collection is deleted by its selectors", |bench| collection(bench).boxed()),
    ("a pod that runs is given time", |bench| grace(bench).boxed()),
    ("a pod that runs nowhere goes at once", |bench| no_grace(bench).boxed()),
    ("a namespace takes its content along", |bench| namespace(bench).boxed()),
    ("a definition takes its objects along", |bench| definition(bench).boxed()),
    ("an unknown propagation policy is refused", |bench| unknown_policy(bench).boxed()),
];

async fn answers(bench: Bench) {
    let map = bench.map("a", "1").await;
    let answer = bench.maps().delete("a", &<_>::default()).await.unwrap();
    let Either::Right(status) = answer else { panic!("an object came back") };
    let details = status.details.unwrap();
    assert_eq!((&*details.name, &*details.kind), ("a", "configmaps"));
    assert_eq!(Some(details.uid), map.uid());
    assert_eq!(refused(bench.maps().get("a").await).0, 404);
}

async fn preconditions(bench: Bench) {
    let map = bench.map("a", "1").await;
    let with = |uid: Option<&str>, resource_version: Option<&str>| {
        let preconditions = Preconditions {
            uid: uid.map(str::to_owned),
            resource_version: resource_version.map(str::to_owned),
        };
        DeleteParams { preconditions: Some(preconditions), ..DeleteParams::default() }
    };
    let maps = bench.maps();
    for (params, what) in [
        (with(Some("another"), None), "UID"),
        (with(map.uid().as_deref(), Some("1")), "ResourceVersion"),
    ] {
        let status = refusal(maps.delete("a", &params).await);
        assert_eq!((status.code, &*status.reason), (409, "Conflict"));
        assert_eq!(status.details.unwrap().kind, "ConfigMap", "the kind, not the resource");
        let says = format!("the {what} in the precondition");
        assert!(status.message.contains(&says), "{}", status.message);
    }
    let right = with(map.uid().as_deref(), map.resource_version().as_deref());
    maps.delete("a", &right).await.unwrap();
}

async fn finalizers(bench: Bench) {
    let gauges = bench.gauges();
    bench.gauge("a", json!({})).await;
    let hold = Patch::Merge(json!({ "metadata": { "finalizers": ["example.com/hold"] } }));
    gauges.patch("a", &PatchParams::default(), &hold).await.unwrap();
    let answer = gauges.delete("a", &<_>::default()).await.unwrap();
    let Either::Left(marked) = answer else { panic!("it is gone") };
    assert!(marked.metadata.deletion_timestamp.is_some());
    assert_eq!(marked.metadata.deletion_grace_period_seconds, Some(0));
    assert_eq!(marked.metadata.generation, Some(2), "a deletion is counted");
    let again = gauges.delete("a", &<_>::default()).await.unwrap();
    let Either::Left(again) = again else { panic!("it is gone") };
    assert_eq!(again.resource_version(), marked.resource_version());
    let release = Patch::Merge(json!({ "metadata": { "finalizers": null } }));
    let last = gauges.patch("a", &PatchParams::default(), &release).await.unwrap();
    assert!(last.finalizers().is_empty());
    assert_eq!(refused(gauges.get("a").await).0, 404);
}

async fn no_new_finalizers(bench: Bench) {
    let maps = bench.maps();
    let mut map = config_map("a", "1");
    map.metadata.finalizers = Some(vec!["example.com/hold".to_owned()]);
    maps.create(&PostParams::default(), &map).await.unwrap();
    maps.delete("a", &<_>::default()).await.unwrap();
    let more = json!({ "metadata": { "finalizers": ["example.com/hold", "example.com/more"] } });
    let status = refusal(maps.patch("a", &PatchParams::default(), &Patch::Merge(more)).await);
    assert_eq!((status.code, fields(&status)), (422, vec!["metadata.finalizers"]));
    let data = Patch::Merge(json!({ "data": { "key": "2" } }));
    maps.patch("a", &PatchParams::default(), &data).await.unwrap();
    let release = Patch::Merge(json!({ "metadata": { "finalizers": [] } }));
    maps.patch("a", &PatchParams::default(), &release).await.unwrap();
    assert_eq!(refused(maps.get("a").await).0, 404);
}

async fn collection(bench: Bench) {
    for (name, value) in [("a", "1"), ("b", "2"), ("c", "2")] {
        bench.map(name, value).await;
    }
    let maps = bench.maps();
    let chosen = ListParams::default().labels("value=2");
    let answer = maps.delete_collection(&DeleteParams::default(), &chosen).await.unwrap();
    let Either::Left(gone) = answer else { panic!("a status came back") };
    assert_eq!(gone.items.len(), 2);
    let left = maps.list(&ListParams::default().labels("value")).await.unwrap();
    assert_eq!(left.items.len(), 1);
}

fn pod(node: Option<&str>) -> Value {
    json!({
        "metadata": { "name": "a" },
        "spec": { "nodeName": node, "containers": [{ "name": "c", "image": "i" }] },
    })
}

async fn grace(bench: Bench) {
    let pods = bench.pods();
    let created = pods.create(&PostParams::default(), &read(pod(Some("n")))).await.unwrap();
    assert_eq!(created.status.as_ref().unwrap().phase.as_deref(), Some("Pending"));
    let Either::Left(marked) = pods.delete("a", &<_>::default()).await.unwrap() else {
        panic!("it is gone")
    };
    assert_eq!(marked.metadata.deletion_grace_period_seconds, Some(30));
    let now = DeleteParams { grace_period_seconds: Some(0), ..DeleteParams::default() };
    pods.delete("a", &now).await.unwrap();
    assert_eq!(refused(pods.get("a").await).0, 404);
}

async fn no_grace(bench: Bench) {
    let pods = bench.pods();
    pods.create(&PostParams::default(), &read(pod(None))).await.unwrap();
    let answer = pods.delete("a", &<_>::default()).await.unwrap();
    assert!(answer.is_left(), "a deleted pod comes back as it was");
    assert_eq!(refused(pods.get("a").await).0, 404);
}

async fn namespace(bench: Bench) {
    let namespaces: Api<Namespace> = Api::all(bench.client.clone());
    let name = format!("{}-inner", bench.namespace);
    let inner = Bench::new(&bench.client, &name, &bench.history).await;
    let map = inner.map("a", "1").await;
    let mut held = config_map("b", "1");
    held.metadata.finalizers = Some(vec!["example.com/hold".to_owned()]);
    inner.maps().create(&PostParams::default(), &held).await.unwrap();
    let object = namespaces.get(&name).await.unwrap();
    let answer = namespaces.delete(&name, &<_>::default()).await.unwrap();
    let Either::Left(marked) = answer else { panic!("it is gone") };
    assert_eq!(marked.status.unwrap().phase.as_deref(), Some("Terminating"));
    let status = refusal(inner.maps().create(&PostParams::default(), &config_map("c", "1")).await);
    assert_eq!((status.code, &*status.reason), (403, "Forbidden"));
    assert_eq!(status.details.unwrap().causes[0].reason, "NamespaceTerminating");
    bench.gone(inner.maps(), &map).await;
    let deleting = |map: Option<&k8s_openapi::api::core::v1::ConfigMap>| {
        map.is_some_and(|map| map.metadata.deletion_timestamp.is_some())
    };
    bench.until(inner.maps(), "b", deleting).await;
    let release = Patch::Merge(json!({ "metadata": { "finalizers": null } }));
    inner.maps().patch("b", &PatchParams::default(), &release).await.unwrap();
    let uid = object.uid().unwrap();
    bench.until(namespaces, &name, conditions::is_deleted(&uid)).await;
}

async fn definition(bench: Bench) {
    let definitions: Api<CustomResourceDefinition> = Api::all(bench.client.clone());
    let created = define(&bench.client, "Gadget", "gadgets").await;
    let gadget = GroupVersionKind::gvk("conformance.example.com", "v1", "Gadget");
    let gadget = ApiResource::from_gvk(&gadget);
    let gadgets: Api<DynamicObject> =
        Api::namespaced_with(bench.client.clone(), &bench.namespace, &gadget);
    let object = DynamicObject::new("a", &gadget);
    gadgets.create(&PostParams::default(), &object).await.unwrap();
    definitions.delete(&created.name_any(), &<_>::default()).await.unwrap();
    bench.gone(definitions, &created).await;
    assert_eq!(refused(gadgets.get("a").await).0, 404);
}

async fn unknown_policy(bench: Bench) {
    bench.map("a", "1").await;
    let path = format!("/api/v1/namespaces/{}/configmaps/a", bench.namespace);
    let body = json!({ "propagationPolicy": "Sideways" }).to_string().into_bytes();
    let request = http::Request::delete(path).header("Content-Type", "application/json").body(body);
    assert_eq!(refused(bench.client.request::<Value>(request.unwrap()).await).0, 422);
}
