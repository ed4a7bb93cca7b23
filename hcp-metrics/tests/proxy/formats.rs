//! Which format is asked for, and which is told.

use hcp_metrics::exposition::Format;
use hcp_metrics::proxy::{Endpoint, ProxyConfig};

use crate::harness::*;

const OM_TEXT: &str = "# TYPE a counter\n# UNIT a_seconds seconds\na_total 1 # {id=\"x\"} 0.5\n# TYPE b gauge\nb 1.5 12.5\n# EOF\n";

/// Answers in OpenMetrics where that is asked for first.
fn bilingual(text: &'static str, open_metrics: &'static str) -> impl Fn(&str) -> Vec<Step> {
    move |head| {
        if head.contains("openmetrics") {
            Reply::new(OPEN_METRICS, open_metrics).whole()
        } else {
            Reply::new(TEXT, text).whole()
        }
    }
}

#[tokio::test]
async fn targets_are_asked_for_what_the_scraper_can_read_and_we_can_filter() {
    let target = Fake::with_text("a 1\n").await;
    let proxy = Proxy::start(endpoint(target.target(), no_rules())).await;
    for (accept, passed) in [
        (
            PROMETHEUS,
            "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.600,\
             application/openmetrics-text;version=0.0.1;q=0.500,\
             text/plain;version=1.0.0;escaping=allow-utf-8;q=0.400,text/plain;version=0.0.4;q=0.300",
        ),
        ("text/plain;version=0.0.4;q=1,*/*;q=0.1", "text/plain;version=0.0.4;q=1.000"),
        (
            "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited;q=0.7,text/plain;q=0.3",
            "text/plain;version=0.0.4;q=0.300",
        ),
    ] {
        let answer = scrape(&proxy, &[("accept", accept)]).await;
        // What is told is what the target has chosen, which may be older than what was asked for.
        assert_eq!(answer.header("content-type"), TEXT);
        assert_eq!(answer.header("vary"), "Accept, Accept-Encoding");
        assert_eq!(answer.good(), "a 1\n");
        assert_eq!(target.header("accept").as_deref(), Some(passed));
        assert_eq!(target.header("accept-encoding").as_deref(), Some("gzip"));
    }
    scrape(&proxy, &[]).await.good();
    assert_eq!(target.header("accept").as_deref(), Some("text/plain;version=0.0.4;q=1.000"));
}

#[tokio::test]
async fn openmetrics_stays_openmetrics() {
    let target = Fake::start(bilingual("a 1\n", OM_TEXT)).await;
    let proxy = Proxy::start(endpoint(target.target(), dropping("b"))).await;
    let answer = scrape(&proxy, &[("accept", PROMETHEUS)]).await;
    assert_eq!(answer.header("content-type"), OPEN_METRICS);
    assert_eq!(
        answer.good(),
        "# TYPE a counter\n# UNIT a_seconds seconds\na_total 1 # {id=\"x\"} 0.5\n# EOF\n"
    );
    let answer = scrape(&proxy, &[("accept", "text/plain")]).await;
    assert_eq!((answer.header("content-type"), answer.good()), (TEXT, "a 1\n"));
}

#[tokio::test]
async fn openmetrics_of_two_targets_ends_once() {
    let one = Fake::start(bilingual("a 1\n", "# TYPE a gauge\na 1\n# EOF\n")).await;
    let two = Fake::start(bilingual("a 2\n", "# TYPE a gauge\na 2\n# EOF\n")).await;
    let targets = [one.target().with_label("pod", "1"), two.target().with_label("pod", "2")];
    let config = ProxyConfig::default()
        .with_endpoint("c", Endpoint::new(targets, no_rules()))
        .with_failure_series(hcp_metrics::proxy::FailureSeries::Off);
    let proxy = Proxy::start(config).await;
    let answer = scrape(&proxy, &[("accept", PROMETHEUS)]).await;
    assert_eq!(answer.header("content-type"), OPEN_METRICS);
    assert_eq!(answer.good(), "# TYPE a gauge\na{pod=\"1\"} 1\na{pod=\"2\"} 2\n# EOF\n");
}

#[tokio::test]
async fn where_one_target_has_text_only_all_are_asked_for_text() {
    let one =
        Fake::start(bilingual("# TYPE a gauge\na 1\n", "# TYPE a gauge\na 1.0\n# EOF\n")).await;
    let two = Fake::with_text("# TYPE a gauge\na 2\n").await;
    let targets = [one.target().with_label("pod", "1"), two.target().with_label("pod", "2")];
    let config = ProxyConfig::default()
        .with_endpoint("c", Endpoint::new(targets, no_rules()))
        .with_failure_series(hcp_metrics::proxy::FailureSeries::Off);
    let proxy = Proxy::start(config).await;
    let answer = scrape(&proxy, &[("accept", PROMETHEUS)]).await;
    assert_eq!(answer.header("content-type"), TEXT);
    assert_eq!(answer.good(), "# TYPE a gauge\na{pod=\"1\"} 1\na{pod=\"2\"} 2\n");
    assert_eq!((one.requests().len(), two.requests().len()), (2, 1));
}

#[tokio::test]
async fn a_target_that_insists_on_openmetrics_is_missing() {
    let one = Fake::start(|_| Reply::new(OPEN_METRICS, "a 1\n# EOF\n").whole()).await;
    let two = Fake::with_text("a 2\n").await;
    let targets = [
        one.target().with_name("one").with_label("pod", "1"),
        two.target().with_name("two").with_label("pod", "2"),
    ];
    let proxy =
        Proxy::start(ProxyConfig::default().with_endpoint("c", Endpoint::new(targets, no_rules())))
            .await;
    let answer = scrape(&proxy, &[("accept", PROMETHEUS)]).await;
    assert!(answer.good().starts_with("a{pod=\"2\"} 2\n"), "{answer:?}");
    let series =
        "hcp_metrics_proxy_scrape_errors_total{component=\"c\",target=\"one\",kind=\"format\"}";
    assert_eq!(proxy.metric(series), 1);
}

#[tokio::test]
async fn what_is_no_exposition_is_refused_with_its_type() {
    for (content_type, named) in
        [(Some("text/html; charset=utf-8"), "`text/html; charset=utf-8`"), (None, "``")]
    {
        let target = Fake::start(move |_| Reply::new(content_type, "a 1\n").whole()).await;
        let proxy = Proxy::start(endpoint(target.target(), no_rules())).await;
        let answer = scrape(&proxy, &[]).await;
        assert!(answer.bad().contains(named), "{answer:?}");

        let fallback = Endpoint::new([target.target()], no_rules()).with_fallback(Format::Text);
        proxy.service.set_config(ProxyConfig::default().with_endpoint("c", fallback)).unwrap();
        assert_eq!(scrape(&proxy, &[]).await.good(), "a 1\n");
    }
}

#[tokio::test]
async fn an_encoding_nobody_asked_for_is_refused() {
    let target = Fake::start(|_| Reply::new(TEXT, "a 1\n").encoded("zstd").whole()).await;
    let proxy = Proxy::start(endpoint(target.target(), no_rules())).await;
    assert!(scrape(&proxy, &[]).await.bad().contains("`zstd`"));
}
