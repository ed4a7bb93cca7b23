//! The nine kinds of identity providers, as they are configured.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::types::{ConfigMapNameReference, SecretNameReference};

/// Names and passwords are sent to a server as HTTP basic authentication.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "api", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
#[non_exhaustive]
pub struct BasicAuthIdentityProvider {
    /// Where the server is; `https`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// The certificates that the server's must be signed by; key `ca.crt`. Absent: the system's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ca: Option<ConfigMapNameReference>,
    /// The certificate to present to the server; key `tls.crt`. Only together with the key.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tls_client_cert: Option<SecretNameReference>,
    /// The key of that certificate; key `tls.key`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tls_client_key: Option<SecretNameReference>,
    /// Fields that this version does not know.
    #[serde(flatten)]
    #[cfg_attr(feature = "api", schemars(skip))]
    pub other: BTreeMap<String, Value>,
}

/// GitHub, or a GitHub Enterprise of one's own.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "api", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
#[non_exhaustive]
pub struct GitHubIdentityProvider {
    /// The client as which the OAuth server is registered.
    #[serde(rename = "clientID", skip_serializing_if = "Option::is_none")]
    pub client_id: Option<String>,
    /// Its secret; key `clientSecret`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client_secret: Option<SecretNameReference>,
    /// Who may log in: members of these organizations. Not together with teams.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub organizations: Option<Vec<String>>,
    /// Who may log in: members of these teams, as `organization/team`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub teams: Option<Vec<String>>,
    /// The host of GitHub Enterprise. Absent: github.com.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hostname: Option<String>,
    /// The certificates that the host's must be signed by; key `ca.crt`. Only together with a host name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ca: Option<ConfigMapNameReference>,
    /// Fields that this version does not know.
    #[serde(flatten)]
    #[cfg_attr(feature = "api", schemars(skip))]
    pub other: BTreeMap<String, Value>,
}

/// GitLab; `HyperShift` speaks `OpenID` Connect with it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "api", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
#[non_exhaustive]
pub struct GitLabIdentityProvider {
    /// The client as which the OAuth server is registered.
    #[serde(rename = "clientID", skip_serializing_if = "Option::is_none")]
    pub client_id: Option<String>,
    /// Its secret; key `clientSecret`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client_secret: Option<SecretNameReference>,
    /// Where GitLab is; `https`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// The certificates that the server's must be signed by; key `ca.crt`. Absent: the system's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ca: Option<ConfigMapNameReference>,
    /// Fields that this version does not know.
    #[serde(flatten)]
    #[cfg_attr(feature = "api", schemars(skip))]
    pub other: BTreeMap<String, Value>,
}

/// Google.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "api", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
#[non_exhaustive]
pub struct GoogleIdentityProvider {
    /// The client as which the OAuth server is registered.
    #[serde(rename = "clientID", skip_serializing_if = "Option::is_none")]
    pub client_id: Option<String>,
    /// Its secret; key `clientSecret`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client_secret: Option<SecretNameReference>,
    /// Who may log in: accounts of this Google Workspace domain.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hosted_domain: Option<String>,
    /// Fields that this version does not know.
    #[serde(flatten)]
    #[cfg_attr(feature = "api", schemars(skip))]
    pub other: BTreeMap<String, Value>,
}

/// A file made by `htpasswd`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "api", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
#[non_exhaustive]
pub struct HtpasswdIdentityProvider {
    /// The Secret that holds it; key `htpasswd`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub file_data: Option<SecretNameReference>,
    /// Fields that this version does not know.
    #[serde(flatten)]
    #[cfg_attr(feature = "api", schemars(skip))]
    pub other: BTreeMap<String, Value>,
}

/// Keystone of `OpenStack`, version 3.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "api", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
#[non_exhaustive]
pub struct KeystoneIdentityProvider {
    /// Where the server is; `https`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// The certificates that the server's must be signed by; key `ca.crt`. Absent: the system's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ca: Option<ConfigMapNameReference>,
    /// The certificate to present to the server; key `tls.crt`. Only together with the key.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tls_client_cert: Option<SecretNameReference>,
    /// The key of that certificate; key `tls.key`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tls_client_key: Option<SecretNameReference>,
    /// The domain that users are looked for in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub domain_name: Option<String>,
    /// Fields that this version does not know.
    #[serde(flatten)]
    #[cfg_attr(feature = "api", schemars(skip))]
    pub other: BTreeMap<String, Value>,
}

/// A directory: users are searched for, and then bound as.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "api", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
#[non_exhaustive]
pub struct LdapIdentityProvider {
    /// Server and search: `ldap://host:port/basedn?attribute?scope?filter`, see [`LdapUrl`](super::LdapUrl).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// Whom to bind as for the search. Absent: anonymous. Only together with a password.
    #[serde(rename = "bindDN", skip_serializing_if = "Option::is_none")]
    pub bind_dn: Option<String>,
    /// The password for it; key `bindPassword`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bind_password: Option<SecretNameReference>,
    /// Whether `ldap://` is used without TLS. Absent or false: `StartTLS`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub insecure: Option<bool>,
    /// The certificates that the server's must be signed by; key `ca.crt`. Absent: the system's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ca: Option<ConfigMapNameReference>,
    /// Which attributes become an identity.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub attributes: Option<LdapAttributeMapping>,
    /// Fields that this version does not know.
    #[serde(flatten)]
    #[cfg_attr(feature = "api", schemars(skip))]
    pub other: BTreeMap<String, Value>,
}

/// Which attributes of an entry become an identity. Of each list, the first that has a value is used.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "api", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
#[non_exhaustive]
pub struct LdapAttributeMapping {
    /// The identity; at least one, `dn` by standard.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<Vec<String>>,
    /// The preferred user name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub preferred_username: Option<Vec<String>>,
    /// The display name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<Vec<String>>,
    /// The email address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub email: Option<Vec<String>>,
    /// Fields that this version does not know.
    #[serde(flatten)]
    #[cfg_attr(feature = "api", schemars(skip))]
    pub other: BTreeMap<String, Value>,
}

/// `OpenID` Connect; `HyperShift` asks the issuer for its URLs.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "api", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
#[non_exhaustive]
pub struct OpenIdIdentityProvider {
    /// The client as which the OAuth server is registered.
    #[serde(rename = "clientID", skip_serializing_if = "Option::is_none")]
    pub client_id: Option<String>,
    /// Its secret; key `clientSecret`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client_secret: Option<SecretNameReference>,
    /// The certificates that the server's must be signed by; key `ca.crt`. Absent: the system's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ca: Option<ConfigMapNameReference>,
    /// Scopes to ask for beyond `openid`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub extra_scopes: Option<Vec<String>>,
    /// Parameters to add to the authorize request.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub extra_authorize_parameters: Option<BTreeMap<String, String>>,
    /// The issuer: `https`, no query, no fragment, no `/` at the end.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub issuer: Option<String>,
    /// Which claims become an identity. The identity itself is always `sub`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub claims: Option<OpenIdClaims>,
    /// Fields that this version does not know.
    #[serde(flatten)]
    #[cfg_attr(feature = "api", schemars(skip))]
    pub other: BTreeMap<String, Value>,
}

/// Which claims of a token become an identity: their names, not values. Of each list, the first that has a value is used.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "api", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
#[non_exhaustive]
pub struct OpenIdClaims {
    /// The preferred user name. Absent: `sub`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub preferred_username: Option<Vec<String>>,
    /// The display name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<Vec<String>>,
    /// The email address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub email: Option<Vec<String>>,
    /// The groups to put the user in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub groups: Option<Vec<String>>,
    /// Fields that this version does not know.
    #[serde(flatten)]
    #[cfg_attr(feature = "api", schemars(skip))]
    pub other: BTreeMap<String, Value>,
}

/// A proxy that authenticates, proves itself by a client certificate, and names the user in headers.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "api", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
#[non_exhaustive]
pub struct RequestHeaderIdentityProvider {
    /// Where browsers are sent; with `${url}` or `${query}` in the query.
    #[serde(rename = "loginURL", skip_serializing_if = "Option::is_none")]
    pub login_url: Option<String>,
    /// Where clients that expect a challenge are sent; with `${url}` or `${query}` in the query.
    #[serde(rename = "challengeURL", skip_serializing_if = "Option::is_none")]
    pub challenge_url: Option<String>,
    /// The certificates that the proxy's must be signed by; key `ca.crt`. Without it anybody could set the headers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ca: Option<ConfigMapNameReference>,
    /// The common names that the proxy's certificate may have. Absent: any.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client_common_names: Option<Vec<String>>,
    /// The headers that hold the identity.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub headers: Option<Vec<String>>,
    /// The headers that hold the preferred user name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub preferred_username_headers: Option<Vec<String>>,
    /// The headers that hold the display name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name_headers: Option<Vec<String>>,
    /// The headers that hold the email address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub email_headers: Option<Vec<String>>,
    /// Fields that this version does not know.
    #[serde(flatten)]
    #[cfg_attr(feature = "api", schemars(skip))]
    pub other: BTreeMap<String, Value>,
}
