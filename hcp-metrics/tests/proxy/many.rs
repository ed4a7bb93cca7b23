//! Several targets as one answer.

use std::time::Duration;

use hcp_metrics::proxy::{Endpoint, FailureSeries, Limits, ProxyConfig, Target};
use http::StatusCode;
use tokio::net::TcpListener;

use crate::harness::*;

/// An endpoint whose targets are named `t1`, `t2`, … and have the label `pod` with that value.
fn endpoint_of(targets: impl IntoIterator<Item = Target>) -> Endpoint {
    let named = targets.into_iter().enumerate().map(|(at, target)| {
        let name = format!("t{}", at + 1);
        target.with_name(&name).with_label("pod", name)
    });
    Endpoint::new(named, no_rules())
}

fn quiet(endpoint: Endpoint) -> ProxyConfig {
    ProxyConfig::default().with_endpoint("c", endpoint).with_failure_series(FailureSeries::Off)
}

/// A target nobody listens for.
async fn dead() -> Target {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = listener.local_addr().expect("an address");
    drop(listener);
    Target::new(&format!("http://{address}/metrics")).expect("a URL")
}

#[tokio::test]
async fn each_family_is_one_block_with_one_help_and_type() {
    let one = "# HELP h One's.\n# TYPE h histogram\nh_bucket{le=\"+Inf\"} 1\nh_sum 1\nh_count 1\n# TYPE g gauge\ng 1\n";
    let two = "# TYPE g gauge\ng 2\n# HELP h Two's.\n# TYPE h histogram\nh_bucket{le=\"+Inf\"} 2\nh_sum 2\nh_count 2\nonly 2\n";
    let (one, two) = (Fake::with_text(one).await, Fake::with_text(two).await);
    let proxy = Proxy::start(quiet(endpoint_of([one.target(), two.target()]))).await;
    assert_eq!(
        scrape(&proxy, &[]).await.good(),
        "# HELP h One's.\n# TYPE h histogram\n\
         h_bucket{le=\"+Inf\",pod=\"t1\"} 1\nh_sum{pod=\"t1\"} 1\nh_count{pod=\"t1\"} 1\n\
         h_bucket{le=\"+Inf\",pod=\"t2\"} 2\nh_sum{pod=\"t2\"} 2\nh_count{pod=\"t2\"} 2\n\
         # TYPE g gauge\ng{pod=\"t1\"} 1\ng{pod=\"t2\"} 2\nonly{pod=\"t2\"} 2\n"
    );
    let compressed = scrape(&proxy, &[("accept-encoding", "gzip")]).await;
    assert_eq!(gunzip(&compressed.body), scrape(&proxy, &[]).await.body);
}

#[tokio::test]
async fn types_that_contradict_are_counted_and_lose_no_sample() {
    let one = Fake::with_text("# TYPE a gauge\na 1\n").await;
    let two = Fake::with_text("# TYPE a summary\na{quantile=\"1\"} 2\na_sum 2\n").await;
    let proxy = Proxy::start(quiet(endpoint_of([one.target(), two.target()]))).await;
    assert_eq!(
        scrape(&proxy, &[]).await.good(),
        "# TYPE a gauge\na{pod=\"t1\"} 1\na{pod=\"t2\",quantile=\"1\"} 2\na_sum{pod=\"t2\"} 2\n"
    );
    assert_eq!(proxy.metric("hcp_metrics_proxy_type_conflicts_total{component=\"c\"}"), 1);
}

#[tokio::test]
async fn of_equal_series_the_first_targets_stands_and_the_other_is_counted() {
    let one = Fake::with_text("a{pod=\"x\"} 1\n").await;
    let two = Fake::with_text("a{pod=\"x\"} 2\nb 2\n").await;
    let endpoint = endpoint_of([one.target(), two.target()]).with_honor_labels(true);
    let proxy = Proxy::start(quiet(endpoint)).await;
    assert_eq!(scrape(&proxy, &[]).await.good(), "a{pod=\"x\"} 1\nb{pod=\"t2\"} 2\n");
    assert_eq!(proxy.metric("hcp_metrics_proxy_duplicate_series_total{component=\"c\"}"), 1);
}

#[tokio::test]
async fn a_dead_target_is_missing_and_the_answer_says_so() {
    let good = Fake::with_text("a 1\n").await;
    let config =
        ProxyConfig::default().with_endpoint("c", endpoint_of([dead().await, good.target()]));
    let proxy = Proxy::start(config.clone()).await;
    for failures in 1..=2 {
        assert_eq!(
            scrape(&proxy, &[]).await.good(),
            format!(
                "a{{pod=\"t2\"}} 1\n\
                 # HELP hcp_metrics_proxy_scrape_errors_total Scrapes of a target that failed, counted by the proxy in between.\n\
                 # TYPE hcp_metrics_proxy_scrape_errors_total counter\n\
                 hcp_metrics_proxy_scrape_errors_total{{component=\"c\",target=\"t1\"}} {failures}\n\
                 hcp_metrics_proxy_scrape_errors_total{{component=\"c\",target=\"t2\"}} 0\n"
            )
        );
    }
    let series = "hcp_metrics_proxy_scrapes_total{component=\"c\",outcome=\"partial\"}";
    assert_eq!(proxy.metric(series), 2);

    proxy.service.set_config(config.with_failure_series(FailureSeries::HyperShift)).unwrap();
    let answer = scrape(&proxy, &[]).await;
    let line = "metrics_aggregator_pod_scrape_errors_total{component=\"c\",pod=\"t1\"} 1\n";
    assert!(answer.good().ends_with(line), "{answer:?}");
}

#[tokio::test]
async fn a_slow_target_costs_its_own_timeout_and_not_the_scrape() {
    let slow = Fake::start(|_| vec![Step::Hang]).await;
    let stuck = Fake::start(|_| {
        let mut steps = Reply::new(TEXT, "a 1\n").cut_off();
        steps.push(Step::Hang);
        steps
    });
    let (stuck, good) = (stuck.await, Fake::with_text("a 3\n").await);
    let short = Duration::from_millis(50);
    let targets =
        [slow.target().with_timeout(short), stuck.target().with_timeout(short), good.target()];
    let limits = Limits::default().with_timeout(Duration::from_secs(600));
    let proxy = Proxy::start(quiet(endpoint_of(targets)).with_limits(limits)).await;
    assert_eq!(scrape(&proxy, &[]).await.good(), "a{pod=\"t3\"} 3\n");
    for target in ["t1", "t2"] {
        let series = format!(
            "hcp_metrics_proxy_scrape_errors_total{{component=\"c\",target=\"{target}\",kind=\"timeout\"}}"
        );
        assert_eq!(proxy.metric(&series), 1, "{target}");
    }
}

#[tokio::test]
async fn of_a_target_that_breaks_off_nothing_is_passed_on() {
    let broken = Fake::start(|_| Reply::new(TEXT, "a 1\nb 1\n").cut_off()).await;
    let good = Fake::with_text("a 2\n").await;
    let proxy = Proxy::start(quiet(endpoint_of([broken.target(), good.target()]))).await;
    assert_eq!(scrape(&proxy, &[]).await.good(), "a{pod=\"t2\"} 2\n");
    let series =
        "hcp_metrics_proxy_scrape_errors_total{component=\"c\",target=\"t1\",kind=\"truncated\"}";
    assert_eq!(proxy.metric(series), 1);
}

#[tokio::test]
async fn if_all_fail_the_answer_names_each_with_its_reason() {
    let refusing = Fake::start(|_| {
        vec![Step::Send(b"HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\n\r\n".to_vec())]
    });
    let refusing = refusing.await;
    let config =
        ProxyConfig::default().with_endpoint("c", endpoint_of([dead().await, refusing.target()]));
    let proxy = Proxy::start(config).await;
    let answer = scrape(&proxy, &[]).await;
    let lines: Vec<_> = answer.bad().lines().collect();
    assert_eq!(lines[0], "all scrape targets failed");
    assert!(lines[1].starts_with("t1: cannot connect: "), "{answer:?}");
    assert!(lines[2].starts_with("t2: the answer has the status 403"), "{answer:?}");
}

#[tokio::test]
async fn no_targets_are_an_empty_answer() {
    let proxy = Proxy::start(quiet(endpoint_of([]))).await;
    let answer = scrape(&proxy, &[]).await;
    assert_eq!((answer.status, answer.good()), (StatusCode::OK, ""));
}

#[tokio::test]
async fn targets_come_and_go_while_serving() {
    let (one, two) = (Fake::with_text("a 1\n").await, Fake::with_text("a 2\n").await);
    let proxy = Proxy::start(quiet(endpoint_of([dead().await, one.target()]))).await;
    assert_eq!(scrape(&proxy, &[]).await.good(), "a{pod=\"t2\"} 1\n");
    assert!(proxy.metrics().contains("target=\"t1\""));
    proxy.service.set_targets("c", vec![two.target().with_label("pod", "new")]).unwrap();
    assert_eq!(scrape(&proxy, &[]).await.good(), "a{pod=\"new\"} 2\n");
    assert!(!proxy.metrics().contains("target=\"t1\""), "series of a target that is gone");
    assert!(proxy.service.set_targets("d", Vec::new()).is_err());
}
