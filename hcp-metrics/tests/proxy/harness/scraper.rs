//! A scraper: one connection, one request.

use std::net::SocketAddr;
use std::sync::Arc;

use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::{HeaderMap, Request, StatusCode, Version};
use http_body_util::{BodyExt, Empty};
use hyper::body::Incoming;
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio_rustls::TlsConnector;

/// What came back.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
    /// Whether the body was whole.
    pub(crate) whole: bool,
}

/// An answer on its way.
pub(crate) struct Scraper {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    body: Incoming,
    _connection: JoinSet<()>,
}

/// A GET request for `path` with those headers.
pub(crate) fn ask(path: &str, headers: &[(&str, &str)]) -> Request<Empty<Bytes>> {
    let mut request = Request::get(path).header("host", "proxy");
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    request.body(Empty::new()).expect("a request")
}

/// Scrapes the component `c`.
pub(crate) async fn scrape(proxy: &super::Proxy, headers: &[(&str, &str)]) -> Answer {
    Scraper::send(proxy.address, ask("/metrics/c", headers)).await.finish().await
}

impl Scraper {
    pub(crate) async fn send(address: SocketAddr, request: Request<Empty<Bytes>>) -> Self {
        Self::try_send(address, request).await.expect("an answer")
    }

    /// `None` if the connection is broken off before an answer.
    pub(crate) async fn try_send(
        address: SocketAddr,
        request: Request<Empty<Bytes>>,
    ) -> Option<Self> {
        let stream = TcpStream::connect(address).await.expect("a listener");
        Self::over(stream, request).await
    }

    /// `None` if the connection is refused, in the handshake or right behind it.
    pub(crate) async fn send_tls(
        address: SocketAddr,
        config: ClientConfig,
        request: Request<Empty<Bytes>>,
    ) -> Option<Self> {
        let stream = TcpStream::connect(address).await.expect("a listener");
        let name = ServerName::try_from("localhost").expect("a name");
        let stream = TlsConnector::from(Arc::new(config)).connect(name, stream).await.ok()?;
        Self::over(stream, request).await
    }

    pub(crate) async fn over(
        stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
        request: Request<Empty<Bytes>>,
    ) -> Option<Self> {
        let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await.ok()?;
        let mut running = JoinSet::new();
        running.spawn(async move {
            // What breaks is seen in the body.
            let _ = connection.await;
        });
        let (head, body) = sender.send_request(request).await.ok()?.into_parts();
        let (status, headers) = (head.status, head.headers);
        Some(Self { status, headers, body, _connection: running })
    }

    /// The next piece; `None` at the end.
    pub(crate) async fn piece(&mut self) -> Option<Result<Bytes, hyper::Error>> {
        let frame = self.body.frame().await?;
        Some(frame.map(|frame| frame.into_data().unwrap_or_default()))
    }

    pub(crate) async fn finish(mut self) -> Answer {
        let (mut body, mut whole) = (Vec::new(), true);
        while let Some(piece) = self.piece().await {
            let Ok(data) = piece else {
                whole = false;
                break;
            };
            body.extend(data);
        }
        Answer { status: self.status, headers: self.headers, body, whole }
    }
}

impl Answer {
    pub(crate) fn text(&self) -> &str {
        std::str::from_utf8(&self.body).expect("UTF-8")
    }

    pub(crate) fn header(&self, name: impl http::header::AsHeaderName) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().expect("text"))
    }

    /// The text of a scrape that must have gone well.
    pub(crate) fn good(&self) -> &str {
        assert_eq!(self.status, StatusCode::OK, "{self:?}");
        assert!(self.whole, "broken off: {self:?}");
        assert!(!self.header(CONTENT_TYPE).is_empty(), "without a type: {self:?}");
        self.text()
    }

    /// The text of a scrape that must have been refused.
    pub(crate) fn bad(&self) -> &str {
        assert_eq!(self.status, StatusCode::BAD_GATEWAY, "{self:?}");
        self.text()
    }
}

/// The request as HTTP/1.0, which cannot tell a broken answer from a whole one.
pub(crate) fn as_http10(mut request: Request<Empty<Bytes>>) -> Request<Empty<Bytes>> {
    *request.version_mut() = Version::HTTP_10;
    request
}
