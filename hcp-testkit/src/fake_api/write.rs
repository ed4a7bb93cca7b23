//! Creating and changing objects, as the generic registry of a kube-apiserver does.

use std::sync::Arc;

use serde_json::{Value, json};

use super::defaults;
use super::kinds::Kind;
use super::managed;
use super::object::{
    finalizers, is_deleting, name, resource_version, set_member, set_metadata, text, tidy_metadata,
    uid, without,
};
use super::status::{ApiError, FieldFault};
use super::store::Key;
use super::validate::{check_name, check_namespace, check_type, check_update};
use super::world::{Call, World};

/// Who writes what, as `managedFields` tells.
#[derive(Clone, Debug)]
pub(super) struct Author {
    /// `fieldManager`.
    pub(super) manager: String,
    /// `apiVersion` of what was sent.
    pub(super) api_version: String,
    /// The subresource that it was sent to.
    pub(super) subresource: Option<String>,
}

/// Whether who owns which field is still to be worked out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ownership {
    /// The author takes what changes.
    Track,
    /// The object already says it.
    Given,
}

impl Author {
    /// The author of a request.
    pub(super) fn of(call: &Call<'_>) -> Self {
        Self {
            manager: call.request.manager(),
            api_version: call.kind.api_version_of(&call.path.version),
            subresource: call.path.subresource.clone(),
        }
    }
}

/// Creates an object.
pub(super) fn create(
    world: &mut World,
    call: &Call<'_>,
    mut object: Value,
    author: &Author,
    ownership: Ownership,
) -> Result<Arc<Value>, ApiError> {
    let kind = &call.kind;
    check_type(kind, &call.path.version, &object)?;
    tidy_metadata(&mut object);
    check_namespace(call.namespace(), &object)?;
    if !resource_version(&object).is_empty() {
        return Err(ApiError::unclassified(
            "resourceVersion should not be set on objects to be created",
        ));
    }
    let prefix = text(&object, "/metadata/generateName");
    if name(&object).is_empty() && !prefix.is_empty() {
        let generated = format!("{prefix}{}", suffix(world.store.next_number()));
        object["metadata"]["name"] = generated.into();
    }
    check_name(kind, &object)?;
    check_home(world, kind, call.namespace(), &object)?;
    let key = Key::new(kind, call.namespace(), name(&object));
    if world.store.get(&key).is_some() {
        return Err(ApiError::already_exists(kind, key.name()));
    }
    if ownership == Ownership::Track {
        set_metadata(&mut object, "managedFields", None);
    }
    identify(world, kind, call.namespace(), &mut object);
    defaults::on_create(kind, &mut object);
    if ownership == Ownership::Track {
        managed::track(kind, &json!({}), &mut object, author, world.now);
    }
    Ok(world.store.put(&key, object))
}

/// Replaces an object, or its status.
pub(super) fn replace(
    world: &mut World,
    call: &Call<'_>,
    mut object: Value,
    author: &Author,
) -> Result<Arc<Value>, ApiError> {
    let kind = &call.kind;
    check_type(kind, &call.path.version, &object)?;
    tidy_metadata(&mut object);
    if name(&object) != call.name() {
        return Err(ApiError::bad_request(&format!(
            "the name of the object ({}) does not match the name on the URL ({})",
            name(&object),
            call.name()
        )));
    }
    check_namespace(call.namespace(), &object)?;
    let key = call.key();
    if world.store.get(&key).is_none() {
        return Err(call.not_found());
    }
    if resource_version(&object).is_empty() && !kind.allows_unconditional_update() {
        let field = "metadata.resourceVersion";
        let fault = FieldFault::invalid(field, &json!(0), "must be specified for an update");
        return Err(ApiError::invalid(kind, key.name(), vec![fault]));
    }
    update(world, kind, &key, object, author, Ownership::Track)
}

/// Writes a changed object over the stored one, which must be there.
pub(super) fn update(
    world: &mut World,
    kind: &Kind,
    key: &Key,
    mut new: Value,
    author: &Author,
    ownership: Ownership,
) -> Result<Arc<Value>, ApiError> {
    let Some(old) = world.store.get(key).cloned() else {
        return Err(ApiError::not_found(kind, key.name()));
    };
    tidy_metadata(&mut new);
    check_versions(kind, &old, &new)?;
    check_update(kind, &old, &new)?;
    let mut next = merge_parts(kind, &old, new, author.subresource.as_deref());
    defaults::on_write(kind, &mut next);
    if ownership == Ownership::Track {
        managed::track(kind, &old, &mut next, author, world.now);
    }
    let counted = kind.has_generation() && wanted(kind, &old) != wanted(kind, &next);
    if counted {
        bump_generation(&mut next);
    }
    if managed::without_times(&next) == managed::without_times(&old) {
        return Ok(old);
    }
    if is_deleting(&next) && finalizers(&next).is_empty() && grace_is_over(&next) {
        world.store.remove(key);
        return Ok(Arc::new(next));
    }
    Ok(world.store.put(key, next))
}

/// Counts a change of what is wanted.
pub(super) fn bump_generation(object: &mut Value) {
    let generation = object["metadata"]["generation"].as_i64().unwrap_or_default();
    object["metadata"]["generation"] = (generation + 1).into();
}

/// Gives a new object what the server gives it.
pub(super) fn identify(world: &mut World, kind: &Kind, namespace: &str, object: &mut Value) {
    let number = world.store.next_number();
    for member in ["selfLink", "deletionTimestamp", "deletionGracePeriodSeconds"] {
        set_metadata(object, member, None);
    }
    set_member(object, "apiVersion", Some(kind.api_version().into()));
    set_member(object, "kind", Some(kind.name.clone().into()));
    let metadata = &mut object["metadata"];
    metadata["uid"] = format!("00000000-0000-4000-8000-{number:012x}").into();
    metadata["creationTimestamp"] = seconds(world.now).into();
    if !namespace.is_empty() {
        metadata["namespace"] = namespace.into();
    }
    let generation = kind.has_generation().then(|| json!(1));
    set_metadata(object, "generation", generation);
}

/// A time as metadata writes it: whole seconds.
pub(super) fn seconds(time: jiff::Timestamp) -> String {
    time.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

/// The namespace must be there, and stay.
fn check_home(world: &World, kind: &Kind, namespace: &str, object: &Value) -> Result<(), ApiError> {
    let Some(namespaces) = world.kinds.of("", "namespaces").filter(|_| kind.namespaced) else {
        return Ok(());
    };
    let home = world.store.get(&Key::new(&namespaces, "", namespace));
    let home = home.ok_or_else(|| ApiError::not_found(&namespaces, namespace))?;
    if is_deleting(home) {
        return Err(ApiError::namespace_terminating(kind, name(object), namespace));
    }
    Ok(())
}

fn check_versions(kind: &Kind, old: &Value, new: &Value) -> Result<(), ApiError> {
    let (given, current) = (uid(new), uid(old));
    if !given.is_empty() && given != current {
        let why = format!(
            "Precondition failed: UID in precondition: {given}, UID in object meta: {current}"
        );
        return Err(ApiError::conflict(kind, name(old), &why));
    }
    let given = resource_version(new);
    if !given.is_empty() && given != resource_version(old) {
        return Err(ApiError::modified(kind, name(old)));
    }
    Ok(())
}

/// The new object with what this request may not touch taken from the old one.
fn merge_parts(kind: &Kind, old: &Value, mut new: Value, subresource: Option<&str>) -> Value {
    if subresource == Some("status") {
        let mut next = old.clone();
        set_member(&mut next, "status", new.get_mut("status").map(Value::take));
        if let Some(managed) = new["metadata"].get("managedFields") {
            set_metadata(&mut next, "managedFields", Some(managed.clone()));
        }
        return next;
    }
    if kind.subresources.status {
        set_member(&mut new, "status", old.get("status").cloned());
    }
    for member in ["apiVersion", "kind"] {
        set_member(&mut new, member, old.get(member).cloned());
    }
    for member in [
        "name",
        "namespace",
        "uid",
        "resourceVersion",
        "generation",
        "creationTimestamp",
        "deletionTimestamp",
        "deletionGracePeriodSeconds",
    ] {
        set_metadata(&mut new, member, old["metadata"].get(member).cloned());
    }
    if new["metadata"].get("managedFields").is_none() {
        set_metadata(&mut new, "managedFields", old["metadata"].get("managedFields").cloned());
    }
    new
}

/// What `metadata.generation` counts the changes of.
fn wanted(kind: &Kind, object: &Value) -> serde_json::Map<String, Value> {
    let apart = kind.subresources.status || !kind.custom;
    let all: &[&str] = if apart { &["metadata", "status"] } else { &["metadata"] };
    without(object, all)
}

fn grace_is_over(object: &Value) -> bool {
    object["metadata"]["deletionGracePeriodSeconds"].as_i64().unwrap_or_default() == 0
}

/// Five letters for a generated name, from the letters that the server uses.
fn suffix(number: u64) -> String {
    const LETTERS: &[u8; 27] = b"bcdfghjklmnpqrstvwxz2456789";
    let mut rest = number;
    let mut text = String::new();
    for _ in 0..5 {
        text.insert(0, char::from(LETTERS[usize::try_from(rest % 27).unwrap_or_default()]));
        rest /= 27;
    }
    text
}
