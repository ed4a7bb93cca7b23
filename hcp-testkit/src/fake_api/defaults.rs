//! What the server fills in and drops when an object of a built-in kind is written.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::kinds::Kind;
use super::object::{set_member, strip_nulls};

/// Defaults of a new object; its status is dropped where status is written apart.
pub(super) fn on_create(kind: &Kind, object: &mut Value) {
    // Only a Node may bring its status along.
    if kind.subresources.status && !kind.is("nodes") {
        set_member(object, "status", None);
    }
    on_write(kind, object);
    if kind.custom {
        return;
    }
    match &*kind.plural {
        "namespaces" => {
            object["spec"] = json!({ "finalizers": ["kubernetes"] });
            object["status"] = json!({ "phase": "Active" });
            let name = object["metadata"]["name"].clone();
            object["metadata"]["labels"]["kubernetes.io/metadata.name"] = name;
        }
        "pods" | "persistentvolumeclaims" => object["status"] = json!({ "phase": "Pending" }),
        "deployments" => object["status"] = json!({}),
        "statefulsets" => object["status"] = json!({ "replicas": 0, "availableReplicas": 0 }),
        "poddisruptionbudgets" => {
            object["status"] = json!({
                "currentHealthy": 0, "desiredHealthy": 0, "disruptionsAllowed": 0, "expectedPods": 0,
            });
        }
        _ => {}
    }
}

/// What holds after every write of a built-in object.
pub(super) fn on_write(kind: &Kind, object: &mut Value) {
    if kind.custom {
        return;
    }
    strip_nulls(object);
    match &*kind.plural {
        "deployments" | "statefulsets" => default_member(object, "/spec", "replicas", &json!(1)),
        "pods" => {
            default_member(object, "/spec", "terminationGracePeriodSeconds", &json!(30));
            default_member(object, "/spec", "restartPolicy", &json!("Always"));
        }
        "secrets" => {
            encode_string_data(object);
            default_member(object, "", "type", &json!("Opaque"));
        }
        _ => {}
    }
}

fn default_member(object: &mut Value, parent: &str, member: &str, value: &Value) {
    if let Some(Value::Object(fields)) = object.pointer_mut(parent) {
        fields.entry(member).or_insert_with(|| value.clone());
    }
}

/// `stringData` is written, never read: it ends up in `data`.
fn encode_string_data(object: &mut Value) {
    let Some(Value::Object(plain)) = object.get_mut("stringData").map(Value::take) else { return };
    set_member(object, "stringData", None);
    for (key, value) in plain {
        object["data"][key] = STANDARD.encode(value.as_str().unwrap_or_default()).into();
    }
}
