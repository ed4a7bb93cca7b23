//! The checks of metadata that hold for every kind.

use serde_json::Value;

use super::kinds::Kind;
use super::object::{finalizers, is_deleting, name, text};
use super::status::{ApiError, FieldFault};

const LABEL: &str = "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character";
const SUBDOMAIN: &str = "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character";

/// Refuses a name that the kind does not allow.
pub(super) fn check_name(kind: &Kind, object: &Value) -> Result<(), ApiError> {
    let name = name(object);
    let (legal, rule) = if kind.is("namespaces") {
        (name.len() <= 63 && is_label(name), LABEL)
    } else {
        (name.len() <= 253 && name.split('.').all(is_label), SUBDOMAIN)
    };
    if legal {
        return Ok(());
    }
    let fault = if name.is_empty() {
        FieldFault::required("metadata.name", "name or generateName is required")
    } else {
        FieldFault::invalid("metadata.name", &name.into(), rule)
    };
    Err(ApiError::invalid(kind, name, vec![fault]))
}

fn is_label(text: &str) -> bool {
    let inner = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    !text.is_empty() && text.chars().all(inner) && !text.starts_with('-') && !text.ends_with('-')
}

/// Refuses an object of another type than the path names.
pub(super) fn check_type(kind: &Kind, version: &str, object: &Value) -> Result<(), ApiError> {
    if !object.is_object() {
        return Err(ApiError::bad_request("the body of the request is not an object"));
    }
    let (given_version, given_kind) = (text(object, "/apiVersion"), text(object, "/kind"));
    let expected = kind.api_version_of(version);
    // The types of built-in resources are known from the path.
    if !kind.custom && given_version.is_empty() && given_kind.is_empty() {
        return Ok(());
    }
    if given_kind.is_empty() {
        return Err(ApiError::bad_request("Object 'Kind' is missing in the body of the request"));
    }
    if given_version != expected || given_kind != kind.name {
        return Err(ApiError::bad_request(&format!(
            "the API version in the data ({given_version}, Kind={given_kind}) does not match the expected API version ({expected}, Kind={})",
            kind.name
        )));
    }
    Ok(())
}

/// Refuses an object whose namespace is not that of the path.
pub(super) fn check_namespace(namespace: &str, object: &Value) -> Result<(), ApiError> {
    let given = text(object, "/metadata/namespace");
    if given.is_empty() || given == namespace {
        return Ok(());
    }
    Err(ApiError::bad_request(
        "the namespace of the provided object does not match the namespace sent on the request",
    ))
}

/// Refuses an update that changes what cannot change, or adds finalizers to an object that is going.
pub(super) fn check_update(kind: &Kind, old: &Value, new: &Value) -> Result<(), ApiError> {
    let mut faults = Vec::new();
    for member in ["name", "creationTimestamp", "deletionTimestamp"] {
        let given = new["metadata"].get(member).filter(|value| !value.is_null());
        if let Some(given) = given
            && *given != old["metadata"][member]
        {
            let field = format!("metadata.{member}");
            faults.push(FieldFault::invalid(&field, given, "field is immutable"));
        }
    }
    let before = finalizers(old);
    let added: Vec<&str> =
        finalizers(new).into_iter().filter(|finalizer| !before.contains(finalizer)).collect();
    if is_deleting(old) && !added.is_empty() {
        let why = format!(
            "no new finalizers can be added if the object is being deleted, found new finalizers {added:?}"
        );
        faults.push(FieldFault::forbidden("metadata.finalizers", &why));
    }
    if faults.is_empty() { Ok(()) } else { Err(ApiError::invalid(kind, name(old), faults)) }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::kinds::Kinds;
    use super::*;

    #[test]
    fn names_are_subdomains_and_those_of_namespaces_labels() {
        let kinds = Kinds::builtin();
        let check = |plural: &str, name: &str| {
            let kind = kinds.of("", plural).unwrap();
            check_name(&kind, &json!({ "metadata": { "name": name } })).is_ok()
        };
        assert!(check("configmaps", "a.b-c") && check("namespaces", "a-1"));
        for bad in ["", "A", "-a", "a-", "a..b", "a_b"] {
            assert!(!check("configmaps", bad), "{bad}");
        }
        assert!(!check("namespaces", "a.b") && !check("namespaces", &"a".repeat(64)));
    }
}
