//! What turns the schema of a Rust type into the schema that HyperShift's custom resources have.

use schemars::Schema;
use schemars::transform::{Transform, transform_subschemas};
use serde_json::{Map, Value, json};

/// Marks a place where `null` is a value of its own; see [`super::Nullable`].
pub(super) const NULLABLE: &str = "nullable";

/// Validation rules in CEL, each with its message.
pub(super) fn cel(rules: &[(&str, &str)]) -> Value {
    rules.iter().map(|(rule, message)| json!({ "rule": rule, "message": message })).collect()
}

/// The rule that a field, once set, keeps its value; it does not hinder that the field is added or removed.
pub(super) fn immutable(field: &str) -> Value {
    cel(&[("self == oldSelf", &format!("{field} is immutable"))])
}

/// Makes a schema structural, and as strict about `null` as `HyperShift`'s: an optional field may be absent, not `null`.
///
/// Unknown fields are preserved where a type keeps them.
pub(super) fn structural(schema: &mut Schema) {
    Structural.transform(schema);
}

struct Structural;

impl Transform for Structural {
    fn transform(&mut self, schema: &mut Schema) {
        transform_subschemas(self, schema);
        let Some(object) = schema.as_object_mut() else { return };
        object.remove("title");
        hoist_optional(object);
        if !object.contains_key(NULLABLE) {
            forbid_null(object);
        }
        let open = object.get("additionalProperties") == Some(&Value::Bool(true));
        if open {
            object.remove("additionalProperties");
        }
        if open || object.contains_key("properties") {
            object.insert("x-kubernetes-preserve-unknown-fields".to_owned(), true.into());
        }
    }
}

/// `anyOf: [X, null]` becomes `X`.
fn hoist_optional(object: &mut Map<String, Value>) {
    let Some(Value::Array(choices)) = object.get("anyOf") else { return };
    let is_null = |choice: &Value| choice.get("type") == Some(&json!("null"));
    let (nulls, others): (Vec<_>, Vec<_>) = choices.iter().cloned().partition(is_null);
    if let ([_], [Value::Object(only)]) = (&*nulls, &*others) {
        object.remove("anyOf");
        for (key, value) in only {
            object.entry(key).or_insert_with(|| value.clone());
        }
    }
}

fn forbid_null(object: &mut Map<String, Value>) {
    if let Some(Value::Array(types)) = object.get_mut("type") {
        types.retain(|kind| kind != "null");
        if let [only] = &**types {
            let only = only.clone();
            object.insert("type".to_owned(), only);
        }
    }
    if let Some(Value::Array(values)) = object.get_mut("enum") {
        values.retain(|value| !value.is_null());
    }
}
