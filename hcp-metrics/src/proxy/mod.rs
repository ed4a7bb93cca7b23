//! A filtering scrape proxy: `/metrics/<component>` answers with what the rules keep of one or many targets.
//!
//! [`ProxyService`] is a [`tower_service::Service`] that a host mounts in its own server; [`serve()`] is a server for it. Neither
//! starts anything that outlives its future. The proxy's own series ([`ProxyMetrics`]) go into the host's registry. Configuration
//! is data and can be replaced while serving: [`ProxyService::set_config`], [`set_rules`](ProxyService::set_rules),
//! [`set_targets`](ProxyService::set_targets).
//!
//! ```
//! use hcp_metrics::proxy::{Endpoint, ProxyConfig, ProxyMetrics, ProxyService, Target};
//! use hcp_metrics::relabel::Rules;
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let target = Target::new("http://127.0.0.1:2381/metrics")?.with_label("pod", "etcd-0");
//! let config = ProxyConfig::default().with_endpoint("etcd", Endpoint::new([target], Rules::compile(&[])?));
//! let service = ProxyService::new(config, ProxyMetrics::default())?;
//! # drop(service);
//! # Ok(())
//! # }
//! ```
//!
//! # One target
//!
//! Its answer is filtered as it arrives, in bounded memory and no faster than the scraper reads. A failure before the first byte
//! is a 502. A later one, whether of the network, of the text or of a limit, breaks the connection off, so that no scraper takes half an
//! exposition for a whole one. A scraper that speaks HTTP/1.0 could not tell the difference: it gets the whole or a 502.
//!
//! # Several targets
//!
//! They are scraped at the same time, each with its own timeout, filtered into memory ([`Limits::kept_bytes`]) and merged:
//!
//! - A family is one block, at the place where it was first seen: `HELP`, `TYPE` and `UNIT` once, then the samples of each target in
//!   turn, every line as the filter left it. Comments are not carried over. OpenMetrics ends with one `# EOF`.
//! - If targets give a family different types, the first type stands, and likewise the first help text and unit. No sample is lost:
//!   samples whose names the type does not have go out without a type. Counted as `type_conflicts_total`.
//! - If two targets expose the same series, byte for byte, the first target's stands. Counted as `duplicate_series_total`.
//!   Targets have different labels, so this takes `honor_labels` or a rule that removes labels.
//! - All targets are asked for the same formats. If some answer with OpenMetrics and others with text, the former are asked again,
//!   for text alone, within the same time.
//! - A target that fails is left out, and the answer says so by a [`FailureSeries`].
//!
//! # Formats
//!
//! Text 0.0.4 and 1.0.0 and OpenMetrics 0.0.1 and 1.0.0, with their escaping parameter. Targets are asked for those of them that
//! the scraper's `Accept` names, in its order, or for text 0.0.4 if it names none. `Content-Type` describes what is sent, which is
//! what the target has chosen.

mod accept;
mod body;
mod config;
mod dial;
mod encoder;
mod error;
mod going;
mod gunzip;
mod limits;
mod many;
mod merge;
mod metrics;
mod patient;
mod pem;
mod pump;
mod serve;
mod service;
mod tls;
mod upstream;

pub use body::ProxyBody;
pub use config::{ConfigError, Endpoint, FailureSeries, ProxyConfig, Target};
pub use dial::Dialer;
pub use error::{ScrapeError, ScrapeErrorKind};
pub use limits::{Limit, Limits};
pub use metrics::ProxyMetrics;
pub use pem::TlsError;
pub use serve::serve;
pub use service::{ClientCertificate, ProxyService};
pub use tls::{ClientAuth, ServerTls, TargetTls};

/// What scrapers tell their timeout by, in seconds. Source: Prometheus, `scrape/scrape.go`.
const TIMEOUT_HEADER: &str = "x-prometheus-scrape-timeout-seconds";
