//! Release images: references, registry overrides and mirrors, metadata, and where they are had from.

mod architecture;
mod digest;
mod metadata;
mod mirrors;
mod overrides;
mod provider;
mod pull_secret;
mod reference;
#[cfg(feature = "registry")]
pub mod registry;
mod scope;

pub use architecture::Architecture;
pub use digest::{Digest, DigestAlgorithm};
pub use metadata::{
    BOOTIMAGES, Bootimages, ComponentVersion, CoreosStream, IMAGE_REFERENCES, MetadataError,
    ReleaseMetadata,
};
pub use mirrors::{
    Candidate, CandidateReason, MirrorError, MirrorKind, MirrorRule, MirrorSet, MirrorSource,
    MirrorSourcePolicy, Mirrors, MirrorsOf,
};
pub use overrides::{OverrideError, RegistryOverrides};
#[cfg(feature = "registry")]
pub use provider::Cached;
pub use provider::{
    Attempt, Mirrored, ProviderError, ProviderFuture, ReleaseImage, ReleaseProvider,
};
pub use pull_secret::{Credential, PullSecret, PullSecretError};
pub use reference::{ImageRef, ImageRefError, ImageRefRule, Sameness, same_image};
pub use scope::RegistryScope;
