//! OpenShift's own configuration inside a hosted cluster: `spec.configuration`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::schema::cel;
use crate::Other;
pub use crate::features::FeatureSet;
pub use crate::oauth::AuthenticationType;
use crate::oauth::OAuthSpec;

/// OpenShift's configuration objects inside a hosted cluster, each its `spec` only.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct ClusterConfiguration {
    /// Who authenticates users.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub authentication: Option<AuthenticationSpec>,
    /// Which features are on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub feature_gate: Option<FeatureGateSpec>,
    /// The OAuth server. Its presence alone removes `kubeadmin`, with or without identity providers.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("x-kubernetes-validations" = cel(&[(
        "!has(self.tokenConfig) || !has(self.tokenConfig.accessTokenInactivityTimeout) || \
         duration(self.tokenConfig.accessTokenInactivityTimeout).getSeconds() >= 300",
        "accessTokenInactivityTimeout is at least 300s",
    )])))]
    pub oauth: Option<OAuthSpec>,
    /// What this version does not model: `apiServer`, `image`, `ingress`, `network`, `operatorhub`, `proxy`, `scheduler`.
    #[serde(flatten)]
    pub other: Other,
}

/// Who authenticates the users of a hosted cluster.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct AuthenticationSpec {
    /// Who.
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    pub kind: Option<AuthenticationType>,
    /// What this version does not model.
    #[serde(flatten)]
    pub other: Other,
}

/// Which features of a hosted cluster are on.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct FeatureGateSpec {
    /// The set of features; most of them cannot be left again.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("x-kubernetes-validations" = cel(&[
        ("!(oldSelf in ['CustomNoUpgrade', 'TechPreviewNoUpgrade', 'DevPreviewNoUpgrade']) || self == oldSelf",
         "featureSet cannot be changed once it is CustomNoUpgrade, TechPreviewNoUpgrade or DevPreviewNoUpgrade"),
        ("oldSelf != 'OKD' || self != ''", "featureSet cannot go back from OKD to the default"),
    ])))]
    pub feature_set: Option<FeatureSet>,
    /// Which single features are on and off in the set `CustomNoUpgrade`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub custom_no_upgrade: Option<CustomFeatureGates>,
    /// What this version does not model.
    #[serde(flatten)]
    pub other: Other,
}

/// Single features, by name.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct CustomFeatureGates {
    /// Those that are on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub enabled: Option<Vec<String>>,
    /// Those that are off.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub disabled: Option<Vec<String>>,
    /// What this version does not model.
    #[serde(flatten)]
    pub other: Other,
}
