//! The SHA-256 digest a snapshot ends with, and the check of the file against it.

use std::fmt;
use std::io;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::source::{ReadAt, WINDOW};

/// Length of the trailer in bytes.
pub(super) const TRAILER: u64 = 32;
/// A database is whole pages, and every page size is a multiple of this many bytes.
const SECTOR: u64 = 512;

/// A SHA-256 digest; prints, parses and serializes as 64 lowercase hex digits.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct Sha256Digest([u8; 32]);

impl Sha256Digest {
    /// The digest's 32 bytes.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl From<[u8; 32]> for Sha256Digest {
    fn from(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }
}

impl fmt::Display for Sha256Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Sha256Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Sha256Digest({self})")
    }
}

impl From<Sha256Digest> for String {
    fn from(digest: Sha256Digest) -> Self {
        digest.to_string()
    }
}

/// The text is not 64 hex digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a SHA-256 digest is 64 hex digits")]
#[non_exhaustive]
pub struct ParseDigestError;

impl FromStr for Sha256Digest {
    type Err = ParseDigestError;

    fn from_str(text: &str) -> Result<Self, ParseDigestError> {
        let mut bytes = [0; 32];
        // `from_str_radix` alone would take a sign.
        if text.len() != 64 || !text.bytes().all(|digit| digit.is_ascii_hexdigit()) {
            return Err(ParseDigestError);
        }
        for (byte, pair) in bytes.iter_mut().zip(text.as_bytes().chunks(2)) {
            let pair = str::from_utf8(pair).map_err(|_| ParseDigestError)?;
            *byte = u8::from_str_radix(pair, 16).map_err(|_| ParseDigestError)?;
        }
        Ok(Self(bytes))
    }
}

impl TryFrom<String> for Sha256Digest {
    type Error = ParseDigestError;

    fn try_from(text: String) -> Result<Self, ParseDigestError> {
        text.parse()
    }
}

/// Length of the database in a file of `size` bytes, if the size leaves room for a digest after
/// whole sectors.
pub(super) fn content_length(size: u64) -> Option<u64> {
    size.checked_sub(TRAILER).filter(|content| *content > 0 && content % SECTOR == 0)
}

/// The digest at the end of the content, and the digest of the content.
pub(super) fn trailer_and_actual<R: ReadAt + ?Sized>(
    source: &R,
    content: u64,
) -> io::Result<(Sha256Digest, Sha256Digest)> {
    let mut hasher = Sha256::new();
    let mut buffer = vec![0; WINDOW];
    let mut offset = 0;
    while offset < content {
        let length = usize::try_from(content - offset).map_or(WINDOW, |left| left.min(WINDOW));
        let Some(piece) = buffer.get_mut(..length) else {
            break;
        };
        source.read_exact_at(piece, offset)?;
        hasher.update(&*piece);
        offset += length as u64;
    }
    let mut trailer = [0; 32];
    source.read_exact_at(&mut trailer, content)?;
    Ok((Sha256Digest(trailer), Sha256Digest(hasher.finalize().into())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn size_rule_is_etcds() {
        let cases = [
            (0, None),
            (31, None),
            (32, None),
            (544, Some(512)),
            (20_000, Some(19_968)),
            (545, None),
            (512, None),
        ];
        for (size, expected) in cases {
            assert_eq!(content_length(size), expected, "{size}");
        }
    }

    #[test]
    fn digest_prints_parses_and_serializes_as_hex() {
        let digest = Sha256Digest::from([0xab; 32]);
        let text = "ab".repeat(32);
        assert_eq!(digest.to_string(), text);
        assert_eq!(text.parse(), Ok(digest));
        assert_eq!(serde_json::to_string(&digest).unwrap(), format!("\"{text}\""));
        assert_eq!(serde_json::from_str::<Sha256Digest>(&format!("\"{text}\"")).unwrap(), digest);
        for wrong in ["", "ab", &"+a".repeat(32), &"é".repeat(32)] {
            assert_eq!(wrong.parse::<Sha256Digest>(), Err(ParseDigestError), "{wrong}");
        }
    }
}
