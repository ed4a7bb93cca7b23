//! A [`Monitor`] embedded in a service that has its own registry, listener and shutdown: `/metrics` on hyper.
//!
//! ```text
//! cargo run -p hcp-examples --example monitor -- topology.json CA.crt CLIENT.crt CLIENT.key
//! curl localhost:9379/metrics
//! ```
//!
//! `topology.json` is `{"members":[{"name":"etcd-0","client_url":"https://…:2379","peer_url":"https://…:2380"}, …]}`.
//! Without arguments it starts a cluster of its own, scrapes itself once, prints the series and ends.
#![expect(clippy::print_stdout, reason = "an example prints")]

use std::convert::Infallible;
use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

use hcp_etcd::{Client, ClientOptions, Monitor, MonitorConfig, MonitorMetrics, Tls, Topology};
use hcp_testkit::EtcdCluster;
use http_body_util::Full;
use hyper::body::Bytes;
use hyper::service::service_fn;
use hyper::{Response, server::conn::http1};
use hyper_util::rt::TokioIo;
use prometheus_client::encoding::text::encode;
use prometheus_client::registry::Registry;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio_util::sync::CancellationToken;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let stop = CancellationToken::new();
    if let [topology, ca, cert, key] = arguments.as_slice() {
        let topology: Topology = serde_json::from_str(&std::fs::read_to_string(topology)?)?;
        let client = connect(topology, Tls::from_files(ca, cert, key)?)?;
        let listener = TcpListener::bind("127.0.0.1:9379").await?;
        let interrupted = async {
            tokio::signal::ctrl_c().await?;
            stop.cancel();
            Ok(())
        };
        return tokio::try_join!(watch(client, listener, &stop), interrupted).map(drop);
    }

    let cluster = EtcdCluster::builder().start().await?;
    let files = cluster.client_tls().ok_or("the cluster has TLS")?;
    let tls = Tls::from_files(&files.ca, &files.cert, &files.key)?;
    let client = connect(cluster.topology().clone(), tls)?;
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    let scrape = async {
        let mut stream = TcpStream::connect(address).await?;
        stream.write_all(b"GET /metrics HTTP/1.1\r\nhost: h\r\nconnection: close\r\n\r\n").await?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await?;
        println!("{answer}");
        stop.cancel();
        Ok(())
    };
    tokio::try_join!(watch(client, listener, &stop), scrape).map(drop)
}

fn connect(topology: Topology, tls: Tls) -> Result<Client, Box<dyn Error>> {
    Ok(Client::new(topology, ClientOptions::default().with_tls(tls))?)
}

/// Watches the cluster and serves what it finds, until `stop`.
async fn watch(
    client: Client,
    listener: TcpListener,
    stop: &CancellationToken,
) -> Result<(), Box<dyn Error>> {
    let mut registry = Registry::default();
    let metrics = MonitorMetrics::register(registry.sub_registry_with_prefix("hcp_etcd"));
    let config = MonitorConfig::default().with_interval(Duration::from_secs(2));
    let monitor = Monitor::new(client).with_config(config).with_metrics(metrics);
    let mut reports = monitor.subscribe();

    let serve = async {
        // Nothing to show before the first probe.
        reports.wait_for(Option::is_some).await?;
        let registry = Arc::new(registry);
        loop {
            let (stream, _) = tokio::select! {
                () = stop.cancelled() => return Ok(()),
                accepted = listener.accept() => accepted?,
            };
            let answer = service_fn(|_| std::future::ready(Ok::<_, Infallible>(render(&registry))));
            // One scraper at a time is enough here; a broken connection is the scraper's affair.
            let _ = http1::Builder::new().serve_connection(TokioIo::new(stream), answer).await;
        }
    };
    let watching = async {
        monitor.run(stop.clone()).await;
        Ok::<(), Box<dyn Error>>(())
    };
    tokio::try_join!(watching, serve).map(drop)
}

fn render(registry: &Registry) -> Response<Full<Bytes>> {
    let mut text = String::new();
    let status = if encode(&mut text, registry).is_ok() { 200 } else { 500 };
    let mut response = Response::new(Full::new(Bytes::from(text)));
    *response.status_mut() = hyper::StatusCode::from_u16(status).unwrap_or_default();
    let kind = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    let kind = hyper::header::HeaderValue::from_static(kind);
    response.headers_mut().insert(hyper::header::CONTENT_TYPE, kind);
    response
}
