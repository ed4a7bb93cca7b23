//! Relabel rules with exactly Prometheus' meaning.

mod action;
mod error;
mod pattern;
mod plan;
mod rule;
mod rules;
mod step;

pub use action::Action;
pub use error::{CompileError, Field};
pub use rule::Rule;
pub use rules::{CompileOptions, Rules, Verdict};
