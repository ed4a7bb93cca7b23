//! Requests and configurations that are refused, the end of serving, rules that change, and a host's own server.

use std::convert::Infallible;
use std::sync::Arc;

use hcp_metrics::proxy::{
    ClientCertificate, ConfigError, Endpoint, FailureSeries, ProxyConfig, ProxyMetrics,
    ProxyService, Target,
};
use http::header::ALLOW;
use http::{Method, Request, Response};
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tower_service::Service;

use crate::harness::*;

#[tokio::test]
async fn what_is_no_scrape_is_refused() {
    let target = Fake::with_text("a 1\n").await;
    let proxy = Proxy::start(endpoint(target.target(), no_rules())).await;
    for (method, path, status, text, reason) in [
        (Method::GET, "/metrics/c/", 200, "a 1\n", ""),
        (Method::GET, "/metrics/c?x=1", 200, "a 1\n", ""),
        (Method::GET, "/healthz", 200, "ok\n", ""),
        (Method::GET, "/metrics/d", 404, "unknown component: d\n", "component"),
        (Method::GET, "/", 400, "invalid path: expected /metrics/<component-name>\n", "path"),
        (
            Method::GET,
            "/metrics/",
            400,
            "invalid path: expected /metrics/<component-name>\n",
            "path",
        ),
        (
            Method::GET,
            "/metrics/c/d",
            400,
            "invalid path: expected /metrics/<component-name>\n",
            "path",
        ),
        (Method::POST, "/metrics/c", 405, "method not allowed: use GET\n", "method"),
        (Method::DELETE, "/healthz", 405, "method not allowed: use GET\n", "method"),
    ] {
        let series = format!("hcp_metrics_proxy_rejected_total{{reason=\"{reason}\"}}");
        let before = proxy.metric(&series);
        let mut request = ask(path, &[]);
        *request.method_mut() = method.clone();
        let answer = Scraper::send(proxy.address, request).await.finish().await;
        assert_eq!((answer.status.as_u16(), answer.text()), (status, text), "{method} {path}");
        assert_eq!(answer.header(ALLOW) == "GET", status == 405, "{method} {path}");
        assert_eq!(proxy.metric(&series) - before, u64::from(status >= 400), "{method} {path}");
    }
}

#[test]
fn a_configuration_that_cannot_be_served_names_the_place_and_the_remedy() {
    let target = |url: &str| Target::new(url).unwrap();
    let one = || target("http://one:80/metrics");
    let serve = |component: &str, targets: Vec<Target>| {
        let config =
            ProxyConfig::default().with_endpoint(component, Endpoint::new(targets, no_rules()));
        ProxyService::new(config, ProxyMetrics::default()).map(drop)
    };
    for (result, expected) in [
        (serve("a/b", vec![]), "component `a/b` cannot be part of a path; use"),
        (serve("", vec![]), "component `` cannot"),
        (
            serve("c", vec![target("https://one/metrics")]),
            "target one of component `c` has the scheme https and TLS is not given; give the CA",
        ),
        (
            serve("c", vec![one(), one()]),
            "targets one:80 and one:80 of component `c` have the same name; give each its own",
        ),
        (
            serve("c", vec![one(), one().with_name("two")]),
            "targets one:80 and two of component `c` have the same labels; give each its own",
        ),
        (
            serve("c", vec![one().with_label("__name__", "x")]),
            "target one:80 of component `c` cannot have the label `__name__`; it is the metric's own",
        ),
        (
            serve("c", vec![one().with_label("a", "1").with_label("a", "2")]),
            "cannot have the label `a`; give it once",
        ),
        (serve("c", vec![one().with_label("", "1")]), "cannot have the label ``; give it a name"),
        (
            Target::new("ftp://one").map(drop),
            "target URL `ftp://one` has no scheme that is known; write `http",
        ),
        (Target::new("/metrics").map(drop), "has no scheme"),
        (Target::new("http://a b").map(drop), "is no URL"),
        (Target::new("https://one:2379metrics").map(drop), "has a port that is no number"),
        (Target::new("https://one:65536/metrics").map(drop), "has a port that is no number"),
        (one().with_server_name("a b").map(drop), "`a b` is no valid DNS name"),
        (serve("c", vec![one(), target("http://[::1]:9/metrics").with_label("pod", "2")]), ""),
    ] {
        match result {
            Ok(()) => assert_eq!(expected, ""),
            Err(error) => {
                assert!(error.to_string().contains(expected) && !expected.is_empty(), "{error}");
            }
        }
    }
}

#[tokio::test]
async fn a_bad_change_leaves_what_was_there() {
    let target = Fake::with_text("a 1\n").await;
    let proxy = Proxy::start(endpoint(target.target(), no_rules())).await;
    let bad = ProxyConfig::default().with_endpoint("/", Endpoint::new([], no_rules()));
    assert_eq!(proxy.service.set_config(bad), Err(ConfigError::Component("/".to_owned())));
    let twice = vec![target.target(), target.target()];
    assert!(matches!(proxy.service.set_targets("c", twice), Err(ConfigError::Same { .. })));
    assert_eq!(
        proxy.service.set_rules("d", no_rules()),
        Err(ConfigError::UnknownComponent("d".to_owned()))
    );
    assert_eq!(scrape(&proxy, &[]).await.good(), "a 1\n");
}

/// A target that sends `a 1`, waits for a permit, and sends `b 2`.
async fn halting() -> (Fake, Arc<Semaphore>) {
    let permits = Arc::new(Semaphore::new(0));
    let wait = Arc::clone(&permits);
    let target = Fake::start(move |_| {
        let begin = b"HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\ntransfer-encoding: chunked\r\n\r\n4\r\na 1\n\r\n";
        let end = b"4\r\nb 2\n\r\n0\r\n\r\n";
        vec![Step::Send(begin.to_vec()), Step::Wait(Arc::clone(&wait)), Step::Send(end.to_vec())]
    });
    (target.await, permits)
}

#[tokio::test]
async fn rules_change_for_scrapes_to_come_and_not_for_those_going_on() {
    let (target, permits) = halting().await;
    let proxy = Proxy::start(endpoint(target.target(), no_rules())).await;
    let mut going = Scraper::send(proxy.address, ask("/metrics/c", &[])).await;
    assert_eq!(going.piece().await.unwrap().unwrap(), "a 1\n");
    proxy.service.set_rules("c", dropping("b")).unwrap();
    permits.add_permits(2);
    assert_eq!(going.finish().await.good(), "b 2\n");
    assert_eq!(scrape(&proxy, &[]).await.good(), "a 1\n");
}

#[tokio::test]
async fn the_end_waits_for_scrapes_that_are_going_on_and_for_nothing_else() {
    let (target, permits) = halting().await;
    let mut proxy = Proxy::start(endpoint(target.target(), no_rules())).await;
    let idle = tokio::net::TcpStream::connect(proxy.address).await.unwrap();
    let mut going = Scraper::send(proxy.address, ask("/metrics/c", &[])).await;
    assert_eq!(going.piece().await.unwrap().unwrap(), "a 1\n");
    proxy.shutdown.cancel();
    permits.add_permits(1);
    assert_eq!(going.finish().await.good(), "b 2\n");
    proxy.ended().await;
    assert!(tokio::net::TcpStream::connect(proxy.address).await.is_err(), "still listening");
    drop(idle);
}

type HostBody = UnsyncBoxBody<bytes::Bytes, Box<dyn std::error::Error + Send + Sync>>;

/// A host with a page of its own beside the proxy.
async fn host(
    service: ProxyService,
    request: Request<Incoming>,
) -> Result<Response<HostBody>, Infallible> {
    if request.uri().path() == "/mine" {
        let body = Full::from("mine").map_err(|never| match never {}).boxed_unsync();
        return Ok(Response::new(body));
    }
    let mut request = request;
    if request.headers().contains_key("x-verified") {
        request.extensions_mut().insert(ClientCertificate::new(*b"der"));
    }
    let answer = { service }.call(request).await?;
    Ok(answer.map(|body| body.map_err(Into::into).boxed_unsync()))
}

#[tokio::test]
async fn a_host_mounts_it_in_its_own_server() {
    let target = Fake::with_text("a 1\nb 2\n").await;
    let config = endpoint(target.target(), dropping("b")).with_client_certificate_required(true);
    let service = ProxyService::new(config, ProxyMetrics::default()).unwrap();
    let mut running = JoinSet::new();
    for (path, header, status, text) in [
        ("/mine", "x", 200, "mine"),
        ("/healthz", "x", 200, "ok\n"),
        ("/metrics/c", "x", 401, "client certificate required\n"),
        ("/metrics/c", "x-verified", 200, "a 1\n"),
    ] {
        let (near, far) = tokio::io::duplex(1024);
        let service = service.clone();
        running.spawn(async move {
            let answer = service_fn(|request| host(service.clone(), request));
            // The scraper closes the connection when it has its answer.
            let _ = http1::Builder::new().serve_connection(TokioIo::new(far), answer).await;
        });
        let answer = Scraper::over(near, ask(path, &[(header, "1")])).await.unwrap().finish().await;
        assert_eq!((answer.status.as_u16(), answer.text()), (status, text), "{path}");
    }
}

#[tokio::test]
async fn a_host_opens_connections_its_own_way() {
    let reply =
        b"HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\ncontent-length: 8\r\n\r\na 1\nb 2\n";
    let targets = ["one", "two"].map(|name| {
        Target::new(&format!("http://{name}.invalid/metrics")).unwrap().with_label("pod", name)
    });
    let config = ProxyConfig::default()
        .with_endpoint("c", Endpoint::new(targets, dropping("b")))
        .with_failure_series(FailureSeries::Off)
        .with_dialer(in_memory(reply.as_slice()));
    let mut service = ProxyService::new(config, ProxyMetrics::default()).unwrap();
    let answer = service.call(ask("/metrics/c", &[])).await.unwrap();
    let text = answer.into_body().collect().await.unwrap().to_bytes();
    assert_eq!(text, "a{pod=\"one\"} 1\na{pod=\"two\"} 1\n");
}
