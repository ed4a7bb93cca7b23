//! Deleting objects: preconditions, grace, finalizers.

use std::sync::Arc;

use jiff::SignedDuration;
use kube::core::response::StatusDetails;
use serde_json::{Value, json};

use super::kinds::Kind;
use super::object::{finalizers, is_deleting, name, resource_version, set_finalizers, text, uid};
use super::request::ApiRequest;
use super::status::{ApiError, FieldFault, no_details};
use super::store::{Key, set_resource_version};
use super::world::World;
use super::write::{bump_generation, seconds};

/// The finalizer of an owner that waits for its dependants.
pub(super) const FOREGROUND: &str = "foregroundDeletion";
/// The finalizer of an owner that lets its dependants go on.
pub(super) const ORPHAN: &str = "orphan";

/// What becomes of the dependants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Propagation {
    Background,
    Foreground,
    Orphan,
}

/// How to delete.
#[derive(Clone, Debug, Default)]
pub(super) struct DeleteOptions {
    pub(super) grace_seconds: Option<i64>,
    pub(super) propagation: Option<Propagation>,
    pub(super) uid: Option<String>,
    pub(super) resource_version: Option<String>,
}

/// What a deletion did.
pub(super) enum Deleted {
    /// The object is no more; this is what it was.
    Gone(Arc<Value>),
    /// The object waits for finalizers or for its grace period.
    Marked(Arc<Value>),
}

impl DeleteOptions {
    /// The options in the body of a request or, where there is none, in its query.
    pub(super) fn of(request: &ApiRequest) -> Result<Self, ApiError> {
        if request.body.is_empty() {
            let grace = request.query.number("gracePeriodSeconds")?;
            let grace = grace.and_then(|seconds| i64::try_from(seconds).ok());
            let propagation = request.query.get("propagationPolicy").map(Propagation::read);
            let propagation = propagation.transpose()?;
            return Ok(Self { grace_seconds: grace, propagation, ..Self::default() });
        }
        Self::read(&super::world::json_body(request)?)
    }

    /// Reads a `DeleteOptions` object.
    pub(super) fn read(options: &Value) -> Result<Self, ApiError> {
        let propagation = options["propagationPolicy"].as_str().map(Propagation::read);
        let precondition =
            |member: &str| options["preconditions"][member].as_str().map(str::to_owned);
        Ok(Self {
            grace_seconds: options["gracePeriodSeconds"].as_i64(),
            propagation: propagation.transpose()?,
            uid: precondition("uid"),
            resource_version: precondition("resourceVersion"),
        })
    }
}

impl Propagation {
    fn read(text: &str) -> Result<Self, ApiError> {
        match text {
            "Background" => Ok(Self::Background),
            "Foreground" => Ok(Self::Foreground),
            "Orphan" => Ok(Self::Orphan),
            _ => {
                let why = "must be one of: \"Background\", \"Foreground\", \"Orphan\"";
                let fault = FieldFault::invalid("propagationPolicy", &text.into(), why);
                let (group, kind) = ("meta.k8s.io", "DeleteOptions");
                Err(ApiError::invalid_kind(group, kind, "", vec![fault]))
            }
        }
    }
}

/// Deletes an object, or marks it.
pub(super) fn delete(
    world: &mut World,
    kind: &Kind,
    key: &Key,
    options: &DeleteOptions,
) -> Result<Deleted, ApiError> {
    let Some(old) = world.store.get(key).cloned() else {
        return Err(ApiError::not_found(kind, key.name()));
    };
    check_preconditions(kind, &old, options)?;
    let waits = remaining_finalizers(&old, options.propagation);
    let grace = grace_seconds(kind, &old, options);
    if waits.is_empty() && grace == 0 && !holds_content(kind) {
        let gone = world.store.remove(key).unwrap_or(old);
        return Ok(Deleted::Gone(with_version(&gone, world.store.revision())));
    }
    let mut next = Value::clone(&old);
    mark(world, kind, &mut next, grace);
    set_finalizers(&mut next, &waits);
    if next == *old {
        return Ok(Deleted::Marked(old));
    }
    Ok(Deleted::Marked(world.store.put(key, next)))
}

/// What the `Status` of a deletion says about the object.
pub(super) fn details(kind: &Kind, object: &Value) -> StatusDetails {
    StatusDetails {
        name: name(object).to_owned(),
        group: kind.group.clone(),
        kind: kind.plural.clone(),
        uid: uid(object).to_owned(),
        ..no_details()
    }
}

/// An object as it was when it went: with the version of its deletion.
pub(super) fn with_version(object: &Value, revision: u64) -> Arc<Value> {
    let mut gone = object.clone();
    set_resource_version(&mut gone, revision);
    Arc::new(gone)
}

fn check_preconditions(kind: &Kind, old: &Value, options: &DeleteOptions) -> Result<(), ApiError> {
    let refuse = |what: &str, given: &str, current: &str, then: &str| {
        let why = format!(
            "the {what} in the precondition ({given}) does not match the {what} in record ({current}). The object might have been {then}"
        );
        Err(ApiError::precondition_failed(kind, name(old), &why))
    };
    match (&options.uid, &options.resource_version) {
        (Some(given), _) if given != uid(old) => {
            refuse("UID", given, uid(old), "deleted and then recreated")
        }
        (_, Some(given)) if given != resource_version(old) => {
            refuse("ResourceVersion", given, resource_version(old), "modified")
        }
        _ => Ok(()),
    }
}

fn remaining_finalizers(old: &Value, propagation: Option<Propagation>) -> Vec<String> {
    let mut left: Vec<String> = finalizers(old).into_iter().map(str::to_owned).collect();
    let wanted = match propagation {
        None => return left,
        Some(Propagation::Background) => None,
        Some(Propagation::Foreground) => Some(FOREGROUND),
        Some(Propagation::Orphan) => Some(ORPHAN),
    };
    left.retain(|finalizer| {
        (finalizer != FOREGROUND && finalizer != ORPHAN) || Some(&**finalizer) == wanted
    });
    if let Some(wanted) = wanted.filter(|wanted| !left.iter().any(|finalizer| finalizer == wanted))
    {
        left.push(wanted.to_owned());
    }
    left
}

/// Only pods that may run somewhere are given time.
fn grace_seconds(kind: &Kind, old: &Value, options: &DeleteOptions) -> i64 {
    let ended = matches!(text(old, "/status/phase"), "Succeeded" | "Failed");
    if !kind.is("pods") || text(old, "/spec/nodeName").is_empty() || ended {
        return 0;
    }
    let own = old["spec"]["terminationGracePeriodSeconds"].as_i64();
    let wanted = options.grace_seconds.or(own).unwrap_or(30).max(0);
    // A deletion that was begun can only be made shorter.
    let begun = old["metadata"]["deletionGracePeriodSeconds"].as_i64();
    begun.map_or(
        wanted,
        |begun| if options.grace_seconds.is_some() { wanted.min(begun) } else { begun },
    )
}

/// A namespace goes when it is empty, which is a controller's work.
fn holds_content(kind: &Kind) -> bool {
    kind.is("namespaces")
}

fn mark(world: &World, kind: &Kind, object: &mut Value, grace: i64) {
    let begun = object["metadata"]["deletionGracePeriodSeconds"].as_i64();
    if is_deleting(object) && begun == Some(grace) {
        return;
    }
    if !is_deleting(object) && object["metadata"]["generation"].is_i64() {
        bump_generation(object);
    }
    let until = world.now.saturating_add(SignedDuration::from_secs(grace)).unwrap_or(world.now);
    object["metadata"]["deletionTimestamp"] = seconds(until).into();
    if kind.is("namespaces") {
        object["status"] = json!({ "phase": "Terminating" });
    } else {
        object["metadata"]["deletionGracePeriodSeconds"] = grace.into();
    }
}
