//! Prometheus relabelling, exposition filtering, and metric sets for hosted control planes.
//!
//! Data flows one way: a [`Rule`](relabel::Rule) says what an operator wrote, [`Rules`](relabel::Rules) is what it means,
//! proved at compile time, and an [`exposition::Filter`] applies it to a stream of bytes.
//! [`lint`] says what is wrong with rules that Prometheus takes without a word.
//!
//! ```
//! use hcp_metrics::exposition::{FilterOptions, filter};
//! use hcp_metrics::relabel::{Rule, Rules};
//!
//! # #[cfg(feature = "yaml")] {
//! let rules = Rule::list_from_yaml("[{action: drop, source_labels: [__name__], regex: go_.*}]")?;
//! let rules = Rules::compile(&rules)?;
//! let payload = b"# TYPE go_threads gauge\ngo_threads 9\n# TYPE up gauge\nup 1\n";
//!
//! let (kept, counts) = filter(&rules, &FilterOptions::default(), payload)?;
//! assert_eq!(kept, b"# TYPE up gauge\nup 1\n");
//! assert_eq!(counts.dropped_by_rule, [1]);
//! # }
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Four ways in
//!
//! 1. Labels you have: [`relabel::Rules::apply`], [`keep`](relabel::Rules::keep) and [`explain`](relabel::Rules::explain).
//! 2. Bytes you have: [`exposition::filter`] for a whole payload, [`exposition::Filter`] for one in chunks,
//!    [`exposition::samples`] to look at samples.
//! 3. A hosted control plane: [`sets`] give rules, [`monitors`] and [`dashboards`] the objects, [`lint`] the findings.
//! 4. A target to scrape: `proxy::ProxyService` in a server of your own, `proxy::serve` without one.
//!
//! # Features
//!
//! | feature | default | adds |
//! | --- | --- | --- |
//! | `yaml` | yes | rules and metric sets read from YAML, monitors written as YAML; JSON needs no feature |
//! | `proxy` | no | `proxy`: a `tower` service and a server for it, with tokio, hyper, rustls |
//!
//! Without `proxy` all is pure: there is no I/O and no clock, nor tokio, hyper or rustls in the tree. With it, the host still owns the process: no crypto
//! provider, subscriber or signal handler is installed, and no task is left behind.

mod cluster;
pub mod dashboards;
pub mod exposition;
mod label;
pub mod lint;
pub mod monitors;
#[cfg(feature = "proxy")]
pub mod proxy;
pub mod relabel;
pub mod sets;

pub use cluster::{ClusterError, HostedClusterRef};
pub use label::{LabelCompat, Labels, LabelsView, NameScheme};
