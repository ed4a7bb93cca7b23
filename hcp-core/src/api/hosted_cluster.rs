//! `HostedCluster`: a cluster whose control plane runs as pods, as its owner wants it.

use std::collections::BTreeMap;

use kube_derive::CustomResource;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::capabilities::Capabilities;
use super::configuration::ClusterConfiguration;
use super::encryption::SecretEncryptionSpec;
use super::etcd::EtcdSpec;
use super::hosted_cluster_status::HostedClusterStatus;
use super::networking::{ClusterNetworking, DOMAIN_OR_EMPTY, DnsSpec, ONCE, default_networking};
use super::platform::PlatformSpec;
use super::reference::{LocalObjectReference, Toleration};
use super::release::Release;
use super::schema::{cel, immutable, structural};
use super::services::ServicePublishingStrategyMapping;
use crate::platform::PlatformType;
use crate::{NameError, Other};

string_enum! {
    /// How many replicas components have.
    pub enum AvailabilityPolicy {
        /// Three, so that one may be lost.
        HighlyAvailable = "HighlyAvailable",
        /// One.
        SingleReplica = "SingleReplica",
    }
}

string_enum! {
    /// Where the catalogs of the Operator Lifecycle Manager run.
    pub enum OlmCatalogPlacement {
        /// In the management cluster.
        Management = "management",
        /// In the hosted cluster.
        Guest = "guest",
    }
}

/// What a hosted cluster shall be.
#[derive(CustomResource, Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[kube(
    crates(kube_core = "::kube_core"),
    group = "hypershift.openshift.io",
    version = "v1beta1",
    kind = "HostedCluster",
    plural = "hostedclusters",
    shortname = "hc",
    shortname = "hcs",
    namespaced,
    status = "HostedClusterStatus",
    derive = "PartialEq",
    attr = "non_exhaustive",
    doc = "A cluster whose control plane runs as pods in a management cluster.",
    printcolumn = r#"{"name": "Version", "type": "string", "jsonPath": ".status.version.history[?(@.state==\"Completed\")].version", "description": "The version that is rolled out"}"#,
    printcolumn = r#"{"name": "CP Version", "type": "string", "jsonPath": ".status.controlPlaneVersion.history[?(@.state==\"Completed\")].version", "description": "The version of the control plane that is rolled out"}"#,
    printcolumn = r#"{"name": "KubeConfig", "type": "string", "jsonPath": ".status.kubeconfig.name", "description": "The Secret that holds a kubeconfig"}"#,
    printcolumn = r#"{"name": "Progress", "type": "string", "jsonPath": ".status.version.history[?(@.state!=\"\")].state", "description": "How far the rollout has come"}"#,
    printcolumn = r#"{"name": "Available", "type": "string", "jsonPath": ".status.conditions[?(@.type==\"Available\")].status", "description": "Whether the control plane is available"}"#,
    printcolumn = r#"{"name": "Progressing", "type": "string", "jsonPath": ".status.conditions[?(@.type==\"Progressing\")].status", "description": "Whether a rollout goes on"}"#,
    printcolumn = r#"{"name": "Message", "type": "string", "jsonPath": ".status.conditions[?(@.type==\"Available\")].message", "description": "Why it is, or is not, available"}"#,
    printcolumn = r#"{"name": "CP Progress", "type": "string", "jsonPath": ".status.controlPlaneVersion.history[0].state", "description": "How far the rollout of the control plane has come", "priority": 1}"#,
    printcolumn = r#"{"name": "DP Progress", "type": "string", "jsonPath": ".status.version.history[0].state", "description": "How far the rollout of the data plane has come", "priority": 1}"#
)]
#[schemars(
    transform = structural,
    extend("x-kubernetes-validations" = cel(&[
        ("size(self.services) >= (self.platform.type == 'IBMCloud' ? 3 : 4)",
         "services has at least 4 entries, or 3 on IBMCloud"),
        ("self.platform.type == 'IBMCloud' || self.services == oldSelf.services",
         "services is immutable"),
        ("self.platform.type != 'Azure' || ['Konnectivity', 'Ignition'].all(name, self.services.exists(s, \
          s.service == name && s.servicePublishingStrategy.type == 'Route'))",
         "Azure publishes Konnectivity and Ignition by Route"),
        ("self.platform.type != 'Azure' || self.services.exists(s, s.service == 'OAuthServer' && \
          s.servicePublishingStrategy.type in ['Route', 'LoadBalancer'])",
         "Azure publishes OAuthServer by Route or LoadBalancer"),
        ("has(self.issuerURL) || !has(self.serviceAccountSigningKey)",
         "serviceAccountSigningKey needs issuerURL"),
        ("!has(oldSelf.clusterID) || has(self.clusterID)", "clusterID cannot be removed"),
        ("!has(oldSelf.infraID) || has(self.infraID)", "infraID cannot be removed"),
        ("!has(oldSelf.secretEncryption) || has(self.secretEncryption)",
         "secretEncryption cannot be removed"),
    ]))
)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct HostedClusterSpec {
    /// The release of the control plane, and of what it runs on the nodes.
    pub release: Release,
    /// The release of what runs in the management cluster, where that differs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub control_plane_release: Option<Release>,
    /// Identifies the cluster, as a UUID; HyperShift makes one. Cannot be changed.
    #[serde(rename = "clusterID", skip_serializing_if = "Option::is_none")]
    #[schemars(
        length(min = 36, max = 36),
        extend("x-kubernetes-validations" = cel(&[
            ("self.matches('[a-fA-F0-9]{8}(-[a-fA-F0-9]{4}){3}-[a-fA-F0-9]{12}')",
             "clusterID is a UUID"),
            (ONCE, "clusterID is immutable"),
        ]))
    )]
    pub cluster_id: Option<String>,
    /// Identifies the cluster in its infrastructure; HyperShift makes one. Cannot be changed.
    #[serde(rename = "infraID", skip_serializing_if = "Option::is_none")]
    #[schemars(
        length(min = 1, max = 253),
        extend("x-kubernetes-validations" = cel(&[
            ("self.matches('^[a-z0-9]([-a-z0-9]*[a-z0-9])?$')",
             "infraID consists of a-z, 0-9 and -, without - at either end"),
            (ONCE, "infraID is immutable"),
        ]))
    )]
    pub infra_id: Option<String>,
    /// The service that recommends updates.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("x-kubernetes-validations" = cel(&[(
        "isURL(self)",
        "updateService is an absolute URL",
    )])))]
    pub update_service: Option<String>,
    /// The channel of updates, for example `stable-4.15`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 100))]
    pub channel: Option<String>,
    /// Where the machines are.
    pub platform: PlatformSpec,
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
    /// How many replicas the control plane has; `HighlyAvailable` by default (`SingleReplica` before 4.16). Cannot be changed.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend(
        "default" = "HighlyAvailable",
        "x-kubernetes-validations" = immutable("controllerAvailabilityPolicy")
    ))]
    pub controller_availability_policy: Option<AvailabilityPolicy>,
    /// How many replicas the cluster's own services on the nodes have; `SingleReplica` by default.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("default" = "SingleReplica"))]
    pub infrastructure_availability_policy: Option<AvailabilityPolicy>,
    /// The cluster's names.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dns: Option<DnsSpec>,
    /// The cluster's networks.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(required, extend("default" = default_networking()))]
    pub networking: Option<ClusterNetworking>,
    /// The control plane's etcd.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(required, extend("default" = {
        "managementType": "Managed",
        "managed": { "storage": { "type": "PersistentVolume", "persistentVolume": { "size": "8Gi" } } },
    }))]
    pub etcd: Option<EtcdSpec>,
    /// How the endpoints of the control plane are published; cannot be changed except on IBM Cloud.
    #[schemars(length(max = 6))]
    pub services: Vec<ServicePublishingStrategyMapping>,
    /// The Secret that images are pulled with, under the key `.dockerconfigjson`. Another reference rolls all node pools; other data in the Secret does not.
    pub pull_secret: LocalObjectReference,
    /// The Secret with public keys that may log in on nodes, under the key `id_rsa.pub`. Required before 4.16.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ssh_key: Option<LocalObjectReference>,
    /// The issuer of the tokens of service accounts; cannot be changed.
    #[serde(rename = "issuerURL", skip_serializing_if = "Option::is_none")]
    #[schemars(
        length(max = 255),
        extend(
            "default" = "https://kubernetes.default.svc",
            "x-kubernetes-validations" = cel(&[
                ("self == oldSelf", "issuerURL is immutable"),
                ("isURL(self)", "issuerURL is an absolute URL"),
            ])
        )
    )]
    pub issuer_url: Option<String>,
    /// The Secret with the key that signs the tokens of service accounts, under the key `key`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub service_account_signing_key: Option<LocalObjectReference>,
    /// OpenShift's own configuration.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub configuration: Option<ClusterConfiguration>,
    /// The Secret with a kubeconfig for the audit webhook, under the key `webhook-kubeconfig`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub audit_webhook: Option<LocalObjectReference>,
    /// Mirrors that nodes pull images from.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 255))]
    pub image_content_sources: Option<Vec<ImageContentSource>>,
    /// The ConfigMap with authorities that control plane and nodes trust, under the key `ca-bundle.crt`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub additional_trust_bundle: Option<LocalObjectReference>,
    /// How secrets are encrypted; once it is set, it cannot be removed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub secret_encryption: Option<SecretEncryptionSpec>,
    /// Whether the nodes are in FIPS mode; cannot be changed.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("x-kubernetes-validations" = immutable("fips")))]
    pub fips: Option<bool>,
    /// Pauses reconciliation: a time, or `true`. See [`crate::pause`].
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(
        length(min = 4, max = 35),
        extend("x-kubernetes-validations" = cel(&[(PAUSED_UNTIL, PAUSED_UNTIL_MESSAGE)]))
    )]
    pub paused_until: Option<String>,
    /// Where the catalogs of the Operator Lifecycle Manager run; cannot be changed.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend(
        "default" = "management",
        "x-kubernetes-validations" = immutable("olmCatalogPlacement")
    ))]
    pub olm_catalog_placement: Option<OlmCatalogPlacement>,
    /// Which nodes of the management cluster the control plane's pods may run on.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("x-kubernetes-validations" = cel(&[(
        "size(self) <= 20",
        "nodeSelector has at most 20 entries",
    )])))]
    pub node_selector: Option<BTreeMap<String, String>>,
    /// Taints that the control plane's pods tolerate.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 25))]
    pub tolerations: Option<Vec<Toleration>>,
    /// Labels of the control plane's pods.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("maxProperties" = 20))]
    pub labels: Option<BTreeMap<String, String>>,
    /// Which optional components are there; can only be chosen when a cluster is created.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("default" = {}))]
    pub capabilities: Option<Capabilities>,
    /// What this version does not model.
    #[serde(flatten)]
    pub other: Other,
}

/// Mirrors of one registry or repository.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct ImageContentSource {
    /// The registry or repository as users name it.
    #[schemars(length(max = 255))]
    pub source: String,
    /// Where the same images are.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(
        length(max = 255),
        inner(length(max = 255)),
        extend("x-kubernetes-list-type" = "set")
    )]
    pub mirrors: Option<Vec<String>>,
    /// What this version does not model.
    #[serde(flatten)]
    pub other: Other,
}

/// What HyperShift's CRD lets through as `pausedUntil`: more than means a pause.
pub(super) const PAUSED_UNTIL: &str = r"self in ['true', 'false', 'True', 'False'] || self.matches('^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}')";
pub(super) const PAUSED_UNTIL_MESSAGE: &str =
    "pausedUntil is an RFC 3339 time, or true, True, false or False";

impl HostedCluster {
    /// The namespace that the pods of its control plane run in.
    ///
    /// # Errors
    ///
    /// A name or a namespace that Kubernetes does not allow, or none, or a result that is too long.
    pub fn control_plane_namespace(&self) -> Result<String, NameError> {
        let part = |part: &Option<String>| part.clone().unwrap_or_default();
        crate::control_plane_namespace(&part(&self.metadata.namespace), &part(&self.metadata.name))
    }
}

impl HostedClusterSpec {
    /// The least that can be said of a hosted cluster; its services are still to be added.
    #[must_use]
    pub fn new(
        release: Release,
        platform: PlatformType,
        pull_secret: LocalObjectReference,
    ) -> Self {
        Self {
            release,
            control_plane_release: None,
            cluster_id: None,
            infra_id: None,
            update_service: None,
            channel: None,
            platform: PlatformSpec::new(platform),
            kube_api_server_dns_name: None,
            controller_availability_policy: None,
            infrastructure_availability_policy: None,
            dns: None,
            networking: None,
            etcd: None,
            services: Vec::new(),
            pull_secret,
            ssh_key: None,
            issuer_url: None,
            service_account_signing_key: None,
            configuration: None,
            audit_webhook: None,
            image_content_sources: None,
            additional_trust_bundle: None,
            secret_encryption: None,
            fips: None,
            paused_until: None,
            olm_catalog_placement: None,
            node_selector: None,
            tolerations: None,
            labels: None,
            capabilities: None,
            other: Other::new(),
        }
    }

    /// The release image of what runs in the management cluster: that of `controlPlaneRelease`, or of `release`.
    #[must_use]
    pub fn control_plane_image(&self) -> &str {
        &self.control_plane_release.as_ref().unwrap_or(&self.release).image
    }
}
