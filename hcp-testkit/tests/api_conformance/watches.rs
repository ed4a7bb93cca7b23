//! Watches.

use futures_util::stream::BoxStream;
use futures_util::{FutureExt as _, StreamExt as _};
use k8s_openapi::api::core::v1::ConfigMap;
use kube::ResourceExt as _;
use kube::api::{Patch, PatchParams, WatchEvent, WatchParams};
use serde_json::json;

use super::bench::{Bench, Scenario, refused};

pub(crate) const SCENARIOS: &[Scenario] = &[
    ("a watch tells what happens from a version on", |bench| from_version(bench).boxed()),
    ("a watch from nowhere begins with what there is", |bench| from_nowhere(bench).boxed()),
    ("what begins to match is added, what ceases is deleted", |bench| transitions(bench).boxed()),
    ("a watch of one object tells of no other", |bench| of_one(bench).boxed()),
    ("a version that is too old has expired", |bench| expired(bench).boxed()),
    ("a watch ends when its time is up", |bench| times_out(bench).boxed()),
    ("initial events end with a bookmark", |bench| initial_events(bench).boxed()),
    ("initial events need a rule for versions", |bench| initial_alone(bench).boxed()),
];

type Events = BoxStream<'static, kube::Result<WatchEvent<ConfigMap>>>;

impl Bench {
    async fn watch(&self, params: WatchParams, version: &str) -> Events {
        self.maps().watch(&params, version).await.unwrap().boxed()
    }

    async fn set(&self, name: &str, value: &str) -> ConfigMap {
        let patch = Patch::Merge(
            json!({ "metadata": { "labels": { "value": value } }, "data": { "key": value } }),
        );
        self.maps().patch(name, &PatchParams::default(), &patch).await.unwrap()
    }
}

/// The next event, as a word, the object's value and its version.
async fn next(events: &mut Events) -> (String, u64) {
    let (word, object) = loop {
        match events.next().await.expect("a watch that goes on").unwrap() {
            // A real controller manager puts its certificate into every namespace, and bookmarks come when they like.
            WatchEvent::Added(object) if object.name_any() == "kube-root-ca.crt" => {}
            WatchEvent::Bookmark(_) => {}
            WatchEvent::Added(object) => break ("added", object),
            WatchEvent::Modified(object) => break ("modified", object),
            WatchEvent::Deleted(object) => break ("deleted", object),
            WatchEvent::Error(status) => {
                return (format!("error {} {}", status.code, status.reason), 0);
            }
        }
    };
    let value = object.data.as_ref().map(|data| data["key"].clone()).unwrap_or_default();
    (format!("{word} {} {value}", object.name_any()), version(&object))
}

fn version(object: &ConfigMap) -> u64 {
    object.resource_version().unwrap().parse().unwrap()
}

async fn from_version(bench: Bench) {
    let first = bench.map("a", "1").await;
    let mut events = bench.watch(<_>::default(), &first.resource_version().unwrap()).await;
    let second = bench.set("a", "2").await;
    assert_eq!(next(&mut events).await, ("modified a 2".to_owned(), version(&second)));
    let other = bench.map("b", "3").await;
    bench.maps().delete("a", &<_>::default()).await.unwrap();
    assert_eq!(next(&mut events).await, ("added b 3".to_owned(), version(&other)));
    let (word, gone) = next(&mut events).await;
    assert_eq!(word, "deleted a 2");
    assert!(gone > version(&other), "a deletion has a version of its own");
    // The past, once more.
    let mut again = bench.watch(<_>::default(), &first.resource_version().unwrap()).await;
    assert_eq!(next(&mut again).await.0, "modified a 2");
}

async fn from_nowhere(bench: Bench) {
    for start in ["", "0"] {
        let name = format!("a{start}");
        bench.map(&name, "1").await;
        let params = WatchParams::default().fields(&format!("metadata.name={name}"));
        let mut events = bench.watch(params, start).await;
        assert_eq!(next(&mut events).await.0, format!("added {name} 1"));
        bench.set(&name, "2").await;
        assert_eq!(next(&mut events).await.0, format!("modified {name} 2"));
    }
}

async fn transitions(bench: Bench) {
    let start = bench.map("a", "1").await.resource_version().unwrap();
    let mut events = bench.watch(WatchParams::default().labels("value in (2,3)"), &start).await;
    bench.set("a", "2").await;
    bench.set("a", "3").await;
    let left = bench.set("a", "4").await;
    assert_eq!(next(&mut events).await.0, "added a 2");
    assert_eq!(next(&mut events).await.0, "modified a 3");
    assert_eq!(next(&mut events).await, ("deleted a 3".to_owned(), version(&left)));
    bench.set("a", "2").await;
    assert_eq!(next(&mut events).await.0, "added a 2");
    bench.maps().delete("a", &<_>::default()).await.unwrap();
    assert_eq!(next(&mut events).await.0, "deleted a 2");
}

async fn of_one(bench: Bench) {
    let start = bench.map("a", "1").await.resource_version().unwrap();
    let params = WatchParams::default().fields("metadata.name=b");
    let mut events = bench.watch(params, &start).await;
    bench.set("a", "2").await;
    bench.map("b", "3").await;
    assert_eq!(next(&mut events).await.0, "added b 3");
}

async fn expired(bench: Bench) {
    bench.gauge("a", json!({})).await;
    bench.history.forget();
    // A server remembers nothing of a custom resource from before its definition, whatever else it still knows.
    let events = bench.gauges().watch(&WatchParams::default(), "1").await.unwrap();
    let first = Box::pin(events).next().await.unwrap().unwrap();
    let WatchEvent::Error(status) = first else { panic!("an error was expected, not {first:?}") };
    assert_eq!((status.code, &*status.reason), (410, "Expired"));
}

async fn times_out(bench: Bench) {
    let start = bench.map("a", "1").await.resource_version().unwrap();
    let params = WatchParams::default().fields("metadata.name=a").timeout(1).disable_bookmarks();
    let mut events = bench.watch(params, &start).await;
    assert!(events.next().await.is_none());
}

async fn initial_events(bench: Bench) {
    let map = bench.map("a", "1").await;
    let params = WatchParams::default().fields("metadata.name=a").initial_events();
    let mut events = bench.watch(params, "").await;
    assert_eq!(next(&mut events).await.0, "added a 1");
    let Some(Ok(WatchEvent::Bookmark(mark))) = events.next().await else { panic!("no bookmark") };
    assert_eq!(mark.metadata.annotations["k8s.io/initial-events-end"], "true");
    assert!(mark.metadata.resource_version.parse::<u64>().unwrap() >= version(&map));
    bench.set("a", "2").await;
    assert_eq!(next(&mut events).await.0, "modified a 2");
}

async fn initial_alone(bench: Bench) {
    let path = format!(
        "/api/v1/namespaces/{}/configmaps?watch=true&sendInitialEvents=true&allowWatchBookmarks=true",
        bench.namespace
    );
    let request = http::Request::get(path).body(Vec::new()).unwrap();
    assert_eq!(refused(bench.client.request::<serde_json::Value>(request).await).0, 422);
}
