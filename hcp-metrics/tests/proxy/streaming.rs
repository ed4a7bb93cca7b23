//! One target: its answer filtered as it arrives.

use std::sync::Arc;

use hcp_metrics::LabelCompat;
use hcp_metrics::exposition::{FilterOptions, TargetLabels, filter};
use hcp_metrics::proxy::{Endpoint, ProxyConfig};
use tokio::sync::Semaphore;

use crate::harness::*;

const TEXT_OF_TWO: &str =
    "# HELP a One.\n# TYPE a counter\na{x=\"1\"} 1\n# TYPE b gauge\nb 2 1234\n";
const WITHOUT_B: &str = "# HELP a One.\n# TYPE a counter\na{x=\"1\"} 1\n";

#[tokio::test]
async fn a_real_payload_comes_out_as_the_filter_leaves_it() {
    let text = payload();
    let rules = rules(include_str!("../../../benches/peers/testdata/seed-kube-apiserver.yaml"));
    let options = FilterOptions::default().with_compat(LabelCompat::Raw);
    let (expected, counts) = filter(&rules, &options, &text).unwrap();
    assert_eq!(counts.samples_kept, 72_437);

    let compressed = gzip(&text);
    let target = Fake::start(move |head| {
        if head.contains("/plain") {
            Reply::new(TEXT, text.clone()).chunked(10_007)
        } else {
            Reply::new(TEXT, compressed.clone()).encoded("gzip").whole()
        }
    });
    let target = target.await;
    for path in ["plain", "gzip"] {
        let url = format!("http://{}/{path}", target.address);
        let endpoint =
            Endpoint::new([hcp_metrics::proxy::Target::new(&url).unwrap()], rules.clone());
        let endpoint = endpoint.with_compat(LabelCompat::Raw);
        let proxy = Proxy::start(ProxyConfig::default().with_endpoint("c", endpoint)).await;

        let answer = scrape(&proxy, &[]).await;
        assert!(answer.good().as_bytes() == expected, "{path}: another text");
        let answer = scrape(&proxy, &[("accept-encoding", "gzip")]).await;
        assert!(answer.whole && answer.header("content-encoding") == "gzip", "{path}");
        assert!(gunzip(&answer.body) == expected, "{path}: another text, compressed");

        assert_eq!(
            proxy.metric("hcp_metrics_proxy_samples_total{component=\"c\",verdict=\"kept\"}"),
            2 * 72_437
        );
        assert_eq!(
            proxy.metric("hcp_metrics_proxy_samples_total{component=\"c\",verdict=\"dropped\"}"),
            2 * 9_270
        );
    }
}

#[tokio::test]
async fn every_framing_and_every_cut_give_the_same_text() {
    let framings: [fn(Reply) -> Vec<Step>; 4] =
        [Reply::whole, Reply::until_close, |reply| reply.chunked(1), |reply| reply.chunked(7)];
    for compressed in [false, true] {
        for framing in framings {
            let target = Fake::start(move |_| {
                framing(if compressed {
                    Reply::new(TEXT, gzip(TEXT_OF_TWO.as_bytes())).encoded("gzip")
                } else {
                    Reply::new(TEXT, TEXT_OF_TWO)
                })
            });
            let target = target.await;
            let proxy = Proxy::start(endpoint(target.target(), dropping("b"))).await;
            let answer = scrape(&proxy, &[]).await;
            assert_eq!(answer.header("content-type"), TEXT);
            // Nothing but a newline tells a whole text from one that was cut off, and gzip has an end of its own.
            assert_eq!(answer.good(), WITHOUT_B);
        }
    }
}

#[tokio::test]
async fn gzip_of_several_members_is_one_text() {
    let (one, two) = TEXT_OF_TWO.split_at(20);
    let body = [gzip(one.as_bytes()), gzip(two.as_bytes())].concat();
    let target =
        Fake::start(move |_| Reply::new(TEXT, body.clone()).encoded("x-gzip").whole()).await;
    let proxy = Proxy::start(endpoint(target.target(), no_rules())).await;
    assert_eq!(scrape(&proxy, &[]).await.good(), TEXT_OF_TWO);
}

#[tokio::test]
async fn what_has_arrived_is_sent_before_the_rest_is_there() {
    for encoding in ["identity", "gzip"] {
        let rest = Arc::new(Semaphore::new(0));
        let wait = Arc::clone(&rest);
        let target = Fake::start(move |_| {
            let begin = b"HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\ntransfer-encoding: chunked\r\n\r\n4\r\na 1\n\r\n";
            let end = b"4\r\nb 2\n\r\n0\r\n\r\n";
            vec![
                Step::Send(begin.to_vec()),
                Step::Wait(Arc::clone(&wait)),
                Step::Send(end.to_vec()),
            ]
        });
        let target = target.await;
        let proxy = Proxy::start(endpoint(target.target(), no_rules())).await;
        let request = ask("/metrics/c", &[("accept-encoding", encoding)]);
        let mut scraper = Scraper::send(proxy.address, request).await;
        // The target goes on only now: a proxy that waits for the whole would never come here.
        let mut text = scraper.piece().await.unwrap().unwrap().to_vec();
        assert!(!text.is_empty());
        rest.add_permits(1);
        let answer = scraper.finish().await;
        assert!(answer.whole);
        text.extend(answer.body);
        let text = if encoding == "gzip" { gunzip(&text) } else { text };
        assert_eq!(text, b"a 1\nb 2\n");
    }
}

#[tokio::test]
async fn target_labels_are_added_and_the_targets_own_are_kept_aside() {
    let text = "a{job=\"mine\",x=\"1\"} 1\n";
    let fake = Fake::with_text(text).await;
    for (honor, expected) in [
        (false, "a{exported_job=\"mine\",job=\"j\",pod=\"p\",x=\"1\"} 1\n"),
        (true, "a{job=\"mine\",pod=\"p\",x=\"1\"} 1\n"),
    ] {
        let target = fake.target().with_label("job", "j").with_label("pod", "p");
        let endpoint = Endpoint::new([target], no_rules()).with_honor_labels(honor);
        let proxy = Proxy::start(ProxyConfig::default().with_endpoint("c", endpoint)).await;
        assert_eq!(scrape(&proxy, &[]).await.good(), expected);

        let labels = TargetLabels::new([("job", "j"), ("pod", "p")]).with_honor(honor);
        let options = FilterOptions::default().with_target_labels(labels);
        let (offline, _) = filter(&no_rules(), &options, text.as_bytes()).unwrap();
        assert_eq!(offline, expected.as_bytes());
    }
}

#[tokio::test]
async fn a_scraper_of_http_1_0_gets_the_whole_or_a_refusal() {
    let target = Fake::with_text(TEXT_OF_TWO).await;
    let proxy = Proxy::start(endpoint(target.target(), dropping("b"))).await;
    let request = as_http10(ask("/metrics/c", &[]));
    assert_eq!(Scraper::send(proxy.address, request).await.finish().await.good(), WITHOUT_B);

    let broken = Fake::start(|_| Reply::new(TEXT, TEXT_OF_TWO).cut_off()).await;
    let proxy = Proxy::start(endpoint(broken.target(), dropping("b"))).await;
    let request = as_http10(ask("/metrics/c", &[]));
    Scraper::send(proxy.address, request).await.finish().await.bad();
}
