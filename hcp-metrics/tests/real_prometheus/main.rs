//! Real Prometheus servers scrape an exposition through their own `metric_relabel_configs`, and through the proxy with the same
//! rules: they must store the same series, value by value.

mod bench;
mod edge;
mod fixture;

use std::io::Read as _;
use std::path::Path;
use std::time::UNIX_EPOCH;

use bytes::Bytes;
use flate2::read::GzDecoder;
use hcp_metrics::LabelCompat;

use bench::{Bench, Page, Series, Way};
use fixture::Exposition;

const SEED_RULES: &str = include_str!("../../../benches/peers/testdata/seed-kube-apiserver.yaml");

/// Every action that changes labels, on etcd's own series.
const REWRITING_RULES: &str = r"
- source_labels: [__name__, le]
  regex: '(etcd_.*)_seconds_bucket;(.+)'
  target_label: bound
  replacement: '${2}s of $1'
- action: hashmod
  source_labels: [__name__]
  modulus: 7
  target_label: shard
- action: drop
  source_labels: [shard]
  regex: '3'
- action: labelmap
  regex: 'grpc_(.*)'
  replacement: 'kind_$1'
- action: labeldrop
  regex: 'grpc_(type|service)'
- action: uppercase
  source_labels: [grpc_method]
  target_label: grpc_method
- source_labels: [__name__]
  regex: 'process_(.*)'
  target_label: __name__
  replacement: 'etcd_process_$1'
- action: keep
  source_labels: [__name__]
  regex: 'etcd_.*|grpc_.*|os_.*|go_.*'
";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn real_prometheus_2() {
    let kube_apiserver = Counts { scraped: "81707", kept: 72_437 };
    compare(2, LabelCompat::Raw, &kube_apiserver).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn real_prometheus_3() {
    let kube_apiserver = Counts { scraped: "81707", kept: 77_072 };
    compare(3, LabelCompat::Prometheus3, &kube_apiserver).await;
}

/// Samples of one scrape.
struct Counts {
    scraped: &'static str,
    kept: usize,
}

async fn compare(major: u32, compat: LabelCompat, kube_apiserver: &Counts) {
    let Some(program) = bench::program(major) else { return };
    let now = now();
    let pages = pages(now, major >= 3);
    let bench = Bench::start(&program, compat, &pages).await;
    known_counts(&bench, "etcd", &Counts { scraped: "1416", kept: 1_028 }).await;
    same_series(&bench, "etcd-rewritten").await;
    for (page, timed) in [("edge", 3), ("edge-text", 2)] {
        let series = same_series(&bench, page).await;
        assert!(series.keys().any(|labels| labels["__name__"] == "edge_leaving"), "{page}");
        same_timestamps(&bench, page, timed).await;
    }
    same_exemplars(&bench, "edge", now).await;
    same_end_of_series(&bench, now, major >= 3).await;
    same_failure(&bench, "broken").await;
    known_counts(&bench, "kube-apiserver", kube_apiserver).await;
}

fn pages(now: u64, utf8_names: bool) -> Vec<Page> {
    let etcd = payload("etcd.prom.gz");
    let broken = Bytes::from([&etcd[..], b"etcd_broken{\n"].concat());
    let text = Exposition::Text;
    let page = |name, rules, exposition| Page { name, rules, interval: 3, exposition };
    vec![
        Page {
            name: "kube-apiserver",
            rules: SEED_RULES,
            interval: 8,
            exposition: text(payload("kube-apiserver.prom.gz")),
        },
        page("etcd", SEED_RULES, text(etcd.clone())),
        page("etcd-rewritten", REWRITING_RULES, text(etcd)),
        page("broken", SEED_RULES, text(broken)),
        page("edge", edge::RULES, edge_page(now, true, utf8_names)),
        page("edge-text", edge::RULES, text(edge::text(now, true))),
    ]
}

fn edge_page(now: u64, leaving: bool, utf8_names: bool) -> Exposition {
    Exposition::OpenMetrics(edge::open_metrics(now, leaving, utf8_names))
}

/// Both ways there are the same series with the same values, and they are given back.
async fn same_series(bench: &Bench, page: &str) -> Series {
    bench.wait_scraped(page, true).await;
    let (direct, proxied) =
        (bench.now(page, Way::Direct).await, bench.now(page, Way::Proxied).await);
    assert_same(page, &direct, &proxied);
    // The rules did something, and left something.
    let scraped = bench.of_scrape(page, Way::Direct, "scrape_samples_scraped").await;
    let kept = bench.of_scrape(page, Way::Direct, "scrape_samples_post_metric_relabeling").await;
    assert!(scraped != kept && !direct.is_empty(), "{page}: {kept} of {scraped} are left");
    direct
}

/// As many series as are known from elsewhere, and the families that are left are known as before.
async fn known_counts(bench: &Bench, page: &str, counts: &Counts) {
    let series = same_series(bench, page).await;
    assert_eq!(series.len(), counts.kept, "{page}");
    let scraped = bench.of_scrape(page, Way::Direct, "scrape_samples_scraped").await;
    assert_eq!(scraped, counts.scraped, "{page}");
    for (way, name) in [
        (Way::Direct, "scrape_samples_post_metric_relabeling"),
        (Way::Proxied, "scrape_samples_scraped"),
        (Way::Proxied, "scrape_samples_post_metric_relabeling"),
    ] {
        assert_eq!(
            bench.of_scrape(page, way, name).await,
            counts.kept.to_string(),
            "{page} {name}"
        );
    }
    let mut direct = bench.metadata(page, Way::Direct).await;
    direct.retain(|family, _| series.keys().any(|labels| is_of(&labels["__name__"], family)));
    assert_eq!(direct, bench.metadata(page, Way::Proxied).await, "{page}");
}

/// Whether a series of that name belongs to the family, in the text format.
fn is_of(name: &str, family: &str) -> bool {
    let suffix = name.strip_prefix(family);
    suffix.is_some_and(|suffix| ["", "_bucket", "_sum", "_count"].contains(&suffix))
}

/// What has timestamps of its own keeps them.
async fn same_timestamps(bench: &Bench, page: &str, series: usize) {
    let direct = bench.timed(page, Way::Direct).await;
    let proxied = bench.timed(page, Way::Proxied).await;
    assert_eq!(direct, proxied, "{page}");
    assert!(direct.len() == series && direct.values().all(|s| s.len() == 1), "{direct:?}");
}

async fn same_exemplars(bench: &Bench, page: &str, now: u64) {
    let direct = bench.exemplars(page, Way::Direct, now).await;
    assert_eq!(direct, bench.exemplars(page, Way::Proxied, now).await, "{page}");
    let text = format!("{direct:?}");
    assert!(text.contains("日本") && !text.contains("dropped"), "{text}");
}

/// A series that is exposed no more ends both ways.
async fn same_end_of_series(bench: &Bench, now: u64, utf8_names: bool) {
    bench.fixture.show("edge", edge_page(now, false, utf8_names));
    bench.fixture.show("edge-text", Exposition::Text(edge::text(now, false)));
    for page in ["edge", "edge-text"] {
        bench.wait_stale(page, "edge_leaving").await;
        same_series(bench, page).await;
    }
}

/// An exposition with an error near its end is none at all both ways.
async fn same_failure(bench: &Bench, page: &str) {
    bench.wait_scraped(page, false).await;
    for way in [Way::Direct, Way::Proxied] {
        assert!(bench.now(page, way).await.is_empty(), "{page}");
    }
}

/// `NaN` is equal to itself, as values are compared by how Prometheus prints them.
fn assert_same(page: &str, direct: &Series, proxied: &Series) {
    let only = |one: &Series, other: &Series| {
        let missing = one.iter().filter(|(labels, samples)| other.get(*labels) != Some(*samples));
        missing
            .take(3)
            .map(|(labels, samples)| format!("{labels:?} {samples:?}"))
            .collect::<Vec<_>>()
    };
    let (only_direct, only_proxied) = (only(direct, proxied), only(proxied, direct));
    assert!(
        only_direct.is_empty() && only_proxied.is_empty(),
        "{page}: {} series direct, {} proxied;\nonly direct:\n{}\nonly proxied:\n{}",
        direct.len(),
        proxied.len(),
        only_direct.join("\n"),
        only_proxied.join("\n")
    );
}

fn payload(name: &str) -> Bytes {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../benches/data").join(name);
    let compressed = std::fs::read(&path).expect("a payload that is in the repository");
    let mut text = Vec::new();
    GzDecoder::new(compressed.as_slice()).read_to_end(&mut text).expect("gzip");
    text.into()
}

/// Seconds since 1970: Prometheus takes no samples that are far from its own time.
fn now() -> u64 {
    #[expect(clippy::disallowed_methods, reason = "a real server has a clock of its own")]
    let now = std::time::SystemTime::now();
    now.duration_since(UNIX_EPOCH).expect("after 1970").as_secs()
}
