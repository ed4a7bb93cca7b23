//! Identity providers of a hosted cluster, and what is wrong with them.

mod check;
mod check_ldap;
mod check_providers;
mod compat;
mod document;
mod fields;
mod go_url;
mod kubeadmin;
mod ldap_filter;
mod ldap_url;
mod policy;
mod providers;
mod redirect;
mod references;
mod report;
mod rule;
mod types;

pub use check::validate;
pub use compat::{IdpCondition, valid_idp_configuration};
pub use document::{OAuthDocument, OAuthDocumentError, OAuthDocuments};
pub use kubeadmin::{AuthenticationType, KubeadminEffect, kubeadmin_effect};
pub use ldap_url::{LdapScheme, LdapScope, LdapUrl, LdapUrlError};
pub use policy::Policy;
pub use providers::{
    BasicAuthIdentityProvider, GitHubIdentityProvider, GitLabIdentityProvider,
    GoogleIdentityProvider, HtpasswdIdentityProvider, KeystoneIdentityProvider,
    LdapAttributeMapping, LdapIdentityProvider, OpenIdClaims, OpenIdIdentityProvider,
    RequestHeaderIdentityProvider,
};
pub use redirect::{RedirectBase, RedirectError, redirect_url};
pub use references::{ObjectKind, References};
pub use rule::OAuthRule;
pub use types::{
    ConfigMapNameReference, IdentityProvider, IdentityProviderType, MappingMethod, OAuthSpec,
    OAuthTemplates, SecretNameReference, TokenConfig,
};
