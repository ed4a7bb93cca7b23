//! Keys and credentials never reach `Debug`, an error or an answer.

use hcp_metrics::proxy::{
    ClientAuth, ClientCertificate, Endpoint, ProxyConfig, ProxyMetrics, ProxyService, ServerTls,
    Target, TargetTls,
};

use crate::harness::*;

#[test]
fn no_debug_shows_key_material() {
    let pki = Pki::new();
    let identity = pki.issue("client", "client");
    let server = pki.server(Some(ClientAuth::Required));
    let tls = pki.trusted_with(&identity);
    let target = Target::new("https://one/metrics").unwrap().with_tls(tls.clone());
    let config = ProxyConfig::default().with_endpoint("c", Endpoint::new([target], no_rules()));
    let service = ProxyService::new(config.clone(), ProxyMetrics::default()).unwrap();
    let shown = format!("{server:#?} {tls:#?} {config:#?} {service:#?}");
    assert!(shown.contains("client.key"), "the path helps: {shown}");
    let key = std::fs::read_to_string(&identity.key).unwrap();
    for line in key.lines() {
        assert!(!shown.contains(line), "{shown}");
    }
    let certificate = format!("{:?}", ClientCertificate::new(*b"secret"));
    assert_eq!(certificate, "ClientCertificate");
}

#[test]
fn no_error_quotes_what_is_in_a_file() {
    let pki = Pki::new();
    let good = pki.issue("good", "client");
    let secret = "c2VjcmV0IGtleQ";
    let path = pki.path("bad.pem");
    for content in [
        format!("-----BEGIN PRIVATE KEY-----\n{secret}\n"),
        format!("-----BEGIN PRIVATE KEY-----\n{secret}!\n-----END PRIVATE KEY-----\n"),
        format!("-----BEGIN PRIVATE KEY-----\n{secret}==\n-----END PRIVATE KEY-----\n"),
        format!("-----BEGIN CERTIFICATE-----\n{secret}==\n-----END CERTIFICATE-----\n"),
        secret.to_owned(),
    ] {
        std::fs::write(&path, &content).unwrap();
        for error in [
            TargetTls::from_ca_file(&path).unwrap_err(),
            TargetTls::from_files(&pki.ca, &good.certificate, &path).unwrap_err(),
            TargetTls::from_files(&pki.ca, &path, &good.key).unwrap_err(),
            ServerTls::from_files(&good.certificate, &path).unwrap_err(),
        ] {
            let shown = format!("{error} {error:?}");
            assert!(shown.contains("bad.pem"), "{shown}");
            assert!(!shown.contains(secret), "{shown}");
        }
    }
}

#[test]
fn credentials_in_a_url_are_refused_and_not_repeated() {
    let error = Target::new("http://user:secret@one/metrics").unwrap_err();
    let shown = format!("{error} {error:?}");
    assert!(shown.contains("holds credentials") && !shown.contains("secret"), "{shown}");
    let error = Target::new("user:secret@one").unwrap_err();
    let shown = format!("{error} {error:?}");
    assert!(!shown.contains("secret"), "{shown}");
}

#[tokio::test]
async fn a_scrapers_credentials_stay_with_us() {
    let target = Fake::start(|_| Reply::new("text/html", "secret text").whole()).await;
    let proxy = Proxy::start(endpoint(target.target(), no_rules())).await;
    let headers = [("authorization", "Bearer secret"), ("cookie", "secret")];
    let answer = scrape(&proxy, &headers).await;
    assert!(!answer.bad().contains("secret"), "{answer:?}");
    let requests = target.requests().concat();
    assert!(requests.starts_with("GET /metrics HTTP/1.1\r\n") && !requests.contains("secret"));
}
