//! Relabel rules with exactly Prometheus' meaning.

mod action;
mod applier;
mod error;
mod explain;
mod file;
mod letter_case;
mod matcher;
mod pattern;
mod plan;
mod recall;
mod rule;
mod rules;
mod shape;
mod step;
mod template;
mod validate;
mod wire;

pub use action::{Action, UnknownAction};
pub use applier::Applier;
pub use error::{CompileError, Field};
pub use explain::{Change, Explained, Explanation, LookedAt};
pub use file::RuleFileError;
pub(crate) use file::key;
pub(crate) use pattern::Pattern;
pub(crate) use plan::{End, PlanId};
pub use rule::Rule;
pub use rules::{CompileOptions, Rules, Verdict};
pub(crate) use rules::{Memory, Program};
pub(crate) use step::{Scratch, Step};
pub use wire::{NotExpressible, RelabelConfig, Spelling};
