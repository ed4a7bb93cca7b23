//! Which release a cluster runs, or shall run.

use schemars::{JsonSchema, Schema};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::schema::{NULLABLE, cel};
use super::values::Nullable;
use crate::{Other, Time};

/// The release payload that is asked for: `spec.release`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Release {
    /// The pull spec of the release image.
    #[schemars(
        length(min = 1, max = 253),
        extend("x-kubernetes-validations" = cel(&[(
            r"self.matches('^\\w\\S+$')",
            "a release image starts with a letter, a digit or _, and has no blanks",
        )]))
    )]
    pub image: String,
    /// What this version does not model.
    #[serde(flatten)]
    pub other: Other,
}

string_enum! {
    /// How far an update has come.
    pub enum UpdateState {
        /// It is rolled out as a whole.
        Completed = "Completed",
        /// It is not, or not yet.
        Partial = "Partial",
    }
}

/// A release as a cluster reports it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct ReportedRelease {
    /// Its version; may be empty while it is not known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// The pull spec of its image.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub image: Option<String>,
    /// What this version does not model.
    #[serde(flatten)]
    pub other: Other,
}

/// One entry of the history of releases.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(extend("required" = ["completionTime", "image", "startedTime", "state", "verified"]))]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct UpdateHistory {
    /// How far it has come.
    pub state: UpdateState,
    /// When it began.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub started_time: Option<Time>,
    /// When it was complete, or when another took its place; `null` while it goes on.
    #[serde(default, skip_serializing_if = "Nullable::is_absent")]
    pub completion_time: Nullable<Time>,
    /// Its version; empty while it is not known: HyperShift writes such an entry before the cluster reports one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// The pull spec of its image.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub image: Option<String>,
    /// Whether the signature of the release was verified before.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub verified: Option<bool>,
    /// What this version does not model.
    #[serde(flatten)]
    pub other: Other,
}

/// `status.version`: the `ClusterVersion` of the hosted cluster, or what HyperShift puts there before it can read one.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(extend("required" = ["availableUpdates", "desired", "observedGeneration"]))]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct ClusterVersionStatus {
    /// The release that the cluster goes to, or is at.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(required)]
    pub desired: Option<ReportedRelease>,
    /// What ran before, newest first.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub history: Option<Vec<UpdateHistory>>,
    /// The generation of the `ClusterVersion` that this was computed for.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(required)]
    pub observed_generation: Option<i64>,
    /// Updates that are recommended; `null` where there are none.
    #[serde(default, skip_serializing_if = "Nullable::is_absent")]
    #[schemars(length(max = 100))]
    pub available_updates: Nullable<Vec<ReportedRelease>>,
    /// What this version does not model.
    #[serde(flatten)]
    pub other: Other,
}

/// `status.controlPlaneVersion`: the rollout of what runs in the management cluster, without the nodes (HyperShift 4.20 and newer).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct ControlPlaneVersionStatus {
    /// The release that the control plane goes to, or is at.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(required)]
    pub desired: Option<ReportedRelease>,
    /// What ran before, newest first.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 100), transform = control_plane_history)]
    pub history: Option<Vec<UpdateHistory>>,
    /// The generation of the `HostedControlPlane` that this was computed for.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(required, range(min = 0))]
    pub observed_generation: Option<i64>,
    /// What this version does not model.
    #[serde(flatten)]
    pub other: Other,
}

/// What `HyperShift` requires of an entry of a control plane's history differs from what OpenShift requires of a cluster's.
fn control_plane_history(schema: &mut Schema) {
    let Some(Value::Object(entry)) = schema.get_mut("items") else { return };
    entry.insert("required".to_owned(), json!(["image", "startedTime", "state", "version"]));
    let Some(Value::Object(fields)) = entry.get_mut("properties") else { return };
    if let Some(Value::Object(field)) = fields.get_mut("completionTime") {
        field.remove(NULLABLE);
    }
    for (name, length) in [("image", 255), ("version", 64)] {
        if let Some(Value::Object(field)) = fields.get_mut(name) {
            field.insert("minLength".to_owned(), 1.into());
            field.insert("maxLength".to_owned(), length.into());
        }
    }
}

impl Release {
    /// The release of this image.
    #[must_use]
    pub fn new(image: impl Into<String>) -> Self {
        Self { image: image.into(), other: Other::new() }
    }
}

impl UpdateHistory {
    /// An entry without times.
    #[must_use]
    pub fn new(state: UpdateState, version: impl Into<String>, image: impl Into<String>) -> Self {
        Self {
            state,
            started_time: None,
            completion_time: Nullable::Absent,
            version: Some(version.into()),
            image: Some(image.into()),
            verified: None,
            other: Other::new(),
        }
    }

    /// Its version; empty while it is not known.
    #[must_use]
    pub fn version(&self) -> &str {
        self.version.as_deref().unwrap_or_default()
    }

    /// The pull spec of its image; empty while it is not known.
    #[must_use]
    pub fn image(&self) -> &str {
        self.image.as_deref().unwrap_or_default()
    }

    /// Whether it is rolled out as a whole.
    #[must_use]
    pub fn is_completed(&self) -> bool {
        self.state == UpdateState::Completed
    }
}

impl ClusterVersionStatus {
    /// What ran before, newest first.
    #[must_use]
    pub fn history(&self) -> &[UpdateHistory] {
        self.history.as_deref().unwrap_or_default()
    }
}

impl ControlPlaneVersionStatus {
    /// What ran before, newest first.
    #[must_use]
    pub fn history(&self) -> &[UpdateHistory] {
        self.history.as_deref().unwrap_or_default()
    }
}
