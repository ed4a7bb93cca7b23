//! What each of the nine kinds of identity providers must hold.

use std::collections::BTreeMap;
use std::net::IpAddr;

use serde_json::Value;

use super::fields::Inside;
use super::providers::{
    BasicAuthIdentityProvider, GitHubIdentityProvider, GitLabIdentityProvider,
    GoogleIdentityProvider, HtpasswdIdentityProvider, KeystoneIdentityProvider,
    OpenIdIdentityProvider, RequestHeaderIdentityProvider,
};
use super::report::{Reference, Report};
use super::rule::OAuthRule;
use super::types::{ConfigMapNameReference, SecretNameReference};
use crate::names::is_dns_subdomain;
use crate::path::JsonPath;

pub(super) const CA: &str = "ca.crt";

/// A server that is connected to.
struct Remote<'a> {
    url: &'a Option<String>,
    ca: &'a Option<ConfigMapNameReference>,
    cert: &'a Option<SecretNameReference>,
    key: &'a Option<SecretNameReference>,
}

impl Report<'_> {
    /// Source: `ValidateRemoteConnectionInfo`; the pair is what Go's `tls.LoadX509KeyPair` needs.
    fn remote(&mut self, path: &JsonPath, remote: &Remote<'_>) -> bool {
        self.secure_url(&path.field("url"), remote.url.as_deref());
        self.reference(&path.field("ca"), Reference::config_map(remote.ca.as_ref(), CA));
        let cert = Reference::secret(remote.cert.as_ref(), "tls.crt");
        let key = Reference::secret(remote.key.as_ref(), "tls.key");
        self.reference(&path.field("tlsClientCert"), cert);
        self.reference(&path.field("tlsClientKey"), key);
        let missing = match (cert.is_set(), key.is_set()) {
            (true, false) => "tlsClientKey",
            (false, true) => "tlsClientCert",
            (both, _) => return both,
        };
        self.refuse(path.field(missing), OAuthRule::TlsPair { missing });
        false
    }

    pub(super) fn basic_auth(&mut self, path: &JsonPath, provider: &BasicAuthIdentityProvider) {
        let BasicAuthIdentityProvider { url, ca, tls_client_cert, tls_client_key, other } =
            provider;
        self.unknown(path, other, Some("basicAuth"), Inside::Member);
        let remote = Remote { url, ca, cert: tls_client_cert, key: tls_client_key };
        if self.remote(path, &remote) {
            self.warn(path.field("tlsClientKey"), OAuthRule::TlsVolumeClash);
        }
    }

    pub(super) fn keystone(&mut self, path: &JsonPath, provider: &KeystoneIdentityProvider) {
        let KeystoneIdentityProvider {
            url,
            ca,
            tls_client_cert,
            tls_client_key,
            domain_name,
            other,
        } = provider;
        self.unknown(path, other, Some("keystone"), Inside::Member);
        self.remote(path, &Remote { url, ca, cert: tls_client_cert, key: tls_client_key });
        self.required(path.field("domainName"), domain_name.as_deref());
    }

    pub(super) fn htpasswd(&mut self, path: &JsonPath, provider: &HtpasswdIdentityProvider) {
        self.unknown(path, &provider.other, Some("htpasswd"), Inside::Member);
        let file = Reference::secret(provider.file_data.as_ref(), "htpasswd").required();
        self.reference(&path.field("fileData"), file);
    }

    /// What all that redirect to another OAuth server have in common. Source: `ValidateOAuthIdentityProvider`.
    fn client(
        &mut self,
        path: &JsonPath,
        id: Option<&str>,
        secret: Option<&SecretNameReference>,
        (member, other): (&'static str, &BTreeMap<String, Value>),
    ) {
        self.unknown(path, other, Some(member), Inside::Member);
        let id_path = path.field("clientID");
        let id = self.required(id_path.clone(), id);
        self.placeholder(&id_path, id);
        let secret = Reference::secret(secret, "clientSecret").required();
        self.reference(&path.field("clientSecret"), secret);
    }

    /// Source: `ValidateGitHubIdentityProvider`.
    pub(super) fn github(
        &mut self,
        path: &JsonPath,
        provider: &GitHubIdentityProvider,
        lookup: bool,
    ) {
        let secret = provider.client_secret.as_ref();
        self.client(path, provider.client_id.as_deref(), secret, ("github", &provider.other));
        let organizations = provider.organizations.as_deref().unwrap_or_default();
        let teams = provider.teams.as_deref().unwrap_or_default();
        let hostname = provider.hostname.as_deref().unwrap_or_default();
        if !organizations.is_empty() && !teams.is_empty() {
            self.refuse(path.field("teams"), OAuthRule::OrganizationsAndTeams);
        }
        if organizations.is_empty() && teams.is_empty() && hostname.is_empty() && !lookup {
            let restriction = "organizations or teams";
            self.refuse(path.clone(), OAuthRule::OpenToAll { service: "GitHub", restriction });
        }
        for (index, text) in organizations.iter().enumerate() {
            if text.is_empty() || text.contains('/') {
                let rule = OAuthRule::Organization { text: text.clone() };
                self.refuse(path.field("organizations").index(index), rule);
            }
        }
        for (index, text) in teams.iter().enumerate() {
            let parts: Vec<_> = text.split('/').collect();
            if parts.len() != 2 || parts.contains(&"") {
                let rule = OAuthRule::Team { text: text.clone() };
                self.refuse(path.field("teams").index(index), rule);
            }
        }
        self.github_host(path, hostname, provider.ca.as_ref());
    }

    fn github_host(
        &mut self,
        path: &JsonPath,
        hostname: &str,
        ca: Option<&ConfigMapNameReference>,
    ) {
        if hostname == "github.com" || hostname.ends_with(".github.com") {
            self.refuse(path.field("hostname"), OAuthRule::HostnameOfGitHub);
        } else if !hostname.is_empty()
            && !is_dns_subdomain(hostname)
            && hostname.parse::<IpAddr>().is_err()
        {
            let rule = OAuthRule::Hostname { text: hostname.to_owned() };
            self.refuse(path.field("hostname"), rule);
        }
        let ca = Reference::config_map(ca, CA);
        self.reference(&path.field("ca"), ca);
        if ca.is_set() && hostname.is_empty() {
            self.refuse(path.field("ca"), OAuthRule::CaWithoutHostname);
        }
    }

    /// Source: `ValidateGitLabIdentityProvider`.
    pub(super) fn gitlab(&mut self, path: &JsonPath, provider: &GitLabIdentityProvider) {
        let secret = provider.client_secret.as_ref();
        self.client(path, provider.client_id.as_deref(), secret, ("gitlab", &provider.other));
        self.secure_url(&path.field("url"), provider.url.as_deref());
        self.reference(&path.field("ca"), Reference::config_map(provider.ca.as_ref(), CA));
    }

    /// Source: `ValidateGoogleIdentityProvider`; that the domain must be equal, openshift/oauth-server.
    pub(super) fn google(
        &mut self,
        path: &JsonPath,
        provider: &GoogleIdentityProvider,
        lookup: bool,
    ) {
        let secret = provider.client_secret.as_ref();
        self.client(path, provider.client_id.as_deref(), secret, ("google", &provider.other));
        let path = path.field("hostedDomain");
        match provider.hosted_domain.as_deref().unwrap_or_default() {
            "" if lookup => {}
            "" => {
                let restriction = "hostedDomain";
                self.refuse(path, OAuthRule::OpenToAll { service: "Google", restriction });
            }
            text if self.placeholder(&path, Some(text)) => {}
            text if !is_dns_subdomain(&text.to_ascii_lowercase()) => {
                self.warn(path, OAuthRule::HostedDomain { text: text.to_owned() });
            }
            _ => {}
        }
    }

    /// Source: `ValidateOpenIDIdentityProvider`; scopes, RFC 6749, section 3.3.
    pub(super) fn open_id(&mut self, path: &JsonPath, provider: &OpenIdIdentityProvider) {
        let secret = provider.client_secret.as_ref();
        self.client(path, provider.client_id.as_deref(), secret, ("openID", &provider.other));
        self.reference(&path.field("ca"), Reference::config_map(provider.ca.as_ref(), CA));
        self.issuer(&path.field("issuer"), provider.issuer.as_deref());
        for (index, scope) in provider.extra_scopes.iter().flatten().enumerate() {
            let allowed = |byte: u8| matches!(byte, b'!' | b'#'..=b'[' | b']'..=b'~');
            let path = path.field("extraScopes").index(index);
            if scope.is_empty() {
                self.warn(path, OAuthRule::NameEmpty);
            } else if !scope.bytes().all(allowed) {
                self.refuse(path, OAuthRule::Scope { scope: scope.clone() });
            }
        }
        for name in provider.extra_authorize_parameters.iter().flat_map(BTreeMap::keys) {
            if RESERVED.contains(&name.as_str()) {
                let path = path.field("extraAuthorizeParameters").key(name);
                self.warn(path, OAuthRule::ReservedParameter { name: name.clone() });
            }
        }
        if let Some(claims) = &provider.claims {
            let path = path.field("claims");
            self.unknown(&path, &claims.other, None, Inside::Elsewhere);
            self.claims(&path.field("preferredUsername"), claims.preferred_username.as_ref());
            self.claims(&path.field("name"), claims.name.as_ref());
            self.claims(&path.field("email"), claims.email.as_ref());
            self.claims(&path.field("groups"), claims.groups.as_ref());
        }
    }

    fn issuer(&mut self, path: &JsonPath, issuer: Option<&str>) {
        let Some(url) = self.secure_url(path, issuer) else { return };
        if !url.query.is_empty() {
            self.refuse(path.clone(), OAuthRule::IssuerQuery);
        }
        if !url.fragment.is_empty() {
            self.refuse(path.clone(), OAuthRule::IssuerFragment);
        }
        if issuer.is_some_and(|issuer| issuer.ends_with('/')) {
            self.refuse(path.clone(), OAuthRule::IssuerSlash);
        }
    }

    fn claims(&mut self, path: &JsonPath, claims: Option<&Vec<String>>) {
        self.names(path, claims);
        for (index, claim) in claims.into_iter().flatten().enumerate() {
            let path = path.index(index);
            let value = claim.contains('@') || claim.contains(char::is_whitespace);
            if !self.placeholder(&path, Some(claim)) && value {
                self.warn(path, OAuthRule::ClaimIsValue { text: claim.clone() });
            }
        }
    }

    /// Source: `ValidateRequestHeaderIdentityProvider`; header names, RFC 9110.
    pub(super) fn request_header(
        &mut self,
        path: &JsonPath,
        provider: &RequestHeaderIdentityProvider,
    ) {
        self.unknown(path, &provider.other, Some("requestHeader"), Inside::Member);
        let ca = Reference::config_map(provider.ca.as_ref(), CA).required();
        self.reference(&path.field("ca"), ca);
        if provider.headers.as_ref().is_none_or(Vec::is_empty) {
            self.refuse(path.field("headers"), OAuthRule::Required);
        }
        self.headers(&path.field("headers"), provider.headers.as_ref());
        let preferred = provider.preferred_username_headers.as_ref();
        self.headers(&path.field("preferredUsernameHeaders"), preferred);
        self.headers(&path.field("nameHeaders"), provider.name_headers.as_ref());
        self.headers(&path.field("emailHeaders"), provider.email_headers.as_ref());
        if provider.client_common_names.as_ref().is_none_or(Vec::is_empty) {
            self.note(path.field("clientCommonNames"), OAuthRule::AnyClientCertificate);
        }
        let login = provider.login_url.as_deref().unwrap_or_default();
        let challenge = provider.challenge_url.as_deref().unwrap_or_default();
        if login.is_empty() && challenge.is_empty() {
            self.refuse(path.clone(), OAuthRule::NoRedirect);
        }
        self.redirect(&path.field("challengeURL"), challenge, false);
        self.redirect(&path.field("loginURL"), login, true);
    }

    fn redirect(&mut self, path: &JsonPath, text: &str, login: bool) {
        if text.is_empty() {
            return;
        }
        let Some(url) = self.url(path, text) else { return };
        if url.scheme != "https" {
            let rule = match url.scheme.as_str() {
                "http" => OAuthRule::UrlInsecure,
                other => OAuthRule::UrlScheme { found: other.to_owned() },
            };
            self.warn(path.clone(), rule);
        }
        let has_token = |text: &str| text.contains("${url}") || text.contains("${query}");
        if !has_token(url.query) {
            let escaped = url.query.to_ascii_lowercase().contains("%7b");
            let hint = match (has_token(text), escaped) {
                (true, _) => "; the one that is there does not stand in the query",
                (false, true) => "; the one that is there is escaped",
                (false, false) => "",
            };
            self.refuse(path.clone(), OAuthRule::NoToken { hint });
        }
        if login && url.path.rsplit('/').next() != Some("authorize") {
            self.refuse(path.clone(), OAuthRule::LoginPath);
        }
    }

    fn headers(&mut self, path: &JsonPath, headers: Option<&Vec<String>>) {
        self.names(path, headers);
        for (index, text) in headers.into_iter().flatten().enumerate() {
            let allowed =
                |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
            if !text.bytes().all(allowed) {
                self.warn(path.index(index), OAuthRule::Header { text: text.clone() });
            }
        }
    }
}

/// Parameters of the authorize request that the OAuth server sets itself.
const RESERVED: &[&str] = &["client_id", "redirect_uri", "response_type", "scope", "state"];
