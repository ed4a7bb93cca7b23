//! What rollouts, plans and verdicts take from the API's objects.

use jiff::Timestamp;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;

use crate::api::{HostedCluster, NodePool, ReportedRelease, UpdateHistory};
use crate::conditions::{Condition, NodePoolCondition};

use super::rollout::{ClusterView, HistoryView, PoolView, VersionView};

impl<'a> ClusterView<'a, Condition> {
    /// What is looked at of this `HostedCluster`.
    #[must_use]
    pub fn of(cluster: &'a HostedCluster) -> Self {
        let spec = &cluster.spec;
        let status = cluster.status.as_ref();
        let version = status.and_then(|status| status.version.as_ref());
        let own = status.and_then(|status| status.control_plane_version.as_ref());
        Self::new(&spec.release.image, status.map_or(&[], |status| status.conditions()))
            .with_generation(cluster.metadata.generation)
            .with_deleting(cluster.metadata.deletion_timestamp.is_some())
            .with_changed_at(release_written_at(&cluster.metadata))
            .with_control_plane_image(
                spec.control_plane_release.as_ref().map(|release| release.image.as_str()),
            )
            .with_version(
                version.map(|found| version_view(found.desired.as_ref(), found.history())),
            )
            .with_control_plane_version(
                own.map(|found| version_view(found.desired.as_ref(), found.history())),
            )
    }
}

impl<'a> PoolView<'a, NodePoolCondition> {
    /// What is looked at of this `NodePool`.
    #[must_use]
    pub fn of(pool: &'a NodePool) -> Self {
        let status = pool.status.as_ref();
        let version = status.and_then(|status| status.version.as_deref()).unwrap_or_default();
        let conditions = status.map_or(&[][..], |status| status.conditions());
        Self::new(&pool.spec.release.image, version, conditions)
            .with_generation(pool.metadata.generation)
            .with_deleting(pool.metadata.deletion_timestamp.is_some())
            .with_changed_at(release_written_at(&pool.metadata))
            .with_replicas(pool.spec.replicas.filter(|_| pool.spec.auto_scaling.is_none()))
    }
}

/// Whether the pool is one of this cluster's: it is in its namespace, and names it.
pub(super) fn is_own(cluster: &HostedCluster, pool: &NodePool) -> bool {
    Some(&pool.spec.cluster_name) == cluster.metadata.name.as_ref()
        && pool.metadata.namespace == cluster.metadata.namespace
}

fn version_view<'a>(
    desired: Option<&'a ReportedRelease>,
    history: &'a [UpdateHistory],
) -> VersionView<'a> {
    let text = |part: fn(&ReportedRelease) -> &Option<String>| {
        desired.and_then(|release| part(release).as_deref()).unwrap_or_default()
    };
    let newest = history.first().map(|entry| {
        let time = |time: Option<&crate::Time>| time.map(crate::Time::timestamp);
        HistoryView::new(
            entry.is_completed(),
            (entry.image(), entry.version()),
            time(entry.started_time.as_ref()),
            time(entry.completion_time.value()),
        )
    });
    VersionView::new(text(|release| &release.image), text(|release| &release.version), newest)
}

/// When `spec.release.image` was last written, or something else by the same field manager: `metadata.managedFields`.
fn release_written_at(metadata: &ObjectMeta) -> Option<Timestamp> {
    let owner = metadata.managed_fields.as_deref()?.iter().filter(|entry| {
        let fields = entry.fields_v1.as_ref();
        fields.is_some_and(|fields| fields.0["f:spec"]["f:release"].get("f:image").is_some())
    });
    owner.filter_map(|entry| entry.time.as_ref()).map(|time| time.0).max()
}
