//! What HyperShift reports of a `HostedCluster`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::reference::LocalObjectReference;
use super::release::{ClusterVersionStatus, ControlPlaneVersionStatus};
use super::schema::structural;
use super::values::Opaque;
use crate::Other;
use crate::conditions::Condition;

string_enum! {
    /// The architectures of a release image.
    pub enum PayloadArch {
        /// Several.
        Multi = "Multi",
        /// 64-bit ARM.
        Arm64 = "ARM64",
        /// 64-bit x86.
        Amd64 = "AMD64",
        /// Little-endian Power.
        Ppc64le = "PPC64LE",
        /// IBM Z.
        S390x = "S390X",
    }
}

/// What HyperShift reports of a hosted cluster.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[schemars(transform = structural)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct HostedClusterStatus {
    /// What controllers say of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(
        length(max = 100),
        extend("x-kubernetes-list-type" = "map", "x-kubernetes-list-map-keys" = ["type"])
    )]
    pub conditions: Option<Vec<Condition>>,
    /// The rollout of what runs in the management cluster (HyperShift 4.20 and newer).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub control_plane_version: Option<ControlPlaneVersionStatus>,
    /// The rollout as a whole, nodes included.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<ClusterVersionStatus>,
    /// The Secret with the administrator's kubeconfig.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kubeconfig: Option<LocalObjectReference>,
    /// The Secret with a kubeconfig for the API server's own name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub custom_kubeconfig: Option<LocalObjectReference>,
    /// The Secret with the first password of `kubeadmin`; absent once `spec.configuration.oauth` is set.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kubeadmin_password: Option<LocalObjectReference>,
    /// Where new nodes get their configuration.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 1024))]
    pub ignition_endpoint: Option<String>,
    /// Where the API server is reached.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub control_plane_endpoint: Option<ApiEndpoint>,
    /// The redirect URL for identity providers, with `[identity-provider-name]` where the provider's name goes.
    #[serde(rename = "oauthCallbackURLTemplate", skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 1024))]
    pub oauth_callback_url_template: Option<String>,
    /// The architectures of the release image.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub payload_arch: Option<PayloadArch>,
    /// What the platform reports.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub platform: Option<Opaque>,
    /// What this version does not model.
    #[serde(flatten)]
    pub other: Other,
}

/// A host and a port.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct ApiEndpoint {
    /// The host; empty while it is not known.
    #[schemars(length(max = 255))]
    pub host: String,
    /// The port; 0 while it is not known.
    pub port: i32,
    /// What this version does not model.
    #[serde(flatten)]
    pub other: Other,
}

impl HostedClusterStatus {
    /// What controllers say of it.
    #[must_use]
    pub fn conditions(&self) -> &[Condition] {
        self.conditions.as_deref().unwrap_or_default()
    }
}
