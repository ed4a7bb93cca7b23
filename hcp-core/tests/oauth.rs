//! The corpus of OAuth configurations, and properties of the validator.
#![cfg(feature = "yaml")]

#[path = "oauth/corpus.rs"]
mod corpus;
#[path = "oauth/properties.rs"]
mod properties;
