//! What the benchmarks share: workloads, timing, and one way to report.

mod fleet;
mod report;
mod timing;

pub use fleet::fleet;
pub use report::{Report, Row};
pub use timing::{median, median_of};
