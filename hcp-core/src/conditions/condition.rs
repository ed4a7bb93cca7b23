//! The condition structs of the API.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::view::{ConditionStatus, ConditionView};
use crate::{Other, Time};

/// A condition of a `HostedCluster` or a `HostedControlPlane`: Kubernetes' `metav1.Condition`.
///
/// The API requires `reason`, `message` and `lastTransitionTime`; they are optional here so that excerpts of an object can be read too.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "api", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Condition {
    /// What it is about, for example `Available`.
    #[serde(rename = "type")]
    #[cfg_attr(feature = "api", schemars(length(max = 316), pattern(TYPE_PATTERN)))]
    pub kind: String,
    /// Whether it holds.
    pub status: ConditionStatus,
    /// The `metadata.generation` that it was computed for.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "api", schemars(range(min = 0)))]
    pub observed_generation: Option<i64>,
    /// When the status last changed.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "api", schemars(required))]
    pub last_transition_time: Option<Time>,
    /// One word for why.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(
        feature = "api",
        schemars(required, length(min = 1, max = 1024), pattern(REASON_PATTERN))
    )]
    pub reason: Option<String>,
    /// A sentence for people.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "api", schemars(required, length(max = 32768)))]
    pub message: Option<String>,
    /// What this version does not model.
    #[serde(flatten)]
    pub other: Other,
}

/// A condition of a `NodePool`: its own struct, because the reasons that Cluster API hands up break `metav1.Condition`'s pattern.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "api", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct NodePoolCondition {
    /// What it is about, for example `AllNodesHealthy`.
    #[serde(rename = "type")]
    #[cfg_attr(feature = "api", schemars(length(max = 316)))]
    pub kind: String,
    /// Whether it holds.
    pub status: ConditionStatus,
    /// How bad a `False` is; set only then.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "api", schemars(length(max = 1024)))]
    pub severity: Option<String>,
    /// The `metadata.generation` that it was computed for.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "api", schemars(range(min = 0)))]
    pub observed_generation: Option<i64>,
    /// When the status last changed.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "api", schemars(required))]
    pub last_transition_time: Option<Time>,
    /// Why; may be several words joined by commas.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "api", schemars(length(max = 1024)))]
    pub reason: Option<String>,
    /// A sentence for people.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "api", schemars(length(max = 32768)))]
    pub message: Option<String>,
    /// What this version does not model.
    #[serde(flatten)]
    pub other: Other,
}

/// `metav1.Condition`'s pattern of a type: a word, or a DNS name, `/` and a word.
#[cfg(feature = "api")]
const TYPE_PATTERN: &str = r"^([a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*/)?(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])$";

/// `metav1.Condition`'s pattern of a reason.
#[cfg(feature = "api")]
const REASON_PATTERN: &str = r"^[A-Za-z]([A-Za-z0-9_,:]*[A-Za-z0-9_])?$";

macro_rules! condition_view {
    ($name:ident { $($extra:ident),* }) => {
        impl $name {
            /// A condition without a reason, a message and times.
            #[must_use]
            pub fn new(kind: impl Into<String>, status: ConditionStatus) -> Self {
                Self {
                    kind: kind.into(),
                    status,
                    $($extra: None,)*
                    observed_generation: None,
                    last_transition_time: None,
                    reason: None,
                    message: None,
                    other: Other::new(),
                }
            }

            /// The same with a reason.
            #[must_use]
            pub fn with_reason(mut self, reason: impl Into<String>) -> Self {
                self.reason = Some(reason.into());
                self
            }

            /// The same with a message.
            #[must_use]
            pub fn with_message(mut self, message: impl Into<String>) -> Self {
                self.message = Some(message.into());
                self
            }

            /// The same, computed for this `metadata.generation`.
            #[must_use]
            pub const fn with_observed_generation(mut self, generation: i64) -> Self {
                self.observed_generation = Some(generation);
                self
            }

            /// The same, with the time of the last change of its status.
            #[must_use]
            pub fn with_last_transition_time(mut self, at: Timestamp) -> Self {
                self.last_transition_time = Some(at.into());
                self
            }
        }

        impl ConditionView for $name {
            fn kind(&self) -> &str {
                &self.kind
            }

            fn status(&self) -> ConditionStatus {
                self.status
            }

            fn reason(&self) -> &str {
                self.reason.as_deref().unwrap_or_default()
            }

            fn message(&self) -> &str {
                self.message.as_deref().unwrap_or_default()
            }

            fn observed_generation(&self) -> Option<i64> {
                self.observed_generation
            }

            fn last_transition_time(&self) -> Option<Timestamp> {
                self.last_transition_time.as_ref().map(Time::timestamp)
            }
        }
    };
}

condition_view!(Condition {});
condition_view!(NodePoolCondition { severity });

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn same<C: Serialize + for<'de> Deserialize<'de>>(value: &Value) -> C {
        let condition: C = serde_json::from_value(value.clone()).unwrap();
        assert_eq!(&serde_json::to_value(&condition).unwrap(), value);
        condition
    }

    #[test]
    fn a_condition_is_written_back_as_it_was_read() {
        let value = json!({
            "type": "Available", "status": "True", "reason": "AsExpected", "message": "",
            "lastTransitionTime": "2024-05-20T15:00:40Z", "observedGeneration": 3, "new": [null],
        });
        let condition: Condition = same(&value);
        assert_eq!((condition.reason(), condition.message()), ("AsExpected", ""));
        assert_eq!(condition.last_transition_time(), "2024-05-20T15:00:40Z".parse().ok());

        let value = json!({ "type": "Ready", "status": "False", "severity": "Error",
            "lastTransitionTime": "2024-05-20T15:00:40Z", "reason": "Failed @ once" });
        assert_eq!(same::<NodePoolCondition>(&value).reason(), "Failed @ once");
    }

    #[test]
    fn a_status_that_does_not_exist_is_an_error() {
        let value = json!({ "type": "Available", "status": "true" });
        let error = serde_json::from_value::<Condition>(value).unwrap_err().to_string();
        assert!(error.contains("unknown variant `true`"), "{error}");
    }
}
