//! The main job, on real etcd processes: watch a TLS cluster, see what is wrong, bring a member back, lose nothing.
//!
//! ```text
//! cargo xtask demo
//! ```
#![expect(clippy::print_stdout, reason = "an example prints")]

#[path = "filter_etcd.rs"]
#[expect(dead_code, reason = "it is an example of its own, too")]
mod filter_etcd;

use std::error::Error;
use std::io::IsTerminal;
use std::time::Duration;

use hcp_etcd::recovery::{Depth, Executor, Outcome, Progress, RecoveryPolicy};
use hcp_etcd::{Client, ClientOptions, Tls};
use hcp_testkit::EtcdCluster;
use indicatif::{ProgressBar, ProgressStyle};
use tokio_util::sync::CancellationToken;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    heading("Three etcd members with TLS, and a writer that never stops");
    let cluster = EtcdCluster::builder().members(3).start().await?;
    let writer = cluster.writer().await?;

    let files = cluster.client_tls().ok_or("the cluster has TLS")?;
    let tls = Tls::from_files(&files.ca, &files.cert, &files.key)?;
    let options = ClientOptions::default().with_tls(tls);
    let client = Client::new(cluster.topology().clone(), options)?;
    println!("{}", client.observe(Depth::Hashes).await);

    // etcd accepts no change of its members during their first seconds.
    writer.wait_acknowledged(3_000, Duration::from_secs(60)).await?;
    let victim = cluster.follower().await?;
    let name = cluster.name(victim);
    heading(&format!("{name} loses its data directory"));
    cluster.wipe_data(victim).await?;
    let snapshots = cluster.dir().join("snapshots");
    let mut executor = Executor::new(client, cluster.control().clone(), snapshots);
    let turn = executor.decide(Depth::Hashes).await?;
    println!("{}", turn.observation.table(&turn.diagnosis));
    println!("{}\n{}", turn.diagnosis, turn.plan);

    heading("Recovering, one proved step at a time");
    let mut bar = Bar::new();
    let outcome = executor.run(&CancellationToken::new(), |progress| bar.show(progress)).await?;
    bar.finish();
    println!("{outcome}");
    let Outcome::Healthy(proof) = outcome else {
        return Err("the recovery did not finish".into());
    };

    let turn = executor.decide(Depth::Hashes).await?;
    println!("{}", turn.observation.table(&turn.diagnosis));
    let ledger = writer.stop().await;
    let lost = ledger.verify(&cluster).await?;
    println!("recovered in           {:.1} s", proof.took.as_secs_f64());
    println!("acknowledged writes    {}", ledger.acknowledged());
    println!("  of these lost        {}", lost.lost.len());
    println!("  longest pause        {:.2} s", ledger.longest_gap().as_secs_f64());

    heading(&format!("What the metric sets keep of the live /metrics of {name}"));
    filter_etcd::show(&cluster, victim).await?;

    heading("The same plan is refused when two members are down");
    cluster.wipe_data(victim).await?;
    cluster.kill((victim + 1) % cluster.len()).await?;
    let turn = executor.decide(Depth::Hashes).await?;
    println!("{}", turn.observation.table(&turn.diagnosis));
    let at = turn.observation.at;
    match turn.diagnosis.prove_quorum_without(name, &RecoveryPolicy::default(), at) {
        Ok(_) => return Err("a removal without a quorum was allowed".into()),
        Err(refusal) => println!("replace {name}: {refusal}\n"),
    }
    println!("{}", turn.plan);
    if lost.lost.is_empty() { Ok(()) } else { Err("acknowledged writes were lost".into()) }
}

fn heading(text: &str) {
    println!("\n== {text} ==\n");
}

/// A live bar on a terminal, plain lines elsewhere.
struct Bar {
    live: Option<ProgressBar>,
    total: usize,
    told: Option<String>,
}

impl Bar {
    fn new() -> Self {
        let style = ProgressStyle::with_template("{bar:30} {pos}/{len} {elapsed:>4} {msg}");
        let live = std::io::stdout().is_terminal().then(|| ProgressBar::new(1));
        if let (Some(live), Ok(style)) = (&live, style) {
            live.set_style(style);
            live.enable_steady_tick(Duration::from_millis(100));
        }
        Self { live, total: 0, told: None }
    }

    fn show(&mut self, progress: &Progress<'_>) {
        match (progress, &self.live) {
            (Progress::Begins { member, step, number, total, .. }, Some(live)) => {
                live.set_length(*total as u64);
                live.set_position(*number as u64 - 1);
                live.set_message(format!("{member}: {step}"));
            }
            (Progress::Begins { total, .. }, None) => self.total = *total,
            (Progress::Done { member, step, number, took, .. }, None) => {
                println!("  {number:2}/{} {member}: {step} ({took:.1?})", self.total);
            }
            (Progress::Retries { error, .. }, live) => {
                let cause = error.source().map_or_else(|| error.to_string(), ToString::to_string);
                if self.told.as_ref() != Some(&cause) {
                    let told = format!("  tries again: {cause}");
                    live.as_ref().map_or_else(|| println!("{told}"), |live| live.println(&told));
                    self.told = Some(cause);
                }
            }
            _ => {}
        }
    }

    fn finish(&self) {
        if let Some(live) = &self.live {
            live.finish_and_clear();
        }
    }
}
