//! What is missing to the proof of a pause, and what the proof does not cover.

use std::borrow::Cow;
use std::fmt;

use jiff::{SignedDuration, Timestamp};

use crate::finding::Rule;

/// What is missing, at one object.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum PauseGap {
    /// The object is not there.
    Missing,
    /// It was deleted, and another one made in its place.
    Replaced {
        /// The UID that was expected.
        expected: String,
        /// The UID that is there.
        found: String,
    },
    /// It is being deleted, and deletion is not paused.
    Deleting,
    /// What was read is older than what was written.
    Stale {
        /// `metadata.generation` as it was read.
        generation: i64,
        /// What the write made it.
        at_least: i64,
    },
    /// It does not ask for a pause.
    NotPaused {
        /// What stands there.
        found: Option<String>,
    },
    /// It asks for a pause in a way that `HyperShift` does not understand, and goes on.
    Meaningless {
        /// What stands there.
        found: String,
    },
    /// The pause is too short.
    EndsTooSoon {
        /// When it ends by itself.
        end: Timestamp,
        /// How much is left.
        left: SignedDuration,
        /// How much is needed.
        needed: SignedDuration,
    },
    /// The control plane does not have the value of the hosted cluster yet.
    NotCopied {
        /// The hosted cluster's.
        expected: Option<String>,
        /// The control plane's.
        found: Option<String>,
    },
    /// Its controller has not said anything about reconciliation.
    NotReported,
    /// What its controller says is about an older version of it.
    NotObserved {
        /// The generation that the controller has seen.
        observed: Option<i64>,
        /// The generation now.
        generation: i64,
        /// The condition that keeps a node pool's controller from getting that far.
        blocked_by: Option<String>,
    },
    /// Its controller says that it goes on.
    StillActive {
        /// Status and reason.
        says: String,
    },
    /// `spec.paused` of the `Cluster` is not true, so machines are still made and deleted.
    ClusterActive,
    /// Cluster API still works on the machines of a node pool.
    MachinesActive {
        /// Which node pool.
        node_pool: String,
    },
}

/// What goes on during a proven pause.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum PauseWarning {
    /// The operator's version does not pause the `Cluster`: machine sets still replace machines.
    ClusterNotPaused,
    /// The machine health check of the pool still deletes machines, at the latest when the `Cluster` is not paused.
    AutoRepair {
        /// Whether the `Cluster` is paused, which holds health checks up as long as nobody changes that.
        cluster_paused: bool,
    },
    /// The pause ends by itself.
    Ends {
        /// When.
        end: Timestamp,
    },
}

impl Rule for PauseGap {
    fn id(&self) -> &'static str {
        match self {
            Self::Missing => "pause-object-missing",
            Self::Replaced { .. } => "pause-object-replaced",
            Self::Deleting => "pause-object-deleting",
            Self::Stale { .. } => "pause-stale-read",
            Self::NotPaused { .. } => "pause-not-set",
            Self::Meaningless { .. } => "pause-meaningless",
            Self::EndsTooSoon { .. } => "pause-ends-too-soon",
            Self::NotCopied { .. } => "pause-not-copied",
            Self::NotReported => "pause-not-reported",
            Self::NotObserved { .. } => "pause-not-observed",
            Self::StillActive { .. } => "pause-still-active",
            Self::ClusterActive => "pause-cluster-active",
            Self::MachinesActive { .. } => "pause-machines-active",
        }
    }

    fn remedy(&self) -> Cow<'static, str> {
        match self {
            Self::Missing => "wait for the operator to make it, or look why it does not".into(),
            Self::Replaced { .. } => "stop, and find out who replaced it".into(),
            Self::Deleting => "stop; what is left of it will go".into(),
            Self::Stale { .. } => "read again".into(),
            Self::NotPaused { .. } | Self::Meaningless { .. } => "pause it".into(),
            Self::EndsTooSoon { .. } => "pause it until later".into(),
            Self::NotCopied { .. } | Self::NotReported => {
                "wait; if it stays so, look whether the HyperShift operator runs".into()
            }
            Self::NotObserved { blocked_by: Some(condition), .. } => {
                format!("mend what {condition} says; the controller stops there").into()
            }
            Self::NotObserved { .. } | Self::StillActive { .. } => {
                "wait; if it stays so, look whether its operator runs and what it logs".into()
            }
            Self::ClusterActive => {
                "wait; operators before 4.18 never pause it, and the expectation can say so".into()
            }
            Self::MachinesActive { .. } => "wait for the operator to annotate it".into(),
        }
    }
}

impl fmt::Display for PauseGap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing => f.write_str("it is not there"),
            Self::Replaced { expected, found } => {
                write!(f, "its UID is {found}, not {expected}: it is another object of that name")
            }
            Self::Deleting => f.write_str("it is being deleted, which no pause stops"),
            Self::Stale { generation, at_least } => {
                write!(
                    f,
                    "generation {generation} was read after generation {at_least} was written"
                )
            }
            Self::NotPaused { found: None } => f.write_str("it is not set"),
            Self::NotPaused { found: Some(found) } => write!(f, "{found:?} does not pause now"),
            Self::Meaningless { found } => {
                let found: String = found.chars().take(64).collect();
                write!(f, "{found:?} means nothing to HyperShift, which goes on")
            }
            Self::EndsTooSoon { end, left, needed } => {
                write!(f, "it ends at {end}, in {left:#}; {needed:#} are needed")
            }
            Self::NotCopied { expected, found } => {
                write!(
                    f,
                    "it is {}, the HostedCluster's is {}",
                    quoted(found.as_ref()),
                    quoted(expected.as_ref())
                )
            }
            Self::NotReported => f.write_str("there is no condition ReconciliationActive"),
            Self::NotObserved { observed: Some(observed), generation, .. } => write!(
                f,
                "ReconciliationActive was computed for generation {observed}, the object is at {generation}"
            ),
            Self::NotObserved { observed: None, generation, .. } => {
                write!(
                    f,
                    "ReconciliationActive does not say that it is about generation {generation}"
                )
            }
            Self::StillActive { says } => write!(f, "ReconciliationActive is {says}"),
            Self::ClusterActive => f.write_str("the Cluster of Cluster API is not paused"),
            Self::MachinesActive { node_pool } => {
                write!(f, "it belongs to node pool {node_pool} and is not paused")
            }
        }
    }
}

fn quoted(text: Option<&String>) -> String {
    text.map_or_else(|| "not set".to_owned(), |text| format!("{text:?}"))
}

impl Rule for PauseWarning {
    fn id(&self) -> &'static str {
        match self {
            Self::ClusterNotPaused => "pause-without-cluster",
            Self::AutoRepair { .. } => "pause-auto-repair",
            Self::Ends { .. } => "pause-ends",
        }
    }

    fn remedy(&self) -> Cow<'static, str> {
        match self {
            Self::ClusterNotPaused => {
                "set spec.paused of the Cluster yourself where machines must stay".into()
            }
            Self::AutoRepair { .. } => {
                "set spec.management.autoRepair to false first where machines must stay".into()
            }
            Self::Ends { .. } => "finish before that, or pause until later".into(),
        }
    }
}

impl fmt::Display for PauseWarning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ClusterNotPaused => f.write_str(
                "this version of the operator does not pause the Cluster: machine sets still replace machines",
            ),
            Self::AutoRepair { cluster_paused: true } => f.write_str(
                "machine health checks of the pool are held up by the Cluster's pause only, not by the pool's",
            ),
            Self::AutoRepair { cluster_paused: false } => {
                f.write_str("machine health checks of the pool are not paused and still delete machines")
            }
            Self::Ends { end } => write!(f, "the pause ends by itself at {end}"),
        }
    }
}
