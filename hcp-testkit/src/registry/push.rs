//! Pushes to a registry, as little as tests need.

use std::fmt::{self, Write as _};
use std::sync::Arc;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use bytes::Bytes;
use http::header::{AUTHORIZATION, CONTENT_TYPE, LOCATION};
use http::{Method, Response};
use http_body_util::{BodyExt as _, Full};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use sha2::{Digest as _, Sha256};

use super::Registry;
use crate::TestkitError;

/// A client with the registry's own user.
pub(super) struct Pusher {
    client: Client<HttpsConnector<HttpConnector>, Full<Bytes>>,
    base: String,
}

impl Pusher {
    pub(super) fn new(tls: &Arc<rustls::ClientConfig>, host: &str) -> Self {
        let connector = HttpsConnectorBuilder::new()
            .with_tls_config(rustls::ClientConfig::clone(tls))
            .https_only()
            .enable_http1()
            .build();
        let client =
            Client::builder(TokioExecutor::new()).pool_max_idle_per_host(0).build(connector);
        Self { client, base: format!("https://{host}") }
    }

    pub(super) async fn ping(&self) -> Result<(), TestkitError> {
        self.call(Method::GET, "/v2/", "", &[], 200).await.map(drop)
    }

    pub(super) async fn blob(
        &self,
        repository: &str,
        content: &[u8],
    ) -> Result<String, TestkitError> {
        let digest = digest(content);
        let start = format!("/v2/{repository}/blobs/uploads/");
        let started = self.call(Method::POST, &start, "", &[], 202).await?;
        let location = started.headers().get(LOCATION).and_then(|value| value.to_str().ok());
        let location = location.unwrap_or_default().trim_start_matches(&self.base);
        let separator = if location.contains('?') { '&' } else { '?' };
        let put = format!("{location}{separator}digest={digest}");
        self.call(Method::PUT, &put, "application/octet-stream", content, 201).await?;
        Ok(digest)
    }

    pub(super) async fn manifest(
        &self,
        repository: &str,
        reference: &str,
        media_type: &str,
        content: &[u8],
    ) -> Result<String, TestkitError> {
        let path = format!("/v2/{repository}/manifests/{reference}");
        self.call(Method::PUT, &path, media_type, content, 201).await?;
        Ok(digest(content))
    }

    async fn call(
        &self,
        method: Method,
        path: &str,
        media_type: &str,
        content: &[u8],
        expected: u16,
    ) -> Result<Response<Bytes>, TestkitError> {
        let name = format!("{method} {path}");
        let unexpected = |said: String| TestkitError::Unexpected(format!("{name}: {said}"));
        let user = format!("{}:{}", Registry::USER, Registry::PASSWORD);
        let request = http::Request::builder()
            .method(method)
            .uri(format!("{}{path}", self.base))
            .header(AUTHORIZATION, format!("Basic {}", BASE64_STANDARD.encode(user)))
            .header(CONTENT_TYPE, media_type)
            .body(Full::from(content.to_vec()))
            .map_err(|error| unexpected(error.to_string()))?;
        let answer = self.client.request(request).await;
        let answer = answer.map_err(|error| unexpected(format!("{error:?}")))?;
        let (parts, body) = answer.into_parts();
        let body = body.collect().await.map_err(|error| unexpected(error.to_string()))?;
        let body = body.to_bytes();
        if parts.status.as_u16() != expected {
            let said = String::from_utf8_lossy(&body);
            return Err(unexpected(format!("{} {said}", parts.status)));
        }
        Ok(Response::from_parts(parts, body))
    }
}

fn digest(content: &[u8]) -> String {
    let mut digest = "sha256:".to_owned();
    for byte in Sha256::digest(content) {
        let _ = write!(digest, "{byte:02x}");
    }
    digest
}

impl fmt::Debug for Pusher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pusher").field("base", &self.base).finish_non_exhaustive()
    }
}
