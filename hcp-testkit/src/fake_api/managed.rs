//! `managedFields`: who owns which field.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::{Value, json};

use super::fields::{FieldPath, FieldSet, leaves};
use super::kinds::Kind;
use super::object::{set_member, set_metadata, text};
use super::shape::Shape;
use super::write::{Author, seconds};

/// What one manager owns through one operation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Entry {
    pub(super) manager: String,
    /// `Apply` or `Update`.
    pub(super) operation: &'static str,
    pub(super) api_version: String,
    pub(super) subresource: Option<String>,
    pub(super) time: String,
    pub(super) fields: FieldSet,
}

/// What changed between two states of an object.
pub(super) struct Difference {
    /// Added, or with another value.
    pub(super) changed: FieldSet,
    /// No longer there.
    pub(super) removed: FieldSet,
}

impl Entry {
    /// An entry of this author that owns nothing yet.
    pub(super) fn new(author: &Author, operation: &'static str, now: Timestamp) -> Self {
        Self {
            manager: author.manager.clone(),
            operation,
            api_version: author.api_version.clone(),
            subresource: author.subresource.clone(),
            time: seconds(now),
            fields: FieldSet::default(),
        }
    }

    /// Whether both are of the same manager, doing the same.
    pub(super) fn is_of(&self, other: &Self) -> bool {
        self.manager == other.manager
            && self.operation == other.operation
            && self.api_version == other.api_version
            && self.subresource == other.subresource
    }

    fn read(entry: &Value) -> Self {
        Self {
            manager: text(entry, "/manager").to_owned(),
            operation: if entry["operation"] == "Apply" { "Apply" } else { "Update" },
            api_version: text(entry, "/apiVersion").to_owned(),
            subresource: entry["subresource"].as_str().map(str::to_owned),
            time: text(entry, "/time").to_owned(),
            fields: FieldSet::decode(&entry["fieldsV1"]),
        }
    }

    fn write(&self) -> Value {
        let mut entry = json!({
            "manager": self.manager,
            "operation": self.operation,
            "apiVersion": self.api_version,
            "time": self.time,
            "fieldsType": "FieldsV1",
            "fieldsV1": self.fields.encode(),
        });
        set_member(&mut entry, "subresource", self.subresource.clone().map(Value::String));
        entry
    }
}

impl Difference {
    /// Compares what can be owned through this subresource.
    pub(super) fn between(
        kind: &Kind,
        old: &Value,
        new: &Value,
        subresource: Option<&str>,
    ) -> Self {
        let (old, new) =
            (owned_leaves(kind, old, subresource), owned_leaves(kind, new, subresource));
        let changed = new.iter().filter(|(path, value)| old.get(*path) != Some(*value));
        let removed = old.keys().filter(|path| !new.contains_key(*path));
        Self {
            changed: FieldSet(changed.map(|(path, _)| path.clone()).collect()),
            removed: FieldSet(removed.cloned().collect()),
        }
    }
}

/// The places of an object that a write to this subresource can own.
pub(super) fn owned_leaves(
    kind: &Kind,
    object: &Value,
    subresource: Option<&str>,
) -> BTreeMap<FieldPath, Value> {
    let mut own = object.clone();
    if subresource == Some("status") {
        own = json!({ "status": object["status"] });
    } else if kind.subresources.status {
        set_member(&mut own, "status", None);
    }
    for member in ["apiVersion", "kind"] {
        set_member(&mut own, member, None);
    }
    if own["metadata"].is_object() {
        for member in [
            "name",
            "namespace",
            "uid",
            "selfLink",
            "resourceVersion",
            "generation",
            "creationTimestamp",
            "deletionTimestamp",
            "deletionGracePeriodSeconds",
            "managedFields",
        ] {
            set_metadata(&mut own, member, None);
        }
    }
    let mut found = leaves(&own, Shape::root(kind));
    // Metadata or status with nothing in it is nobody's.
    found.retain(|path, value| path.len() > 1 || !(value.is_null() || *value == json!({})));
    found
}

/// Lets the author of an update take what changes, from everybody.
pub(super) fn track(kind: &Kind, old: &Value, new: &mut Value, author: &Author, now: Timestamp) {
    let difference = Difference::between(kind, old, new, author.subresource.as_deref());
    let touched = difference.changed.union(&difference.removed);
    if touched.is_empty() {
        return;
    }
    let mut own = Entry::new(author, "Update", now);
    let mut others = Vec::new();
    for mut entry in entries(old) {
        if entry.is_of(&own) {
            own.fields = entry.fields.without(&difference.removed);
        } else {
            entry.fields = entry.fields.without(&touched);
            others.push(entry);
        }
    }
    own.fields = own.fields.union(&difference.changed);
    others.push(own);
    set_entries(new, others);
}

/// The entries of an object.
pub(super) fn entries(object: &Value) -> Vec<Entry> {
    let list = object.pointer("/metadata/managedFields").and_then(Value::as_array);
    list.into_iter().flatten().map(Entry::read).collect()
}

/// Writes the entries in the server's order, those that own nothing left out.
pub(super) fn set_entries(object: &mut Value, mut entries: Vec<Entry>) {
    entries.retain(|entry| !entry.fields.is_empty());
    entries.sort_by(|a, b| {
        let order = |entry: &Entry| (entry.operation, entry.time.clone(), entry.manager.clone());
        order(a).cmp(&order(b))
    });
    let list: Vec<Value> = entries.iter().map(Entry::write).collect();
    set_metadata(object, "managedFields", (!list.is_empty()).then(|| list.into()));
}

/// An object without the times of its `managedFields`: what a write compares.
pub(super) fn without_times(object: &Value) -> Value {
    let mut bare = object.clone();
    if let Some(list) = bare.pointer_mut("/metadata/managedFields").and_then(Value::as_array_mut) {
        for entry in list {
            set_member(entry, "time", None);
        }
    }
    bare
}
