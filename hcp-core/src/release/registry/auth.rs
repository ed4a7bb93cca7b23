//! What a registry wants before it answers, and how that is had.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use http::header::WWW_AUTHENTICATE;
use http::{HeaderMap, HeaderValue, Uri};
use serde::Deserialize;

use super::error::RegistryError;
use super::transport::{Request, Transport};
use crate::release::pull_secret::Credential;
use crate::release::reference::ImageRef;

/// The largest answer of a token server.
const TOKEN_BYTES: u64 = 1 << 20;

/// What a registry wants.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Challenge {
    /// User name and password.
    Basic,
    /// A token of the server at `realm`.
    Bearer { realm: String, service: Option<String> },
}

#[derive(Deserialize)]
struct Token {
    token: Option<String>,
    access_token: Option<String>,
}

impl Challenge {
    /// Of several the one for tokens, since a registry that offers both prefers it.
    pub(super) fn read(host: &str, headers: &HeaderMap) -> Result<Self, RegistryError> {
        let broken = |why| RegistryError::Challenge { host: host.to_owned(), why };
        let mut basic = false;
        for header in headers.get_all(WWW_AUTHENTICATE) {
            let text = header.to_str().map_err(|_| broken("its challenge is no text"))?;
            let text = text.trim();
            let (scheme, rest) = text.split_once(' ').unwrap_or((text, ""));
            if scheme.eq_ignore_ascii_case("basic") {
                basic = true;
            } else if scheme.eq_ignore_ascii_case("bearer") {
                let parameters = parameters(rest);
                let get = |name: &str| {
                    let found = parameters.iter().find(|(key, _)| key.eq_ignore_ascii_case(name));
                    found.map(|(_, value)| value.clone())
                };
                let realm = get("realm").ok_or_else(|| broken("it names no token server"))?;
                return Ok(Self::Bearer { realm, service: get("service") });
            }
        }
        if basic { Ok(Self::Basic) } else { Err(broken("it is neither Basic nor Bearer")) }
    }
}

/// `key="value",key=value`.
fn parameters(text: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut rest = text;
    while let Some((key, behind)) = rest.split_once('=') {
        let key = key.trim_matches([' ', ',', '\t']).to_owned();
        let value;
        if let Some(quoted) = behind.strip_prefix('"') {
            let Some((inner, after)) = quoted.split_once('"') else { break };
            (value, rest) = (inner.to_owned(), after);
        } else {
            let end = behind.find(',').unwrap_or(behind.len());
            (value, rest) = (behind[..end].trim().to_owned(), &behind[end..]);
        }
        found.push((key, value));
    }
    found
}

/// The `Authorization` that meets the challenge.
pub(super) async fn authorize(
    transport: &Transport,
    host: &str,
    challenge: Challenge,
    image: &ImageRef,
    credential: Option<&Credential>,
) -> Result<HeaderValue, RegistryError> {
    match (challenge, credential) {
        (_, Some(Credential::RegistryToken(token))) => bearer(host, token),
        (Challenge::Basic, Some(Credential::Basic { username, password })) => {
            basic(host, username, password)
        }
        (Challenge::Basic, Some(Credential::IdentityToken(_))) => Err(RegistryError::Challenge {
            host: host.to_owned(),
            why: "it wants a password and the pull secret has an identity token",
        }),
        (Challenge::Basic, None) => Err(RegistryError::NoCredential { host: host.to_owned() }),
        (Challenge::Bearer { realm, service }, credential) => {
            token(transport, host, image, &realm, service.as_deref(), credential).await
        }
    }
}

async fn token(
    transport: &Transport,
    host: &str,
    image: &ImageRef,
    realm: &str,
    service: Option<&str>,
    credential: Option<&Credential>,
) -> Result<HeaderValue, RegistryError> {
    let broken = |why| RegistryError::Challenge { host: host.to_owned(), why };
    let mut query = format!("scope={}", escape(&format!("repository:{}:pull", image.repository())));
    if let Some(service) = service {
        query = format!("service={}&{query}", escape(service));
    }
    let (mut authorization, mut form) = (None, None);
    let mut address = realm.to_owned();
    if let Some(Credential::IdentityToken(refresh)) = credential {
        let grant = format!("grant_type=refresh_token&client_id=hcp-core&{query}");
        form = Some(format!("{grant}&refresh_token={}", escape(refresh)));
    } else {
        address = format!("{realm}{}{query}", if realm.contains('?') { '&' } else { '?' });
        if let Some(Credential::Basic { username, password }) = credential {
            authorization = Some(basic(host, username, password)?);
        }
    }
    let uri: Uri = address.parse().map_err(|_| broken("the address of its token server"))?;
    if uri.authority().is_none_or(|authority| authority.as_str().contains('@')) {
        return Err(broken("the address of its token server"));
    }
    // A registry with TLS may not send the credential to where there is none.
    if uri.scheme_str() != Some("https") && !transport.plain.contains(host) {
        return Err(broken("its token server is asked without TLS"));
    }
    let what = "a token";
    let accept = "application/json";
    let request = Request { what, uri, accept, authorization, form, redirects: 0 };
    let answer = transport.send(request).await?;
    let at = answer.body.host.clone();
    match answer.status.as_u16() {
        200 => {}
        status @ (401 | 403) if credential.is_some() => {
            return Err(RegistryError::Refused { host: at, status });
        }
        401 | 403 => return Err(RegistryError::NoCredential { host: at }),
        status => return Err(RegistryError::Status { host: at, what, status, code: None }),
    }
    let content = answer.body.whole(TOKEN_BYTES, "of tokens").await?;
    let token: Token =
        serde_json::from_slice(&content).map_err(|_| broken("its token server gives no token"))?;
    let token = token.token.or(token.access_token).filter(|token| !token.is_empty());
    bearer(host, &token.ok_or_else(|| broken("its token server gives no token"))?)
}

pub(super) fn bearer(host: &str, token: &str) -> Result<HeaderValue, RegistryError> {
    secret(host, format!("Bearer {token}"))
}

fn basic(host: &str, username: &str, password: &str) -> Result<HeaderValue, RegistryError> {
    secret(host, format!("Basic {}", BASE64_STANDARD.encode(format!("{username}:{password}"))))
}

fn secret(host: &str, text: String) -> Result<HeaderValue, RegistryError> {
    let why = "the token has characters that a header cannot have";
    let mut value = HeaderValue::try_from(text)
        .map_err(|_| RegistryError::Challenge { host: host.to_owned(), why })?;
    value.set_sensitive(true);
    Ok(value)
}

/// Percent-encoding of everything but letters, digits and `-._~`.
fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            escaped.push(char::from(byte));
        } else {
            let digit = |nibble: u8| char::from(b"0123456789ABCDEF"[usize::from(nibble & 15)]);
            escaped.extend(['%', digit(byte >> 4), digit(byte)]);
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(headers: &[&'static str]) -> Result<Challenge, RegistryError> {
        let mut map = HeaderMap::new();
        for header in headers {
            map.append(WWW_AUTHENTICATE, HeaderValue::from_static(header));
        }
        Challenge::read("a.io", &map)
    }

    #[test]
    fn challenges_are_read_as_registries_write_them() {
        let realm = "https://auth.docker.io/token".to_owned();
        let quoted = r#"Bearer realm="https://auth.docker.io/token",service="registry.docker.io",scope="repository:a,b:pull""#;
        let service = Some("registry.docker.io".to_owned());
        assert_eq!(
            read(&[r#"Basic realm="x""#, quoted]).unwrap(),
            Challenge::Bearer { realm: realm.clone(), service }
        );
        let plain = read(&["bearer realm=https://auth.docker.io/token"]).unwrap();
        assert_eq!(plain, Challenge::Bearer { realm, service: None });
        assert_eq!(read(&["Basic"]).unwrap(), Challenge::Basic);
        for headers in [&[][..], &["Negotiate"], &["Bearer"], &[r#"Bearer realm="open"#]] {
            assert!(read(headers).is_err(), "{headers:?}");
        }
    }

    #[test]
    fn what_could_change_a_query_is_escaped() {
        assert_eq!(escape("repository:a/b:pull&x=ü"), "repository%3Aa%2Fb%3Apull%26x%3D%C3%BC");
    }
}
