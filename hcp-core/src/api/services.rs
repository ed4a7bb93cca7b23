//! How the endpoints of a control plane are published: `spec.services`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::schema::cel;
use crate::Other;

string_enum! {
    /// An endpoint of a control plane.
    pub enum ServiceType {
        /// The Kubernetes API server.
        ApiServer = "APIServer",
        /// The OAuth server.
        OAuthServer = "OAuthServer",
        /// Does nothing any more.
        Oidc = "OIDC",
        /// The tunnel between control plane and nodes.
        Konnectivity = "Konnectivity",
        /// Where new nodes get their configuration.
        Ignition = "Ignition",
        /// Does nothing any more.
        OvnSbDb = "OVNSbDb",
    }
}

string_enum! {
    /// How an endpoint is published.
    pub enum PublishingStrategyType {
        /// By a load balancer of its own.
        LoadBalancer = "LoadBalancer",
        /// On a port of every node of the management cluster.
        NodePort = "NodePort",
        /// By a route through an ingress controller.
        Route = "Route",
        /// Not at all.
        None = "None",
        /// In an S3 bucket.
        S3 = "S3",
    }
}

/// How one endpoint is published.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct ServicePublishingStrategyMapping {
    /// Which endpoint.
    pub service: ServiceType,
    /// How.
    pub service_publishing_strategy: ServicePublishingStrategy,
    /// What this version does not model.
    #[serde(flatten)]
    pub other: Other,
}

/// How an endpoint is published; only the member of its type may be set.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(extend("x-kubernetes-validations" = cel(&[
    ("has(self.nodePort) == (self.type == 'NodePort')",
     "nodePort is required when type is NodePort, and forbidden otherwise"),
    ("!has(self.route) || self.type == 'Route'", "route is forbidden when type is not Route"),
    ("!has(self.loadBalancer) || self.type == 'LoadBalancer'",
     "loadBalancer is forbidden when type is not LoadBalancer"),
])))]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct ServicePublishingStrategy {
    /// In which way.
    #[serde(rename = "type")]
    pub kind: PublishingStrategyType,
    /// On a port of every node.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub node_port: Option<NodePortPublishingStrategy>,
    /// By a load balancer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub load_balancer: Option<HostnamePublishingStrategy>,
    /// By a route.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub route: Option<HostnamePublishingStrategy>,
    /// What this version does not model.
    #[serde(flatten)]
    pub other: Other,
}

/// An endpoint on a port of every node.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct NodePortPublishingStrategy {
    /// The host or the address under which the nodes are reached.
    #[schemars(
        length(min = 1, max = 253),
        extend("x-kubernetes-validations" = cel(&[(
            NODE_ADDRESS,
            "address is a host name, an IPv4 or an IPv6 address",
        )]))
    )]
    pub address: String,
    /// The port; Kubernetes picks one if it is absent or not positive.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub port: Option<i32>,
    /// What this version does not model.
    #[serde(flatten)]
    pub other: Other,
}

/// An endpoint under a name.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct HostnamePublishingStrategy {
    /// The name; what publishes it has one if none is given.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(
        length(min = 1, max = 253),
        extend("x-kubernetes-validations" = cel(&[(
            r"self.matches('^([a-zA-Z0-9-]+\\.)+[a-zA-Z]{2,}$')",
            "hostname is a domain name of at least two labels",
        )]))
    )]
    pub hostname: Option<String>,
    /// What this version does not model.
    #[serde(flatten)]
    pub other: Other,
}

impl ServicePublishingStrategyMapping {
    /// This endpoint, published in this way, without details.
    #[must_use]
    pub const fn new(service: ServiceType, kind: PublishingStrategyType) -> Self {
        Self {
            service,
            service_publishing_strategy: ServicePublishingStrategy {
                kind,
                node_port: None,
                load_balancer: None,
                route: None,
                other: Other::new(),
            },
            other: Other::new(),
        }
    }
}

/// A host name (`localhost`, or labels whose last is of letters), four numbers, or an IPv6 address without a zone.
const NODE_ADDRESS: &str = concat!(
    r"self == 'localhost' || self.matches('^([a-zA-Z0-9][-a-zA-Z0-9]*\\.)+[a-zA-Z]{2,}$')",
    r" || self.matches('^[0-9]{1,3}(\\.[0-9]{1,3}){3}$')",
    r" || self.matches('^([0-9a-fA-F]{1,4}:){7}[0-9a-fA-F]{1,4}$')",
    r" || (self.matches('^([0-9a-fA-F]{1,4}(:[0-9a-fA-F]{1,4})*)?::([0-9a-fA-F]{1,4}(:[0-9a-fA-F]{1,4})*)?$')",
    r" && self.split(':').filter(group, group != '').size() <= 7)",
);
