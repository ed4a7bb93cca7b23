//! Server-side apply: fields have owners, and who sets another's field otherwise is told so.

use serde_json::{Value, json};

use super::fields::{FieldSet, PathElement, display_path, item_key};
use super::managed::{Difference, Entry, entries, owned_leaves, set_entries};
use super::object::{name, set_member, set_metadata, strip_nulls};
use super::shape::{ListKind, Shape};
use super::status::ApiError;
use super::validate::{check_namespace, check_type};
use super::world::{Call, Reply, World, json_body};
use super::write::{self, Author, Ownership};

/// Applies a configuration; where there is no object yet, it is created.
pub(super) fn answer(world: &mut World, call: &Call<'_>) -> Result<Reply, ApiError> {
    let applied = read(call)?;
    let author = Author::of(call);
    let key = call.key();
    let live = world.store.get(&key).cloned();
    if live.is_none() && call.is_status() {
        return Err(call.not_found());
    }
    if live.is_none() && name(&applied).is_empty() {
        return Err(ApiError::bad_request(&format!(
            "the name of the object ({} based on URL) was undeterminable: name must be provided",
            call.name()
        )));
    }
    let base = live.as_deref().cloned().unwrap_or_else(|| bare(call));
    let own = Entry::new(&author, "Apply", world.now);
    let next = merged(call, &base, &applied, own)?;
    if live.is_some() {
        let kind = &call.kind;
        let written = write::update(world, kind, &key, next, &author, Ownership::Given)?;
        return Ok(Reply::Json(200, call.shown.object(&written)));
    }
    let created = write::create(world, call, next, &author, Ownership::Given)?;
    Ok(Reply::Json(201, call.shown.object(&created)))
}

fn read(call: &Call<'_>) -> Result<Value, ApiError> {
    let mut applied = json_body(call.request)?;
    let kind = &call.kind;
    let typed = applied["apiVersion"].is_string() && applied["kind"].is_string();
    if !typed {
        return Err(ApiError::bad_request("apiVersion and kind must be set in an apply patch"));
    }
    check_type(kind, &call.path.version, &applied)?;
    if !applied["metadata"]["managedFields"].is_null() {
        return Err(ApiError::bad_request("metadata.managedFields must be nil"));
    }
    if !name(&applied).is_empty() && name(&applied) != call.name() {
        return Err(ApiError::bad_request(&format!(
            "the name of the object ({}) does not match the name on the URL ({})",
            name(&applied),
            call.name()
        )));
    }
    check_namespace(call.namespace(), &applied)?;
    strip_nulls(&mut applied);
    Ok(applied)
}

fn bare(call: &Call<'_>) -> Value {
    let api_version = call.kind.api_version_of(&call.path.version);
    let metadata = json!({ "name": call.name() });
    json!({ "apiVersion": api_version, "kind": call.kind.name, "metadata": metadata })
}

/// The live object with the applied fields in it, without those that the manager no longer
/// applies, and with its owners written down.
fn merged(
    call: &Call<'_>,
    live: &Value,
    applied: &Value,
    mut own: Entry,
) -> Result<Value, ApiError> {
    let kind = &call.kind;
    let subresource = call.path.subresource.as_deref();
    own.fields = FieldSet(owned_leaves(kind, applied, subresource).into_keys().collect());
    let (mine, mut others): (Vec<_>, Vec<_>) =
        entries(live).into_iter().partition(|entry| entry.is_of(&own));
    let before = mine.into_iter().next();
    let shape = Shape::root(kind);
    let mut next = live.clone();
    merge(&mut next, &applied_part(applied, subresource), shape);
    if let Some(before) = &before {
        let held = others.iter().fold(own.fields.clone(), |held, entry| held.union(&entry.fields));
        for path in &before.fields.without(&held).0 {
            // An item that another owns a part of stays.
            if !held.0.iter().any(|kept| kept.starts_with(path)) {
                remove(&mut next, path, shape);
            }
        }
        if before.fields == own.fields {
            own.time.clone_from(&before.time);
        }
    }
    let difference = Difference::between(kind, live, &next, subresource);
    if !call.request.query.flag("force") {
        refuse_conflicts(&others, &difference)?;
    }
    let touched = difference.changed.union(&difference.removed);
    for other in &mut others {
        other.fields = other.fields.without(&touched);
    }
    others.push(own);
    set_entries(&mut next, others);
    Ok(next)
}

/// What of a configuration this request writes.
fn applied_part(applied: &Value, subresource: Option<&str>) -> Value {
    let mut part = applied.clone();
    if subresource == Some("status") {
        part = json!({ "status": applied["status"] });
        if let Some(version) = applied.pointer("/metadata/resourceVersion") {
            set_metadata(&mut part, "resourceVersion", Some(version.clone()));
        }
    }
    part
}

fn refuse_conflicts(others: &[Entry], difference: &Difference) -> Result<(), ApiError> {
    let mut conflicts = Vec::new();
    for other in others {
        let using = if other.operation == "Apply" {
            String::new()
        } else {
            format!(" using {}", other.api_version)
        };
        let with = format!("conflict with \"{}\"{using}", other.manager);
        let paths = other.fields.common(&difference.changed).0;
        conflicts.extend(paths.iter().map(|path| (with.clone(), display_path(path))));
    }
    match &conflicts[..] {
        [] => Ok(()),
        [(with, field)] => {
            let message = format!("Apply failed with 1 conflict: {with}: {field}");
            Err(ApiError::apply_conflict(&message, conflicts))
        }
        several => {
            let lines: Vec<String> =
                several.iter().map(|(with, field)| format!("- {with}: {field}")).collect();
            let message =
                format!("Apply failed with {} conflicts:\n{}", several.len(), lines.join("\n"));
            Err(ApiError::apply_conflict(&message, conflicts))
        }
    }
}

fn merge(target: &mut Value, applied: &Value, shape: Shape<'_>) {
    match (&mut *target, applied) {
        (Value::Object(_), Value::Object(fields)) if !shape.is_atomic_map() => {
            for (name, value) in fields {
                merge(&mut target[name], value, shape.child(name));
            }
        }
        (Value::Array(items), Value::Array(wanted)) => match shape.list() {
            ListKind::Atomic => items.clone_from(wanted),
            ListKind::Set => {
                let new: Vec<Value> =
                    wanted.iter().filter(|item| !items.contains(item)).cloned().collect();
                items.extend(new);
            }
            ListKind::Map(keys) => {
                for item in wanted {
                    let key = item_key(item, &keys);
                    match items.iter_mut().find(|old| item_key(old, &keys) == key) {
                        Some(old) => merge(old, item, shape.item()),
                        None => items.push(item.clone()),
                    }
                }
            }
        },
        _ => *target = applied.clone(),
    }
}

/// Removes a place, and what is left empty by that.
fn remove(target: &mut Value, path: &[PathElement], shape: Shape<'_>) {
    let Some((first, rest)) = path.split_first() else { return };
    match (first, &mut *target) {
        (PathElement::Field(name), Value::Object(fields)) => {
            let empty = match fields.get_mut(name) {
                Some(below) if !rest.is_empty() => {
                    remove(below, rest, shape.child(name));
                    is_empty(below)
                }
                _ => true,
            };
            if empty {
                set_member(target, name, None);
            }
        }
        (PathElement::Item(json), Value::Array(items)) => {
            items.retain(|item| serde_json::to_string(item).ok().as_deref() != Some(&**json));
        }
        (PathElement::Key(key), Value::Array(items)) => {
            let ListKind::Map(keys) = shape.list() else { return };
            if rest.is_empty() {
                items.retain(|item| item_key(item, &keys) != *key);
            } else if let Some(item) = items.iter_mut().find(|item| item_key(item, &keys) == *key) {
                remove(item, rest, shape.item());
            }
        }
        _ => {}
    }
}

fn is_empty(value: &Value) -> bool {
    match value {
        Value::Object(fields) => fields.is_empty(),
        Value::Array(items) => items.is_empty(),
        _ => false,
    }
}
