//! A real Kubernetes API: it serves, refuses, watches, and nothing of it is left.
#![expect(clippy::unwrap_used, reason = "helpers of tests")]

use std::collections::BTreeMap;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::time::Duration;

use futures_util::{StreamExt, TryStreamExt};
use hcp_testkit::{KubeEnv, TestkitError, eventually};
use k8s_openapi::api::core::v1::ConfigMap;
use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition;
use kube::api::{
    ApiResource, DeleteParams, DynamicObject, ListParams, ObjectMeta, Patch, PatchParams,
    PostParams, WatchEvent, WatchParams,
};
use kube::core::GroupVersionKind;
use kube::{Api, ResourceExt};
use serde_json::json;

const PATIENCE: Duration = Duration::from_secs(60);

fn config_map(name: &str, value: &str) -> ConfigMap {
    ConfigMap {
        metadata: ObjectMeta { name: Some(name.to_owned()), ..ObjectMeta::default() },
        data: Some(BTreeMap::from([("key".to_owned(), value.to_owned())])),
        ..ConfigMap::default()
    }
}

fn code(error: &kube::Error) -> Option<u16> {
    match error {
        kube::Error::Api(status) => Some(status.code),
        _ => None,
    }
}

/// Runs it and returns what it prints; it must succeed.
fn kubectl(env: &KubeEnv, args: &str) -> String {
    let output = env.kubectl().args(args.split(' ')).output().unwrap();
    assert!(output.status.success(), "kubectl {args}: {output:?}");
    String::from_utf8(output.stdout).unwrap()
}

fn widgets() -> CustomResourceDefinition {
    let schema = json!({
        "type": "object",
        "properties": {
            "spec": {
                "type": "object",
                "required": ["size"],
                "properties": { "size": { "type": "integer", "minimum": 1 } },
            },
        },
    });
    serde_json::from_value(json!({
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": { "name": "widgets.testkit.example" },
        "spec": {
            "group": "testkit.example",
            "scope": "Namespaced",
            "names": { "plural": "widgets", "singular": "widget", "kind": "Widget" },
            "versions": [{
                "name": "v1",
                "served": true,
                "storage": true,
                "schema": { "openAPIV3Schema": schema },
            }],
        },
    }))
    .unwrap()
}

fn widget(name: &str, size: i64) -> DynamicObject {
    let gvk = GroupVersionKind::gvk("testkit.example", "v1", "Widget");
    DynamicObject::new(name, &ApiResource::from_gvk(&gvk)).data(json!({ "spec": { "size": size } }))
}

#[tokio::test]
async fn a_config_map_is_created_read_patched_watched_and_deleted() {
    let Some(env) = KubeEnv::builder().start_or_skip().await.unwrap() else { return };
    println!("ready after {:?}", env.ready_after());
    let maps = Api::<ConfigMap>::default_namespaced(env.client());

    let made = maps.create(&PostParams::default(), &config_map("a", "1")).await.unwrap();
    let twice = maps.create(&PostParams::default(), &config_map("a", "1")).await.unwrap_err();
    assert_eq!(code(&twice), Some(409));

    let version = made.resource_version().unwrap();
    let watch = WatchParams::default().fields("metadata.name=a");
    let mut changes = maps.watch(&watch, &version).await.unwrap().boxed();
    let patch = Patch::Merge(json!({ "data": { "key": "2" } }));
    maps.patch("a", &PatchParams::default(), &patch).await.unwrap();
    match changes.try_next().await.unwrap() {
        Some(WatchEvent::Modified(map)) => assert_eq!(map.data.unwrap()["key"], "2"),
        other => panic!("{other:?}"),
    }
    maps.delete("a", &DeleteParams::default()).await.unwrap();
    assert!(maps.get_opt("a").await.unwrap().is_none());
}

#[tokio::test]
async fn rbac_refuses_what_is_not_granted_and_allows_what_is() {
    let Some(env) = KubeEnv::builder().start_or_skip().await.unwrap() else { return };
    let reader = env.client_for("somebody", &["readers"]).unwrap();
    let maps = Api::<ConfigMap>::default_namespaced(reader);
    let refused = maps.list(&ListParams::default()).await.unwrap_err();
    assert_eq!(code(&refused), Some(403));

    kubectl(&env, "create role reader --verb=list --resource=configmaps");
    kubectl(&env, "create rolebinding readers --role=reader --group=readers");
    // The authorizer learns of it by a watch of its own.
    eventually("the role is granted", PATIENCE, async || {
        maps.list(&ListParams::default()).await.is_ok().then_some(())
    })
    .await
    .unwrap();
    let refused = maps.create(&PostParams::default(), &config_map("a", "1")).await.unwrap_err();
    assert_eq!(code(&refused), Some(403));
}

#[tokio::test]
async fn an_installed_definition_is_served_and_refuses_what_it_does_not_allow() {
    let Some(env) = KubeEnv::builder().start_or_skip().await.unwrap() else { return };
    env.create_namespace("shop").await.unwrap();
    env.install_crds(&[widgets()]).await.unwrap();
    // A second time it changes nothing.
    env.install_crds(&[widgets()]).await.unwrap();

    // By the client that knows kinds from discovery, and schemas from OpenAPI.
    let file = env.dir().join("widget.json");
    let good = serde_json::to_string(&widget("good", 1)).unwrap();
    std::fs::write(&file, good).unwrap();
    kubectl(&env, &format!("apply --namespace=shop --filename={}", file.display()));
    let listed = kubectl(&env, "get widgets --namespace=shop --output=name");
    assert_eq!(listed, "widget.testkit.example/good\n");

    let gvk = GroupVersionKind::gvk("testkit.example", "v1", "Widget");
    let api =
        Api::<DynamicObject>::namespaced_with(env.client(), "shop", &ApiResource::from_gvk(&gvk));
    let refused = api.create(&PostParams::default(), &widget("bad", 0)).await.unwrap_err();
    assert_eq!(code(&refused), Some(422));
    assert!(refused.to_string().contains("spec.size"), "{refused}");
}

#[tokio::test]
async fn two_at_once_know_nothing_of_each_other_and_nothing_is_left_of_them() {
    let start = || KubeEnv::builder().start_or_skip();
    let (Some(one), Some(other)) = tokio::try_join!(start(), start()).unwrap() else { return };
    let maps = |env: &KubeEnv| Api::<ConfigMap>::default_namespaced(env.client());
    maps(&one).create(&PostParams::default(), &config_map("a", "1")).await.unwrap();
    assert!(maps(&other).get_opt("a").await.unwrap().is_none());

    let servers = [processes(&one), processes(&other)].concat();
    let dirs = [one.dir().to_owned(), other.dir().to_owned()];
    assert!(servers.iter().all(|id| is_there(*id)), "{servers:?}");
    drop(one);
    let test = std::thread::spawn(move || {
        let _env = other;
        panic!("as a failing test does");
    });
    assert!(test.join().is_err());
    assert!(!servers.iter().any(|id| is_there(*id)), "{servers:?}");
    assert!(!dirs.iter().any(|dir| dir.exists()), "{dirs:?}");
}

/// Those of Kubernetes, and the store's.
fn processes(env: &KubeEnv) -> Vec<u32> {
    let etcd = env.etcd().process(0).unwrap().unwrap();
    let mut all = env.process_ids();
    all.push(etcd.pid());
    all
}

fn is_there(process: u32) -> bool {
    Path::new("/proc").join(process.to_string()).exists()
}

#[tokio::test]
async fn a_server_that_ends_at_its_start_says_why() {
    let started = KubeEnv::builder().apiserver_arg("--no-such-flag").start_or_skip().await;
    match started {
        Ok(None) => {}
        Err(TestkitError::Ended { program: "kube-apiserver", log, .. }) => {
            assert!(log.contains("unknown flag: --no-such-flag"), "{log}");
        }
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn only_the_owner_can_read_the_keys() {
    let Some(env) = KubeEnv::builder().start_or_skip().await.unwrap() else { return };
    let mode = |path: &Path| path.metadata().unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(env.kubeconfig()), 0o600);
    let files = env.dir().join("pki").read_dir().unwrap().map(|entry| entry.unwrap().path());
    let keys: Vec<_> = files.filter(|file| file.extension().is_some_and(|e| e == "key")).collect();
    assert_eq!(keys.len(), 3, "{keys:?}");
    assert!(keys.iter().all(|key| mode(key) == 0o600), "{keys:?}");
    assert_eq!(mode(env.dir()), 0o700);
}
