//! Objects and lists as a client asks to see them.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use super::kinds::Kind;

/// How the objects of a request are shown.
#[derive(Clone, Debug)]
pub(super) struct Shown {
    api_version: String,
    kind: String,
    metadata_only: bool,
}

/// Where a list that is read in pieces goes on.
pub(super) struct Continue {
    /// The version that the whole list is of.
    pub(super) revision: u64,
    /// The last object that was shown.
    pub(super) after: String,
    /// How many are left, where that is told.
    pub(super) remaining: Option<usize>,
}

impl Shown {
    /// In this version, and only the metadata where the client accepts just that.
    pub(super) fn new(kind: &Kind, version: &str, accept: &str) -> Self {
        Self {
            api_version: kind.api_version_of(version),
            kind: kind.name.clone(),
            metadata_only: accept.contains("as=PartialObjectMetadata"),
        }
    }

    /// One object.
    pub(super) fn object(&self, object: &Value) -> Value {
        if self.metadata_only {
            return json!({
                "kind": "PartialObjectMetadata",
                "apiVersion": "meta.k8s.io/v1",
                "metadata": object["metadata"],
            });
        }
        let mut shown = object.clone();
        shown["apiVersion"] = self.api_version.clone().into();
        shown
    }

    /// A list of objects at a revision.
    pub(super) fn list(
        &self,
        items: &[Arc<Value>],
        revision: u64,
        next: Option<&Continue>,
    ) -> Value {
        let items: Vec<Value> = items.iter().map(|object| self.object(object)).collect();
        let (api_version, kind) = if self.metadata_only {
            ("meta.k8s.io/v1", "PartialObjectMetadataList".to_owned())
        } else {
            (&*self.api_version, format!("{}List", self.kind))
        };
        let mut metadata = json!({ "resourceVersion": revision.to_string() });
        if let Some(next) = next {
            metadata["continue"] = next.token().into();
            if let Some(remaining) = next.remaining {
                metadata["remainingItemCount"] = remaining.into();
            }
        }
        json!({ "kind": kind, "apiVersion": api_version, "metadata": metadata, "items": items })
    }

    /// The object of a bookmark.
    pub(super) fn bookmark(&self, revision: u64, ends_initial_events: bool) -> Value {
        let mut metadata = json!({ "resourceVersion": revision.to_string() });
        if ends_initial_events {
            metadata["annotations"] = json!({ "k8s.io/initial-events-end": "true" });
        }
        let (api_version, kind) = if self.metadata_only {
            ("meta.k8s.io/v1", "PartialObjectMetadata")
        } else {
            (&*self.api_version, &*self.kind)
        };
        json!({ "kind": kind, "apiVersion": api_version, "metadata": metadata })
    }
}

impl Continue {
    /// Reads a token.
    pub(super) fn read(token: &str) -> Option<Self> {
        let bytes = URL_SAFE_NO_PAD.decode(token).ok()?;
        let fields: Value = serde_json::from_slice(&bytes).ok()?;
        let (revision, after) = (fields["rv"].as_u64()?, fields["start"].as_str()?.to_owned());
        Some(Self { revision, after, remaining: None })
    }

    fn token(&self) -> String {
        let fields = json!({ "v": "meta.k8s.io/v1", "rv": self.revision, "start": self.after });
        URL_SAFE_NO_PAD.encode(fields.to_string())
    }
}
