//! Release images that were had before.

use std::collections::{HashMap, HashSet, VecDeque};
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::OnceCell;

use super::error::ProviderError;
use super::{ProviderFuture, ReleaseImage, ReleaseProvider};
use crate::release::digest::Digest;
use crate::release::pull_secret::PullSecret;
use crate::release::reference::ImageRef;

/// How many answers "this secret may read this image" are remembered, at about 200 bytes.
const MOST_GRANTS: usize = 65_536;

/// Remembers release images by their digest, which never become stale.
///
/// A tag is resolved anew by each lookup. A reference with a digest is resolved once for each pull secret, so that nobody is
/// given an image from memory that their own secret does not give them; a secret that lost its right keeps what it has seen.
/// Lookups of one image at the same time wait for one download, lookups of others go on beside it.
///
/// Source of the contrast: `HyperShift`'s cache is keyed by the text, tags included, knows no pull secret, and holds its lock
/// across the download.
pub struct Cached<P> {
    pub(super) inner: P,
    capacity: usize,
    state: Mutex<State>,
}

type Slot = Arc<OnceCell<ReleaseImage>>;

#[derive(Default)]
pub(super) struct State {
    pub(super) slots: HashMap<Digest, Slot>,
    oldest_first: VecDeque<Digest>,
    granted: HashSet<([u8; 32], String, Digest)>,
}

impl<P> Cached<P> {
    /// Remembers 64 images, some hundred KB each.
    #[must_use]
    pub fn new(inner: P) -> Self {
        Self { inner, capacity: 64, state: Mutex::default() }
    }

    /// The same, with room for so many images, at least one; the one that came first leaves first.
    #[must_use]
    pub fn with_capacity(mut self, images: usize) -> Self {
        self.capacity = images.max(1);
        self
    }

    pub(super) fn state(&self) -> std::sync::MutexGuard<'_, State> {
        // Every change is complete before anything can panic.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn slot(&self, digest: &Digest) -> Slot {
        let mut state = self.state();
        if let Some(slot) = state.slots.get(digest) {
            return slot.clone();
        }
        if state.slots.len() >= self.capacity
            && let Some(oldest) = state.oldest_first.pop_front()
        {
            state.slots.remove(&oldest);
        }
        let slot = Slot::default();
        state.slots.insert(digest.clone(), slot.clone());
        state.oldest_first.push_back(digest.clone());
        slot
    }
}

impl<P: ReleaseProvider> Cached<P> {
    async fn permitted(
        &self,
        image: &ImageRef,
        pull_secret: &PullSecret,
    ) -> Result<Digest, ProviderError> {
        let grant = |digest: &Digest| (pull_secret.fingerprint(), image.name(), digest.clone());
        if let Some(digest) = image.digest()
            && self.state().granted.contains(&grant(digest))
        {
            return Ok(digest.clone());
        }
        let digest = self.inner.resolve(image, pull_secret).await?;
        let mut state = self.state();
        if state.granted.len() >= MOST_GRANTS {
            state.granted.clear();
        }
        state.granted.insert(grant(&digest));
        drop(state);
        Ok(digest)
    }

    /// Looks up by the reference as it is: by its digest, mirrors for tags would not be asked.
    async fn exactly(
        &self,
        image: &ImageRef,
        digest: &Digest,
        pull_secret: &PullSecret,
    ) -> Result<ReleaseImage, ProviderError> {
        let found = self.inner.lookup(image, pull_secret).await?;
        if found.digest == *digest {
            return Ok(found);
        }
        Err(ProviderError::failed(image, "its tag was moved while it was read; try again", true))
    }
}

impl<P: ReleaseProvider> ReleaseProvider for Cached<P> {
    fn resolve<'a>(
        &'a self,
        image: &'a ImageRef,
        pull_secret: &'a PullSecret,
    ) -> ProviderFuture<'a, Digest> {
        Box::pin(self.permitted(image, pull_secret))
    }

    fn lookup<'a>(
        &'a self,
        image: &'a ImageRef,
        pull_secret: &'a PullSecret,
    ) -> ProviderFuture<'a, ReleaseImage> {
        Box::pin(async move {
            let digest = self.permitted(image, pull_secret).await?;
            let slot = self.slot(&digest);
            // If the one that downloads fails or is dropped, the next tries with its own secret.
            let found = slot.get_or_try_init(|| self.exactly(image, &digest, pull_secret)).await?;
            Ok(ReleaseImage { reference: image.clone(), ..found.clone() })
        })
    }
}

impl<P: fmt::Debug> fmt::Debug for Cached<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let images = self.state().slots.len();
        let Self { inner, capacity, .. } = self;
        f.debug_struct("Cached")
            .field("inner", inner)
            .field("capacity", capacity)
            .field("images", &images)
            .finish_non_exhaustive()
    }
}
