//! TLS towards targets and towards scrapers, and certificates that change while serving.

use std::fs;

use hcp_metrics::proxy::{
    ClientAuth, Endpoint, ProxyConfig, ProxyMetrics, ProxyService, ServerTls, Target, TargetTls,
    TlsError,
};
use tokio_util::sync::CancellationToken;

use crate::harness::*;

/// A configuration with one target, reached as `https://localhost`.
fn https(fake: &Fake, tls: TargetTls) -> ProxyConfig {
    endpoint(target(fake, tls), no_rules())
}

fn target(fake: &Fake, tls: TargetTls) -> Target {
    Target::new(&format!("https://localhost:{}/metrics", fake.address.port()))
        .expect("a URL")
        .with_tls(tls)
}

async fn refused(config: ProxyConfig) -> String {
    let proxy = Proxy::start(config).await;
    let answer = scrape(&proxy, &[]).await;
    let kinds = ["kind=\"tls\"} 1", "kind=\"truncated\"} 1"];
    let metrics = proxy.metrics();
    assert!(kinds.iter().any(|kind| metrics.contains(kind)), "{metrics}");
    answer.bad().to_owned()
}

#[tokio::test]
async fn a_target_is_believed_with_the_right_ca_and_name_only() {
    let (pki, other) = (Pki::new(), Pki::new());
    let fake = Fake::with_tls("a 1\n", pki.target("localhost", None)).await;
    let proxy = Proxy::start(https(&fake, pki.trusted())).await;
    assert_eq!(scrape(&proxy, &[]).await.good(), "a 1\n");

    let text = refused(https(&fake, other.trusted())).await;
    assert!(text.contains("the TLS handshake failed: "), "{text}");

    let misnamed = Fake::with_tls("a 1\n", pki.target("etcd-client.example", None)).await;
    let text = refused(https(&misnamed, pki.trusted())).await;
    assert!(text.contains("check the CA, the server name"), "{text}");
    let named = target(&misnamed, pki.trusted()).with_server_name("etcd-client.example").unwrap();
    let proxy = Proxy::start(endpoint(named, no_rules())).await;
    assert_eq!(scrape(&proxy, &[]).await.good(), "a 1\n");
}

#[tokio::test]
async fn a_target_that_wants_a_certificate_gets_it() {
    let (pki, other) = (Pki::new(), Pki::new());
    let fake = Fake::with_tls("a 1\n", pki.target("localhost", Some(&pki))).await;
    let identity = pki.issue("client", "prometheus");
    let proxy = Proxy::start(https(&fake, pki.trusted_with(&identity))).await;
    assert_eq!(scrape(&proxy, &[]).await.good(), "a 1\n");

    refused(https(&fake, pki.trusted())).await;
    let foreign = other.issue("client", "prometheus");
    refused(https(&fake, pki.trusted_with(&foreign))).await;
}

#[tokio::test]
async fn an_https_url_with_an_address_is_checked_against_the_address() {
    let pki = Pki::new();
    let fake = Fake::with_tls("a 1\n", pki.target("127.0.0.1", None)).await;
    let url = format!("https://{}/metrics", fake.address);
    let target = Target::new(&url).unwrap().with_tls(pki.trusted());
    let proxy = Proxy::start(endpoint(target, no_rules())).await;
    assert_eq!(scrape(&proxy, &[]).await.good(), "a 1\n");
}

#[tokio::test]
async fn scrapers_are_let_in_by_their_certificate() {
    let (pki, other) = (Pki::new(), Pki::new());
    let (ours, foreign) =
        (pki.issue("scraper", "prometheus"), other.issue("scraper", "prometheus"));
    let fake = Fake::with_text("a 1\n").await;
    for (auth, required, identity, metrics, health) in [
        (None, false, None, Some(200), Some(200)),
        (None, true, None, Some(401), Some(200)),
        (Some(ClientAuth::Optional), true, Some(&ours), Some(200), Some(200)),
        (Some(ClientAuth::Optional), true, None, Some(401), Some(200)),
        (Some(ClientAuth::Optional), false, None, Some(200), Some(200)),
        (Some(ClientAuth::Optional), false, Some(&foreign), None, None),
        (Some(ClientAuth::Required), false, Some(&ours), Some(200), Some(200)),
        (Some(ClientAuth::Required), false, Some(&foreign), None, None),
        (Some(ClientAuth::Required), false, None, None, None),
    ] {
        let config = endpoint(fake.target(), no_rules()).with_client_certificate_required(required);
        let proxy = Proxy::with_tls(config, pki.server(auth)).await;
        for (path, expected) in [("/metrics/c", metrics), ("/healthz", health)] {
            let request = ask(path, &[]);
            let scraper = Scraper::send_tls(proxy.address, pki.scraper(identity), request).await;
            let status = scraper.map(|scraper| scraper.status.as_u16());
            assert_eq!(status, expected, "{auth:?} {required} {} {path}", identity.is_some());
        }
    }
}

#[tokio::test]
async fn a_scraper_that_speaks_no_tls_harms_nobody() {
    let pki = Pki::new();
    let fake = Fake::with_text("a 1\n").await;
    let proxy = Proxy::with_tls(endpoint(fake.target(), no_rules()), pki.server(None)).await;
    assert!(Scraper::try_send(proxy.address, ask("/healthz", &[])).await.is_none());
    let scraper = Scraper::send_tls(proxy.address, pki.scraper(None), ask("/metrics/c", &[]));
    assert_eq!(scraper.await.unwrap().finish().await.good(), "a 1\n");
}

#[tokio::test]
async fn changed_certificates_are_used_and_bad_ones_are_not() {
    let (old, new) = (Pki::new(), Pki::new());
    let old_target = Fake::with_tls("a 1\n", old.target("localhost", None)).await;
    let new_target = Fake::with_tls("a 2\n", new.target("localhost", None)).await;
    let (trusted, server) = (old.trusted(), old.server(None));
    let proxy = Proxy::with_tls(https(&old_target, trusted.clone()), server.clone()).await;
    let scrape = async |pki: &Pki| {
        let request = ask("/metrics/c", &[]);
        let scraper = Scraper::send_tls(proxy.address, pki.scraper(None), request).await?;
        Some(scraper.finish().await.text().to_owned())
    };
    assert_eq!(scrape(&old).await.as_deref(), Some("a 1\n"));
    assert!(proxy.service.reload_certificates(Some(&server)).is_empty());
    assert_eq!(proxy.metric("hcp_metrics_proxy_certificate_reloads_total{outcome=\"changed\"}"), 0);

    // Half written: what was read before stays.
    let bad = new.issue("proxy", "localhost");
    fs::copy(&bad.certificate, old.path("proxy.crt")).unwrap();
    let errors = proxy.service.reload_certificates(Some(&server));
    assert!(matches!(errors[..], [TlsError::KeyMismatch { .. }]), "{errors:?}");
    assert_eq!(scrape(&old).await.as_deref(), Some("a 1\n"));
    assert_eq!(proxy.metric("hcp_metrics_proxy_certificate_reloads_total{outcome=\"failed\"}"), 1);

    // All of it: the new authority's, for both sides.
    fs::copy(&bad.key, old.path("proxy.key")).unwrap();
    fs::copy(&new.ca, &old.ca).unwrap();
    assert!(proxy.service.reload_certificates(Some(&server)).is_empty());
    assert_eq!(proxy.metric("hcp_metrics_proxy_certificate_reloads_total{outcome=\"changed\"}"), 2);
    proxy.service.set_targets("c", vec![target(&new_target, trusted.clone())]).unwrap();
    assert_eq!(scrape(&new).await.as_deref(), Some("a 2\n"));
    proxy.service.set_targets("c", vec![target(&old_target, trusted)]).unwrap();
    assert!(scrape(&new).await.unwrap().contains("the TLS handshake failed"));
}

#[tokio::test]
async fn certificates_are_read_again_by_themselves() {
    let (old, new) = (Pki::new(), Pki::new());
    let server = old.server(None);
    let proxy = Proxy::with_tls(ProxyConfig::default(), server.clone()).await;
    let identity = new.issue("proxy", "localhost");
    fs::copy(&identity.certificate, old.path("proxy.crt")).unwrap();
    fs::copy(&identity.key, old.path("proxy.key")).unwrap();
    let shutdown = CancellationToken::new();
    let period = std::time::Duration::from_millis(1);
    let keeping = proxy.service.keep_certificates(period, Some(server), shutdown.clone());
    let changed = async {
        let series = "hcp_metrics_proxy_certificate_reloads_total{outcome=\"changed\"}";
        while proxy.metric(series) == 0 {
            tokio::task::yield_now().await;
        }
        shutdown.cancel();
    };
    tokio::join!(keeping, changed);
    let scraper = Scraper::send_tls(proxy.address, new.scraper(None), ask("/healthz", &[]));
    assert_eq!(scraper.await.unwrap().status, 200);
}

#[test]
fn files_that_cannot_be_used_are_named_with_a_remedy() {
    let pki = Pki::new();
    let (one, two) = (pki.issue("one", "one"), pki.issue("two", "two"));
    let missing = pki.path("missing");
    for (result, expected) in [
        (ServerTls::from_files(&missing, &one.key), "cannot read the certificate file"),
        (ServerTls::from_files(&one.certificate, &missing), "cannot read the key file"),
        (
            ServerTls::from_files(&one.key, &one.certificate),
            "holds a private key and no certificate; swap the two back",
        ),
        (
            ServerTls::from_files(&one.certificate, &two.certificate),
            "holds a certificate and no private key; swap the two back",
        ),
        (
            ServerTls::from_files(&one.certificate, &two.key),
            "does not belong to the certificate file",
        ),
        (
            ServerTls::from_files_with_client_ca(
                &one.certificate,
                &one.key,
                &one.key,
                ClientAuth::Required,
            ),
            "the CA file",
        ),
    ] {
        let error = result.unwrap_err().to_string();
        assert!(error.contains(expected), "{error}");
    }
    let endpoint =
        Endpoint::new([Target::new("http://one/").unwrap().with_tls(pki.trusted())], no_rules());
    let config = ProxyConfig::default().with_endpoint("c", endpoint);
    let error = ProxyService::new(config, ProxyMetrics::default()).unwrap_err();
    assert!(error.to_string().contains("TLS is given; write the URL with https"), "{error}");
}
