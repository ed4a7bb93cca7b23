//! Release images from mirrors first.

use super::error::{Attempt, ProviderError};
use super::{ProviderFuture, ReleaseImage, ReleaseProvider};
use crate::release::digest::Digest;
use crate::release::mirrors::Mirrors;
use crate::release::pull_secret::PullSecret;
use crate::release::reference::ImageRef;

/// Asks the mirrors of an image in order, then its source, until one has it.
///
/// Any failure of a place makes it ask the next, as container runtimes do. If all fail, the error says which failed how.
#[derive(Clone, Debug)]
pub struct Mirrored<P> {
    inner: P,
    mirrors: Mirrors,
}

impl<P> Mirrored<P> {
    /// Asks `inner` by way of the mirrors.
    #[must_use]
    pub const fn new(inner: P, mirrors: Mirrors) -> Self {
        Self { inner, mirrors }
    }
}

impl<P: ReleaseProvider> Mirrored<P> {
    async fn first<'a, T>(
        &'a self,
        image: &'a ImageRef,
        ask: impl AsyncAsk<T>,
    ) -> Result<(ImageRef, T), ProviderError> {
        let mut attempts = Vec::new();
        for candidate in self.mirrors.candidates(image) {
            let error = match candidate.image {
                Err(error) => ProviderError::Unusable(error),
                Ok(at) => match ask.ask(&at).await {
                    Ok(answer) => return Ok((at, answer)),
                    Err(error) => error,
                },
            };
            attempts.push(Attempt { reason: candidate.reason, error });
        }
        let image = Box::new(image.clone());
        Err(match attempts.len() {
            0 => ProviderError::NobodyToAsk { image },
            _ => ProviderError::Everywhere { image, attempts },
        })
    }
}

/// A closure over a borrowed reference that returns a boxed future.
trait AsyncAsk<T>: Send + Sync {
    fn ask<'a>(&'a self, at: &'a ImageRef) -> ProviderFuture<'a, T>;
}

struct Resolve<'a, P>(&'a P, &'a PullSecret);
struct Lookup<'a, P>(&'a P, &'a PullSecret);

impl<P: ReleaseProvider> AsyncAsk<Digest> for Resolve<'_, P> {
    fn ask<'a>(&'a self, at: &'a ImageRef) -> ProviderFuture<'a, Digest> {
        self.0.resolve(at, self.1)
    }
}

impl<P: ReleaseProvider> AsyncAsk<ReleaseImage> for Lookup<'_, P> {
    fn ask<'a>(&'a self, at: &'a ImageRef) -> ProviderFuture<'a, ReleaseImage> {
        self.0.lookup(at, self.1)
    }
}

impl<P: ReleaseProvider> ReleaseProvider for Mirrored<P> {
    fn resolve<'a>(
        &'a self,
        image: &'a ImageRef,
        pull_secret: &'a PullSecret,
    ) -> ProviderFuture<'a, Digest> {
        Box::pin(async move {
            let (_, digest) = self.first(image, Resolve(&self.inner, pull_secret)).await?;
            Ok(digest)
        })
    }

    fn lookup<'a>(
        &'a self,
        image: &'a ImageRef,
        pull_secret: &'a PullSecret,
    ) -> ProviderFuture<'a, ReleaseImage> {
        Box::pin(async move {
            let (at, found) = self.first(image, Lookup(&self.inner, pull_secret)).await?;
            Ok(ReleaseImage { reference: image.clone(), found_at: at, ..found })
        })
    }
}
