//! Looks release images up in registries.

use std::fmt;
use std::sync::Arc;

use tokio::sync::Semaphore;
use tokio::time::timeout;
use tracing::Instrument as _;

use super::error::RegistryError;
use super::layer::Found;
use super::limits::RegistryLimits;
use super::manifest::{self, ImageManifest, Manifest, Platform};
use super::session::Session;
use super::transport::Transport;
use crate::release::architecture::Architecture;
use crate::release::digest::Digest;
use crate::release::metadata::{
    BOOTIMAGES, Bootimages, IMAGE_REFERENCES, MetadataError, ReleaseMetadata,
};
use crate::release::provider::{ProviderError, ProviderFuture, ReleaseImage, ReleaseProvider};
use crate::release::pull_secret::PullSecret;
use crate::release::reference::ImageRef;

/// Looks release images up in registries, with the host's TLS configuration.
///
/// Layers are read from the last to the first until both files are found, each layer whole, since only then its digest is known.
/// Every manifest and blob is checked against its digest. Authorization goes to the registry and to the token server that it
/// names, and never along a redirect to another host. Registries are asked by TLS, except those of [`Self::with_plain_http`].
/// Proxies of the environment are not used.
///
/// It must be used within a tokio runtime; connections are tasks of it.
#[derive(Clone)]
pub struct RegistryClient {
    transport: Transport,
    limits: RegistryLimits,
    architecture: Option<Architecture>,
    turns: Arc<Semaphore>,
}

impl RegistryClient {
    /// A client that trusts what this configuration trusts.
    #[must_use]
    pub fn new(tls: &Arc<rustls::ClientConfig>) -> Self {
        let limits = RegistryLimits::default();
        let turns = Arc::new(Semaphore::new(limits.concurrent));
        Self { transport: Transport::new(tls), limits, architecture: None, turns }
    }

    /// The same, with these limits.
    #[must_use]
    pub fn with_limits(mut self, limits: RegistryLimits) -> Self {
        let most = limits.concurrent.clamp(1, Semaphore::MAX_PERMITS);
        self.turns = Arc::new(Semaphore::new(most));
        self.limits = limits;
        self
    }

    /// The same, with plain HTTP for this registry, host and port: for one on loopback. Who listens on the way sees the
    /// credential and can serve another image for a tag.
    #[must_use]
    pub fn with_plain_http(mut self, registry: &str) -> Self {
        self.transport.plain.insert(registry.to_ascii_lowercase());
        self
    }

    /// The same, reading the image of this architecture and failing where an index has none. Without it, amd64 is read or else
    /// the first: all architectures of a release say the same of its version.
    #[must_use]
    pub fn with_architecture(mut self, architecture: Architecture) -> Self {
        self.architecture = Some(architecture);
        self
    }

    /// The digest that the reference has now.
    ///
    /// # Errors
    /// [`RegistryError`]
    pub async fn digest(
        &self,
        image: &ImageRef,
        pull_secret: &PullSecret,
    ) -> Result<Digest, RegistryError> {
        self.in_time(async {
            let mut session = self.session(image, pull_secret);
            let (digest, _) = session.manifest(&image.selector(), image.digest()).await?;
            Ok(digest)
        })
        .await
    }

    /// The release image.
    ///
    /// # Errors
    /// [`RegistryError`]
    pub async fn release(
        &self,
        image: &ImageRef,
        pull_secret: &PullSecret,
    ) -> Result<ReleaseImage, RegistryError> {
        let span = tracing::debug_span!("release_image", image = %image);
        self.in_time(self.read(image, self.session(image, pull_secret))).instrument(span).await
    }

    async fn read(
        &self,
        image: &ImageRef,
        mut session: Session<'_>,
    ) -> Result<ReleaseImage, RegistryError> {
        let (digest, manifest) = session.manifest(&image.selector(), image.digest()).await?;
        let (listed, manifest) = match manifest {
            Manifest::Image(manifest) => (None, manifest),
            Manifest::Index(entries) => {
                let (all, chosen) = manifest::choose(&entries, self.architecture.as_ref())?;
                let selector = chosen.digest.to_string();
                match session.manifest(&selector, Some(&chosen.digest)).await? {
                    (_, Manifest::Image(manifest)) => (Some(all), manifest),
                    (_, Manifest::Index(_)) => {
                        let (what, found) = ("the manifest of an index", chosen.media_type);
                        return Err(RegistryError::Kind { what, found });
                    }
                }
            }
        };
        let architectures = match listed {
            Some(all) => all,
            None => vec![self.single(&mut session, &manifest).await?],
        };
        let [references, bootimages] = self.files(&mut session, &manifest).await?;
        let metadata = ReleaseMetadata::parse(&references)?;
        let bootimages = Bootimages::parse(&bootimages)?;
        Ok(ReleaseImage::new(image.clone(), digest, architectures, metadata, bootimages))
    }

    /// The architecture of an image that is in no index, from its configuration.
    async fn single(
        &self,
        session: &mut Session<'_>,
        manifest: &ImageManifest,
    ) -> Result<Architecture, RegistryError> {
        let what = "the image's configuration";
        let config = session.blob(what, &manifest.config).await?;
        let platform: Platform =
            serde_json::from_slice(&config).map_err(RegistryError::json(what))?;
        let found = Architecture::from(platform.architecture.as_str());
        match &self.architecture {
            Some(wanted) if *wanted != found => Err(RegistryError::NoArchitecture {
                wanted: wanted.to_string(),
                found: vec![format!("{}/{}", platform.os, platform.architecture)],
            }),
            _ => Ok(found),
        }
    }

    /// [`IMAGE_REFERENCES`] and [`BOOTIMAGES`], each of the topmost layer that speaks of it.
    async fn files(
        &self,
        session: &mut Session<'_>,
        manifest: &ImageManifest,
    ) -> Result<[Vec<u8>; 2], RegistryError> {
        let (found, limit) = (manifest.layers.len(), self.limits.layers);
        if found > limit {
            return Err(RegistryError::Layers { found, limit });
        }
        let mut files: [(&'static str, Option<Vec<u8>>); 2] =
            [(IMAGE_REFERENCES, None), (BOOTIMAGES, None)];
        for layer in manifest.layers.iter().rev() {
            let missing: Vec<_> = files
                .iter()
                .filter(|(_, content)| content.is_none())
                .map(|(file, _)| *file)
                .collect();
            if missing.is_empty() {
                break;
            }
            let mut found = session.layer(layer, missing).await?;
            for (file, content) in &mut files {
                match found.remove(*file) {
                    None => {}
                    Some(Found::File(whole)) => *content = Some(whole),
                    Some(Found::Deleted) => return Err(not_a_file(file, "deleted by a layer")),
                    Some(Found::Other(what)) => return Err(not_a_file(file, what)),
                }
            }
        }
        let [(_, references), (_, bootimages)] = files;
        let missing = |file| RegistryError::from(MetadataError::Missing { file });
        Ok([
            references.ok_or_else(|| missing(IMAGE_REFERENCES))?,
            bootimages.ok_or_else(|| missing(BOOTIMAGES))?,
        ])
    }

    fn session<'a>(&'a self, image: &'a ImageRef, pull_secret: &'a PullSecret) -> Session<'a> {
        Session::new(&self.transport, &self.limits, image, pull_secret)
    }

    async fn in_time<T>(
        &self,
        work: impl Future<Output = Result<T, RegistryError>>,
    ) -> Result<T, RegistryError> {
        let after = self.limits.total;
        let in_turn = async {
            // Nobody closes it.
            let _turn = self.turns.acquire().await;
            work.await
        };
        timeout(after, in_turn).await.unwrap_or(Err(RegistryError::TimedOut { after }))
    }
}

const fn not_a_file(file: &'static str, what: &'static str) -> RegistryError {
    RegistryError::Metadata(MetadataError::NotAFile { file, what })
}

impl ReleaseProvider for RegistryClient {
    fn resolve<'a>(
        &'a self,
        image: &'a ImageRef,
        pull_secret: &'a PullSecret,
    ) -> ProviderFuture<'a, Digest> {
        Box::pin(async move { self.digest(image, pull_secret).await.map_err(failed(image)) })
    }

    fn lookup<'a>(
        &'a self,
        image: &'a ImageRef,
        pull_secret: &'a PullSecret,
    ) -> ProviderFuture<'a, ReleaseImage> {
        Box::pin(async move { self.release(image, pull_secret).await.map_err(failed(image)) })
    }
}

fn failed(image: &ImageRef) -> impl FnOnce(RegistryError) -> ProviderError {
    |error| {
        let retryable = error.is_retryable();
        ProviderError::failed(image, error, retryable)
    }
}

impl fmt::Debug for RegistryClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { limits, architecture, transport, .. } = self;
        f.debug_struct("RegistryClient")
            .field("limits", limits)
            .field("architecture", architecture)
            .field("plain_http", &transport.plain)
            .finish_non_exhaustive()
    }
}
