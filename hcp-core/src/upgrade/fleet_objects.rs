//! The hosted clusters of a management cluster, sorted out of objects.

use std::collections::BTreeMap;

use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use serde_json::Value;

use crate::api::read::{ApiObject, ReadError, ReadObject};
use crate::api::{HostedCluster, NodePool};
use crate::version::{SUPPORTED_VERSIONS_LABEL, SupportedVersions, SupportedVersionsError};

use super::objects::is_own;

/// What an upgrade of each hosted cluster is judged by.
#[derive(Debug, Default)]
#[non_exhaustive]
#[must_use]
pub struct Fleet {
    /// The hosted clusters, by namespace and name.
    pub clusters: Vec<HostedCluster>,
    /// Their node pools, by namespace and name; also those whose cluster is not there.
    pub pools: Vec<NodePool>,
    /// What the operator supports. There is none where no `ConfigMap` has the label [`SUPPORTED_VERSIONS_LABEL`] with the value `true`, or where
    /// the one that has is among the unreadable.
    pub supported: Option<SupportedVersions>,
    /// What could not be read. While there is any, no cluster may be taken for allowed: its worst node pool may be here.
    pub unreadable: Vec<Unreadable>,
}

/// An object that is there, and cannot be read; it is named.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Unreadable {
    /// It does not fit its type.
    #[error(transparent)]
    Object(#[from] ReadError),
    /// The `data` of the `ConfigMap` are not strings by name.
    #[error("{object}: its data cannot be read")]
    Data {
        /// Kind, namespace and name.
        object: String,
        /// What is wrong.
        #[source]
        cause: serde_json::Error,
    },
    /// The `ConfigMap` does not tell what is supported.
    #[error("{object} does not tell which versions are supported")]
    SupportedVersions {
        /// Kind, namespace and name.
        object: String,
        /// What is wrong.
        #[source]
        cause: SupportedVersionsError,
    },
}

/// More than one operator, or a leftover of one, says what is supported.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "{} are all labelled {SUPPORTED_VERSIONS_LABEL}=true; only the running operator's must be: delete the others, or their label",
    config_maps.join(", ")
)]
#[non_exhaustive]
pub struct SeveralSupportedVersions {
    /// Kind, namespace and name of each.
    pub config_maps: Vec<String>,
}

impl Fleet {
    /// Sorts objects that were read, from a file for example; those of other kinds are passed over.
    ///
    /// What is supported is told by the `ConfigMap` with the label [`SUPPORTED_VERSIONS_LABEL`], whatever its name and namespace.
    /// Source: `HyperShift`'s command line, `GetLatestSupportedOCPVersion`, which finds it so but takes the first of several.
    ///
    /// # Errors
    ///
    /// More than one such `ConfigMap`.
    pub fn from_objects(
        objects: impl IntoIterator<Item = ReadObject>,
    ) -> Result<Self, SeveralSupportedVersions> {
        let mut fleet = Self::default();
        let mut config_maps = Vec::new();
        for read in objects {
            match read.object {
                ApiObject::HostedCluster(cluster) => fleet.clusters.push(*cluster),
                ApiObject::NodePool(pool) => fleet.pools.push(*pool),
                ApiObject::Foreign(map) if tells_what_is_supported(&map) => {
                    config_maps.push(describe(&map));
                    match supported(&map) {
                        Ok(supported) => fleet.supported = Some(supported),
                        Err(unreadable) => fleet.unreadable.push(unreadable),
                    }
                }
                ApiObject::Foreign(_) | ApiObject::HostedControlPlane(_) => {}
            }
        }
        if config_maps.len() > 1 {
            return Err(SeveralSupportedVersions { config_maps });
        }
        fleet.clusters.sort_by_key(|cluster| key(&cluster.metadata));
        fleet.pools.sort_by_key(|pool| key(&pool.metadata));
        Ok(fleet)
    }

    /// The node pools of this hosted cluster: those in its namespace that name it.
    pub fn pools_of(&self, cluster: &HostedCluster) -> impl Iterator<Item = &NodePool> {
        self.pools.iter().filter(move |pool| is_own(cluster, pool))
    }
}

fn key(metadata: &ObjectMeta) -> (Option<String>, Option<String>) {
    (metadata.namespace.clone(), metadata.name.clone())
}

fn tells_what_is_supported(object: &Value) -> bool {
    object["kind"] == "ConfigMap"
        && object["apiVersion"] == "v1"
        && object["metadata"]["labels"][SUPPORTED_VERSIONS_LABEL] == "true"
}

fn supported(map: &Value) -> Result<SupportedVersions, Unreadable> {
    let object = || describe(map);
    let data: Option<BTreeMap<String, String>> = serde_json::from_value(map["data"].clone())
        .map_err(|cause| Unreadable::Data { object: object(), cause })?;
    SupportedVersions::from_config_map(&data.unwrap_or_default())
        .map_err(|cause| Unreadable::SupportedVersions { object: object(), cause })
}

fn describe(map: &Value) -> String {
    let part = |field: &str| map["metadata"][field].as_str().unwrap_or_default();
    format!("ConfigMap {}/{}", part("namespace"), part("name"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::api::read::from_value;

    fn map(namespace: &str, data: &Value) -> Value {
        let labels = json!({ SUPPORTED_VERSIONS_LABEL: "true" });
        let metadata =
            json!({ "name": "supported-versions", "namespace": namespace, "labels": labels });
        json!({ "apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": data })
    }

    fn pool(namespace: &str, name: &str, cluster: &str) -> Value {
        json!({
            "apiVersion": "hypershift.openshift.io/v1beta1",
            "kind": "NodePool",
            "metadata": { "namespace": namespace, "name": name },
            "spec": {
                "clusterName": cluster,
                "release": { "image": "quay.io/ocp:4.15.9" },
                "platform": { "type": "None" },
                "management": { "upgradeType": "Replace" },
            },
        })
    }

    fn cluster(namespace: &str, name: &str) -> HostedCluster {
        let object = json!({
            "apiVersion": "hypershift.openshift.io/v1beta1",
            "kind": "HostedCluster",
            "metadata": { "namespace": namespace, "name": name },
            "spec": {
                "release": { "image": "quay.io/ocp:4.15.9" },
                "platform": { "type": "None" },
                "pullSecret": { "name": "pull" },
                "services": [],
            },
        });
        serde_json::from_value(object).unwrap()
    }

    fn sorted(objects: impl IntoIterator<Item = Value>) -> Result<Fleet, SeveralSupportedVersions> {
        Fleet::from_objects(objects.into_iter().flat_map(|object| from_value(object).unwrap()))
    }

    fn data() -> Value {
        json!({ "server-version": "2f6d0c6a", "supported-versions": r#"{"versions":["4.16"]}"# })
    }

    #[test]
    fn pools_belong_to_the_cluster_of_their_namespace() {
        let pools = [pool("b", "two", "prod"), pool("a", "one", "prod"), pool("a", "other", "x")];
        let fleet = sorted(pools).unwrap();
        let own: Vec<_> = fleet.pools_of(&cluster("a", "prod")).collect();
        assert_eq!(own, [&fleet.pools[0]]);
        let names: Vec<_> =
            fleet.pools.iter().filter_map(|pool| pool.metadata.name.as_deref()).collect();
        assert_eq!(names, ["one", "other", "two"], "by namespace and name");
    }

    #[test]
    fn only_the_label_tells_which_config_map_it_is() {
        let mut plain = map("hypershift", &data());
        plain["metadata"]["labels"] = Value::Null;
        assert_eq!(sorted([plain]).unwrap().supported, None);
        let mut renamed = map("elsewhere", &data());
        renamed["metadata"]["name"] = "other".into();
        assert!(sorted([renamed]).unwrap().supported.is_some());
    }

    #[test]
    fn two_config_maps_are_one_too_many() {
        let error = sorted([map("a", &data()), map("b", &json!({}))]).unwrap_err();
        let names = ["ConfigMap a/supported-versions", "ConfigMap b/supported-versions"];
        assert_eq!(error.config_maps, names);
        assert!(error.to_string().starts_with(&names.join(", ")), "{error}");
    }

    #[test]
    fn an_unreadable_config_map_is_named_and_hides_no_pool() {
        for (data, message) in [
            (Value::Null, "does not tell which versions are supported"),
            (json!({ "supported-versions": 4 }), "its data cannot be read"),
        ] {
            let fleet = sorted([map("hypershift", &data), pool("a", "one", "prod")]).unwrap();
            let [unreadable] = &*fleet.unreadable else { panic!("{fleet:?}") };
            let text = unreadable.to_string();
            assert!(text.starts_with("ConfigMap hypershift/supported-versions"), "{text}");
            assert!(text.ends_with(message), "{text}");
            assert_eq!((fleet.supported, fleet.pools.len()), (None, 1));
        }
    }
}
