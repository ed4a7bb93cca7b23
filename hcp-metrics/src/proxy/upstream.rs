//! One request to one target, step by step, so that each step fails in its own words.

use std::future::Future;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use http::header::{ACCEPT, ACCEPT_ENCODING, HOST, TRANSFER_ENCODING, USER_AGENT};
use http::{HeaderMap, HeaderValue, Request, Response};
use http_body::{Body, Frame};
use http_body_util::Empty;
use hyper::body::Incoming;
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use rustls::pki_types::ServerName;
use tokio_rustls::TlsConnector;

use super::accept::Accept;
use super::config::Target;
use super::dial::{Dialer, Stream};
use super::error::ScrapeError;

type Connection = http1::Connection<TokioIo<Box<dyn Stream>>, Empty<Bytes>>;

/// A target's answer: its body, and the connection that it comes over, which nobody else drives.
pub(super) struct Upstream {
    connection: Option<Pin<Box<Connection>>>,
    body: Incoming,
}

/// Sends the request; the answer's head, and its body to come.
///
/// Each scrape has its own connection: targets see no more than one per scraper, and changed certificates count at once.
pub(super) async fn get(
    dialer: &Dialer,
    target: &Target,
    accept: &Accept,
    timeout: Duration,
    header_bytes: usize,
) -> Result<Response<Upstream>, ScrapeError> {
    let stream = connect(dialer, target).await?;
    let handshake =
        http1::Builder::new().max_header_size(header_bytes).handshake(TokioIo::new(stream));
    let (mut sender, connection) = handshake.await.map_err(ScrapeError::Transport)?;
    let request = request(target, accept, timeout)?;
    let mut connection = Some(Box::pin(connection));
    let mut answer = std::pin::pin!(sender.send_request(request));
    let answer = std::future::poll_fn(|cx| {
        drive(&mut connection, cx);
        answer.as_mut().poll(cx)
    });
    let (head, body) = answer.await.map_err(ScrapeError::Transport)?.into_parts();
    Ok(Response::from_parts(head, Upstream { connection, body }))
}

impl Upstream {
    /// Whether nothing but the end of the connection marks the end of the body.
    pub(super) fn is_open_ended(&self, headers: &HeaderMap) -> bool {
        self.body.size_hint().exact().is_none() && !headers.contains_key(TRANSFER_ENCODING)
    }

    /// The next data; `None` at the end of a whole body.
    pub(super) async fn data(&mut self) -> Result<Option<Bytes>, ScrapeError> {
        std::future::poll_fn(|cx| {
            loop {
                drive(&mut self.connection, cx);
                match ready!(Pin::new(&mut self.body).poll_frame(cx)) {
                    None => return Poll::Ready(Ok(None)),
                    Some(Err(error)) => return Poll::Ready(Err(ScrapeError::Transport(error))),
                    Some(Ok(frame)) => {
                        if let Ok(data) = Frame::into_data(frame) {
                            return Poll::Ready(Ok(Some(data)));
                        }
                    }
                }
            }
        })
        .await
    }
}

/// Its failure reaches the body, which tells it.
fn drive(connection: &mut Option<Pin<Box<Connection>>>, cx: &mut Context<'_>) {
    if let Some(running) = connection
        && running.as_mut().poll(cx).is_ready()
    {
        *connection = None;
    }
}

async fn connect(dialer: &Dialer, target: &Target) -> Result<Box<dyn Stream>, ScrapeError> {
    let opened = dialer.dial(target.host(), target.port()).await;
    let stream = opened.map_err(ScrapeError::Connect)?;
    let Some(tls) = &target.tls else {
        return Ok(stream);
    };
    let name = match &target.server_name {
        Some(name) => name.clone(),
        None => ServerName::try_from(target.host().to_owned())
            .map_err(|error| ScrapeError::Tls(io::Error::other(error)))?,
    };
    let handshake = TlsConnector::from(tls.config()).connect(name, stream);
    Ok(Box::new(handshake.await.map_err(ScrapeError::Tls)?))
}

fn request(
    target: &Target,
    accept: &Accept,
    timeout: Duration,
) -> Result<Request<Empty<Bytes>>, ScrapeError> {
    let path = target.url.path_and_query().map_or("/", http::uri::PathAndQuery::as_str);
    let host = target.url.authority().map_or("", http::uri::Authority::as_str);
    Request::get(path)
        .header(HOST, host)
        .header(
            USER_AGENT,
            HeaderValue::from_static(concat!("hcp-metrics/", env!("CARGO_PKG_VERSION"))),
        )
        .header(ACCEPT, accept.to_string())
        .header(ACCEPT_ENCODING, HeaderValue::from_static("gzip"))
        .header(super::TIMEOUT_HEADER, format!("{:.3}", timeout.as_secs_f64()))
        .body(Empty::new())
        .map_err(|error| ScrapeError::Connect(io::Error::other(error)))
}
