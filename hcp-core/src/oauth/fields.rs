//! Which field belongs where, for hints about those that stand in the wrong place.

/// The members of an identity provider and the fields of each.
pub(super) const MEMBERS: &[(&str, &[&str])] = &[
    ("basicAuth", &["ca", "tlsClientCert", "tlsClientKey", "url"]),
    ("github", &["ca", "clientID", "clientSecret", "hostname", "organizations", "teams"]),
    ("gitlab", &["ca", "clientID", "clientSecret", "url"]),
    ("google", &["clientID", "clientSecret", "hostedDomain"]),
    ("htpasswd", &["fileData"]),
    ("keystone", &["ca", "domainName", "tlsClientCert", "tlsClientKey", "url"]),
    ("ldap", &["attributes", "bindDN", "bindPassword", "ca", "insecure", "url"]),
    (
        "openID",
        &[
            "ca",
            "claims",
            "clientID",
            "clientSecret",
            "extraAuthorizeParameters",
            "extraScopes",
            "issuer",
        ],
    ),
    (
        "requestHeader",
        &[
            "ca",
            "challengeURL",
            "clientCommonNames",
            "emailHeaders",
            "headers",
            "loginURL",
            "nameHeaders",
            "preferredUsernameHeaders",
        ],
    ),
];

/// The fields of an identity provider beside its members.
const OF_PROVIDER: &[&str] = &["mappingMethod", "name", "type"];

/// `; it belongs into openID`, `; openID may be meant`, or nothing. `member` is the one of the provider's type, `inside` the object that the field
/// stands in.
pub(super) fn hint(field: &str, member: Option<&'static str>, inside: Inside) -> String {
    let own =
        MEMBERS.iter().find(|(name, _)| Some(*name) == member).map_or(&[][..], |(_, own)| own);
    match inside {
        Inside::Provider => {
            let names = MEMBERS.iter().map(|(name, _)| name).chain(OF_PROVIDER);
            if own.contains(&field) {
                format!("; it belongs into {}", member.unwrap_or_default())
            } else {
                meant(field, names)
            }
        }
        Inside::Member if OF_PROVIDER.contains(&field) => {
            "; it belongs one level up, to the provider".to_owned()
        }
        Inside::Member => meant(field, own.iter()),
        Inside::Elsewhere => String::new(),
    }
}

/// Which object a field stands in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Inside {
    /// An identity provider.
    Provider,
    /// The member of its type.
    Member,
    /// Another.
    Elsewhere,
}

/// `; url may be meant`, if a known name differs only in case and in dashes.
pub(super) fn meant<'a>(text: &str, known: impl IntoIterator<Item = &'a &'a str>) -> String {
    let plain = plain(text);
    let found = known.into_iter().find(|name| self::plain(name) == plain);
    found.map_or_else(String::new, |name| format!("; {name} may be meant"))
}

/// Letters and digits only, in lower case.
fn plain(text: &str) -> String {
    text.chars()
        .filter(char::is_ascii_alphanumeric)
        .map(|letter| letter.to_ascii_lowercase())
        .collect()
}

#[cfg(all(test, feature = "api"))]
mod tests {
    use super::*;
    use crate::oauth::OAuthSpec;

    #[test]
    fn the_table_is_that_of_the_types() {
        let schema = serde_json::to_value(schemars::schema_for!(OAuthSpec)).unwrap();
        let fields = |name: &str| -> Vec<String> {
            let properties = schema["$defs"][name]["properties"].as_object().unwrap();
            properties.keys().cloned().collect()
        };
        let mut all: Vec<_> =
            MEMBERS.iter().map(|(name, _)| *name).chain(OF_PROVIDER.iter().copied()).collect();
        all.sort_unstable();
        let mut known = fields("IdentityProvider");
        known.sort();
        assert_eq!(known, all);
        for (member, own) in MEMBERS {
            let kinds = schema["$defs"].as_object().unwrap().keys();
            let wanted = format!("{}identityprovider", member.to_lowercase());
            let kind = kinds.into_iter().find(|kind| kind.to_lowercase() == wanted).unwrap();
            let mut known = fields(kind);
            known.sort();
            assert_eq!(known, *own, "{member}");
        }
    }
}
