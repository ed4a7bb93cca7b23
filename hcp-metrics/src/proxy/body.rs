//! The bodies of answers.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use futures_util::stream;
use http_body::{Body, Frame, SizeHint};
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt, Full, StreamBody};
use tracing::Instrument;

use super::encoder::Encoder;
use super::error::ScrapeError;
use super::going::Going;
use super::pump::Pump;

/// The body of an answer. An error of a target in the middle is an error of the body, so that the server breaks the
/// connection off: what was sent never passes for a whole exposition.
pub struct ProxyBody(UnsyncBoxBody<Bytes, ScrapeError>);

/// Where the pieces of an exposition come from.
pub(super) enum Source {
    /// A target, as it sends them; the vector is filled and taken.
    Target(Box<Pump>),
    /// Memory.
    Merged(Box<dyn Iterator<Item = Bytes> + Send>),
}

/// An exposition on its way to a scraper.
struct Streaming {
    source: Source,
    /// A piece that is taken already.
    first: Option<Bytes>,
    /// `None` once the last piece was sent.
    encoder: Option<Encoder>,
    going: Going,
}

impl ProxyBody {
    pub(super) fn full(text: impl Into<Bytes>) -> Self {
        Self(Full::new(text.into()).map_err(|never| match never {}).boxed_unsync())
    }

    /// Sends `first`, then what comes from `source`.
    pub(super) fn stream(source: Source, first: Option<Bytes>, gzip: bool, going: Going) -> Self {
        let encoder = Some(Encoder::new(gzip));
        let streaming = Streaming { source, first, encoder, going };
        let pieces = stream::try_unfold(streaming, async |mut streaming| {
            let span = streaming.going.span().clone();
            let piece = streaming.next().instrument(span).await?;
            Ok(piece.map(|piece| (Frame::data(piece), streaming)))
        });
        Self(StreamBody::new(pieces).boxed_unsync())
    }
}

impl Streaming {
    /// The next bytes to send; `None` at the end.
    async fn next(&mut self) -> Result<Option<Bytes>, ScrapeError> {
        loop {
            let Some(encoder) = &mut self.encoder else {
                return Ok(None);
            };
            let piece = match self.first.take() {
                Some(first) => Some(first),
                None => match self.source.next().await {
                    Ok(piece) => piece,
                    Err(error) => {
                        self.settle();
                        self.going.target_failed(&error);
                        return Err(error);
                    }
                },
            };
            let bytes = if let Some(piece) = piece {
                encoder.encode(piece)
            } else {
                self.settle();
                self.going.succeeded();
                self.encoder.take().map_or_else(|| Ok(Bytes::new()), Encoder::finish)
            };
            let bytes = bytes.map_err(ScrapeError::Gzip)?;
            if !bytes.is_empty() {
                self.going.sent(bytes.len());
                return Ok(Some(bytes));
            }
        }
    }

    fn settle(&mut self) {
        if let Source::Target(pump) = &self.source {
            self.going.count(pump.counts());
        }
    }
}

impl Source {
    async fn next(&mut self) -> Result<Option<Bytes>, ScrapeError> {
        match self {
            Self::Merged(chunks) => Ok(chunks.next()),
            Self::Target(pump) => {
                let mut text = Vec::new();
                let more = pump.next(&mut text).await?;
                Ok((more || !text.is_empty()).then(|| text.into()))
            }
        }
    }
}

impl Body for ProxyBody {
    type Data = Bytes;
    type Error = ScrapeError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, ScrapeError>>> {
        Pin::new(&mut self.0).poll_frame(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.0.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.0.size_hint()
    }
}

impl fmt::Debug for ProxyBody {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ProxyBody").finish_non_exhaustive()
    }
}
