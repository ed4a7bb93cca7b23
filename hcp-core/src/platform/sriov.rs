//! The SR-IOV operator of a hosted cluster: the objects that install it.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::Other;
use crate::finding::{Finding, Rule};
use crate::names::{is_dns_label, is_dns_subdomain};
use crate::path::JsonPath;

/// The package of the operator in the catalog, and the beginning of the names of its pods and versions.
pub const SRIOV_PACKAGE: &str = "sriov-network-operator";

const WORKER: &str = "node-role.kubernetes.io/worker";

/// How the operator is installed in a hosted cluster. Its pods run on the workers: a hosted cluster has no nodes of the control plane.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct SriovOperator {
    /// The namespace that is made for it.
    pub namespace: String,
    /// The name of the `OperatorGroup`.
    pub operator_group: String,
    /// The name of the `Subscription`.
    pub subscription: String,
    /// The channel of the package.
    pub channel: String,
    /// The `CatalogSource`.
    pub source: String,
    /// The namespace of the `CatalogSource`.
    pub source_namespace: String,
    /// The labels of the nodes that its pods run on.
    pub node_selector: BTreeMap<String, String>,
}

impl Default for SriovOperator {
    /// As in the product documentation, chapter 4.3, but from the catalog `redhat-operators`: the documentation of 4.15 has the path of a registry there,
    /// which no `CatalogSource` can be named.
    fn default() -> Self {
        Self {
            namespace: "openshift-sriov-network-operator".to_owned(),
            operator_group: "sriov-network-operators".to_owned(),
            subscription: "sriov-network-operator-subscription".to_owned(),
            channel: "stable".to_owned(),
            source: "redhat-operators".to_owned(),
            source_namespace: "openshift-marketplace".to_owned(),
            node_selector: BTreeMap::from([(WORKER.to_owned(), String::new())]),
        }
    }
}

impl SriovOperator {
    /// From this `CatalogSource`, for example a mirrored one.
    #[must_use]
    pub fn with_source(mut self, source: impl Into<String>) -> Self {
        self.source = source.into();
        self
    }

    /// From this channel.
    #[must_use]
    pub fn with_channel(mut self, channel: impl Into<String>) -> Self {
        self.channel = channel.into();
        self
    }

    /// On the nodes with these labels.
    #[must_use]
    pub fn with_node_selector(mut self, labels: BTreeMap<String, String>) -> Self {
        self.node_selector = labels;
        self
    }

    /// The objects, in the order in which they are made.
    #[must_use]
    pub fn manifests(&self) -> SriovManifests {
        let named = |name: &str| ObjectName {
            name: name.to_owned(),
            namespace: Some(self.namespace.clone()),
            other: Other::new(),
        };
        SriovManifests {
            namespace: NamespaceManifest {
                api_version: "v1".to_owned(),
                kind: "Namespace".to_owned(),
                metadata: ObjectName { namespace: None, ..named(&self.namespace) },
                other: Other::new(),
            },
            operator_group: OperatorGroup {
                api_version: "operators.coreos.com/v1".to_owned(),
                kind: "OperatorGroup".to_owned(),
                metadata: named(&self.operator_group),
                spec: OperatorGroupSpec {
                    target_namespaces: vec![self.namespace.clone()],
                    other: Other::new(),
                },
                other: Other::new(),
            },
            subscription: Subscription {
                api_version: "operators.coreos.com/v1alpha1".to_owned(),
                kind: "Subscription".to_owned(),
                metadata: named(&self.subscription),
                spec: self.subscription_spec(),
                other: Other::new(),
            },
        }
    }

    fn subscription_spec(&self) -> SubscriptionSpec {
        let node_selector = self.node_selector.clone();
        SubscriptionSpec {
            channel: self.channel.clone(),
            name: SRIOV_PACKAGE.to_owned(),
            config: SubscriptionConfig { node_selector, other: Other::new() },
            source: self.source.clone(),
            source_namespace: self.source_namespace.clone(),
            other: Other::new(),
        }
    }
}

/// The three objects that install the operator.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct SriovManifests {
    /// The namespace.
    pub namespace: NamespaceManifest,
    /// What the operator watches: its own namespace.
    pub operator_group: OperatorGroup,
    /// Which operator, from where.
    pub subscription: Subscription,
}

/// The name and the namespace of an object.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ObjectName {
    /// The name.
    pub name: String,
    /// The namespace, unless the object has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub namespace: Option<String>,
    /// Fields that this version does not know.
    #[serde(flatten)]
    pub other: Other,
}

/// A `Namespace`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct NamespaceManifest {
    /// `v1`.
    pub api_version: String,
    /// `Namespace`.
    pub kind: String,
    /// Its name.
    pub metadata: ObjectName,
    /// Fields that this version does not know.
    #[serde(flatten)]
    pub other: Other,
}

/// An `OperatorGroup` of the Operator Lifecycle Manager.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct OperatorGroup {
    /// `operators.coreos.com/v1`.
    pub api_version: String,
    /// `OperatorGroup`.
    pub kind: String,
    /// Its name.
    pub metadata: ObjectName,
    /// What it selects.
    pub spec: OperatorGroupSpec,
    /// Fields that this version does not know.
    #[serde(flatten)]
    pub other: Other,
}

/// What an `OperatorGroup` selects.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct OperatorGroupSpec {
    /// The namespaces that the operator watches.
    pub target_namespaces: Vec<String>,
    /// Fields that this version does not know.
    #[serde(flatten)]
    pub other: Other,
}

/// A `Subscription` of the Operator Lifecycle Manager.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Subscription {
    /// `operators.coreos.com/v1alpha1`.
    pub api_version: String,
    /// `Subscription`.
    pub kind: String,
    /// Its name.
    pub metadata: ObjectName,
    /// What it installs.
    pub spec: SubscriptionSpec,
    /// Fields that this version does not know.
    #[serde(flatten)]
    pub other: Other,
}

/// What a `Subscription` installs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct SubscriptionSpec {
    /// The channel of the package.
    pub channel: String,
    /// The package.
    pub name: String,
    /// How its pods are run.
    #[serde(default)]
    pub config: SubscriptionConfig,
    /// The `CatalogSource`.
    pub source: String,
    /// The namespace of the `CatalogSource`.
    pub source_namespace: String,
    /// Fields that this version does not know.
    #[serde(flatten)]
    pub other: Other,
}

/// How the pods of an operator are run.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[non_exhaustive]
pub struct SubscriptionConfig {
    /// The labels of the nodes that they run on.
    pub node_selector: BTreeMap<String, String>,
    /// Fields that this version does not know.
    #[serde(flatten)]
    pub other: Other,
}

/// What can be wrong with the objects that install the operator.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SriovRule {
    /// A name that Kubernetes does not allow.
    Name {
        /// The name.
        name: String,
    },
    /// An empty channel.
    NoChannel,
    /// Another package.
    Package {
        /// The package.
        name: String,
    },
    /// The pods are not held on the workers.
    NotOnWorkers,
    /// The group does not watch exactly the namespace of the operator.
    Targets,
    /// An object in another namespace than the one that is made.
    Elsewhere {
        /// The namespace that is made.
        namespace: String,
    },
}

impl SriovManifests {
    /// Reads the three objects from YAML documents.
    ///
    /// # Errors
    ///
    /// A kind that is missing, there twice, or another; fields that are missing.
    #[cfg(feature = "yaml")]
    pub fn from_yaml(text: &str) -> Result<Self, SriovYamlError> {
        let mut found = (None, None, None);
        let yaml = |error: serde_saphyr::Error| SriovYamlError::Yaml(Box::new(error));
        for value in serde_saphyr::from_multiple::<serde_json::Value>(text).map_err(yaml)? {
            let kind = value.get("kind").and_then(serde_json::Value::as_str).unwrap_or_default();
            let kind = kind.to_owned();
            let again = match kind.as_str() {
                "Namespace" => found.0.replace(serde_json::from_value(value)?).is_some(),
                "OperatorGroup" => found.1.replace(serde_json::from_value(value)?).is_some(),
                "Subscription" => found.2.replace(serde_json::from_value(value)?).is_some(),
                _ => return Err(SriovYamlError::Kind(kind)),
            };
            if again {
                return Err(SriovYamlError::Kind(kind));
            }
        }
        let missing = SriovYamlError::Missing;
        Ok(Self {
            namespace: found.0.ok_or_else(|| missing("Namespace"))?,
            operator_group: found.1.ok_or_else(|| missing("OperatorGroup"))?,
            subscription: found.2.ok_or_else(|| missing("Subscription"))?,
        })
    }

    /// Writes the three objects as YAML documents, to be given to `oc apply`.
    ///
    /// # Errors
    ///
    /// Names that YAML cannot hold.
    #[cfg(feature = "yaml")]
    pub fn to_yaml(&self) -> Result<String, SriovYamlError> {
        let yaml = |error: serde_saphyr::SerializeError| SriovYamlError::Yaml(Box::new(error));
        Ok(format!(
            "{}---\n{}---\n{}",
            serde_saphyr::to_string(&self.namespace).map_err(yaml)?,
            serde_saphyr::to_string(&self.operator_group).map_err(yaml)?,
            serde_saphyr::to_string(&self.subscription).map_err(yaml)?,
        ))
    }

    /// Says what is wrong with the objects. Paths begin with `namespace`, `operatorGroup` or `subscription`.
    ///
    /// Sources: Kubernetes, for the names; the product documentation, chapter 4.3.
    #[must_use]
    pub fn check(&self) -> Vec<Finding<SriovRule>> {
        let mut findings = Vec::new();
        let namespace = &self.namespace.metadata.name;
        let subscription = &self.subscription.spec;
        for (path, name, allowed) in [
            ("namespace.metadata.name", namespace, is_dns_label(namespace)),
            name_at("operatorGroup.metadata.name", &self.operator_group.metadata.name),
            name_at("subscription.metadata.name", &self.subscription.metadata.name),
            name_at("subscription.spec.source", &subscription.source),
            name_at("subscription.spec.sourceNamespace", &subscription.source_namespace),
        ] {
            if !allowed {
                let rule = SriovRule::Name { name: name.clone() };
                findings.push(Finding::refusal(JsonPath::fields(path), rule));
            }
        }
        for (path, metadata) in [
            ("operatorGroup.metadata.namespace", &self.operator_group.metadata),
            ("subscription.metadata.namespace", &self.subscription.metadata),
        ] {
            if metadata.namespace.as_ref() != Some(namespace) {
                let rule = SriovRule::Elsewhere { namespace: namespace.clone() };
                findings.push(Finding::refusal(JsonPath::fields(path), rule));
            }
        }
        if self.operator_group.spec.target_namespaces != [namespace.as_str()] {
            let path = JsonPath::fields("operatorGroup.spec.targetNamespaces");
            findings.push(Finding::refusal(path, SriovRule::Targets));
        }
        let spec = JsonPath::fields("subscription.spec");
        if subscription.channel.is_empty() {
            findings.push(Finding::refusal(spec.field("channel"), SriovRule::NoChannel));
        }
        if subscription.name != SRIOV_PACKAGE {
            let rule = SriovRule::Package { name: subscription.name.clone() };
            findings.push(Finding::refusal(spec.field("name"), rule));
        }
        if !subscription.config.node_selector.contains_key(WORKER) {
            let path = spec.field("config").field("nodeSelector");
            findings.push(Finding::warning(path, SriovRule::NotOnWorkers));
        }
        findings
    }
}

fn name_at<'a>(path: &'static str, name: &'a String) -> (&'static str, &'a String, bool) {
    (path, name, is_dns_subdomain(name))
}

/// Why YAML does not hold the three objects.
#[cfg(feature = "yaml")]
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SriovYamlError {
    /// It is no YAML, or cannot be.
    #[error("this is not YAML; give the documents of Namespace, OperatorGroup and Subscription")]
    Yaml(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// An object is not what its kind says.
    #[error("an object does not have the fields of its kind; see the documentation, chapter 4.3")]
    Object(#[from] serde_json::Error),
    /// A kind that does not belong there, or a second time.
    #[error("an object of kind \"{0}\" is one too many; remove it")]
    Kind(String),
    /// A kind that is not there.
    #[error("there is no {0}; add it")]
    Missing(&'static str),
}

impl fmt::Display for SriovRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name { name } => write!(f, "\"{name}\" cannot be the name of an object"),
            Self::NoChannel => f.write_str("no channel is given"),
            Self::Package { name } => write!(f, "\"{name}\" is not the package of the operator"),
            Self::NotOnWorkers => f.write_str(
                "the pods are not held on the workers, and a hosted cluster has no other nodes for them",
            ),
            Self::Targets => f.write_str("the operator must watch its own namespace, and only that"),
            Self::Elsewhere { namespace } => {
                write!(f, "the object is not in \"{namespace}\", the namespace that is made")
            }
        }
    }
}

impl Rule for SriovRule {
    fn id(&self) -> &'static str {
        match self {
            Self::Name { .. } => "sriov-name",
            Self::NoChannel => "sriov-no-channel",
            Self::Package { .. } => "sriov-package",
            Self::NotOnWorkers => "sriov-not-on-workers",
            Self::Targets => "sriov-targets",
            Self::Elsewhere { .. } => "sriov-elsewhere",
        }
    }

    fn remedy(&self) -> Cow<'static, str> {
        match self {
            Self::Name { .. } => {
                "use letters a-z, digits and dashes, as in redhat-operators".into()
            }
            Self::NoChannel => "use stable".into(),
            Self::Package { .. } => format!("use {SRIOV_PACKAGE}").into(),
            Self::NotOnWorkers => format!("set the label {WORKER} to \"\"").into(),
            Self::Targets | Self::Elsewhere { .. } => {
                "name the namespace of the operator there".into()
            }
        }
    }
}
