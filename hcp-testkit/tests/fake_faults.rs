//! What a script of faults does to clients of the fake API server, and what a test can see of it.
#![expect(clippy::unwrap_used, clippy::panic, reason = "helpers of tests")]

use std::time::Duration;

use futures_util::StreamExt as _;
use hcp_testkit::FakeApiServer;
use hcp_testkit::fake_api::{Effect, FaultRule, Outcome, Scope, Subresources, Verb};
use jiff::{SignedDuration, Timestamp};
use k8s_openapi::api::core::v1::{ConfigMap, Secret};
use kube::api::{
    Api, ApiResource, DynamicObject, ListParams, Patch, PatchParams, PostParams, WatchEvent,
    WatchParams,
};
use kube::core::GroupVersionKind;
use kube::runtime::{WatchStreamExt as _, watcher};
use kube::{Client, ResourceExt as _};
use serde_json::json;
use tokio::time::Instant;

fn maps(client: Client) -> Api<ConfigMap> {
    Api::default_namespaced(client)
}

fn map(name: &str, value: &str) -> ConfigMap {
    serde_json::from_value(json!({
        "apiVersion": "v1", "kind": "ConfigMap", "metadata": { "name": name }, "data": { "key": value },
    }))
    .unwrap()
}

fn set(value: &str) -> Patch<serde_json::Value> {
    Patch::Merge(json!({ "data": { "key": value } }))
}

fn value(map: &ConfigMap) -> &str {
    &map.data.as_ref().unwrap()["key"]
}

async fn patch(api: &Api<ConfigMap>, value: &str) -> kube::Result<ConfigMap> {
    api.patch("a", &PatchParams::default(), &set(value)).await
}

fn refused<T: std::fmt::Debug>(result: kube::Result<T>) -> kube::core::Status {
    match result {
        Err(kube::Error::Api(status)) => *status,
        other => panic!("a refusal was expected, not {other:?}"),
    }
}

#[tokio::test]
async fn refusals_write_nothing_and_look_like_the_servers() {
    let server = FakeApiServer::new();
    let api = maps(server.client());
    server.seed(&map("a", "1")).unwrap();
    for (effect, code, reason) in [
        (Effect::Conflict, 409, "Conflict"),
        (Effect::TooManyRequests(7), 429, "TooManyRequests"),
        (Effect::InternalError, 500, "InternalError"),
        (Effect::Unavailable, 503, "ServiceUnavailable"),
    ] {
        server.faults().inject(FaultRule::new(effect).verb(Verb::Patch));
        let status = refused(patch(&api, "2").await);
        assert_eq!((status.code, &*status.reason), (code, reason));
        if code == 429 {
            assert_eq!(status.details.unwrap().retry_after_seconds, 7);
        }
    }
    assert_eq!(value(&api.get("a").await.unwrap()), "1");
    assert!(server.faults().unfired().is_empty());
    assert_eq!(server.faults().fired().len(), 4);
}

#[tokio::test]
async fn retry_after_is_a_header() {
    let server = FakeApiServer::new();
    server.faults().inject(FaultRule::new(Effect::TooManyRequests(7)));
    let request = http::Request::get("/api/v1/namespaces").body(kube::client::Body::empty());
    let response = server.client().send(request.unwrap()).await.unwrap();
    assert_eq!(response.headers()["retry-after"], "7");
}

#[tokio::test]
async fn a_connection_is_lost_before_or_after_the_write() {
    let server = FakeApiServer::new();
    let api = maps(server.client());
    server.seed(&map("a", "1")).unwrap();
    server.faults().inject(FaultRule::new(Effect::DropBefore).verb(Verb::Patch).nth(1));
    server.faults().inject(FaultRule::new(Effect::CutAfter).verb(Verb::Patch).nth(1));
    assert!(patch(&api, "2").await.is_err());
    assert_eq!(value(&api.get("a").await.unwrap()), "1");
    assert!(patch(&api, "3").await.is_err());
    assert_eq!(value(&api.get("a").await.unwrap()), "3");
    let outcomes: Vec<Outcome> = server.requests().iter().map(|logged| logged.outcome).collect();
    let answered = Outcome::Answered(200);
    assert_eq!(outcomes, [Outcome::Dropped, answered, Outcome::CutAfter, answered]);
}

#[tokio::test]
async fn a_stale_read_shows_the_past() {
    let server = FakeApiServer::new();
    let api = maps(server.client());
    server.seed(&map("a", "1")).unwrap();
    let then = server.resource_version();
    patch(&api, "2").await.unwrap();
    server.seed(&map("b", "3")).unwrap();
    let stale = || FaultRule::new(Effect::StaleRead(then));
    server.faults().inject(stale().verb(Verb::Get));
    server.faults().inject(stale().verb(Verb::List));
    assert_eq!(value(&api.get("a").await.unwrap()), "1");
    let list = api.list(&ListParams::default()).await.unwrap();
    assert_eq!((list.items.len(), value(&list.items[0])), (1, "1"));
    assert_eq!(list.metadata.resource_version.unwrap(), then.to_string());
    assert_eq!(value(&api.get("a").await.unwrap()), "2");
    let replaced = api.replace("a", &PostParams::default(), &list.items[0]).await;
    assert_eq!(refused(replaced).code, 409, "what was read stale cannot be written");
}

#[tokio::test(start_paused = true)]
async fn a_delay_is_of_tokios_time() {
    let server = FakeApiServer::new();
    let api = maps(server.client());
    let hour = Duration::from_secs(3600);
    server.faults().inject(FaultRule::new(Effect::Delay(hour)).verb(Verb::List));
    let began = Instant::now();
    api.list(&ListParams::default()).await.unwrap();
    assert_eq!(began.elapsed(), hour);
}

#[tokio::test]
async fn a_rule_names_the_object_and_the_subresource() {
    let server = FakeApiServer::new();
    let kind = GroupVersionKind::gvk("example.com", "v1", "Gauge");
    let resource = ApiResource::from_gvk(&kind);
    server.register(resource.clone(), Scope::Namespaced, Subresources::default().with_status());
    let api: Api<DynamicObject> = Api::default_namespaced_with(server.client(), &resource);
    for name in ["a", "b"] {
        api.create(&PostParams::default(), &DynamicObject::new(name, &resource)).await.unwrap();
    }
    let on_status = FaultRule::new(Effect::Conflict).kind("Gauge").namespace("default").name("b");
    let id = server.faults().inject(on_status.subresource("status").always());
    let done = Patch::Merge(json!({ "status": { "phase": "done" } }));
    let params = PatchParams::default();
    assert!(api.patch("b", &params, &done).await.is_ok());
    assert!(api.patch_status("a", &params, &done).await.is_ok());
    assert_eq!(refused(api.patch_status("b", &params, &done).await).code, 409);
    assert_eq!(refused(api.patch_status("b", &params, &done).await).code, 409);
    assert_eq!(server.faults().times_fired(id), 2);
    server.faults().clear();
    assert!(api.patch_status("b", &params, &done).await.is_ok());
}

async fn next_value(
    events: &mut (impl futures_util::Stream<Item = kube::Result<WatchEvent<ConfigMap>>> + Unpin),
) -> Option<String> {
    match events.next().await?.unwrap() {
        WatchEvent::Added(map) | WatchEvent::Modified(map) => Some(value(&map).to_owned()),
        WatchEvent::Error(status) => Some(status.code.to_string()),
        other => panic!("{other:?} was not expected"),
    }
}

#[tokio::test]
async fn a_watch_is_cut_expires_and_repeats_itself() {
    let server = FakeApiServer::new();
    let api = maps(server.client());
    for (effect, expected) in [
        (Effect::CutWatch(2), vec!["1", "2"]),
        (Effect::ExpireWatch(1), vec!["1", "410"]),
        (Effect::RepeatEvent(2), vec!["1", "2", "2", "3"]),
    ] {
        server.seed(&map("a", "0")).unwrap();
        let from = server.resource_version().to_string();
        for value in ["1", "2", "3"] {
            patch(&api, value).await.unwrap();
        }
        let id = server.faults().inject(FaultRule::new(effect.clone()));
        let mut events = Box::pin(api.watch(&WatchParams::default(), &from).await.unwrap());
        let mut told = Vec::new();
        while told.len() < expected.len() {
            told.push(next_value(&mut events).await.unwrap());
        }
        assert_eq!(told, expected, "{effect:?}");
        if !matches!(effect, Effect::RepeatEvent(_)) {
            assert!(next_value(&mut events).await.is_none(), "{effect:?}");
        }
        assert_eq!(server.faults().times_fired(id), 1);
    }
}

#[tokio::test(start_paused = true)]
async fn a_watcher_of_kube_survives_every_fault_of_watches() {
    let server = FakeApiServer::new();
    let api = maps(server.client());
    server.seed(&map("a", "1")).unwrap();
    for effect in [Effect::CutWatch(0), Effect::ExpireWatch(0), Effect::DropBefore] {
        server.faults().inject(FaultRule::new(effect).verb(Verb::Watch));
    }
    server.faults().inject(FaultRule::new(Effect::InternalError).verb(Verb::List));
    let stream = watcher(api.clone(), watcher::Config::default()).default_backoff();
    let mut objects = Box::pin(stream.applied_objects().filter_map(async |seen| seen.ok()));
    assert_eq!(value(&objects.next().await.unwrap()), "1");
    patch(&api, "2").await.unwrap();
    loop {
        if value(&objects.next().await.unwrap()) == "2" && server.faults().unfired().is_empty() {
            break;
        }
        // Objects are told again after every list; another write makes another event.
        patch(&api, "3").await.unwrap();
        patch(&api, "2").await.unwrap();
    }
}

#[tokio::test]
async fn bookmarks_come_when_asked_for_and_history_can_be_forgotten() {
    let server = FakeApiServer::new();
    let api = maps(server.client());
    server.seed(&map("a", "1")).unwrap();
    let from = server.resource_version().to_string();
    let mut events = Box::pin(api.watch(&WatchParams::default(), &from).await.unwrap());
    server
        .seed(&serde_json::json!({
            "apiVersion": "v1", "kind": "Secret", "metadata": { "name": "other" },
        }))
        .unwrap();
    server.send_bookmarks();
    let Some(Ok(WatchEvent::Bookmark(mark))) = events.next().await else { panic!("no bookmark") };
    assert_eq!(mark.metadata.resource_version, server.resource_version().to_string());
    server.compact();
    patch(&api, "2").await.unwrap();
    assert_eq!(next_value(&mut events).await.as_deref(), Some("2"), "an open watch goes on");
    let mut late = Box::pin(api.watch(&WatchParams::default(), &from).await.unwrap());
    assert_eq!(next_value(&mut late).await.as_deref(), Some("410"));
    let exact = ListParams::default().at(&from).matching(kube::api::VersionMatch::Exact);
    assert_eq!(refused(api.list(&exact).await).code, 410);
}

#[tokio::test]
async fn the_log_names_requests_and_hides_secrets() {
    let server = FakeApiServer::new();
    let secrets: Api<Secret> = Api::default_namespaced(server.client());
    let secret = json!({ "metadata": { "name": "a" }, "stringData": { "k": "hush" } });
    let secret: Secret = serde_json::from_value(secret).unwrap();
    secrets.create(&PostParams::default(), &secret).await.unwrap();
    let logged = server.requests().remove(0);
    assert_eq!(
        (logged.verb, &*logged.path),
        (Some(Verb::Create), "/api/v1/namespaces/default/secrets")
    );
    assert_eq!(logged.body.as_ref().unwrap()["stringData"]["k"], "REDACTED");
    assert!(!format!("{server:?}").contains("aHVzaA"), "not in the server's own text either");
    assert_eq!(secrets.get("a").await.unwrap().data.unwrap()["k"].0, b"hush");
}

#[tokio::test]
async fn times_are_the_clocks_and_runs_are_alike() {
    let run = async || {
        let server = FakeApiServer::new();
        let api = maps(server.client());
        let start: Timestamp = "2031-02-03T04:05:06.789Z".parse().unwrap();
        server.clock().set(start);
        let first = api.create(&PostParams::default(), &map("a", "1")).await.unwrap();
        server.clock().advance(SignedDuration::from_secs(60));
        let second = api.create(&PostParams::default(), &map("b", "1")).await.unwrap();
        assert_eq!(first.creation_timestamp().unwrap().0.to_string(), "2031-02-03T04:05:06Z");
        assert_eq!(second.creation_timestamp().unwrap().0.to_string(), "2031-02-03T04:06:06Z");
        serde_json::to_string(&api.list(&ListParams::default()).await.unwrap()).unwrap()
    };
    assert_eq!(run().await, run().await);
}

#[tokio::test]
async fn what_is_seeded_is_there_with_its_status_and_namespace() {
    let server = FakeApiServer::new();
    let pod = json!({
        "apiVersion": "v1", "kind": "Pod", "metadata": { "name": "a", "namespace": "new", "uid": "u" },
        "spec": { "containers": [] }, "status": { "phase": "Running" },
    });
    server.seed(&pod).unwrap();
    let stored = server.stored("Pod", "new", "a").unwrap();
    assert_eq!(
        (&stored["metadata"]["uid"], &stored["status"]["phase"]),
        (&json!("u"), &json!("Running"))
    );
    assert!(server.stored("Namespace", "", "new").is_some());
    assert!(server.requests().is_empty());
    let unknown =
        json!({ "apiVersion": "no.example.com/v1", "kind": "No", "metadata": { "name": "a" } });
    let error = server.seed(&unknown).unwrap_err().to_string();
    assert_eq!(error, "\"no.example.com/v1\" \"No\" is not served; register it first");
    let mut nameless = json!(map("a", "1"));
    nameless["metadata"] = json!({});
    assert!(server.seed(&nameless).is_err());
}

#[tokio::test]
async fn without_controllers_nothing_is_collected() {
    let server = FakeApiServer::new().without_controllers();
    let api = maps(server.client());
    let owner = api.create(&PostParams::default(), &map("owner", "1")).await.unwrap();
    let mut child = map("child", "1");
    child.metadata.owner_references =
        Some(vec![serde_json::from_value(json!({
        "apiVersion": "v1", "kind": "ConfigMap", "name": "owner", "uid": owner.uid().unwrap(),
    }))
    .unwrap()]);
    api.create(&PostParams::default(), &child).await.unwrap();
    api.delete("owner", &<_>::default()).await.unwrap();
    assert!(api.get("child").await.is_ok());
}
