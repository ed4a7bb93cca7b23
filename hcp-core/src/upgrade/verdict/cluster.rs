//! The findings about the hosted cluster.

use jiff::Timestamp;

use crate::api::annotations::{FORCE_UPGRADE_TO, SKIP_RELEASE_IMAGE_VALIDATION};
use crate::api::hosted_cluster_conditions::{
    CLUSTER_VERSION_UPGRADEABLE, ETCD_AVAILABLE, RECONCILIATION_ACTIVE, VALID_RELEASE_IMAGE,
};
use crate::api::{ClusterVersionStatus, FeatureSet, HostedCluster, UpdateHistory};
use crate::conditions::{ConditionStatus, ConditionView, find};
use crate::path::JsonPath;
use crate::platform::{NetworkType, check_hosted_cluster_update};
use crate::upgrade::rollout::{Cause, ClusterView, RolloutState, cluster_state};
use crate::version::{
    GateRequest, HistoryEntry, ReleaseLimits, ReleaseRequest, ReleaseVersion, RunningVersions,
    RunningVersionsError, upgrade_gate, validate_release,
};
use crate::{Finding, Severity};

use super::{
    Subject, Target, UpgradeFinding, UpgradeRule, UpgradeVerdict, VerdictPolicy, is_paused, pause,
    stands_still,
};

type When<'a> = (&'a VerdictPolicy, Timestamp);

/// Returns what runs, as far as that can be told.
pub(super) fn judge(
    cluster: &HostedCluster,
    target: Target<'_>,
    limits: ReleaseLimits,
    when: When<'_>,
    verdict: &mut UpgradeVerdict,
) -> Option<RunningVersions> {
    let version = cluster.status.as_ref().and_then(|status| status.version.as_ref());
    let desired = version.and_then(|version| version.desired.as_ref());
    let image = desired.and_then(|release| release.image.as_deref());
    let text = desired.and_then(|release| release.version.as_deref()).unwrap_or_default();
    let running = running(version, text, verdict);
    verdict.current = current(text, running.as_ref(), verdict);
    deleted(cluster, verdict);
    mismatch(target, image, verdict);
    release_and_gate(cluster, target, (image, limits), when.0, verdict);
    pinned(cluster, target, when.0, verdict);
    let platform = &cluster.spec.platform.kind;
    if let Some(found) = check_hosted_cluster_update(platform, target.version.minor()) {
        verdict.say(when.0.platform, found.path, UpgradeRule::Platform(found.rule));
    }
    paused(cluster, when.1, verdict);
    rollout(cluster, when, verdict);
    etcd(cluster, verdict);
    let settled =
        running.as_ref().filter(|running| running.is_settled() && newest_completed(cluster));
    if settled.is_some_and(|running| running.newest == *target.version) {
        let path = JsonPath::fields("status.version.desired.version");
        verdict.say(Severity::Notice, path, UpgradeRule::AlreadyThere(target.version.clone()));
    }
    running
}

fn running(
    version: Option<&ClusterVersionStatus>,
    desired: &str,
    verdict: &mut UpgradeVerdict,
) -> Option<RunningVersions> {
    let history = version.map_or(&[][..], ClusterVersionStatus::history).iter().map(|entry| {
        if entry.is_completed() {
            HistoryEntry::completed(entry.version())
        } else {
            HistoryEntry::partial(entry.version())
        }
    });
    match RunningVersions::from_status(desired, history) {
        Ok(running) => Some(running),
        Err(error) => {
            let path = JsonPath::fields("status.version");
            verdict.say(Severity::Refusal, path, UpgradeRule::RunningUnknown(error));
            None
        }
    }
}

/// What the status says that it runs; without a word about it, the newest of what may answer.
fn current(
    desired: &str,
    running: Option<&RunningVersions>,
    verdict: &mut UpgradeVerdict,
) -> Option<ReleaseVersion> {
    if desired.is_empty() {
        return running.map(|running| running.newest.clone());
    }
    match desired.parse() {
        Ok(version) => Some(version),
        Err(source) => {
            let path = JsonPath::fields("status.version.desired.version");
            let error = RunningVersionsError::Invalid { field: path.to_string(), source };
            verdict.say(Severity::Refusal, path, UpgradeRule::RunningUnknown(error));
            None
        }
    }
}

fn deleted(cluster: &HostedCluster, verdict: &mut UpgradeVerdict) {
    if cluster.metadata.deletion_timestamp.is_some() {
        let path = JsonPath::fields("metadata.deletionTimestamp");
        verdict.say(Severity::Refusal, path, UpgradeRule::BeingDeleted);
    }
}

/// The gate takes the same image for no upgrade, so that a version that is not its own would pass unseen.
fn mismatch(target: Target<'_>, image: Option<&str>, verdict: &mut UpgradeVerdict) {
    let other = verdict.current.as_ref().filter(|current| *current != target.version);
    if let Some(current) = other.filter(|_| image == Some(target.image)) {
        let current = current.clone();
        let path = JsonPath::fields("status.version.desired");
        let version = target.version.clone();
        verdict.say(Severity::Refusal, path, UpgradeRule::TargetMismatch { version, current });
    }
}

fn release_and_gate(
    cluster: &HostedCluster,
    target: Target<'_>,
    (image, limits): (Option<&str>, ReleaseLimits),
    policy: &VerdictPolicy,
    verdict: &mut UpgradeVerdict,
) {
    let annotation = |name: &str| {
        let annotations = cluster.metadata.annotations.as_ref()?;
        annotations.get(name).map(String::as_str)
    };
    let spec = &cluster.spec;
    let network = spec.networking.as_ref().and_then(|networking| networking.network_type.as_ref());
    let network = network.unwrap_or(&NetworkType::OvnKubernetes);
    let current = verdict.current.clone();
    let (force, platform) = (annotation(FORCE_UPGRADE_TO), &spec.platform.kind);
    let mut request = ReleaseRequest::hosted_cluster(target.version, limits, network, platform)
        .with_image(target.image);
    if let Some(current) = &current {
        request = request.with_current(current, image);
    }
    request.force_upgrade_to = force;
    request.skip_validation = annotation(SKIP_RELEASE_IMAGE_VALIDATION).is_some();
    let found = validate_release(&request, &policy.release).into_findings();
    extend(verdict, found, UpgradeRule::Release);

    let conditions = cluster.status.as_ref().map_or(&[][..], |status| status.conditions());
    let upgradeable = find(conditions, CLUSTER_VERSION_UPGRADEABLE).map(ConditionView::status);
    let mut request = GateRequest::new(target.image, target.version).with_upgradeable(upgradeable);
    if image.is_some() || current.is_some() {
        request = request.with_running(image.unwrap_or_default(), current.as_ref());
    }
    request.force_upgrade_to = force;
    request.control_plane_release = spec.control_plane_release.is_some();
    request.feature_set = feature_set(cluster);
    let found = upgrade_gate(&request, &policy.gate).verdict.into_findings();
    extend(verdict, found, UpgradeRule::Gate);
}

fn extend<R>(
    verdict: &mut UpgradeVerdict,
    found: Vec<Finding<R>>,
    rule: impl Fn(R) -> UpgradeRule,
) {
    let found = found.into_iter().map(|finding| UpgradeFinding {
        object: Subject::Cluster,
        finding: Finding::new(finding.severity, finding.path, rule(finding.rule)),
    });
    verdict.findings.extend(found);
}

fn feature_set(cluster: &HostedCluster) -> Option<&str> {
    let gate = cluster.spec.configuration.as_ref()?.feature_gate.as_ref()?;
    gate.feature_set.as_ref().map(FeatureSet::as_str)
}

fn pinned(
    cluster: &HostedCluster,
    target: Target<'_>,
    policy: &VerdictPolicy,
    verdict: &mut UpgradeVerdict,
) {
    let Some(release) = &cluster.spec.control_plane_release else { return };
    if release.image != target.image {
        let (path, image) = (JsonPath::fields("spec.controlPlaneRelease"), release.image.clone());
        verdict.say(policy.pinned, path, UpgradeRule::ControlPlanePinned { image });
    }
}

fn paused(cluster: &HostedCluster, now: Timestamp, verdict: &mut UpgradeVerdict) {
    if let Some(rule) = pause(cluster.spec.paused_until.as_deref(), now) {
        let severity = match rule {
            UpgradeRule::Paused(_) => Severity::Refusal,
            _ => Severity::Warning,
        };
        verdict.say(severity, JsonPath::fields("spec.pausedUntil"), rule);
    }
}

fn rollout(cluster: &HostedCluster, (policy, now): When<'_>, verdict: &mut UpgradeVerdict) {
    let path = || JsonPath::fields("status.conditions");
    let is_paused = is_paused(cluster.spec.paused_until.as_deref(), now);
    let conditions = cluster.status.as_ref().map_or(&[][..], |status| status.conditions());
    if let Some(state) = stands_still(conditions, RECONCILIATION_ACTIVE).filter(|_| !is_paused) {
        return verdict.say(policy.unfinished, path(), UpgradeRule::RolloutUnfinished(state));
    }
    let state = cluster_state(&ClusterView::of(cluster), &policy.rollout, now);
    match state {
        // A deletion is a finding of its own.
        RolloutState::Finished | RolloutState::Deleting => {}
        RolloutState::Unproven => {
            verdict.say(Severity::Warning, path(), UpgradeRule::RolloutUnproven);
        }
        // The spec says so already.
        RolloutState::Refused(cause) if cause.condition == RECONCILIATION_ACTIVE => {}
        // Another release is what mends it, unless it would overtake one that rolls.
        RolloutState::Refused(ref cause)
            if cause.condition == VALID_RELEASE_IMAGE && newest_completed(cluster) =>
        {
            let path = path().key(VALID_RELEASE_IMAGE);
            verdict.say(Severity::Warning, path, UpgradeRule::RolloutUnfinished(state));
        }
        state => verdict.say(policy.unfinished, path(), UpgradeRule::RolloutUnfinished(state)),
    }
}

fn newest_completed(cluster: &HostedCluster) -> bool {
    let version = cluster.status.as_ref().and_then(|status| status.version.as_ref());
    let newest = version.and_then(|version| version.history().first());
    newest.is_some_and(UpdateHistory::is_completed)
}

/// A control plane is not changed while etcd has no quorum, and not without knowing.
fn etcd(cluster: &HostedCluster, verdict: &mut UpgradeVerdict) {
    let conditions = cluster.status.as_ref().map_or(&[][..], |status| status.conditions());
    let found = find(conditions, ETCD_AVAILABLE);
    let path = || JsonPath::fields("status.conditions").key(ETCD_AVAILABLE);
    match found.map(ConditionView::status) {
        Some(ConditionStatus::True) => {}
        Some(ConditionStatus::False) => {
            let rule = UpgradeRule::EtcdUnavailable(found.map(Cause::of));
            verdict.say(Severity::Refusal, path(), rule);
        }
        _ => verdict.say(Severity::Warning, path(), UpgradeRule::EtcdUnavailable(None)),
    }
}
