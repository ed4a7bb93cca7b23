//! The objects in which the console finds dashboards, and those it should no longer find.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::{ClusterError, HostedClusterRef};

/// Where the console looks for dashboards. Source: HyperShift, `manifests.go`.
pub const NAMESPACE: &str = "openshift-config-managed";
/// The label by which it finds them; its value is `true`.
pub const LABEL: &str = "console.openshift.io/dashboard";
/// The key that holds the JSON.
pub const KEY: &str = "hostedcluster-dashboard.json";

/// How the ConfigMap of a hosted cluster is named.
///
/// Source: HyperShift, `manifests.go`; the documentation of OpenShift 4.15.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum NameStyle {
    /// `hc-<namespace>-<name>`: what HyperShift does, and so the default.
    #[default]
    Deployed,
    /// `cp-<namespace>-<name>`: what OpenShift's documentation says.
    Documented,
}

impl NameStyle {
    /// The name for `cluster`. Two clusters can have the same one: see [`collisions`].
    #[must_use]
    pub fn name(self, cluster: &HostedClusterRef) -> String {
        format!("{}{}-{}", self.prefix(), cluster.namespace, cluster.name)
    }

    const fn prefix(self) -> &'static str {
        match self {
            Self::Deployed => "hc-",
            Self::Documented => "cp-",
        }
    }
}

/// Why there is no ConfigMap for a dashboard.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DashboardError {
    /// A cluster that cannot exist.
    #[error(transparent)]
    Cluster(#[from] ClusterError),
    /// A name longer than Kubernetes allows.
    #[error(
        "dashboard name \"{name}\" has {length} bytes, 253 are allowed; shorten the name of the HostedCluster",
        length = name.len()
    )]
    NameTooLong {
        /// The name.
        name: String,
    },
}

/// A ConfigMap with one dashboard.
///
/// When it is applied, other keys of an existing ConfigMap are to be left alone, as HyperShift does.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct ConfigMap {
    /// `v1`.
    pub api_version: String,
    /// `ConfigMap`.
    pub kind: String,
    /// Its name, place and labels.
    pub metadata: Metadata,
    /// The JSON, under [`KEY`].
    pub data: BTreeMap<String, String>,
}

/// The name, place and labels of a ConfigMap.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Metadata {
    /// Its name.
    pub name: String,
    /// [`NAMESPACE`].
    pub namespace: String,
    /// [`LABEL`].
    pub labels: BTreeMap<String, String>,
}

impl ConfigMap {
    pub(super) fn new(name: String, json: String) -> Self {
        Self {
            api_version: "v1".to_owned(),
            kind: "ConfigMap".to_owned(),
            metadata: Metadata {
                name,
                namespace: NAMESPACE.to_owned(),
                labels: BTreeMap::from([(LABEL.to_owned(), "true".to_owned())]),
            },
            data: BTreeMap::from([(KEY.to_owned(), json)]),
        }
    }

    /// The dashboard's JSON.
    #[must_use]
    pub fn dashboard(&self) -> &str {
        self.data.get(KEY).map_or("", String::as_str)
    }
}

/// Clusters whose dashboards would have one name, and overwrite each other.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Collision {
    /// The name, without `hc-` or `cp-`.
    pub name: String,
    /// The clusters, in the order they were given.
    pub clusters: Vec<HostedClusterRef>,
}

/// The clusters that cannot all have a dashboard: `a-b/c` and `a/b-c` have the same name, in either style.
#[must_use]
pub fn collisions(clusters: &[HostedClusterRef]) -> Vec<Collision> {
    let mut by_name = BTreeMap::<String, Vec<&HostedClusterRef>>::new();
    for cluster in clusters {
        let name = format!("{}-{}", cluster.namespace, cluster.name);
        by_name.entry(name).or_default().push(cluster);
    }
    let distinct = |clusters: &Vec<&HostedClusterRef>| {
        let pairs: BTreeSet<_> = clusters.iter().map(|c| (&c.namespace, &c.name)).collect();
        pairs.len() > 1
    };
    by_name
        .into_iter()
        .filter(|(_, clusters)| distinct(clusters))
        .map(|(name, clusters)| Collision {
            name,
            clusters: clusters.into_iter().cloned().collect(),
        })
        .collect()
}

/// A ConfigMap that exists in [`NAMESPACE`], as far as it matters here.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Existing {
    /// Its name.
    pub name: String,
    /// The keys of its data.
    pub keys: BTreeSet<String>,
}

impl Existing {
    /// The ConfigMap `name` with these keys.
    #[must_use]
    pub fn new<K: Into<String>>(
        name: impl Into<String>,
        keys: impl IntoIterator<Item = K>,
    ) -> Self {
        Self { name: name.into(), keys: keys.into_iter().map(Into::into).collect() }
    }
}

/// A dashboard that nobody wants any more.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Orphan {
    /// The ConfigMap's name.
    pub name: String,
    /// Keys that somebody else has put there: if there are any, remove [`KEY`] only; otherwise delete the ConfigMap.
    pub other_keys: BTreeSet<String>,
}

/// The dashboards to delete: of clusters that are gone, or all of them when dashboards are not `enabled`.
///
/// HyperShift deletes one only with its cluster and only while dashboards are enabled, so that turning them off leaves
/// all of them behind. A ConfigMap counts as ours if it has the prefix of `style` and the key [`KEY`]; the console's own
/// dashboards in the same namespace do not.
#[must_use]
pub fn orphans(
    existing: &[Existing],
    wanted: &[HostedClusterRef],
    style: NameStyle,
    enabled: bool,
) -> Vec<Orphan> {
    let wanted: BTreeSet<String> =
        wanted.iter().filter(|_| enabled).map(|cluster| style.name(cluster)).collect();
    let is_orphan = |found: &&Existing| {
        found.name.starts_with(style.prefix())
            && found.keys.contains(KEY)
            && !wanted.contains(&found.name)
    };
    let orphan = |found: &Existing| Orphan {
        name: found.name.clone(),
        other_keys: found.keys.iter().filter(|key| *key != KEY).cloned().collect(),
    };
    existing.iter().filter(is_orphan).map(orphan).collect()
}
