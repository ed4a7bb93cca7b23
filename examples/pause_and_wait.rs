//! Pauses a hosted cluster and its node pools, waits until every level has seen it, prints the proof or what is missing, and lets go again.
//!
//! ```sh
//! cargo run -p hcp-examples --example pause_and_wait KUBECONFIG NAMESPACE NAME
//! cargo run -p hcp-examples --example pause_and_wait # with a kube-apiserver of its own, and played operators
//! ```
#![expect(clippy::print_stdout, reason = "an example prints")]

#[path = "../hcp-core/tests/played_operator/mod.rs"]
#[expect(dead_code, reason = "shared with tests")]
mod played_operator;

use std::error::Error;
use std::time::Duration;

use hcp_core::kube::pause::{Target, WaitError, WaitOptions, pause, unpause, wait_paused};
use hcp_core::pause::{PauseProof, PauseRequest, PausedUntil};
use hcp_testkit::KubeEnv;
use jiff::{SignedDuration, Timestamp};
use kube::config::{Config, KubeConfigOptions, Kubeconfig};
use kube::{Client, ResourceExt as _};
use played_operator::{PlayedOperator, Specs, definitions};

type Result<T = (), E = Box<dyn Error>> = std::result::Result<T, E>;

#[tokio::main]
async fn main() -> Result {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.as_slice() {
        [] => alone().await,
        [kubeconfig, namespace, name] => {
            let kubeconfig = Kubeconfig::read_from(kubeconfig)?;
            let options = KubeConfigOptions::default();
            let config = Config::from_custom_kubeconfig(kubeconfig, &options).await?;
            hold(&Client::try_from(config)?, &Target::new(namespace, name)).await
        }
        _ => Err("give a kubeconfig, a namespace and a name, or nothing".into()),
    }
}

/// Pauses, shows the proof, and lets go whatever happened.
async fn hold(client: &Client, target: &Target) -> Result {
    let owner = "pause-and-wait".parse()?;
    // A pause with an end does not outlive us by much, even if we are killed.
    let until = PausedUntil::Until(now() + SignedDuration::from_mins(30));
    let proof = pause_and_prove(client, target, &PauseRequest::new(owner, until)).await;
    match &proof {
        Ok(proof) => show(proof),
        Err(error) => println!("no proof: {error}"),
    }
    let unpaused = unpause(client, target, &"pause-and-wait".parse()?).await?;
    println!("let go: {}", unpaused.written.join(", "));
    unpaused.left.iter().for_each(|left| println!("left as it is: {left}"));
    proof.map(drop)
}

async fn pause_and_prove(
    client: &Client,
    target: &Target,
    request: &PauseRequest,
) -> Result<PauseProof> {
    let paused = pause(client, target, request, now).await?;
    println!("paused until {}: {}", request.until, paused.written.join(", "));
    let expectation = paused.expectation().with_lasting(SignedDuration::from_mins(10));
    let options = WaitOptions::default().with_timeout(Duration::from_secs(120));
    wait_paused(client, target, &expectation, &options, now).await.map_err(|error| match error {
        WaitError::TimedOut { missing, .. } | WaitError::Hopeless { missing } => missing.into(),
        other => other.into(),
    })
}

fn show(proof: &PauseProof) {
    println!("{} ({}) stands still:", proof.hosted_cluster(), proof.uid());
    proof.evidence().iter().for_each(|row| println!("  {}: {}", row.object, row.says));
    proof.warnings().iter().for_each(|warning| println!("  {warning}"));
}

/// The same on a server of its own.
async fn alone() -> Result {
    let env = KubeEnv::builder().start().await?;
    env.install_crds(&definitions()).await?;
    let namespace = env.create_namespace("clusters").await?.name_any();
    env.create_namespace("clusters-prod").await?;
    let client = env.client();
    let operator = PlayedOperator::new(client.clone(), &namespace, "prod", now());
    operator.create_cluster(&Specs::full(), &["workers", "infra"]).await?;
    let target = Target::new(namespace, "prod");
    tokio::select! {
        result = hold(&client, &target) => result,
        () = operator.run() => Err("the operators have ended".into()),
    }
}

#[expect(clippy::disallowed_methods, reason = "the host's clock is the host's to read")]
fn now() -> Timestamp {
    Timestamp::now()
}
