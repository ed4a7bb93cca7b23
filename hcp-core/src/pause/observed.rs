//! What the proof of a pause looks at.

use serde::Deserialize as _;
use serde_json::Value;

use super::effective::PausedKind;
use super::object::Pausable;
use super::shape::{Shape, ShapeError};
use crate::conditions::Condition;

/// The annotation by which Cluster API's controllers leave an object alone; its presence counts, not its value.
pub(super) const CAPI_PAUSED: &str = "cluster.x-k8s.io/paused";
/// The annotation of a machine deployment or set with the namespace and name of its node pool.
const NODE_POOL: &str = "hypershift.openshift.io/nodePool";

/// All that a hosted cluster consists of, as far as pausing goes, read from the API server.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Observed {
    /// The `HostedCluster`.
    pub hosted_cluster: ObservedObject,
    /// Its `HostedControlPlane`, if there is one.
    pub control_plane: Option<ObservedObject>,
    /// The `Cluster` of Cluster API named by `spec.infraID`, if there is one.
    pub cluster: Option<ObservedCluster>,
    /// The node pools of its namespace; those of other clusters are passed over.
    pub node_pools: Vec<ObservedNodePool>,
    /// The machine deployments and machine sets of the control plane's namespace.
    pub machines: Vec<ObservedMachines>,
}

/// An object with a `pausedUntil` and what its controller says of it.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct ObservedObject {
    /// The object.
    pub object: Pausable,
    /// `status.conditions`.
    pub conditions: Vec<Condition>,
}

/// A `Cluster` of Cluster API.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ObservedCluster {
    /// `metadata.namespace` and `metadata.name`.
    pub name: String,
    /// `spec.paused`.
    pub paused: bool,
}

/// A node pool.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct ObservedNodePool {
    /// The object and its conditions.
    pub observed: ObservedObject,
    /// `spec.clusterName`.
    pub cluster_name: String,
    /// `spec.management.autoRepair`.
    pub auto_repair: bool,
}

/// A machine deployment or machine set.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ObservedMachines {
    /// `MachineDeployment` or `MachineSet`.
    pub kind: String,
    /// `metadata.namespace`.
    pub namespace: String,
    /// `metadata.name`.
    pub name: String,
    /// Namespace and name of the node pool it was made for, as its annotation says.
    pub node_pool: Option<String>,
    /// Whether the annotation is there that stops Cluster API.
    pub paused: bool,
}

impl Observed {
    /// A hosted cluster of which nothing else was found yet.
    #[must_use]
    pub const fn new(hosted_cluster: ObservedObject) -> Self {
        Self {
            hosted_cluster,
            control_plane: None,
            cluster: None,
            node_pools: Vec::new(),
            machines: Vec::new(),
        }
    }
}

impl ObservedObject {
    /// Reads an object.
    ///
    /// # Errors
    ///
    /// A value of another type than its field has.
    pub fn from_json(kind: PausedKind, object: &Value) -> Result<Self, ShapeError> {
        let conditions = Shape::new(object, kind.name()).list(&["status", "conditions"])?;
        let read = |condition: Shape<'_>| {
            Condition::deserialize(condition.value())
                .map_err(|_| condition.error_of(object, &["status", "conditions"], "conditions"))
        };
        Ok(Self {
            object: Pausable::from_json(kind, object)?,
            conditions: conditions.into_iter().map(read).collect::<Result<_, _>>()?,
        })
    }
}

impl ObservedCluster {
    /// Reads a `Cluster`.
    ///
    /// # Errors
    ///
    /// A value of another type than its field has.
    pub fn from_json(object: &Value) -> Result<Self, ShapeError> {
        let shape = Shape::new(object, "Cluster");
        let namespace = shape.text(&["metadata", "namespace"])?.unwrap_or_default();
        Ok(Self {
            name: format!("{namespace}/{}", shape.required(&["metadata", "name"])?),
            paused: shape.boolean(&["spec", "paused"])?,
        })
    }
}

impl ObservedNodePool {
    /// Reads a `NodePool`.
    ///
    /// # Errors
    ///
    /// A value of another type than its field has.
    pub fn from_json(object: &Value) -> Result<Self, ShapeError> {
        let shape = Shape::new(object, PausedKind::NodePool.name());
        Ok(Self {
            observed: ObservedObject::from_json(PausedKind::NodePool, object)?,
            cluster_name: shape.required(&["spec", "clusterName"])?.to_owned(),
            auto_repair: shape.boolean(&["spec", "management", "autoRepair"])?,
        })
    }
}

impl ObservedMachines {
    /// Reads a `MachineDeployment` or a `MachineSet`.
    ///
    /// # Errors
    ///
    /// A value of another type than its field has.
    pub fn from_json(kind: &str, object: &Value) -> Result<Self, ShapeError> {
        let shape = Shape::new(object, kind);
        let annotation = |key| shape.text(&["metadata", "annotations", key]);
        Ok(Self {
            kind: kind.to_owned(),
            namespace: shape.text(&["metadata", "namespace"])?.unwrap_or_default().to_owned(),
            name: shape.required(&["metadata", "name"])?.to_owned(),
            node_pool: annotation(NODE_POOL)?.map(str::to_owned),
            paused: annotation(CAPI_PAUSED)?.is_some(),
        })
    }

    /// Whether it was made for this node pool: it says so, or it has the name that `HyperShift` gives it.
    pub(super) fn belongs_to(&self, pool: &Pausable) -> bool {
        match &self.node_pool {
            Some(named) => named.split_once('/') == Some((&pool.namespace, &pool.name)),
            None => self.name == pool.name,
        }
    }
}
