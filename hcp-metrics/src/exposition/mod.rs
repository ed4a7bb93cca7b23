//! Text expositions: what they mean, and a streaming filter.
//!
//! [`Filter`] applies [`Rules`](crate::relabel::Rules) to a stream of bytes in Prometheus' text format or in `OpenMetrics`; [`samples`]
//! reads a text sample by sample. Both accept exactly what Prometheus 3 accepts, with these exceptions, all of them errors here:
//!
//! - A NUL that Prometheus takes for the end of the body, or steps over where no text is.
//! - A quoted name that is not UTF-8; Prometheus' parser takes it, its scrape fails later unless a rule drops the series.
//! - A series that has neither a name nor a label; Prometheus drops it without a word. ([`Filter`] only.)

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
mod quick;
mod rewrite;
mod samples;
mod stream;

pub use counts::Counts;
pub use error::{ErrorKind, ExpositionError};
pub use filter::{Filter, filter};
pub use format::Format;
pub use kind::MetricKind;
pub(crate) use number::normalise;
pub use options::{FilterOptions, OnMalformed, TargetLabels};
pub use samples::{Sample, Samples, samples};
pub(crate) use stream::{SampleStream, StreamedSample};
