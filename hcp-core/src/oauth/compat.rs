//! What `HyperShift` itself says about identity providers.

use std::collections::BTreeSet;

use super::types::{IdentityProvider, IdentityProviderType, OAuthSpec};

/// What the condition `ValidIDPConfiguration` of a `HostedCluster` reports.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct IdpCondition {
    /// The errors that follow from the configuration alone, one for each provider that is dropped.
    pub errors: Vec<String>,
    /// The indices of the `OpenID` providers. `HyperShift` asks their issuers, and tries to log in as `test`; what fails there is an error too,
    /// which cannot be told from the configuration.
    pub asked: Vec<usize>,
}

impl IdpCondition {
    /// `IDPConfigurationValid` or `IDPConfigurationError`, as far as it can be told.
    #[must_use]
    pub fn reason(&self) -> &'static str {
        if self.errors.is_empty() { "IDPConfigurationValid" } else { "IDPConfigurationError" }
    }

    /// The errors as Kubernetes' `errors.NewAggregate` joins them: `[a, b]`, each once; nothing if there is none.
    #[must_use]
    pub fn aggregate(&self) -> String {
        let mut seen = BTreeSet::new();
        let distinct: Vec<_> =
            self.errors.iter().map(String::as_str).filter(|error| seen.insert(*error)).collect();
        match distinct.as_slice() {
            [] => String::new(),
            [one] => (*one).to_owned(),
            many => format!("[{}]", many.join(", ")),
        }
    }
}

/// What `HyperShift` would report of this configuration: only types that do not exist and members that are missing. The providers concerned are
/// dropped, the others are used.
///
/// Source: `HyperShift`, `ConvertIdentityProviders` of the control plane operator.
#[must_use]
pub fn valid_idp_configuration(spec: &OAuthSpec) -> IdpCondition {
    let mut condition = IdpCondition { errors: Vec::new(), asked: Vec::new() };
    for (index, provider) in spec.providers().iter().enumerate() {
        let kind = provider.kind.as_ref().map(IdentityProviderType::as_str).unwrap_or_default();
        let error = match used_member(provider) {
            None => format!("the identity provider type '{kind}' is not supported"),
            Some(false) => format!("type {kind} was specified, but its configuration is missing"),
            Some(true) => {
                if provider.open_id.is_some() && kind == "OpenID" {
                    condition.asked.push(index);
                }
                continue;
            }
        };
        let name = provider.name.as_deref().unwrap_or_default();
        condition.errors.push(format!("failed to apply IDP {name} config: {error}"));
    }
    condition
}

/// Whether the member of the type is there; nothing if there is no such type.
fn used_member(provider: &IdentityProvider) -> Option<bool> {
    Some(match provider.kind.as_ref()? {
        IdentityProviderType::BasicAuth => provider.basic_auth.is_some(),
        IdentityProviderType::GitHub => provider.github.is_some(),
        IdentityProviderType::GitLab => provider.gitlab.is_some(),
        IdentityProviderType::Google => provider.google.is_some(),
        IdentityProviderType::Htpasswd => provider.htpasswd.is_some(),
        IdentityProviderType::Keystone => provider.keystone.is_some(),
        IdentityProviderType::Ldap => provider.ldap.is_some(),
        IdentityProviderType::OpenId => provider.open_id.is_some(),
        IdentityProviderType::RequestHeader => provider.request_header.is_some(),
        IdentityProviderType::Other(_) => return None,
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn it_reports_types_and_members_and_nothing_else() {
        let spec: OAuthSpec = serde_json::from_value(json!({"identityProviders": [
            {"name": "a", "type": "oidc"},
            {"name": "b", "type": "OpenID"},
            {"name": "b", "type": "OpenID"},
            {"name": "c/d", "type": "OpenID", "openID": {}},
            {"name": "e", "type": "LDAP", "ldap": {"url": "nonsense"}},
        ]}))
        .unwrap();
        let condition = valid_idp_configuration(&spec);
        assert_eq!(condition.asked, [3]);
        assert_eq!(condition.errors.len(), 3);
        assert_eq!(condition.reason(), "IDPConfigurationError");
        assert_eq!(
            condition.aggregate(),
            "[failed to apply IDP a config: the identity provider type 'oidc' is not supported, \
             failed to apply IDP b config: type OpenID was specified, but its configuration is missing]"
        );
        let condition = valid_idp_configuration(&OAuthSpec::default());
        assert_eq!(
            (condition.reason(), condition.aggregate().as_str()),
            ("IDPConfigurationValid", "")
        );
    }
}
