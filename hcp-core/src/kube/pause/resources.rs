//! The resources that a pause touches, as they are served.

use ::kube::api::{Api, ApiResource, DynamicObject, GroupVersionKind, ListParams};
use ::kube::{Client, Error};
use serde_json::Value;

use super::Target;
use super::error::PauseError;
use crate::control_plane_namespace;
use crate::kube::retry::{Attempts, is_not_served};
use crate::pause::{Pausable, PausedKind, ShapeError};

/// The versions of Cluster API that may be served; the first that is counts.
pub(super) const CAPI_VERSIONS: [&str; 2] = ["v1beta1", "v1beta2"];

/// The resources of one hosted cluster.
#[derive(Clone)]
pub(super) struct Resources {
    client: Client,
    target: Target,
    pub(super) control_plane_namespace: String,
}

impl Resources {
    pub(super) fn new(client: &Client, target: &Target) -> Result<Self, PauseError> {
        Ok(Self {
            client: client.clone(),
            target: target.clone(),
            control_plane_namespace: control_plane_namespace(&target.namespace, &target.name)?,
        })
    }

    /// `HyperShift`'s resource of this kind.
    pub(super) fn api(&self, kind: PausedKind) -> Api<DynamicObject> {
        let (plural, namespace) = match kind {
            PausedKind::HostedCluster => ("hostedclusters", &self.target.namespace),
            PausedKind::HostedControlPlane => {
                ("hostedcontrolplanes", &self.control_plane_namespace)
            }
            PausedKind::NodePool => ("nodepools", &self.target.namespace),
        };
        self.resource("hypershift.openshift.io", "v1beta1", kind.name(), plural, namespace)
    }

    /// Cluster API's resource of this kind.
    pub(super) fn capi(&self, version: &str, kind: &str) -> Api<DynamicObject> {
        let plural = format!("{}s", kind.to_ascii_lowercase());
        self.resource("cluster.x-k8s.io", version, kind, &plural, &self.control_plane_namespace)
    }

    fn resource(
        &self,
        group: &str,
        version: &str,
        kind: &str,
        plural: &str,
        namespace: &str,
    ) -> Api<DynamicObject> {
        let kind = GroupVersionKind::gvk(group, version, kind);
        let resource = ApiResource::from_gvk_with_plural(&kind, plural);
        Api::namespaced_with(self.client.clone(), namespace, &resource)
    }

    /// Namespace and name, for messages.
    pub(super) fn describe(&self) -> String {
        format!("HostedCluster {}/{}", self.target.namespace, self.target.name)
    }

    /// The hosted cluster, if it exists.
    pub(super) async fn hosted_cluster_json(&self) -> Result<Option<Value>, PauseError> {
        get(&self.api(PausedKind::HostedCluster), &self.target.name, &self.describe()).await
    }

    /// The hosted cluster, which must be the one that was decided on.
    pub(super) async fn hosted_cluster(&self) -> Result<Pausable, PauseError> {
        let object = self.hosted_cluster_json().await?;
        let object = object.ok_or_else(|| PauseError::NotFound { object: self.describe() })?;
        self.identified(&object)
    }

    /// What was read, if it is the hosted cluster that was decided on.
    pub(super) fn identified(&self, object: &Value) -> Result<Pausable, PauseError> {
        let cluster = Pausable::from_json(PausedKind::HostedCluster, object)?;
        match &self.target.uid {
            Some(expected) if *expected != cluster.uid => Err(PauseError::Replaced {
                object: cluster.describe(),
                expected: expected.clone(),
                found: cluster.uid,
            }),
            _ => Ok(cluster),
        }
    }

    /// The node pools of the hosted cluster, as they are.
    pub(super) async fn node_pools_json(&self) -> Result<Vec<Value>, PauseError> {
        let pools = list(&self.api(PausedKind::NodePool), "list node pools").await?;
        let ours = |pool: &Value| {
            pool.pointer("/spec/clusterName").and_then(Value::as_str) == Some(&self.target.name)
        };
        Ok(pools.unwrap_or_default().into_iter().filter(ours).collect())
    }

    /// The node pools of the hosted cluster.
    pub(super) async fn node_pools(&self) -> Result<Vec<Pausable>, PauseError> {
        let pools = self.node_pools_json().await?;
        let read = |pool| Pausable::from_json(PausedKind::NodePool, pool);
        Ok(pools.iter().map(read).collect::<Result<_, ShapeError>>()?)
    }
}

/// An object, if it exists.
pub(super) async fn get(
    api: &Api<DynamicObject>,
    name: &str,
    described: &str,
) -> Result<Option<Value>, PauseError> {
    let action = || format!("read {described}");
    let mut attempts = Attempts::default();
    loop {
        match api.get_opt(name).await {
            Ok(object) => return object.map(|object| to_json(&object, &action())).transpose(),
            Err(error) if attempts.again(&error).await => {}
            Err(cause) => return Err(PauseError::api(action(), cause)),
        }
    }
}

/// All objects of a resource in its namespace; none where the resource is not served.
pub(super) async fn list(
    api: &Api<DynamicObject>,
    action: &str,
) -> Result<Option<Vec<Value>>, PauseError> {
    let mut attempts = Attempts::default();
    loop {
        match api.list(&ListParams::default()).await {
            Ok(list) => {
                let objects = list.items.iter().map(|object| to_json(object, action));
                return objects.collect::<Result<_, _>>().map(Some);
            }
            Err(Error::Api(status)) if is_not_served(&status) => return Ok(None),
            Err(error) if attempts.again(&error).await => {}
            Err(cause) => return Err(PauseError::api(action, cause)),
        }
    }
}

pub(super) fn to_json(object: &DynamicObject, action: &str) -> Result<Value, PauseError> {
    serde_json::to_value(object).map_err(|cause| PauseError::api(action, Error::SerdeError(cause)))
}
