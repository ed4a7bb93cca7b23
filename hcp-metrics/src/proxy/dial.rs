//! How connections to targets are opened.

use std::fmt;
use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::Arc;

use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;

type Opening = Pin<Box<dyn Future<Output = io::Result<Box<dyn Stream>>> + Send>>;

/// How connections to targets are opened: over TCP, unless the host has another way to them, such as a tunnel into another
/// network, a Unix socket, or a stream in memory.
///
/// TLS and HTTP are spoken over whatever it opens. The time it takes counts as the target's.
#[derive(Clone)]
pub struct Dialer(Arc<dyn Fn(String, u16) -> Opening + Send + Sync>);

/// What HTTP can be spoken over.
pub(super) trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}

impl<S: AsyncRead + AsyncWrite + Send + Unpin> Stream for S {}

impl Dialer {
    /// Calls `open` with the host and the port of a target's URL, once per scrape. An IPv6 address comes without brackets.
    ///
    /// An error counts as [`ScrapeErrorKind::Connect`](super::ScrapeErrorKind::Connect).
    #[must_use]
    pub fn new<O, F, S>(open: O) -> Self
    where
        O: Fn(String, u16) -> F + Send + Sync + 'static,
        F: Future<Output = io::Result<S>> + Send + 'static,
        S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
    {
        Self(Arc::new(move |host, port| {
            let opening = open(host, port);
            Box::pin(async move { opening.await.map(|stream| Box::new(stream) as _) })
        }))
    }

    pub(super) async fn dial(&self, host: &str, port: u16) -> io::Result<Box<dyn Stream>> {
        (self.0)(host.to_owned(), port).await
    }
}

impl Default for Dialer {
    /// TCP, with the system's resolver.
    fn default() -> Self {
        Self::new(|host: String, port| async move {
            let stream = TcpStream::connect((host, port)).await?;
            stream.set_nodelay(true)?;
            Ok(stream)
        })
    }
}

impl fmt::Debug for Dialer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Dialer").finish_non_exhaustive()
    }
}
