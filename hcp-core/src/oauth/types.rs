//! `spec.configuration.oauth`: the fields of OpenShift's `OAuthSpec`, with what is not known kept.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::providers::{
    BasicAuthIdentityProvider, GitHubIdentityProvider, GitLabIdentityProvider,
    GoogleIdentityProvider, HtpasswdIdentityProvider, KeystoneIdentityProvider,
    LdapIdentityProvider, OpenIdIdentityProvider, RequestHeaderIdentityProvider,
};

string_enum! {
    /// `identityProviders[].type`: which member holds the configuration.
    ///
    /// No schema restricts it, neither that of a `HostedCluster` nor that of an `OAuth`.
    pub enum IdentityProviderType {
        /// A server that takes HTTP basic authentication.
        BasicAuth = "BasicAuth",
        /// GitHub, or GitHub Enterprise.
        GitHub = "GitHub",
        /// GitLab.
        GitLab = "GitLab",
        /// Google.
        Google = "Google",
        /// A file made by `htpasswd`, in a Secret.
        Htpasswd = "HTPasswd",
        /// Keystone of `OpenStack`, version 3.
        Keystone = "Keystone",
        /// A directory, by simple bind.
        Ldap = "LDAP",
        /// `OpenID` Connect.
        OpenId = "OpenID",
        /// A proxy that authenticates, and says who it is in headers.
        RequestHeader = "RequestHeader",
    }
}

string_enum! {
    /// `identityProviders[].mappingMethod`: which user an identity becomes. Without one it is [`Claim`](Self::Claim).
    pub enum MappingMethod {
        /// The user of the preferred name is made; if another identity has it, logging in fails.
        Claim = "claim",
        /// The identity must have been mapped to a user before; nothing is made.
        Lookup = "lookup",
        /// The user of the preferred name is made, or gets one more identity.
        Add = "add",
    }
}

/// How the integrated OAuth server of a hosted cluster is configured: `spec.configuration.oauth` of a `HostedCluster`, `spec` of an `OAuth`.
///
/// Reading and writing it again changes nothing, unknown fields included. What is wrong with it says [`validate`](super::validate).
///
/// Source: openshift/api, `config/v1`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "api", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
#[non_exhaustive]
pub struct OAuthSpec {
    /// How users identify themselves, in the order in which they are offered.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub identity_providers: Option<Vec<IdentityProvider>>,
    /// How long tokens live.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub token_config: Option<TokenConfig>,
    /// Pages of one's own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub templates: Option<OAuthTemplates>,
    /// Fields that this version does not know.
    #[serde(flatten)]
    #[cfg_attr(feature = "api", schemars(skip))]
    pub other: BTreeMap<String, Value>,
}

/// One way for users to identify themselves: a name, a type, and the member of that type.
///
/// Source: openshift/api, `config/v1`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "api", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
#[non_exhaustive]
pub struct IdentityProvider {
    /// Stands before the colon in the names of identities, and at the end of the redirect URL.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Which user an identity becomes.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "api", schemars(with = "Option<String>"))]
    pub mapping_method: Option<MappingMethod>,
    /// Which of the members below is used.
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "api", schemars(with = "Option<String>"))]
    pub kind: Option<IdentityProviderType>,
    /// For [`BasicAuth`](IdentityProviderType::BasicAuth).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub basic_auth: Option<BasicAuthIdentityProvider>,
    /// For [`GitHub`](IdentityProviderType::GitHub).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub github: Option<GitHubIdentityProvider>,
    /// For [`GitLab`](IdentityProviderType::GitLab).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub gitlab: Option<GitLabIdentityProvider>,
    /// For [`Google`](IdentityProviderType::Google).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub google: Option<GoogleIdentityProvider>,
    /// For [`Htpasswd`](IdentityProviderType::Htpasswd).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub htpasswd: Option<HtpasswdIdentityProvider>,
    /// For [`Keystone`](IdentityProviderType::Keystone).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub keystone: Option<KeystoneIdentityProvider>,
    /// For [`Ldap`](IdentityProviderType::Ldap).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ldap: Option<LdapIdentityProvider>,
    /// For [`OpenId`](IdentityProviderType::OpenId).
    #[serde(rename = "openID", skip_serializing_if = "Option::is_none")]
    pub open_id: Option<OpenIdIdentityProvider>,
    /// For [`RequestHeader`](IdentityProviderType::RequestHeader).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub request_header: Option<RequestHeaderIdentityProvider>,
    /// Fields that this version does not know.
    #[serde(flatten)]
    #[cfg_attr(feature = "api", schemars(skip))]
    pub other: BTreeMap<String, Value>,
}

/// How long tokens live.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "api", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
#[non_exhaustive]
pub struct TokenConfig {
    /// Seconds after which an access token ends. 0 and absent: 86,400, which is one day.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub access_token_max_age_seconds: Option<i32>,
    /// Has no effect; OpenShift keeps it for old objects.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub access_token_inactivity_timeout_seconds: Option<i32>,
    /// A Go duration (`2h45m`) after which an unused token ends, at least `5m`. Absent: never.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub access_token_inactivity_timeout: Option<String>,
    /// Fields that this version does not know.
    #[serde(flatten)]
    #[cfg_attr(feature = "api", schemars(skip))]
    pub other: BTreeMap<String, Value>,
}

/// Pages of one's own, each a Go template in a Secret.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "api", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
#[non_exhaustive]
pub struct OAuthTemplates {
    /// The page that asks for a name and a password; key `login.html`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub login: Option<SecretNameReference>,
    /// The page that lists the providers; key `providers.html`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub provider_selection: Option<SecretNameReference>,
    /// The page for errors; key `errors.html`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<SecretNameReference>,
    /// Fields that this version does not know.
    #[serde(flatten)]
    #[cfg_attr(feature = "api", schemars(skip))]
    pub other: BTreeMap<String, Value>,
}

/// A Secret in the namespace of the `HostedCluster`; of an `OAuth`, in `openshift-config`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "api", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct SecretNameReference {
    /// Its name. The schema requires the field; where the reference is optional, an empty one is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "api", schemars(with = "String", required))]
    pub name: Option<String>,
    /// Fields that this version does not know.
    #[serde(flatten)]
    #[cfg_attr(feature = "api", schemars(skip))]
    pub other: BTreeMap<String, Value>,
}

/// A ConfigMap in the namespace of the `HostedCluster`; of an `OAuth`, in `openshift-config`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "api", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct ConfigMapNameReference {
    /// Its name. The schema requires the field; where the reference is optional, an empty one is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "api", schemars(with = "String", required))]
    pub name: Option<String>,
    /// Fields that this version does not know.
    #[serde(flatten)]
    #[cfg_attr(feature = "api", schemars(skip))]
    pub other: BTreeMap<String, Value>,
}

impl OAuthSpec {
    /// The providers, none if there is no list.
    #[must_use]
    pub fn providers(&self) -> &[IdentityProvider] {
        self.identity_providers.as_deref().unwrap_or_default()
    }
}

impl IdentityProviderType {
    /// The name of the member that holds the configuration of this type; none for a type that is not known.
    #[must_use]
    pub const fn member(&self) -> Option<&'static str> {
        Some(match self {
            Self::BasicAuth => "basicAuth",
            Self::GitHub => "github",
            Self::GitLab => "gitlab",
            Self::Google => "google",
            Self::Htpasswd => "htpasswd",
            Self::Keystone => "keystone",
            Self::Ldap => "ldap",
            Self::OpenId => "openID",
            Self::RequestHeader => "requestHeader",
            Self::Other(_) => return None,
        })
    }
}

impl SecretNameReference {
    /// The Secret of this name.
    #[must_use]
    pub fn new(name: impl Into<String>) -> Self {
        Self { name: Some(name.into()), other: BTreeMap::new() }
    }
}

impl ConfigMapNameReference {
    /// The ConfigMap of this name.
    #[must_use]
    pub fn new(name: impl Into<String>) -> Self {
        Self { name: Some(name.into()), other: BTreeMap::new() }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    #[test]
    fn reading_and_writing_changes_nothing_not_even_what_is_not_known() {
        for value in [
            json!({}),
            json!({"identityProviders": [], "tokenConfig": {}, "templates": {}, "new": [1, {"a": null}]}),
            json!({
                "identityProviders": [
                    {"name": "", "type": "oidc", "mappingMethod": "generate", "claims": {"x": 1}},
                    {"type": "LDAP", "ldap": {"url": "", "bindDN": "", "insecure": false, "ca": {"name": ""}}},
                    {"openID": {"issuer": "https://a", "extraScopes": [], "clientID": "b", "clientSecret": {"key": "c"}}},
                    {"requestHeader": {"loginURL": "a", "challengeURL": "b", "headers": [""]}},
                ],
                "tokenConfig": {"accessTokenMaxAgeSeconds": 0, "accessTokenInactivityTimeout": "x"},
                "templates": {"providerSelection": {"name": "a", "namespace": "b"}},
            }),
        ] {
            let spec: OAuthSpec = serde_json::from_value(value.clone()).unwrap();
            assert_eq!(serde_json::to_value(&spec).unwrap(), value);
        }
    }

    #[test]
    fn every_member_is_the_field_that_its_type_names() {
        for text in IdentityProviderType::KNOWN {
            let member = IdentityProviderType::from(*text).member().unwrap();
            assert_eq!(member.to_lowercase(), text.to_lowercase());
            let value = json!({ member: {} });
            let provider: IdentityProvider = serde_json::from_value(value.clone()).unwrap();
            assert_eq!(provider.other.get(member), None::<&Value>);
            assert_eq!(serde_json::to_value(&provider).unwrap(), value);
        }
        assert_eq!(IdentityProviderType::from("oidc").member(), None);
    }

    #[cfg(feature = "api")]
    #[test]
    fn the_schema_requires_names_of_references_and_nothing_else() {
        let schema = serde_json::to_value(schemars::schema_for!(OAuthSpec)).unwrap();
        let definitions = schema["$defs"].as_object().unwrap();
        for (name, definition) in definitions {
            let required = definition.get("required").cloned().unwrap_or_else(|| json!([]));
            let wanted = if name.ends_with("Reference") { json!(["name"]) } else { json!([]) };
            assert_eq!(required, wanted, "{name}");
            assert_eq!(definition.get("additionalProperties"), None, "{name}");
            assert_eq!(definition["properties"].get("other"), None, "{name}");
        }
        let provider = &definitions["IdentityProvider"]["properties"];
        assert_eq!(provider["type"].get("enum"), None);
        assert_eq!(provider["mappingMethod"].get("enum"), None);
    }
}
