//! The `scale` subresource: the replicas of an object, whatever its kind.

use kube::core::{Expression, Selector};
use serde_json::{Map, Value, json};

use super::kinds::{Kind, ScalePaths};
use super::object::{resource_version, set_metadata, text};
use super::patch;
use super::request::Verb;
use super::status::{ApiError, FieldFault};
use super::world::{Call, Reply, World, json_body};
use super::write::{self, Author, Ownership};

/// Reads or writes the scale of an object.
pub(super) fn answer(world: &mut World, call: &Call<'_>) -> Result<Reply, ApiError> {
    let key = call.key();
    let Some(object) = world.store.get(&key).cloned() else { return Err(call.not_found()) };
    let Some(paths) = &call.kind.subresources.scale else {
        return Err(ApiError::no_such_resource());
    };
    let scale = scale_of(&call.kind, paths, &object)?;
    let wanted = match call.request.verb {
        Verb::Get => return Ok(Reply::Json(200, scale)),
        Verb::Update => json_body(call.request)?,
        Verb::Patch => patch::patched(call, &call.kind, &scale)?,
        _ => return Err(ApiError::method_not_allowed()),
    };
    let replicas = &wanted["spec"]["replicas"];
    let replicas = if replicas.is_null() { &json!(0) } else { replicas };
    if replicas.as_i64().is_none_or(|replicas| replicas < 0) {
        let why = "must be greater than or equal to 0";
        let fault = FieldFault::invalid("spec.replicas", replicas, why);
        return Err(ApiError::invalid_kind("autoscaling", "Scale", key.name(), vec![fault]));
    }
    let mut next = Value::clone(&object);
    let given = resource_version(&wanted);
    if !given.is_empty() {
        set_metadata(&mut next, "resourceVersion", Some(given.into()));
    }
    set_at(&mut next, &pointer(&paths.spec_replicas), replicas.clone());
    let author = Author::of(call);
    let written = write::update(world, &call.kind, &key, next, &author, Ownership::Track)?;
    Ok(Reply::Json(200, scale_of(&call.kind, paths, &written)?))
}

fn scale_of(kind: &Kind, paths: &ScalePaths, object: &Value) -> Result<Value, ApiError> {
    let Some(replicas) = object.pointer(&pointer(&paths.spec_replicas)) else {
        return Err(ApiError::internal(&format!(
            "the spec replicas field {:?} does not exist",
            paths.spec_replicas
        )));
    };
    let there =
        object.pointer(&pointer(&paths.status_replicas)).cloned().unwrap_or_else(|| json!(0));
    let mut status = json!({ "replicas": there });
    let selector = match &paths.label_selector {
        Some(path) => text(object, &pointer(path)).to_owned(),
        None if !kind.custom => selector_text(&object["spec"]["selector"]["matchLabels"]),
        None => String::new(),
    };
    if !selector.is_empty() {
        status["selector"] = selector.into();
    }
    let mut metadata = Map::new();
    for member in ["name", "namespace", "uid", "resourceVersion", "creationTimestamp"] {
        if let Some(value) = object["metadata"].get(member) {
            metadata.insert(member.to_owned(), value.clone());
        }
    }
    Ok(json!({
        "kind": "Scale",
        "apiVersion": "autoscaling/v1",
        "metadata": metadata,
        "spec": { "replicas": replicas },
        "status": status,
    }))
}

fn selector_text(labels: &Value) -> String {
    let labels = labels.as_object().into_iter().flatten();
    let terms = labels.filter_map(|(key, value)| {
        Some(Expression::Equal(key.clone(), value.as_str()?.to_owned()))
    });
    terms.collect::<Selector>().to_string()
}

/// `.spec.replicas` as a JSON pointer.
fn pointer(path: &str) -> String {
    path.replace('.', "/")
}

fn set_at(object: &mut Value, pointer: &str, value: Value) {
    let mut at = object;
    for step in pointer.split('/').skip(1) {
        at = &mut at[step];
    }
    *at = value;
}
