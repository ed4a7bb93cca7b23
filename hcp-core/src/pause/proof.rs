//! The proof that a hosted cluster stands still, level by level.

use std::fmt;

use jiff::{SignedDuration, Timestamp};
use serde::Serialize;

use super::effective::{PausedKind, RECONCILIATION_ACTIVE, RECONCILIATION_PAUSED};
use super::gap::{PauseGap, PauseWarning};
use super::object::{ObjectFinding, Pausable};
use super::observed::{CAPI_PAUSED, Observed, ObservedNodePool, ObservedObject};
use super::upstream::{self, UpstreamMeaning};
use crate::conditions::{ConditionStatus, blocker, find};
use crate::finding::Finding;
use crate::path::JsonPath;

/// What must hold.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct PauseExpectation {
    /// The UID of the hosted cluster that was decided on; without one any object of that name will do.
    pub uid: Option<String>,
    /// The generation of the hosted cluster after it was paused; an older one is a stale read.
    pub generation: Option<i64>,
    /// How long the pause must still last, at least; 0 unless set.
    pub lasting: SignedDuration,
    /// Whether the operator pauses the `Cluster` of Cluster API.
    pub cluster: ClusterPause,
}

/// Whether the operator pauses the `Cluster` of Cluster API.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ClusterPause {
    /// It does, as from release 4.18 on; without that there is no proof.
    #[default]
    Required,
    /// It never does, as up to 4.15: the proof holds without it and warns of it.
    OperatorNeverDoes,
}

/// Proof that every level of a hosted cluster was paused and had been seen to be, at one moment.
///
/// Only [`prove`] makes one; what must not run beside reconciliation takes a `&PauseProof`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PauseProof {
    hosted_cluster: String,
    uid: String,
    observed_at: Timestamp,
    end: Option<Timestamp>,
    evidence: Vec<PauseEvidence>,
    warnings: Vec<ObjectFinding<PauseWarning>>,
}

/// What one object shows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct PauseEvidence {
    /// Kind, namespace and name.
    pub object: String,
    /// What it says.
    pub says: String,
}

/// Why there is no proof: what is missing, object by object.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct NotProven {
    /// What is missing; never empty.
    pub gaps: Vec<ObjectFinding<PauseGap>>,
}

impl PauseExpectation {
    /// For the hosted cluster with this UID.
    #[must_use]
    pub fn with_uid(mut self, uid: impl Into<String>) -> Self {
        self.uid = Some(uid.into());
        self
    }

    /// Of this generation or a later one.
    #[must_use]
    pub const fn with_generation(mut self, generation: i64) -> Self {
        self.generation = Some(generation);
        self
    }

    /// Still lasting this long.
    #[must_use]
    pub const fn with_lasting(mut self, lasting: SignedDuration) -> Self {
        self.lasting = lasting;
        self
    }

    /// With an operator that does this.
    #[must_use]
    pub const fn with_cluster(mut self, cluster: ClusterPause) -> Self {
        self.cluster = cluster;
        self
    }
}

impl PauseProof {
    /// Namespace and name of the hosted cluster.
    #[must_use]
    pub fn hosted_cluster(&self) -> &str {
        &self.hosted_cluster
    }

    /// Its UID: compare it with that of what is about to be touched.
    #[must_use]
    pub fn uid(&self) -> &str {
        &self.uid
    }

    /// When it was true. Anybody may have ended the pause since.
    #[must_use]
    pub const fn observed_at(&self) -> Timestamp {
        self.observed_at
    }

    /// When the first of the pauses ends by itself.
    #[must_use]
    pub const fn end(&self) -> Option<Timestamp> {
        self.end
    }

    /// Whether none of the pauses ends by itself before `when`.
    #[must_use]
    pub fn lasts_until(&self, when: Timestamp) -> bool {
        self.end.is_none_or(|end| when < end)
    }

    /// What every object shows.
    #[must_use]
    pub fn evidence(&self) -> &[PauseEvidence] {
        &self.evidence
    }

    /// What goes on nevertheless.
    #[must_use]
    pub fn warnings(&self) -> &[ObjectFinding<PauseWarning>] {
        &self.warnings
    }
}

impl fmt::Display for NotProven {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the pause is not proven; {} missing", self.gaps.len())?;
        self.gaps.iter().try_for_each(|gap| write!(f, "\n  {gap}"))
    }
}

impl std::error::Error for NotProven {}

/// Whether every level of a hosted cluster is paused, and its controllers have seen that.
///
/// The levels: the `HostedCluster` (value, condition of this generation), its `HostedControlPlane` (the same value, the condition of the
/// control plane operator), the `Cluster` of Cluster API, every node pool of the cluster, and the machine deployment or set that each of
/// them owns. A node pool is not paused by the hosted cluster's pause.
///
/// Source: `HyperShift`, `support/util/pausereconcile.go`, `hostedcluster_controller.go`, `nodepool/capi.go`.
///
/// # Errors
///
/// Everything that is missing, not only the first.
pub fn prove(
    observed: &Observed,
    expectation: &PauseExpectation,
    now: Timestamp,
) -> Result<PauseProof, NotProven> {
    let mut audit = Audit::new(expectation, now);
    audit.hosted_cluster(&observed.hosted_cluster);
    audit.control_plane(observed);
    let cluster_paused = audit.cluster(observed);
    let name = &observed.hosted_cluster.object.name;
    for pool in observed.node_pools.iter().filter(|pool| pool.cluster_name == *name) {
        audit.node_pool(pool, observed, cluster_paused);
    }
    audit.finish(&observed.hosted_cluster.object)
}

/// What was found so far.
struct Audit<'a> {
    expectation: &'a PauseExpectation,
    now: Timestamp,
    end: Option<Timestamp>,
    evidence: Vec<PauseEvidence>,
    warnings: Vec<ObjectFinding<PauseWarning>>,
    gaps: Vec<ObjectFinding<PauseGap>>,
}

impl<'a> Audit<'a> {
    const fn new(expectation: &'a PauseExpectation, now: Timestamp) -> Self {
        Self {
            expectation,
            now,
            end: None,
            evidence: Vec::new(),
            warnings: Vec::new(),
            gaps: Vec::new(),
        }
    }

    fn gap(&mut self, object: &str, path: JsonPath, gap: PauseGap) {
        let finding = Finding::refusal(path, gap);
        self.gaps.push(ObjectFinding { object: object.to_owned(), finding });
    }

    fn says(&mut self, object: &str, says: impl Into<String>) {
        self.evidence.push(PauseEvidence { object: object.to_owned(), says: says.into() });
    }

    fn hosted_cluster(&mut self, observed: &ObservedObject) {
        let object = &observed.object;
        let name = object.describe();
        let other = |uid: &&String| **uid != object.uid;
        let stale = |at_least: &i64| object.generation < *at_least;
        if let Some(expected) = self.expectation.uid.as_ref().filter(other) {
            let (expected, found) = (expected.clone(), object.uid.clone());
            let path = JsonPath::fields("metadata.uid");
            self.gap(&name, path, PauseGap::Replaced { expected, found });
        } else if let Some(at_least) = self.expectation.generation.filter(stale) {
            let generation = object.generation;
            let path = JsonPath::fields("metadata.generation");
            self.gap(&name, path, PauseGap::Stale { generation, at_least });
        }
        self.object(observed);
    }

    /// The control plane has the same value, whatever that is worth, and its operator has seen it.
    fn control_plane(&mut self, observed: &Observed) {
        let hosted = &observed.hosted_cluster.object;
        let Some(control_plane) = &observed.control_plane else {
            let name = format!("{} {}", PausedKind::HostedControlPlane.name(), hosted.name);
            return self.gap(&name, JsonPath::root(), PauseGap::Missing);
        };
        let copy = &control_plane.object;
        if copy.paused_until == hosted.paused_until {
            self.object(control_plane);
        } else {
            let (expected, found) = (hosted.paused_until.clone(), copy.paused_until.clone());
            let path = JsonPath::fields("spec.pausedUntil");
            self.gap(&copy.describe(), path, PauseGap::NotCopied { expected, found });
        }
    }

    /// Value, deletion and condition of an object.
    fn object(&mut self, observed: &ObservedObject) {
        let object = &observed.object;
        let name = object.describe();
        if object.deleting {
            self.gap(&name, JsonPath::fields("metadata.deletionTimestamp"), PauseGap::Deleting);
        }
        match self.value(object.paused_until.as_deref()) {
            Ok(end) => {
                self.end = [self.end, end].into_iter().flatten().min();
                if let Some(text) = &object.paused_until {
                    self.says(&name, format!("spec.pausedUntil is {text:?}"));
                }
            }
            Err(gap) => self.gap(&name, JsonPath::fields("spec.pausedUntil"), gap),
        }
        match condition(observed) {
            Ok(says) => self.says(&name, says),
            Err(gap) => self.gap(&name, JsonPath::fields("status.conditions"), gap),
        }
    }

    /// When the pause ends that a value asks for.
    fn value(&self, value: Option<&str>) -> Result<Option<Timestamp>, PauseGap> {
        let Some(text) = value else { return Err(PauseGap::NotPaused { found: None }) };
        match upstream::parse(text).meaning {
            UpstreamMeaning::Paused => Ok(None),
            UpstreamMeaning::Until(end) if end.compare(self.now).is_gt() => {
                let Some(end) = end.timestamp() else { return Ok(None) };
                let (left, needed) = (end.duration_since(self.now), self.expectation.lasting);
                if left < needed {
                    return Err(PauseGap::EndsTooSoon { end, left, needed });
                }
                Ok(Some(end))
            }
            UpstreamMeaning::Invalid => Err(PauseGap::Meaningless { found: text.to_owned() }),
            _ => Err(PauseGap::NotPaused { found: Some(text.to_owned()) }),
        }
    }

    /// Whether the `Cluster` is paused; where the operator never does that, a warning in its place.
    fn cluster(&mut self, observed: &Observed) -> bool {
        let path = JsonPath::fields("spec.paused");
        let name = observed.cluster.as_ref().map_or_else(
            || format!("Cluster of {}", observed.hosted_cluster.object.describe()),
            |cluster| format!("Cluster {}", cluster.name),
        );
        let paused = observed.cluster.as_ref().map(|cluster| cluster.paused);
        match (paused, self.expectation.cluster) {
            (Some(true), _) => self.says(&name, "spec.paused is true"),
            (_, ClusterPause::OperatorNeverDoes) => {
                let finding = Finding::warning(path, PauseWarning::ClusterNotPaused);
                self.warnings.push(ObjectFinding { object: name, finding });
            }
            (Some(false), ClusterPause::Required) => {
                self.gap(&name, path, PauseGap::ClusterActive);
            }
            (None, ClusterPause::Required) => self.gap(&name, JsonPath::root(), PauseGap::Missing),
        }
        paused == Some(true)
    }

    /// A node pool, and what it owns in the control plane's namespace.
    fn node_pool(&mut self, pool: &ObservedNodePool, observed: &Observed, cluster_paused: bool) {
        self.object(&pool.observed);
        let object = &pool.observed.object;
        for machines in observed.machines.iter().filter(|machines| machines.belongs_to(object)) {
            let name = format!("{} {}/{}", machines.kind, machines.namespace, machines.name);
            if machines.paused {
                self.says(&name, format!("annotation {CAPI_PAUSED} is there"));
            } else {
                let node_pool = object.name.clone();
                let path = JsonPath::fields("metadata.annotations").key(CAPI_PAUSED);
                self.gap(&name, path, PauseGap::MachinesActive { node_pool });
            }
        }
        if pool.auto_repair {
            let path = JsonPath::fields("spec.management.autoRepair");
            let finding = Finding::warning(path, PauseWarning::AutoRepair { cluster_paused });
            self.warnings.push(ObjectFinding { object: object.describe(), finding });
        }
    }

    fn finish(mut self, hosted_cluster: &Pausable) -> Result<PauseProof, NotProven> {
        if !self.gaps.is_empty() {
            return Err(NotProven { gaps: self.gaps });
        }
        if let Some(end) = self.end {
            let path = JsonPath::fields("spec.pausedUntil");
            let finding = Finding::notice(path, PauseWarning::Ends { end });
            self.warnings.push(ObjectFinding { object: hosted_cluster.describe(), finding });
        }
        Ok(PauseProof {
            hosted_cluster: format!("{}/{}", hosted_cluster.namespace, hosted_cluster.name),
            uid: hosted_cluster.uid.clone(),
            observed_at: self.now,
            end: self.end,
            evidence: self.evidence,
            warnings: self.warnings,
        })
    }
}

/// What the controller of an object says of it.
fn condition(observed: &ObservedObject) -> Result<String, PauseGap> {
    let object = &observed.object;
    let condition =
        find(&observed.conditions, RECONCILIATION_ACTIVE).ok_or(PauseGap::NotReported)?;
    if condition.observed_generation != Some(object.generation) {
        return Err(PauseGap::NotObserved {
            observed: condition.observed_generation,
            generation: object.generation,
            blocked_by: (object.kind == PausedKind::NodePool)
                .then(|| blocker(&observed.conditions, RECONCILIATION_ACTIVE))
                .flatten()
                .map(|blocker| blocker.kind.clone()),
        });
    }
    let says = format!("{} ({})", condition.status, condition.reason.as_deref().unwrap_or("?"));
    let paused = condition.status == ConditionStatus::False
        && condition.reason.as_deref() == Some(RECONCILIATION_PAUSED);
    if paused {
        let generation = object.generation;
        Ok(format!("{RECONCILIATION_ACTIVE} is {says} for generation {generation}"))
    } else {
        Err(PauseGap::StillActive { says })
    }
}

#[cfg(test)]
mod tests;
