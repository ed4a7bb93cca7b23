//! Patches: JSON merge patch, JSON patch, strategic merge patch and, in `apply`, server-side apply.

use json_patch::jsonptr::Pointer;
use json_patch::{AddOperation, Patch, PatchOperation, ReplaceOperation};
use serde_json::Value;

use super::apply;
use super::fields::item_key;
use super::kinds::Kind;
use super::shape::{ListKind, Shape};
use super::status::{ApiError, FieldFault};
use super::world::{Call, Reply, World, json_body};
use super::write::{self, Author, Ownership};

/// `Content-Type` of server-side apply; JSON is YAML.
const APPLY: &str = "application/apply-patch+yaml";
const MERGE: &str = "application/merge-patch+json";
const JSON: &str = "application/json-patch+json";
const STRATEGIC: &str = "application/strategic-merge-patch+json";

/// Patches an object, or its status.
pub(super) fn answer(world: &mut World, call: &Call<'_>) -> Result<Reply, ApiError> {
    check_options(call)?;
    if call.request.content_type == APPLY {
        return apply::answer(world, call);
    }
    let old = world.store.get(&call.key()).cloned().ok_or_else(|| call.not_found())?;
    let new = patched(call, &call.kind, &old)?;
    let author = Author::of(call);
    let key = call.key();
    let written = write::update(world, &call.kind, &key, new, &author, Ownership::Track)?;
    Ok(Reply::Json(200, call.shown.object(&written)))
}

/// The object that a patch makes of another; `kind` is what the other is of.
pub(super) fn patched(call: &Call<'_>, kind: &Kind, old: &Value) -> Result<Value, ApiError> {
    let patch = json_body(call.request)?;
    let mut new = old.clone();
    match &*call.request.content_type {
        MERGE => json_patch::merge(&mut new, &patch),
        JSON => apply_operations(&mut new, patch)?,
        STRATEGIC if !kind.custom => strategic_merge(&mut new, &patch, Shape::root(kind))?,
        _ => return Err(unknown_type(kind)),
    }
    if new.is_object() { Ok(new) } else { Err(ApiError::bad_request("the patch leaves no object")) }
}

fn check_options(call: &Call<'_>) -> Result<(), ApiError> {
    let query = &call.request.query;
    let is_apply = call.request.content_type == APPLY;
    let fault = if is_apply && query.get("fieldManager").is_none() {
        FieldFault::required("fieldManager", "is required for apply patch")
    } else if !is_apply && query.get("force").is_some() {
        FieldFault::forbidden("force", "may not be specified for non-apply patch")
    } else {
        return Ok(());
    };
    Err(ApiError::invalid_kind("meta.k8s.io", "PatchOptions", "", vec![fault]))
}

fn unknown_type(kind: &Kind) -> ApiError {
    let mut accepted = vec![JSON, MERGE];
    if !kind.custom {
        accepted.push(STRATEGIC);
    }
    accepted.push(APPLY);
    ApiError::unsupported_media_type(&format!(
        "the body of the request was in an unknown format - accepted media types include: {}",
        accepted.join(", ")
    ))
}

fn apply_operations(object: &mut Value, patch: Value) -> Result<(), ApiError> {
    let patch: Patch = serde_json::from_value(patch)
        .map_err(|error| ApiError::bad_request(&format!("error decoding patch: {error}")))?;
    for operation in &patch.0 {
        let missing = object.pointer(operation.path().as_str()).is_none();
        let operation = match operation {
            // The server takes a member that is not there for null, and replaces it.
            PatchOperation::Test(test) if missing && test.value.is_null() => continue,
            PatchOperation::Replace(ReplaceOperation { path, value })
                if missing && is_in_map(object, path) =>
            {
                PatchOperation::Add(AddOperation { path: path.clone(), value: value.clone() })
            }
            other => other.clone(),
        };
        json_patch::patch(object, &[operation])
            .map_err(|error| ApiError::unprocessable(&error.to_string()))?;
    }
    Ok(())
}

fn is_in_map(object: &Value, path: &Pointer) -> bool {
    let parent = path.parent().and_then(|parent| object.pointer(parent.as_str()));
    parent.is_some_and(Value::is_object)
}

/// Merges maps member by member and the lists that have keys item by item. Directives such as
/// `$patch` are refused.
fn strategic_merge(target: &mut Value, patch: &Value, shape: Shape<'_>) -> Result<(), ApiError> {
    match patch {
        Value::Object(fields) => {
            if !target.is_object() {
                *target = Value::Object(serde_json::Map::new());
            }
            for (name, value) in fields {
                if name.starts_with('$') {
                    let message = format!("this server does not know the directive {name}");
                    return Err(ApiError::unsupported_media_type(&message));
                }
                if value.is_null() {
                    super::object::set_member(target, name, None);
                } else {
                    strategic_merge(&mut target[name], value, shape.child(name))?;
                }
            }
        }
        Value::Array(items) => merge_list(target, items, shape)?,
        other => *target = other.clone(),
    }
    Ok(())
}

fn merge_list(target: &mut Value, items: &[Value], shape: Shape<'_>) -> Result<(), ApiError> {
    let mut merged = target.as_array().cloned().unwrap_or_default();
    match shape.list() {
        ListKind::Atomic => merged = items.to_vec(),
        ListKind::Set => {
            for item in items {
                if !merged.contains(item) {
                    merged.push(item.clone());
                }
            }
        }
        ListKind::Map(keys) => {
            for item in items {
                let key = item_key(item, &keys);
                match merged.iter_mut().find(|old| item_key(old, &keys) == key) {
                    Some(old) => strategic_merge(old, item, shape.item())?,
                    None => merged.push(item.clone()),
                }
            }
        }
    }
    *target = Value::Array(merged);
    Ok(())
}
