//! Whether the SR-IOV operator of a hosted cluster is ready.

use std::fmt;

use serde::Deserialize;

use super::sriov::SRIOV_PACKAGE;

/// What was read of the operator's namespace.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct SriovObserved {
    /// The `ClusterServiceVersion`s of the namespace; those of other operators, which are copied there, may be among them.
    pub versions: Vec<CsvState>,
    /// The pods of the namespace.
    pub pods: Vec<PodState>,
}

/// A `ClusterServiceVersion`, as far as it matters.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct CsvState {
    /// Its name, as in `sriov-network-operator.4.15.0-202211021237`.
    pub name: String,
    /// The name of the one that it replaces.
    pub replaces: Option<String>,
    /// `status.phase`: `Succeeded`, `Installing`, `Failed`…; empty if there is no status yet.
    pub phase: String,
    /// `status.message`.
    pub message: String,
}

/// A pod, as far as it matters.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct PodState {
    /// Its name.
    pub name: String,
    /// `status.phase`.
    pub phase: String,
    /// Whether the condition `Ready` is true.
    pub ready: bool,
    /// Why it is not, in a word or a sentence.
    pub reason: String,
}

/// Whether the operator is ready.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SriovReadiness {
    /// It is, in this version.
    Ready {
        /// The name of the `ClusterServiceVersion`.
        version: String,
    },
    /// It is not, or not yet.
    NotReady {
        /// All that is missing.
        missing: Vec<SriovMissing>,
    },
}

/// What is missing.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SriovMissing {
    /// There is no `ClusterServiceVersion` of the operator.
    Version,
    /// It is not in the phase `Succeeded`.
    Phase {
        /// Its name.
        version: String,
        /// Its phase.
        phase: String,
        /// What the Operator Lifecycle Manager says.
        message: String,
    },
    /// There is no pod of the operator.
    OperatorPod,
    /// A pod that is not ready.
    Pod {
        /// Its name.
        name: String,
        /// Its phase.
        phase: String,
        /// Why.
        reason: String,
    },
}

/// Says whether the SR-IOV operator is ready: the newest of its versions is in the phase `Succeeded`, its own pod is there, and every pod that has not
/// ended is ready.
///
/// The documentation lists versions and pods, and leaves the verdict to the reader. During an update two versions are there; the one that replaces the
/// other counts.
///
/// Sources: the product documentation, chapter 4.3; phases of the Operator Lifecycle Manager.
#[must_use]
pub fn sriov_readiness(observed: &SriovObserved) -> SriovReadiness {
    let prefix = format!("{SRIOV_PACKAGE}.");
    let own: Vec<_> =
        observed.versions.iter().filter(|version| version.name.starts_with(&prefix)).collect();
    let replaced = |name: &str| {
        own.iter().any(|other| other.replaces.as_deref() == Some(name) && other.name != name)
    };
    let newest: Vec<_> = own.iter().filter(|version| !replaced(&version.name)).collect();

    let mut missing = Vec::new();
    if newest.is_empty() {
        missing.push(SriovMissing::Version);
    }
    for version in newest.iter().filter(|version| version.phase != "Succeeded") {
        missing.push(SriovMissing::Phase {
            version: version.name.clone(),
            phase: version.phase.clone(),
            message: version.message.clone(),
        });
    }
    let running: Vec<_> = observed.pods.iter().filter(|pod| pod.phase != "Succeeded").collect();
    if !running.iter().any(|pod| pod.name.starts_with(SRIOV_PACKAGE)) {
        missing.push(SriovMissing::OperatorPod);
    }
    for pod in running.into_iter().filter(|pod| !pod.ready) {
        missing.push(SriovMissing::Pod {
            name: pod.name.clone(),
            phase: pod.phase.clone(),
            reason: pod.reason.clone(),
        });
    }
    match newest.first() {
        Some(version) if missing.is_empty() => {
            SriovReadiness::Ready { version: version.name.clone() }
        }
        _ => SriovReadiness::NotReady { missing },
    }
}

impl fmt::Display for SriovMissing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let because = |f: &mut fmt::Formatter<'_>, reason: &str| {
            if reason.is_empty() { Ok(()) } else { write!(f, ": {reason}") }
        };
        match self {
            Self::Version => f.write_str(
                "no version of the operator is installed; look at the Subscription's conditions",
            ),
            Self::Phase { version, phase, message } => {
                let phase = if phase.is_empty() { "without a phase" } else { phase };
                write!(f, "{version} is {phase} and not Succeeded")?;
                because(f, message)
            }
            Self::OperatorPod => {
                f.write_str("the operator has no pod; look at the nodeSelector of the Subscription")
            }
            Self::Pod { name, phase, reason } => {
                write!(f, "pod {name} is {phase} and not ready")?;
                because(f, reason)
            }
        }
    }
}

impl CsvState {
    /// Reads a `ClusterServiceVersion`, as the API server gives it in JSON.
    ///
    /// # Errors
    ///
    /// An object without a name, or whose fields have other types.
    pub fn from_json(value: &serde_json::Value) -> Result<Self, serde_json::Error> {
        let object = Csv::deserialize(value)?;
        let status = object.status.unwrap_or_default();
        Ok(Self {
            name: object.metadata.name,
            replaces: object.spec.and_then(|spec| spec.replaces).filter(|name| !name.is_empty()),
            phase: status.phase,
            message: status.message,
        })
    }
}

#[cfg(feature = "api")]
impl From<&k8s_openapi::api::core::v1::Pod> for PodState {
    fn from(pod: &k8s_openapi::api::core::v1::Pod) -> Self {
        let status = pod.status.as_ref();
        let conditions = status.and_then(|status| status.conditions.as_deref()).unwrap_or_default();
        let waiting = status
            .and_then(|status| status.container_statuses.as_deref())
            .unwrap_or_default()
            .iter()
            .find_map(|container| container.state.as_ref()?.waiting.as_ref()?.reason.clone());
        let condition = |kind: &str| conditions.iter().find(|condition| condition.type_ == kind);
        let unscheduled = condition("PodScheduled")
            .filter(|condition| condition.status == "False")
            .and_then(|condition| condition.message.clone());
        Self {
            name: pod.metadata.name.clone().unwrap_or_default(),
            phase: status.and_then(|status| status.phase.clone()).unwrap_or_default(),
            ready: condition("Ready").is_some_and(|condition| condition.status == "True"),
            reason: unscheduled.or(waiting).unwrap_or_default(),
        }
    }
}

#[derive(Deserialize)]
struct Csv {
    metadata: CsvName,
    spec: Option<CsvSpec>,
    status: Option<CsvStatus>,
}

#[derive(Deserialize)]
struct CsvName {
    name: String,
}

#[derive(Deserialize)]
struct CsvSpec {
    replaces: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct CsvStatus {
    phase: String,
    message: String,
}
