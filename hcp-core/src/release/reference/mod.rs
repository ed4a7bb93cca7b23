//! Which image: `registry[:port]/repository[:tag][@digest]`.

mod error;
mod parse;
mod same;

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use super::digest::Digest;

pub use error::{ImageRefError, ImageRefRule};
pub(super) use parse::{registry_at, repository_at};
pub use same::{Sameness, same_image};

/// A reference to an image, complete: with its registry, and with a repository that registries accept.
///
/// What was read is written again byte for byte, so that a reference can be compared with what stands in an object.
///
/// Source: the grammar of `distribution/reference`, which container runtimes read. Stricter than that: the registry must be
/// written (nothing becomes `docker.io` by itself, see [`Self::parse_familiar`]), a port is a number from 1 to 65535, and only
/// digests that can be checked are read. Registry and repository together are at most 255 bytes, as in older runtimes.
///
/// ```
/// use hcp_core::release::ImageRef;
///
/// let image: ImageRef = "quay.io/openshift-release-dev/ocp-release:4.15.3-multi".parse()?;
/// assert_eq!(image.registry(), "quay.io");
/// assert_eq!(image.repository(), "openshift-release-dev/ocp-release");
/// assert_eq!(image.tag(), Some("4.15.3-multi"));
///
/// let error = "ocp-release:4.15.3".parse::<ImageRef>().unwrap_err();
/// assert_eq!(
///     error.to_string(),
///     "image reference \"ocp-release:4.15.3\": byte 0: \"ocp-release:4.15.3\" does not begin with a registry; \
///      write the registry, a slash, then the repository, as in quay.io/openshift-release-dev/ocp-release:4.15.3"
/// );
/// # Ok::<(), hcp_core::release::ImageRefError>(())
/// ```
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ImageRef {
    registry: String,
    repository: String,
    tag: Option<String>,
    digest: Option<Digest>,
}

impl ImageRef {
    /// Reads a reference that may leave out what `docker pull` would add: the registry `docker.io`, and its namespace
    /// `library`. No tag is added.
    ///
    /// # Errors
    /// [`ImageRefError`] with the byte, the rule and the remedy.
    pub fn parse_familiar(text: &str) -> Result<Self, ImageRefError> {
        parse::familiar(text)
    }

    /// The registry: host, and port if one is written. An IPv6 address keeps its brackets.
    #[must_use]
    pub fn registry(&self) -> &str {
        &self.registry
    }

    /// The repository within the registry.
    #[must_use]
    pub fn repository(&self) -> &str {
        &self.repository
    }

    /// Registry and repository.
    #[must_use]
    pub fn name(&self) -> String {
        format!("{}/{}", self.registry, self.repository)
    }

    /// The tag, if one is written. Runtimes ignore it where there is a digest.
    #[must_use]
    pub fn tag(&self) -> Option<&str> {
        self.tag.as_deref()
    }

    /// The digest, if one is written.
    #[must_use]
    pub const fn digest(&self) -> Option<&Digest> {
        self.digest.as_ref()
    }

    /// The same image by this digest, and by no tag.
    #[must_use]
    pub fn with_digest(&self, digest: Digest) -> Self {
        Self { digest: Some(digest), tag: None, ..self.clone() }
    }

    /// What a registry is asked for: the digest, or else the tag, or else `latest`.
    #[must_use]
    pub fn selector(&self) -> Cow<'_, str> {
        match (&self.digest, &self.tag) {
            (Some(digest), _) => digest.to_string().into(),
            (None, Some(tag)) => tag.into(),
            (None, None) => "latest".into(),
        }
    }
}

impl FromStr for ImageRef {
    type Err = ImageRefError;

    fn from_str(text: &str) -> Result<Self, ImageRefError> {
        parse::strict(text)
    }
}

impl TryFrom<&str> for ImageRef {
    type Error = ImageRefError;

    fn try_from(text: &str) -> Result<Self, ImageRefError> {
        text.parse()
    }
}

impl fmt::Display for ImageRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.registry, self.repository)?;
        if let Some(tag) = &self.tag {
            write!(f, ":{tag}")?;
        }
        if let Some(digest) = &self.digest {
            write!(f, "@{digest}")?;
        }
        Ok(())
    }
}

impl fmt::Debug for ImageRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ImageRef({self})")
    }
}

text_serde!(ImageRef);
