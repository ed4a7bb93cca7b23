//! Release images: references, registry overrides and mirrors, metadata, and where they are had from.

mod digest;
mod reference;

pub use digest::{Digest, DigestAlgorithm};
pub use reference::{ImageRef, ImageRefError, ImageRefRule, Sameness, same_image};
