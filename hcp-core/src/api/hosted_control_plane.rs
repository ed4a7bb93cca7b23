//! `HostedControlPlane`: what HyperShift makes of a `HostedCluster`, in the namespace of its pods.

use std::collections::BTreeMap;

use kube_derive::CustomResource;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::capabilities::Capabilities;
use super::configuration::ClusterConfiguration;
use super::encryption::SecretEncryptionSpec;
use super::etcd::EtcdSpec;
use super::hosted_cluster::{AvailabilityPolicy, ImageContentSource, OlmCatalogPlacement};
use super::hosted_cluster_status::ApiEndpoint;
use super::networking::{ClusterNetworking, DOMAIN_OR_EMPTY, DnsSpec};
use super::platform::PlatformSpec;
use super::reference::{KubeconfigSecretRef, LocalObjectReference, Toleration};
use super::release::{ClusterVersionStatus, ControlPlaneVersionStatus};
use super::schema::{cel, immutable, structural};
use super::services::ServicePublishingStrategyMapping;
use super::values::Opaque;
use crate::conditions::Condition;
use crate::{Other, Time};

/// What a control plane shall be. HyperShift writes it; people do not.
///
/// Unlike a `HostedCluster` it has no `release`, but `releaseImage`; its platform is `None` where that of the cluster is `Agent`.
#[derive(CustomResource, Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[kube(
    crates(kube_core = "::kube_core"),
    group = "hypershift.openshift.io",
    version = "v1beta1",
    kind = "HostedControlPlane",
    plural = "hostedcontrolplanes",
    shortname = "hcp",
    shortname = "hcps",
    category = "cluster-api",
    namespaced,
    status = "HostedControlPlaneStatus",
    derive = "PartialEq",
    attr = "non_exhaustive",
    doc = "A control plane that runs as pods in this namespace."
)]
#[schemars(
    transform = structural,
    extend("x-kubernetes-validations" = cel(&[
        ("size(self.services) >= (self.platform.type == 'IBMCloud' ? 3 : 4)",
         "services has at least 4 entries, or 3 on IBMCloud"),
        ("!has(oldSelf.secretEncryption) || has(self.secretEncryption)",
         "secretEncryption cannot be removed"),
    ]))
)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct HostedControlPlaneSpec {
    /// The pull spec of the release image.
    #[schemars(length(max = 255))]
    pub release_image: String,
    /// The pull spec of the release image of what runs in the management cluster, where that differs.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 255))]
    pub control_plane_release_image: Option<String>,
    /// The service that recommends updates.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub update_service: Option<String>,
    /// The channel of updates.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 255))]
    pub channel: Option<String>,
    /// The Secret that images are pulled with.
    pub pull_secret: LocalObjectReference,
    /// The issuer of the tokens of service accounts.
    #[serde(rename = "issuerURL")]
    #[schemars(length(max = 255))]
    pub issuer_url: String,
    /// The cluster's networks.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub networking: Option<ClusterNetworking>,
    /// The Secret with public keys that may log in on nodes.
    pub ssh_key: LocalObjectReference,
    /// Identifies the cluster.
    #[serde(rename = "clusterID", skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 255))]
    pub cluster_id: Option<String>,
    /// Identifies the cluster in its infrastructure.
    #[serde(rename = "infraID")]
    #[schemars(length(max = 255))]
    pub infra_id: String,
    /// Where the machines are.
    pub platform: PlatformSpec,
    /// The cluster's names.
    pub dns: DnsSpec,
    /// The Secret with the key that signs the tokens of service accounts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub service_account_signing_key: Option<LocalObjectReference>,
    /// How many replicas the control plane has.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend(
        "default" = "HighlyAvailable",
        "x-kubernetes-validations" = immutable("controllerAvailabilityPolicy")
    ))]
    pub controller_availability_policy: Option<AvailabilityPolicy>,
    /// How many replicas the cluster's own services on the nodes have.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("default" = "SingleReplica"))]
    pub infrastructure_availability_policy: Option<AvailabilityPolicy>,
    /// Whether the nodes are in FIPS mode.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fips: Option<bool>,
    /// The Secret that the administrator's kubeconfig goes to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kubeconfig: Option<KubeconfigSecretRef>,
    /// A name of its own for the API server.
    #[serde(rename = "kubeAPIServerDNSName", skip_serializing_if = "Option::is_none")]
    #[schemars(
        length(max = 253),
        extend("x-kubernetes-validations" = cel(&[(
            DOMAIN_OR_EMPTY,
            "kubeAPIServerDNSName is a domain name, or empty",
        )]))
    )]
    pub kube_api_server_dns_name: Option<String>,
    /// How the endpoints of the control plane are published.
    #[schemars(length(max = 6))]
    pub services: Vec<ServicePublishingStrategyMapping>,
    /// The Secret with a kubeconfig for the audit webhook.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub audit_webhook: Option<LocalObjectReference>,
    /// The control plane's etcd.
    pub etcd: EtcdSpec,
    /// OpenShift's own configuration.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub configuration: Option<ClusterConfiguration>,
    /// Mirrors that nodes pull images from.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 255))]
    pub image_content_sources: Option<Vec<ImageContentSource>>,
    /// The ConfigMap with authorities that control plane and nodes trust.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub additional_trust_bundle: Option<LocalObjectReference>,
    /// How secrets are encrypted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub secret_encryption: Option<SecretEncryptionSpec>,
    /// Pauses reconciliation. HyperShift's CRD looks only at its length.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 255))]
    pub paused_until: Option<String>,
    /// Where the catalogs of the Operator Lifecycle Manager run.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("default" = "management"))]
    pub olm_catalog_placement: Option<OlmCatalogPlacement>,
    /// Which nodes of the management cluster the pods may run on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub node_selector: Option<BTreeMap<String, String>>,
    /// Taints that the pods tolerate.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 25))]
    pub tolerations: Option<Vec<Toleration>>,
    /// Labels of the pods.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("maxProperties" = 20))]
    pub labels: Option<BTreeMap<String, String>>,
    /// Which optional components are there.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("default" = {}))]
    pub capabilities: Option<Capabilities>,
    /// What this version does not model.
    #[serde(flatten)]
    pub other: Other,
}

/// What HyperShift reports of a control plane.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[schemars(transform = structural)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct HostedControlPlaneStatus {
    /// What controllers say of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(
        length(max = 100),
        extend("x-kubernetes-list-type" = "map", "x-kubernetes-list-map-keys" = ["type"])
    )]
    pub conditions: Option<Vec<Condition>>,
    /// Whether the API server takes requests.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(required, extend("default" = false))]
    pub ready: Option<bool>,
    /// Whether it was ready once.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(required, extend("default" = false))]
    pub initialized: Option<bool>,
    /// Tells Cluster API that somebody else runs the control plane.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("default" = true))]
    pub external_managed_control_plane: Option<bool>,
    /// Where the API server is reached.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub control_plane_endpoint: Option<ApiEndpoint>,
    /// The redirect URL for identity providers, with `[identity-provider-name]` where the provider's name goes.
    #[serde(rename = "oauthCallbackURLTemplate", skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 255))]
    pub oauth_callback_url_template: Option<String>,
    /// The rollout of what runs in the management cluster.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub control_plane_version: Option<ControlPlaneVersionStatus>,
    /// The rollout as a whole, nodes included.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version_status: Option<ClusterVersionStatus>,
    /// The version that was rolled out; `versionStatus` says more.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 255))]
    pub version: Option<String>,
    /// The release image that was rolled out; `versionStatus` says more.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 255))]
    pub release_image: Option<String>,
    /// When `releaseImage` last changed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_release_image_transition_time: Option<Time>,
    /// The Secret with the administrator's kubeconfig.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kube_config: Option<KubeconfigSecretRef>,
    /// The Secret with a kubeconfig for the API server's own name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub custom_kubeconfig: Option<KubeconfigSecretRef>,
    /// The Secret with the first password of `kubeadmin`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kubeadmin_password: Option<LocalObjectReference>,
    /// What the platform reports.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub platform: Option<Opaque>,
    /// How many nodes there are.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub node_count: Option<i64>,
    /// What this version does not model.
    #[serde(flatten)]
    pub other: Other,
}

impl HostedControlPlaneStatus {
    /// What controllers say of it.
    #[must_use]
    pub fn conditions(&self) -> &[Condition] {
        self.conditions.as_deref().unwrap_or_default()
    }
}
