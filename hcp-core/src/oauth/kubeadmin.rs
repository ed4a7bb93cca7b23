//! What a change of the configuration does to the user `kubeadmin`.

use super::types::OAuthSpec;

string_enum! {
    /// `spec.configuration.authentication.type`: who authenticates users.
    pub enum AuthenticationType {
        /// The default, which is the OAuth server.
        Default = "",
        /// The OAuth server of the control plane.
        IntegratedOAuth = "IntegratedOAuth",
        /// An `OpenID` Connect issuer, directly; there is no OAuth server.
        Oidc = "OIDC",
        /// Nobody.
        Nobody = "None",
    }
}

/// What happens to `kubeadmin` and its password.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum KubeadminEffect {
    /// It stays, with its password.
    Kept,
    /// Its Secrets are deleted, in the management cluster and in the hosted one.
    Removed,
    /// It comes back, with a new password; the old one is never valid again.
    NewPassword,
    /// There is none before and none after.
    Absent,
    /// `HyperShift` does not look at it: whatever there is stays as it is.
    Untouched,
}

/// What happens to `kubeadmin` when `spec.configuration.oauth` changes from `before` to `after`.
///
/// The documentation says that any identity provider removes it. In fact it is the presence of `oauth`, even with no provider at all, and taking
/// `oauth` away again makes a new password. With the type OIDC nothing is done.
///
/// Source: `HyperShift`, `reconcileKubeadminPassword` of the control plane operator.
#[must_use]
pub fn kubeadmin_effect(
    before: Option<&OAuthSpec>,
    after: Option<&OAuthSpec>,
    authentication: Option<&AuthenticationType>,
) -> KubeadminEffect {
    if authentication == Some(&AuthenticationType::Oidc) {
        return KubeadminEffect::Untouched;
    }
    match (before.is_some(), after.is_some()) {
        (false, false) => KubeadminEffect::Kept,
        (false, true) => KubeadminEffect::Removed,
        (true, false) => KubeadminEffect::NewPassword,
        (true, true) => KubeadminEffect::Absent,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_presence_of_oauth_counts_and_not_its_providers() {
        let empty = OAuthSpec::default();
        let some = Some(&empty);
        assert_eq!(kubeadmin_effect(None, some, None), KubeadminEffect::Removed);
        assert_eq!(kubeadmin_effect(some, None, None), KubeadminEffect::NewPassword);
        assert_eq!(kubeadmin_effect(some, some, None), KubeadminEffect::Absent);
        assert_eq!(kubeadmin_effect(None, None, None), KubeadminEffect::Kept);
        for kind in ["", "IntegratedOAuth", "None"] {
            let kind = AuthenticationType::from(kind);
            assert_eq!(kubeadmin_effect(None, some, Some(&kind)), KubeadminEffect::Removed);
        }
        for (before, after) in [(None, some), (some, None), (some, some), (None, None)] {
            let effect = kubeadmin_effect(before, after, Some(&AuthenticationType::Oidc));
            assert_eq!(effect, KubeadminEffect::Untouched);
        }
    }
}
