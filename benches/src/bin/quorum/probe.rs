//! A probe of all members against nothing but a linearizable read of each.

use std::time::{Duration, Instant};

use futures_util::future::join_all;
use hcp_benches::{Row, median};
use hcp_etcd::recovery::Depth;
use hcp_etcd::{Client, ClientOptions, Tls};
use hcp_testkit::EtcdCluster;

use crate::Failure;

const ROUNDS: usize = 300;
const GOAL: f64 = 1.5;

/// Rounds alternate, so that what else the machine does falls on both.
#[expect(clippy::disallowed_methods, reason = "a benchmark measures real time")]
pub(crate) async fn rows() -> Result<Vec<Row>, Failure> {
    let cluster = EtcdCluster::builder().members(3).start().await?;
    let client = connect(&cluster)?;
    let mut readers = Vec::new();
    for member in 0..cluster.len() {
        readers.push(cluster.client(member).await?);
    }
    let (mut probes, mut hashes, mut reads) = (Vec::new(), Vec::new(), Vec::new());
    let (mut within, mut togethers) = (Vec::new(), Vec::new());
    for round in 0..ROUNDS {
        let begun = Instant::now();
        let observation = client.observe(Depth::Shallow).await;
        let probe = begun.elapsed();
        let slowest =
            observation.members.iter().filter_map(|m| m.read.as_ref().ok()).map(|r| r.took).max();

        let begun = Instant::now();
        client.observe(Depth::Hashes).await;
        let deep = begun.elapsed();

        let begun = Instant::now();
        let at_once = readers.iter_mut().map(|reader| reader.get("health", None));
        for answer in join_all(at_once).await {
            answer?;
        }
        let together = begun.elapsed();

        let mut read = Duration::ZERO;
        for reader in &mut readers {
            let begun = Instant::now();
            reader.get("health", None).await?;
            read = read.max(begun.elapsed());
        }
        // The first rounds connect.
        if round >= ROUNDS / 10 {
            probes.push(probe);
            hashes.push(deep);
            reads.push(read);
            togethers.push(together);
            within.extend(slowest);
        }
    }
    let millis = |durations| median(durations).as_secs_f64() * 1e3;
    let (probe, deep, within) = (millis(probes), millis(hashes), millis(within));
    let (together, read) = (millis(togethers), millis(reads));
    let name = "probe of 3 members";
    let row = |against, theirs| Row::against(name, "ms", probe, against, theirs);
    Ok(vec![
        Row::at_most(name, "ms", probe, "slowest linearizable read in the probe", within, GOAL),
        row("three linearizable reads at once, nothing else", together),
        row("slowest of three linearizable reads, one by one", read),
        Row::plain("the same with hashes", "ms", deep),
    ])
}

pub(crate) fn connect(cluster: &EtcdCluster) -> Result<Client, Failure> {
    let files = cluster.client_tls().ok_or("the cluster has TLS")?;
    let tls = Tls::from_files(&files.ca, &files.cert, &files.key)?;
    let options = ClientOptions::default().with_tls(tls);
    Ok(Client::new(cluster.topology().clone(), options)?)
}
