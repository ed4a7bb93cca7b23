//! A listener for the service: connections, TLS, and an end that waits for scrapes in flight.

use std::future::Future;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use http::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;
use tokio_util::either::Either;
use tokio_util::sync::CancellationToken;
use tower_service::Service;

use super::limits::Limits;
use super::patient::Patient;
use super::pem::TlsError;
use super::service::{ClientCertificate, ProxyService};
use super::tls::{ServerTls, TargetTls};

/// How long nothing is accepted after accepting failed, which is for want of file descriptors or memory.
const PAUSE: Duration = Duration::from_millis(100);

/// Serves until `shutdown`; then nothing new is accepted, and the future ends when the scrapes in flight have.
///
/// It speaks HTTP/1.1. Dropping the future breaks everything off. Nothing is left running behind it.
pub async fn serve(
    listener: TcpListener,
    service: ProxyService,
    tls: Option<ServerTls>,
    shutdown: CancellationToken,
) {
    let mut connections = JoinSet::new();
    loop {
        let limit = service.config().limits.connections.max(1);
        tokio::select! {
            () = shutdown.cancelled() => break,
            _ = connections.join_next(), if !connections.is_empty() => {}
            accepted = listener.accept(), if connections.len() < limit => match accepted {
                Ok((stream, peer)) => {
                    let connection =
                        connection(stream, peer, service.clone(), tls.clone(), shutdown.clone());
                    connections.spawn(connection);
                }
                Err(error) => {
                    tracing::warn!(%error, "cannot accept connections");
                    sleep(PAUSE).await;
                }
            },
        }
    }
    drop(listener);
    while connections.join_next().await.is_some() {}
}

async fn connection(
    stream: TcpStream,
    peer: SocketAddr,
    service: ProxyService,
    tls: Option<ServerTls>,
    shutdown: CancellationToken,
) {
    let limits = service.config().limits.clone();
    let opened = async {
        stream.set_nodelay(true)?;
        match tls {
            None => Ok(Either::Left(stream)),
            Some(tls) => TlsAcceptor::from(tls.config()).accept(stream).await.map(Either::Right),
        }
    };
    let opened = tokio::select! {
        opened = timeout(limits.request_timeout, opened) => opened,
        () = shutdown.cancelled() => return,
    };
    let stream = match opened.unwrap_or_else(|late| Err(late.into())) {
        Ok(stream) => stream,
        Err(error) => {
            tracing::debug!(%peer, %error, "connection refused");
            return;
        }
    };
    if let Err(error) = requests(stream, service, &limits, &shutdown).await {
        tracing::debug!(%peer, %error, "connection broken off");
    }
}

async fn requests(
    stream: Either<TcpStream, TlsStream<TcpStream>>,
    service: ProxyService,
    limits: &Limits,
    shutdown: &CancellationToken,
) -> hyper::Result<()> {
    let certificate = match &stream {
        Either::Right(tls) => {
            let certificates = tls.get_ref().1.peer_certificates();
            certificates.and_then(<[_]>::first).map(|one| ClientCertificate::new(one.as_ref()))
        }
        Either::Left(_) => None,
    };
    let certificate = certificate.map(Arc::new);
    let answer = service_fn(move |mut request: Request<Incoming>| {
        if let Some(certificate) = &certificate {
            request.extensions_mut().insert(ClientCertificate::clone(certificate));
        }
        let answer: <ProxyService as Service<Request<Incoming>>>::Future =
            service.clone().call(request);
        answer
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(limits.request_timeout)
        .max_header_size(limits.header_bytes)
        .serve_connection(TokioIo::new(Patient::new(stream, limits.write_timeout)), answer);
    let mut connection = pin!(connection);
    tokio::select! {
        ended = connection.as_mut() => ended,
        () = shutdown.cancelled() => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    }
}

impl ProxyService {
    /// Reads the certificates of all targets again, and those of `server`. What cannot be used does not replace what was read
    /// before; it is counted, logged and given back.
    pub fn reload_certificates(&self, server: Option<&ServerTls>) -> Vec<TlsError> {
        let targets = self.config().target_tls();
        let results = targets.iter().map(TargetTls::reload);
        let mut errors = Vec::new();
        for result in results.chain(server.map(ServerTls::reload)) {
            match result {
                Ok(false) => {}
                Ok(true) => {
                    self.metrics().reloaded("changed");
                    tracing::info!("changed certificates are in use");
                }
                Err(error) => {
                    self.metrics().reloaded("failed");
                    tracing::warn!(%error, "certificates cannot be read again; those read before stay in use");
                    errors.push(error);
                }
            }
        }
        errors
    }

    /// [`Self::reload_certificates`] every `period`, until `shutdown`. The files are small and are read in place.
    pub fn keep_certificates(
        &self,
        period: Duration,
        server: Option<ServerTls>,
        shutdown: CancellationToken,
    ) -> impl Future<Output = ()> + Send + use<> {
        let service = self.clone();
        async move {
            while shutdown.run_until_cancelled(sleep(period)).await.is_some() {
                service.reload_certificates(server.as_ref());
            }
        }
    }
}
