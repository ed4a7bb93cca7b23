//! What an API server and its connections can do to a pause.

use hcp_core::kube::pause::{PauseError, WaitError, pause, unpause, wait_paused};
use hcp_core::pause::{MARKER_ANNOTATION, PauseExpectation, PauseRefusal};
use hcp_testkit::fake_api::{Effect, FakeApiServer, FaultRule, Verb};
use kube::api::{DeleteParams, Patch, PatchParams};
use serde_json::json;

use super::fixtures::{now, options, owner, request, target};
use super::played_operator::PlayedOperator;
use super::{fake, written};

/// Pauses, and waits for the proof while the operators work from `start` on.
async fn prove(server: &FakeApiServer, operator: &PlayedOperator, start: impl Future<Output = ()>) {
    let client = server.client();
    let target = target();
    let paused = pause(&client, &target, &request(), now).await.unwrap();
    assert_eq!(
        paused.written,
        ["HostedCluster clusters/one", "NodePool clusters/a", "NodePool clusters/b"]
    );
    let (expectation, options) = (paused.expectation(), options());
    let operators = async {
        start.await;
        operator.run().await;
    };
    let proof = tokio::select! {
        proof = wait_paused(&client, &target, &expectation, &options, now) => proof.unwrap(),
        () = operators => unreachable!("the operators never end"),
    };
    assert_eq!(proof.uid(), paused.hosted_cluster.uid);
    let again = pause(&client, &target, &request(), now).await.unwrap();
    assert!(again.written.is_empty(), "{:?}", again.written);
}

/// Lets go.
async fn undo(server: &FakeApiServer) {
    let unpaused = unpause(&server.client(), &target(), &owner()).await.unwrap();
    assert_eq!(
        unpaused.written,
        ["NodePool clusters/a", "NodePool clusters/b", "HostedCluster clusters/one"]
    );
}

#[tokio::test(start_paused = true)]
async fn a_pause_is_proven_and_undone() {
    let (server, operator) = fake().await;
    let before = written(&server);
    prove(&server, &operator, async {}).await;
    undo(&server).await;
    assert_eq!(written(&server), before);
}

#[tokio::test(start_paused = true)]
async fn conflicts_lost_connections_and_broken_servers_are_got_over() {
    for effect in [
        Effect::Conflict,
        Effect::CutAfter,
        Effect::DropBefore,
        Effect::InternalError,
        Effect::Unavailable,
        Effect::TooManyRequests(1),
    ] {
        for kind in ["HostedCluster", "NodePool"] {
            let (server, operator) = fake().await;
            let before = written(&server);
            let rule = FaultRule::new(effect.clone()).verb(Verb::Patch).kind(kind).subresource("");
            let first = server.faults().inject(rule.clone());
            prove(&server, &operator, async {}).await;
            let second = server.faults().inject(rule);
            undo(&server).await;
            assert_eq!(written(&server), before, "{effect:?} {kind}");
            for fault in [first, second] {
                assert_eq!(server.faults().times_fired(fault), 1, "{effect:?} {kind}");
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn watches_that_are_cut_or_expire_cost_time_only() {
    for effect in
        [Effect::CutWatch(0), Effect::ExpireWatch(0), Effect::CutWatch(1), Effect::RepeatEvent(1)]
    {
        let (server, operator) = fake().await;
        let rule = FaultRule::new(effect).verb(Verb::Watch).kind("HostedControlPlane");
        let fault = server.faults().inject(rule);
        let watched = async {
            while server.faults().times_fired(fault) == 0 {
                tokio::task::yield_now().await;
            }
        };
        prove(&server, &operator, watched).await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_stale_read_proves_nothing() {
    let (server, operator) = fake().await;
    let client = server.client();
    // Somebody else has paused everything, and everything has seen it.
    pause(&client, &target(), &request(), now).await.unwrap();
    operator.reconcile().await.unwrap();
    let old = server.resource_version();
    // Then it is let go and paused again; what is read is from before.
    unpause(&client, &target(), &owner()).await.unwrap();
    let paused = pause(&client, &target(), &request(), now).await.unwrap();
    for kind in ["HostedCluster", "HostedControlPlane"] {
        let rule = FaultRule::new(Effect::StaleRead(old)).verb(Verb::Get).kind(kind);
        server.faults().inject(rule.always());
    }
    let short = options().with_timeout(std::time::Duration::from_secs(30));
    let error = wait_paused(&client, &target(), &paused.expectation(), &short, now).await;
    let Err(WaitError::TimedOut { missing, .. }) = error else { panic!("{error:?}") };
    assert!(missing.to_string().contains("pause-stale-read"), "{missing}");
    server.faults().clear();
    operator.reconcile().await.unwrap();
    wait_paused(&client, &target(), &paused.expectation(), &options(), now).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn nothing_is_written_where_one_pool_is_held_by_another_owner() {
    let (server, operator) = fake().await;
    let marker = r#"{"owner":"run-2","since":"2026-01-01T00:00:00Z","set":"true"}"#;
    let patch = json!({ "metadata": { "annotations": { MARKER_ANNOTATION: marker } }, "spec": { "pausedUntil": "true" } });
    operator
        .api("NodePool")
        .patch("b", &PatchParams::default(), &Patch::Merge(patch))
        .await
        .unwrap();
    let before = written(&server);
    let error = pause(&server.client(), &target(), &request(), now).await.unwrap_err();
    assert!(matches!(error, PauseError::Refused(PauseRefusal::HeldByOther { .. })), "{error:?}");
    let unpaused = unpause(&server.client(), &target(), &owner()).await.unwrap();
    assert!(unpaused.written.is_empty());
    assert_eq!(unpaused.left, ["NodePool clusters/b: held by run-2 since 2026-01-01T00:00:00Z"]);
    assert_eq!(written(&server), before);
}

#[tokio::test(start_paused = true)]
async fn another_cluster_of_that_name_is_left_alone() {
    let (server, operator) = fake().await;
    let client = server.client();
    let paused = pause(&client, &target(), &request(), now).await.unwrap();
    let one = target().with_uid(&paused.hosted_cluster.uid);
    operator.api("HostedCluster").delete("one", &DeleteParams::default()).await.unwrap();
    operator
        .create("HostedCluster", json!({ "metadata": { "name": "one" }, "spec": {} }))
        .await
        .unwrap();
    let before = written(&server);
    for error in [
        pause(&client, &one, &request(), now).await.unwrap_err(),
        unpause(&client, &one, &owner()).await.unwrap_err(),
    ] {
        assert!(matches!(error, PauseError::Replaced { .. }), "{error:?}");
    }
    let error = wait_paused(&client, &target(), &paused.expectation(), &options(), now).await;
    let Err(WaitError::Hopeless { missing }) = error else { panic!("{error:?}") };
    assert!(missing.to_string().contains("pause-object-replaced"), "{missing}");
    assert_eq!(written(&server), before);
}

#[tokio::test(start_paused = true)]
async fn pools_are_released_though_their_cluster_is_gone() {
    let (server, operator) = fake().await;
    let client = server.client();
    pause(&client, &target(), &request(), now).await.unwrap();
    operator.api("HostedCluster").delete("one", &DeleteParams::default()).await.unwrap();
    let unpaused = unpause(&client, &target(), &owner()).await.unwrap();
    assert_eq!(unpaused.written, ["NodePool clusters/a", "NodePool clusters/b"]);
    let error = pause(&client, &target(), &request(), now).await.unwrap_err();
    assert!(matches!(error, PauseError::NotFound { .. }), "{error:?}");
}

#[tokio::test(start_paused = true)]
async fn a_pause_that_somebody_ends_is_not_waited_for() {
    let (server, operator) = fake().await;
    let client = server.client();
    let paused = pause(&client, &target(), &request(), now).await.unwrap();
    let patch = Patch::Merge(json!({ "spec": { "pausedUntil": null } }));
    operator.api("HostedCluster").patch("one", &PatchParams::default(), &patch).await.unwrap();
    let error = wait_paused(&client, &target(), &paused.expectation(), &options(), now).await;
    let Err(WaitError::Hopeless { missing }) = error else { panic!("{error:?}") };
    assert!(missing.to_string().contains("pause-not-set"), "{missing}");
    let unpaused = unpause(&client, &target(), &owner()).await.unwrap();
    assert_eq!(unpaused.left, ["HostedCluster clusters/one: somebody has ended the pause before"]);
}

#[tokio::test(start_paused = true)]
async fn what_the_server_forbids_is_said_at_once() {
    let (server, _) = fake().await;
    let gone = hcp_core::kube::pause::Target::new("clusters", "two");
    let error =
        wait_paused(&server.client(), &gone, &PauseExpectation::default(), &options(), now).await;
    assert!(matches!(error, Err(WaitError::Read(PauseError::NotFound { .. }))), "{error:?}");
}
