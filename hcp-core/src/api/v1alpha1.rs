//! `v1alpha1`, which `HyperShift` served up to 4.17: read, mapped to `v1beta1`, never written.

use std::borrow::Cow;
use std::fmt;

use serde_json::{Map, Value, json};

use crate::{Finding, JsonPath, Rule};

/// A field of `v1alpha1` that was mapped, and where its value went.
///
/// Source: `HyperShift` 4.15, the conversion between its two versions.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Mapping {
    /// It has another name in `v1beta1`.
    Moved {
        /// Where it went.
        to: JsonPath,
    },
    /// `v1beta1` has no such field and needs none.
    Dropped,
}

/// Why an object of `v1alpha1` cannot be mapped.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Refusal {
    /// The old field and the new one say different things.
    Conflict {
        /// The new one.
        with: JsonPath,
    },
    /// The value is not of the type that it should be.
    WrongType {
        /// The type.
        wanted: &'static str,
    },
    /// An embedded configuration object of another kind or version than those that can be mapped.
    UnknownItem {
        /// Its `apiVersion` and `kind`.
        item: String,
    },
    /// Credentials in Secrets, where `v1beta1` has ARNs of roles; the one does not follow from the other.
    NoSuccessor {
        /// What takes its place.
        successor: &'static str,
    },
}

type Mapped = Result<Vec<Finding<Mapping>>, (JsonPath, Refusal)>;

/// How a value changes on its way.
enum Shape {
    Same,
    /// `10.0.0.0/16` becomes `[{ cidr: 10.0.0.0/16 }]`.
    Network,
}

use Shape::{Network, Same};

/// Old paths below `spec`, new ones, and how the value changes.
const CLUSTER_FIELDS: &[(&str, &str, Shape)] = &[
    ("networking.machineCIDR", "networking.machineNetwork", Network),
    ("networking.podCIDR", "networking.clusterNetwork", Network),
    ("networking.serviceCIDR", "networking.serviceNetwork", Network),
];
const CONTROL_PLANE_FIELDS: &[(&str, &str, Shape)] = &[
    ("machineCIDR", "networking.machineNetwork", Network),
    ("podCIDR", "networking.clusterNetwork", Network),
    ("serviceCIDR", "networking.serviceNetwork", Network),
    ("networkType", "networking.networkType", Same),
    ("apiPort", "networking.apiServer.port", Same),
    ("apiAdvertiseAddress", "networking.apiServer.advertiseAddress", Same),
    ("apiAllowedCIDRBlocks", "networking.apiServer.allowedCIDRBlocks", Same),
];
const POOL_FIELDS: &[(&str, &str, Shape)] = &[("nodeCount", "replicas", Same)];

/// Fields of clusters and control planes that have no successor which follows from them.
const WITHOUT_SUCCESSOR: &[(&str, &str)] = &[
    ("platform.aws.roles", "platform.aws.rolesRef"),
    ("platform.aws.kubeCloudControllerCreds", "platform.aws.rolesRef.kubeCloudControllerARN"),
    ("platform.aws.nodePoolManagementCreds", "platform.aws.rolesRef.nodePoolManagementARN"),
    ("platform.aws.controlPlaneOperatorCreds", "platform.aws.rolesRef.controlPlaneOperatorARN"),
    ("secretEncryption.kms.aws.auth.credentials", "secretEncryption.kms.aws.auth.awsKms"),
];

/// Kinds of `config.openshift.io/v1`, and the members of `spec.configuration` that hold their specs.
const ITEMS: &[(&str, &str)] = &[
    ("APIServer", "apiServer"),
    ("Authentication", "authentication"),
    ("FeatureGate", "featureGate"),
    ("Image", "image"),
    ("Ingress", "ingress"),
    ("Network", "network"),
    ("OAuth", "oauth"),
    ("Proxy", "proxy"),
    ("Scheduler", "scheduler"),
];

/// Maps an object of this kind in place; says what was mapped, or where it cannot be.
pub(super) fn to_v1beta1(kind: &str, object: &mut Value) -> Mapped {
    let mut mapped = Vec::new();
    let fields = match kind {
        "HostedCluster" => CLUSTER_FIELDS,
        "HostedControlPlane" => CONTROL_PLANE_FIELDS,
        "NodePool" => POOL_FIELDS,
        _ => return Ok(mapped),
    };
    if let Some(Value::Object(spec)) = object.get_mut("spec") {
        for (old, new, shape) in fields {
            mapped.extend(move_field(spec, old, new, shape)?);
        }
        if kind != "NodePool" {
            refuse_credentials(spec)?;
            mapped.extend(unpack_items(spec)?);
        }
    }
    if let Some(version) = object.get_mut("apiVersion") {
        *version = "hypershift.openshift.io/v1beta1".into();
    }
    Ok(mapped)
}

fn below_spec(path: &str) -> JsonPath {
    JsonPath::fields(&format!("spec.{path}"))
}

fn move_field(
    spec: &mut Map<String, Value>,
    old: &str,
    new: &str,
    shape: &Shape,
) -> Result<Option<Finding<Mapping>>, (JsonPath, Refusal)> {
    let Some(value) = take(spec, old) else { return Ok(None) };
    let (from, to) = (below_spec(old), below_spec(new));
    if is_empty(&value) {
        return Ok(Some(Finding::notice(from, Mapping::Dropped)));
    }
    let value = match (shape, value) {
        (Same, value) => value,
        (Network, Value::String(cidr)) => json!([{ "cidr": cidr }]),
        (Network, _) => return Err((from, Refusal::WrongType { wanted: "string" })),
    };
    let Some(place) = entry(spec, new) else {
        return Err((to, Refusal::WrongType { wanted: "object" }));
    };
    if place.is_null() {
        *place = value;
    } else if !says_the_same(place, &value) {
        return Err((from, Refusal::Conflict { with: to }));
    }
    Ok(Some(Finding::notice(from, Mapping::Moved { to })))
}

/// Go writes the old text fields even where they are empty.
fn is_empty(value: &Value) -> bool {
    value.is_null() || value.as_str() == Some("") || value.as_array().is_some_and(Vec::is_empty)
}

/// A new list of networks may say more about each, for example its `hostPrefix`.
fn says_the_same(new: &Value, old: &Value) -> bool {
    match (new.as_array().map(Vec::as_slice), old.as_array().map(Vec::as_slice)) {
        (Some([new]), Some([old])) if old.is_object() => new.get("cidr") == old.get("cidr"),
        _ => new == old,
    }
}

fn refuse_credentials(spec: &Map<String, Value>) -> Result<(), (JsonPath, Refusal)> {
    for (old, successor) in WITHOUT_SUCCESSOR {
        let value = old.split('.').try_fold(None, |at: Option<&Value>, name| {
            at.map_or_else(|| spec.get(name), |at| at.get(name)).map(Some)
        });
        let is_set = value.flatten().is_some_and(|value| {
            !is_empty(value) && value.get("name").is_none_or(|name| !is_empty(name))
        });
        if is_set {
            return Err((below_spec(old), Refusal::NoSuccessor { successor }));
        }
    }
    Ok(())
}

/// `configuration.items` holds whole objects of OpenShift's configuration API, `v1beta1` the spec of each under its own name.
fn unpack_items(spec: &mut Map<String, Value>) -> Mapped {
    let Some(Value::Object(configuration)) = spec.get_mut("configuration") else {
        return Ok(Vec::new());
    };
    let base = JsonPath::fields("spec.configuration");
    let mut mapped = Vec::new();
    for field in ["configMapRefs", "secretRefs"] {
        if configuration.remove(field).is_some() {
            mapped.push(Finding::notice(base.field(field), Mapping::Dropped));
        }
    }
    let items = match configuration.remove("items") {
        None | Some(Value::Null) => return Ok(mapped),
        Some(Value::Array(items)) => items,
        Some(_) => return Err((base.field("items"), Refusal::WrongType { wanted: "list" })),
    };
    for (index, mut item) in items.into_iter().enumerate() {
        let from = base.field("items").index(index);
        let field = |name: &str| item.get(name).and_then(Value::as_str).unwrap_or_default();
        let (version, kind) = (field("apiVersion").to_owned(), field("kind").to_owned());
        let member = ITEMS.iter().find(|(known, _)| *known == kind).map(|(_, member)| *member);
        let (Some(member), "config.openshift.io/v1") = (member, &*version) else {
            return Err((from, Refusal::UnknownItem { item: format!("{version} {kind}") }));
        };
        let value = item.get_mut("spec").map_or_else(|| json!({}), Value::take);
        let to = base.field(member);
        if configuration.get(member).is_some_and(|present| *present != value) {
            return Err((from, Refusal::Conflict { with: to }));
        }
        configuration.insert(member.to_owned(), value);
        mapped.push(Finding::notice(from, Mapping::Moved { to }));
    }
    Ok(mapped)
}

fn take(object: &mut Map<String, Value>, path: &str) -> Option<Value> {
    match path.split_once('.') {
        None => object.remove(path),
        Some((name, rest)) => take(object.get_mut(name)?.as_object_mut()?, rest),
    }
}

/// The place of a field, made if it is not there; `None` if something on the way is no object.
fn entry<'a>(object: &'a mut Map<String, Value>, path: &str) -> Option<&'a mut Value> {
    match path.split_once('.') {
        None => Some(object.entry(path).or_insert(Value::Null)),
        Some((name, rest)) => {
            entry(object.entry(name).or_insert_with(|| json!({})).as_object_mut()?, rest)
        }
    }
}

impl fmt::Display for Mapping {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Moved { to } => write!(f, "v1alpha1 has it here, v1beta1 in {to}"),
            Self::Dropped => f.write_str("v1beta1 has no such field and needs none"),
        }
    }
}

impl Rule for Mapping {
    fn id(&self) -> &'static str {
        match self {
            Self::Moved { .. } => "v1alpha1-moved",
            Self::Dropped => "v1alpha1-dropped",
        }
    }

    fn remedy(&self) -> Cow<'static, str> {
        "write v1beta1; HyperShift 4.18 and newer know nothing else".into()
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Conflict { with } => {
                write!(f, "v1alpha1's field says something else than {with}")
            }
            Self::WrongType { wanted } => write!(f, "this is no {wanted}"),
            Self::UnknownItem { item } => {
                write!(f, "{item:?} is no configuration object that v1beta1 has a place for")
            }
            Self::NoSuccessor { .. } => {
                f.write_str("v1beta1 has no such field, and nothing in it follows from this value")
            }
        }
    }
}

impl Rule for Refusal {
    fn id(&self) -> &'static str {
        match self {
            Self::Conflict { .. } => "v1alpha1-conflict",
            Self::WrongType { .. } => "v1alpha1-type",
            Self::UnknownItem { .. } => "v1alpha1-item",
            Self::NoSuccessor { .. } => "v1alpha1-credentials",
        }
    }

    fn remedy(&self) -> Cow<'static, str> {
        match self {
            Self::Conflict { with } => format!("decide, and keep {with} only").into(),
            Self::WrongType { .. } => "correct the value".into(),
            Self::UnknownItem { .. } => {
                "give objects of config.openshift.io/v1, or write the members of spec.configuration"
                    .into()
            }
            Self::NoSuccessor { successor } => {
                format!("write v1beta1 with spec.{successor}, and remove this field").into()
            }
        }
    }
}
