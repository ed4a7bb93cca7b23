//! The members of an object that the server itself reads and writes.

use serde_json::{Map, Value};

/// The text at a JSON pointer; empty if there is none.
pub(super) fn text<'a>(object: &'a Value, pointer: &str) -> &'a str {
    object.pointer(pointer).and_then(Value::as_str).unwrap_or_default()
}

/// The name of an object.
pub(super) fn name(object: &Value) -> &str {
    text(object, "/metadata/name")
}

/// The UID of an object.
pub(super) fn uid(object: &Value) -> &str {
    text(object, "/metadata/uid")
}

/// The version of an object.
pub(super) fn resource_version(object: &Value) -> &str {
    text(object, "/metadata/resourceVersion")
}

/// Whether the deletion of an object has begun.
pub(super) fn is_deleting(object: &Value) -> bool {
    !text(object, "/metadata/deletionTimestamp").is_empty()
}

/// What must be done before an object may go.
pub(super) fn finalizers(object: &Value) -> Vec<&str> {
    let list = object.pointer("/metadata/finalizers").and_then(Value::as_array);
    list.into_iter().flatten().filter_map(Value::as_str).collect()
}

/// Writes the finalizers; none leaves no member.
pub(super) fn set_finalizers<S: Into<Value> + Clone>(object: &mut Value, finalizers: &[S]) {
    let list: Vec<Value> = finalizers.iter().cloned().map(Into::into).collect();
    set_metadata(object, "finalizers", (!list.is_empty()).then(|| list.into()));
}

/// The owner references of an object.
pub(super) fn owners(object: &Value) -> &[Value] {
    object.pointer("/metadata/ownerReferences").and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

/// Writes a member of the metadata, or removes it.
pub(super) fn set_metadata(object: &mut Value, member: &str, value: Option<Value>) {
    set_member(&mut object["metadata"], member, value);
}

/// Writes a member of an object, or removes it.
pub(super) fn set_member(object: &mut Value, member: &str, value: Option<Value>) {
    match value {
        Some(value) => object[member] = value,
        None => {
            if let Some(fields) = object.as_object_mut() {
                fields.remove(member);
            }
        }
    }
}

/// The members of an object without the server's own and without these.
pub(super) fn without<'a>(object: &'a Value, members: &[&str]) -> Map<String, Value> {
    let fields = object.as_object().into_iter().flatten();
    let kept = fields.filter(|(key, _): &(&'a String, &'a Value)| !members.contains(&&***key));
    kept.map(|(key, value)| (key.clone(), value.clone())).collect()
}

/// Removes members that are null, at any depth, but not elements of lists.
pub(super) fn strip_nulls(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            fields.retain(|_, value| !value.is_null());
            fields.values_mut().for_each(strip_nulls);
        }
        Value::Array(items) => items.iter_mut().for_each(strip_nulls),
        _ => {}
    }
}

/// Removes what the types of the metadata leave out when it is empty.
pub(super) fn tidy_metadata(object: &mut Value) {
    if !object["metadata"].is_object() {
        object["metadata"] = Value::Object(Map::new());
    }
    let Some(metadata) = object["metadata"].as_object_mut() else { return };
    metadata.values_mut().for_each(strip_nulls);
    metadata.retain(|_, value| match value {
        Value::Null => false,
        Value::Object(fields) => !fields.is_empty(),
        Value::Array(items) => !items.is_empty(),
        Value::String(text) => !text.is_empty(),
        _ => true,
    });
}
