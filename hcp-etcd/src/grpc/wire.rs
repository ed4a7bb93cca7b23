//! A connection that remembers how it ended.
//!
//! With TLS 1.3 a server refuses a client certificate only after the client counts the handshake as done, and the
//! HTTP/2 layer above keeps nothing of such an error but a word. So the stream notes it where it still is exact.

use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio_rustls::client::TlsStream;

use crate::health::{ProbeError, ProbeErrorKind};

use super::classify;

/// How the latest connection to a member ended; nothing while it talks.
#[derive(Debug, Default)]
pub(super) struct Hangup(Mutex<Option<Ended>>);

/// The end of a connection.
#[derive(Debug, Clone)]
pub(super) struct Ended {
    /// Why.
    pub(super) error: ProbeError,
    /// Whether the server had not said a thing before.
    pub(super) silent: bool,
}

/// TCP, or TLS over it.
pub(super) enum Stream {
    Plain(TcpStream),
    Tls(Box<TlsStream<TcpStream>>),
}

/// A [`Stream`] that notes its end in a [`Hangup`].
pub(super) struct Wire {
    stream: Stream,
    hangup: Arc<Hangup>,
    heard: bool,
}

impl Hangup {
    pub(super) fn last(&self) -> Option<Ended> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(super) fn note(&self, ended: Option<Ended>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = ended;
    }
}

impl Wire {
    pub(super) const fn new(stream: Stream, hangup: Arc<Hangup>) -> Self {
        Self { stream, hangup, heard: false }
    }

    fn note(&self, error: ProbeError) {
        self.hangup.note(Some(Ended { error, silent: !self.heard }));
    }

    /// A write fails when the server has hung up; its reason, if it gave one, is still to be read. The failure is
    /// held back until that is done, which a broken connection always allows at once.
    fn hold_back<T>(
        &mut self,
        cx: &mut Context<'_>,
        written: Poll<io::Result<T>>,
    ) -> Poll<io::Result<T>> {
        let Poll::Ready(Err(failed)) = written else {
            return written;
        };
        let mut space = [0; 1024];
        loop {
            let mut buffer = ReadBuf::new(&mut space);
            match ready!(self.stream.poll_read(cx, &mut buffer)) {
                Ok(()) if !buffer.filled().is_empty() => self.heard = true,
                Ok(()) => self.note(classify::from_io(&failed)),
                Err(reason) => self.note(classify::from_io(&reason)),
            }
            if buffer.filled().is_empty() {
                return Poll::Ready(Err(failed));
            }
        }
    }
}

impl Stream {
    fn poll_read(&mut self, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        match self {
            Self::Plain(tcp) => Pin::new(tcp).poll_read(cx, buf),
            Self::Tls(tls) => Pin::new(tls).poll_read(cx, buf),
        }
    }
}

impl AsyncRead for Wire {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buf.filled().len();
        let polled = self.stream.poll_read(cx, buf);
        match &polled {
            Poll::Pending => {}
            Poll::Ready(Ok(())) if buf.filled().len() > before => {
                if !self.heard {
                    self.heard = true;
                    self.hangup.note(None);
                }
            }
            Poll::Ready(Ok(())) => {
                let words = if self.heard {
                    "the server closed the connection"
                } else {
                    "the server closed the connection without a word; is this its client port?"
                };
                self.note(ProbeError::new(ProbeErrorKind::ConnectionLost, words));
            }
            Poll::Ready(Err(error)) => self.note(classify::from_io(error)),
        }
        polled
    }
}

impl AsyncWrite for Wire {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        let written = match &mut self.stream {
            Stream::Plain(tcp) => Pin::new(tcp).poll_write(cx, buf),
            Stream::Tls(tls) => Pin::new(tls).poll_write(cx, buf),
        };
        self.hold_back(cx, written)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let written = match &mut self.stream {
            Stream::Plain(tcp) => Pin::new(tcp).poll_flush(cx),
            Stream::Tls(tls) => Pin::new(tls).poll_flush(cx),
        };
        self.hold_back(cx, written)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut self.stream {
            Stream::Plain(tcp) => Pin::new(tcp).poll_shutdown(cx),
            Stream::Tls(tls) => Pin::new(tls).poll_shutdown(cx),
        }
    }
}
