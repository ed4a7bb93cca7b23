//! Text expositions: what they mean, and a streaming filter.
//!
//! [`Filter`] applies [`Rules`](crate::relabel::Rules) to a stream of bytes in Prometheus' text format or in `OpenMetrics`; [`samples`]
//! reads a text sample by sample. Both accept exactly what Prometheus accepts.

mod counts;
mod decide;
mod engine;
mod error;
mod escape;
mod family;
mod filter;
mod format;
mod kind;
pub(crate) mod lexer;
mod number;
mod options;
mod rewrite;
mod samples;

pub use counts::Counts;
pub use error::{ErrorKind, ExpositionError};
pub use filter::{Filter, filter};
pub use format::Format;
pub use kind::MetricKind;
pub use options::{FilterOptions, OnMalformed, TargetLabels};
pub use samples::{Sample, Samples, samples};
