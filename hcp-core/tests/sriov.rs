//! The SR-IOV operator: its objects as the documentation has them, and when it is ready.
#![cfg(feature = "yaml")]

use hcp_core::Rule;
use hcp_core::platform::{
    CsvState, PodState, SriovManifests, SriovMissing, SriovObserved, SriovOperator, SriovReadiness,
    SriovYamlError, sriov_readiness,
};
use serde_json::json;

/// Chapter 4.3 of the documentation, as it is meant to be indented.
const DOCUMENTED: &str = r#"
apiVersion: v1
kind: Namespace
metadata:
  name: openshift-sriov-network-operator
---
apiVersion: operators.coreos.com/v1
kind: OperatorGroup
metadata:
  name: sriov-network-operators
  namespace: openshift-sriov-network-operator
spec:
  targetNamespaces:
    - openshift-sriov-network-operator
---
apiVersion: operators.coreos.com/v1alpha1
kind: Subscription
metadata:
  name: sriov-network-operator-subscription
  namespace: openshift-sriov-network-operator
spec:
  channel: stable
  name: sriov-network-operator
  config:
    nodeSelector:
      node-role.kubernetes.io/worker: ""
  source: s/qe-app-registry/redhat-operators
  sourceNamespace: openshift-marketplace
"#;

fn ids(manifests: &SriovManifests) -> Vec<String> {
    let found = manifests.check();
    found.iter().map(|finding| format!("{} {}", finding.rule.id(), finding.path)).collect()
}

#[test]
fn the_documentation_names_a_catalog_that_there_cannot_be() {
    let documented = SriovManifests::from_yaml(DOCUMENTED).unwrap();
    assert_eq!(ids(&documented), ["sriov-name subscription.spec.source"]);
    let mended = DOCUMENTED.replace("s/qe-app-registry/", "");
    assert_eq!(SriovManifests::from_yaml(&mended).unwrap(), SriovOperator::default().manifests());
}

#[test]
fn what_is_written_is_read_and_is_right() {
    let operator = SriovOperator::default().with_source("mirrored").with_channel("4.15");
    let manifests = operator.manifests();
    assert_eq!(ids(&manifests), [] as [&str; 0]);
    let text = manifests.to_yaml().unwrap();
    assert_eq!(SriovManifests::from_yaml(&text).unwrap(), manifests);
    assert_eq!(text.matches("---").count(), 2);
}

#[test]
fn fields_that_are_not_known_are_kept() {
    let text = DOCUMENTED
        .replace("channel: stable", "channel: stable\n  installPlanApproval: Manual")
        .replace("  name: sriov-network-operators", "  name: a\n  labels: {b: c}");
    let manifests = SriovManifests::from_yaml(&text).unwrap();
    let written = manifests.to_yaml().unwrap();
    assert!(
        written.contains("installPlanApproval: Manual") && written.contains("b: c"),
        "{written}"
    );
}

#[test]
fn every_change_finds_what_it_breaks() {
    for (from, to, wanted) in [
        ("channel: stable", "channel: \"\"", "sriov-no-channel subscription.spec.channel"),
        ("name: sriov-network-operator\n", "name: sriov\n", "sriov-package subscription.spec.name"),
        (
            "node-role.kubernetes.io/worker",
            "node",
            "sriov-not-on-workers subscription.spec.config.nodeSelector",
        ),
        (
            "    - openshift-sriov-network-operator",
            "    - a",
            "sriov-targets operatorGroup.spec.targetNamespaces",
        ),
        (
            "    - openshift-sriov-network-operator",
            "    []",
            "sriov-targets operatorGroup.spec.targetNamespaces",
        ),
        (
            "name: sriov-network-operators\n  namespace: openshift-sriov-network-operator",
            "name: sriov-network-operators\n  namespace: a",
            "sriov-elsewhere operatorGroup.metadata.namespace",
        ),
        ("sriov-network-operator-subscription", "Sub", "sriov-name subscription.metadata.name"),
        ("openshift-marketplace", "a/b", "sriov-name subscription.spec.sourceNamespace"),
    ] {
        let text = DOCUMENTED.replace("s/qe-app-registry/", "").replace(from, to);
        assert_eq!(ids(&SriovManifests::from_yaml(&text).unwrap()), [wanted]);
    }
}

#[test]
fn what_is_not_three_objects_is_an_error() {
    let without = DOCUMENTED.rsplit_once("---").unwrap().0;
    let read = |text: &str| SriovManifests::from_yaml(text).unwrap_err();
    assert!(matches!(read(without), SriovYamlError::Missing("Subscription")));
    assert!(matches!(read(&format!("{DOCUMENTED}---\n{without}")), SriovYamlError::Kind(_)));
    assert!(matches!(read("kind: Pod"), SriovYamlError::Kind(kind) if kind == "Pod"));
    assert!(matches!(read("kind: Subscription"), SriovYamlError::Object(_)));
    assert!(matches!(read("a: [b"), SriovYamlError::Yaml(_)));
}

fn version(name: &str, replaces: Option<&str>, phase: &str) -> CsvState {
    CsvState::from_json(&json!({
        "metadata": {"name": name}, "spec": {"replaces": replaces}, "status": {"phase": phase, "message": "m"},
    }))
    .expect("a version")
}

fn pod(name: &str, phase: &str, ready: bool) -> PodState {
    let mut pod = PodState::default();
    name.clone_into(&mut pod.name);
    phase.clone_into(&mut pod.phase);
    pod.ready = ready;
    pod
}

#[test]
fn it_is_ready_when_the_newest_version_has_succeeded_and_all_pods_are_ready() {
    let mut observed = SriovObserved::default();
    let missing = |observed: &SriovObserved| match sriov_readiness(observed) {
        SriovReadiness::NotReady { missing } => missing,
        ready => panic!("{ready:?}"),
    };
    assert_eq!(missing(&observed), [SriovMissing::Version, SriovMissing::OperatorPod]);

    let old = "sriov-network-operator.4.15.0-202210290517";
    let new = "sriov-network-operator.4.15.0-202211021237";
    observed.versions = vec![
        version("other.v1.0.0", None, "Failed"),
        version(old, None, "Succeeded"),
        version(new, Some(old), "Installing"),
    ];
    observed.pods = vec![
        pod("sriov-network-operator-7d8c-x", "Running", true),
        pod("sriov-network-config-daemon-a", "Running", false),
        pod("bundle-job", "Succeeded", false),
    ];
    let found = missing(&observed);
    let texts: Vec<_> = found.iter().map(ToString::to_string).collect();
    assert_eq!(
        texts,
        [
            format!("{new} is Installing and not Succeeded: m"),
            "pod sriov-network-config-daemon-a is Running and not ready".to_owned(),
        ]
    );

    observed.versions = vec![version(new, Some(old), "Succeeded")];
    observed.pods[1].ready = true;
    let ready = SriovReadiness::Ready { version: new.to_owned() };
    assert_eq!(sriov_readiness(&observed), ready);
    observed.pods.remove(0);
    assert_eq!(missing(&observed), [SriovMissing::OperatorPod]);
}

#[test]
fn a_version_without_a_status_is_not_ready() {
    let state =
        CsvState::from_json(&json!({"metadata": {"name": "sriov-network-operator.v1"}})).unwrap();
    assert_eq!((state.phase.as_str(), state.replaces), ("", None));
    assert!(CsvState::from_json(&json!({"metadata": {}})).is_err());
    assert!(
        CsvState::from_json(&json!({"metadata": {"name": "a"}, "status": {"phase": 1}})).is_err()
    );
}

#[cfg(feature = "api")]
#[test]
fn a_pod_of_the_api_says_whether_it_is_ready_and_why_not() {
    let read = |status: serde_json::Value| {
        let pod: k8s_openapi::api::core::v1::Pod =
            serde_json::from_value(json!({"metadata": {"name": "a"}, "status": status})).unwrap();
        PodState::from(&pod)
    };
    let condition =
        |kind: &str, status: &str| json!({"type": kind, "status": status, "message": "no node"});
    let ready = read(json!({"phase": "Running", "conditions": [condition("Ready", "True")]}));
    assert!(ready.ready && ready.reason.is_empty() && ready.phase == "Running");
    let pending =
        read(json!({"phase": "Pending", "conditions": [condition("PodScheduled", "False")]}));
    assert_eq!((pending.ready, pending.reason.as_str()), (false, "no node"));
    let waiting = read(json!({
        "phase": "Pending",
        "conditions": [condition("Ready", "False"), condition("PodScheduled", "True")],
        "containerStatuses": [{
            "name": "c", "image": "i", "imageID": "", "ready": false, "restartCount": 0,
            "state": {"waiting": {"reason": "ImagePullBackOff"}},
        }],
    }));
    assert_eq!((waiting.ready, waiting.reason.as_str()), (false, "ImagePullBackOff"));
    assert_eq!(read(json!({})).phase, "");
}
