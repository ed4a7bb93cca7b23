//! Optional components of a hosted cluster: `spec.capabilities`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::schema::{cel, immutable};
use crate::Other;

string_enum! {
    /// An optional component.
    pub enum OptionalCapability {
        /// The image registry.
        ImageRegistry = "ImageRegistry",
        /// The samples operator.
        OpenShiftSamples = "openshift-samples",
        /// The insights operator.
        Insights = "Insights",
        /// What bare metal needs.
        Baremetal = "baremetal",
        /// The web console.
        Console = "Console",
        /// The node tuning operator.
        NodeTuning = "NodeTuning",
        /// The ingress operator.
        Ingress = "Ingress",
    }
}

/// Which optional components are there; can only be chosen when a cluster is created.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(extend("x-kubernetes-validations" = cel(&[
    ("self == oldSelf", "capabilities is immutable"),
    ("!has(self.enabled) || !has(self.disabled) || !self.enabled.exists(c, c in self.disabled)",
     "a capability is enabled or disabled, not both"),
])))]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Capabilities {
    /// Those that shall be there.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 25), extend(
        "x-kubernetes-list-type" = "atomic",
        "x-kubernetes-validations" = immutable("enabled")
    ))]
    pub enabled: Option<Vec<OptionalCapability>>,
    /// Those that shall not.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 25), extend(
        "x-kubernetes-list-type" = "atomic",
        "x-kubernetes-validations" = cel(&[
            ("self == oldSelf", "disabled is immutable"),
            ("!('Ingress' in self) || 'Console' in self",
             "Ingress can be disabled only together with Console"),
        ])
    ))]
    pub disabled: Option<Vec<OptionalCapability>>,
    /// What this version does not model.
    #[serde(flatten)]
    pub other: Other,
}
