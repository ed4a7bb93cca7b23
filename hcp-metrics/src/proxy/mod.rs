//! A filtering scrape proxy: `/metrics/<component>` answers with what the rules keep of one or many targets.
//!
//! [`ProxyService`] is a [`tower_service::Service`] for a host's own server; [`serve()`] is a server for it. Neither starts anything
//! that outlives its future, and the proxy's own series ([`ProxyMetrics`]) are the host's to expose. Configuration is
//! data, replaced while serving by [`ProxyService::set_config`], [`set_rules`](ProxyService::set_rules) and
//! [`set_targets`](ProxyService::set_targets).
//!
//! # One target
//!
//! Its answer is filtered as it arrives, in bounded memory and no faster than the scraper reads. A failure before the first byte is
//! a 502; a later one, be it of the network, of the text or a limit, breaks the connection off, so that no
//! scraper takes half an exposition for a whole one. (HTTP/1.0 cannot tell the two apart: such scrapers get the whole or a 502.)
//!
//! # Several targets
//!
//! They are scraped at once, each on its own account and filtered into memory ([`Limits::kept_bytes`]), and merged:
//!
//! - A family is one block, where it was seen first: `HELP`, `TYPE` and `UNIT` once, then samples, target by target, each line as
//!   the filter left it. Comments are not carried over. OpenMetrics ends with one `# EOF`.
//! - Where targets type a family differently, the first one's type stands, and so do its help text and unit. No sample is lost: those
//!   with a name that this type does not have go out without a type. Counted as `type_conflicts_total`.
//! - Of two targets that expose the same series, letter by letter, the first one's stands. Counted as `duplicate_series_total`.
//!   Targets have different labels, so this takes `honor_labels` or a rule that removes them.
//! - All targets are asked for the same formats. If some answer with OpenMetrics and some with text, the former are asked again for
//!   text alone, within the same time.
//! - A target that fails is missing, and the answer says so by [`FailureSeries`].
//!
//! # Formats
//!
//! Text 0.0.4 and 1.0.0 and OpenMetrics 0.0.1 and 1.0.0, with their escaping parameter, as far as the scraper's `Accept` has them,
//! in its order; text 0.0.4 for a scraper that asks for none of them. `Content-Type` describes what is sent, which is what the target has
//! chosen.

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
