//! The etcd of a control plane: `spec.etcd`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::reference::LocalObjectReference;
use super::schema::{cel, immutable};
use super::values::Quantity;
use crate::Other;

string_enum! {
    /// Who runs the etcd of a control plane.
    pub enum EtcdManagementType {
        /// `HyperShift`.
        Managed = "Managed",
        /// Somebody else.
        Unmanaged = "Unmanaged",
    }
}

string_enum! {
    /// Where etcd keeps its data.
    pub enum EtcdStorageType {
        /// On a persistent volume for each member.
        PersistentVolume = "PersistentVolume",
    }
}

/// The etcd of a control plane.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(extend("x-kubernetes-validations" = cel(&[
    ("has(self.managed) == (self.managementType == 'Managed')",
     "managed is required when managementType is Managed, and forbidden otherwise"),
    ("has(self.unmanaged) == (self.managementType == 'Unmanaged')",
     "unmanaged is required when managementType is Unmanaged, and forbidden otherwise"),
])))]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct EtcdSpec {
    /// Who runs it; cannot be changed.
    #[schemars(extend("x-kubernetes-validations" = immutable("managementType")))]
    pub management_type: EtcdManagementType,
    /// How HyperShift runs it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub managed: Option<ManagedEtcdSpec>,
    /// How to reach one that HyperShift does not run.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unmanaged: Option<UnmanagedEtcdSpec>,
    /// What this version does not model.
    #[serde(flatten)]
    pub other: Other,
}

/// An etcd that HyperShift runs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct ManagedEtcdSpec {
    /// Where its data is.
    #[schemars(extend("x-kubernetes-validations" = cel(&[(
        "has(self.restoreSnapshotURL) == has(oldSelf.restoreSnapshotURL)",
        "restoreSnapshotURL is set when a cluster is created, or never",
    )])))]
    pub storage: ManagedEtcdStorageSpec,
    /// What this version does not model.
    #[serde(flatten)]
    pub other: Other,
}

/// Where the data of a managed etcd is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct ManagedEtcdStorageSpec {
    /// The kind of storage.
    #[serde(rename = "type")]
    pub kind: EtcdStorageType,
    /// The volume of each member.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub persistent_volume: Option<PersistentVolumeEtcdStorageSpec>,
    /// One snapshot that every member starts from, as a URL that needs no credentials; can only be given when a cluster is created.
    #[serde(rename = "restoreSnapshotURL", skip_serializing_if = "Option::is_none")]
    #[schemars(
        length(max = 1),
        inner(length(max = 1024)),
        extend("x-kubernetes-list-type" = "set", "x-kubernetes-validations" = cel(&[
            ("self == oldSelf", "restoreSnapshotURL is immutable"),
            ("self.all(url, url.matches('^(https|s3)://'))",
             "a snapshot's URL begins with https:// or s3://"),
        ]))
    )]
    pub restore_snapshot_url: Option<Vec<String>>,
    /// What this version does not model.
    #[serde(flatten)]
    pub other: Other,
}

/// The volume of an etcd member.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct PersistentVolumeEtcdStorageSpec {
    /// Its storage class; that of the management cluster if none is given. Cannot be changed.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(
        length(max = 255),
        extend("x-kubernetes-validations" = immutable("storageClassName"))
    )]
    pub storage_class_name: Option<String>,
    /// Its size, 8Gi by default. Cannot be changed.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend(
        "default" = "8Gi",
        "x-kubernetes-validations" = immutable("the size of an etcd volume")
    ))]
    pub size: Option<Quantity>,
    /// What this version does not model.
    #[serde(flatten)]
    pub other: Other,
}

/// An etcd that HyperShift does not run.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct UnmanagedEtcdSpec {
    /// The URL of its client endpoint, `https://`.
    #[schemars(length(max = 255), pattern(r"^https://"))]
    pub endpoint: String,
    /// How to prove who is who.
    pub tls: EtcdTlsConfig,
    /// What this version does not model.
    #[serde(flatten)]
    pub other: Other,
}

/// TLS to an etcd that HyperShift does not run.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct EtcdTlsConfig {
    /// A Secret with the keys `etcd-client-ca.crt`, `etcd-client.crt` and `etcd-client.key`.
    pub client_secret: LocalObjectReference,
    /// What this version does not model.
    #[serde(flatten)]
    pub other: Other,
}
