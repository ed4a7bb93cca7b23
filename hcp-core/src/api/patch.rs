//! Patches that change one field of an object and nothing else.

use std::fmt;
use std::marker::PhantomData;

use kube_core::Resource;
use serde_json::{Map, Value, json};

use super::{HostedCluster, NodePool};
use crate::{GoDuration, JsonPath};

/// A patch of an object of type `K`: the fields that were set here, and no other.
///
/// The same content is written in two ways: as a JSON merge patch (RFC 7386), or as an object for server-side apply.
///
/// ```
/// use hcp_core::api::NodePool;
/// use hcp_core::api::patch::FieldPatch;
///
/// let patch = FieldPatch::<NodePool>::new().replicas(0).with_resource_version("4711");
/// assert_eq!(
///     patch.merge_patch().to_string(),
///     r#"{"metadata":{"resourceVersion":"4711"},"spec":{"replicas":0}}"#
/// );
/// ```
pub struct FieldPatch<K> {
    body: Map<String, Value>,
    kind: PhantomData<fn() -> K>,
}

/// A patch that server-side apply cannot express.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{path}: server-side apply removes only what the same manager has set; send a merge patch")]
#[non_exhaustive]
pub struct RemovalError {
    /// The field that is to be removed.
    pub path: JsonPath,
}

impl<K> FieldPatch<K> {
    /// A patch that changes nothing yet.
    #[must_use]
    pub fn new() -> Self {
        Self { body: Map::new(), kind: PhantomData }
    }

    /// Sets an annotation.
    #[must_use]
    pub fn annotation(self, key: &str, value: impl Into<String>) -> Self {
        self.set(&["metadata", "annotations", key], value.into().into())
    }

    /// Removes an annotation; nothing happens where it is not there.
    #[must_use]
    pub fn without_annotation(self, key: &str) -> Self {
        self.set(&["metadata", "annotations", key], Value::Null)
    }

    /// The patch is refused (409) if the object has changed since it had this version.
    #[must_use]
    pub fn with_resource_version(self, version: impl Into<String>) -> Self {
        self.set(&["metadata", "resourceVersion"], version.into().into())
    }

    /// The patch is refused (422: the field is immutable) if another object of the same name has taken the object's place.
    #[must_use]
    pub fn with_uid(self, uid: impl Into<String>) -> Self {
        self.set(&["metadata", "uid"], uid.into().into())
    }

    /// As a JSON merge patch, in which `null` removes.
    #[must_use]
    pub fn merge_patch(&self) -> Value {
        Value::Object(self.body.clone())
    }

    fn set(mut self, path: &[&str], value: Value) -> Self {
        let change = path.iter().rfold(value, |below, name| json!({ *name: below }));
        // Merging would take `null` for a removal from this patch.
        combine(&mut self.body, change);
        self
    }
}

impl<K: Resource<DynamicType = ()>> FieldPatch<K> {
    /// As an object for server-side apply, under a field manager of your choice.
    ///
    /// # Errors
    ///
    /// A patch that removes something.
    pub fn apply_patch(&self, name: &str) -> Result<Value, RemovalError> {
        let body = Value::Object(self.body.clone());
        if let Some(path) = removal(&body, &JsonPath::root()) {
            return Err(RemovalError { path });
        }
        let whole = Self { body: self.body.clone(), kind: PhantomData }
            .set(&["metadata", "name"], name.into())
            .set(&["apiVersion"], K::api_version(&()).into())
            .set(&["kind"], K::kind(&()).into());
        Ok(whole.merge_patch())
    }
}

impl FieldPatch<HostedCluster> {
    /// The release: starts an upgrade of the control plane, and of what it runs on the nodes.
    #[must_use]
    pub fn release_image(self, image: impl Into<String>) -> Self {
        self.set(&["spec", "release", "image"], image.into().into())
    }

    /// The release of what runs in the management cluster; `None` lets it follow `release` again.
    #[must_use]
    pub fn control_plane_release_image(self, image: Option<&str>) -> Self {
        let release = image.map_or(Value::Null, |image| json!({ "image": image }));
        self.set(&["spec", "controlPlaneRelease"], release)
    }

    /// Pauses, or goes on with `None`. For whole procedures see [`crate::pause`].
    #[must_use]
    pub fn paused_until(self, until: Option<&str>) -> Self {
        self.set(&["spec", "pausedUntil"], until.into())
    }
}

impl FieldPatch<NodePool> {
    /// The release: rolls the pool.
    #[must_use]
    pub fn release_image(self, image: impl Into<String>) -> Self {
        self.set(&["spec", "release", "image"], image.into().into())
    }

    /// Pauses, or goes on with `None`. For whole procedures see [`crate::pause`].
    #[must_use]
    pub fn paused_until(self, until: Option<&str>) -> Self {
        self.set(&["spec", "pausedUntil"], until.into())
    }

    /// How long a node is drained at most; without limit with `None`, and with `0s` as well.
    #[must_use]
    pub fn node_drain_timeout(self, timeout: Option<&GoDuration>) -> Self {
        self.set(&["spec", "nodeDrainTimeout"], timeout.map(GoDuration::as_str).into())
    }

    /// How many nodes there shall be; refused by the API server where the pool scales itself.
    #[must_use]
    pub fn replicas(self, replicas: u16) -> Self {
        self.set(&["spec", "replicas"], replicas.into())
    }
}

/// Changes `target` as a JSON merge patch says.
///
/// Source: RFC 7386, section 2.
pub fn apply_merge_patch(target: &mut Value, patch: &Value) {
    let Value::Object(patch) = patch else {
        target.clone_from(patch);
        return;
    };
    if !target.is_object() {
        *target = json!({});
    }
    let Value::Object(object) = target else { return };
    for (key, value) in patch {
        if value.is_null() {
            object.remove(key);
        } else {
            apply_merge_patch(object.entry(key).or_insert(Value::Null), value);
        }
    }
}

fn combine(body: &mut Map<String, Value>, patch: Value) {
    let Value::Object(patch) = patch else { return };
    for (key, value) in patch {
        match (body.get_mut(&key), value) {
            (Some(Value::Object(below)), value @ Value::Object(_)) => combine(below, value),
            (_, value) => drop(body.insert(key, value)),
        }
    }
}

fn removal(value: &Value, path: &JsonPath) -> Option<JsonPath> {
    match value {
        Value::Null => Some(path.clone()),
        Value::Object(object) => object.iter().find_map(|(key, value)| {
            let plain = !key.contains(['.', '/']);
            removal(value, &if plain { path.field(key) } else { path.key(key) })
        }),
        _ => None,
    }
}

impl<K> Default for FieldPatch<K> {
    fn default() -> Self {
        Self::new()
    }
}

impl<K> Clone for FieldPatch<K> {
    fn clone(&self) -> Self {
        Self { body: self.body.clone(), kind: PhantomData }
    }
}

impl<K> PartialEq for FieldPatch<K> {
    fn eq(&self, other: &Self) -> bool {
        self.body == other.body
    }
}

impl<K> fmt::Debug for FieldPatch<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("FieldPatch").field(&self.body).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::annotations::FORCE_UPGRADE_TO;

    #[test]
    fn a_patch_says_no_more_than_it_was_told() {
        let patch = FieldPatch::<HostedCluster>::new()
            .release_image("quay.io/ocp:4.16.0")
            .annotation(FORCE_UPGRADE_TO, "quay.io/ocp:4.16.0")
            .with_uid("u");
        assert_eq!(
            patch.merge_patch(),
            json!({
                "metadata": { "uid": "u", "annotations": { FORCE_UPGRADE_TO: "quay.io/ocp:4.16.0" } },
                "spec": { "release": { "image": "quay.io/ocp:4.16.0" } },
            })
        );
        let applied = patch.apply_patch("prod").unwrap();
        assert_eq!(applied["apiVersion"], "hypershift.openshift.io/v1beta1");
        assert_eq!(
            (&applied["kind"], &applied["metadata"]["name"]),
            (&json!("HostedCluster"), &json!("prod"))
        );
        assert_eq!(applied["spec"], patch.merge_patch()["spec"]);
    }

    #[test]
    fn a_removal_cannot_be_applied() {
        let patch = FieldPatch::<HostedCluster>::new().without_annotation(FORCE_UPGRADE_TO);
        assert_eq!(
            patch.apply_patch("prod").unwrap_err().to_string(),
            "metadata.annotations[\"hypershift.openshift.io/force-upgrade-to\"]: server-side apply removes only what \
             the same manager has set; send a merge patch"
        );
        let patch = FieldPatch::<NodePool>::new().paused_until(Some("true")).paused_until(None);
        assert_eq!(patch.merge_patch(), json!({ "spec": { "pausedUntil": null } }));
        assert!(patch.apply_patch("pool").is_err());
    }

    #[test]
    fn the_examples_of_rfc_7386_hold() {
        for (target, patch, result) in [
            (json!({"a":"b"}), json!({"a":"c"}), json!({"a":"c"})),
            (json!({"a":"b"}), json!({"b":"c"}), json!({"a":"b","b":"c"})),
            (json!({"a":"b"}), json!({"a":null}), json!({})),
            (json!({"a":"b","b":"c"}), json!({"a":null}), json!({"b":"c"})),
            (json!({"a":["b"]}), json!({"a":"c"}), json!({"a":"c"})),
            (json!({"a":"c"}), json!({"a":["b"]}), json!({"a":["b"]})),
            (json!({"a":{"b":"c"}}), json!({"a":{"b":"d","c":null}}), json!({"a":{"b":"d"}})),
            (json!({"a":[{"b":"c"}]}), json!({"a":[1]}), json!({"a":[1]})),
            (json!(["a", "b"]), json!(["c", "d"]), json!(["c", "d"])),
            (json!({"a":"b"}), json!(["c"]), json!(["c"])),
            (json!({"a":"foo"}), json!(null), json!(null)),
            (json!({"a":"foo"}), json!("bar"), json!("bar")),
            (json!({"e":null}), json!({"a":1}), json!({"e":null,"a":1})),
            (json!([1, 2]), json!({"a":"b","c":null}), json!({"a":"b"})),
            (json!({}), json!({"a":{"bb":{"ccc":null}}}), json!({"a":{"bb":{}}})),
        ] {
            let mut value = target;
            apply_merge_patch(&mut value, &patch);
            assert_eq!(value, result, "{patch}");
        }
    }
}
