//! What the controllers do that clean up: the garbage collector and the namespace controller.

use std::sync::Arc;

use serde_json::Value;

use super::delete::{self, DeleteOptions, FOREGROUND, ORPHAN, Propagation};
use super::kinds::Kind;
use super::object::{finalizers, is_deleting, owners, set_finalizers, set_metadata, text, uid};
use super::store::Key;
use super::world::World;

/// One thing to do.
enum Step {
    /// Delete a dependant.
    Delete(Key, Propagation),
    /// Write an object without some of its owners or finalizers.
    Write(Key, Value),
    /// Remove what has nothing left to wait for.
    Remove(Key),
}

/// How an owner of an object stands.
#[derive(Clone, Copy, PartialEq, Eq)]
enum OwnerState {
    Solid,
    Absent,
    WaitsForDependants,
}

/// Does all of it, until nothing is left to do.
pub(super) fn settle(world: &mut World) {
    while world.collects_garbage {
        let Some(step) = next_step(world) else { return };
        take(world, step);
    }
}

fn take(world: &mut World, step: Step) {
    match step {
        Step::Delete(key, propagation) => {
            let options = DeleteOptions { propagation: Some(propagation), ..<_>::default() };
            let kind = kind_of(world, &key);
            let deleted = kind.map(|kind| delete::delete(world, &kind, &key, &options));
            // What cannot be deleted in an orderly way must not be tried forever.
            if !matches!(deleted, Some(Ok(_))) {
                world.store.remove(&key);
            }
        }
        Step::Write(key, object) => {
            if is_deleting(&object) && finalizers(&object).is_empty() {
                world.store.remove(&key);
            } else {
                world.store.put(&key, object);
            }
        }
        Step::Remove(key) => {
            world.store.remove(&key);
        }
    }
}

fn next_step(world: &World) -> Option<Step> {
    world.store.iter().find_map(|(key, object)| {
        orphan_step(world, key, object)
            .or_else(|| foreground_step(world, key, object))
            .or_else(|| dependant_step(world, key, object))
            .or_else(|| namespace_step(world, key, object))
    })
}

/// An owner that orphans: its dependants forget it, then it goes.
fn orphan_step(world: &World, key: &Key, owner: &Value) -> Option<Step> {
    if !is_deleting(owner) || !finalizers(owner).contains(&ORPHAN) {
        return None;
    }
    if let Some((dependant, object)) = dependants(world, owner).next() {
        let is_owner = |reference: &Value| reference["uid"] == *uid(owner);
        return Some(Step::Write(dependant.clone(), without_owners(object, is_owner)));
    }
    Some(Step::Write(key.clone(), without_finalizer(owner, ORPHAN)))
}

/// An owner in the foreground: those dependants that block it go first.
fn foreground_step(world: &World, key: &Key, owner: &Value) -> Option<Step> {
    if !is_deleting(owner) || !finalizers(owner).contains(&FOREGROUND) {
        return None;
    }
    let blocks = |object: &Value| {
        owners(object)
            .iter()
            .any(|owned| owned["uid"] == *uid(owner) && owned["blockOwnerDeletion"] == true)
    };
    if dependants(world, owner).any(|(_, object)| blocks(object)) {
        return None;
    }
    Some(Step::Write(key.clone(), without_finalizer(owner, FOREGROUND)))
}

/// An object whose owners are gone goes too; one that keeps an owner forgets the others.
fn dependant_step(world: &World, key: &Key, object: &Value) -> Option<Step> {
    if owners(object).is_empty() || is_deleting(object) {
        return None;
    }
    let state = |reference: &Value| owner_state(world, key, reference);
    let has = |wanted| owners(object).iter().any(|reference| state(reference) == wanted);
    if has(OwnerState::Solid) {
        let loose = |reference: &Value| state(reference) != OwnerState::Solid;
        return owners(object)
            .iter()
            .any(loose)
            .then(|| Step::Write(key.clone(), without_owners(object, loose)));
    }
    let awaited = has(OwnerState::WaitsForDependants);
    let propagation = if awaited && dependants(world, object).next().is_some() {
        Propagation::Foreground
    } else if finalizers(object).contains(&ORPHAN) {
        Propagation::Orphan
    } else if finalizers(object).contains(&FOREGROUND) {
        Propagation::Foreground
    } else {
        Propagation::Background
    };
    Some(Step::Delete(key.clone(), propagation))
}

/// A namespace that is going takes its content along.
fn namespace_step(world: &World, key: &Key, namespace: &Value) -> Option<Step> {
    if key.resource() != ("", "namespaces") || !is_deleting(namespace) {
        return None;
    }
    let content = || world.store.iter().filter(|(inner, _)| inner.namespace() == key.name());
    if let Some((inner, _)) = content().find(|(_, object)| !is_deleting(object)) {
        return Some(Step::Delete(inner.clone(), Propagation::Background));
    }
    let empty = content().next().is_none() && finalizers(namespace).is_empty();
    empty.then(|| Step::Remove(key.clone()))
}

fn owner_state(world: &World, dependant: &Key, reference: &Value) -> OwnerState {
    let found = world
        .kinds
        .of_object(text(reference, "/apiVersion"), text(reference, "/kind"))
        .and_then(|kind| {
            let namespace = if kind.namespaced { dependant.namespace() } else { "" };
            world.store.get(&Key::new(&kind, namespace, text(reference, "/name")))
        })
        .filter(|owner| uid(owner) == text(reference, "/uid"));
    match found {
        None => OwnerState::Absent,
        Some(owner) if is_deleting(owner) && finalizers(owner).contains(&FOREGROUND) => {
            OwnerState::WaitsForDependants
        }
        Some(_) => OwnerState::Solid,
    }
}

fn dependants<'a>(
    world: &'a World,
    owner: &'a Value,
) -> impl Iterator<Item = (&'a Key, &'a Arc<Value>)> {
    let depends = |object: &Value| owners(object).iter().any(|owned| owned["uid"] == *uid(owner));
    world.store.iter().filter(move |(_, object)| depends(object))
}

fn without_owners(object: &Value, gone: impl Fn(&Value) -> bool) -> Value {
    let left: Vec<Value> = owners(object).iter().filter(|owned| !gone(owned)).cloned().collect();
    let mut next = object.clone();
    set_metadata(&mut next, "ownerReferences", (!left.is_empty()).then(|| left.into()));
    next
}

fn without_finalizer(object: &Value, finalizer: &str) -> Value {
    let left: Vec<&str> = finalizers(object).into_iter().filter(|f| *f != finalizer).collect();
    let mut next = object.clone();
    set_finalizers(&mut next, &left);
    next
}

fn kind_of(world: &World, key: &Key) -> Option<Arc<Kind>> {
    let (group, plural) = key.resource();
    world.kinds.of(group, plural)
}
