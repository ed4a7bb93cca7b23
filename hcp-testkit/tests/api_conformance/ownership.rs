//! What becomes of dependants: the work of the garbage collector.

use futures_util::FutureExt as _;
use k8s_openapi::api::core::v1::ConfigMap;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::OwnerReference;
use kube::ResourceExt as _;
use kube::api::{DeleteParams, Patch, PatchParams, PostParams};
use serde_json::json;

use super::bench::{Bench, Scenario, config_map, refused};

pub(crate) const SCENARIOS: &[Scenario] = &[
    ("dependants follow their last owner", |bench| background(bench).boxed()),
    ("an owner that is left keeps a dependant", |bench| two_owners(bench).boxed()),
    ("an owner in the foreground waits", |bench| foreground(bench).boxed()),
    ("orphans stay", |bench| orphan(bench).boxed()),
    ("an owner that never was is no owner", |bench| absent(bench).boxed()),
];

fn reference(owner: &ConfigMap, blocks: bool) -> OwnerReference {
    OwnerReference {
        api_version: "v1".to_owned(),
        kind: "ConfigMap".to_owned(),
        name: owner.name_any(),
        uid: owner.uid().unwrap(),
        block_owner_deletion: Some(blocks),
        controller: None,
    }
}

impl Bench {
    async fn dependant(&self, name: &str, owners: Vec<OwnerReference>, held: bool) -> ConfigMap {
        let mut map = config_map(name, "1");
        map.metadata.owner_references = Some(owners);
        map.metadata.finalizers = held.then(|| vec!["example.com/hold".to_owned()]);
        self.maps().create(&PostParams::default(), &map).await.unwrap()
    }

    async fn release(&self, name: &str) {
        let release = Patch::Merge(json!({ "metadata": { "finalizers": null } }));
        self.maps().patch(name, &PatchParams::default(), &release).await.unwrap();
    }
}

async fn background(bench: Bench) {
    let owner = bench.map("owner", "1").await;
    let child = bench.dependant("child", vec![reference(&owner, false)], false).await;
    let grandchild = bench.dependant("grandchild", vec![reference(&child, true)], false).await;
    bench.maps().delete("owner", &DeleteParams::background()).await.unwrap();
    assert_eq!(refused(bench.maps().get("owner").await).0, 404);
    bench.gone(bench.maps(), &child).await;
    bench.gone(bench.maps(), &grandchild).await;
}

async fn two_owners(bench: Bench) {
    let (one, two) = (bench.map("one", "1").await, bench.map("two", "1").await);
    let owners = vec![reference(&one, false), reference(&two, false)];
    let child = bench.dependant("child", owners, false).await;
    bench.maps().delete("one", &DeleteParams::background()).await.unwrap();
    let of_one = |map: Option<&ConfigMap>| map.is_some_and(|map| map.owner_references().len() == 1);
    bench.until(bench.maps(), "child", of_one).await;
    bench.maps().delete("two", &DeleteParams::background()).await.unwrap();
    bench.gone(bench.maps(), &child).await;
}

async fn foreground(bench: Bench) {
    let owner = bench.map("owner", "1").await;
    let child = bench.dependant("child", vec![reference(&owner, true)], true).await;
    let loose = bench.dependant("loose", vec![reference(&owner, false)], true).await;
    bench.maps().delete("owner", &DeleteParams::foreground()).await.unwrap();
    let waiting = bench.maps().get("owner").await.unwrap();
    assert_eq!(waiting.finalizers(), ["foregroundDeletion"]);
    let deleting =
        |map: Option<&ConfigMap>| map.is_some_and(|map| map.metadata.deletion_timestamp.is_some());
    bench.until(bench.maps(), "child", deleting).await;
    assert!(bench.maps().get("owner").await.is_ok());
    bench.release("child").await;
    bench.gone(bench.maps(), &child).await;
    bench.gone(bench.maps(), &owner).await;
    bench.until(bench.maps(), "loose", deleting).await;
    bench.release("loose").await;
    bench.gone(bench.maps(), &loose).await;
}

async fn orphan(bench: Bench) {
    let owner = bench.map("owner", "1").await;
    bench.dependant("child", vec![reference(&owner, true)], false).await;
    bench.maps().delete("owner", &DeleteParams::orphan()).await.unwrap();
    bench.gone(bench.maps(), &owner).await;
    let child = bench.maps().get("child").await.unwrap();
    assert!(child.owner_references().is_empty() && child.metadata.deletion_timestamp.is_none());
}

async fn absent(bench: Bench) {
    let mut owner = bench.map("owner", "1").await;
    owner.metadata.uid = Some("00000000-0000-4000-8000-ffffffffffff".to_owned());
    let child = bench.dependant("child", vec![reference(&owner, false)], false).await;
    bench.gone(bench.maps(), &child).await;
}
