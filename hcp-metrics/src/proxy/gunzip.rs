//! Decompression that can be fed as data arrive, and gives a bounded piece at a time.

use std::fmt;
use std::io::{self, BufRead, Read};

use bytes::{Buf, Bytes};
use flate2::bufread::MultiGzDecoder;

/// How much comes out at once.
const PIECE: usize = 32 << 10;

/// A decompressor; data go in by [`feed`](Self::feed) and come out by [`piece`](Self::piece).
pub(super) struct Gunzip {
    decoder: MultiGzDecoder<Feed>,
    piece: Box<[u8]>,
}

/// What has arrived and is not yet decompressed. Without data it says "not yet" until it has ended.
#[derive(Default)]
struct Feed {
    arrived: Bytes,
    ended: bool,
}

/// What [`Gunzip::piece`] found.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Piece<'a> {
    /// So much for now.
    Data(&'a [u8]),
    /// Nothing until there is more to decompress.
    Starved,
    /// Nothing any more: the data were whole and their checksum is right.
    End,
}

impl Gunzip {
    pub(super) fn new() -> Self {
        let decoder = MultiGzDecoder::new(Feed::default());
        Self { decoder, piece: vec![0; PIECE].into_boxed_slice() }
    }

    /// Gives it what has arrived; all that came before must have been taken out.
    pub(super) fn feed(&mut self, arrived: Bytes) {
        self.decoder.get_mut().arrived = arrived;
    }

    /// Tells it that no more will arrive.
    pub(super) fn end(&mut self) {
        self.decoder.get_mut().ended = true;
    }

    /// Decompresses the next piece.
    pub(super) fn piece(&mut self) -> io::Result<Piece<'_>> {
        match self.decoder.read(&mut self.piece) {
            Ok(0) => Ok(Piece::End),
            Ok(length) => Ok(Piece::Data(&self.piece[..length])),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => Ok(Piece::Starved),
            Err(error) => Err(error),
        }
    }
}

impl Read for Feed {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let length = self.fill_buf()?.read(into)?;
        self.consume(length);
        Ok(length)
    }
}

impl BufRead for Feed {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.arrived.is_empty() && !self.ended {
            return Err(io::ErrorKind::WouldBlock.into());
        }
        Ok(&self.arrived)
    }

    fn consume(&mut self, length: usize) {
        self.arrived.advance(length);
    }
}

impl fmt::Debug for Gunzip {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Gunzip").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use flate2::Compression;
    use flate2::write::GzEncoder;

    use super::*;

    fn compress(text: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(text).unwrap();
        encoder.finish().unwrap()
    }

    /// Decompresses what arrives in steps of `step` bytes; the text, and how long the longest piece was.
    fn decompress(data: &[u8], step: usize) -> io::Result<(Vec<u8>, usize)> {
        let (mut gunzip, mut text, mut longest) = (Gunzip::new(), Vec::new(), 0);
        let mut steps = data.chunks(step);
        loop {
            match gunzip.piece()? {
                Piece::Data(piece) => {
                    longest = longest.max(piece.len());
                    text.extend_from_slice(piece);
                }
                Piece::Starved => match steps.next() {
                    Some(arrived) => gunzip.feed(Bytes::copy_from_slice(arrived)),
                    None => gunzip.end(),
                },
                Piece::End => return Ok((text, longest)),
            }
        }
    }

    #[test]
    fn it_does_not_matter_how_data_arrive() {
        let text: Vec<u8> =
            (0..200_000_u64).flat_map(|i| (i * i).to_string().into_bytes()).collect();
        let mut twice = compress(&text);
        twice.extend(compress(b"and more"));
        for step in [1, 7, 4096, usize::MAX / 2] {
            let (found, longest) = decompress(&twice, step).unwrap();
            assert_eq!(found.len(), text.len() + 8);
            assert!(found.starts_with(&text) && found.ends_with(b"and more"));
            assert!(longest <= PIECE);
        }
    }

    #[test]
    fn what_is_cut_off_or_broken_is_an_error() {
        let whole = compress(b"some text that is long enough to be compressed at all");
        for length in 0..whole.len() {
            assert!(decompress(&whole[..length], 5).is_err(), "{length} bytes");
        }
        for at in whole.len() - 8..whole.len() {
            let mut broken = whole.clone();
            broken[at] ^= 1;
            assert!(decompress(&broken, 5).is_err(), "byte {at}");
        }
    }
}
