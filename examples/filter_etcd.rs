//! Filters the live `/metrics` of an etcd with the metric sets Telemetry and SRE, and says what each leaves.
//!
//! ```text
//! cargo run -p hcp-examples --example filter_etcd
//! ```
//!
//! It starts one etcd with mutual TLS for itself; `quickstart` calls [`show`] on the members it has at hand.

#![expect(clippy::print_stdout, reason = "an example prints")]

use std::collections::BTreeMap;
use std::error::Error;

use hcp_metrics::exposition::{FilterOptions, Format, MetricKind, filter, samples};
use hcp_metrics::proxy::{Endpoint, ProxyConfig, ProxyMetrics, ProxyService, Target, TargetTls};
use hcp_metrics::relabel::Rules;
use hcp_metrics::sets::{Component, MetricSets, MetricsSet, SreConfig};
use hcp_testkit::EtcdCluster;
use http_body_util::{BodyExt, Empty};
use hyper::Request;
use hyper::body::Bytes;
use tower_service::Service;

/// What stands under the key `config` of a ConfigMap `sre-metric-set`: etcd without what nobody has an alert for.
const SRE: &str = r"
etcd:
- action: drop
  sourceLabels: [__name__]
  regex: (etcd_debugging|go|grpc_server_msg|os_fd|promhttp)_.*
- action: drop  # answers that nobody is woken up for
  sourceLabels: [__name__, grpc_code]
  regex: grpc_server_handled_total;(Aborted|AlreadyExists|Canceled|InvalidArgument|NotFound|OutOfRange|Unimplemented)
- action: drop  # every other bucket
  sourceLabels: [__name__, le]
  regex: .*_seconds_bucket;(0.002|0.008|0.032|0.128|0.512|2.048)
";

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let cluster = EtcdCluster::builder().members(1).start().await?;
    show(&cluster, 0).await
}

/// Scrapes member `i` once, and prints a line for each set.
pub(crate) async fn show(cluster: &EtcdCluster, i: usize) -> Result<(), Box<dyn Error>> {
    let body = scrape(cluster, i).await?;
    let sets = MetricSets::default().with_sre(SreConfig::parse(SRE)?);
    println!("{} at {}/metrics:\n", cluster.name(i), cluster.declared(i).client_url);
    println!("set        samples    kept  dropped    bytes  largest families, and their samples");
    line("(none)", &Rules::compile(&[])?, &body)?;
    for set in [MetricsSet::Telemetry, MetricsSet::Sre] {
        line(set.name(), &Rules::compile(&sets.rules(Component::Etcd, set)?)?, &body)?;
    }
    println!();
    Ok(())
}

/// A filtering proxy without rules, called within this process, is a scraper that speaks mutual TLS.
async fn scrape(cluster: &EtcdCluster, i: usize) -> Result<Bytes, Box<dyn Error>> {
    let files = cluster.client_tls().ok_or("the cluster has TLS")?;
    let tls = TargetTls::from_files(&files.ca, &files.cert, &files.key)?;
    let url = format!("{}/metrics", cluster.declared(i).client_url);
    let endpoint = Endpoint::new([Target::new(&url)?.with_tls(tls)], Rules::compile(&[])?);
    let config = ProxyConfig::default().with_endpoint("etcd", endpoint);
    let mut proxy = ProxyService::new(config, ProxyMetrics::default())?;
    let answer = proxy.call(Request::get("/metrics/etcd").body(Empty::<Bytes>::new())?).await?;
    let status = answer.status();
    let body = answer.into_body().collect().await?.to_bytes();
    if !status.is_success() {
        return Err(format!("{status}: {}", String::from_utf8_lossy(&body)).into());
    }
    Ok(body)
}

fn line(set: &str, rules: &Rules, body: &[u8]) -> Result<(), Box<dyn Error>> {
    let (kept, counts) = filter(rules, &FilterOptions::default(), body)?;
    let mut families = BTreeMap::<String, u32>::new();
    for sample in samples(std::str::from_utf8(&kept)?, Format::Text) {
        let sample = sample?;
        let name = match sample.kind() {
            MetricKind::Histogram => ["_bucket", "_count", "_sum"]
                .iter()
                .find_map(|suffix| sample.name().strip_suffix(suffix)),
            _ => None,
        };
        *families.entry(name.unwrap_or_else(|| sample.name()).to_owned()).or_default() += 1;
    }
    let mut largest: Vec<_> = families.into_iter().collect();
    largest.sort_by_key(|(_, samples)| std::cmp::Reverse(*samples));
    let mut largest = largest.iter().take(3).map(|(name, samples)| format!("{name}: {samples}"));
    let (read, left, dropped) = (counts.samples_in, counts.samples_kept, counts.samples_dropped());
    let (bytes, first) = (counts.bytes_out, largest.next().unwrap_or_default());
    println!("{set:<9} {read:>8} {left:>7} {dropped:>8} {bytes:>8}  {first}");
    largest.for_each(|other| println!("{:46}{other}", ""));
    Ok(())
}
