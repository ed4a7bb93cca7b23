//! Why a text is no image reference.

use std::borrow::Cow;
use std::fmt;

use crate::finding::Rule;
use crate::release::digest::DigestAlgorithm;

/// A text that is no image reference, with the byte at which it fails.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{subject} {text:?}: byte {offset}: {rule}; {remedy}", remedy = rule.remedy())]
#[non_exhaustive]
pub struct ImageRefError {
    /// What the text should be: `image reference`, `registry prefix` or `digest`.
    pub subject: &'static str,
    /// The text; what stands before an `@` that begins no digest is left out, since people paste passwords there.
    pub text: String,
    /// The byte, counted from 0, at which the rule is broken.
    pub offset: usize,
    /// Which rule.
    pub rule: ImageRefRule,
}

/// The rules of image references.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ImageRefRule {
    /// Nothing is written.
    Empty,
    /// It is an address, or names a transport: `https://`, `docker://`.
    Scheme,
    /// The first component is not a registry: it has no dot and no port, and is not `localhost`.
    NoRegistry {
        /// The first component.
        found: String,
    },
    /// There is a registry and nothing behind it.
    NoRepository,
    /// A host that is neither a DNS name nor an IP address.
    Host,
    /// A port that is not a number from 1 to 65535.
    Port,
    /// A component of the repository is empty, or begins or ends with a separator, or has two that do not go together.
    Component,
    /// A character that repositories may not have.
    RepositoryCharacter {
        /// The character.
        found: char,
    },
    /// Registry and repository are too long together.
    TooLong {
        /// Their bytes.
        length: usize,
    },
    /// A tag is empty or begins with a dot or a dash.
    Tag,
    /// A character that tags may not have.
    TagCharacter {
        /// The character.
        found: char,
    },
    /// A tag is longer than 128 bytes.
    TagTooLong {
        /// Its bytes.
        length: usize,
    },
    /// What stands behind the `@` begins with no algorithm whose digests can be checked.
    DigestAlgorithm {
        /// What stands before the colon; empty if there is none.
        found: String,
    },
    /// A digit of a digest is not lower-case hexadecimal.
    DigestDigit,
    /// A digest has too few or too many digits.
    DigestLength {
        /// The algorithm.
        algorithm: DigestAlgorithm,
        /// How many digits it has.
        expected: usize,
        /// How many are written.
        found: usize,
    },
}

impl ImageRefError {
    pub(in crate::release) fn of(
        subject: &'static str,
        text: &str,
        offset: usize,
        rule: ImageRefRule,
    ) -> Self {
        let at = text.rfind('@').filter(|at| !text[at + 1..].starts_with("sha"));
        let shown = at.map_or_else(|| text.to_owned(), |at| format!("...{}", &text[at..]));
        Self { subject, text: shown, offset, rule }
    }
}

impl fmt::Display for ImageRefRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str("nothing is written"),
            Self::Scheme => f.write_str("it begins with a scheme or a transport"),
            Self::NoRegistry { found } => write!(f, "{found:?} does not begin with a registry"),
            Self::NoRepository => f.write_str("there is no repository behind the registry"),
            Self::Host => f.write_str("this is neither a DNS name nor an IP address"),
            Self::Port => f.write_str("the port is not a number from 1 to 65535"),
            Self::Component => f.write_str(
                "a component of the repository is empty, or its separators stand at an end or side by side",
            ),
            Self::RepositoryCharacter { found } => {
                write!(f, "a repository cannot have the character {found:?}")
            }
            Self::TooLong { length } => {
                write!(f, "registry and repository have {length} bytes, 255 are allowed")
            }
            Self::Tag => f.write_str("the tag is empty or begins with a dot or a dash"),
            Self::TagCharacter { found } => {
                write!(f, "a tag cannot have the character {found:?}")
            }
            Self::TagTooLong { length } => {
                write!(f, "the tag has {length} bytes, 128 are allowed")
            }
            Self::DigestAlgorithm { found } if found.is_empty() => {
                f.write_str("what stands behind the @ is no digest")
            }
            Self::DigestAlgorithm { found } => {
                write!(f, "digests of {found:?} are not known here")
            }
            Self::DigestDigit => f.write_str("a digit of the digest is not one of 0-9 and a-f"),
            Self::DigestLength { algorithm, expected, found } => {
                let name = algorithm.name();
                write!(f, "a {name} digest has {expected} digits, here are {found}")
            }
        }
    }
}

impl Rule for ImageRefRule {
    fn id(&self) -> &'static str {
        match self {
            Self::Empty => "image-empty",
            Self::Scheme => "image-scheme",
            Self::NoRegistry { .. } => "image-no-registry",
            Self::NoRepository => "image-no-repository",
            Self::Host => "image-host",
            Self::Port => "image-port",
            Self::Component => "image-repository-component",
            Self::RepositoryCharacter { .. } => "image-repository-character",
            Self::TooLong { .. } => "image-too-long",
            Self::Tag => "image-tag",
            Self::TagCharacter { .. } => "image-tag-character",
            Self::TagTooLong { .. } => "image-tag-too-long",
            Self::DigestAlgorithm { .. } => "image-digest-algorithm",
            Self::DigestDigit => "image-digest-digit",
            Self::DigestLength { .. } => "image-digest-length",
        }
    }

    fn remedy(&self) -> Cow<'static, str> {
        match self {
            Self::Empty | Self::NoRegistry { .. } => {
                "write the registry, a slash, then the repository, as in quay.io/openshift-release-dev/ocp-release:4.15.3"
            }
            Self::Scheme => "leave out everything up to and including ://",
            Self::NoRepository => "add the repository, as in quay.io/openshift-release-dev/ocp-release",
            Self::Host => {
                "write the registry as registry.example.com, 192.0.2.1 or [2001:db8::1], with :port behind it if need be, and no user name"
            }
            Self::Port => "write the port as digits, without a leading zero",
            Self::Component => {
                "write components of a-z and 0-9 with one of . _ __ or dashes between them, and one slash between components"
            }
            Self::RepositoryCharacter { .. } => {
                "use a-z, 0-9, dots, underscores, dashes and slashes; repositories are lower case"
            }
            Self::TooLong { .. } => "use a shorter repository",
            Self::Tag => "begin the tag with a letter, a digit or an underscore, or leave out its colon",
            Self::TagCharacter { .. } => "use letters, digits, dots, underscores and dashes in the tag",
            Self::TagTooLong { .. } => "use a shorter tag",
            Self::DigestAlgorithm { .. } => "write the digest as @sha256: and 64 digits",
            Self::DigestDigit | Self::DigestLength { .. } => {
                "copy the whole digest as the registry or `oc adm release info` shows it"
            }
        }
        .into()
    }
}
