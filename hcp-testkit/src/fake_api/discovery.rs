//! What the server says about itself: `/version`, `/api`, `/apis` and the resources of each version.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::{Value, json};

use super::kinds::Kind;
use super::request::{ApiRequest, Verb};
use super::status::ApiError;
use super::world::{Reply, World};

const OBJECT_VERBS: [&str; 8] =
    ["create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"];
const PART_VERBS: [&str; 3] = ["get", "patch", "update"];

/// Answers a request to a path that serves no objects.
pub(super) fn answer(
    world: &World,
    request: &ApiRequest,
    segments: &[String],
) -> Result<Reply, ApiError> {
    if request.verb != Verb::Get {
        return Err(ApiError::method_not_allowed());
    }
    let aggregated = request.accept.contains("as=APIGroupDiscoveryList");
    let segments: Vec<&str> = segments.iter().map(String::as_str).collect();
    let body = match segments[..] {
        ["readyz" | "livez" | "healthz", ..] => return Ok(Reply::Text(200, "ok".to_owned())),
        ["version"] => version(),
        ["api"] if aggregated => aggregate(world, true),
        ["apis"] if aggregated => aggregate(world, false),
        ["api"] => json!({ "kind": "APIVersions", "versions": ["v1"] }),
        ["apis"] => {
            let groups: Vec<Value> =
                groups(world, false).iter().map(|(name, kinds)| group(name, kinds)).collect();
            json!({ "kind": "APIGroupList", "apiVersion": "v1", "groups": groups })
        }
        ["apis", name] => {
            let groups = groups(world, false);
            let Some(kinds) = groups.get(name) else { return Ok(no_page()) };
            let mut body = group(name, kinds);
            body["kind"] = "APIGroup".into();
            body["apiVersion"] = "v1".into();
            body
        }
        ["api", version] => return Ok(resources(world, "", version)),
        ["apis", group, version] => return Ok(resources(world, group, version)),
        _ => return Ok(no_page()),
    };
    Ok(Reply::Json(200, body))
}

fn no_page() -> Reply {
    Reply::Text(404, "404 page not found\n".to_owned())
}

/// The version that the workspace's API types are of.
fn version() -> Value {
    json!({
        "major": "1",
        "minor": "33",
        "gitVersion": "v1.33.0",
        "gitCommit": "",
        "gitTreeState": "clean",
        "buildDate": "2025-01-01T00:00:00Z",
        "goVersion": "",
        "compiler": "",
        "platform": "fake",
    })
}

fn groups(world: &World, core: bool) -> BTreeMap<&str, Vec<&Arc<Kind>>> {
    let mut groups: BTreeMap<&str, Vec<&Arc<Kind>>> = BTreeMap::new();
    for kind in world.kinds.iter().filter(|kind| kind.group.is_empty() == core) {
        groups.entry(&kind.group).or_default().push(kind);
    }
    groups
}

fn versions<'a>(kinds: &[&'a Arc<Kind>]) -> Vec<&'a str> {
    let mut versions: Vec<&str> = Vec::new();
    for version in kinds.iter().flat_map(|kind| &kind.versions) {
        if !versions.contains(&&**version) {
            versions.push(version);
        }
    }
    versions
}

fn group(name: &str, kinds: &[&Arc<Kind>]) -> Value {
    let shown =
        |version: &&str| json!({ "groupVersion": format!("{name}/{version}"), "version": version });
    let versions: Vec<Value> = versions(kinds).iter().map(shown).collect();
    json!({ "name": name, "versions": versions, "preferredVersion": versions.first() })
}

fn resources(world: &World, group: &str, version: &str) -> Reply {
    let served: Vec<&Arc<Kind>> = world
        .kinds
        .iter()
        .filter(|kind| kind.group == group && kind.versions.iter().any(|v| v == version))
        .collect();
    let Some(first) = served.first() else { return no_page() };
    let group_version = first.api_version_of(version);
    let resources: Vec<Value> = served.iter().flat_map(|kind| resource(kind)).collect();
    let body = json!({
        "kind": "APIResourceList",
        "apiVersion": "v1",
        "groupVersion": group_version,
        "resources": resources,
    });
    Reply::Json(200, body)
}

fn resource(kind: &Kind) -> Vec<Value> {
    let row = |name: String, kind_name: &str, verbs: &[&str]| {
        json!({
            "name": name,
            "singularName": "",
            "namespaced": kind.namespaced,
            "kind": kind_name,
            "verbs": verbs,
        })
    };
    let mut whole = row(kind.plural.clone(), &kind.name, &OBJECT_VERBS);
    whole["singularName"] = kind.name.to_lowercase().into();
    let mut rows = vec![whole];
    for part in parts(kind) {
        let mut shown = row(format!("{}/{}", kind.plural, part.name), part.kind, part.verbs);
        if let Some((group, version)) = part.group_version {
            shown["group"] = group.into();
            shown["version"] = version.into();
        }
        rows.push(shown);
    }
    rows
}

struct Part<'a> {
    name: &'static str,
    kind: &'a str,
    group_version: Option<(&'static str, &'static str)>,
    verbs: &'static [&'static str],
}

fn parts(kind: &Kind) -> Vec<Part<'_>> {
    let mut parts = Vec::new();
    if kind.subresources.status {
        let (name, verbs) = ("status", &PART_VERBS);
        parts.push(Part { name, kind: &kind.name, group_version: None, verbs });
    }
    if kind.subresources.scale.is_some() {
        let group_version = Some(("autoscaling", "v1"));
        parts.push(Part { name: "scale", kind: "Scale", group_version, verbs: &PART_VERBS });
    }
    if kind.is("pods") {
        let group_version = Some(("policy", "v1"));
        parts.push(Part { name: "eviction", kind: "Eviction", group_version, verbs: &["create"] });
    }
    parts
}

/// All groups with all their resources in one answer.
fn aggregate(world: &World, core: bool) -> Value {
    let items: Vec<Value> = groups(world, core)
        .into_iter()
        .map(|(name, kinds)| {
            let shown = |version: &&str| {
                let served = kinds.iter().filter(|kind| kind.versions.iter().any(|v| v == version));
                let resources: Vec<Value> =
                    served.map(|kind| aggregated_resource(kind, version)).collect();
                json!({ "version": version, "freshness": "Current", "resources": resources })
            };
            let versions: Vec<Value> = versions(&kinds).iter().map(shown).collect();
            json!({ "metadata": { "name": name }, "versions": versions })
        })
        .collect();
    json!({
        "kind": "APIGroupDiscoveryList",
        "apiVersion": "apidiscovery.k8s.io/v2",
        "metadata": {},
        "items": items,
    })
}

fn aggregated_resource(kind: &Kind, version: &str) -> Value {
    let parts: Vec<Value> = parts(kind)
        .into_iter()
        .map(|part| {
            let (group, version) = part.group_version.unwrap_or((&kind.group, version));
            json!({
                "subresource": part.name,
                "responseKind": { "group": group, "version": version, "kind": part.kind },
                "verbs": part.verbs,
            })
        })
        .collect();
    json!({
        "resource": kind.plural,
        "responseKind": { "group": kind.group, "version": version, "kind": kind.name },
        "scope": if kind.namespaced { "Namespaced" } else { "Cluster" },
        "singularResource": kind.name.to_lowercase(),
        "verbs": OBJECT_VERBS,
        "subresources": parts,
    })
}
