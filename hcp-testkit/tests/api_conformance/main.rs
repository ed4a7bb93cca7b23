//! The same scenarios against the fake API server and a real one: where they differ, the fake is wrong.
#![expect(clippy::unwrap_used, clippy::panic, reason = "helpers of tests")]

mod apply;
mod bench;
mod deletion;
mod lists;
mod objects;
mod ownership;
mod patches;
mod subresources;
mod watches;

use std::panic::AssertUnwindSafe;

use bench::{Bench, History, Scenario};
use futures_util::FutureExt as _;
use hcp_testkit::{FakeApiServer, KubeEnv};
use kube::Client;
use tokio::time::Instant;

/// Runs all scenarios, each in a namespace of its own, and names those that fail.
async fn conforms(client: Client, history: History, scenarios: &[Scenario]) {
    bench::set_up(&client).await;
    let mut failed = Vec::new();
    for (number, (name, scenario)) in scenarios.iter().enumerate() {
        let began = Instant::now();
        let bench = Bench::new(&client, &format!("conformance-{number}"), &history).await;
        let passed = AssertUnwindSafe(scenario(bench)).catch_unwind().await.is_ok();
        let verdict = if passed { "passed" } else { "FAILED" };
        eprintln!("{verdict} in {:>6.2} s: {name}", began.elapsed().as_secs_f64());
        failed.extend((!passed).then_some(*name));
    }
    assert!(failed.is_empty(), "{} of {} fail: {failed:#?}", failed.len(), scenarios.len());
}

fn all_scenarios() -> Vec<Scenario> {
    [
        objects::SCENARIOS,
        patches::SCENARIOS,
        apply::SCENARIOS,
        lists::SCENARIOS,
        watches::SCENARIOS,
        deletion::SCENARIOS,
        ownership::SCENARIOS,
        subresources::SCENARIOS,
    ]
    .concat()
}

#[tokio::test]
async fn the_fake_conforms() {
    let server = FakeApiServer::new();
    conforms(server.client(), History::Fake(server), &all_scenarios()).await;
}

#[tokio::test]
async fn the_real_server_conforms() {
    let env = KubeEnv::builder().with_controller_manager().start().await.unwrap();
    conforms(env.client(), History::Real, &all_scenarios()).await;
}
