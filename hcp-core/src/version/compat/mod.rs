//! Exactly what `HyperShift` does, with its messages: to predict it, and to see where the rules of this crate differ.

mod skew;

pub use skew::validate_version_skew;
