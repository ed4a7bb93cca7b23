//! The API types against a real kube-apiserver: create, patch, refuse, watch.
#![cfg(all(feature = "api", feature = "yaml"))]
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use std::collections::BTreeMap;

use futures_util::TryStreamExt;
use hcp_core::api::annotations::FORCE_UPGRADE_TO;
use hcp_core::api::patch::FieldPatch;
use hcp_core::api::{HostedCluster, NodePool, crds};
use hcp_testkit::KubeEnv;
use kube::api::{Api, Patch, PatchParams, PostParams, WatchEvent, WatchParams};
use kube::{Client, ResourceExt};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

const OBJECTS: &str = include_str!("data/crd/base.yaml");

fn object<K: DeserializeOwned>(kind: &str) -> K {
    let mut objects: BTreeMap<String, Value> = serde_saphyr::from_str(OBJECTS).unwrap();
    let mut object = objects.remove(kind).unwrap();
    object["metadata"]["name"] = "prod".into();
    object["spec"]["xNew"] = json!({ "kept": [1, null, {}] });
    serde_json::from_value(object).unwrap()
}

async fn started() -> KubeEnv {
    let env = KubeEnv::builder().start().await.unwrap_or_else(|error| panic!("{error}"));
    env.install_crds(&crds()).await.unwrap_or_else(|error| panic!("{error}"));
    env
}

fn code<T: std::fmt::Debug>(answer: Result<T, kube::Error>) -> u16 {
    match answer {
        Err(kube::Error::Api(status)) => status.code,
        other => panic!("{other:?}"),
    }
}

/// Patches of a cluster: what changes, what stays, and what stale ones come to.
async fn patch_a_cluster(client: Client) {
    let clusters: Api<HostedCluster> = Api::namespaced(client, "default");
    let created = clusters.create(&PostParams::default(), &object("HostedCluster")).await.unwrap();
    let version = created.resource_version().unwrap();
    let merge = PatchParams::default();

    let image = "quay.io/ocp:4.16.0";
    let upgrade = FieldPatch::<HostedCluster>::new()
        .release_image(image)
        .annotation(FORCE_UPGRADE_TO, image)
        .with_uid(created.uid().unwrap())
        .with_resource_version(&version);
    let patched =
        clusters.patch("prod", &merge, &Patch::Merge(upgrade.merge_patch())).await.unwrap();
    let mut wanted = created.clone();
    wanted.spec.release.image = image.into();
    assert_eq!(patched.spec, wanted.spec, "nothing but the image has changed");
    assert_eq!(patched.spec.other["xNew"], json!({ "kept": [1, null, {}] }));
    assert_eq!(patched.annotations()[FORCE_UPGRADE_TO], image);

    let stale = Patch::Merge(upgrade.merge_patch());
    assert_eq!(code(clusters.patch("prod", &merge, &stale).await), 409);
    let other = FieldPatch::<HostedCluster>::new().paused_until(Some("true")).with_uid("other");
    assert_eq!(code(clusters.patch("prod", &merge, &Patch::Merge(other.merge_patch())).await), 422);
    let garbage = FieldPatch::<HostedCluster>::new().paused_until(Some("")).merge_patch();
    assert_eq!(code(clusters.patch("prod", &merge, &Patch::Merge(garbage)).await), 422);

    let done = FieldPatch::<HostedCluster>::new().without_annotation(FORCE_UPGRADE_TO);
    let done = clusters.patch("prod", &merge, &Patch::Merge(done.merge_patch())).await.unwrap();
    assert!(!done.annotations().contains_key(FORCE_UPGRADE_TO));
    assert_eq!(done.spec, patched.spec);
}

/// Server-side apply of a pool's release, and its scale, as a watch sees them.
async fn apply_to_a_pool(client: Client) {
    let pools: Api<NodePool> = Api::namespaced(client, "default");
    let created = pools.create(&PostParams::default(), &object("NodePool")).await.unwrap();
    let apply = PatchParams::apply("hcp-test").force();
    let patch = FieldPatch::<NodePool>::new().release_image("quay.io/ocp:4.16.0").replicas(2);
    let body = patch.apply_patch("prod").unwrap();
    let applied = pools.patch("prod", &apply, &Patch::Apply(body)).await.unwrap();
    let mut wanted = created.spec.clone();
    wanted.release.image = "quay.io/ocp:4.16.0".into();
    wanted.replicas = Some(2);
    assert_eq!(applied.spec, wanted);

    let zero = Patch::Merge(json!({ "spec": { "replicas": 0 } }));
    let scale = pools.patch_scale("prod", &PatchParams::default(), &zero).await.unwrap();
    assert_eq!(scale.spec.unwrap().replicas.unwrap_or_default(), 0, "a scale leaves 0 out");

    let version = created.resource_version().unwrap();
    let mut events = Box::pin(pools.watch(&WatchParams::default(), &version).await.unwrap());
    let mut seen = Vec::new();
    while seen.len() < 2 {
        if let Some(WatchEvent::Modified(pool)) = events.try_next().await.unwrap() {
            seen.push(pool.spec.replicas);
        }
    }
    assert_eq!(seen, [Some(2), Some(0)]);
}

#[tokio::test(flavor = "multi_thread")]
async fn patches_change_their_fields_on_a_real_api_server_and_stale_ones_nothing() {
    let env = started().await;
    patch_a_cluster(env.client()).await;
    apply_to_a_pool(env.client()).await;
}
