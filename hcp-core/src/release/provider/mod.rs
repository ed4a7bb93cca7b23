//! Where release images are had from.

#[cfg(feature = "registry")]
mod cached;
mod error;
mod mirrored;

use std::pin::Pin;
use std::sync::Arc;

use super::architecture::Architecture;
use super::digest::Digest;
use super::metadata::{Bootimages, ReleaseMetadata};
use super::pull_secret::PullSecret;
use super::reference::ImageRef;
use crate::version::ReleaseVersion;

#[cfg(feature = "registry")]
pub use cached::Cached;
pub use error::{Attempt, ProviderError};
pub use mirrored::Mirrored;

/// A future of a provider's answer.
pub type ProviderFuture<'a, T> =
    Pin<Box<dyn Future<Output = Result<T, ProviderError>> + Send + 'a>>;

/// Has release images.
///
/// The pull secret comes with each call, since each hosted cluster has its own; no answer and no error shows it.
pub trait ReleaseProvider: Send + Sync {
    /// The digest that the reference has now, which proves that the pull secret may read it. Of a multi-architecture image it is
    /// the digest of the index.
    fn resolve<'a>(
        &'a self,
        image: &'a ImageRef,
        pull_secret: &'a PullSecret,
    ) -> ProviderFuture<'a, Digest>;

    /// The release image.
    fn lookup<'a>(
        &'a self,
        image: &'a ImageRef,
        pull_secret: &'a PullSecret,
    ) -> ProviderFuture<'a, ReleaseImage>;
}

/// A release image. Cheap to clone.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ReleaseImage {
    /// As it was asked for.
    pub reference: ImageRef,
    /// Where it was found, which is elsewhere if a mirror had it.
    pub found_at: ImageRef,
    /// The digest of its manifest, or of its index if it has several architectures.
    pub digest: Digest,
    /// The architectures that it runs on, in order.
    pub architectures: Vec<Architecture>,
    /// Version and components.
    pub metadata: Arc<ReleaseMetadata>,
    /// What machines boot from.
    pub bootimages: Arc<Bootimages>,
}

impl ReleaseImage {
    /// A release image that is found where it is asked for.
    #[must_use]
    pub fn new(
        reference: ImageRef,
        digest: Digest,
        architectures: Vec<Architecture>,
        metadata: ReleaseMetadata,
        bootimages: Bootimages,
    ) -> Self {
        let (metadata, bootimages) = (Arc::new(metadata), Arc::new(bootimages));
        let found_at = reference.clone();
        Self { reference, found_at, digest, architectures, metadata, bootimages }
    }

    /// The version of the release.
    #[must_use]
    pub fn version(&self) -> &ReleaseVersion {
        &self.metadata.version
    }

    /// Whether it runs on several architectures.
    #[must_use]
    pub fn is_multi_architecture(&self) -> bool {
        self.architectures.len() > 1
    }
}

impl<P: ReleaseProvider + ?Sized> ReleaseProvider for Arc<P> {
    fn resolve<'a>(
        &'a self,
        image: &'a ImageRef,
        pull_secret: &'a PullSecret,
    ) -> ProviderFuture<'a, Digest> {
        (**self).resolve(image, pull_secret)
    }

    fn lookup<'a>(
        &'a self,
        image: &'a ImageRef,
        pull_secret: &'a PullSecret,
    ) -> ProviderFuture<'a, ReleaseImage> {
        (**self).lookup(image, pull_secret)
    }
}

#[cfg(test)]
#[cfg(feature = "registry")]
mod tests;
