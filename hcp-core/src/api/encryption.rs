//! How a control plane encrypts its secrets at rest: `spec.secretEncryption`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::reference::LocalObjectReference;
use super::values::Opaque;
use crate::Other;

string_enum! {
    /// What encrypts the secrets.
    pub enum SecretEncryptionType {
        /// A key management service.
        Kms = "kms",
        /// A key that lies in a Secret.
        Aescbc = "aescbc",
    }
}

string_enum! {
    /// Whose key management service.
    pub enum KmsProvider {
        /// That of IBM Cloud.
        IbmCloud = "IBMCloud",
        /// That of Amazon Web Services.
        Aws = "AWS",
        /// That of Microsoft Azure.
        Azure = "Azure",
    }
}

/// How secrets are encrypted; once it is set, it cannot be removed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct SecretEncryptionSpec {
    /// With what.
    #[serde(rename = "type")]
    pub kind: SecretEncryptionType,
    /// A key management service.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kms: Option<KmsSpec>,
    /// Keys that lie in Secrets. HyperShift's CRD does not require it where `type` is `aescbc`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub aescbc: Option<AescbcSpec>,
    /// What this version does not model.
    #[serde(flatten)]
    pub other: Other,
}

/// A key management service.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct KmsSpec {
    /// Whose.
    pub provider: KmsProvider,
    /// That of IBM Cloud.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ibmcloud: Option<Opaque>,
    /// That of Amazon Web Services.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub aws: Option<Opaque>,
    /// That of Microsoft Azure.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub azure: Option<Opaque>,
    /// What this version does not model.
    #[serde(flatten)]
    pub other: Other,
}

/// Keys that lie in Secrets, under the key `key`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct AescbcSpec {
    /// The Secret whose key encrypts.
    pub active_key: LocalObjectReference,
    /// The Secret of the key that encrypted before, while keys are rotated.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub backup_key: Option<LocalObjectReference>,
    /// What this version does not model.
    #[serde(flatten)]
    pub other: Other,
}
