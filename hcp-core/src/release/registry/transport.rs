//! One request, with its redirects.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, LOCATION, USER_AGENT};
use http::{HeaderMap, HeaderValue, Method, StatusCode, Uri};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioTimer};

use super::body::Body;
use super::error::RegistryError;

const CONNECT_PATIENCE: Duration = Duration::from_secs(20);

/// Sends requests to registries and to where they redirect.
#[derive(Clone, Debug)]
pub(super) struct Transport {
    client: Client<HttpsConnector<HttpConnector>, Full<Bytes>>,
    /// Host and port, in lower case.
    pub(super) plain: BTreeSet<String>,
}

/// What is sent. Without `Debug`: it holds credentials.
#[derive(Clone)]
pub(super) struct Request {
    pub(super) what: &'static str,
    pub(super) uri: Uri,
    pub(super) accept: &'static str,
    pub(super) authorization: Option<HeaderValue>,
    /// A form to post; without one it is a GET.
    pub(super) form: Option<String>,
    pub(super) redirects: usize,
}

/// What came back.
pub(super) struct Answer {
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
    pub(super) body: Body,
    /// Whether the first host answered, without a redirect to another.
    pub(super) at_origin: bool,
}

impl Transport {
    pub(super) fn new(tls: &Arc<rustls::ClientConfig>) -> Self {
        let mut http = HttpConnector::new();
        http.enforce_http(false);
        http.set_connect_timeout(Some(CONNECT_PATIENCE));
        let mut tls = rustls::ClientConfig::clone(tls);
        // The connector sets its own, and panics on others.
        tls.alpn_protocols.clear();
        let https = HttpsConnectorBuilder::new()
            .with_tls_config(tls)
            .https_or_http()
            .enable_http1()
            .wrap_connector(http);
        let client = Client::builder(TokioExecutor::new())
            .pool_idle_timeout(Duration::from_secs(30))
            .pool_timer(TokioTimer::new())
            .build(https);
        Self { client, plain: BTreeSet::new() }
    }

    /// The address of a path on a registry.
    pub(super) fn uri(&self, registry: &str, path: &str) -> Result<Uri, RegistryError> {
        let host = if registry.eq_ignore_ascii_case("docker.io") {
            "registry-1.docker.io"
        } else {
            registry
        };
        let is_plain = self.plain.contains(&registry.to_ascii_lowercase());
        let scheme = if is_plain { "http" } else { "https" };
        format!("{scheme}://{host}{path}")
            .parse()
            .map_err(|_| RegistryError::Redirect { host: host.to_owned() })
    }

    /// Sends, and follows redirects of requests without a form. The authorization goes to the first host alone.
    pub(super) async fn send(&self, mut request: Request) -> Result<Answer, RegistryError> {
        let origin = host(&request.uri);
        let origin_scheme = request.uri.scheme().cloned();
        let mut left = request.redirects;
        loop {
            self.check(&request.uri)?;
            let answered = self.once(&request).await?;
            let at = host(&request.uri);
            if !is_redirect(answered.status()) || request.form.is_some() {
                let (parts, incoming) = answered.into_parts();
                let at_origin = at == origin && request.uri.scheme() == origin_scheme.as_ref();
                let body = Body { host: at, what: request.what, incoming };
                return Ok(Answer {
                    status: parts.status,
                    headers: parts.headers,
                    body,
                    at_origin,
                });
            }
            if left == 0 {
                return Err(RegistryError::Redirects { host: at, limit: request.redirects });
            }
            left -= 1;
            let location = answered.headers().get(LOCATION);
            let next = location
                .and_then(|location| target(&request.uri, location))
                .ok_or_else(|| RegistryError::Redirect { host: at.clone() })?;
            let to = host(&next);
            if request.uri.scheme_str() == Some("https") && next.scheme_str() != Some("https") {
                return Err(RegistryError::Downgrade { from: at, to });
            }
            // Not again on a way back either: what another host made of the path is not ours to authorize.
            if to != origin || next.scheme() != origin_scheme.as_ref() {
                request.authorization = None;
            }
            request.uri = next;
        }
    }

    async fn once(&self, request: &Request) -> Result<http::Response<Incoming>, RegistryError> {
        let mut built = http::Request::builder()
            .uri(request.uri.clone())
            .header(USER_AGENT, concat!("hcp-core/", env!("CARGO_PKG_VERSION")))
            .header(ACCEPT, request.accept);
        if let Some(authorization) = &request.authorization {
            built = built.header(AUTHORIZATION, authorization);
        }
        let body = match &request.form {
            Some(form) => {
                built = built
                    .method(Method::POST)
                    .header(CONTENT_TYPE, "application/x-www-form-urlencoded");
                Full::from(form.clone())
            }
            None => Full::default(),
        };
        let host = host(&request.uri);
        let connect = |source: Box<dyn std::error::Error + Send + Sync>| RegistryError::Connect {
            host: host.clone(),
            source,
        };
        let built = built.body(body).map_err(|error| connect(error.into()))?;
        self.client.request(built).await.map_err(|error| connect(error.into()))
    }

    fn check(&self, uri: &Uri) -> Result<(), RegistryError> {
        let host = host(uri);
        if uri.scheme_str() == Some("https") || self.plain.contains(&host) {
            return Ok(());
        }
        Err(RegistryError::Plain { host })
    }
}

/// Host and port, without a user name.
pub(super) fn host(uri: &Uri) -> String {
    let host = uri.host().unwrap_or_default().to_ascii_lowercase();
    match uri.port_u16() {
        Some(port) => format!("{host}:{port}"),
        None => host,
    }
}

fn is_redirect(status: StatusCode) -> bool {
    matches!(status.as_u16(), 301 | 302 | 303 | 307 | 308)
}

/// Where a `Location` leads: an address, or a path on the same host.
fn target(from: &Uri, location: &HeaderValue) -> Option<Uri> {
    let location = location.to_str().ok()?;
    let scheme = from.scheme_str()?;
    let absolute = if location.starts_with("//") {
        format!("{scheme}:{location}")
    } else if location.starts_with('/') {
        format!("{scheme}://{}{location}", from.authority()?)
    } else {
        location.to_owned()
    };
    let uri: Uri = absolute.parse().ok()?;
    let known = matches!(uri.scheme_str(), Some("http" | "https"));
    let no_user = uri.authority().is_some_and(|authority| !authority.as_str().contains('@'));
    (known && no_user).then_some(uri)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_location_is_an_address_or_a_path() {
        let from: Uri = "https://a.io:5000/v2/x".parse().unwrap();
        for (location, expected) in [
            ("/y?z=1", Some("https://a.io:5000/y?z=1")),
            ("//b.io/y", Some("https://b.io/y")),
            ("http://b.io/y", Some("http://b.io/y")),
            ("y", None),
            ("ftp://b.io/y", None),
            ("https://user:pass@b.io/y", None),
            ("", None),
        ] {
            let found = target(&from, &HeaderValue::from_static(location));
            assert_eq!(found.map(|uri| uri.to_string()).as_deref(), expected, "{location}");
        }
    }
}
