//! What pausing needs to know of an object.

use std::fmt;

use serde::Serialize;
use serde_json::Value;

use super::effective::PausedKind;
use super::marker::MARKER_ANNOTATION;
use super::shape::{Shape, ShapeError};
use crate::finding::{Finding, Rule};

/// The annotation by which `HyperShift`'s OADP recovery knows its own pauses.
pub(super) const OADP_PAUSED_BY: &str = "oadp.openshift.io/paused-by";

/// A `HostedCluster`, its `HostedControlPlane` or a `NodePool`, as far as pausing goes.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Pausable {
    /// Which of them.
    pub kind: PausedKind,
    /// `metadata.namespace`.
    pub namespace: String,
    /// `metadata.name`.
    pub name: String,
    /// `metadata.uid`; empty for an object that was never in a cluster.
    pub uid: String,
    /// `metadata.resourceVersion`; empty for an object that was never in a cluster.
    pub resource_version: String,
    /// `metadata.generation`; 0 for an object that was never in a cluster.
    pub generation: i64,
    /// Whether it is being deleted, which no pause stops.
    pub deleting: bool,
    /// `spec.pausedUntil`.
    pub paused_until: Option<String>,
    /// The annotation of a [`Marker`](super::Marker), unread.
    pub marker: Option<String>,
    /// Who paused it, by an annotation of the OADP plug-in.
    pub paused_by_oadp: Option<String>,
}

/// A finding with the object that it is about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(bound = "Finding<R>: Serialize")]
#[non_exhaustive]
pub struct ObjectFinding<R> {
    /// Kind, namespace and name.
    pub object: String,
    /// What is wrong with it, and where in it.
    pub finding: Finding<R>,
}

impl<R: Rule> fmt::Display for ObjectFinding<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.object, self.finding)
    }
}

impl Pausable {
    /// Reads an object.
    ///
    /// # Errors
    ///
    /// A value of another type than its field has.
    pub fn from_json(kind: PausedKind, object: &Value) -> Result<Self, ShapeError> {
        let shape = Shape::new(object, kind.name());
        let metadata =
            |key| shape.text(&["metadata", key]).map(|text| text.unwrap_or_default().to_owned());
        let annotation =
            |key| shape.text(&["metadata", "annotations", key]).map(|text| text.map(str::to_owned));
        Ok(Self {
            kind,
            namespace: metadata("namespace")?,
            name: shape.required(&["metadata", "name"])?.to_owned(),
            uid: metadata("uid")?,
            resource_version: metadata("resourceVersion")?,
            generation: shape.integer(&["metadata", "generation"])?.unwrap_or(0),
            deleting: shape.text(&["metadata", "deletionTimestamp"])?.is_some(),
            paused_until: shape.text(&["spec", "pausedUntil"])?.map(str::to_owned),
            marker: annotation(MARKER_ANNOTATION)?,
            paused_by_oadp: annotation(OADP_PAUSED_BY)?,
        })
    }

    /// Its kind, namespace and name.
    #[must_use]
    pub fn describe(&self) -> String {
        format!("{} {}/{}", self.kind.name(), self.namespace, self.name)
    }
}
