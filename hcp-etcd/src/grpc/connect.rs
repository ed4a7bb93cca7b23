//! Opening a connection to one member, step by step, so that each step fails in its own words.

use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use hyper_util::rt::TokioIo;
use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use tokio::net::{TcpStream, lookup_host};
use tokio::time::{Instant, timeout_at};
use tokio_rustls::TlsConnector;
use tonic::transport::Uri;
use tower_service::Service;

use crate::health::{ProbeError, ProbeErrorKind as Kind};
use crate::topology::EtcdUrl;

use super::classify;
use super::wire::{Ended, Hangup, Stream, Wire};

/// Connects to one member; what tonic calls whenever it needs a connection.
#[derive(Clone)]
pub(super) struct Connector {
    pub(super) url: EtcdUrl,
    pub(super) tls: Option<(Arc<ClientConfig>, ServerName<'static>)>,
    pub(super) timeout: Duration,
    pub(super) hangup: Arc<Hangup>,
    pub(super) failed: Arc<Mutex<Option<(Instant, ProbeError)>>>,
}

/// How long a failure stands for the calls that waited for the same connection.
const FAILURE_STANDS: Duration = Duration::from_millis(20);

impl Connector {
    async fn connect(self) -> Result<Wire, ProbeError> {
        // The calls of one probe wait for a connection one after another: each would look up and try anew.
        if let Some(error) = self.failed_just_now() {
            return Err(error);
        }
        match self.open(Instant::now() + self.timeout).await {
            Ok(stream) => Ok(Wire::new(stream, Arc::clone(&self.hangup))),
            Err(error) => {
                self.hangup.note(Some(Ended {
                    silent: error.kind == Kind::ConnectionLost,
                    error: error.clone(),
                }));
                let failed = Some((Instant::now(), error.clone()));
                *self.failed.lock().unwrap_or_else(PoisonError::into_inner) = failed;
                Err(error)
            }
        }
    }

    fn failed_just_now(&self) -> Option<ProbeError> {
        let failed = self.failed.lock().unwrap_or_else(PoisonError::into_inner);
        let (at, error) = failed.as_ref()?;
        (at.elapsed() < FAILURE_STANDS).then(|| error.clone())
    }

    async fn open(&self, deadline: Instant) -> Result<Stream, ProbeError> {
        let tcp = tcp(&self.url, deadline).await?;
        let Some((config, name)) = &self.tls else {
            return Ok(Stream::Plain(tcp));
        };
        let handshake = TlsConnector::from(Arc::clone(config)).connect(name.clone(), tcp);
        let tls = timeout_at(deadline, handshake)
            .await
            .map_err(|_| late("the TLS handshake", &self.url))?
            .map_err(|error| classify::from_io(&error))?;
        if tls.get_ref().1.alpn_protocol() != Some(b"h2") {
            let message = format!("{} does not speak HTTP/2, which gRPC needs", self.url);
            return Err(ProbeError::new(Kind::BadAnswer, message));
        }
        Ok(Stream::Tls(Box::new(tls)))
    }
}

/// Resolves the host and connects to the first of its addresses that answers.
pub(super) async fn tcp(url: &EtcdUrl, deadline: Instant) -> Result<TcpStream, ProbeError> {
    let addresses = timeout_at(deadline, lookup_host((url.host(), url.port())))
        .await
        .map_err(|_| late("the resolver", url))?
        .map_err(|error| ProbeError::new(Kind::UnknownHost, format!("{}: {error}", url.host())))?;
    let mut failed = ProbeError::new(Kind::UnknownHost, format!("{} has no address", url.host()));
    for address in addresses {
        match timeout_at(deadline, TcpStream::connect(address)).await {
            Err(_) => return Err(late("TCP", url)),
            Ok(Err(error)) => {
                failed = classify::from_io(&error);
                failed.message = format!("{address}: {}", failed.message);
            }
            Ok(Ok(tcp)) => {
                // Requests are small and wait for their answers: without this each costs a delayed ACK.
                tcp.set_nodelay(true).map_err(|error| classify::from_io(&error))?;
                return Ok(tcp);
            }
        }
    }
    Err(failed)
}

fn late(what: &str, url: &EtcdUrl) -> ProbeError {
    ProbeError::new(Kind::Timeout, format!("{what} of {url} did not answer"))
}

impl Service<Uri> for Connector {
    type Response = TokioIo<Wire>;
    type Error = ProbeError;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, ProbeError>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), ProbeError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: Uri) -> Self::Future {
        let connecting = self.clone().connect();
        Box::pin(async move { connecting.await.map(TokioIo::new) })
    }
}
