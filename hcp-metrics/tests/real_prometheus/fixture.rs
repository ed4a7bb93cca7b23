//! A process with metrics: fixed answers over HTTP, by path.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use http::header::{ACCEPT, CONTENT_TYPE};
use http::{Request, Response, StatusCode};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;
use tokio::task::JoinSet;

/// What is answered under one path.
#[derive(Clone)]
pub(crate) enum Exposition {
    /// The text format, whoever asks.
    Text(Bytes),
    /// OpenMetrics, and 406 to those who do not want it.
    OpenMetrics(Bytes),
}

type Pages = Arc<Mutex<BTreeMap<String, Exposition>>>;

/// The target of both jobs. It ends when it is dropped.
pub(crate) struct Fixture {
    pub(crate) address: SocketAddr,
    pages: Pages,
    _running: JoinSet<()>,
}

impl Fixture {
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("an address");
        let pages = Pages::default();
        let mut running = JoinSet::new();
        running.spawn(serve(listener, Arc::clone(&pages)));
        Self { address, pages, _running: running }
    }

    /// From the next scrape on.
    pub(crate) fn show(&self, name: &str, exposition: Exposition) {
        self.pages.lock().expect("no panic").insert(format!("/{name}"), exposition);
    }
}

async fn serve(listener: TcpListener, pages: Pages) {
    let mut connections = JoinSet::new();
    while let Ok((stream, _)) = listener.accept().await {
        let pages = Arc::clone(&pages);
        let service = service_fn(move |request| {
            let answer = answer(&pages, &request);
            async { Ok::<_, Infallible>(answer) }
        });
        connections.spawn(async move {
            // A scraper that goes away is seen by its own test.
            let _ = http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
        });
    }
}

fn answer(pages: &Pages, request: &Request<Incoming>) -> Response<Full<Bytes>> {
    let accept = request.headers().get(ACCEPT).and_then(|value| value.to_str().ok());
    let wants_open_metrics = accept.is_some_and(|accept| accept.contains("openmetrics"));
    let page = pages.lock().expect("no panic").get(request.uri().path()).cloned();
    let (content_type, body) = match page {
        Some(Exposition::Text(body)) => ("text/plain; version=0.0.4; charset=utf-8", body),
        Some(Exposition::OpenMetrics(body)) if wants_open_metrics => {
            ("application/openmetrics-text; version=1.0.0; charset=utf-8", body)
        }
        Some(_) => return refusal(StatusCode::NOT_ACCEPTABLE),
        None => return refusal(StatusCode::NOT_FOUND),
    };
    let answer = Response::builder().header(CONTENT_TYPE, content_type).body(Full::new(body));
    answer.expect("a header that is right")
}

fn refusal(status: StatusCode) -> Response<Full<Bytes>> {
    Response::builder().status(status).body(Full::default()).expect("a status")
}
