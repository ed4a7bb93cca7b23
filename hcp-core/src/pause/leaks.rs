//! Pauses that outlived whoever needed them, or are about to end under them.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::fmt;

use jiff::{SignedDuration, Timestamp};

use super::marker::{MARKER_ANNOTATION, Marker, PauseOwner};
use super::object::{ObjectFinding, Pausable};
use super::upstream::{self, UpstreamMeaning};
use crate::finding::{Finding, Rule};
use crate::path::JsonPath;

/// When a pause counts as leaked.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct LeakPolicy {
    /// The longest that an owner may hold one; 24 hours unless set. Certificates of a paused control plane are not renewed.
    pub max_age: SignedDuration,
    /// How long before its end a timed pause is reported; 15 minutes unless set.
    pub margin: SignedDuration,
    /// The owners that still run, if that is known: a marker of any other is a leak.
    pub live_owners: Option<BTreeSet<PauseOwner>>,
}

/// What is wrong with a pause.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum PauseLeak {
    /// Its owner does not run any more.
    OwnerGone {
        /// Whose it was.
        owner: PauseOwner,
        /// Since when.
        since: Timestamp,
    },
    /// It is held for too long.
    TooOld {
        /// Whose it is.
        owner: PauseOwner,
        /// For how long.
        age: SignedDuration,
        /// How long is allowed.
        max_age: SignedDuration,
    },
    /// It ends by itself, soon.
    EndsSoon {
        /// When.
        end: Timestamp,
        /// In how long.
        left: SignedDuration,
    },
    /// It has ended by itself, and the marker is still there.
    Ended {
        /// Whose it was.
        owner: PauseOwner,
    },
    /// Somebody changed `pausedUntil` under its owner.
    Changed {
        /// Whose it was.
        owner: PauseOwner,
        /// What stands there now.
        found: Option<String>,
    },
    /// Somebody wrote what means nothing, and believes to have paused.
    Invalid {
        /// The text.
        text: String,
    },
    /// A pause that nobody has signed with a marker.
    Unsigned {
        /// Who did it, if the OADP plug-in did.
        by: Option<String>,
    },
    /// The marker cannot be read.
    Unreadable {
        /// Why not.
        cause: String,
    },
}

impl Default for LeakPolicy {
    fn default() -> Self {
        Self {
            max_age: SignedDuration::from_hours(24),
            margin: SignedDuration::from_mins(15),
            live_owners: None,
        }
    }
}

impl LeakPolicy {
    /// With this age allowed.
    #[must_use]
    pub const fn with_max_age(mut self, max_age: SignedDuration) -> Self {
        self.max_age = max_age;
        self
    }

    /// With ends reported this early.
    #[must_use]
    pub const fn with_margin(mut self, margin: SignedDuration) -> Self {
        self.margin = margin;
        self
    }

    /// With only these owners alive.
    #[must_use]
    pub fn with_live_owners(mut self, owners: impl IntoIterator<Item = PauseOwner>) -> Self {
        self.live_owners = Some(owners.into_iter().collect());
        self
    }
}

/// What is wrong with the pauses of these objects at `now`, in their order.
#[must_use]
pub fn leaks<'a>(
    objects: impl IntoIterator<Item = &'a Pausable>,
    policy: &LeakPolicy,
    now: Timestamp,
) -> Vec<ObjectFinding<PauseLeak>> {
    let of = |object: &Pausable| {
        let found = leaks_of(object, policy, now);
        found
            .into_iter()
            .map(|finding| ObjectFinding { object: object.describe(), finding })
            .collect::<Vec<_>>()
    };
    objects.into_iter().flat_map(of).collect()
}

fn leaks_of(object: &Pausable, policy: &LeakPolicy, now: Timestamp) -> Vec<Finding<PauseLeak>> {
    let value = JsonPath::fields("spec.pausedUntil");
    let annotation = JsonPath::fields("metadata.annotations").key(MARKER_ANNOTATION);
    let mut found = Vec::new();
    let meaning = object.paused_until.as_deref().map(|text| upstream::parse(text).meaning);
    let paused = meaning.is_some_and(|meaning| meaning.pauses_at(now));
    match (meaning, &object.paused_until) {
        (Some(UpstreamMeaning::Invalid), Some(text)) => {
            let text = text.chars().take(64).collect();
            found.push(Finding::refusal(value.clone(), PauseLeak::Invalid { text }));
        }
        (Some(UpstreamMeaning::Until(end)), _) if paused => {
            let end = end.timestamp().unwrap_or(Timestamp::MAX);
            let left = end.duration_since(now);
            if left <= policy.margin {
                found.push(Finding::warning(value.clone(), PauseLeak::EndsSoon { end, left }));
            }
        }
        _ => {}
    }
    match object.marker.as_deref().map(Marker::parse) {
        Some(Ok(marker)) => {
            let rule = leak_of_marker(object, marker, policy, paused, now);
            found.extend(rule.map(|rule| Finding::refusal(annotation, rule)));
        }
        Some(Err(error)) => {
            let cause = error.cause.to_string();
            found.push(Finding::refusal(annotation, PauseLeak::Unreadable { cause }));
        }
        None if paused => {
            let by = object.paused_by_oadp.clone();
            found.push(Finding::notice(value, PauseLeak::Unsigned { by }));
        }
        None => {}
    }
    found
}

/// The worst that is wrong with a marker.
fn leak_of_marker(
    object: &Pausable,
    marker: Marker,
    policy: &LeakPolicy,
    paused: bool,
    now: Timestamp,
) -> Option<PauseLeak> {
    let changed = marker.expected() != object.paused_until.as_deref();
    let Marker { owner, since, .. } = marker;
    let age = now.duration_since(since);
    if policy.live_owners.as_ref().is_some_and(|live| !live.contains(&owner)) {
        Some(PauseLeak::OwnerGone { owner, since })
    } else if changed {
        Some(PauseLeak::Changed { owner, found: object.paused_until.clone() })
    } else if !paused {
        Some(PauseLeak::Ended { owner })
    } else if age > policy.max_age {
        Some(PauseLeak::TooOld { owner, age, max_age: policy.max_age })
    } else {
        None
    }
}

impl Rule for PauseLeak {
    fn id(&self) -> &'static str {
        match self {
            Self::OwnerGone { .. } => "pause-owner-gone",
            Self::TooOld { .. } => "pause-too-old",
            Self::EndsSoon { .. } => "pause-ends-soon",
            Self::Ended { .. } => "pause-ended",
            Self::Changed { .. } => "pause-changed",
            Self::Invalid { .. } => "pause-invalid",
            Self::Unsigned { .. } => "pause-unsigned",
            Self::Unreadable { .. } => "pause-marker-unreadable",
        }
    }

    fn remedy(&self) -> Cow<'static, str> {
        match self {
            Self::OwnerGone { owner, .. } | Self::Ended { owner } => {
                format!("unpause it in the name of {owner}").into()
            }
            Self::TooOld { owner, .. } => {
                format!("ask {owner}, or unpause it in their name if they are gone").into()
            }
            Self::EndsSoon { .. } => "pause until later, or finish before that".into(),
            Self::Changed { owner, .. } => format!(
                "find out who changed it; unpausing in the name of {owner} removes the marker only"
            )
            .into(),
            Self::Invalid { .. } => {
                "write true or a time with its zone, or remove the field".into()
            }
            Self::Unsigned { by: None } => {
                "find out who paused it, and whether they still need it".into()
            }
            Self::Unsigned { by: Some(by) } => {
                format!("look whether the backup of {by} still runs").into()
            }
            Self::Unreadable { .. } => {
                "read the annotation, then remove it and pausedUntil by hand".into()
            }
        }
    }
}

impl fmt::Display for PauseLeak {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::OwnerGone { owner, since } => {
                write!(f, "{owner}, which paused it at {since}, does not run any more")
            }
            Self::TooOld { owner, age, max_age } => {
                write!(f, "{owner} has paused it for {age:#}, {max_age:#} are allowed")
            }
            Self::EndsSoon { end, left } => {
                write!(f, "the pause ends by itself in {left:#}, at {end}")
            }
            Self::Ended { owner } => {
                write!(f, "the pause of {owner} is over, its marker is still there")
            }
            Self::Changed { owner, found: Some(found) } => {
                write!(f, "{owner} paused it, and somebody has written {found:?} since")
            }
            Self::Changed { owner, found: None } => {
                write!(f, "{owner} paused it, and somebody has removed that since")
            }
            Self::Invalid { text } => write!(f, "{text:?} means nothing, so nothing is paused"),
            Self::Unsigned { by: Some(by) } => write!(f, "paused by {by}"),
            Self::Unsigned { by: None } => f.write_str("paused, and nobody says who did it"),
            Self::Unreadable { cause } => {
                write!(f, "the marker of the pause cannot be read: {cause}")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::effective::PausedKind;
    use super::*;
    use serde_json::json;

    const NOW: &str = "2026-01-02T00:00:00Z";

    fn ids(paused_until: &str, marker: Option<&str>, policy: &LeakPolicy) -> Vec<&'static str> {
        let object = json!({
            "metadata": { "namespace": "clusters", "name": "one", "annotations": { MARKER_ANNOTATION: marker } },
            "spec": { "pausedUntil": (!paused_until.is_empty()).then_some(paused_until) },
        });
        let object = Pausable::from_json(PausedKind::NodePool, &object).unwrap();
        let leaks = leaks([&object], policy, NOW.parse().unwrap());
        leaks.iter().map(|leak| leak.finding.rule.id()).collect()
    }

    #[test]
    fn each_leak_has_its_name() {
        let policy = LeakPolicy::default();
        let fresh = r#"{"owner":"a","since":"2026-01-01T12:00:00Z","set":"true"}"#;
        let old = r#"{"owner":"a","since":"2025-12-31T00:00:00Z","set":"true"}"#;
        let timed = r#"{"owner":"a","since":"2026-01-01T12:00:00Z","set":"2026-01-02T00:10:00Z"}"#;
        let none: [&str; 0] = [];
        assert_eq!(ids("true", Some(fresh), &policy), none);
        assert_eq!(ids("", None, &policy), none);
        assert_eq!(ids("true", Some(old), &policy), ["pause-too-old"]);
        assert_eq!(ids("2026-01-02T00:10:00Z", Some(timed), &policy), ["pause-ends-soon"]);
        assert_eq!(ids("", Some(fresh), &policy), ["pause-changed"]);
        assert_eq!(ids("true", None, &policy), ["pause-unsigned"]);
        assert_eq!(ids("2026-02-02T00:10:00", None, &policy), ["pause-invalid"]);
        assert_eq!(ids("true", Some("x"), &policy), ["pause-marker-unreadable"]);
        let ended = timed.replace("02T00:10", "01T23:59");
        assert_eq!(ids("2026-01-01T23:59:00Z", Some(&ended), &policy), ["pause-ended"]);
        let dead = policy.with_live_owners(["b".parse().unwrap()]);
        assert_eq!(ids("true", Some(fresh), &dead), ["pause-owner-gone"]);
    }
}
