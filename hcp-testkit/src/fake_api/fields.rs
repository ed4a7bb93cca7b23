//! Sets of fields: the places of an object that somebody owns.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

use super::shape::{ListKind, Shape};

/// One step of a path.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum PathElement {
    /// A member of a map.
    Field(String),
    /// An item of a list, by its key members, as JSON.
    Key(String),
    /// An item of a set, as JSON.
    Item(String),
}

/// From the root of an object to a value.
pub(super) type FieldPath = Vec<PathElement>;

/// Places of an object.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct FieldSet(pub(super) BTreeSet<FieldPath>);

impl FieldSet {
    /// Reads `fieldsV1`; what it does not understand is left out.
    pub(super) fn decode(fields: &Value) -> Self {
        let mut set = BTreeSet::new();
        decode_into(fields, &mut Vec::new(), &mut set);
        Self(set)
    }

    /// As `fieldsV1`.
    pub(super) fn encode(&self) -> Value {
        let mut root = Value::Object(Map::new());
        for path in &self.0 {
            let mut at = &mut root;
            for element in path {
                at = &mut at[element.encode()];
                if at.is_null() {
                    *at = Value::Object(Map::new());
                }
            }
            // An item of a list is owned itself, beside its members.
            if matches!(path.last(), Some(PathElement::Key(_))) {
                at["."] = Value::Object(Map::new());
            }
        }
        root
    }

    /// Those of this set that are in the other, too.
    pub(super) fn common(&self, other: &Self) -> Self {
        Self(self.0.intersection(&other.0).cloned().collect())
    }

    /// Those of this set that are not in the other.
    pub(super) fn without(&self, other: &Self) -> Self {
        Self(self.0.difference(&other.0).cloned().collect())
    }

    /// Those of either.
    pub(super) fn union(&self, other: &Self) -> Self {
        Self(self.0.union(&other.0).cloned().collect())
    }

    /// Whether there are none.
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl PathElement {
    fn encode(&self) -> String {
        match self {
            Self::Field(name) => format!("f:{name}"),
            Self::Key(json) => format!("k:{json}"),
            Self::Item(json) => format!("v:{json}"),
        }
    }

    fn decode(text: &str) -> Option<Self> {
        match text.split_once(':')? {
            ("f", name) => Some(Self::Field(name.to_owned())),
            ("k", json) => Some(Self::Key(json.to_owned())),
            ("v", json) => Some(Self::Item(json.to_owned())),
            _ => None,
        }
    }
}

/// A path as messages write it: `.spec.containers[name="a"].image`.
pub(super) fn display_path(path: &FieldPath) -> String {
    let mut text = String::new();
    for element in path {
        match element {
            PathElement::Field(name) => text.extend([".", name]),
            PathElement::Item(json) => text.extend(["[=", json, "]"]),
            PathElement::Key(json) => {
                let keys: Map<String, Value> = serde_json::from_str(json).unwrap_or_default();
                let keys = keys.iter().map(|(key, value)| format!("{key}={value}"));
                text.extend(["[", &keys.collect::<Vec<_>>().join(","), "]"]);
            }
        }
    }
    text
}

/// Every place of an object that can be owned, with what is there.
pub(super) fn leaves(object: &Value, shape: Shape<'_>) -> BTreeMap<FieldPath, Value> {
    let mut found = BTreeMap::new();
    collect(object, shape, &mut Vec::new(), &mut found);
    found.remove(&Vec::new());
    found
}

/// The key of an item of a list that is merged by these members.
pub(super) fn item_key(item: &Value, keys: &[String]) -> String {
    let members: BTreeMap<&String, &Value> =
        keys.iter().filter_map(|key| Some((key, item.get(key)?))).collect();
    serde_json::to_string(&members).unwrap_or_default()
}

fn collect(
    value: &Value,
    shape: Shape<'_>,
    path: &mut FieldPath,
    found: &mut BTreeMap<FieldPath, Value>,
) {
    match value {
        Value::Object(fields) if !fields.is_empty() && !shape.is_atomic_map() => {
            for (name, value) in fields {
                path.push(PathElement::Field(name.clone()));
                collect(value, shape.child(name), path, found);
                path.pop();
            }
        }
        Value::Array(items) if !items.is_empty() => match shape.list() {
            ListKind::Atomic => {
                found.insert(path.clone(), value.clone());
            }
            ListKind::Set => found.extend(items.iter().map(|item| {
                let mut at = path.clone();
                at.push(PathElement::Item(item.to_string()));
                (at, Value::Null)
            })),
            ListKind::Map(keys) => {
                for item in items {
                    path.push(PathElement::Key(item_key(item, &keys)));
                    found.insert(path.clone(), Value::Null);
                    collect(item, shape.item(), path, found);
                    path.pop();
                }
            }
        },
        leaf => {
            found.insert(path.clone(), leaf.clone());
        }
    }
}

fn decode_into(fields: &Value, path: &mut FieldPath, set: &mut BTreeSet<FieldPath>) {
    let Some(members) = fields.as_object() else { return };
    if members.is_empty() || members.contains_key(".") {
        set.insert(path.clone());
    }
    for (name, below) in members {
        if let Some(element) = PathElement::decode(name) {
            path.push(element);
            decode_into(below, path, set);
            path.pop();
        }
    }
}
