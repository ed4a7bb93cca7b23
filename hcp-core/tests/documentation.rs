//! Every object of the product documentation is read, or refused with what is wrong with it.
#![cfg(all(feature = "api", feature = "yaml"))]
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeMap;

use hcp_core::GoDuration;
use hcp_core::api::patch::{FieldPatch, apply_merge_patch};
use hcp_core::api::read::{ApiObject, from_value, from_yaml};
use hcp_core::api::{HostedCluster, NodePool};
use serde::Deserialize;
use serde_json::{Value, json};

const DOCUMENTATION: &str = include_str!("data/documentation.yaml");
const OBJECTS: &str = include_str!("data/crd/base.yaml");

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Passage {
    line: u32,
    what: String,
    text: String,
    foreign: Option<Vec<String>>,
    onto: Option<String>,
    holds: Option<Value>,
    refused: Option<String>,
    #[serde(rename = "why")]
    _why: Option<String>,
}

fn passages() -> Vec<Passage> {
    serde_saphyr::from_str(DOCUMENTATION).unwrap()
}

fn whole(kind: &str) -> Value {
    let mut objects: BTreeMap<String, Value> = serde_saphyr::from_str(OBJECTS).unwrap();
    let mut object = objects.remove(kind).unwrap();
    object["metadata"] = json!({ "name": "prod", "namespace": "clusters" });
    object
}

fn holds(value: &Value, wanted: &Value) -> bool {
    match (value, wanted) {
        (Value::Object(value), Value::Object(wanted)) => wanted
            .iter()
            .all(|(key, wanted)| value.get(key).is_some_and(|value| holds(value, wanted))),
        _ => value == wanted,
    }
}

/// What comes of a passage: the objects, or the refusal.
fn read(passage: &Passage) -> Result<Vec<ApiObject>, String> {
    let read = match &passage.onto {
        None => from_yaml(&passage.text),
        Some(kind) => {
            let mut object = whole(kind);
            let fragment =
                serde_saphyr::from_str(&passage.text).map_err(|error| error.to_string())?;
            apply_merge_patch(&mut object, &fragment);
            from_value(object)
        }
    };
    let objects = read.map_err(|error| error.to_string())?;
    Ok(objects.into_iter().map(|read| read.object).collect())
}

#[test]
fn every_passage_is_read_or_refused_for_what_is_wrong_with_it() {
    for passage in passages() {
        let place = format!("line {}, {}", passage.line, passage.what);
        match (read(&passage), &passage.refused) {
            (Err(error), Some(refused)) => assert!(error.contains(refused), "{place}: {error}"),
            (Err(error), None) => panic!("{place}: {error}"),
            (Ok(objects), Some(_)) => panic!("{place}: read as {objects:?}"),
            (Ok(objects), None) => {
                let kinds = objects.iter().filter_map(|object| match object {
                    ApiObject::Foreign(value) => value["kind"].as_str().map(str::to_owned),
                    _ => None,
                });
                assert_eq!(
                    kinds.collect::<Vec<_>>(),
                    passage.foreign.unwrap_or_default(),
                    "{place}"
                );
                let object = serde_json::to_value(&objects[0]).unwrap();
                let wanted = passage.holds.unwrap_or(Value::Null);
                assert!(wanted.is_null() || holds(&object, &wanted), "{place}: {object}");
            }
        }
    }
}

#[test]
fn its_patches_are_patches_of_single_fields() {
    let printed = |line: u32| -> Value {
        let passage = passages().into_iter().find(|passage| passage.line == line).unwrap();
        serde_saphyr::from_str(&passage.text).unwrap()
    };
    let image = "quay.io/openshift-release-dev/ocp-release:4.16.0-x86_64";
    let timeout: GoDuration = "60s".parse().unwrap();
    let pool =
        FieldPatch::<NodePool>::new().release_image(image).node_drain_timeout(Some(&timeout));
    assert_eq!(pool.merge_patch(), printed(854));
    let cluster = FieldPatch::<HostedCluster>::new();
    assert_eq!(cluster.clone().release_image(image).merge_patch(), printed(913));
    assert_eq!(cluster.clone().paused_until(Some("true")).merge_patch(), printed(1256));
    assert_eq!(cluster.paused_until(None).merge_patch(), printed(2395));
}
