//! What a directory must be configured with.

use super::check_providers::CA;
use super::fields::Inside;
use super::ldap_url::{LdapScheme, LdapUrl};
use super::providers::LdapIdentityProvider;
use super::report::{Reference, Report};
use super::rule::OAuthRule;
use crate::path::JsonPath;

impl Report<'_> {
    /// Source: `ValidateLDAPIdentityProvider`.
    pub(super) fn ldap(&mut self, path: &JsonPath, provider: &LdapIdentityProvider) {
        self.unknown(path, &provider.other, Some("ldap"), Inside::Member);
        let password = Reference::secret(provider.bind_password.as_ref(), "bindPassword");
        self.reference(&path.field("bindPassword"), password);
        let has_dn = provider.bind_dn.as_ref().is_some_and(|dn| !dn.is_empty());
        if has_dn != password.is_set() {
            let missing = if has_dn { "bindPassword" } else { "bindDN" };
            self.refuse(path.field(missing), OAuthRule::BindHalf { missing });
        }
        let ca = Reference::config_map(provider.ca.as_ref(), CA);
        self.reference(&path.field("ca"), ca);
        let insecure = provider.insecure.unwrap_or_default();
        if insecure && ca.is_set() {
            self.refuse(path.field("ca"), OAuthRule::CaWithInsecure);
        }
        self.ldap_url(path, provider.url.as_deref(), insecure);
        self.attributes(&path.field("attributes"), provider);
    }

    fn ldap_url(&mut self, path: &JsonPath, text: Option<&str>, insecure: bool) {
        let url_path = path.field("url");
        let Some(text) = self.required(url_path.clone(), text) else { return };
        let url = match text.parse::<LdapUrl>() {
            Ok(url) => url,
            Err(error) => {
                return self.refuse(url_path, OAuthRule::LdapUrl { why: error.to_string() });
            }
        };
        if text.split(['/', '?']).nth(2).is_some_and(|authority| authority.contains('@')) {
            self.warn(url_path.clone(), OAuthRule::UrlUserInfo);
        }
        match (insecure, url.scheme) {
            (true, LdapScheme::Ldaps) => self.refuse(url_path.clone(), OAuthRule::LdapsInsecure),
            (true, LdapScheme::Ldap) => {
                let severity = self.policy.insecure_ldap;
                self.add(severity, path.field("insecure"), OAuthRule::LdapInsecure);
            }
            (false, _) => {}
        }
        if url.host.is_empty() {
            self.warn(url_path.clone(), OAuthRule::LdapNoHost);
        } else if url.host.starts_with('[') && !text.contains("]:") {
            self.warn(url_path.clone(), OAuthRule::LdapIpv6Port);
        }
        if url.base_dn.is_empty() {
            self.warn(url_path.clone(), OAuthRule::LdapNoBase);
        }
        if !url.ignored_attributes.is_empty() {
            self.warn(url_path, OAuthRule::LdapAttributes { used: url.attribute });
        }
    }

    fn attributes(&mut self, path: &JsonPath, provider: &LdapIdentityProvider) {
        let id = provider.attributes.as_ref().and_then(|attributes| attributes.id.as_ref());
        if id.is_none_or(Vec::is_empty) {
            self.refuse(path.field("id"), OAuthRule::Required);
        }
        let Some(attributes) = &provider.attributes else { return };
        self.unknown(path, &attributes.other, None, Inside::Elsewhere);
        self.names(&path.field("id"), attributes.id.as_ref());
        self.names(&path.field("preferredUsername"), attributes.preferred_username.as_ref());
        self.names(&path.field("name"), attributes.name.as_ref());
        self.names(&path.field("email"), attributes.email.as_ref());
    }
}
