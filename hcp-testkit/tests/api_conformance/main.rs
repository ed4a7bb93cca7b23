//! The same scenarios against the fake API server and a real one: where they differ, the fake is wrong.

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
use hcp_testkit::FakeApiServer;
use kube::Client;

/// Runs all scenarios, each in a namespace of its own, and names those that fail.
async fn conforms(client: Client, history: History, scenarios: &[Scenario]) {
    bench::install_definition(&client).await;
    let mut failed = Vec::new();
    for (number, (name, scenario)) in scenarios.iter().enumerate() {
        let bench = Bench::new(&client, &format!("conformance-{number}"), &history).await;
        if AssertUnwindSafe(scenario(bench)).catch_unwind().await.is_err() {
            eprintln!("FAILED: {name}");
            failed.push(*name);
        }
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
