//! Servers that redirect, hang, break off and lie.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use hcp_core::release::registry::{RegistryClient, RegistryError, RegistryLimits};
use hcp_core::release::{Digest, ImageRef, PullSecret};
use serde_json::json;

use crate::fault::{Reply, Server, has};
use crate::{image, told};

pub(crate) fn no_roots() -> Arc<rustls::ClientConfig> {
    trusting(rustls::RootCertStore::empty())
}

fn trusting(roots: rustls::RootCertStore) -> Arc<rustls::ClientConfig> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    Arc::new(config)
}

fn release() -> image::Image {
    image::image("amd64", vec![image::release_layer("4.15.3")])
}

fn client(servers: &[&Server]) -> RegistryClient {
    let plain = |client: RegistryClient, server: &&Server| client.with_plain_http(&server.host);
    servers.iter().fold(RegistryClient::new(&no_roots()), plain)
}

fn reference(server: &Server) -> ImageRef {
    format!("{}/ocp/release:1", server.host).parse().unwrap()
}

async fn fails(client: &RegistryClient, image: &ImageRef) -> RegistryError {
    client.release(image, &PullSecret::anonymous()).await.unwrap_err()
}

fn redirect(to: String) -> Reply {
    Reply::Whole(307, vec![("location", to)], Vec::new())
}

#[tokio::test]
async fn a_redirect_loop_ends_at_the_limit() {
    let server = Server::start(|path| redirect(path.to_owned())).await;
    let client = client(&[&server]).with_limits(RegistryLimits::default().with_redirects(3));
    let error = fails(&client, &reference(&server)).await;
    assert!(matches!(error, RegistryError::Redirects { limit: 3, .. }), "{}", told(&error));
    assert_eq!(server.lines().len(), 4);
}

#[tokio::test]
async fn a_redirect_to_nowhere_or_with_a_user_is_not_followed() {
    for to in ["", "relative", "ftp://localhost/x", "http://user:hunter2@localhost/x"] {
        let server = Server::start(move |_| redirect(to.to_owned())).await;
        let error = fails(&client(&[&server]), &reference(&server)).await;
        assert!(matches!(error, RegistryError::Redirect { .. }), "{to}: {}", told(&error));
        assert!(!told(&error).contains("hunter2"), "{}", told(&error));
    }
}

#[tokio::test]
async fn authorization_does_not_follow_a_redirect_to_another_host() {
    let made = release();
    let storage = Server::start(has(&made)).await;
    let (answer, to) = (has(&made), storage.host.clone());
    let asked = AtomicBool::new(false);
    let registry = Server::start(move |path| {
        if path.contains("/blobs/") {
            return redirect(format!("http://{to}{path}?X-Signature=hunter2"));
        }
        if asked.swap(true, Ordering::SeqCst) {
            return answer(path);
        }
        let challenge = "Basic realm=\"x\"".to_owned();
        Reply::Whole(401, vec![("www-authenticate", challenge)], Vec::new())
    })
    .await;
    let secret = json!({"auths": {&registry.host: {"username": "u", "password": "p-hunter2"}}});
    let secret = PullSecret::parse(secret.to_string().as_bytes()).unwrap();
    let client = client(&[&registry, &storage]);
    client.release(&reference(&registry), &secret).await.unwrap();
    let authorized = |server: &Server| {
        server.seen.lock().unwrap().iter().any(|one| one.contains("authorization:"))
    };
    assert!(authorized(&registry) && !authorized(&storage));
    assert_eq!(storage.lines().len(), 2);
}

#[tokio::test]
async fn a_redirect_from_tls_to_no_tls_is_refused_even_where_plain_http_is_allowed() {
    let made = release();
    let plain = Server::start(has(&made)).await;
    let dir = tempfile::tempdir().unwrap();
    let pki = hcp_testkit::Pki::new(dir.path(), "ca").unwrap();
    let to = plain.host.clone();
    let server = Server::start_tls(&pki, move |path| redirect(format!("http://{to}{path}"))).await;
    let mut roots = rustls::RootCertStore::empty();
    let ca = rustls::pki_types::pem::PemObject::from_pem_file(pki.ca()).unwrap();
    roots.add(ca).unwrap();
    let client = RegistryClient::new(&trusting(roots)).with_plain_http(&plain.host);
    let error = fails(&client, &reference(&server)).await;
    assert!(matches!(error, RegistryError::Downgrade { .. }), "{}", told(&error));
    assert!(plain.lines().is_empty());
    assert_eq!(
        client
            .release(&reference(&plain), &PullSecret::anonymous())
            .await
            .unwrap()
            .architectures
            .len(),
        1
    );
}

#[tokio::test]
async fn plain_http_is_not_spoken_unless_it_is_allowed() {
    let made = release();
    let storage = Server::start(has(&made)).await;
    let error = fails(&RegistryClient::new(&no_roots()), &reference(&storage)).await;
    assert!(matches!(error, RegistryError::Connect { .. }), "{}", told(&error));
    let to = storage.host.clone();
    let server = Server::start(move |path| redirect(format!("http://{to}{path}"))).await;
    let error = fails(&client(&[&server]), &reference(&server)).await;
    assert!(matches!(error, RegistryError::Plain { .. }), "{}", told(&error));
    assert!(storage.lines().iter().all(|line| !line.starts_with("GET")));
}

#[tokio::test]
async fn a_server_that_never_answers_costs_the_limit_and_no_more() {
    let server = Server::start(|_| Reply::Never).await;
    let limits = RegistryLimits::default().with_total(Duration::from_millis(200));
    let error = fails(&client(&[&server]).with_limits(limits), &reference(&server)).await;
    assert!(matches!(error, RegistryError::TimedOut { .. }) && error.is_retryable());
}

#[tokio::test]
async fn an_answer_that_breaks_off_is_not_taken_for_whole() {
    let made = release();
    let answer = has(&made);
    let server = Server::start(move |path| match answer(path) {
        Reply::Whole(200, _, body) if path.contains("/blobs/") && body.len() > 200 => {
            let head = format!("HTTP/1.1 200 x\r\ncontent-length: {}\r\n\r\n", body.len());
            Reply::Raw([head.as_bytes(), &body[..body.len() / 2]].concat())
        }
        other => other,
    })
    .await;
    let error = fails(&client(&[&server]), &reference(&server)).await;
    assert!(matches!(error, RegistryError::BrokeOff { what: "a layer", .. }), "{}", told(&error));
}

#[tokio::test]
async fn a_manifest_of_another_digest_or_kind_is_refused() {
    let made = release();
    let server = Server::start(has(&made)).await;
    let other = Digest::sha256(b"other");
    let image = format!("{}/ocp/release@{other}", server.host).parse().unwrap();
    let error = fails(&client(&[&server]), &image).await;
    assert!(
        matches!(&error, RegistryError::Digest { what: "the manifest", expected, .. } if *expected == other)
    );

    let both = json!({"mediaType": "x", "config": {}, "layers": [], "manifests": []}).to_string();
    let schema1 = json!({"schemaVersion": 1, "fsLayers": []}).to_string();
    for (body, is_kind) in [(both, true), (schema1, true), ("{".to_owned(), false)] {
        let reply = body.clone();
        let server =
            Server::start(move |_| Reply::Whole(200, Vec::new(), reply.clone().into_bytes())).await;
        let error = fails(&client(&[&server]), &reference(&server)).await;
        let kind = matches!(error, RegistryError::Kind { .. });
        let json = matches!(error, RegistryError::Json { .. });
        assert_eq!((kind, json), (is_kind, !is_kind), "{body}: {}", told(&error));
    }
}

#[tokio::test]
async fn failures_of_the_server_may_pass() {
    for (status, retryable) in [(500, true), (503, true), (429, true), (404, false), (204, false)] {
        let server = Server::start(move |_| Reply::Whole(status, Vec::new(), Vec::new())).await;
        let error = fails(&client(&[&server]), &reference(&server)).await;
        assert!(matches!(error, RegistryError::Status { status: found, .. } if found == status));
        assert_eq!(error.is_retryable(), retryable, "{status}");
    }
}
