//! A pause and its end, applied to whole objects as an API server applies merge patches.

#![expect(clippy::panic, clippy::unwrap_used, reason = "a test fails by panicking")]

use hcp_core::pause::{
    MARKER_ANNOTATION, Pausable, PausePlan, PauseRequest, PausedKind, PausedUntil, UnpausePlan,
    plan_pause, plan_unpause, upstream,
};
use jiff::Timestamp;
use proptest::prelude::*;
use serde_json::{Map, Value, json};

/// RFC 7386.
fn merge(target: &mut Value, patch: &Value) {
    let Value::Object(patch) = patch else {
        *target = patch.clone();
        return;
    };
    if !target.is_object() {
        *target = json!({});
    }
    let target = target.as_object_mut().unwrap();
    for (key, value) in patch {
        if value.is_null() {
            target.remove(key);
        } else {
            merge(target.entry(key).or_insert(Value::Null), value);
        }
    }
}

/// As the API server stores it: no empty map of annotations.
fn stored(mut object: Value) -> Value {
    let metadata = object["metadata"].as_object_mut().unwrap();
    if metadata.get("annotations").is_some_and(|value| value == &json!({})) {
        metadata.remove("annotations");
    }
    object
}

fn pausable(object: &Value) -> Pausable {
    Pausable::from_json(PausedKind::NodePool, object).unwrap()
}

fn value() -> impl Strategy<Value = Option<String>> {
    prop_oneof![
        2 => Just(None),
        1 => "(true|True|1|false|0|TRUE|)".prop_map(Some),
        2 => "202[4-8]-0[1-9]-0[1-9]T0[0-9]:00:00(Z|\\+01:00|)".prop_map(Some),
        1 => "[ -~]{0,9}".prop_map(Some),
    ]
}

fn object() -> impl Strategy<Value = Value> {
    let others = prop::collection::btree_map("[a-z]{1,6}", "[a-z]{0,3}", 0..3);
    (value(), prop::option::of(others.clone()), others).prop_map(|(until, annotations, unknown)| {
        let mut object = json!({
            "metadata": { "namespace": "clusters", "name": "one", "uid": "u", "resourceVersion": "7" },
            "spec": { "clusterName": "one", "unknown": unknown, "list": [{ "a": 1 }] },
            "status": { "conditions": [] },
        });
        if let Some(annotations) = annotations.filter(|map| !map.is_empty()) {
            object["metadata"]["annotations"] = json!(annotations);
        }
        if let Some(until) = until {
            object["spec"]["pausedUntil"] = until.into();
        }
        object
    })
}

fn until() -> impl Strategy<Value = PausedUntil> {
    prop_oneof![
        Just(PausedUntil::Indefinite),
        (1_i64..200_000_000)
            .prop_map(|after| PausedUntil::Until(now() + jiff::SignedDuration::from_secs(after))),
    ]
}

fn now() -> Timestamp {
    "2026-01-01T00:00:00Z".parse().unwrap()
}

/// Pauses, and checks what must hold then.
fn paused(object: &Value, until: PausedUntil) -> Value {
    let request = PauseRequest::new("run-1".parse().unwrap(), until);
    let mut result = object.clone();
    match plan_pause(&pausable(object), &request, now()).unwrap() {
        PausePlan::Patch(patch) => merge(&mut result, &patch),
        other => assert_eq!(other, PausePlan::Held),
    }
    let again = plan_pause(&pausable(&result), &request, now()).unwrap();
    assert_eq!(again, PausePlan::Held, "{result}");
    let text = result["spec"]["pausedUntil"].as_str().unwrap();
    let last = until.end().unwrap_or(Timestamp::MAX) - jiff::SignedDuration::from_nanos(1);
    assert!(upstream::parse(text).meaning.pauses_at(last), "{text} is weaker than {until}");
    result
}

fn unpaused(object: &Value) -> Value {
    let plan = plan_unpause(&pausable(object), &"run-1".parse().unwrap()).unwrap();
    let UnpausePlan::Restore { patch, .. } = plan else { panic!("{plan:?}") };
    let mut result = object.clone();
    merge(&mut result, &patch);
    stored(result)
}

proptest! {
    #[test]
    fn a_pause_and_its_end_leave_the_object_as_it_was(object in object(), first in until(), second in until()) {
        let once = paused(&object, first);
        prop_assert_eq!(&unpaused(&once), &object);
        let twice = paused(&once, second);
        prop_assert_eq!(&unpaused(&twice), &object);
        // Nothing else has changed in between.
        let mut rest = twice;
        rest["metadata"]["annotations"].as_object_mut().unwrap().remove(MARKER_ANNOTATION);
        let spec = rest["spec"].as_object_mut().unwrap();
        spec.remove("pausedUntil");
        if let Some(until) = object["spec"].get("pausedUntil") {
            spec.insert("pausedUntil".to_owned(), until.clone());
        }
        prop_assert_eq!(&stored(rest), &object);
    }

    #[test]
    fn any_object_is_planned_or_refused_and_never_panics(
        object in object(), marker in "[ -~]{0,40}", spec in prop::option::of(any::<bool>())
    ) {
        let mut object = object;
        object["metadata"]["annotations"] = Value::Object(Map::from_iter([(MARKER_ANNOTATION.to_owned(), marker.into())]));
        if let Some(spec) = spec {
            object["spec"]["pausedUntil"] = spec.into();
            prop_assert!(Pausable::from_json(PausedKind::NodePool, &object).is_err());
        } else {
            let owner = "run-1".parse().unwrap();
            prop_assert!(plan_unpause(&pausable(&object), &owner).is_err());
        }
    }
}
