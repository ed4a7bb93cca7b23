//! The validation of an OAuth configuration as a whole.

use super::fields::{self, Inside, MEMBERS};
use super::policy::Policy;
use super::references::References;
use super::report::{Reference, Report};
use super::rule::OAuthRule;
use super::types::{
    IdentityProvider, IdentityProviderType, MappingMethod, OAuthSpec, OAuthTemplates, TokenConfig,
};
use crate::GoDuration;
use crate::finding::Finding;
use crate::path::JsonPath;

/// Says what is wrong with an OAuth configuration: what OpenShift would refuse, what `HyperShift` drops without a word, and what keeps the OAuth
/// server from starting.
///
/// `HyperShift` itself looks at little of it, and nothing at admission; see [`valid_idp_configuration`](super::valid_idp_configuration). With the
/// namespace's [`References`], Secrets and ConfigMaps must be there and have the keys that are read.
///
/// Sources: OpenShift's admission plugin `config.openshift.io/ValidateOAuth`, openshift/oauth-server, `HyperShift`.
///
/// ```
/// use hcp_core::oauth::{OAuthSpec, Policy, validate};
///
/// let spec: OAuthSpec = serde_json::from_str(
///     r#"{"identityProviders": [{"name": "a:b", "type": "HTPasswd", "htpasswd": {"fileData": {"name": "users"}}}]}"#,
/// )?;
/// let findings = validate(&spec, &Policy::default(), None);
/// assert_eq!(
///     findings[0].to_string(),
///     "refusal name-not-a-segment: spec.configuration.oauth.identityProviders[0].name: the name \"a:b\" contains \":\", which OpenShift \
///      refuses; use letters, digits and dashes",
/// );
/// # Ok::<(), serde_json::Error>(())
/// ```
#[must_use]
pub fn validate(
    spec: &OAuthSpec,
    policy: &Policy,
    references: Option<&References>,
) -> Vec<Finding<OAuthRule>> {
    let mut report = Report::new(policy, references);
    let root = &policy.at;
    report.unknown(root, &spec.other, None, Inside::Elsewhere);
    let providers = root.field("identityProviders");
    if spec.providers().is_empty() {
        report.warn(providers.clone(), OAuthRule::NoProviders);
    }
    for (index, provider) in spec.providers().iter().enumerate() {
        report.provider(&providers.index(index), provider, &spec.providers()[..index]);
    }
    report.challenges(&providers, spec.providers());
    if let Some(config) = &spec.token_config {
        report.token_config(&root.field("tokenConfig"), config);
    }
    if let Some(templates) = &spec.templates {
        report.templates(&root.field("templates"), templates);
    }
    report.findings
}

impl Report<'_> {
    fn provider(
        &mut self,
        path: &JsonPath,
        provider: &IdentityProvider,
        before: &[IdentityProvider],
    ) {
        let member = provider.kind.as_ref().and_then(IdentityProviderType::member);
        self.unknown(path, &provider.other, member, Inside::Provider);
        self.name(&path.field("name"), provider, before);
        match &provider.mapping_method {
            Some(MappingMethod::Other(method)) if !method.is_empty() => {
                let hint = if method == "generate" { "; generate was of version 3" } else { "" };
                let rule = OAuthRule::MappingUnknown { method: method.clone(), hint };
                self.refuse(path.field("mappingMethod"), rule);
            }
            Some(MappingMethod::Lookup) => {
                self.note(path.field("mappingMethod"), OAuthRule::LookupNeedsIdentities);
            }
            _ => {}
        }
        self.kind(path, provider);
        self.member(path, provider);
    }

    /// Source: `ValidatePathSegmentName`, and `ValidateIdentityProvider`.
    fn name(&mut self, path: &JsonPath, provider: &IdentityProvider, before: &[IdentityProvider]) {
        let Some(name) = self.required(path.clone(), provider.name.as_deref()) else { return };
        let problem = match name {
            "." | ".." => Some("is a relative path"),
            _ if name.contains('/') => Some("contains \"/\""),
            _ if name.contains('%') => Some("contains \"%\""),
            _ if name.contains(':') => Some("contains \":\""),
            _ => None,
        };
        let owned = || name.to_owned();
        if let Some(problem) = problem {
            self.refuse(path.clone(), OAuthRule::NameNotASegment { name: owned(), problem });
        } else if !self.placeholder(path, Some(name)) && redirects(provider) && !is_unreserved(name)
        {
            self.warn(path.clone(), OAuthRule::NameNeedsEscaping { name: owned() });
        }
        if let Some(first) = before.iter().position(|other| other.name.as_deref() == Some(name)) {
            self.refuse(path.clone(), OAuthRule::NameTaken { name: owned(), first });
        }
    }

    /// The type, and which members are there.
    fn kind(&mut self, path: &JsonPath, provider: &IdentityProvider) {
        let present = members(provider);
        let kind = provider.kind.as_ref().map(IdentityProviderType::as_str).unwrap_or_default();
        let by_member = || match present.as_slice() {
            [only] => of_member(only)
                .map_or_else(String::new, |kind| format!("; {kind} is the one of {only}")),
            _ => String::new(),
        };
        let Some(member) = provider.kind.as_ref().and_then(IdentityProviderType::member) else {
            let path = path.field("type");
            if kind.is_empty() {
                return self.refuse(path, OAuthRule::TypeMissing { hint: by_member() });
            }
            let alias = ALIASES.iter().find(|(alias, _)| alias.eq_ignore_ascii_case(kind));
            let hint = match alias {
                Some((_, meant)) => format!("; {meant} may be meant"),
                None => match fields::meant(kind, IdentityProviderType::KNOWN) {
                    hint if hint.is_empty() => by_member(),
                    hint => hint,
                },
            };
            return self.refuse(path, OAuthRule::TypeUnknown { kind: kind.to_owned(), hint });
        };
        if !present.contains(&member) {
            let rule = OAuthRule::MemberMissing { kind: kind.to_owned() };
            self.refuse(path.field(member), rule);
        }
        for other in present.into_iter().filter(|other| *other != member) {
            let rule = OAuthRule::MemberOfAnotherType { kind: kind.to_owned() };
            self.refuse(path.field(other), rule);
        }
    }

    /// What stands in the member of the type; if there is no such type, in the only member. Others are not looked at: they must go anyway.
    fn member(&mut self, path: &JsonPath, provider: &IdentityProvider) {
        let only = || match members(provider).as_slice() {
            [only] => of_member(only),
            _ => None,
        };
        let named = provider.kind.clone().filter(|kind| kind.member().is_some());
        let Some(kind) = named.or_else(only) else { return };
        let lookup = provider.mapping_method == Some(MappingMethod::Lookup);
        let path = kind.member().map(|member| path.field(member)).unwrap_or_default();
        macro_rules! member {
            ($field:ident, $check:ident $(, $more:expr)?) => {
                if let Some(member) = &provider.$field {
                    self.$check(&path, member $(, $more)?);
                }
            };
        }
        match kind {
            IdentityProviderType::BasicAuth => member!(basic_auth, basic_auth),
            IdentityProviderType::GitHub => member!(github, github, lookup),
            IdentityProviderType::GitLab => member!(gitlab, gitlab),
            IdentityProviderType::Google => member!(google, google, lookup),
            IdentityProviderType::Htpasswd => member!(htpasswd, htpasswd),
            IdentityProviderType::Keystone => member!(keystone, keystone),
            IdentityProviderType::Ldap => member!(ldap, ldap),
            IdentityProviderType::OpenId => member!(open_id, open_id),
            IdentityProviderType::RequestHeader => member!(request_header, request_header),
            IdentityProviderType::Other(_) => {}
        }
    }

    /// Who answers clients that expect a challenge, as `oc login` does. Source: `validateOAuthSpec`.
    fn challenges(&mut self, path: &JsonPath, providers: &[IdentityProvider]) {
        let names = |select: fn(&IdentityProvider) -> bool| -> Vec<&str> {
            let selected = providers.iter().filter(|provider| select(provider));
            selected.map(|provider| provider.name.as_deref().unwrap_or_default()).collect()
        };
        let redirecting = names(redirects_challenges);
        let answering = names(answers_challenges);
        if redirecting.len() > 1 {
            let names = redirecting.join(", ");
            self.refuse(path.clone(), OAuthRule::ManyRedirectors { names });
        }
        if !redirecting.is_empty() && !answering.is_empty() {
            let redirecting = redirecting.join(", ");
            let answering = answering.join(", ");
            self.refuse(path.clone(), OAuthRule::MixedChallenges { redirecting, answering });
        }
    }

    /// Source: `validateOAuthSpec`, and the CEL rule of the `HostedCluster`.
    fn token_config(&mut self, path: &JsonPath, config: &TokenConfig) {
        self.unknown(path, &config.other, None, Inside::Elsewhere);
        let age = config.access_token_max_age_seconds.unwrap_or_default();
        if age < 0 {
            let rule = OAuthRule::NegativeAge { seconds: age };
            self.refuse(path.field("accessTokenMaxAgeSeconds"), rule);
        }
        if config.access_token_inactivity_timeout_seconds.is_some_and(|seconds| seconds != 0) {
            self.warn(path.field("accessTokenInactivityTimeoutSeconds"), OAuthRule::NoEffect);
        }
        let Some(text) = &config.access_token_inactivity_timeout else { return };
        let path = path.field("accessTokenInactivityTimeout");
        let text = text.clone();
        let Ok(timeout) = text.parse::<GoDuration>() else {
            return self.refuse(path, OAuthRule::Duration { text });
        };
        let age = if age > 0 { age } else { DEFAULT_AGE };
        if timeout.nanoseconds() < MINIMUM_INACTIVITY * NANOSECONDS {
            self.refuse(path, OAuthRule::InactivityTooShort { text });
        } else if timeout.nanoseconds() >= i64::from(age) * NANOSECONDS {
            self.warn(path, OAuthRule::InactivityTooLong { text, age });
        }
    }

    fn templates(&mut self, path: &JsonPath, templates: &OAuthTemplates) {
        self.unknown(path, &templates.other, None, Inside::Elsewhere);
        for (field, reference, key) in [
            ("login", &templates.login, "login.html"),
            ("providerSelection", &templates.provider_selection, "providers.html"),
            ("error", &templates.error, "errors.html"),
        ] {
            self.reference(&path.field(field), Reference::secret(reference.as_ref(), key));
        }
    }
}

/// Seconds that a token lives if nothing is said.
const DEFAULT_AGE: i32 = 86_400;
/// Seconds that the inactivity timeout must have.
const MINIMUM_INACTIVITY: i64 = 300;
const NANOSECONDS: i64 = 1_000_000_000;

/// What the documentation calls the providers, and what people write, where letters and digits differ from the type.
const ALIASES: &[(&str, &str)] = &[
    ("oidc", "OpenID"),
    ("openid-connect", "OpenID"),
    ("basic-authentication", "BasicAuth"),
    ("basic", "BasicAuth"),
    ("active-directory", "LDAP"),
];

/// The members that are there, whatever the type is.
fn members(provider: &IdentityProvider) -> Vec<&'static str> {
    let present = [
        provider.basic_auth.is_some(),
        provider.github.is_some(),
        provider.gitlab.is_some(),
        provider.google.is_some(),
        provider.htpasswd.is_some(),
        provider.keystone.is_some(),
        provider.ldap.is_some(),
        provider.open_id.is_some(),
        provider.request_header.is_some(),
    ];
    MEMBERS
        .iter()
        .zip(present)
        .filter(|(_, present)| *present)
        .map(|((name, _), _)| *name)
        .collect()
}

/// The type that this is the member of.
fn of_member(member: &str) -> Option<IdentityProviderType> {
    let known = IdentityProviderType::KNOWN.iter().map(|kind| IdentityProviderType::from(*kind));
    known.into_iter().find(|kind| kind.member() == Some(member))
}

/// Whether users come back from this provider by the redirect URL.
fn redirects(provider: &IdentityProvider) -> bool {
    use IdentityProviderType as Type;
    matches!(provider.kind, Some(Type::GitHub | Type::GitLab | Type::Google | Type::OpenId))
}

fn is_unreserved(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte))
}

fn redirects_challenges(provider: &IdentityProvider) -> bool {
    provider.kind == Some(IdentityProviderType::RequestHeader)
        && provider
            .request_header
            .as_ref()
            .and_then(|header| header.challenge_url.as_ref())
            .is_some_and(|url| !url.is_empty())
}

/// OpenShift counts every `OpenID` provider, although only some take passwords.
fn answers_challenges(provider: &IdentityProvider) -> bool {
    use IdentityProviderType as Type;
    matches!(
        provider.kind,
        Some(
            Type::BasicAuth
                | Type::GitLab
                | Type::Htpasswd
                | Type::Keystone
                | Type::Ldap
                | Type::OpenId
        )
    )
}
