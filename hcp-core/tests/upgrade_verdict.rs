//! Whether upgrades are allowed, from whole objects, and the plans that start from them.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
#![cfg(all(feature = "api", feature = "yaml"))]

use hcp_core::api::{HostedCluster, NodePool};
use hcp_core::upgrade::plan::{FleetSlice, Operator, PlanPolicy, Releases};
use hcp_core::upgrade::{Allowance, Target, UpgradePlan, UpgradeVerdict, VerdictPolicy, verdict};
use hcp_core::version::{Minor, ReleaseChoice, ReleaseLimits, ReleasePolicy, ReleaseVersion};
use jiff::Timestamp;
use serde_json::{Value, json};

const NOW: &str = "2026-03-01T12:00:00Z";
const IMAGE: &str = "quay.io/openshift-release-dev/ocp-release:4.17.5-x86_64";

/// The objects whose rollouts are finished at 4.16.2.
fn base(corpus: &str) -> Value {
    let corpus: Value = serde_saphyr::from_str(corpus).unwrap();
    corpus["base"].clone()
}

fn cluster(change: impl FnOnce(&mut Value)) -> HostedCluster {
    let mut object = base(include_str!("data/rollout/hosted-cluster.yaml"));
    let upgradeable =
        json!({ "type": "ClusterVersionUpgradeable", "status": "True", "reason": "AsExpected" });
    object["status"]["conditions"].as_array_mut().unwrap().push(upgradeable);
    change(&mut object);
    serde_json::from_value(object).unwrap()
}

fn pool(change: impl FnOnce(&mut Value)) -> NodePool {
    let mut object = base(include_str!("data/rollout/node-pool.yaml"));
    change(&mut object);
    serde_json::from_value(object).unwrap()
}

fn condition<'a>(object: &'a mut Value, kind: &str) -> &'a mut Value {
    let conditions = object["status"]["conditions"].as_array_mut().unwrap();
    conditions.iter_mut().find(|condition| condition["type"] == kind).unwrap()
}

fn judge(cluster: &HostedCluster, pools: &[NodePool], version: &str) -> UpgradeVerdict {
    let version: ReleaseVersion = version.parse().unwrap();
    let image = IMAGE.replace("4.17.5", &version.to_string());
    let limits = ReleaseLimits::new(Minor::new(4, 18), Minor::new(4, 14));
    let now: Timestamp = NOW.parse().unwrap();
    verdict(cluster, pools, Target::new(&version, &image), limits, &VerdictPolicy::default(), now)
}

/// The rules that refuse, and those that warn.
fn rules(verdict: &UpgradeVerdict) -> (Vec<String>, Vec<String>) {
    let json = serde_json::to_value(verdict).unwrap();
    let of = |severity: &str| {
        let findings = json["findings"].as_array().unwrap().iter();
        let rules = findings.filter(|row| row["severity"] == severity);
        rules.map(|row| row["rule"].as_str().unwrap().to_owned()).collect()
    };
    (of("refusal"), of("warning"))
}

#[track_caller]
fn expect(verdict: &UpgradeVerdict, refusals: &[&str], warnings: &[&str]) {
    let (refused, warned) = rules(verdict);
    assert_eq!(refused, refusals, "{verdict}");
    assert_eq!(warned, warnings, "{verdict}");
}

#[test]
fn a_healthy_cluster_may_go_one_minor_version_up() {
    let found = judge(&cluster(|_| {}), &[pool(|_| {})], "4.17.5");
    assert_eq!(found.allowance(), Allowance::Allowed, "{found}");
    expect(&found, &[], &[]);
}

#[test]
fn what_the_operator_would_refuse_is_refused() {
    expect(&judge(&cluster(|_| {}), &[], "4.15.1"), &["minor-downgrade"], &[]);
    let (refused, _) = rules(&judge(&cluster(|_| {}), &[], "4.19.0"));
    assert!(refused.contains(&"above-operator".to_owned()), "{refused:?}");
}

#[test]
fn a_skipped_minor_version_is_refused_although_the_operator_lets_it_pass() {
    let (refused, _) = rules(&judge(&cluster(|_| {}), &[], "4.18.0"));
    assert_eq!(refused, ["minor-skip"]);
}

#[test]
fn a_cluster_that_is_not_upgradeable_may_take_patches_only() {
    let cluster = cluster(|object| {
        condition(object, "ClusterVersionUpgradeable")["status"] = json!("False");
    });
    expect(&judge(&cluster, &[], "4.17.5"), &["not-upgradeable"], &[]);
    expect(&judge(&cluster, &[], "4.16.9"), &[], &[]);
}

#[test]
fn a_stale_annotation_is_named_once() {
    let cluster = cluster(|object| {
        object["metadata"]["annotations"] =
            json!({ "hypershift.openshift.io/force-upgrade-to": "quay.io/old:4.16.2" });
    });
    expect(&judge(&cluster, &[], "4.17.5"), &[], &["stale-force-annotation"]);
}

#[test]
fn a_feature_set_forbids_minor_versions() {
    let cluster = cluster(|object| {
        object["spec"]["configuration"] =
            json!({ "featureGate": { "featureSet": "TechPreviewNoUpgrade" } });
    });
    expect(&judge(&cluster, &[], "4.17.5"), &["feature-set-forbids-minors"], &[]);
    expect(&judge(&cluster, &[], "4.16.9"), &[], &[]);
}

#[test]
fn pools_are_judged_now_and_after_the_upgrade() {
    let at = |version: &'static str| {
        pool(move |object| {
            object["status"]["version"] = json!(version);
            let image = IMAGE.replace("4.17.5", version);
            object["spec"]["release"]["image"] = json!(image);
            condition(object, "ValidReleaseImage")["message"] =
                json!(format!("Using release image: {image}"));
        })
    };
    let up = |version| judge(&cluster(|_| {}), &[at(version)], "4.17.5");
    expect(&up("4.14.9"), &[], &[]);
    expect(&up("4.13.9"), &["node-pool-too-far-behind"], &[]);
    expect(&up("4.12.9"), &["node-pool-too-far-behind"], &["node-pool-too-far-behind"]);
    expect(&up("4.16.3"), &[], &["node-pool-ahead"]);
    let found = up("4.13.9").to_string();
    assert!(
        found.contains("node pool workers") && found.contains("-> upgrade the node pool"),
        "{found}"
    );
}

#[test]
fn a_pause_holds_the_upgrade_and_a_misspelt_one_is_told() {
    let paused = |value: &'static str| {
        let paused = cluster(move |object| object["spec"]["pausedUntil"] = json!(value));
        judge(&paused, &[], "4.17.5")
    };
    expect(&paused("true"), &["paused"], &[]);
    expect(&paused("2026-03-01T13:00:00Z"), &["paused"], &[]);
    expect(&paused("2026-03-01T11:00:00Z"), &[], &[]);
    expect(&paused("2026-03-01T13:00:00"), &[], &["pause-invalid"]);
    let pool = pool(|object| object["spec"]["pausedUntil"] = json!("true"));
    expect(&judge(&cluster(|_| {}), &[pool], "4.17.5"), &[], &["paused"]);
}

#[test]
fn an_upgrade_does_not_overtake_another() {
    let cluster = cluster(|object| {
        let newest = &mut object["status"]["version"]["history"][0];
        newest["state"] = json!("Partial");
        newest["completionTime"] = Value::Null;
        condition(object, "ClusterVersionProgressing")["status"] = json!("True");
    });
    let (refused, _) = rules(&judge(&cluster, &[], "4.17.5"));
    assert_eq!(refused, ["rollout-unfinished"]);
}

#[test]
fn a_release_that_still_rolls_out_does_not_run_already() {
    let rolling = |object: &mut Value| {
        object["status"]["version"]["history"][0]["state"] = json!("Partial");
    };
    let says = |cluster: &HostedCluster| {
        judge(cluster, &[], "4.16.2").to_string().contains("already-there")
    };
    assert!(says(&cluster(|_| {})));
    assert!(!says(&cluster(rolling)));
}

#[test]
fn etcd_must_have_quorum() {
    let with = |status: &'static str| {
        let cluster =
            cluster(|object| condition(object, "EtcdAvailable")["status"] = json!(status));
        judge(&cluster, &[], "4.17.5")
    };
    expect(&with("False"), &["etcd-unavailable"], &[]);
    expect(&with("Unknown"), &[], &["etcd-unavailable"]);
}

#[test]
fn what_is_not_reported_is_not_guessed() {
    let cluster = cluster(|object| object["status"]["version"] = json!(null));
    let (refused, _) = rules(&judge(&cluster, &[], "4.17.5"));
    assert!(refused.contains(&"running-version-unknown".to_owned()), "{refused:?}");
    let pool = pool(|object| object["status"] = json!({ "version": "4.16" }));
    let found = judge(&self::cluster(|_| {}), &[pool], "4.17.5");
    assert!(rules(&found).0.contains(&"pool-version-invalid".to_owned()), "{found}");
}

#[test]
fn pools_of_other_clusters_are_left_out_and_told() {
    let other = pool(|object| object["spec"]["clusterName"] = json!("stage"));
    expect(&judge(&cluster(|_| {}), &[other], "4.17.5"), &[], &["foreign-pool"]);
}

#[test]
fn a_pinned_control_plane_would_not_be_upgraded() {
    let cluster = cluster(|object| {
        object["spec"]["controlPlaneRelease"] = json!({ "image": "quay.io/r:4.16.2" });
    });
    let (refused, _) = rules(&judge(&cluster, &[], "4.17.5"));
    assert!(refused.contains(&"control-plane-pinned".to_owned()), "{refused:?}");
}

#[test]
fn pools_without_a_namespace_are_of_a_cluster_without_one() {
    let bare = |object: &mut Value| {
        object["metadata"].as_object_mut().unwrap().remove("namespace");
    };
    let old = pool(|object| {
        bare(object);
        object["status"]["version"] = json!("4.13.9");
    });
    let (refused, warned) = rules(&judge(&cluster(bare), &[old], "4.17.5"));
    assert_eq!(refused, ["node-pool-too-far-behind"]);
    assert!(!warned.contains(&"foreign-pool".to_owned()), "{warned:?}");
}

#[test]
fn what_is_being_deleted_is_not_upgraded() {
    let deleted = |object: &mut Value| {
        object["metadata"]["deletionTimestamp"] = json!("2026-03-01T11:00:00Z");
    };
    expect(&judge(&cluster(deleted), &[], "4.17.5"), &["being-deleted"], &[]);
    expect(&judge(&cluster(|_| {}), &[pool(deleted)], "4.17.5"), &[], &["being-deleted"]);
}

#[test]
fn a_reconciliation_that_stands_still_is_told_whatever_the_spec_says() {
    for until in ["false", "2026-03-01T11:00:00Z", "2026-03-01T13:00:00"] {
        let cluster = cluster(|object| {
            object["spec"]["pausedUntil"] = json!(until);
            condition(object, "ReconciliationActive")["status"] = json!("False");
        });
        let (refused, _) = rules(&judge(&cluster, &[], "4.17.5"));
        assert_eq!(refused, ["rollout-unfinished"], "{until}");
        let pool = pool(|object| {
            object["spec"]["pausedUntil"] = json!(until);
            condition(object, "ReconciliationActive")["status"] = json!("False");
        });
        let (_, warned) = rules(&judge(&self::cluster(|_| {}), &[pool], "4.17.5"));
        assert!(warned.contains(&"rollout-unfinished".to_owned()), "{until}: {warned:?}");
    }
}

#[test]
fn a_desired_release_that_is_not_whole_is_no_installation() {
    let cluster = |desired: Value, upgradeable: &'static str| {
        cluster(move |object| {
            object["status"]["version"]["desired"] = desired;
            condition(object, "ClusterVersionUpgradeable")["status"] = json!(upgradeable);
        })
    };
    let image = IMAGE.replace("4.17.5", "4.16.2");
    for desired in [json!({ "version": "4.16.2" }), json!({ "image": image })] {
        let (refused, _) = rules(&judge(&cluster(desired.clone(), "False"), &[], "4.17.5"));
        assert!(refused.contains(&"not-upgradeable".to_owned()), "{desired}: {refused:?}");
        let (refused, _) = rules(&judge(&cluster(desired.clone(), "True"), &[], "4.15.1"));
        assert!(refused.contains(&"minor-downgrade".to_owned()), "{desired}: {refused:?}");
    }
    let same = json!({ "image": IMAGE, "version": "rubbish" });
    let (refused, _) = rules(&judge(&cluster(same, "True"), &[], "4.17.5"));
    assert!(refused.contains(&"running-version-unknown".to_owned()), "{refused:?}");
}

#[test]
fn a_release_that_is_not_valid_does_not_hide_a_rollout_under_way() {
    let with = |state: &'static str| {
        let cluster = cluster(|object| {
            object["status"]["version"]["history"][0]["state"] = json!(state);
            let valid = condition(object, "ValidReleaseImage");
            valid["status"] = json!("False");
            valid["reason"] = json!("InvalidImage");
        });
        judge(&cluster, &[], "4.17.5")
    };
    expect(&with("Completed"), &[], &["rollout-unfinished"]);
    expect(&with("Partial"), &["rollout-unfinished"], &[]);
}

#[test]
fn a_cluster_that_goes_back_must_not_leave_its_pools_ahead() {
    let version: ReleaseVersion = "4.16.1".parse().unwrap();
    let image = IMAGE.replace("4.17.5", "4.16.1");
    let lenient = ReleasePolicy::default().with(ReleaseChoice::PatchDowngrade, None);
    let policy = VerdictPolicy::default().with_release(lenient);
    let limits = ReleaseLimits::new(Minor::new(4, 18), Minor::new(4, 14));
    let (pools, now) = ([pool(|_| {})], NOW.parse().unwrap());
    let target = Target::new(&version, &image);
    let found = verdict(&cluster(|_| {}), &pools, target, limits, &policy, now);
    expect(&found, &["node-pool-ahead"], &[]);
}

#[test]
fn the_image_that_runs_is_not_taken_for_another_version() {
    let cluster = cluster(|object| {
        condition(object, "ClusterVersionUpgradeable")["status"] = json!("False");
    });
    let version: ReleaseVersion = "4.17.5".parse().unwrap();
    let image = IMAGE.replace("4.17.5", "4.16.2");
    let limits = ReleaseLimits::new(Minor::new(4, 18), Minor::new(4, 14));
    let (policy, now) = (VerdictPolicy::default(), NOW.parse().unwrap());
    let found = verdict(&cluster, &[], Target::new(&version, &image), limits, &policy, now);
    expect(&found, &["target-mismatch"], &[]);
}

#[test]
fn plan_and_verdict_agree_on_feature_sets() {
    let operator =
        Operator::new(ReleaseVersion::new(4, 18, 0), Minor::new(4, 14), Minor::new(4, 18));
    let (releases, now) = (Releases::default(), NOW.parse().unwrap());
    for set in ["", "Default", "LatencySensitive", "TechPreviewNoUpgrade", "NewerThanThis"] {
        let cluster = cluster(|object| {
            object["spec"]["configuration"] = json!({ "featureGate": { "featureSet": set } });
        });
        let fleet = FleetSlice::observe(&cluster, &[], operator.clone(), &releases, now).unwrap();
        let (refused, _) = rules(&judge(&cluster, &[], "4.17.5"));
        assert_eq!(fleet.cluster.fixed_by.is_some(), !refused.is_empty(), "{set}: {refused:?}");
    }
}

#[test]
fn objects_become_a_plan() {
    let now: Timestamp = NOW.parse().unwrap();
    let operator =
        Operator::new(ReleaseVersion::new(4, 18, 0), Minor::new(4, 14), Minor::new(4, 18));
    let target = ReleaseVersion::new(4, 17, 5);
    let releases = Releases::default().with_image(target.clone(), IMAGE);
    let metal = pool(|object| {
        object["metadata"]["name"] = json!("metal");
        object["spec"]["management"]["upgradeType"] = json!("InPlace");
    });
    let pools =
        [pool(|_| {}), metal, pool(|object| object["spec"]["clusterName"] = json!("other"))];
    let fleet =
        FleetSlice::observe(&cluster(|_| {}), &pools, operator.clone(), &releases, now).unwrap();
    assert_eq!(fleet.pools.len(), 2);
    assert!(fleet.pools[1].loses_capacity && !fleet.pools[0].loses_capacity);
    let plan = UpgradePlan::new(&fleet, &target, &releases, &PlanPolicy::default());
    assert!(plan.reaches_target(), "{plan}");
    assert_eq!(plan.steps.len(), 2, "{plan}");

    let deleted = pool(|object| {
        object["metadata"]["deletionTimestamp"] = json!("2026-03-01T11:00:00Z");
    });
    let error = FleetSlice::observe(&cluster(|_| {}), &[deleted], operator.clone(), &releases, now);
    assert!(error.unwrap_err().to_string().contains("being deleted"));

    let lost = pool(|object| {
        object["spec"]["release"]["image"] = json!("quay.io/unknown:1");
        condition(object, "UpdatingVersion")["status"] = json!("True");
    });
    let error =
        FleetSlice::observe(&cluster(|_| {}), &[lost], operator, &releases, now).unwrap_err();
    assert_eq!(
        error.to_string(),
        "NodePool workers: the version of \"quay.io/unknown:1\" in spec.release.image is not known; add it to the releases"
    );
}
