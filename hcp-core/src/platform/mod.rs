//! Platforms: where the machines of a hosted cluster are.

mod kind;

pub use kind::{NetworkType, PlatformType};
