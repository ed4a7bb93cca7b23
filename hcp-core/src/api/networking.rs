//! Networks and names of a hosted cluster: `spec.networking` and `spec.dns`.

use schemars::{JsonSchema, Schema};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::schema::{cel, immutable};
use crate::Other;
use crate::platform::NetworkType;

string_enum! {
    /// Whether Kubernetes hands out the nodes' pod networks.
    pub enum AllocateNodeCidrs {
        /// It does.
        Enabled = "Enabled",
        /// The network provider does.
        Disabled = "Disabled",
    }
}

/// The networks of a hosted cluster.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(extend("x-kubernetes-validations" = cel(&[
    ("self.clusterNetwork.all(c, self.serviceNetwork.all(s, c.cidr != s.cidr)) && \
      (!has(self.machineNetwork) || self.machineNetwork.all(m, \
      self.clusterNetwork.all(c, m.cidr != c.cidr) && self.serviceNetwork.all(s, m.cidr != s.cidr)))",
     "machineNetwork, clusterNetwork and serviceNetwork have no CIDR in common"),
    ("!has(self.allocateNodeCIDRs) || self.allocateNodeCIDRs != 'Enabled' || self.networkType == 'Other'",
     "allocateNodeCIDRs is Enabled only when networkType is Other"),
])))]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct ClusterNetworking {
    /// The networks of the machines; cannot be changed.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(
        length(min = 1, max = 2),
        extend("x-kubernetes-validations" = immutable("machineNetwork"))
    )]
    pub machine_network: Option<Vec<NetworkEntry>>,
    /// The networks of the pods; cannot be changed.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(
        length(min = 1, max = 2),
        extend(
            "default" = [{ "cidr": CLUSTER_NETWORK }],
            "x-kubernetes-validations" = immutable("clusterNetwork")
        )
    )]
    pub cluster_network: Option<Vec<ClusterNetworkEntry>>,
    /// The networks of the services; cannot be changed.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(
        length(min = 1, max = 2),
        extend(
            "default" = [{ "cidr": SERVICE_NETWORK }],
            "x-kubernetes-validations" = immutable("serviceNetwork")
        )
    )]
    pub service_network: Option<Vec<NetworkEntry>>,
    /// The network provider. The documentation calls it immutable; HyperShift's CRD lets it be changed.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("default" = "OVNKubernetes"))]
    pub network_type: Option<NetworkType>,
    /// How the nodes reach the API server.
    #[serde(rename = "apiServer", skip_serializing_if = "Option::is_none")]
    pub api_server: Option<ApiServerNetworking>,
    /// Whether Kubernetes hands out the nodes' pod networks; cannot be changed.
    #[serde(rename = "allocateNodeCIDRs", skip_serializing_if = "Option::is_none")]
    #[schemars(extend("x-kubernetes-validations" = immutable("allocateNodeCIDRs")))]
    pub allocate_node_cidrs: Option<AllocateNodeCidrs>,
    /// What this version does not model.
    #[serde(flatten)]
    pub other: Other,
}

/// A network of machines or services.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct NetworkEntry {
    /// Its addresses, as in `10.0.0.0/16`.
    pub cidr: String,
    /// What this version does not model.
    #[serde(flatten)]
    pub other: Other,
}

/// A network of pods.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct ClusterNetworkEntry {
    /// Its addresses, as in `10.132.0.0/14`.
    pub cidr: String,
    /// The prefix length of each node's share.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub host_prefix: Option<i32>,
    /// What this version does not model.
    #[serde(flatten)]
    pub other: Other,
}

/// How the nodes reach the API server.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct ApiServerNetworking {
    /// The address on each node; `172.20.0.1` or `fd00::1` if none is given. Cannot be changed.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(
        length(max = 255),
        extend("x-kubernetes-validations" = immutable("advertiseAddress"))
    )]
    pub advertise_address: Option<String>,
    /// The port on each node; 6443 if none is given. Cannot be changed.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("x-kubernetes-validations" = immutable("port")))]
    pub port: Option<i32>,
    /// Who may reach it; everybody if nothing is given.
    #[serde(rename = "allowedCIDRBlocks", skip_serializing_if = "Option::is_none")]
    #[schemars(
        length(max = 500),
        extend("x-kubernetes-list-type" = "set"),
        transform = each_is_a_network
    )]
    pub allowed_cidr_blocks: Option<Vec<String>>,
    /// What this version does not model.
    #[serde(flatten)]
    pub other: Other,
}

/// The names under which a hosted cluster is found.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct DnsSpec {
    /// The domain that the cluster's own lies in; cannot be changed once it is not empty.
    #[schemars(
        length(max = 253),
        extend("x-kubernetes-validations" = cel(&[
            (DOMAIN_OR_EMPTY, "baseDomain is a domain name, or empty"),
            (ONCE, "baseDomain is immutable"),
        ]))
    )]
    pub base_domain: String,
    /// The label before it: the name of the `HostedCluster` if absent, none if empty. Cannot be changed.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(
        length(max = 253),
        extend("x-kubernetes-validations" = cel(&[
            (DOMAIN_OR_EMPTY, "baseDomainPrefix is a domain name, or empty"),
            ("self == oldSelf", "baseDomainPrefix is immutable"),
        ]))
    )]
    pub base_domain_prefix: Option<String>,
    /// The public zone of a cloud's DNS; cannot be changed.
    #[serde(rename = "publicZoneID", skip_serializing_if = "Option::is_none")]
    #[schemars(
        length(min = 1, max = 258),
        extend("x-kubernetes-validations" = cel(&[(ONCE, "publicZoneID is immutable")]))
    )]
    pub public_zone_id: Option<String>,
    /// The private zone of a cloud's DNS; cannot be changed.
    #[serde(rename = "privateZoneID", skip_serializing_if = "Option::is_none")]
    #[schemars(
        length(min = 1, max = 265),
        extend("x-kubernetes-validations" = cel(&[(ONCE, "privateZoneID is immutable")]))
    )]
    pub private_zone_id: Option<String>,
    /// What this version does not model.
    #[serde(flatten)]
    pub other: Other,
}

/// The pods' network if none is given.
const CLUSTER_NETWORK: &str = "10.132.0.0/14";
/// The services' network if none is given.
const SERVICE_NETWORK: &str = "172.31.0.0/16";
/// A value that was not empty stays what it is.
pub(super) const ONCE: &str = "oldSelf == '' || self == oldSelf";
/// A single label, or labels whose last is of letters.
pub(super) const DOMAIN_OR_EMPTY: &str = r"self == '' || self.matches('^[a-zA-Z0-9-]+$') || self.matches('^([a-zA-Z0-9-]+\\.)+[a-zA-Z]{2,}$')";
/// The shape of an IPv4 or IPv6 network; its numbers are not looked at.
const CIDR: &str = r"self.matches('^[0-9]{1,3}(\\.[0-9]{1,3}){3}/[0-9]{1,2}$') || self.matches('^([0-9a-fA-F]{0,4}:){2,7}[0-9a-fA-F]{0,4}/[0-9]{1,3}$')";
const CIDR_MESSAGE: &str = "an allowed block is a network as in 192.168.1.0/24 or 2001:db8::/64";

fn each_is_a_network(schema: &mut Schema) {
    if let Some(Value::Object(items)) = schema.get_mut("items") {
        items.insert("maxLength".to_owned(), 43.into());
        items.insert("x-kubernetes-validations".to_owned(), cel(&[(CIDR, CIDR_MESSAGE)]));
    }
}

/// What `spec.networking` is if it is not given.
pub(super) fn default_networking() -> Value {
    json!({
        "networkType": "OVNKubernetes",
        "clusterNetwork": [{ "cidr": CLUSTER_NETWORK }],
        "serviceNetwork": [{ "cidr": SERVICE_NETWORK }],
    })
}
