//! Targets that break in the middle: no scraper may take half an exposition for a whole one.

use hcp_metrics::exposition::{FilterOptions, Format, OnMalformed, filter};
use hcp_metrics::proxy::{Endpoint, ProxyConfig, ProxyMetrics, ProxyService, Target};
use http::StatusCode;
use http_body_util::BodyExt;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use tower_service::Service;

use crate::harness::*;

const LONG_ENOUGH: usize = 20_000;

fn lines() -> String {
    (0..LONG_ENOUGH).map(|i| format!("a{{i=\"{i}\"}} 1\n")).collect::<Vec<_>>().concat()
}

/// The scraper sees an answer that breaks off, or a connection that does before it.
async fn assert_broken_off(proxy: &Proxy, encoding: &str) {
    let request = ask("/metrics/c", &[("accept", PROMETHEUS), ("accept-encoding", encoding)]);
    if let Some(scraper) = Scraper::try_send(proxy.address, request).await {
        let answer = scraper.finish().await;
        assert_eq!(answer.status, 200, "what is sent first is right: {encoding}");
        assert!(!answer.whole, "{encoding}: taken for whole");
    }
}

fn kind(proxy: &Proxy, kind: &str) -> u64 {
    let metrics = proxy.metrics();
    let ending = format!("kind=\"{kind}\"}} 1");
    metrics.lines().filter(|line| line.ends_with(&ending)).count() as u64
}

#[tokio::test]
async fn a_body_that_breaks_off_breaks_the_answer_off() {
    type Framing = fn(String) -> Vec<Step>;
    let framings: [(&str, Framing); 4] = [
        ("truncated", |text| Reply::new(TEXT, text).cut_off()),
        ("truncated", |text| Reply::new(TEXT, format!("{text}a{{i=\"x")).until_close()),
        ("truncated", |text| {
            let Some(Step::Send(mut all)) = Reply::new(TEXT, text).chunked(1000).pop() else {
                return Vec::new();
            };
            all.truncate(all.len() - 5);
            vec![Step::Send(all)]
        }),
        ("gzip", |text| {
            let mut body = gzip(text.as_bytes());
            body.truncate(body.len() - 4);
            Reply::new(TEXT, body).encoded("gzip").whole()
        }),
    ];
    for (expected, framing) in framings {
        let target = Fake::start(move |_| framing(lines())).await;
        let proxy = Proxy::start(endpoint(target.target(), no_rules())).await;
        for encoding in ["identity", "gzip"] {
            assert_broken_off(&proxy, encoding).await;
        }
        let series = "hcp_metrics_proxy_scrapes_total{component=\"c\",outcome=\"failed\"}";
        assert_eq!(proxy.metric(series), 2, "{expected}");
        let failures = format!("kind=\"{expected}\"}} 2");
        assert!(proxy.metrics().contains(&failures), "{}", proxy.metrics());
    }
}

#[tokio::test]
async fn what_breaks_before_the_first_byte_is_a_502() {
    for (name, body, content_type) in [
        ("malformed", b"a 1\nb{ 2\n".to_vec(), TEXT),
        ("malformed", b"a 1\n".to_vec(), OPEN_METRICS),
    ] {
        let target = Fake::start(move |_| Reply::new(content_type, body.clone()).whole()).await;
        let proxy = Proxy::start(endpoint(target.target(), dropping("a"))).await;
        let answer = scrape(&proxy, &[]).await;
        assert!(answer.bad().contains("malformed: line 2, column"), "{answer:?}");
        assert_eq!(kind(&proxy, name), 1);
    }
    let target = Fake::start(|_| Reply::new(TEXT, "no gzip").encoded("gzip").whole()).await;
    let proxy = Proxy::start(endpoint(target.target(), no_rules())).await;
    assert!(scrape(&proxy, &[]).await.bad().contains("not valid gzip"));
    assert_eq!(kind(&proxy, "gzip"), 1);
}

#[tokio::test]
async fn openmetrics_without_its_end_is_broken_off() {
    let text = lines();
    let target = Fake::start(move |_| Reply::new(OPEN_METRICS, text.clone()).chunked(5000)).await;
    let proxy = Proxy::start(endpoint(target.target(), no_rules())).await;
    assert_broken_off(&proxy, "identity").await;
}

#[tokio::test]
async fn malformed_lines_can_be_skipped_and_are_counted() {
    let target = Fake::with_text("a 1\nb{ 2\nc 3\n").await;
    let endpoint =
        Endpoint::new([target.target()], no_rules()).with_on_malformed(OnMalformed::Skip);
    let proxy = Proxy::start(ProxyConfig::default().with_endpoint("c", endpoint)).await;
    assert_eq!(scrape(&proxy, &[]).await.good(), "a 1\nc 3\n");
    assert_eq!(proxy.metric("hcp_metrics_proxy_malformed_lines_total{component=\"c\"}"), 1);
}

#[tokio::test]
async fn whatever_a_target_says_the_proxy_goes_on() {
    let replies: [&[u8]; 6] = [
        b"",
        b"\0\0\0\0",
        b"HTTP/1.1 200 OK\r\ncontent-length: x\r\n\r\n",
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\ncontent-type: text/plain\r\n\r\nzz\r\n",
        b"HTTP/1.1 301 Moved\r\nlocation: http://example.com/\r\ncontent-length: 0\r\n\r\n",
        b"SSH-2.0-OpenSSH_9.9\r\n",
    ];
    let good = Fake::with_text("a 1\n").await;
    for reply in replies {
        let target = Fake::start(move |_| vec![Step::Send(reply.to_vec())]).await;
        let proxy = Proxy::start(endpoint(target.target(), no_rules())).await;
        assert_eq!(scrape(&proxy, &[]).await.status, 502, "{}", reply.escape_ascii());
        proxy.service.set_targets("c", vec![good.target()]).unwrap();
        assert_eq!(scrape(&proxy, &[]).await.good(), "a 1\n");
    }
}

/// Scrapes two targets in memory that both answer `reply`; the text if the answer is good and whole. Comments may hold any bytes.
fn scraped(reply: Vec<u8>, on_malformed: OnMalformed) -> Option<Vec<u8>> {
    let targets = ["one", "two"].map(|name| {
        Target::new(&format!("http://{name}/metrics")).expect("a URL").with_label("pod", name)
    });
    let endpoint = Endpoint::new(targets, dropping("dropped")).with_on_malformed(on_malformed);
    let config = ProxyConfig::default().with_endpoint("c", endpoint).with_dialer(in_memory(reply));
    let mut service = ProxyService::new(config, ProxyMetrics::default()).expect("right");
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.expect("a runtime").block_on(async {
        let answer = service.call(ask("/metrics/c", &[])).await.expect("never fails");
        if answer.status() != StatusCode::OK {
            assert_eq!(answer.status(), StatusCode::BAD_GATEWAY);
            return None;
        }
        let body = answer.into_body().collect().await.expect("merged text does not break off");
        Some(body.to_bytes().to_vec())
    })
}

/// Lines of an exposition, and lines that are none.
fn line() -> impl Strategy<Value = Vec<u8>> {
    let lines: [&[u8]; 9] = [
        b"# TYPE a counter\n",
        b"# TYPE a histogram\n",
        b"# HELP a x\n",
        b"a 1\n",
        b"a_sum{x=\"\\\n",
        b"{\"b.c\",x=\"y\nz\"} 1 2\n",
        b"dropped{x=\"\xff\"} 1\n",
        b"# EOF\n",
        b"a_bucket{le=\"+Inf\"} 1\n",
    ];
    prop_oneof![4 => select(lines.to_vec()).prop_map(<[u8]>::to_vec), 1 => vec(any::<u8>(), 0..8)]
}

#[test]
fn a_comment_may_hold_any_bytes() {
    let reply =
        [Reply::new(TEXT, Vec::new()).head("content-length: 10\r\n"), b"# \xf4Y\na 1\n\n".to_vec()];
    let text = scraped(reply.concat(), OnMalformed::Fail).expect("a good answer");
    assert!(text.windows(4).any(|part| part == b"a{po"), "{}", text.escape_ascii());
}

proptest! {
    #[test]
    fn whatever_is_answered_is_an_exposition(
        lines in vec(line(), 0..12),
        open_metrics in any::<bool>(),
        compressed in any::<bool>(),
        damage in proptest::option::of((any::<prop::sample::Index>(), any::<u8>())),
        skip in any::<bool>(),
    ) {
        let (kind, format) =
            if open_metrics { (OPEN_METRICS, Format::OpenMetrics) } else { (TEXT, Format::Text) };
        let mut body = lines.concat();
        let mut reply = Reply::new(kind, Vec::new());
        if compressed {
            body = gzip(&body);
            reply = reply.encoded("gzip");
        }
        let mut all = reply.head(&format!("content-length: {}\r\n", body.len()));
        all.extend(body);
        if let Some((at, byte)) = damage {
            let at = at.index(all.len());
            all[at] = byte;
        }
        let on_malformed = if skip { OnMalformed::Skip } else { OnMalformed::Fail };
        if let Some(text) = scraped(all, on_malformed)
            && damage.is_none()
        {
            let options = FilterOptions::default().with_format(format);
            let shown = text.escape_ascii();
            let (again, counts) = filter(&dropping("dropped"), &options, &text)
                .map_err(|error| TestCaseError::fail(format!("{error}\n{shown}")))?;
            prop_assert!(again == text && counts.samples_dropped() == 0, "{shown}");
        }
    }
}
