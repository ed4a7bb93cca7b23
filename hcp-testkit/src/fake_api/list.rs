//! Lists: which objects, of which version, in which pieces.

use std::sync::Arc;

use serde_json::{Value, json};

use super::present::Continue;
use super::selector::ObjectSelector;
use super::status::{ApiError, FieldFault};
use super::store::Key;
use super::world::{Call, Reply, World};

/// A list, in full or in part.
pub(super) fn list(world: &World, call: &Call<'_>) -> Result<Reply, ApiError> {
    let query = &call.request.query;
    let token = query.get("continue").map(|token| {
        Continue::read(token)
            .ok_or_else(|| ApiError::bad_request("continue key is not valid: it cannot be decoded"))
    });
    let token = token.transpose()?;
    let limit = query.number("limit")?.and_then(|limit| usize::try_from(limit).ok());
    let revision = match &token {
        Some(token) => token.revision,
        None => revision_of(world, call, limit)?,
    };
    if revision < world.store.compacted() {
        return Err(compacted(token.is_some()));
    }
    let selector = ObjectSelector::of(query)?;
    let after = token.map_or_else(String::new, |token| token.after);
    let mut matching = if revision == world.store.revision() {
        chosen(world, call)?
    } else {
        let past = world.store.at(revision).into_iter();
        past.filter(|(key, object)| is_chosen(call, &selector, key, object)).collect()
    };
    matching.retain(|(key, _)| key.path() > &*after);
    let mut next = None;
    if let Some(limit) = limit.filter(|limit| *limit > 0 && matching.len() > *limit) {
        let remaining = selector.selects_all().then(|| matching.len() - limit);
        matching.truncate(limit);
        let after = matching.last().map(|(key, _)| key.path().to_owned()).unwrap_or_default();
        next = Some(Continue { revision, after, remaining });
    }
    let items: Vec<Arc<Value>> = matching.into_iter().map(|(_, object)| object).collect();
    Ok(Reply::Json(200, call.shown.list(&items, revision, next.as_ref())))
}

/// The current objects that a request means.
pub(super) fn chosen(world: &World, call: &Call<'_>) -> Result<Vec<(Key, Arc<Value>)>, ApiError> {
    let selector = ObjectSelector::of(&call.request.query)?;
    let objects = world.store.iter();
    let chosen = objects.filter(|(key, object)| is_chosen(call, &selector, key, object));
    Ok(chosen.map(|(key, object)| (key.clone(), Arc::clone(object))).collect())
}

/// Refuses a `resourceVersion` that the server has not reached.
pub(super) fn check_not_in_the_future(world: &World, call: &Call<'_>) -> Result<u64, ApiError> {
    let asked = requested_version(call)?;
    let current = world.store.revision();
    if asked > current { Err(ApiError::version_too_large(asked, current)) } else { Ok(asked) }
}

/// The `resourceVersion` of the query; zero if there is none.
pub(super) fn requested_version(call: &Call<'_>) -> Result<u64, ApiError> {
    let text = call.request.query.get("resourceVersion").unwrap_or("0");
    text.parse().map_err(|_| {
        let fault = FieldFault::invalid("resourceVersion", &text.into(), "not a version");
        ApiError::invalid_kind("meta.k8s.io", "ListOptions", "", vec![fault])
    })
}

fn is_chosen(call: &Call<'_>, selector: &ObjectSelector, key: &Key, object: &Value) -> bool {
    key.is_in(&call.kind, call.path.namespace.as_deref()) && selector.matches(object)
}

/// Which version a list without a token is of.
fn revision_of(world: &World, call: &Call<'_>, limit: Option<usize>) -> Result<u64, ApiError> {
    let query = &call.request.query;
    let given = query.get("resourceVersion");
    let rule = query.get("resourceVersionMatch");
    let asked = check_not_in_the_future(world, call)?;
    let refuse = |field: &str, why: &str| {
        let fault = FieldFault::forbidden(field, why);
        Err(ApiError::invalid_kind("meta.k8s.io", "ListOptions", "", vec![fault]))
    };
    match (rule, given) {
        (Some(_), None) => refuse(
            "resourceVersionMatch",
            "resourceVersionMatch is forbidden unless resourceVersion is provided",
        ),
        (Some("Exact"), Some("0")) => refuse(
            "resourceVersionMatch",
            "resourceVersionMatch \"exact\" is forbidden for resourceVersion \"0\"",
        ),
        (Some("Exact"), Some(_)) => Ok(asked),
        // A first piece without a rule is of exactly the version that was asked for.
        (None, Some(_)) if asked > 0 && limit.is_some_and(|limit| limit > 0) => Ok(asked),
        (None | Some("NotOlderThan"), _) => Ok(world.store.revision()),
        (Some(other), _) => {
            let why = "supported values: \"Exact\", \"NotOlderThan\"";
            let fault = FieldFault::invalid("resourceVersionMatch", &json!(other), why);
            Err(ApiError::invalid_kind("meta.k8s.io", "ListOptions", "", vec![fault]))
        }
    }
}

fn compacted(goes_on: bool) -> ApiError {
    ApiError::expired(if goes_on {
        "The provided continue parameter is too old to display a consistent list result. You can start a new list without the continue parameter."
    } else {
        "The resourceVersion for the provided list is too old."
    })
}
