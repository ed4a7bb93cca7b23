//! What the benchmarks share: workloads, timing, and one way to report.

mod adversary;
mod discovery;
mod fleet;
mod plot;
mod random;
mod report;
mod timing;
mod workload;

pub use adversary::{label_rules, name_rules};
pub use discovery::{DISCOVERY_RULES, discovered};
pub use fleet::fleet;
pub use plot::{Bar, Chart, Group, escaped};
pub use report::{Better, Figure, Report, Row};
pub use timing::{median, median_of, spread};
pub use workload::{SEED_RULES, Workload, compile};
