//! A filtering proxy in front of a target; then scrape it with `curl`.
//!
//! ```text
//! cargo run -p hcp-examples --example filtering_proxy -- RULES.yaml [URL | once]
//! ```
//!
//! Without a URL it serves the `/metrics` that a kube-apiserver once answered, and filters that. With `once` it scrapes itself, prints the
//! counts, and ends; otherwise it serves until Ctrl-C. The exit code is 2 if it cannot.

#![expect(clippy::print_stdout, reason = "an example prints")]

use std::convert::Infallible;
use std::error::Error;
use std::process::ExitCode;

use hcp_metrics::LabelCompat;
use hcp_metrics::proxy::{Endpoint, ProxyConfig, ProxyMetrics, ProxyService, Target, serve};
use hcp_metrics::relabel::{Rule, Rules};
use http_body_util::{BodyExt, Full};
use hyper::body::{Bytes, Incoming};
use hyper::client::conn::http1 as client;
use hyper::server::conn::http1 as server;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use prometheus_client::encoding::text::encode;
use prometheus_client::registry::Registry;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

const PAYLOAD: &[u8] = include_bytes!("../benches/data/kube-apiserver.prom.gz");

#[tokio::main]
async fn main() -> ExitCode {
    let args: Vec<_> = std::env::args().skip(1).collect();
    if let Err(error) = run(&args).await {
        eprintln!("{error}");
        return ExitCode::from(2);
    }
    ExitCode::SUCCESS
}

async fn run(args: &[String]) -> Result<(), Box<dyn Error>> {
    let (rules, what) = match args {
        [rules] => (rules, ""),
        [rules, what] => (rules, what.as_str()),
        _ => return Err("usage: filtering_proxy RULES.yaml [URL | once]".into()),
    };
    let text = std::fs::read_to_string(rules).map_err(|error| format!("{rules}: {error}"))?;
    let rules = Rules::compile(&Rule::list_from_yaml(&text)?)?;
    let (sample, mut tasks) = (TcpListener::bind("127.0.0.1:0").await?, JoinSet::new());
    let own = format!("http://{}/metrics", sample.local_addr()?);
    let target = Target::new(if ["", "once"].contains(&what) { &own } else { what })?;
    tasks.spawn(serve_payload(sample));

    // The rules of this example were written for Prometheus 2, which shows `le` to them as it stands in the text.
    let endpoint = Endpoint::new([target], rules).with_compat(LabelCompat::Raw);
    let config = ProxyConfig::default().with_endpoint("kube-apiserver", endpoint);
    let mut registry = Registry::with_prefix("hcp_metrics_proxy");
    let service = ProxyService::new(config, ProxyMetrics::register(&mut registry))?;
    let (listener, shutdown) = (TcpListener::bind("127.0.0.1:0").await?, CancellationToken::new());
    let address = listener.local_addr()?;
    tasks.spawn(serve(listener, service, None, shutdown.clone()));
    println!("curl --compressed http://{address}/metrics/kube-apiserver");

    if what == "once" {
        let bytes = scrape(TcpStream::connect(address).await?).await?;
        let mut counts = String::new();
        encode(&mut counts, &registry)?;
        println!("{bytes} bytes came through\n\n{counts}");
    } else {
        tokio::signal::ctrl_c().await?;
    }
    shutdown.cancel();
    Ok(())
}

/// Answers every request with the payload, compressed as it is.
async fn serve_payload(listener: TcpListener) {
    let answer = service_fn(async |_: Request<Incoming>| {
        let answer = Response::builder().header("content-type", "text/plain; version=0.0.4");
        let answer = answer.header("content-encoding", "gzip").body(Full::<Bytes>::from(PAYLOAD));
        Ok::<_, Infallible>(answer.unwrap_or_default())
    });
    while let Ok((stream, _)) = listener.accept().await {
        let _ = server::Builder::new().serve_connection(TokioIo::new(stream), answer).await;
    }
}

/// Scrapes the proxy; how many bytes that gives.
async fn scrape(stream: TcpStream) -> Result<usize, Box<dyn Error>> {
    let (mut sender, connection) = client::handshake(TokioIo::new(stream)).await?;
    let request = Request::get("/metrics/kube-apiserver").body(Full::<Bytes>::default())?;
    let answer = async { sender.send_request(request).await?.into_body().collect().await };
    tokio::select! {
        body = answer => Ok(body?.to_bytes().len()),
        broken = connection => Err(format!("the proxy broke off: {broken:?}").into()),
    }
}
