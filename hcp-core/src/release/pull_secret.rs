//! Credentials for registries, as a pull secret holds them.

use std::fmt;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Map, Value};
use sha2::Digest as _;

use super::mirrors::MirrorSource;
use super::reference::{ImageRef, ImageRefError};

/// The credentials of a `.dockerconfigjson`. Neither `Debug` nor an error shows any of them.
///
/// Of the entries that an image lies in, the longest counts: `quay.io/team/repo` before `quay.io/team` before `quay.io` before
/// `*.io`. Of two entries for one registry, `https://quay.io/v1/` and `quay.io`, the plain one counts.
///
/// Source: `HyperShift` and the kubelet read pull secrets this way; wildcards stand only for leading labels of a host here.
#[derive(Clone, Default)]
pub struct PullSecret {
    entries: Vec<(MirrorSource, Credential)>,
    fingerprint: [u8; 32],
}

/// A credential for a registry; `Debug` does not show it.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Credential {
    /// A user name and a password.
    Basic {
        /// The name.
        username: String,
        /// The password.
        password: String,
    },
    /// A refresh token, from which the registry's token server makes access tokens.
    IdentityToken(String),
    /// An access token.
    RegistryToken(String),
}

/// A pull secret that cannot be read. What stands in it is never part of the error, except for the names of registries.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PullSecretError {
    /// It is no JSON.
    #[error(
        "pull secret is no JSON at line {line}, column {column}; give the content of .dockerconfigjson, decoded from base64 once"
    )]
    Json {
        /// The line, from 1.
        line: usize,
        /// The column, from 1.
        column: usize,
    },
    /// It has no `auths`.
    #[error("pull secret has no object \"auths\"; give the content of .dockerconfigjson")]
    NoAuths,
    /// The name of an entry cannot be read.
    #[error("pull secret has an entry for no registry")]
    Registry(#[source] ImageRefError),
    /// An entry has no credential that could be used.
    #[error("the pull secret's entry for {registry} {what}; log in again with `podman login`")]
    Entry {
        /// For which registry.
        registry: String,
        /// What is wrong.
        what: &'static str,
    },
}

impl PullSecret {
    /// No credentials: for what anybody may read.
    #[must_use]
    pub fn anonymous() -> Self {
        Self::default()
    }

    /// Reads the content of the key `.dockerconfigjson` of a secret.
    ///
    /// # Errors
    /// [`PullSecretError`], which shows no credential.
    pub fn parse(dockerconfigjson: &[u8]) -> Result<Self, PullSecretError> {
        let whole: Value = serde_json::from_slice(dockerconfigjson).map_err(|error| {
            PullSecretError::Json { line: error.line(), column: error.column() }
        })?;
        let auths = whole.get("auths").and_then(Value::as_object);
        let auths = auths.ok_or(PullSecretError::NoAuths)?;
        let mut entries = Vec::new();
        for (key, entry) in auths {
            let registry = normalize(key);
            let source = registry.parse().map_err(PullSecretError::Registry)?;
            if let Some(credential) = credential(registry, entry)? {
                entries.push((source, credential));
            }
        }
        entries.sort_by(|(one, _): &(MirrorSource, _), (other, _)| {
            (one.specificity(), one).cmp(&(other.specificity(), other))
        });
        let fingerprint = fingerprint(&entries);
        Ok(Self { entries, fingerprint })
    }

    /// The credential for this image, of the longest entry that it lies in.
    #[must_use]
    pub fn credential_for(&self, image: &ImageRef) -> Option<&Credential> {
        let mut longest_first = self.entries.iter().rev();
        longest_first
            .find(|(source, _)| source.rest_of(image).is_some())
            .map(|(_, credential)| credential)
    }

    /// Two secrets with the same credentials have the same.
    #[cfg(feature = "registry")]
    pub(crate) const fn fingerprint(&self) -> [u8; 32] {
        self.fingerprint
    }
}

/// The name of an entry without what old tools write around it.
fn normalize(key: &str) -> &str {
    let key = key.strip_prefix("https://").or_else(|| key.strip_prefix("http://")).unwrap_or(key);
    let key = key.strip_suffix('/').unwrap_or(key);
    let key = key.strip_suffix("/v1").or_else(|| key.strip_suffix("/v2")).unwrap_or(key);
    if matches!(key, "index.docker.io" | "registry-1.docker.io") { "docker.io" } else { key }
}

/// `None` for an entry that is empty, which `docker logout` and credential helpers leave behind.
fn credential(registry: &str, entry: &Value) -> Result<Option<Credential>, PullSecretError> {
    let broken = |what| PullSecretError::Entry { registry: registry.to_owned(), what };
    let entry = entry.as_object().ok_or_else(|| broken("is no object"))?;
    let text = |name: &str| text_of(entry, name).map_err(broken);
    if let Some(token) = text("registrytoken")? {
        return Ok(Some(Credential::RegistryToken(token.to_owned())));
    }
    if let Some(token) = text("identitytoken")? {
        return Ok(Some(Credential::IdentityToken(token.to_owned())));
    }
    if let Some(auth) = text("auth")? {
        let decoded = BASE64_STANDARD.decode(auth.trim()).ok();
        let decoded = decoded.and_then(|bytes| String::from_utf8(bytes).ok());
        let decoded = decoded.ok_or_else(|| broken("has an auth that is no base64 of text"))?;
        let (username, password) =
            decoded.split_once(':').ok_or_else(|| broken("has an auth without a colon"))?;
        let (username, password) = (username.to_owned(), password.to_owned());
        return Ok(Some(Credential::Basic { username, password }));
    }
    match (text("username")?, text("password")?) {
        (Some(username), Some(password)) => {
            let (username, password) = (username.to_owned(), password.to_owned());
            Ok(Some(Credential::Basic { username, password }))
        }
        (None, None) => Ok(None),
        _ => Err(broken("has only one of username and password")),
    }
}

fn text_of<'a>(entry: &'a Map<String, Value>, name: &str) -> Result<Option<&'a str>, &'static str> {
    match entry.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text.as_str()).filter(|text| !text.is_empty())),
        Some(_) => Err("has a credential that is no text"),
    }
}

fn fingerprint(entries: &[(MirrorSource, Credential)]) -> [u8; 32] {
    let mut hasher = sha2::Sha256::new();
    let mut add = |text: &str| {
        hasher.update(text.len().to_be_bytes());
        hasher.update(text.as_bytes());
    };
    for (source, credential) in entries {
        add(&source.to_string());
        match credential {
            Credential::Basic { username, password } => [username, password].map(|text| add(text)),
            Credential::IdentityToken(token) => ["identity", token].map(&mut add),
            Credential::RegistryToken(token) => ["registry", token].map(&mut add),
        };
    }
    hasher.finalize().into()
}

impl PartialEq for PullSecret {
    /// By their fingerprints, so that the time it takes tells nothing.
    fn eq(&self, other: &Self) -> bool {
        self.fingerprint == other.fingerprint
    }
}

impl Eq for PullSecret {}

impl fmt::Debug for PullSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let registries = self.entries.iter().map(|(source, _)| source.to_string());
        f.debug_set().entries(registries).finish()
    }
}

impl fmt::Debug for Credential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Basic { .. } => "Basic(..)",
            Self::IdentityToken(_) => "IdentityToken(..)",
            Self::RegistryToken(_) => "RegistryToken(..)",
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(auths: &Value) -> Result<PullSecret, PullSecretError> {
        PullSecret::parse(json!({ "auths": auths }).to_string().as_bytes())
    }

    fn basic(text: &str) -> Value {
        json!({"auth": BASE64_STANDARD.encode(text)})
    }

    #[test]
    fn the_longest_entry_counts() {
        let secret = read(&json!({
            "quay.io": basic("wide:1"),
            "quay.io/team": basic("team:2"),
            "https://index.docker.io/v1/": basic("docker:3"),
            "*.example.com": {"username": "any", "password": "4"},
            "cloud.openshift.com": {},
        }))
        .unwrap();
        for (image, expected) in [
            ("quay.io/teams/a", Some("wide")),
            ("quay.io/team/a", Some("team")),
            ("docker.io/library/a", Some("docker")),
            ("r.example.com/a", Some("any")),
            ("cloud.openshift.com/a", None),
            ("quay.io:8443/a", None),
        ] {
            let found = secret.credential_for(&image.parse().unwrap());
            let name = found.map(|credential| match credential {
                Credential::Basic { username, .. } => username.as_str(),
                other => panic!("{other:?}"),
            });
            assert_eq!(name, expected, "{image}");
        }
    }

    #[test]
    fn nothing_secret_is_shown() {
        let auths = json!({"quay.io": basic("user:hunter2"), "b.io": {"identitytoken": "hunter2"}});
        let secret = read(&auths).unwrap();
        let credential = secret.credential_for(&"quay.io/a".parse().unwrap());
        let shown = format!("{secret:?} {credential:?}");
        assert_eq!(shown, r#"{"b.io", "quay.io"} Some(Basic(..))"#);
        for (auths, expected) in [
            (json!({"quay.io": "hunter2"}), "is no object"),
            (json!({"quay.io": {"auth": "hunter2!"}}), "no base64"),
            (json!({"quay.io": {"auth": BASE64_STANDARD.encode("hunter2")}}), "without a colon"),
            (json!({"quay.io": {"auth": ["hunter2"]}}), "no text"),
            (json!({"quay.io": {"password": "hunter2"}}), "only one"),
        ] {
            let error = read(&auths).unwrap_err();
            assert!(error.to_string().contains(expected), "{error}");
            assert!(!format!("{error} {error:?}").contains("hunter2"), "{error:?}");
        }
        let error = PullSecret::parse(b"{\"auths\": hunter2}").unwrap_err();
        assert!(!format!("{error} {error:?}").contains("hunter2"), "{error:?}");
        assert_eq!(PullSecret::parse(b"[]").unwrap_err(), PullSecretError::NoAuths);
        assert!(read(&json!({"a b": {}})).is_err());
    }

    #[test]
    fn the_same_credentials_have_the_same_fingerprint() {
        let one = read(&json!({"a.io": basic("u:1"), "b.io": basic("u:2")})).unwrap();
        let same = read(&json!({"b.io": basic("u:2"), "https://a.io/": basic("u:1")})).unwrap();
        let other = read(&json!({"a.io": basic("u:1"), "b.io": basic("u:3")})).unwrap();
        assert_eq!(one, same);
        assert_ne!(one, other);
        assert_ne!(one, PullSecret::anonymous());
    }
}
