//! What a scrape may cost.

use std::sync::Arc;
use std::time::Duration;

use hcp_metrics::proxy::{Endpoint, Limits, ProxyConfig};
use tokio::sync::Semaphore;

use crate::harness::*;

fn limited(fake: &Fake, limits: Limits) -> ProxyConfig {
    endpoint(fake.target(), dropping("dropped.*")).with_limits(limits)
}

#[tokio::test]
async fn decompressed_bytes_are_counted_not_those_on_the_wire() {
    // 64 MiB of what is dropped anyway, in 64 KiB.
    let bomb = gzip(&b"dropped 1\n".repeat((64 << 20) / 10));
    let wire = bomb.len();
    let target = Fake::start(move |_| Reply::new(TEXT, bomb.clone()).encoded("gzip").whole()).await;
    let allowed = 1 << 20;
    assert!(wire < allowed);
    let limits = Limits::default().with_decompressed_bytes(allowed as u64);
    let proxy = Proxy::start(limited(&target, limits)).await;
    let answer = scrape(&proxy, &[]).await;
    assert!(
        answer.bad().contains("the limit decompressed_bytes of 1048576 is reached"),
        "{answer:?}"
    );
    let series = "hcp_metrics_proxy_scrape_errors_total{component=\"c\",target=\"TARGET\",kind=\"limit_decompressed_bytes\"}";
    assert_eq!(proxy.metric(&series.replace("TARGET", &target.address.to_string())), 1);
    // Nothing was decompressed in vain.
    let received = proxy.metric("hcp_metrics_proxy_received_bytes_total{component=\"c\"}");
    assert!(received <= allowed as u64, "{received}");
}

#[tokio::test]
async fn a_limit_allows_what_is_just_below_it() {
    let target = Fake::with_text("a 1\nb 2\ndropped 3\n").await;
    for (limits, refused) in [
        (Limits::default().with_decompressed_bytes(18), None),
        (Limits::default().with_decompressed_bytes(17), Some("decompressed_bytes")),
        (Limits::default().with_samples(2), None),
        (Limits::default().with_samples(1), Some("samples")),
        (Limits::default().with_line_bytes(9), None),
        (Limits::default().with_line_bytes(8), Some("line_bytes")),
    ] {
        let proxy = Proxy::start(limited(&target, limits)).await;
        let answer = scrape(&proxy, &[]).await;
        match refused {
            None => assert_eq!(answer.good(), "a 1\nb 2\n"),
            Some(limit) => assert!(answer.bad().contains(&format!("the limit {limit} of"))),
        }
    }
}

#[tokio::test]
async fn several_targets_share_one_limit_of_samples_and_of_memory() {
    let (one, two) = (Fake::with_text("a 1\nb 1\n").await, Fake::with_text("a 2\nb 2\n").await);
    let targets = [one.target().with_label("pod", "1"), two.target().with_label("pod", "2")];
    let endpoint = Endpoint::new(targets, no_rules());
    let filtered = "a{pod=\"1\"} 1\n".len() * 4;
    for (limits, refused) in [
        (Limits::default().with_samples(4), None),
        (Limits::default().with_samples(3), Some("samples")),
        (Limits::default().with_kept_bytes(filtered), None),
        (Limits::default().with_kept_bytes(filtered - 1), Some("kept_bytes")),
    ] {
        let config = ProxyConfig::default().with_endpoint("c", endpoint.clone());
        let proxy = Proxy::start(config.with_limits(limits)).await;
        let answer = scrape(&proxy, &[]).await;
        match refused {
            None => assert!(answer.good().contains("b{pod=\"2\"} 2\n")),
            Some(limit) => assert!(answer.bad().contains(&format!("the limit {limit} of"))),
        }
    }
}

#[tokio::test]
async fn one_scrape_too_many_is_refused_until_another_ends() {
    let permits = Arc::new(Semaphore::new(0));
    let wait = Arc::clone(&permits);
    let target = Fake::start(move |_| {
        let mut steps = vec![Step::Send(b"HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\ntransfer-encoding: chunked\r\n\r\n4\r\na 1\n\r\n".to_vec())];
        steps.push(Step::Wait(Arc::clone(&wait)));
        steps.push(Step::Send(b"0\r\n\r\n".to_vec()));
        steps
    });
    let target = target.await;
    let limits = Limits::default().with_concurrent_scrapes(1);
    let proxy = Proxy::start(limited(&target, limits)).await;

    let mut going = Scraper::send(proxy.address, ask("/metrics/c", &[])).await;
    assert_eq!(going.piece().await.unwrap().unwrap(), "a 1\n");
    assert_eq!(proxy.metric("hcp_metrics_proxy_scrapes_in_flight"), 1);
    let refused = scrape(&proxy, &[]).await;
    assert_eq!((refused.status.as_u16(), refused.header("retry-after")), (503, "1"));
    assert!(refused.text().contains("concurrent_scrapes of 1"), "{refused:?}");
    let health = Scraper::send(proxy.address, ask("/healthz", &[])).await.finish().await;
    assert_eq!(health.status, 200);

    permits.add_permits(2);
    assert!(going.finish().await.whole);
    assert_eq!(scrape(&proxy, &[]).await.good(), "a 1\n");
    assert_eq!(proxy.metric("hcp_metrics_proxy_scrapes_in_flight"), 0);
    assert_eq!(proxy.metric("hcp_metrics_proxy_rejected_total{reason=\"concurrent_scrapes\"}"), 1);
}

#[tokio::test]
async fn the_scrapers_own_timeout_shortens_the_scrape_and_is_passed_on() {
    let target = Fake::start(|_| vec![Step::Hang]).await;
    let limits = Limits::default().with_timeout(Duration::from_secs(600));
    let proxy = Proxy::start(limited(&target, limits)).await;
    let header = "x-prometheus-scrape-timeout-seconds";
    let answer = scrape(&proxy, &[(header, "0.1")]).await;
    assert!(answer.bad().contains("not done after 50ms"), "{answer:?}");
    let passed: f64 = target.header(header).unwrap().parse().unwrap();
    assert!(passed <= 0.05, "{passed}");
    for nonsense in ["0", "-1", "x", "inf", "1e99", ""] {
        let answer = scrape(&proxy, &[(header, nonsense)]).await;
        assert_eq!(answer.status, 400, "{nonsense}");
    }
}

#[tokio::test]
async fn a_scraper_that_goes_away_gives_its_place_back() {
    let target = Fake::start(|_| {
        let begin = b"HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\ntransfer-encoding: chunked\r\n\r\n4\r\na 1\n\r\n";
        vec![Step::Send(begin.to_vec()), Step::Hang]
    });
    let target = target.await;
    let mut proxy = Proxy::start(limited(&target, Limits::default())).await;
    let mut scraper = Scraper::send(proxy.address, ask("/metrics/c", &[])).await;
    scraper.piece().await.unwrap().unwrap();
    drop(scraper);
    // It ends when the connection has: the scrape did not hold it.
    proxy.shutdown.cancel();
    proxy.ended().await;
    assert_eq!(proxy.metric("hcp_metrics_proxy_scrapes_in_flight"), 0);
    let series = "hcp_metrics_proxy_scrapes_total{component=\"c\",outcome=\"aborted\"}";
    assert_eq!(proxy.metric(series), 1);
}
