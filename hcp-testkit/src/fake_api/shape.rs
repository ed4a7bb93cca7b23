//! Which lists and maps of an object are merged member by member.

use serde_json::Value;

use super::kinds::Kind;

/// How a list is merged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum ListKind {
    /// As a whole.
    Atomic,
    /// By its values.
    Set,
    /// By these members of its items.
    Map(Vec<String>),
}

/// A place in an object, as far as merging goes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Shape<'a> {
    /// The field that led here; empty at the root and in items.
    field: &'a str,
    rules: Rules<'a>,
}

#[derive(Clone, Copy, Debug)]
enum Rules<'a> {
    /// The root of an object.
    Root(&'a Kind),
    /// Built-in types and all metadata: known by the names of their fields.
    Names,
    /// The schema of a custom resource at this place.
    Schema(&'a Value),
    /// Nothing is known: lists are atomic, maps are not.
    Unknown,
}

/// Lists of built-in types that are merged, by the field that holds them.
const LISTS: &[(&str, &[&str])] = &[
    ("ownerReferences", &["uid"]),
    ("conditions", &["type"]),
    ("containers", &["name"]),
    ("initContainers", &["name"]),
    ("ephemeralContainers", &["name"]),
    ("env", &["name"]),
    ("volumes", &["name"]),
    ("volumeMounts", &["mountPath"]),
    ("ports", &["containerPort", "protocol"]),
    ("imagePullSecrets", &["name"]),
];

impl<'a> Shape<'a> {
    /// The root of an object of this kind.
    pub(super) const fn root(kind: &'a Kind) -> Self {
        Self { field: "", rules: Rules::Root(kind) }
    }

    /// The place of a member.
    pub(super) fn child(self, field: &'a str) -> Self {
        let below = |schema: &'a Value| {
            let known = schema["properties"].get(field);
            known.or_else(|| schema.get("additionalProperties").filter(|s| s.is_object()))
        };
        let rules = match self.rules {
            Rules::Root(_) if field == "metadata" => Rules::Names,
            Rules::Root(kind) if !kind.custom => Rules::Names,
            Rules::Root(kind) => {
                kind.schema.as_ref().and_then(below).map_or(Rules::Unknown, Rules::Schema)
            }
            Rules::Schema(schema) => below(schema).map_or(Rules::Unknown, Rules::Schema),
            other => other,
        };
        Self { field, rules }
    }

    /// The place of an item of a list.
    pub(super) fn item(self) -> Self {
        let rules = match self.rules {
            Rules::Schema(schema) => schema.get("items").map_or(Rules::Unknown, Rules::Schema),
            other => other,
        };
        Self { field: "", rules }
    }

    /// How a list at this place is merged.
    pub(super) fn list(self) -> ListKind {
        match self.rules {
            Rules::Names if self.field == "finalizers" => ListKind::Set,
            Rules::Names => LISTS
                .iter()
                .find(|(field, _)| *field == self.field)
                .map_or(ListKind::Atomic, |(_, keys)| ListKind::Map(to_owned(keys))),
            Rules::Schema(schema) => match schema["x-kubernetes-list-type"].as_str() {
                Some("set") => ListKind::Set,
                Some("map") => {
                    let keys = schema["x-kubernetes-list-map-keys"].as_array();
                    let keys = keys.into_iter().flatten().filter_map(Value::as_str);
                    ListKind::Map(keys.map(str::to_owned).collect())
                }
                _ => ListKind::Atomic,
            },
            Rules::Root(_) | Rules::Unknown => ListKind::Atomic,
        }
    }

    /// Whether a map at this place is written as a whole.
    pub(super) fn is_atomic_map(self) -> bool {
        match self.rules {
            Rules::Names => matches!(self.field, "selector" | "nodeSelector" | "fieldRef"),
            Rules::Schema(schema) => schema["x-kubernetes-map-type"] == "atomic",
            Rules::Root(_) | Rules::Unknown => false,
        }
    }
}

fn to_owned(keys: &[&str]) -> Vec<String> {
    keys.iter().map(|key| (*key).to_owned()).collect()
}
