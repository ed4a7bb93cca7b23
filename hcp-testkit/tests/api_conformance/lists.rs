//! Lists: selectors, pieces, versions.

use futures_util::FutureExt as _;
use k8s_openapi::api::core::v1::ConfigMap;
use kube::ResourceExt as _;
use kube::api::{Api, ListParams, ObjectList, PartialObjectMeta, Patch, PatchParams, VersionMatch};
use serde_json::{Value, json};

use super::bench::{Bench, Scenario, refusal, refused};

pub(crate) const SCENARIOS: &[Scenario] = &[
    ("label selectors choose", |bench| labels(bench).boxed()),
    ("field selectors choose", |bench| by_field(bench).boxed()),
    ("a selector that cannot be read is refused", |bench| bad_selector(bench).boxed()),
    ("a list in pieces is of one version", |bench| pieces(bench).boxed()),
    ("an exact version is shown as it was", |bench| exact(bench).boxed()),
    ("a version of the future is not there yet", |bench| future(bench).boxed()),
    ("a rule for versions needs a version", |bench| rule_alone(bench).boxed()),
    ("metadata can be had alone", |bench| metadata(bench).boxed()),
];

async fn three(bench: &Bench) -> Api<ConfigMap> {
    for (name, value) in [("c", "3"), ("a", "1"), ("b", "2")] {
        bench.map(name, value).await;
    }
    bench.maps()
}

fn names<K: kube::Resource + Clone>(list: &ObjectList<K>) -> String {
    let names = list.items.iter().map(kube::ResourceExt::name_any);
    names.filter(|name| name != "kube-root-ca.crt").collect()
}

async fn labels(bench: Bench) {
    let maps = three(&bench).await;
    let unlabelled = Patch::Merge(json!({ "metadata": { "labels": null } }));
    maps.patch("c", &PatchParams::default(), &unlabelled).await.unwrap();
    for (selector, expected) in [
        ("value=1", "a"),
        ("value==2", "b"),
        ("value!=1", "bc"),
        ("value in (1,2)", "ab"),
        ("value notin (1),other notin (x)", "bc"),
        ("value", "ab"),
        ("!value", "c"),
        ("value,value!=2", "a"),
    ] {
        let list = maps.list(&ListParams::default().labels(selector)).await.unwrap();
        assert_eq!(names(&list), expected, "{selector}");
    }
}

async fn by_field(bench: Bench) {
    let maps = three(&bench).await;
    let list = maps.list(&ListParams::default().fields("metadata.name=b")).await.unwrap();
    assert_eq!(names(&list), "b");
    let all: Api<ConfigMap> = Api::all(bench.client.clone());
    let fields = format!("metadata.namespace={},metadata.name!=b", bench.namespace);
    let list = all.list(&ListParams::default().fields(&fields)).await.unwrap();
    assert_eq!(names(&list), "ac");
}

async fn bad_selector(bench: Bench) {
    for params in [ListParams::default().labels("a in b"), ListParams::default().fields("a")] {
        assert_eq!(refused(bench.maps().list(&params).await), (400, "BadRequest".to_owned()));
    }
}

async fn pieces(bench: Bench) {
    let maps = three(&bench).await;
    let limit = ListParams::default().labels("value").limit(2);
    let first = maps.list(&limit).await.unwrap();
    assert_eq!(names(&first), "ab");
    let token = first.metadata.continue_.clone().unwrap();
    bench.map("d", "4").await;
    maps.delete("c", &<_>::default()).await.unwrap();
    let rest = maps.list(&limit.clone().continue_token(&token)).await.unwrap();
    assert_eq!(names(&rest), "c", "what was there then");
    assert_eq!(rest.metadata.resource_version, first.metadata.resource_version);
    assert!(rest.metadata.continue_.unwrap_or_default().is_empty());
    let bad = maps.list(&limit.continue_token("nonsense")).await;
    assert_eq!(refused(bad).0, 400);
}

async fn exact(bench: Bench) {
    let maps = three(&bench).await;
    let then = maps.list(&ListParams::default()).await.unwrap().metadata.resource_version.unwrap();
    maps.delete("a", &<_>::default()).await.unwrap();
    let exact = ListParams::default().at(&then).matching(VersionMatch::Exact);
    assert_eq!(names(&maps.list(&exact).await.unwrap()), "abc");
    let fresh = ListParams::default().at(&then).matching(VersionMatch::NotOlderThan);
    assert_eq!(names(&maps.list(&fresh).await.unwrap()), "bc");
    assert_eq!(names(&maps.list(&ListParams::default()).await.unwrap()), "bc");
}

async fn future(bench: Bench) {
    let future = ListParams::default().at("999999999").matching(VersionMatch::NotOlderThan);
    let status = refusal(bench.maps().list(&future).await);
    assert_eq!((status.code, &*status.reason), (504, "Timeout"));
    let details = status.details.unwrap();
    assert_eq!(details.causes[0].reason, "ResourceVersionTooLarge");
    assert_eq!(details.retry_after_seconds, 1);
}

async fn rule_alone(bench: Bench) {
    let path =
        format!("/api/v1/namespaces/{}/configmaps?resourceVersionMatch=Exact", bench.namespace);
    let request = http::Request::get(path).body(Vec::new()).unwrap();
    assert_eq!(refused(bench.client.request::<Value>(request).await).0, 422);
}

async fn metadata(bench: Bench) {
    let maps = three(&bench).await;
    let list: ObjectList<PartialObjectMeta<ConfigMap>> =
        maps.list_metadata(&ListParams::default()).await.unwrap();
    assert_eq!(names(&list), "abc");
    let one = maps.get_metadata("a").await.unwrap();
    assert_eq!(one.labels()["value"], "1");
}
