//! Identity providers of a hosted cluster, and what is wrong with them.

mod providers;
mod types;

pub use providers::{
    BasicAuthIdentityProvider, GitHubIdentityProvider, GitLabIdentityProvider,
    GoogleIdentityProvider, HtpasswdIdentityProvider, KeystoneIdentityProvider,
    LdapAttributeMapping, LdapIdentityProvider, OpenIdClaims, OpenIdIdentityProvider,
    RequestHeaderIdentityProvider,
};
pub use types::{
    ConfigMapNameReference, IdentityProvider, IdentityProviderType, MappingMethod, OAuthSpec,
    OAuthTemplates, SecretNameReference, TokenConfig,
};
