//! The proxy's own series.

use hcp_metrics::exposition::{Format, samples};
use hcp_metrics::proxy::{Endpoint, ProxyConfig};

use crate::harness::*;

#[tokio::test]
async fn they_say_what_went_through() {
    let text = "a 1\nb 2\nb 3\n";
    let target = Fake::with_text(text).await;
    let proxy = Proxy::start(endpoint(target.target(), dropping("b"))).await;
    let sent = scrape(&proxy, &[]).await.body.len() as u64;
    for (series, value) in [
        ("scrapes_total{component=\"c\",outcome=\"ok\"}", 1),
        ("samples_total{component=\"c\",verdict=\"kept\"}", 1),
        ("samples_total{component=\"c\",verdict=\"dropped\"}", 2),
        ("received_bytes_total{component=\"c\"}", text.len() as u64),
        ("sent_bytes_total{component=\"c\"}", sent),
        ("scrape_duration_seconds_count{component=\"c\"}", 1),
        ("scrapes_in_flight", 0),
        ("malformed_lines_total{component=\"c\"}", 0),
    ] {
        assert_eq!(proxy.metric(&format!("hcp_metrics_proxy_{series}")), value, "{series}");
    }
}

#[tokio::test]
async fn every_series_is_there_once_it_has_counted_and_the_text_is_valid() {
    let good = Fake::with_text("a 1\n").await;
    let broken = Fake::start(|_| Reply::new(TEXT, "a 1\n").cut_off()).await;
    let targets = [good.target(), broken.target().with_label("pod", "broken")];
    let config = ProxyConfig::default().with_endpoint("c", Endpoint::new(targets, no_rules()));
    let proxy = Proxy::start(config).await;
    scrape(&proxy, &[]).await.good();
    Scraper::send(proxy.address, ask("/", &[])).await.finish().await;
    let text = proxy.metrics();
    for family in [
        "scrapes counter",
        "scrape_errors counter",
        "rejected counter",
        "scrape_duration_seconds histogram",
        "scrapes_in_flight gauge",
        "received_bytes counter",
        "sent_bytes counter",
        "samples counter",
        "malformed_lines counter",
        "type_conflicts counter",
        "duplicate_series counter",
    ] {
        assert!(text.contains(&format!("# TYPE hcp_metrics_proxy_{family}\n")), "{family}\n{text}");
    }
    assert!(samples(&text, Format::OpenMetrics).all(|sample| sample.is_ok()));
}

#[tokio::test]
async fn the_proxy_can_filter_its_own_series() {
    let target = Fake::with_text("a 1\n").await;
    let proxy = Proxy::start(endpoint(target.target(), no_rules())).await;
    scrape(&proxy, &[]).await.good();
    let own = proxy.metrics();
    let itself = Fake::start(move |_| Reply::new(OPEN_METRICS, own.clone()).whole()).await;
    let keep = rules("- {action: keep, source_labels: [__name__], regex: '.*_scrapes_total'}");
    let config = ProxyConfig::default().with_endpoint("c", Endpoint::new([itself.target()], keep));
    proxy.service.set_config(config).unwrap();
    let answer = scrape(&proxy, &[("accept", PROMETHEUS)]).await;
    assert!(
        answer.good().ends_with(
            "\nhcp_metrics_proxy_scrapes_total{component=\"c\",outcome=\"ok\"} 1\n# EOF\n"
        ),
        "{answer:?}"
    );
}
