//! What pausing needs to know, out of the typed objects.

use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;

use super::effective::PausedKind;
use super::marker::MARKER_ANNOTATION;
use super::object::{OADP_PAUSED_BY, Pausable};
use super::observed::{ObservedNodePool, ObservedObject};
use crate::api::{HostedCluster, HostedControlPlane, NodePool};
use crate::conditions::{Condition, NodePoolCondition};

impl Pausable {
    fn of(kind: PausedKind, metadata: &ObjectMeta, paused_until: Option<&String>) -> Self {
        let text = |text: &Option<String>| text.clone().unwrap_or_default();
        let annotation = |key| metadata.annotations.as_ref()?.get(key).cloned();
        Self {
            kind,
            namespace: text(&metadata.namespace),
            name: text(&metadata.name),
            uid: text(&metadata.uid),
            resource_version: text(&metadata.resource_version),
            generation: metadata.generation.unwrap_or(0),
            deleting: metadata.deletion_timestamp.is_some(),
            paused_until: paused_until.cloned(),
            marker: annotation(MARKER_ANNOTATION),
            paused_by_oadp: annotation(OADP_PAUSED_BY),
        }
    }
}

impl From<&HostedCluster> for Pausable {
    fn from(object: &HostedCluster) -> Self {
        Self::of(PausedKind::HostedCluster, &object.metadata, object.spec.paused_until.as_ref())
    }
}

impl From<&HostedControlPlane> for Pausable {
    fn from(object: &HostedControlPlane) -> Self {
        let paused_until = object.spec.paused_until.as_ref();
        Self::of(PausedKind::HostedControlPlane, &object.metadata, paused_until)
    }
}

impl From<&NodePool> for Pausable {
    fn from(object: &NodePool) -> Self {
        Self::of(PausedKind::NodePool, &object.metadata, object.spec.paused_until.as_ref())
    }
}

impl From<&HostedCluster> for ObservedObject {
    fn from(object: &HostedCluster) -> Self {
        let conditions = object.status.as_ref().and_then(|status| status.conditions.clone());
        Self { object: object.into(), conditions: conditions.unwrap_or_default() }
    }
}

impl From<&HostedControlPlane> for ObservedObject {
    fn from(object: &HostedControlPlane) -> Self {
        let conditions = object.status.as_ref().and_then(|status| status.conditions.clone());
        Self { object: object.into(), conditions: conditions.unwrap_or_default() }
    }
}

impl From<&NodePool> for ObservedNodePool {
    fn from(object: &NodePool) -> Self {
        let conditions = object.status.as_ref().and_then(|status| status.conditions.as_ref());
        let conditions = conditions.into_iter().flatten().map(condition).collect();
        Self {
            observed: ObservedObject { object: object.into(), conditions },
            cluster_name: object.spec.cluster_name.clone(),
            auto_repair: object.spec.management.auto_repair.unwrap_or(false),
        }
    }
}

fn condition(condition: &NodePoolCondition) -> Condition {
    let NodePoolCondition { kind, status, observed_generation, reason, message, .. } = condition;
    let mut plain = Condition::new(kind, *status);
    plain.observed_generation = *observed_generation;
    plain.last_transition_time.clone_from(&condition.last_transition_time);
    plain.reason.clone_from(reason);
    plain.message.clone_from(message);
    plain.other.clone_from(&condition.other);
    if let Some(severity) = &condition.severity {
        plain.other.insert("severity".to_owned(), severity.as_str().into());
    }
    plain
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn object(kind: &str, spec: Value) -> Value {
        let mut object = json!({
            "apiVersion": "hypershift.openshift.io/v1beta1", "kind": kind,
            "metadata": {
                "namespace": "clusters", "name": "one", "uid": "u", "resourceVersion": "7", "generation": 3,
                "deletionTimestamp": "2026-01-01T00:00:00Z",
                "annotations": { MARKER_ANNOTATION: "{}", OADP_PAUSED_BY: "somebody" },
            },
            "status": { "conditions": [{
                "type": "ReconciliationActive", "status": "False", "reason": "ReconciliationPaused",
                "message": "m", "lastTransitionTime": "2026-01-01T00:00:00Z", "observedGeneration": 3,
            }] },
        });
        object["spec"] = spec;
        object["spec"]["pausedUntil"] = "true".into();
        object
    }

    #[test]
    fn typed_objects_say_the_same_as_their_json() {
        let spec = json!({
            "release": { "image": "image" }, "platform": { "type": "None" }, "services": [],
            "pullSecret": { "name": "pull-secret" },
        });
        let json = object("HostedCluster", spec);
        let typed: HostedCluster = serde_json::from_value(json.clone()).unwrap();
        let read = ObservedObject::from_json(PausedKind::HostedCluster, &json).unwrap();
        assert_eq!(ObservedObject::from(&typed), read);
        let spec = json!({
            "clusterName": "one", "release": { "image": "image" }, "platform": { "type": "None" },
            "management": { "upgradeType": "Replace", "autoRepair": true },
        });
        let mut json = object("NodePool", spec);
        json["status"]["conditions"][0]["severity"] = "Info".into();
        let typed: NodePool = serde_json::from_value(json.clone()).unwrap();
        assert_eq!(ObservedNodePool::from(&typed), ObservedNodePool::from_json(&json).unwrap());
    }
}
