//! Compression of what goes to a scraper.

use std::io::{self, Write};
use std::mem;

use bytes::Bytes;
use flate2::Compression;
use flate2::write::GzEncoder;

/// Compresses what goes to a scraper, or not.
pub(super) enum Encoder {
    Identity,
    /// What is compressed so far is in its vector until it is taken out.
    Gzip(Box<GzEncoder<Vec<u8>>>),
}

impl Encoder {
    pub(super) fn new(gzip: bool) -> Self {
        if gzip {
            // As fast as it goes: the way is short, and expositions shrink well anyway.
            let level = Compression::fast();
            Self::Gzip(Box::new(GzEncoder::new(Vec::new(), level)))
        } else {
            Self::Identity
        }
    }

    /// Compresses a piece and gives it out with all before it, so that nothing waits for what comes later.
    pub(super) fn encode(&mut self, piece: Bytes) -> io::Result<Bytes> {
        match self {
            Self::Identity => Ok(piece),
            Self::Gzip(encoder) => {
                encoder.write_all(&piece)?;
                encoder.flush()?;
                Ok(mem::take(encoder.get_mut()).into())
            }
        }
    }

    /// What is to be sent behind the last piece.
    pub(super) fn finish(self) -> io::Result<Bytes> {
        match self {
            Self::Identity => Ok(Bytes::new()),
            Self::Gzip(encoder) => encoder.finish().map(Bytes::from),
        }
    }
}
