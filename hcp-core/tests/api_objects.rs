//! Objects are read strictly, and written back as they were.
#![cfg(all(feature = "api", feature = "yaml"))]
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use std::sync::LazyLock;

use hcp_core::api::patch::{FieldPatch, apply_merge_patch};
use hcp_core::api::read::{ApiObject, ReadError, from_json, from_value, from_yaml};
use hcp_core::api::{HostedCluster, NodePool};
use hcp_core::{GoDuration, Rule};
use proptest::prelude::*;
use serde_json::{Value, json};

const OBJECTS: &str = include_str!("data/api/objects.yaml");

/// The objects of the corpus, as JSON: a hosted cluster, a node pool, a control plane.
fn objects() -> Vec<Value> {
    static READ: LazyLock<Vec<Value>> =
        LazyLock::new(|| serde_saphyr::from_multiple(OBJECTS).unwrap());
    READ.clone()
}

fn written_back(value: &Value) -> Result<Value, String> {
    let read = from_value(value.clone()).map_err(|error| error.to_string())?;
    Ok(serde_json::to_value(&read[0].object).unwrap())
}

/// Places of objects with fields, below `spec` and `status`; not of maps whose keys are free.
fn places(value: &Value, pointer: &str, found: &mut Vec<String>) {
    const MAPS: [&str; 4] = ["nodeSelector", "labels", "nodeLabels", "annotations"];
    match value {
        Value::Object(object) => {
            found.push(pointer.to_owned());
            for (key, below) in object.iter().filter(|(key, _)| !MAPS.contains(&key.as_str())) {
                places(below, &format!("{pointer}/{key}"), found);
            }
        }
        Value::Array(array) => array
            .iter()
            .enumerate()
            .for_each(|(index, below)| places(below, &format!("{pointer}/{index}"), found)),
        _ => {}
    }
}

fn all_places(object: &Value) -> Vec<String> {
    let mut found = Vec::new();
    places(&object["spec"], "/spec", &mut found);
    places(&object["status"], "/status", &mut found);
    found
}

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        (-1e9..1e9).prop_map(Value::from),
        ".{0,8}".prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 12, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::btree_map("[a-z.]{0,6}", inner, 0..4)
                .prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

#[test]
fn what_is_read_is_written_back_unchanged() {
    for object in objects() {
        assert_eq!(written_back(&object).unwrap(), object);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn unknown_fields_survive_wherever_they_are(
        which in 0_usize..3,
        added in prop::collection::vec((any::<prop::sample::Index>(), "x[A-Za-z]{0,8}", any_json()), 1..6),
    ) {
        let mut object = objects().swap_remove(which);
        let places = all_places(&object);
        for (place, key, value) in added {
            if let Some(Value::Object(at)) = object.pointer_mut(place.get::<String>(&places)) {
                at.insert(key, value);
            }
        }
        prop_assert_eq!(written_back(&object).unwrap(), object);
    }

    #[test]
    fn an_object_is_written_back_unchanged_or_is_refused(
        which in 0_usize..3,
        edits in prop::collection::vec((any::<prop::sample::Index>(), any::<prop::sample::Index>(), any_json()), 1..4),
    ) {
        let mut object = objects().swap_remove(which);
        for (place, field, value) in edits {
            let places = all_places(&object);
            if let Some(Value::Object(at)) = object.pointer_mut(place.get::<String>(&places)) {
                let keys: Vec<String> = at.keys().cloned().collect();
                if keys.is_empty() || value.is_null() {
                    continue;
                }
                at.insert(field.get(&keys).clone(), value);
            }
        }
        if let Ok(written) = written_back(&object) {
            prop_assert_eq!(without_nulls(written), without_nulls(object));
        }
    }

    #[test]
    fn a_patch_changes_its_field_and_no_other(
        image in "[a-z]{1,8}/[a-z]{1,8}:4[.][0-9]{1,2}[.][0-9]",
        replicas in 0_u16..200,
        seconds in 0_u32..100_000,
        unknown in any_json(),
    ) {
        let mut pool = objects().swap_remove(1);
        pool["spec"]["xNew"] = unknown;
        let timeout: GoDuration = format!("{seconds}s").parse().unwrap();
        let patch = FieldPatch::<NodePool>::new()
            .release_image(&*image)
            .replicas(replicas)
            .node_drain_timeout(Some(&timeout))
            .paused_until(None)
            .annotation("a.example.com/b", "c");
        let mut wanted = pool.clone();
        wanted["spec"]["release"]["image"] = image.into();
        wanted["spec"]["replicas"] = replicas.into();
        wanted["spec"]["nodeDrainTimeout"] = timeout.to_string().into();
        wanted["metadata"]["annotations"] = json!({ "a.example.com/b": "c" });
        apply_merge_patch(&mut pool, &patch.merge_patch());
        prop_assert_eq!(&pool, &wanted);
        prop_assert_eq!(written_back(&pool).unwrap(), pool);
    }
}

/// A `null` in a field that is typed stands for its absence.
fn without_nulls(value: Value) -> Value {
    match value {
        Value::Object(object) => object
            .into_iter()
            .filter(|(_, value)| !value.is_null())
            .map(|(key, value)| (key, without_nulls(value)))
            .collect(),
        Value::Array(array) => array.into_iter().map(without_nulls).collect(),
        other => other,
    }
}

fn refusal(value: &Value) -> (String, &'static str, String) {
    let error = from_value(value.clone()).unwrap_err();
    let finding = error.finding().unwrap_or_else(|| panic!("{error}"));
    (finding.path.to_string(), finding.rule.id(), error.to_string())
}

#[test]
fn an_error_names_the_object_the_place_and_the_remedy() {
    let mut cluster = objects().swap_remove(0);
    cluster["spec"]["pausedUntil"] = true.into();
    let (path, id, text) = refusal(&cluster);
    assert_eq!((&*path, id), ("spec.pausedUntil", "value"));
    assert_eq!(
        text,
        "HostedCluster clusters/prod: refusal value: spec.pausedUntil: invalid type: boolean `true`, expected a string; \
         put the value in quotes"
    );

    for (pointer, value, path) in [
        (
            "/spec/etcd/managed/storage/persistentVolume/size",
            json!("8GiB"),
            "spec.etcd.managed.storage.persistentVolume.size",
        ),
        (
            "/spec/services/2/servicePublishingStrategy/nodePort/port",
            json!("x"),
            "spec.services[2].servicePublishingStrategy.nodePort.port",
        ),
        (
            "/status/conditions/0/lastTransitionTime",
            json!("yesterday"),
            "status.conditions[0].lastTransitionTime",
        ),
        (
            "/spec/nodeSelector",
            json!({ "a.example.com/b": 1 }),
            "spec.nodeSelector[\"a.example.com/b\"]",
        ),
        ("/spec/release", json!({}), "spec.release"),
    ] {
        let mut cluster = objects().swap_remove(0);
        *cluster.pointer_mut(pointer).unwrap() = value;
        assert_eq!(refusal(&cluster).0, path);
    }
}

#[test]
fn a_drain_timeout_that_go_cannot_read_is_refused_though_the_api_takes_it() {
    let mut pool = objects().swap_remove(1);
    pool["spec"]["nodeDrainTimeout"] = "soon".into();
    let (path, _, text) = refusal(&pool);
    assert_eq!(path, "spec.nodeDrainTimeout");
    assert!(text.contains("write it as 60s or 1h30m"), "{text}");
}

#[test]
fn a_field_that_kubernetes_would_drop_is_refused() {
    let mut cluster = objects().swap_remove(0);
    cluster["metadata"]["anotations"] = json!({ "a": "b" });
    assert_eq!(refusal(&cluster).0, "metadata.anotations");
    let mut cluster = objects().swap_remove(0);
    cluster["pausedUntil"] = "true".into();
    assert_eq!(refusal(&cluster).0, "pausedUntil");
    let mut cluster = objects().swap_remove(0);
    cluster["metadata"]["ownerReferences"] =
        json!([{ "apiVersion": "v1", "kind": "Node", "name": "n", "uid": "u", "controler": true }]);
    assert_eq!(refusal(&cluster).0, "metadata.ownerReferences[0].controler");
    let mut cluster = objects().swap_remove(0);
    cluster["metadata"]["creationTimestamp"] = Value::Null;
    assert!(from_value(cluster).is_ok(), "Go writes this null");
}

#[test]
fn kinds_and_lists_are_told_apart() {
    let read = from_yaml(OBJECTS).unwrap();
    assert!(read[0].object.as_hosted_cluster().is_some());
    assert!(read[1].object.as_node_pool().is_some());
    assert!(read[2].object.as_hosted_control_plane().is_some());

    let list = json!({ "apiVersion": "v1", "kind": "List", "items": objects() });
    assert_eq!(from_json(&list.to_string()).unwrap().len(), 3);

    let nested = json!({ "apiVersion": "v1", "kind": "List", "items": [list] });
    assert_eq!(from_value(nested).unwrap().len(), 3);
    let empty = json!({
        "apiVersion": "hypershift.openshift.io/v1beta1", "kind": "NodePoolList", "items": null,
    });
    assert!(from_value(empty).unwrap().is_empty(), "Go writes this null");

    let mut pool = objects().swap_remove(1);
    pool.as_object_mut().unwrap().retain(|key, _| key != "kind" && key != "apiVersion");
    let list = json!({ "apiVersion": "hypershift.openshift.io/v1beta1", "kind": "NodePoolList", "items": [pool] });
    assert!(from_value(list).unwrap()[0].object.as_node_pool().is_some());

    let config_map =
        json!({ "apiVersion": "v1", "kind": "ConfigMap", "metadata": { "name": "a" } });
    assert!(matches!(from_value(config_map).unwrap()[0].object, ApiObject::Foreign(_)));
    for (api_version, kind, id) in [
        ("hypershift.openshift.io/v1", "HostedCluster", "unknown-kind"),
        ("hypershift.openshift.io/v1beta1", "AWSEndpointService", "unknown-kind"),
    ] {
        assert_eq!(refusal(&json!({ "apiVersion": api_version, "kind": kind })).1, id);
    }
    assert_eq!(refusal(&json!([])).1, "not-an-object");
    assert!(matches!(from_json("{"), Err(ReadError::Json(_))));
    let twice = r#"{"a":{"pausedUntil":"true","pausedUntil":"false"}}"#;
    let Err(ReadError::Json(error)) = from_json(twice) else { panic!("{twice}") };
    assert!(error.to_string().starts_with("key \"pausedUntil\" is there twice"), "{error}");
    assert!(matches!(from_yaml("a: 1\na: 2\n"), Err(ReadError::Yaml { .. })));
    assert!(from_yaml("---\n---\n").unwrap().is_empty());
}

#[test]
fn the_control_planes_namespace_follows_from_the_cluster() {
    let mut cluster: HostedCluster = serde_json::from_value(objects().swap_remove(0)).unwrap();
    assert_eq!(cluster.control_plane_namespace().unwrap(), "clusters-prod");
    cluster.metadata.name = Some("prod.eu".to_owned());
    assert_eq!(cluster.control_plane_namespace().unwrap(), "clusters-prod-eu");
    cluster.metadata.namespace = None;
    assert!(cluster.control_plane_namespace().is_err());
}

/// A node pool, a hosted cluster or a control plane of `v1alpha1`, changed by a merge patch.
fn alpha(which: usize, change: &Value) -> Value {
    let mut object = objects().swap_remove(which);
    object["apiVersion"] = "hypershift.openshift.io/v1alpha1".into();
    apply_merge_patch(&mut object, change);
    object
}

#[test]
fn v1alpha1_is_mapped_and_each_mapping_is_told() {
    let object = alpha(
        0,
        &json!({ "spec": {
        "networking": { "machineCIDR": "10.0.0.0/16", "podCIDR": "10.132.0.0/14", "serviceCIDR": "", "serviceNetwork": null },
        "configuration": { "oauth": null, "secretRefs": [{ "name": "s" }], "items": [
            { "apiVersion": "config.openshift.io/v1", "kind": "OAuth", "spec": { "identityProviders": [] } },
            { "apiVersion": "config.openshift.io/v1", "kind": "Proxy", "spec": { "httpProxy": "p" } },
        ] },
    } }),
    );
    let read = from_value(object).unwrap().swap_remove(0);
    let told: Vec<String> = read.mapped.iter().map(ToString::to_string).collect();
    assert_eq!(told.len(), 6, "{told:#?}");
    assert!(told[0].starts_with("notice v1alpha1-moved: spec.networking.machineCIDR: v1alpha1 has it here, v1beta1 in spec.networking.machineNetwork;"), "{told:#?}");
    assert!(told[2].contains("serviceCIDR: v1beta1 has no such field"), "{told:#?}");
    let value = serde_json::to_value(&read.object).unwrap();
    assert_eq!(value["apiVersion"], "hypershift.openshift.io/v1beta1");
    assert_eq!(value["spec"]["configuration"]["oauth"], json!({ "identityProviders": [] }));
    assert_eq!(value["spec"]["configuration"]["proxy"], json!({ "httpProxy": "p" }));
    assert_eq!(
        value["spec"]["networking"]["clusterNetwork"],
        json!([{ "cidr": "10.132.0.0/14", "hostPrefix": 23 }])
    );
    assert!(value["spec"]["configuration"].get("items").is_none());

    let pool = alpha(1, &json!({ "spec": { "replicas": null, "nodeCount": 2 } }));
    let read = from_value(pool).unwrap().swap_remove(0);
    assert_eq!(read.object.as_node_pool().unwrap().spec.replicas, Some(2));

    let control_plane = alpha(
        2,
        &json!({ "spec": {
        "apiPort": 7443, "apiAllowedCIDRBlocks": ["10.0.0.0/8"], "networkType": "Calico", "podCIDR": "10.132.0.0/14",
    } }),
    );
    let read = from_value(control_plane).unwrap().swap_remove(0);
    assert_eq!(
        serde_json::to_value(&read.object).unwrap()["spec"]["networking"],
        json!({ "apiServer": { "port": 7443, "allowedCIDRBlocks": ["10.0.0.0/8"] }, "networkType": "Calico", "clusterNetwork": [{ "cidr": "10.132.0.0/14" }] })
    );
}

#[test]
fn v1alpha1_that_has_no_one_meaning_is_refused() {
    for (which, change, path, id) in [
        (
            0,
            json!({ "networking": { "machineCIDR": "10.9.0.0/16" } }),
            "spec.networking.machineCIDR",
            "v1alpha1-conflict",
        ),
        (
            0,
            json!({ "networking": { "machineNetwork": null, "machineCIDR": 9 } }),
            "spec.networking.machineCIDR",
            "v1alpha1-type",
        ),
        (
            0,
            json!({ "configuration": { "items": [{ "apiVersion": "v1", "kind": "ConfigMap" }] } }),
            "spec.configuration.items[0]",
            "v1alpha1-item",
        ),
        (
            0,
            json!({ "configuration": { "items": [{ "apiVersion": "config.openshift.io/v1", "kind": "OAuth", "spec": {} }] } }),
            "spec.configuration.items[0]",
            "v1alpha1-conflict",
        ),
        (
            0,
            json!({ "platform": { "aws": { "roles": [{ "arn": "a" }] } } }),
            "spec.platform.aws.roles",
            "v1alpha1-credentials",
        ),
        (
            0,
            json!({ "platform": { "aws": { "nodePoolManagementCreds": { "name": "s" } } } }),
            "spec.platform.aws.nodePoolManagementCreds",
            "v1alpha1-credentials",
        ),
        (1, json!({ "nodeCount": 5 }), "spec.nodeCount", "v1alpha1-conflict"),
    ] {
        let (found, rule, text) = refusal(&alpha(which, &json!({ "spec": change })));
        assert_eq!((&*found, rule), (path, id), "{text}");
    }
    let empty = alpha(
        0,
        &json!({ "spec": { "platform": { "aws": { "roles": [], "controlPlaneOperatorCreds": { "name": "" } } } } }),
    );
    assert!(from_value(empty).is_ok(), "Go writes empty credentials");
}
