//! With `kube-controller-manager` an environment does what a cluster without nodes does.
#![expect(clippy::panic, clippy::unwrap_used, reason = "helpers of tests")]

use std::time::Duration;

use hcp_testkit::{KubeEnv, eventually};
use k8s_openapi::api::apps::v1::{Deployment, ReplicaSet};
use k8s_openapi::api::core::v1::{ConfigMap, Namespace, Node, Pod};
use k8s_openapi::api::policy::v1::PodDisruptionBudget;
use kube::api::{DeleteParams, EvictParams, ListParams, Patch, PatchParams, PostParams};
use kube::{Api, Resource, ResourceExt};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

const PATIENCE: Duration = Duration::from_secs(60);

/// One environment for all of it: two more servers would take longer than what is looked at.
#[tokio::test]
async fn controllers_act() {
    let builder = KubeEnv::builder().with_controller_manager();
    let Some(env) = builder.start_or_skip().await.unwrap() else { return };
    println!("ready after {:?}", env.ready_after());
    env.create_namespace("work").await.unwrap();
    a_deployment_gets_a_replica_set_and_pods(&env).await;
    a_budget_lets_one_pod_go_and_keeps_the_other(&env).await;
    the_deletion_of_a_namespace_finishes(&env).await;
}

async fn a_deployment_gets_a_replica_set_and_pods(env: &KubeEnv) {
    create::<Node>(Api::all(env.client()), json!({ "metadata": { "name": "node" } })).await;
    let labels = json!({ "app": "web" });
    let deployment = json!({
        "metadata": { "name": "web" },
        "spec": {
            "replicas": 2,
            "selector": { "matchLabels": labels },
            "template": {
                "metadata": { "labels": labels },
                "spec": { "nodeName": "node", "containers": [{ "name": "web", "image": "web" }] },
            },
        },
    });
    let made = create::<Deployment>(Api::namespaced(env.client(), "work"), deployment).await;

    let sets = Api::<ReplicaSet>::namespaced(env.client(), "work");
    let set = eventually("the deployment has a replica set", PATIENCE, async || {
        sets.list(&ListParams::default()).await.unwrap().items.pop()
    })
    .await
    .unwrap();
    assert_eq!(set.owner_references()[0].uid, made.uid().unwrap());
    assert_eq!(pods(env).await.len(), 2);
}

async fn a_budget_lets_one_pod_go_and_keeps_the_other(env: &KubeEnv) {
    let budgets = Api::<PodDisruptionBudget>::namespaced(env.client(), "work");
    let spec = json!({ "minAvailable": 1, "selector": { "matchLabels": { "app": "web" } } });
    create(budgets.clone(), json!({ "metadata": { "name": "web" }, "spec": spec })).await;
    let pods_api = Api::<Pod>::namespaced(env.client(), "work");
    let names: Vec<_> = pods(env).await.iter().map(ResourceExt::name_any).collect();
    let ready = json!({
        "status": { "phase": "Running", "conditions": [{ "type": "Ready", "status": "True" }] },
    });
    for name in &names {
        let patch = Patch::Merge(&ready);
        pods_api.patch_status(name, &PatchParams::default(), &patch).await.unwrap();
    }
    eventually("the budget allows one disruption", PATIENCE, async || {
        let status = budgets.get("web").await.unwrap().status?;
        (status.disruptions_allowed == 1).then_some(())
    })
    .await
    .unwrap();

    let evicted = pods_api.evict(&names[0], &EvictParams::default()).await.unwrap();
    assert!(evicted.is_success(), "{evicted:?}");
    match pods_api.evict(&names[1], &EvictParams::default()).await {
        Err(kube::Error::Api(status)) => {
            assert_eq!((status.code, status.reason.as_str()), (429, "TooManyRequests"));
            assert!(status.message.contains("disruption budget"), "{status}");
        }
        other => panic!("{other:?}"),
    }
}

async fn the_deletion_of_a_namespace_finishes(env: &KubeEnv) {
    env.create_namespace("gone").await.unwrap();
    let maps = Api::<ConfigMap>::namespaced(env.client(), "gone");
    create(maps, json!({ "metadata": { "name": "a" } })).await;
    let namespaces = Api::<Namespace>::all(env.client());
    namespaces.delete("gone", &DeleteParams::default()).await.unwrap();
    eventually("the namespace is gone", PATIENCE, async || {
        namespaces.get_opt("gone").await.unwrap().is_none().then_some(())
    })
    .await
    .unwrap();
}

/// The deployment's pods, once both are there.
async fn pods(env: &KubeEnv) -> Vec<Pod> {
    let api = Api::<Pod>::namespaced(env.client(), "work");
    eventually("there are two pods", PATIENCE, async || {
        let pods = api.list(&ListParams::default().labels("app=web")).await.unwrap().items;
        (pods.len() == 2).then_some(pods)
    })
    .await
    .unwrap()
}

async fn create<K>(api: Api<K>, object: Value) -> K
where
    K: Resource<DynamicType = ()> + Clone + std::fmt::Debug + Serialize + DeserializeOwned,
{
    let object = serde_json::from_value(object).unwrap();
    api.create(&PostParams::default(), &object).await.unwrap()
}
