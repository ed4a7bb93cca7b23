use serde_json::{Value, json};

use super::super::observed::{ObservedCluster, ObservedMachines};
use super::*;
use crate::conditions::Condition;

const NOW: &str = "2026-01-01T00:00:00Z";

fn resource(name: &str, until: Option<&str>) -> Value {
    json!({
        "metadata": { "namespace": "clusters", "name": name, "uid": "u", "generation": 3 },
        "spec": { "pausedUntil": until, "clusterName": "one" },
        "status": { "conditions": [{
            "type": "ReconciliationActive", "status": "False",
            "reason": "ReconciliationPaused", "observedGeneration": 3,
        }] },
    })
}

fn object(kind: PausedKind, until: &str) -> ObservedObject {
    ObservedObject::from_json(kind, &resource("one", Some(until))).unwrap()
}

fn paused(until: &str) -> Observed {
    let mut pool = resource("pool", Some(until));
    pool["spec"]["management"] = json!({ "autoRepair": true });
    let mut other = resource("other", None);
    other["spec"]["clusterName"] = "two".into();
    let machines = json!({ "metadata": {
        "namespace": "clusters-one", "name": "pool", "annotations": { CAPI_PAUSED: "true" },
    } });
    let cluster = json!({ "metadata": { "namespace": "clusters-one", "name": "infra" }, "spec": { "paused": true } });
    Observed {
        control_plane: Some(object(PausedKind::HostedControlPlane, until)),
        cluster: Some(ObservedCluster::from_json(&cluster).unwrap()),
        node_pools: [pool, other]
            .iter()
            .map(|pool| ObservedNodePool::from_json(pool).unwrap())
            .collect(),
        machines: vec![ObservedMachines::from_json("MachineDeployment", &machines).unwrap()],
        ..Observed::new(object(PausedKind::HostedCluster, until))
    }
}

fn check(observed: &Observed, expectation: &PauseExpectation) -> Result<PauseProof, NotProven> {
    prove(observed, expectation, NOW.parse().unwrap())
}

fn missing(observed: &Observed, expectation: &PauseExpectation) -> Vec<String> {
    use crate::finding::Rule as _;
    let error = check(observed, expectation).unwrap_err();
    let row = |gap: &ObjectFinding<PauseGap>| format!("{}: {}", gap.object, gap.finding.rule.id());
    error.gaps.iter().map(row).collect()
}

#[test]
fn a_pause_that_every_level_has_seen_is_proven_with_its_evidence() {
    let proof = check(&paused("true"), &PauseExpectation::default().with_uid("u")).unwrap();
    assert_eq!((proof.hosted_cluster(), proof.uid(), proof.end()), ("clusters/one", "u", None));
    assert!(proof.lasts_until(Timestamp::MAX));
    assert_eq!(proof.evidence().len(), 8);
    let warnings: Vec<String> = proof.warnings().iter().map(ToString::to_string).collect();
    assert_eq!(warnings.len(), 1, "{warnings:?}");
    assert!(warnings[0].contains("pause-auto-repair"), "{warnings:?}");

    let proof = check(&paused("2026-01-01T01:00:00Z"), &PauseExpectation::default()).unwrap();
    let end = "2026-01-01T01:00:00Z".parse().unwrap();
    assert_eq!(proof.end(), Some(end));
    assert!(!proof.lasts_until(end) && proof.lasts_until(NOW.parse().unwrap()));
}

#[test]
fn each_level_can_be_what_is_missing() {
    let default = PauseExpectation::default();
    let whole = paused("true");
    let none = Observed { control_plane: None, cluster: None, ..whole.clone() };
    assert_eq!(
        missing(&none, &default),
        [
            "HostedControlPlane one: pause-object-missing",
            "Cluster of HostedCluster clusters/one: pause-object-missing"
        ]
    );
    let mut changed = whole.clone();
    changed.control_plane = Some(object(PausedKind::HostedControlPlane, "True"));
    assert_eq!(missing(&changed, &default), ["HostedControlPlane clusters/one: pause-not-copied"]);
    let mut changed = whole.clone();
    changed.machines[0].paused = false;
    assert_eq!(
        missing(&changed, &default),
        ["MachineDeployment clusters-one/pool: pause-machines-active"]
    );
    let mut changed = whole.clone();
    changed.node_pools[0].observed.object.paused_until = None;
    assert_eq!(missing(&changed, &default), ["NodePool clusters/pool: pause-not-set"]);
    let mut changed = whole.clone();
    changed.hosted_cluster.conditions[0].observed_generation = Some(2);
    assert_eq!(missing(&changed, &default), ["HostedCluster clusters/one: pause-not-observed"]);
    let mut changed = whole;
    changed.hosted_cluster.object.deleting = true;
    changed.hosted_cluster.conditions.clear();
    assert_eq!(
        missing(&changed, &default.clone().with_uid("v").with_generation(4))[..1],
        ["HostedCluster clusters/one: pause-object-replaced"]
    );
    assert_eq!(
        missing(&changed, &default.with_uid("u").with_generation(4)),
        [
            "HostedCluster clusters/one: pause-stale-read",
            "HostedCluster clusters/one: pause-object-deleting",
            "HostedCluster clusters/one: pause-not-reported",
        ]
    );
}

#[test]
fn a_value_that_does_not_pause_long_enough_or_at_all_is_no_pause() {
    let lasting = PauseExpectation::default().with_lasting(SignedDuration::from_mins(30));
    for (until, id) in [
        ("2026-01-01T00:10:00Z", "pause-ends-too-soon"),
        ("2025-12-31T00:00:00Z", "pause-not-set"),
        ("false", "pause-not-set"),
        ("2026-02-01T00:00:00", "pause-meaningless"),
    ] {
        let missing = missing(&paused(until), &lasting);
        assert_eq!(missing.len(), 3, "{until}: {missing:?}");
        assert!(missing.iter().all(|gap| gap.ends_with(id)), "{until}: {missing:?}");
    }
}

#[test]
fn an_operator_that_never_pauses_the_cluster_is_a_stated_policy() {
    let mut observed = paused("true");
    observed.cluster.as_mut().unwrap().paused = false;
    let expectation = PauseExpectation::default();
    assert_eq!(
        missing(&observed, &expectation),
        ["Cluster clusters-one/infra: pause-cluster-active"]
    );
    let proof =
        check(&observed, &expectation.with_cluster(ClusterPause::OperatorNeverDoes)).unwrap();
    let rules: Vec<_> = proof.warnings().iter().map(|warning| &warning.finding.rule).collect();
    assert_eq!(
        rules,
        [&PauseWarning::ClusterNotPaused, &PauseWarning::AutoRepair { cluster_paused: false }]
    );
}

#[test]
fn a_node_pool_whose_controller_stops_earlier_says_where() {
    let mut observed = paused("true");
    let conditions = &mut observed.node_pools[0].observed.conditions;
    conditions[0].observed_generation = Some(1);
    conditions.push(Condition::new("ValidReleaseImage", ConditionStatus::False));
    let error = check(&observed, &PauseExpectation::default()).unwrap_err().to_string();
    assert!(error.contains("mend what ValidReleaseImage says"), "{error}");
}
