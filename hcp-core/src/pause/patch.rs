//! The merge patches that pause and go on, and what forbids them.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::effective::PausedKind;
use super::marker::{MARKER_ANNOTATION, Marker, MarkerError, PauseOwner};
use super::object::Pausable;
use super::paused_until::PausedUntil;
use super::upstream::{self, UpstreamMeaning};

/// A pause that somebody wants.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct PauseRequest {
    /// Who wants it.
    pub owner: PauseOwner,
    /// Until when.
    pub until: PausedUntil,
}

/// What to write in order to pause.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum PausePlan {
    /// Nothing: this owner holds this pause already.
    Held,
    /// This merge patch. Where a pause of somebody else lasts longer, it leaves that alone and adds the marker only.
    Patch(Value),
}

/// What to write in order to go on.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum UnpausePlan {
    /// Nothing: the object bears no marker. If it is paused, somebody else did that, and it stays.
    NotHeld {
        /// What stands in `pausedUntil`.
        foreign: Option<String>,
    },
    /// This merge patch: what was there before, and no marker.
    Restore {
        /// The patch.
        patch: Value,
        /// For where the API server refuses what was there (a CRD of 4.18 or later, a text from before): the same meaning in a text that it admits.
        fallback: Option<Value>,
    },
    /// This merge patch, which takes only the marker away: somebody has changed `pausedUntil` since, and what they wrote stays.
    Release {
        /// The patch.
        patch: Value,
        /// What stands in `pausedUntil`.
        found: Option<String>,
    },
}

/// Why an object is not paused, or not released.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PauseRefusal {
    /// Another owner's marker is there.
    #[error(
        "{object} is paused by {owner} since {since}; let them finish, or release it in their name if they are gone"
    )]
    HeldByOther {
        /// Which object.
        object: String,
        /// Who holds it.
        owner: PauseOwner,
        /// Since when.
        since: Timestamp,
    },
    /// The marker cannot be read, so what to restore is not known.
    #[error("{object}: metadata.annotations")]
    Marker {
        /// Which object.
        object: String,
        /// Why not.
        #[source]
        cause: MarkerError,
    },
    /// The pause would be over before it begins.
    #[error("{object}: a pause until {until} is over at {now}; choose a later time")]
    Over {
        /// Which object.
        object: String,
        /// The end.
        until: Timestamp,
        /// The time.
        now: Timestamp,
    },
    /// The object is a copy: the operator overwrites what others write there.
    #[error("{object} only has the value of its HostedCluster; pause that")]
    Copy {
        /// Which object.
        object: String,
    },
    /// The object is being deleted, and deletion is not paused.
    #[error(
        "{object} is being deleted, which HyperShift does not pause; do not count on it to stay"
    )]
    Deleting {
        /// Which object.
        object: String,
    },
}

impl PauseRequest {
    /// A pause of this owner, until then.
    #[must_use]
    pub const fn new(owner: PauseOwner, until: PausedUntil) -> Self {
        Self { owner, until }
    }
}

/// What to write so that the object is paused as wanted; planned again on what results, it is [`PausePlan::Held`].
///
/// A pause of somebody else is never weakened: where it lasts as long as what is wanted it stays, and the marker says so. The patch names
/// the resource version it was planned for, so that the API server refuses it (409) when the object has changed.
///
/// # Errors
///
/// Another owner holds the object, its marker cannot be read, the end is past, or it is being deleted; or it is a `HostedControlPlane`, which has a copy only.
pub fn plan_pause(
    object: &Pausable,
    request: &PauseRequest,
    now: Timestamp,
) -> Result<PausePlan, PauseRefusal> {
    let describe = || object.describe();
    if object.kind == PausedKind::HostedControlPlane {
        return Err(PauseRefusal::Copy { object: describe() });
    }
    if object.deleting {
        return Err(PauseRefusal::Deleting { object: describe() });
    }
    if let Some(until) = request.until.end().filter(|end| *end <= now) {
        return Err(PauseRefusal::Over { object: describe(), until, now });
    }
    let held = marker_of(object, &request.owner)?;
    let found = object.paused_until.as_deref();
    let original = match &held {
        Some(marker) if marker.expected() == found => marker.original.clone(),
        _ => found.map(str::to_owned),
    };
    let set = match original.as_deref() {
        Some(original) if outlasts(original, request.until) => None,
        _ => Some(request.until.to_string()),
    };
    let since = held.as_ref().map_or(now, |marker| marker.since);
    let marker = Marker { owner: request.owner.clone(), since, set, original };
    if held.as_ref() == Some(&marker) && marker.expected() == found {
        return Ok(PausePlan::Held);
    }
    Ok(PausePlan::Patch(patch(object, Some(&marker), marker.expected())))
}

/// What to write so that the object is as it was before this owner paused it.
///
/// # Errors
///
/// Another owner holds the object, or its marker cannot be read.
pub fn plan_unpause(object: &Pausable, owner: &PauseOwner) -> Result<UnpausePlan, PauseRefusal> {
    let Some(marker) = marker_of(object, owner)? else {
        return Ok(UnpausePlan::NotHeld { foreign: object.paused_until.clone() });
    };
    let found = object.paused_until.as_deref();
    if marker.expected() != found {
        let found = object.paused_until.clone();
        return Ok(UnpausePlan::Release { patch: patch(object, None, found.as_deref()), found });
    }
    let original = marker.original.as_deref();
    let refused = original.filter(|text| !upstream::parse(text).admitted);
    Ok(UnpausePlan::Restore {
        patch: patch(object, None, original),
        fallback: refused.map(|text| patch(object, None, admissible(text).as_deref())),
    })
}

/// The marker, if there is one and it is this owner's.
fn marker_of(object: &Pausable, owner: &PauseOwner) -> Result<Option<Marker>, PauseRefusal> {
    let Some(annotation) = &object.marker else { return Ok(None) };
    let marker = Marker::parse(annotation)
        .map_err(|cause| PauseRefusal::Marker { object: object.describe(), cause })?;
    if marker.owner == *owner {
        return Ok(Some(marker));
    }
    let Marker { owner, since, .. } = marker;
    Err(PauseRefusal::HeldByOther { object: object.describe(), owner, since })
}

/// Whether upstream pauses on this text for at least as long.
fn outlasts(text: &str, until: PausedUntil) -> bool {
    match (upstream::parse(text).meaning, until) {
        (UpstreamMeaning::Paused, _) => true,
        (UpstreamMeaning::Until(end), PausedUntil::Until(until)) => end.compare(until).is_ge(),
        _ => false,
    }
}

/// A text with the same meaning that every CRD admits; none where that is not to pause.
fn admissible(text: &str) -> Option<String> {
    match upstream::parse(text).meaning {
        UpstreamMeaning::Paused => Some(PausedUntil::Indefinite.to_string()),
        UpstreamMeaning::Until(end) => {
            Some(end.timestamp().map_or(PausedUntil::Indefinite, PausedUntil::Until).to_string())
        }
        UpstreamMeaning::Active | UpstreamMeaning::Invalid => None,
    }
}

/// A merge patch to this state, for this version of this object only. What stays as it is is not named.
fn patch(object: &Pausable, marker: Option<&Marker>, paused_until: Option<&str>) -> Value {
    let mut patch = json!({
        "metadata": {
            "annotations": { MARKER_ANNOTATION: marker.map(ToString::to_string) },
        },
    });
    for (key, value) in [("uid", &object.uid), ("resourceVersion", &object.resource_version)] {
        if !value.is_empty() {
            patch["metadata"][key] = value.as_str().into();
        }
    }
    if object.paused_until.as_deref() != paused_until {
        patch["spec"] = json!({ "pausedUntil": paused_until });
    }
    patch
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: &str = "2026-01-01T00:00:00Z";

    fn object(paused_until: Option<&str>, marker: Option<&str>) -> Pausable {
        let object = json!({
            "metadata": {
                "namespace": "clusters", "name": "one", "uid": "u", "resourceVersion": "7",
                "annotations": marker.map(|text| json!({ MARKER_ANNOTATION: text })),
            },
            "spec": { "pausedUntil": paused_until },
        });
        Pausable::from_json(PausedKind::HostedCluster, &object).unwrap()
    }

    fn request(until: &str) -> PauseRequest {
        PauseRequest::new("run-1".parse().unwrap(), until.parse().unwrap())
    }

    fn plan(object: &Pausable, until: &str) -> Result<PausePlan, PauseRefusal> {
        plan_pause(object, &request(until), NOW.parse().unwrap())
    }

    #[test]
    fn a_pause_writes_value_and_marker_for_one_version_of_one_object() {
        let PausePlan::Patch(patch) = plan(&object(None, None), "True").unwrap() else { panic!() };
        assert_eq!(
            patch,
            json!({
                "metadata": {
                    "uid": "u", "resourceVersion": "7",
                    "annotations": { "hcp-core/pause":
                        r#"{"owner":"run-1","since":"2026-01-01T00:00:00Z","set":"true"}"# },
                },
                "spec": { "pausedUntil": "true" },
            })
        );
    }

    #[test]
    fn a_foreign_pause_is_never_weakened() {
        for (foreign, until, written) in [
            ("true", "2026-01-02T00:00:00Z", None),
            ("1", "true", None),
            ("2026-01-03T00:00:00Z", "2026-01-02T00:00:00Z", None),
            ("2026-01-01T12:00:00Z", "2026-01-02T00:00:00Z", Some("2026-01-02T00:00:00Z")),
            ("2025-01-01T00:00:00Z", "true", Some("true")),
            ("nonsense", "true", Some("true")),
            ("false", "true", Some("true")),
        ] {
            let object = object(Some(foreign), None);
            let PausePlan::Patch(patch) = plan(&object, until).unwrap() else { panic!() };
            assert_eq!(patch.pointer("/spec/pausedUntil").and_then(Value::as_str), written);
            let marker = patch["metadata"]["annotations"][MARKER_ANNOTATION].as_str().unwrap();
            assert_eq!(Marker::parse(marker).unwrap().original.as_deref(), Some(foreign));
        }
    }

    #[test]
    fn what_somebody_wrote_meanwhile_stays() {
        let marker = r#"{"owner":"run-1","since":"2026-01-01T00:00:00Z","set":"true"}"#;
        let owner = "run-1".parse().unwrap();
        for found in [None, Some("2027-01-01T00:00:00Z")] {
            let plan = plan_unpause(&object(found, Some(marker)), &owner).unwrap();
            let UnpausePlan::Release { patch, found: named } = plan else { panic!("{plan:?}") };
            assert_eq!(named.as_deref(), found);
            assert!(patch.get("spec").is_none());
            assert!(patch["metadata"]["annotations"][MARKER_ANNOTATION].is_null());
        }
        let plan = plan_unpause(&object(Some("true"), None), &owner).unwrap();
        assert_eq!(plan, UnpausePlan::NotHeld { foreign: Some("true".to_owned()) });
    }

    #[test]
    fn what_newer_crds_refuse_comes_back_with_the_same_meaning() {
        for (original, instead) in [
            ("1", json!("true")),
            ("TRUE", json!("true")),
            ("2026-01-01T1:00:00Z", json!("2026-01-01T01:00:00Z")),
            ("f", Value::Null),
            ("", Value::Null),
        ] {
            let marker = json!({ "owner": "run-1", "since": NOW, "set": "2027-01-01T00:00:00Z", "original": original });
            let object = object(Some("2027-01-01T00:00:00Z"), Some(&marker.to_string()));
            let plan = plan_unpause(&object, &"run-1".parse().unwrap()).unwrap();
            let UnpausePlan::Restore { patch, fallback } = plan else { panic!("{plan:?}") };
            assert_eq!(patch["spec"]["pausedUntil"], original);
            assert_eq!(fallback.unwrap()["spec"]["pausedUntil"], instead, "{original}");
        }
    }

    #[test]
    fn what_cannot_be_paused_safely_is_refused() {
        let other = r#"{"owner":"run-2","since":"2026-01-01T00:00:00Z","set":"true"}"#;
        let held = object(Some("true"), Some(other));
        assert!(matches!(plan(&held, "true"), Err(PauseRefusal::HeldByOther { .. })));
        assert!(plan_unpause(&held, &"run-1".parse().unwrap()).is_err());
        let garbled = object(Some("true"), Some("{"));
        assert!(matches!(plan(&garbled, "true"), Err(PauseRefusal::Marker { .. })));
        assert!(matches!(plan(&object(None, None), NOW), Err(PauseRefusal::Over { .. })));
        let dying = Pausable { deleting: true, ..object(None, None) };
        assert!(matches!(plan(&dying, "true"), Err(PauseRefusal::Deleting { .. })));
        let copy = Pausable { kind: PausedKind::HostedControlPlane, ..object(None, None) };
        assert!(matches!(plan(&copy, "true"), Err(PauseRefusal::Copy { .. })));
    }
}
