//! Objects read from JSON and YAML: strictly, with the place of what is wrong.

use std::borrow::Cow;
use std::fmt;

use kube_core::Resource;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use serde_path_to_error::Segment;

use super::strict::Strict;
use super::v1alpha1::{self, Mapping};
use super::{HostedCluster, HostedControlPlane, NodePool};
use crate::{Finding, JsonPath, Rule};

/// An object of a file or of an answer, by its kind.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum ApiObject {
    /// A hosted cluster.
    HostedCluster(Box<HostedCluster>),
    /// A node pool.
    NodePool(Box<NodePool>),
    /// A control plane.
    HostedControlPlane(Box<HostedControlPlane>),
    /// An object of another API group, for example a `ConfigMap`, as it is.
    Foreign(Box<Value>),
}

/// An object, and what was mapped to read it.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct ReadObject {
    /// The object, as `v1beta1`.
    pub object: ApiObject,
    /// What was mapped, if it was `v1alpha1`; empty otherwise.
    pub mapped: Vec<Finding<Mapping>>,
}

/// Text in which there is no object, or one that cannot be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReadError {
    /// It is no JSON.
    #[error("this is no JSON")]
    Json(#[source] serde_json::Error),
    /// It is no YAML.
    #[error("this is no YAML: {cause}")]
    Yaml {
        /// What is wrong with it.
        cause: String,
    },
    /// An object cannot be read.
    #[error("{object}: {finding}")]
    Object {
        /// Which one, as far as it can be told: `HostedCluster clusters/prod`.
        object: String,
        /// Where, which rule, and what to do.
        finding: Box<Finding<ReadRule>>,
    },
}

/// Why an object is not read.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ReadRule {
    /// It is no object, or has no `apiVersion` and `kind`.
    NotAnObject,
    /// It is of `HyperShift`'s group, and of a kind or a version that this crate does not read.
    UnknownKind {
        /// Its `apiVersion`.
        api_version: String,
        /// Its `kind`.
        kind: String,
    },
    /// A field has a value that does not fit.
    Value {
        /// What is wrong with it.
        cause: String,
    },
    /// Kubernetes knows no such field, and would drop it.
    UnknownField,
    /// It is `v1alpha1`, and has no one meaning in `v1beta1`.
    Alpha(v1alpha1::Refusal),
}

/// Reads one object, or the items of a list, from JSON.
///
/// # Errors
///
/// The first object that cannot be read, with the place in it; a key that is there twice.
pub fn from_json(text: &str) -> Result<Vec<ReadObject>, ReadError> {
    let Strict(value) = serde_json::from_str(text).map_err(ReadError::Json)?;
    from_value(value)
}

/// Reads all objects of a YAML stream, lists item by item; empty documents are passed over.
///
/// # Errors
///
/// The first object that cannot be read, with the place in it; a key that is there twice.
#[cfg(feature = "yaml")]
pub fn from_yaml(text: &str) -> Result<Vec<ReadObject>, ReadError> {
    let options = serde_saphyr::options! { with_snippet: false };
    let documents: Vec<Value> = serde_saphyr::from_multiple_with_options(text, options)
        .map_err(|error| ReadError::Yaml { cause: error.to_string() })?;
    let objects = documents.into_iter().filter(|document| !document.is_null()).map(from_value);
    Ok(objects.collect::<Result<Vec<_>, _>>()?.into_iter().flatten().collect())
}

/// Reads one object, or the items of a list, and of the lists in it.
///
/// # Errors
///
/// The first object that cannot be read, with the place in it.
pub fn from_value(value: Value) -> Result<Vec<ReadObject>, ReadError> {
    let is_list = text(&value, "kind").is_some_and(|kind| kind.ends_with("List"));
    match value {
        Value::Object(mut list) if is_list && list.get("items").is_some_and(is_items) => {
            let (version, kind) = (list.get("apiVersion").cloned(), item_kind(&list));
            let Some(Value::Array(items)) = list.remove("items") else { return Ok(Vec::new()) };
            let mut objects = Vec::with_capacity(items.len());
            for item in items {
                objects.extend(from_value(with_kind(item, version.as_ref(), kind.as_deref()))?);
            }
            Ok(objects)
        }
        object => Ok(vec![one(object)?]),
    }
}

/// Go writes `null` for a list that has no items.
fn is_items(value: &Value) -> bool {
    value.is_array() || value.is_null()
}

/// The kind of a typed list's items, which need not repeat it.
fn item_kind(list: &Map<String, Value>) -> Option<String> {
    let kind = list.get("kind")?.as_str()?.strip_suffix("List")?;
    (!kind.is_empty()).then(|| kind.to_owned())
}

fn with_kind(mut item: Value, version: Option<&Value>, kind: Option<&str>) -> Value {
    if let (Value::Object(object), Some(version), Some(kind)) = (&mut item, version, kind) {
        object.entry("apiVersion").or_insert_with(|| version.clone());
        object.entry("kind").or_insert_with(|| kind.into());
    }
    item
}

fn one(mut value: Value) -> Result<ReadObject, ReadError> {
    let name = describe(&value);
    let refuse = |finding| ReadError::Object { object: name, finding: Box::new(finding) };
    let (Some(api_version), Some(kind)) = (text(&value, "apiVersion"), text(&value, "kind")) else {
        return Err(refuse(Finding::refusal(JsonPath::root(), ReadRule::NotAnObject)));
    };
    let Some(version) = api_version.strip_prefix("hypershift.openshift.io/") else {
        return Ok(ReadObject { object: ApiObject::Foreign(Box::new(value)), mapped: Vec::new() });
    };
    let (version, kind) = (version.to_owned(), kind.to_owned());
    let mapped = match &*version {
        "v1alpha1" => v1alpha1::to_v1beta1(&kind, &mut value).map_err(|refusal| {
            let (path, refusal) = refusal;
            Finding::refusal(path, ReadRule::Alpha(refusal))
        }),
        _ => Ok(Vec::new()),
    };
    let object = mapped.and_then(|mapped| {
        let object = match (&*version, &*kind) {
            ("v1alpha1" | "v1beta1", "HostedCluster") => typed(value).map(ApiObject::HostedCluster),
            ("v1alpha1" | "v1beta1", "NodePool") => typed(value).map(ApiObject::NodePool),
            ("v1alpha1" | "v1beta1", "HostedControlPlane") => {
                typed(value).map(ApiObject::HostedControlPlane)
            }
            _ => {
                let api_version = format!("hypershift.openshift.io/{version}");
                let rule = ReadRule::UnknownKind { api_version, kind };
                Err(Finding::refusal(JsonPath::fields("kind"), rule))
            }
        };
        object.map(|object| ReadObject { object, mapped })
    });
    object.map_err(refuse)
}

/// The object as its type, unless something of it would be lost.
fn typed<K>(value: Value) -> Result<Box<K>, Finding<ReadRule>>
where
    K: DeserializeOwned + Resource,
{
    let roots = ["apiVersion", "kind", "metadata", "spec", "status"];
    let unknown = value
        .as_object()
        .and_then(|object| object.keys().find(|key| !roots.contains(&key.as_str())));
    if let Some(unknown) = unknown {
        return Err(Finding::refusal(JsonPath::fields(unknown), ReadRule::UnknownField));
    }
    let metadata = value.get("metadata").cloned().unwrap_or_default();
    let object: K = serde_path_to_error::deserialize(value).map_err(|error| {
        let rule = ReadRule::Value { cause: error.inner().to_string() };
        Finding::refusal(json_path(error.path()), rule)
    })?;
    let kept = object.meta().serialize(serde_json::value::Serializer).unwrap_or_default();
    match lost(&metadata, &kept, &JsonPath::fields("metadata")) {
        Some(path) => Err(Finding::refusal(path, ReadRule::UnknownField)),
        None => Ok(Box::new(object)),
    }
}

/// The first field of `before`, `null`s aside, that is not in `after`.
fn lost(before: &Value, after: &Value, path: &JsonPath) -> Option<JsonPath> {
    if let (Value::Array(before), Value::Array(after)) = (before, after) {
        let mut pairs = before.iter().zip(after).enumerate();
        return pairs.find_map(|(index, (before, after))| lost(before, after, &path.index(index)));
    }
    let (Value::Object(before), Value::Object(after)) = (before, after) else { return None };
    before.iter().filter(|(_, value)| !value.is_null()).find_map(|(key, value)| {
        let path = path.field(key);
        match after.get(key) {
            Some(after) => lost(value, after, &path),
            None => (value.as_object().is_none_or(|object| !object.is_empty())).then_some(path),
        }
    })
}

fn json_path(path: &serde_path_to_error::Path) -> JsonPath {
    path.iter().fold(JsonPath::root(), |path, segment| match segment {
        Segment::Seq { index } => path.index(*index),
        Segment::Map { key } if key.contains(['.', '/']) => path.key(key),
        Segment::Map { key } => path.field(key),
        Segment::Enum { variant } => path.field(variant),
        Segment::Unknown => path,
    })
}

fn text<'a>(value: &'a Value, field: &str) -> Option<&'a str> {
    value.get(field)?.as_str()
}

/// `HostedCluster clusters/prod`, as far as it can be told.
fn describe(value: &Value) -> String {
    let kind = text(value, "kind").unwrap_or("object");
    let metadata = value.get("metadata");
    let part = |field| metadata.and_then(|metadata| text(metadata, field));
    match (part("namespace"), part("name")) {
        (Some(namespace), Some(name)) => format!("{kind} {namespace}/{name}"),
        (None, Some(name)) => format!("{kind} {name}"),
        (_, None) => format!("{kind} without a name"),
    }
}

impl ApiObject {
    /// The hosted cluster, if it is one.
    #[must_use]
    pub fn as_hosted_cluster(&self) -> Option<&HostedCluster> {
        match self {
            Self::HostedCluster(cluster) => Some(cluster),
            _ => None,
        }
    }

    /// The node pool, if it is one.
    #[must_use]
    pub fn as_node_pool(&self) -> Option<&NodePool> {
        match self {
            Self::NodePool(pool) => Some(pool),
            _ => None,
        }
    }

    /// The control plane, if it is one.
    #[must_use]
    pub fn as_hosted_control_plane(&self) -> Option<&HostedControlPlane> {
        match self {
            Self::HostedControlPlane(control_plane) => Some(control_plane),
            _ => None,
        }
    }
}

impl Serialize for ApiObject {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::HostedCluster(object) => object.serialize(serializer),
            Self::NodePool(object) => object.serialize(serializer),
            Self::HostedControlPlane(object) => object.serialize(serializer),
            Self::Foreign(object) => object.serialize(serializer),
        }
    }
}

impl ReadError {
    /// What is wrong with an object, if that is it.
    #[must_use]
    pub fn finding(&self) -> Option<&Finding<ReadRule>> {
        match self {
            Self::Object { finding, .. } => Some(finding),
            Self::Json(_) | Self::Yaml { .. } => None,
        }
    }
}

impl fmt::Display for ReadRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotAnObject => f.write_str("this is no object with an apiVersion and a kind"),
            Self::UnknownKind { api_version, kind } => {
                write!(f, "{kind} of {api_version} is not known here")
            }
            Self::Value { cause } => f.write_str(cause),
            Self::UnknownField => f.write_str("Kubernetes knows no such field, and would drop it"),
            Self::Alpha(refusal) => refusal.fmt(f),
        }
    }
}

impl Rule for ReadRule {
    fn id(&self) -> &'static str {
        match self {
            Self::NotAnObject => "not-an-object",
            Self::UnknownKind { .. } => "unknown-kind",
            Self::Value { .. } => "value",
            Self::UnknownField => "unknown-field",
            Self::Alpha(refusal) => refusal.id(),
        }
    }

    fn remedy(&self) -> Cow<'static, str> {
        match self {
            Self::NotAnObject => {
                "give whole objects; merge a fragment into the object it is for".into()
            }
            Self::UnknownKind { .. } => {
                "give a HostedCluster, a NodePool or a HostedControlPlane of v1beta1 or v1alpha1"
                    .into()
            }
            Self::Value { cause } if cause.starts_with("missing field") => {
                "add it, or merge this fragment into the object it is for".into()
            }
            Self::Value { cause } if cause.contains("expected a string") => {
                "put the value in quotes".into()
            }
            Self::Value { .. } => "correct the value".into(),
            Self::UnknownField => "remove it, or correct its spelling or its indentation".into(),
            Self::Alpha(refusal) => refusal.remedy(),
        }
    }
}
