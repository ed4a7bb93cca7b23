//! What a proxy serves, as data.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use http::Uri;
use rustls::pki_types::ServerName;

use crate::exposition::{Format, OnMalformed};
use crate::relabel::Rules;
use crate::{LabelCompat, NameScheme};

use super::dial::Dialer;
use super::limits::Limits;
use super::tls::TargetTls;

/// What a proxy serves: an [`Endpoint`] per component, under `/metrics/<component>`, and its [`Limits`].
#[derive(Clone, Debug, Default)]
pub struct ProxyConfig {
    pub(super) endpoints: BTreeMap<String, Arc<Endpoint>>,
    pub(super) limits: Limits,
    pub(super) client_certificate_required: bool,
    pub(super) failure_series: FailureSeries,
    pub(super) dialer: Dialer,
}

/// One component: whom to scrape, and what to keep of it.
#[derive(Clone, Debug)]
pub struct Endpoint {
    pub(super) targets: Vec<Target>,
    pub(super) rules: Rules,
    pub(super) honor_labels: bool,
    pub(super) on_malformed: OnMalformed,
    pub(super) compat: LabelCompat,
    pub(super) fallback: Option<Format>,
}

/// One process with metrics.
#[derive(Clone, Debug)]
pub struct Target {
    pub(super) url: Uri,
    pub(super) name: String,
    pub(super) labels: Vec<(String, String)>,
    pub(super) tls: Option<TargetTls>,
    pub(super) server_name: Option<ServerName<'static>>,
    pub(super) timeout: Option<Duration>,
}

/// How the answer for several targets tells a scraper that some of them failed, which `up` cannot.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum FailureSeries {
    /// The counter `hcp_metrics_proxy_scrape_errors_total{component,target}`, counted since the proxy started, for every
    /// target: `rate()` of it is right.
    #[default]
    Cumulative,
    /// As HyperShift's metrics-proxy does: `metrics_aggregator_pod_scrape_errors_total{component,pod} 1` for each target
    /// that failed this time; not a counter in truth, but what existing alerts ask for.
    HyperShift,
    /// Not at all.
    Off,
}

/// Why a configuration was refused. Every message names the place and ends with the remedy.
#[non_exhaustive]
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ConfigError {
    /// A name that cannot be one segment of a path.
    #[error("component `{0}` cannot be part of a path; use letters, digits, `-`, `_` and `.` only")]
    Component(String),
    /// A change of a component that is not there.
    #[error("there is no component `{0}`; replace the whole configuration to add it")]
    UnknownComponent(String),
    /// A URL that cannot be scraped.
    #[error(
        "target URL `{url}` {problem}; write `http://host:port/path` or `https://host:port/path`"
    )]
    Url {
        /// As it was given.
        url: String,
        /// What is wrong with it.
        problem: &'static str,
    },
    /// An `https` URL and no TLS, or TLS and an `http` URL.
    #[error(
        "target {target} of component `{component}` has the scheme {scheme} and TLS is {given}; {remedy}"
    )]
    Tls {
        /// The component.
        component: String,
        /// The target's name.
        target: String,
        /// `http` or `https`.
        scheme: String,
        /// `given` or `not given`.
        given: &'static str,
        /// What to do about it.
        remedy: &'static str,
    },
    /// A server name that no certificate can hold.
    #[error(
        "`{0}` is no valid DNS name or address; give the name that the target's certificate holds"
    )]
    ServerName(String),
    /// A label that no series can have.
    #[error("target {target} of component `{component}` cannot have the label `{label}`; {remedy}")]
    Label {
        /// The component.
        component: String,
        /// The target's name.
        target: String,
        /// The label's name.
        label: String,
        /// What to do about it.
        remedy: &'static str,
    },
    /// Two targets whose series could not be told apart.
    #[error(
        "targets {first} and {second} of component `{component}` have the same {what}; give each its own"
    )]
    Same {
        /// The component.
        component: String,
        /// The first target's name.
        first: String,
        /// The second target's name.
        second: String,
        /// `name` or `labels`.
        what: &'static str,
    },
}

impl ProxyConfig {
    /// Serves `endpoint` under `/metrics/<component>`, instead of what was there.
    #[must_use]
    pub fn with_endpoint(mut self, component: impl Into<String>, endpoint: Endpoint) -> Self {
        self.endpoints.insert(component.into(), Arc::new(endpoint));
        self
    }

    /// Sets the limits.
    #[must_use]
    pub fn with_limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// Answers 401 to scrapes without a client certificate that TLS has verified; `/healthz` stays open.
    #[must_use]
    pub const fn with_client_certificate_required(mut self, required: bool) -> Self {
        self.client_certificate_required = required;
        self
    }

    /// Says how failures of single targets are told in answers for several.
    #[must_use]
    pub const fn with_failure_series(mut self, series: FailureSeries) -> Self {
        self.failure_series = series;
        self
    }

    /// Opens connections to targets with `dialer` instead of over TCP.
    #[must_use]
    pub fn with_dialer(mut self, dialer: Dialer) -> Self {
        self.dialer = dialer;
        self
    }

    pub(super) fn check(&self) -> Result<(), ConfigError> {
        self.endpoints.iter().try_for_each(|(component, endpoint)| {
            let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
            if component.is_empty() || !component.bytes().all(allowed) {
                return Err(ConfigError::Component(component.clone()));
            }
            endpoint.check(component)
        })
    }

    /// The same with another endpoint in the place of `component`'s.
    pub(super) fn changed(
        &self,
        component: &str,
        change: impl FnOnce(&mut Endpoint),
    ) -> Result<Self, ConfigError> {
        let mut config = self.clone();
        let endpoint = config
            .endpoints
            .get_mut(component)
            .ok_or_else(|| ConfigError::UnknownComponent(component.to_owned()))?;
        let endpoint = Arc::make_mut(endpoint);
        change(endpoint);
        endpoint.check(component)?;
        Ok(config)
    }

    /// Every TLS material of targets, each once.
    pub(super) fn target_tls(&self) -> Vec<TargetTls> {
        let mut all: Vec<TargetTls> = Vec::new();
        let targets = self.endpoints.values().flat_map(|endpoint| &endpoint.targets);
        for tls in targets.filter_map(|target| target.tls.as_ref()) {
            if all.iter().all(|known| !known.is_same_as(tls)) {
                all.push(tls.clone());
            }
        }
        all
    }
}

impl Endpoint {
    /// Scrapes `targets` and keeps what `rules` keep. No targets is an empty answer, not an error.
    #[must_use]
    pub fn new(targets: impl IntoIterator<Item = Target>, rules: Rules) -> Self {
        Self {
            targets: targets.into_iter().collect(),
            rules,
            honor_labels: false,
            on_malformed: OnMalformed::default(),
            compat: LabelCompat::default(),
            fallback: None,
        }
    }

    /// Whether a label that a target exposes wins over the target label of that name, as in `honor_labels`. If not, which is
    /// the default, the exposed one is renamed `exported_<name>`. HyperShift's metrics-proxy does as if it were set.
    #[must_use]
    pub const fn with_honor_labels(mut self, honor: bool) -> Self {
        self.honor_labels = honor;
        self
    }

    /// What to do with lines that are no exposition: fail the scrape, which is the default, or skip and count them.
    #[must_use]
    pub const fn with_on_malformed(mut self, on_malformed: OnMalformed) -> Self {
        self.on_malformed = on_malformed;
        self
    }

    /// How the values of `le` and `quantile` look to the rules.
    #[must_use]
    pub const fn with_compat(mut self, compat: LabelCompat) -> Self {
        self.compat = compat;
        self
    }

    /// The format to assume where a target names none that is known, as in `fallback_scrape_protocol`. Without it, which is the
    /// default, that is an error.
    #[must_use]
    pub const fn with_fallback(mut self, format: Format) -> Self {
        self.fallback = Some(format);
        self
    }

    pub(super) fn set_targets(&mut self, targets: Vec<Target>) {
        self.targets = targets;
    }

    pub(super) fn set_rules(&mut self, rules: Rules) {
        self.rules = rules;
    }

    fn check(&self, component: &str) -> Result<(), ConfigError> {
        for (at, target) in self.targets.iter().enumerate() {
            target.check(component)?;
            for other in &self.targets[..at] {
                let what = match () {
                    () if other.name == target.name => "name",
                    () if other.labels == target.labels => "labels",
                    () => continue,
                };
                return Err(ConfigError::Same {
                    component: component.to_owned(),
                    first: other.name.clone(),
                    second: target.name.clone(),
                    what,
                });
            }
        }
        Ok(())
    }
}

impl Target {
    /// The process that answers at `url`, which is `http` or `https`; its name is the URL's `host:port`.
    ///
    /// # Errors
    /// [`ConfigError::Url`].
    pub fn new(url: &str) -> Result<Self, ConfigError> {
        if has_credentials(url) {
            // They would end in logs.
            return Err(ConfigError::Url { url: "…".to_owned(), problem: "holds credentials" });
        }
        let refuse = |problem| ConfigError::Url { url: url.to_owned(), problem };
        let uri: Uri = url.parse().map_err(|_| refuse("is no URL"))?;
        match uri.scheme_str() {
            Some("http" | "https") => {}
            _ => return Err(refuse("has no scheme that is known")),
        }
        let authority = uri.authority().ok_or_else(|| refuse("has no host"))?;
        if authority.port_u16().is_none() && authority.as_str() != authority.host() {
            // It would be scraped at the scheme's own port.
            return Err(refuse("has a port that is no number up to 65535"));
        }
        Ok(Self {
            name: authority.to_string(),
            url: uri,
            labels: Vec::new(),
            tls: None,
            server_name: None,
            timeout: None,
        })
    }

    /// Under which name errors and metrics speak of it.
    #[must_use]
    pub fn with_name(mut self, name: impl Into<String>) -> Self {
        self.name = name.into();
        self
    }

    /// A label that each of its series gets, such as `pod`, `job` and `instance`. Of several targets of one component, no
    /// two may have the same labels.
    #[must_use]
    pub fn with_label(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.labels.push((name.into(), value.into()));
        self.labels.sort();
        self
    }

    /// Uses TLS.
    #[must_use]
    pub fn with_tls(mut self, tls: TargetTls) -> Self {
        self.tls = Some(tls);
        self
    }

    /// The name its certificate must hold, where that is not the URL's host.
    ///
    /// # Errors
    /// [`ConfigError::ServerName`].
    pub fn with_server_name(mut self, name: &str) -> Result<Self, ConfigError> {
        let valid = ServerName::try_from(name.to_owned());
        self.server_name = Some(valid.map_err(|_| ConfigError::ServerName(name.to_owned()))?);
        Ok(self)
    }

    /// How long it may take, where that is less than [`Limits::timeout`].
    #[must_use]
    pub const fn with_timeout(mut self, timeout: Duration) -> Self {
        self.timeout = Some(timeout);
        self
    }

    pub(super) fn is_https(&self) -> bool {
        self.url.scheme_str() == Some("https")
    }

    /// The host without the brackets of an IPv6 address.
    pub(super) fn host(&self) -> &str {
        self.url.host().unwrap_or_default().trim_matches(['[', ']'])
    }

    pub(super) fn port(&self) -> u16 {
        self.url.port_u16().unwrap_or_else(|| if self.is_https() { 443 } else { 80 })
    }

    fn check(&self, component: &str) -> Result<(), ConfigError> {
        let tls = |given, remedy| ConfigError::Tls {
            component: component.to_owned(),
            target: self.name.clone(),
            scheme: self.url.scheme_str().unwrap_or_default().to_owned(),
            given,
            remedy,
        };
        match (self.is_https(), &self.tls) {
            (true, None) => {
                return Err(tls("not given", "give the CA, or write the URL with http"));
            }
            (false, Some(_)) => return Err(tls("given", "write the URL with https")),
            _ => {}
        }
        if self.is_https() && self.server_name.is_none() {
            let host = self.host().to_owned();
            ServerName::try_from(host.clone()).map_err(|_| ConfigError::ServerName(host))?;
        }
        self.labels.iter().enumerate().try_for_each(|(at, (label, _))| {
            let remedy = match () {
                () if label == "__name__" => "it is the metric's own",
                () if !NameScheme::Utf8.allows_label(label) => "give it a name",
                () if self.labels[..at].iter().any(|(other, _)| other == label) => "give it once",
                () => return Ok(()),
            };
            let (component, target) = (component.to_owned(), self.name.clone());
            Err(ConfigError::Label { component, target, label: label.clone(), remedy })
        })
    }
}

/// Whether a user stands in front of the host, also where the rest is no URL.
fn has_credentials(url: &str) -> bool {
    let behind_scheme = url.split_once("://").map_or(url, |(_, rest)| rest);
    behind_scheme.split(['/', '?', '#']).next().is_some_and(|authority| authority.contains('@'))
}
