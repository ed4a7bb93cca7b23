//! Reading all that the proof of a pause looks at.

use serde_json::Value;

use super::Target;
use super::error::PauseError;
use super::resources::{CAPI_VERSIONS, Resources, get, list};
use crate::pause::{
    Observed, ObservedCluster, ObservedMachines, ObservedNodePool, ObservedObject, PausedKind,
    ShapeError,
};

/// Reads a hosted cluster with everything that belongs to it, anew from the API server.
///
/// # Errors
///
/// It does not exist, another one is there in its place, or something cannot be read. A control plane or a `Cluster` that does not exist is no error.
pub async fn observe(client: &::kube::Client, target: &Target) -> Result<Observed, PauseError> {
    read(&Resources::new(client, target)?, target).await
}

pub(super) async fn read(resources: &Resources, target: &Target) -> Result<Observed, PauseError> {
    let object = resources.hosted_cluster_json().await?;
    let object = object.ok_or_else(|| PauseError::NotFound { object: resources.describe() })?;
    resources.identified(&object)?;
    let mut observed =
        Observed::new(ObservedObject::from_json(PausedKind::HostedCluster, &object)?);

    let described = format!("HostedControlPlane of {}", resources.describe());
    let control_plane =
        get(&resources.api(PausedKind::HostedControlPlane), &target.name, &described).await?;
    observed.control_plane = control_plane
        .map(|object| ObservedObject::from_json(PausedKind::HostedControlPlane, &object))
        .transpose()?;

    let pools = resources.node_pools_json().await?;
    observed.node_pools =
        pools.iter().map(ObservedNodePool::from_json).collect::<Result<_, ShapeError>>()?;

    if let Some(infra_id) = object.pointer("/spec/infraID").and_then(Value::as_str) {
        let clusters = capi(resources, "Cluster").await?;
        let ours = |cluster: &&Value| {
            cluster.pointer("/metadata/name").and_then(Value::as_str) == Some(infra_id)
        };
        let cluster = clusters.iter().find(ours);
        observed.cluster = cluster.map(ObservedCluster::from_json).transpose()?;
    }
    for kind in ["MachineDeployment", "MachineSet"] {
        for object in capi(resources, kind).await? {
            observed.machines.push(ObservedMachines::from_json(kind, &object)?);
        }
    }
    Ok(observed)
}

/// All objects of a kind of Cluster API in the control plane's namespace, in the version that is served.
async fn capi(resources: &Resources, kind: &str) -> Result<Vec<Value>, PauseError> {
    for version in CAPI_VERSIONS {
        let action = format!("list {kind} objects of Cluster API");
        if let Some(objects) = list(&resources.capi(version, kind), &action).await? {
            return Ok(objects);
        }
    }
    Ok(Vec::new())
}
