//! The HTTP service: which request is answered with what.

use std::convert::Infallible;
use std::fmt::{self, Write};
use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::AtomicUsize;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use http::header::{
    ACCEPT, ACCEPT_ENCODING, ALLOW, CONTENT_ENCODING, CONTENT_TYPE, RETRY_AFTER, VARY,
};
use http::request::Parts;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Response, StatusCode, Version};
use tower_service::Service;
use tracing::Instrument;

use crate::relabel::Rules;

use super::TIMEOUT_HEADER;
use super::accept::{Accept, ContentType, allows_gzip};
use super::body::{ProxyBody, Source};
use super::config::{ConfigError, Endpoint, ProxyConfig, Target};
use super::error::ScrapeError;
use super::going::Going;
use super::many::Round;
use super::metrics::ProxyMetrics;
use super::pump::{Ask, Pump};

/// The proxy as a service that a host mounts; clones share everything.
///
/// | request | answer |
/// | --- | --- |
/// | `GET /healthz` | 200 |
/// | `GET /metrics/<component>` | 200 and the exposition; empty where there are no targets |
/// | no client certificate where one is required | 401 |
/// | another path; a timeout header that is no number | 400 |
/// | another method | 405 |
/// | a component that is not configured | 404 |
/// | all targets failed, or the answer is over a limit | 502 |
/// | too many scrapes at once | 503 |
///
/// A host that serves it itself must break the connection off (HTTP/1.1) or reset the stream (HTTP/2) when the body fails, as
/// hyper does, and put a [`ClientCertificate`] into the extensions of requests that came with one.
#[derive(Clone)]
pub struct ProxyService {
    shared: Arc<Shared>,
}

struct Shared {
    config: Mutex<Arc<ProxyConfig>>,
    metrics: ProxyMetrics,
    scrapes: Arc<AtomicUsize>,
}

/// The certificate that TLS has verified of who sent a request: put into the request's extensions.
#[derive(Clone, PartialEq, Eq)]
pub struct ClientCertificate(Vec<u8>);

/// A request for a component's exposition.
struct Scrape<'a> {
    component: &'a str,
    endpoint: &'a Endpoint,
    accept: Accept,
    gzip: bool,
    timeout: Option<Duration>,
    /// Whether an answer can be broken off in a way the scraper notices.
    can_abort: bool,
}

/// A request that is not served.
struct Refusal {
    /// As the metrics call it.
    reason: &'static str,
    status: StatusCode,
    text: String,
    header: Option<(HeaderName, &'static str)>,
}

impl ProxyService {
    /// Serves what `config` says and counts in `metrics`.
    ///
    /// # Errors
    /// [`ConfigError`] with the first thing that cannot be served.
    pub fn new(config: ProxyConfig, metrics: ProxyMetrics) -> Result<Self, ConfigError> {
        config.check()?;
        let (config, scrapes) = (Mutex::new(Arc::new(config)), Arc::default());
        Ok(Self { shared: Arc::new(Shared { config, metrics, scrapes }) })
    }

    /// Replaces the whole configuration. Scrapes that are going on end with the one they began with.
    ///
    /// # Errors
    /// [`ConfigError`] with the first thing that cannot be served; the old configuration stays.
    pub fn set_config(&self, config: ProxyConfig) -> Result<(), ConfigError> {
        config.check()?;
        self.change(|_| Ok(config))
    }

    /// Replaces the rules of one component, for scrapes to come.
    ///
    /// # Errors
    /// [`ConfigError::UnknownComponent`].
    pub fn set_rules(&self, component: &str, rules: Rules) -> Result<(), ConfigError> {
        self.change(|config| config.changed(component, |endpoint| endpoint.set_rules(rules)))
    }

    /// Replaces the targets of one component, for scrapes to come.
    ///
    /// # Errors
    /// [`ConfigError`] with the first target that cannot be served; the old ones stay.
    pub fn set_targets(&self, component: &str, targets: Vec<Target>) -> Result<(), ConfigError> {
        self.change(|config| config.changed(component, |endpoint| endpoint.set_targets(targets)))
    }

    pub(super) fn config(&self) -> Arc<ProxyConfig> {
        Arc::clone(&self.shared.config.lock().unwrap_or_else(PoisonError::into_inner))
    }

    pub(super) fn metrics(&self) -> &ProxyMetrics {
        &self.shared.metrics
    }

    fn change(
        &self,
        change: impl FnOnce(&ProxyConfig) -> Result<ProxyConfig, ConfigError>,
    ) -> Result<(), ConfigError> {
        let mut config = self.shared.config.lock().unwrap_or_else(PoisonError::into_inner);
        let new = change(&config)?;
        for (component, endpoint) in &config.endpoints {
            let left = new.endpoints.get(component).map_or(&[][..], |endpoint| &endpoint.targets);
            for target in &endpoint.targets {
                if left.iter().all(|other| other.name != target.name) {
                    self.shared.metrics.forget(component, &target.name);
                }
            }
        }
        *config = Arc::new(new);
        Ok(())
    }

    async fn answer(self, head: Parts) -> Response<ProxyBody> {
        let config = self.config();
        if head.uri.path() == "/healthz" {
            return self.healthz(&head.method);
        }
        let (metrics, allowed) = (&self.shared.metrics, config.limits.concurrent_scrapes);
        let begun = Scrape::parse(&config, &head).and_then(|scrape| {
            let component = scrape.component;
            let going = Going::start(&self.shared.scrapes, allowed, metrics, component);
            let going = going.ok_or_else(|| Refusal::too_many(allowed))?;
            Ok((scrape, going))
        });
        match begun {
            Ok((scrape, going)) => {
                let span = going.span().clone();
                self.scrape(&config, scrape, going).instrument(span).await
            }
            Err(refusal) => {
                metrics.rejected(refusal.reason);
                refusal.into_answer()
            }
        }
    }

    fn healthz(&self, method: &Method) -> Response<ProxyBody> {
        if method == Method::GET {
            return plain(StatusCode::OK, "ok");
        }
        let refusal = Refusal::method();
        self.shared.metrics.rejected(refusal.reason);
        refusal.into_answer()
    }

    async fn scrape(
        &self,
        config: &ProxyConfig,
        scrape: Scrape<'_>,
        mut going: Going,
    ) -> Response<ProxyBody> {
        let (endpoint, limits, dialer) = (scrape.endpoint, &config.limits, &config.dialer);
        let own = limits.timeout;
        let margin = limits.timeout_margin;
        let timeout = scrape.timeout.map_or(own, |theirs| own.min(shortened(theirs, margin)));
        let (accept, started) = (&scrape.accept, going.started);
        let ask = Ask { endpoint, limits, dialer, accept, started, timeout };
        match endpoint.targets.as_slice() {
            [] => {
                going.succeeded();
                exposition(ContentType::TEXT, false, ProxyBody::full(""))
            }
            [target] if scrape.can_abort => stream(ask, target, scrape.gzip, going).await,
            _ => {
                let (component, metrics) = (scrape.component, &self.shared.metrics);
                let series = config.failure_series;
                let round = Round { ask, component, metrics, series };
                merged(round, scrape.gzip, going).await
            }
        }
    }
}

impl<'a> Scrape<'a> {
    fn parse(config: &'a ProxyConfig, head: &'a Parts) -> Result<Self, Refusal> {
        let has_certificate = head.extensions.get::<ClientCertificate>().is_some();
        if config.client_certificate_required && !has_certificate {
            let text = "client certificate required";
            return Err(Refusal::new("certificate", StatusCode::UNAUTHORIZED, text));
        }
        let component = head.uri.path().strip_prefix("/metrics/").unwrap_or_default();
        let component = component.strip_suffix('/').unwrap_or(component);
        if component.is_empty() || component.contains('/') {
            let text = "invalid path: expected /metrics/<component-name>";
            return Err(Refusal::new("path", StatusCode::BAD_REQUEST, text));
        }
        if head.method != Method::GET {
            return Err(Refusal::method());
        }
        let Some(endpoint) = config.endpoints.get(component) else {
            let text = format!("unknown component: {component}");
            return Err(Refusal::new("component", StatusCode::NOT_FOUND, text));
        };
        let accept_encoding = joined(&head.headers, &ACCEPT_ENCODING);
        Ok(Self {
            component,
            endpoint,
            accept: Accept::parse(&joined(&head.headers, &ACCEPT)),
            gzip: allows_gzip(&accept_encoding),
            timeout: timeout(&head.headers)?,
            can_abort: head.version >= Version::HTTP_11,
        })
    }
}

impl Refusal {
    fn new(reason: &'static str, status: StatusCode, text: impl Into<String>) -> Self {
        Self { reason, status, text: text.into(), header: None }
    }

    fn method() -> Self {
        let text = "method not allowed: use GET";
        let refusal = Self::new("method", StatusCode::METHOD_NOT_ALLOWED, text);
        Self { header: Some((ALLOW, "GET")), ..refusal }
    }

    fn too_many(allowed: usize) -> Self {
        let text = format!(
            "the limit concurrent_scrapes of {allowed} is reached; scrape less often, or raise it"
        );
        let refusal = Self::new("concurrent_scrapes", StatusCode::SERVICE_UNAVAILABLE, text);
        Self { header: Some((RETRY_AFTER, "1")), ..refusal }
    }

    fn into_answer(self) -> Response<ProxyBody> {
        let mut answer = plain(self.status, &self.text);
        if let Some((name, value)) = self.header {
            answer.headers_mut().insert(name, HeaderValue::from_static(value));
        }
        answer
    }
}

/// Passes one target on as it answers; fails as long as nothing is sent.
async fn stream(
    ask: Ask<'_>,
    target: &Target,
    gzip: bool,
    mut going: Going,
) -> Response<ProxyBody> {
    going.stream(target);
    let mut text = Vec::new();
    let begun = async {
        let mut pump = Pump::open(ask, target).await?;
        pump.next(&mut text).await?;
        Ok(pump)
    };
    match begun.await {
        Ok(pump) => {
            let content = pump.content;
            let source = Source::Target(Box::new(pump));
            exposition(content, gzip, ProxyBody::stream(source, Some(text.into()), gzip, going))
        }
        Err(error) => {
            going.target_failed(&error);
            failed(&[(target, error)])
        }
    }
}

async fn merged(round: Round<'_>, gzip: bool, mut going: Going) -> Response<ProxyBody> {
    match round.scrape().await {
        Ok(together) => {
            going.count(&together.counts);
            if together.partial {
                going.partial();
            }
            let source = Source::Merged(Box::new(together.merged.into_chunks()));
            exposition(together.content, gzip, ProxyBody::stream(source, None, gzip, going))
        }
        Err(failures) => {
            going.failed();
            failed(&failures)
        }
    }
}

fn exposition(content: ContentType, gzip: bool, body: ProxyBody) -> Response<ProxyBody> {
    let mut answer = Response::new(body);
    let headers = answer.headers_mut();
    if let Ok(content) = HeaderValue::try_from(content.to_string()) {
        headers.insert(CONTENT_TYPE, content);
    }
    headers.insert(VARY, HeaderValue::from_static("Accept, Accept-Encoding"));
    if gzip {
        headers.insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
    }
    answer
}

fn failed(failures: &[(&Target, ScrapeError)]) -> Response<ProxyBody> {
    let mut text = String::from("all scrape targets failed");
    for (target, error) in failures {
        // Writing to a string cannot fail.
        let _ = write!(text, "\n{}: {error}", target.name);
    }
    plain(StatusCode::BAD_GATEWAY, &text)
}

fn plain(status: StatusCode, text: &str) -> Response<ProxyBody> {
    let mut answer = Response::new(ProxyBody::full(format!("{text}\n")));
    *answer.status_mut() = status;
    let kind = HeaderValue::from_static("text/plain; charset=utf-8");
    answer.headers_mut().insert(CONTENT_TYPE, kind);
    answer
}

/// All values of a header that is a list.
fn joined(headers: &HeaderMap, name: &HeaderName) -> String {
    let values: Vec<_> =
        headers.get_all(name).iter().filter_map(|value| value.to_str().ok()).collect();
    values.join(",")
}

/// The scraper's own timeout.
fn timeout(headers: &HeaderMap) -> Result<Option<Duration>, Refusal> {
    let Some(value) = headers.get(TIMEOUT_HEADER) else {
        return Ok(None);
    };
    let seconds = value.to_str().ok().and_then(|text| text.trim().parse::<f64>().ok());
    match seconds.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok()) {
        Some(timeout) if !timeout.is_zero() => Ok(Some(timeout)),
        _ => {
            let text = format!(
                "invalid {TIMEOUT_HEADER}: send a number of seconds above 0, or leave it out"
            );
            Err(Refusal::new("timeout_header", StatusCode::BAD_REQUEST, text))
        }
    }
}

/// What of the scraper's timeout is ours. Half of one that is hardly longer than the margin.
fn shortened(theirs: Duration, margin: Duration) -> Duration {
    theirs.saturating_sub(margin).max(theirs / 2)
}

impl ClientCertificate {
    /// Of a certificate in DER.
    #[must_use]
    pub fn new(der: impl Into<Vec<u8>>) -> Self {
        Self(der.into())
    }

    /// The certificate in DER.
    #[must_use]
    pub fn der(&self) -> &[u8] {
        &self.0
    }
}

impl<B> Service<Request<B>> for ProxyService {
    type Response = Response<ProxyBody>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Response<ProxyBody>, Infallible>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        let (head, _) = request.into_parts();
        let answer = self.clone().answer(head);
        Box::pin(async move { Ok(answer.await) })
    }
}

impl fmt::Debug for ProxyService {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ProxyService").field("config", &self.config()).finish_non_exhaustive()
    }
}

impl fmt::Debug for ClientCertificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("ClientCertificate").finish()
    }
}
