//! Release images: references, registry overrides and mirrors, metadata, and where they are had from.

mod digest;
mod mirrors;
mod overrides;
mod reference;
mod scope;

pub use digest::{Digest, DigestAlgorithm};
pub use mirrors::{
    Candidate, CandidateReason, MirrorError, MirrorKind, MirrorRule, MirrorSet, MirrorSource,
    MirrorSourcePolicy, Mirrors, MirrorsOf,
};
pub use overrides::{OverrideError, RegistryOverrides};
pub use reference::{ImageRef, ImageRefError, ImageRefRule, Sameness, same_image};
pub use scope::RegistryScope;
