//! The pause adapter, against a real API server with the definitions of `hcp_core::api`.

#![cfg(feature = "kube")]
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
#![expect(clippy::print_stdout, reason = "a test that is not run says so")]

mod fixtures;
#[path = "../played_operator/mod.rs"]
#[expect(dead_code, reason = "shared with other tests")]
mod played_operator;

use std::time::Duration;

use hcp_core::kube::pause::{Target, observe, pause, unpause, wait_paused};
use hcp_core::pause::{
    ClusterPause, Pausable, PauseExpectation, PausePlan, PauseProof, PausedKind, plan_pause, prove,
    upstream,
};
use hcp_testkit::KubeEnv;
use kube::api::{Patch, PatchParams};
use serde_json::{Value, json};

use self::fixtures::{CLUSTER, now, options, owner, request, target};
use self::played_operator::{PlayedOperator, Specs, definitions};

/// A host may spawn each of them on a runtime of many threads.
#[test]
fn the_futures_can_be_sent_to_another_thread() {
    fn sent<F: Future + Send>(_: impl FnOnce(&'static kube::Client, &'static Target) -> F) {}
    sent(|client, target| async move { pause(client, target, &request(), now).await });
    sent(|client, target| async move { unpause(client, target, &owner()).await });
    sent(|client, target| async move {
        wait_paused(client, target, &PauseExpectation::default(), &options(), now).await
    });
}

/// A server with a hosted cluster of two pools; none where its binaries are missing.
async fn real() -> Option<(KubeEnv, PlayedOperator)> {
    let env = match KubeEnv::builder().start().await {
        Ok(env) => env,
        Err(error) => {
            assert!(std::env::var_os("CI").is_none(), "CI must have a kube-apiserver: {error}");
            println!("NOT RUN: a pause against a real kube-apiserver: {error}");
            return None;
        }
    };
    env.install_crds(&definitions()).await.unwrap();
    for namespace in [CLUSTER.0, "clusters-one"] {
        env.create_namespace(namespace).await.unwrap();
    }
    let operator = PlayedOperator::new(env.client(), CLUSTER.0, CLUSTER.1, now());
    operator.create_cluster(&Specs::full(), &["a", "b"]).await.unwrap();
    operator.reconcile().await.unwrap();
    Some((env, operator))
}

/// The objects that are missing to the proof now.
async fn missing(env: &KubeEnv) -> Vec<String> {
    let observed = observe(&env.client(), &target()).await.unwrap();
    let missing = prove(&observed, &PauseExpectation::default(), now()).unwrap_err();
    missing.gaps.iter().map(|gap| gap.object.clone()).collect()
}

/// The spec of an object, and its annotations.
async fn own(operator: &PlayedOperator, kind: &str, name: &str) -> Value {
    let object = operator.api(kind).get(name).await.unwrap();
    json!([object.data["spec"], object.metadata.annotations])
}

#[tokio::test]
async fn each_level_is_named_until_its_operator_has_seen_the_pause() {
    let Some((env, operator)) = real().await else { return };
    let client = env.client();
    let names = [("HostedCluster", "one"), ("NodePool", "a"), ("NodePool", "b")];
    let mut before = Vec::new();
    for (kind, name) in names {
        before.push(own(&operator, kind, name).await);
    }
    let paused = pause(&client, &target(), &request(), now).await.unwrap();
    let of_pools = [
        "NodePool clusters/a",
        "MachineDeployment clusters-one/a",
        "NodePool clusters/b",
        "MachineDeployment clusters-one/b",
    ];
    let control_plane = "HostedControlPlane clusters-one/one";
    let mut expected =
        vec!["HostedCluster clusters/one", control_plane, "Cluster clusters-one/infra"];
    expected.extend(of_pools);
    assert_eq!(missing(&env).await, expected);

    let value = operator.hosted_cluster().await.unwrap();
    assert_eq!(missing(&env).await, expected[1..]);
    operator.control_plane(value.as_deref()).await.unwrap();
    assert_eq!(missing(&env).await, expected[2..]);
    operator.cluster(value.as_deref()).await.unwrap();
    assert_eq!(missing(&env).await, expected[3..]);
    operator.node_pools().await.unwrap();
    let proof =
        wait_paused(&client, &target(), &paused.expectation(), &options(), now).await.unwrap();
    assert_eq!(warnings(&proof), ["pause-auto-repair", "pause-auto-repair"]);

    unpause(&client, &target(), &owner()).await.unwrap();
    for ((kind, name), before) in names.into_iter().zip(&before) {
        assert_eq!(own(&operator, kind, name).await, *before, "{kind} {name}");
    }
}

fn warnings(proof: &PauseProof) -> Vec<&'static str> {
    use hcp_core::Rule as _;
    proof.warnings().iter().map(|warning| warning.finding.rule.id()).collect()
}

#[tokio::test]
async fn a_server_without_cluster_api_has_no_machines() {
    let Some(env) = KubeEnv::builder().start_or_skip().await.unwrap() else { return };
    env.install_crds(&hcp_core::api::crds()).await.unwrap();
    for namespace in [CLUSTER.0, "clusters-one"] {
        env.create_namespace(namespace).await.unwrap();
    }
    let operator = PlayedOperator::new(env.client(), CLUSTER.0, CLUSTER.1, now());
    operator.create_cluster(&Specs::full(), &[]).await.expect_err("there is no kind Cluster");
    let observed = observe(&env.client(), &target()).await.unwrap();
    assert!(observed.control_plane.is_some());
    assert!(observed.cluster.is_none() && observed.machines.is_empty(), "{observed:?}");
}

#[tokio::test]
async fn a_proof_comes_by_watch_when_the_operators_act() {
    let Some((env, operator)) = real().await else { return };
    let client = env.client();
    let paused = pause(&client, &target(), &request(), now).await.unwrap();
    let target = target();
    let expectation = paused.expectation().with_cluster(ClusterPause::OperatorNeverDoes);
    let options = options().with_resync(Duration::from_secs(600));
    let proof = tokio::select! {
        proof = wait_paused(&client, &target, &expectation, &options, now) => proof.unwrap(),
        () = operator.run() => unreachable!("the operators never end"),
    };
    assert_eq!(proof.hosted_cluster(), "clusters/one");
}

#[tokio::test]
async fn the_server_refuses_what_was_planned_for_another_version_and_what_its_crd_forbids() {
    let Some((env, operator)) = real().await else { return };
    let api = operator.api("HostedCluster");
    let patch =
        async |patch: Value| api.patch("one", &PatchParams::default(), &Patch::Merge(patch)).await;
    for value in ["", "1", "${PAUSED_UNTIL}", "null"] {
        let error = patch(json!({ "spec": { "pausedUntil": value } })).await.unwrap_err();
        let kube::Error::Api(status) = error else { panic!("{error:?}") };
        assert!(status.is_invalid(), "{value}: {status:?}");
        assert!(!upstream::parse(value).admitted);
    }
    let object = serde_json::to_value(api.get("one").await.unwrap()).unwrap();
    let planned = Pausable::from_json(PausedKind::HostedCluster, &object).unwrap();
    let plan = plan_pause(&planned, &request(), now()).unwrap();
    let PausePlan::Patch(planned) = plan else { panic!("{plan:?}") };
    patch(json!({ "metadata": { "labels": { "somebody": "else" } } })).await.unwrap();
    let error = patch(planned).await.unwrap_err();
    let kube::Error::Api(status) = error else { panic!("{error:?}") };
    assert!(status.is_conflict(), "{status:?}");
    drop(env);
}
