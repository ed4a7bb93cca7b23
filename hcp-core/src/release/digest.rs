//! What names an image by its content.

use std::fmt;
use std::str::FromStr;

use sha2::Digest as _;

use super::reference::{ImageRefError, ImageRefRule};

/// A digest as registries write it: `sha256:` and 64 digits of lower-case hexadecimal.
///
/// Source: OCI image specification, "Digests"; only the two registered algorithms are read, since the content under another
/// could not be checked.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Digest {
    algorithm: DigestAlgorithm,
    hex: String,
}

/// How a digest was computed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum DigestAlgorithm {
    /// SHA-256.
    Sha256,
    /// SHA-512.
    Sha512,
}

impl DigestAlgorithm {
    /// As it stands before the colon.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Sha256 => "sha256",
            Self::Sha512 => "sha512",
        }
    }

    const fn hex_digits(self) -> usize {
        match self {
            Self::Sha256 => 64,
            Self::Sha512 => 128,
        }
    }
}

impl Digest {
    /// The SHA-256 digest of these bytes.
    #[must_use]
    pub fn sha256(content: &[u8]) -> Self {
        Self::from_bytes(DigestAlgorithm::Sha256, &sha2::Sha256::digest(content))
    }

    pub(crate) fn from_bytes(algorithm: DigestAlgorithm, bytes: &[u8]) -> Self {
        let digit = |nibble: u8| char::from(b"0123456789abcdef"[usize::from(nibble & 15)]);
        let hex = bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(*byte)]).collect();
        Self { algorithm, hex }
    }

    /// Whether these bytes have this digest.
    #[must_use]
    pub fn is_of(&self, content: &[u8]) -> bool {
        match self.algorithm {
            DigestAlgorithm::Sha256 => *self == Self::sha256(content),
            DigestAlgorithm::Sha512 => {
                *self == Self::from_bytes(self.algorithm, &sha2::Sha512::digest(content))
            }
        }
    }

    /// How it was computed.
    #[must_use]
    pub const fn algorithm(&self) -> DigestAlgorithm {
        self.algorithm
    }

    /// The digits behind the colon.
    #[must_use]
    pub fn hex(&self) -> &str {
        &self.hex
    }

    /// Reads a digest that begins at `offset` of a longer text; the error is told without the text.
    pub(super) fn parse_at(text: &str, offset: usize) -> Result<Self, (usize, ImageRefRule)> {
        let Some((name, hex)) = text.split_once(':') else {
            return Err((offset, ImageRefRule::DigestAlgorithm { found: String::new() }));
        };
        let algorithm = match name {
            "sha256" => DigestAlgorithm::Sha256,
            "sha512" => DigestAlgorithm::Sha512,
            other => {
                return Err((offset, ImageRefRule::DigestAlgorithm { found: other.to_owned() }));
            }
        };
        let start = offset + name.len() + 1;
        let digit = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
        if let Some(at) = hex.bytes().position(|byte| !digit(byte)) {
            return Err((start + at, ImageRefRule::DigestDigit));
        }
        if hex.len() != algorithm.hex_digits() {
            let (expected, found) = (algorithm.hex_digits(), hex.len());
            return Err((start, ImageRefRule::DigestLength { algorithm, expected, found }));
        }
        Ok(Self { algorithm, hex: hex.to_owned() })
    }
}

impl FromStr for Digest {
    type Err = ImageRefError;

    fn from_str(text: &str) -> Result<Self, ImageRefError> {
        Self::parse_at(text, 0)
            .map_err(|(offset, rule)| ImageRefError::of("digest", text, offset, rule))
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.algorithm.name(), self.hex)
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Digest({self})")
    }
}

text_serde!(Digest);

#[cfg(test)]
mod tests {
    use super::*;

    const OF_NOTHING: &str =
        "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

    #[test]
    fn content_is_known_by_its_digest() {
        let digest = Digest::sha256(b"");
        assert_eq!(digest.to_string(), OF_NOTHING);
        assert_eq!(OF_NOTHING.parse::<Digest>().unwrap(), digest);
        assert!(digest.is_of(b"") && !digest.is_of(b"x"));
        let long = Digest::from_bytes(DigestAlgorithm::Sha512, &sha2::Sha512::digest(b"x"));
        assert!(long.is_of(b"x") && !long.is_of(b""));
        assert_eq!(long.to_string().parse::<Digest>().unwrap(), long);
    }

    #[test]
    fn what_could_not_be_checked_is_refused() {
        let upper = OF_NOTHING.to_uppercase().replace("SHA256", "sha256");
        for (text, offset) in
            [("md5:d41d8cd98f00b204e9800998ecf8427e", 0), ("sha256:abc", 7), (&*upper, 7), ("", 0)]
        {
            assert_eq!(text.parse::<Digest>().unwrap_err().offset, offset, "{text}");
        }
    }
}
