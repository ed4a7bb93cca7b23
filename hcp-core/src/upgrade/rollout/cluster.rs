//! The rollout of a `HostedCluster`.

use jiff::Timestamp;

use crate::conditions::{ConditionStatus, ConditionView};
use crate::release::Sameness;
use crate::version::ReleaseVersion;

use super::super::image::{Named, is_release};
use super::kinds::{
    API_SERVER_AVAILABLE, AVAILABLE, BLOCKED, CVO_PROGRESSING, CVO_SUCCEEDING, DEGRADED,
    ETCD_AVAILABLE, INFRASTRUCTURE_READY, PROGRESSING, RECONCILIATION_ACTIVE, RELEASE_ACCEPTED,
    SECRET_NOT_FOUND, SUPPORTED_HOSTED_CLUSTER, VALID_CONFIGURATION, VALID_RELEASE_IMAGE,
};
use super::policy::RolloutPolicy;
use super::state::{Cause, Check, Evidence, Outcome, Phase, Rollout, RolloutState, in_time};
use super::trust::Conditions;
use super::view::{ClusterView, HistoryView, VersionView};

const CHECKS: [Check; 11] = [
    Check::GenerationObserved,
    Check::SpecValid,
    Check::DesiredIsSpec,
    Check::NewestIsSpec,
    Check::NewestCompleted,
    Check::ReleaseAccepted,
    Check::ClusterVersionSettled,
    Check::Available,
    Check::NotDegraded,
    Check::ClusterVersionSucceeding,
    Check::ControlPlaneCompleted,
];

/// The conditions that the operator computes from the spec itself.
const OF_THE_SPEC: [&str; 3] = [VALID_RELEASE_IMAGE, SUPPORTED_HOSTED_CLUSTER, VALID_CONFIGURATION];

/// How far the rollout of a `HostedCluster` is.
///
/// Finished is only what is proved: the conditions are of this generation, the release of the spec is desired, is the newest entry of the history and is
/// completed, the payload is accepted, the cluster version operator has settled and does not fail, the cluster is available and not degraded, and the control plane's own
/// rollout is completed where that is reported.
///
/// Source: `HyperShift`, `hostedcluster_controller.go` (conditions and their gates), `controlplaneversion.go`; `OpenShift`, `ClusterVersion`.
#[must_use]
pub fn cluster_rollout<C: ConditionView>(
    view: &ClusterView<'_, C>,
    policy: &RolloutPolicy,
    now: Timestamp,
) -> Rollout {
    let facts = Facts::new(view);
    let evidence = CHECKS.map(|check| Evidence {
        check,
        outcome: facts.outcome(check),
        seen: facts.seen(check),
    });
    Rollout { state: facts.state(policy, now), evidence: evidence.into() }
}

/// [`cluster_rollout`] without the evidence, which costs more than the rest.
#[must_use]
pub fn cluster_state<C: ConditionView>(
    view: &ClusterView<'_, C>,
    policy: &RolloutPolicy,
    now: Timestamp,
) -> RolloutState {
    Facts::new(view).state(policy, now)
}

struct Facts<'a, C> {
    view: &'a ClusterView<'a, C>,
    conditions: Conditions<'a, C>,
}

impl<'a, C: ConditionView> Facts<'a, C> {
    const fn new(view: &'a ClusterView<'a, C>) -> Self {
        Self { view, conditions: Conditions::of_cluster(view.conditions, view.generation) }
    }

    fn newest(&self) -> Option<&HistoryView<'a>> {
        self.view.version.as_ref()?.newest.as_ref()
    }

    fn outcome(&self, check: Check) -> Outcome {
        match check {
            Check::GenerationObserved => self.conditions.observed(&OF_THE_SPEC),
            Check::SpecValid => self.spec_valid(),
            Check::DesiredIsSpec => match &self.view.version {
                None => Outcome::No,
                Some(version) => self.is_spec(version.desired_image, version.desired_version),
            },
            Check::NewestIsSpec => match self.newest() {
                None => Outcome::No,
                Some(newest) => self.is_spec(newest.image, newest.version),
            },
            Check::NewestCompleted => Outcome::of(
                self.newest().is_some_and(|newest| newest.completed && newest.finished.is_some()),
            ),
            Check::ReleaseAccepted => self.release_accepted(),
            Check::ClusterVersionSettled => {
                self.conditions.is(CVO_PROGRESSING, ConditionStatus::False)
            }
            Check::Available => self.conditions.is(AVAILABLE, ConditionStatus::True),
            Check::NotDegraded => self.conditions.is(DEGRADED, ConditionStatus::False),
            Check::ClusterVersionSucceeding => match self.conditions.find(CVO_SUCCEEDING) {
                None => Outcome::NotReported,
                Some(_) => self.conditions.is(CVO_SUCCEEDING, ConditionStatus::True),
            },
            _ => self.control_plane_completed(),
        }
    }

    /// All of them are True.
    fn spec_valid(&self) -> Outcome {
        let outcomes = OF_THE_SPEC.map(|kind| match self.conditions.refusing(kind) {
            Some(condition) if condition.reason() == SECRET_NOT_FOUND => Outcome::Unknown,
            _ => self.conditions.is(kind, ConditionStatus::True),
        });
        worst(outcomes)
    }

    /// Whether the release with this image and version is that of the spec.
    fn is_spec(&self, image: &str, version: &str) -> Outcome {
        told(self.view.image, self.view.target, Named { image, version })
    }

    /// True, and said of this payload: the condition is also True for the release before.
    fn release_accepted(&self) -> Outcome {
        let accepted = self.conditions.is(RELEASE_ACCEPTED, ConditionStatus::True);
        let message = self.conditions.find(RELEASE_ACCEPTED).map_or("", |found| found.message());
        match (accepted, payload(message)) {
            (Outcome::Yes, Some((version, image))) => self.is_spec(image, version),
            (accepted, _) => accepted,
        }
    }

    fn control_plane_completed(&self) -> Outcome {
        let Some(version) = &self.view.control_plane_version else { return Outcome::NotReported };
        let image = self.view.control_plane_image.unwrap_or(self.view.image);
        // The version that the caller knows is that of `spec.release`.
        let target = self.view.target.filter(|_| self.view.control_plane_image.is_none());
        let is_it = |found, version| told(image, target, Named { image: found, version });
        let newest = version.newest.as_ref().map_or(Outcome::No, |newest| {
            worst([is_it(newest.image, newest.version), Outcome::of(newest.completed)])
        });
        worst([is_it(version.desired_image, version.desired_version), newest])
    }

    fn state(&self, policy: &RolloutPolicy, now: Timestamp) -> RolloutState {
        if self.view.deleting {
            return RolloutState::Deleting;
        }
        let outcomes = CHECKS.map(|check| self.outcome(check));
        if outcomes.iter().all(|outcome| matches!(outcome, Outcome::Yes | Outcome::NotReported)) {
            return RolloutState::Finished;
        }
        let [observed, _, desired, newest, completed, accepted, ..] = outcomes;
        if observed == Outcome::No {
            return self.waiting(RolloutState::NotStarted, policy, now);
        }
        if let Some(condition) = self.refusal() {
            return RolloutState::Refused(Cause::of(condition));
        }
        let started = match (desired, newest) {
            (Outcome::No, _) if self.handed_over() => RolloutState::ControlPlaneRolling,
            (Outcome::No, _) => RolloutState::NotStarted,
            (_, Outcome::No) if accepted == Outcome::Yes => RolloutState::ReleaseAccepted,
            (_, Outcome::No) if self.handed_over() => RolloutState::ControlPlaneRolling,
            (_, Outcome::No) => RolloutState::NotStarted,
            _ if completed == Outcome::No => self.rolling(),
            _ => self.after(&outcomes),
        };
        self.waiting(started, policy, now)
    }

    /// What keeps the operator from acting on this spec.
    fn refusal(&self) -> Option<&'a C> {
        let of_spec = OF_THE_SPEC.iter().filter_map(|kind| self.conditions.refusing(kind));
        let mut of_spec = of_spec.filter(|condition| condition.reason() != SECRET_NOT_FOUND);
        let refusing = |kind| self.conditions.refusing(kind);
        of_spec
            .next()
            .or_else(|| refusing(RECONCILIATION_ACTIVE))
            .or_else(|| refusing(PROGRESSING).filter(|found| found.reason() == BLOCKED))
            .or_else(|| refusing(RELEASE_ACCEPTED))
    }

    /// Whether the control plane has been told of the release: it says so itself, or the operator says that it is progressing.
    fn handed_over(&self) -> bool {
        let image = self.view.control_plane_image.unwrap_or(self.view.image);
        let told = self.view.control_plane_version.as_ref();
        let told = told.is_some_and(|version| version.desired_image == image);
        told || self.conditions.is(PROGRESSING, ConditionStatus::True) == Outcome::Yes
            && self.conditions.is(VALID_RELEASE_IMAGE, ConditionStatus::True) == Outcome::Yes
    }

    /// Of which half the entry that is not completed is.
    ///
    /// The cluster version operator is the last component of the control plane to change, and names the version in its entry; an entry without
    /// a version is `HyperShift`'s own placeholder.
    fn rolling(&self) -> RolloutState {
        let control_plane = match self.outcome(Check::ControlPlaneCompleted) {
            Outcome::Yes => false,
            Outcome::No | Outcome::Unknown => true,
            Outcome::NotReported => self.newest().is_none_or(|newest| newest.version.is_empty()),
        };
        if control_plane {
            RolloutState::ControlPlaneRolling
        } else {
            RolloutState::DataPlaneRolling
        }
    }

    /// The history says that it is completed; something else says no, or nothing.
    fn after(&self, outcomes: &[Outcome; 11]) -> RolloutState {
        let [.., settled, available, degraded, succeeding, control_plane] = *outcomes;
        let unwell = [(available, AVAILABLE), (degraded, DEGRADED), (succeeding, CVO_SUCCEEDING)];
        let unwell = unwell.into_iter().find(|(outcome, _)| *outcome == Outcome::No);
        if control_plane == Outcome::No {
            return RolloutState::ControlPlaneRolling;
        }
        if settled == Outcome::No {
            return RolloutState::DataPlaneRolling;
        }
        match unwell.and_then(|(_, kind)| self.conditions.current(kind)) {
            Some(condition) => RolloutState::Unhealthy(Cause::of(condition)),
            None => RolloutState::Unproven,
        }
    }

    /// The state, or stuck in it.
    fn waiting(&self, state: RolloutState, policy: &RolloutPolicy, now: Timestamp) -> RolloutState {
        let since = |kind| self.conditions.find(kind).and_then(ConditionView::last_transition_time);
        let started =
            |version: &Option<VersionView<'_>>| version.as_ref()?.newest.as_ref()?.started;
        let (phase, since) = match &state {
            RolloutState::NotStarted => (Phase::NotStarted, self.view.changed_at),
            // The condition has been True since the release before, if that was accepted.
            RolloutState::ReleaseAccepted => (
                Phase::ReleaseAccepted,
                since(RELEASE_ACCEPTED).max(since(PROGRESSING)).max(self.view.changed_at),
            ),
            RolloutState::ControlPlaneRolling => {
                let control_plane = started(&self.view.control_plane_version)
                    .filter(|_| self.outcome(Check::ControlPlaneCompleted) != Outcome::Yes);
                let progressing = since(PROGRESSING).max(self.view.changed_at);
                (Phase::ControlPlaneRolling, control_plane.max(progressing))
            }
            RolloutState::DataPlaneRolling => {
                (Phase::DataPlaneRolling, started(&self.view.version).max(since(CVO_PROGRESSING)))
            }
            RolloutState::Unhealthy(cause) => (Phase::Unhealthy, since(&cause.condition)),
            _ => return state,
        };
        in_time(state, phase, since, (policy, now), || self.why())
    }

    /// The most telling of what is wrong, the causes before their effects.
    fn why(&self) -> Option<Cause> {
        let bad = [
            (INFRASTRUCTURE_READY, ConditionStatus::False),
            (ETCD_AVAILABLE, ConditionStatus::False),
            (API_SERVER_AVAILABLE, ConditionStatus::False),
            (DEGRADED, ConditionStatus::True),
            (CVO_SUCCEEDING, ConditionStatus::False),
            (AVAILABLE, ConditionStatus::False),
            (CVO_PROGRESSING, ConditionStatus::True),
            (PROGRESSING, ConditionStatus::True),
        ];
        let mut found = bad.iter().filter_map(|(kind, status)| {
            self.conditions.find(kind).filter(|condition| condition.status() == *status)
        });
        found.next().map(Cause::of)
    }

    fn seen(&self, check: Check) -> String {
        match check {
            Check::GenerationObserved => self.conditions.generations_seen(&OF_THE_SPEC),
            Check::SpecValid => self.conditions.seen(&OF_THE_SPEC),
            Check::DesiredIsSpec => self.desired_seen(),
            Check::NewestIsSpec | Check::NewestCompleted => {
                history_seen(self.view.version.as_ref())
            }
            Check::ReleaseAccepted => {
                let said = self.conditions.seen(&[RELEASE_ACCEPTED]);
                match self.conditions.find(RELEASE_ACCEPTED) {
                    Some(found) if !found.message().is_empty() => {
                        format!("{said}: {}", found.message())
                    }
                    _ => said,
                }
            }
            Check::ClusterVersionSettled => self.conditions.seen(&[CVO_PROGRESSING]),
            Check::Available => self.conditions.seen(&[AVAILABLE]),
            Check::NotDegraded => self.conditions.seen(&[DEGRADED]),
            Check::ClusterVersionSucceeding => self.conditions.seen(&[CVO_SUCCEEDING]),
            _ => history_seen(self.view.control_plane_version.as_ref()),
        }
    }

    fn desired_seen(&self) -> String {
        let Some(version) = &self.view.version else { return "no status.version".to_owned() };
        let (spec, desired) = (self.view.image, version.desired_image);
        let name = version.desired_version;
        match self.outcome(Check::DesiredIsSpec) {
            _ if spec == desired => format!("{desired} {name}"),
            Outcome::Unknown => {
                let by = self.view.target.map_or_else(
                    || "the version of the spec's image is not known".to_owned(),
                    |target| format!("the spec's image is {target}"),
                );
                format!("spec {spec}, desired {desired} {name}: one image or two; {by}")
            }
            _ => format!("spec {spec}, desired {desired} {name}"),
        }
    }
}

fn history_seen(version: Option<&VersionView<'_>>) -> String {
    let Some(version) = version else { return "not reported".to_owned() };
    let Some(newest) = &version.newest else { return "no history".to_owned() };
    let state = if newest.completed { "Completed" } else { "Partial" };
    let name = if newest.version.is_empty() { "no version yet" } else { newest.version };
    let until = newest.finished.map_or_else(String::new, |at| format!(" at {at}"));
    format!("{state}{until}: {name}, {}", newest.image)
}

fn told(asked: &str, target: Option<&ReleaseVersion>, found: Named<'_>) -> Outcome {
    match is_release(asked, target, found) {
        Sameness::Same => Outcome::Yes,
        Sameness::Different => Outcome::No,
        Sameness::Unknown => Outcome::Unknown,
    }
}

/// Version and image in `Payload loaded version="4.16.2" image="quay.io/..."`, the message of the cluster version operator.
fn payload(message: &str) -> Option<(&str, &str)> {
    let quoted = |name: &str| {
        let (_, rest) = message.split_once(name)?;
        rest.strip_prefix("=\"")?.split_once('"').map(|(value, _)| value)
    };
    Some((quoted("version")?, quoted("image")?))
}

/// No before unknown before yes.
fn worst<const N: usize>(outcomes: [Outcome; N]) -> Outcome {
    [Outcome::No, Outcome::Unknown]
        .into_iter()
        .find(|bad| outcomes.contains(bad))
        .unwrap_or(Outcome::Yes)
}

#[cfg(test)]
mod tests {
    use super::payload;

    #[test]
    fn the_payload_is_read_from_the_message() {
        let message = r#"Payload loaded version="4.16.2" image="quay.io/r:4.16.2-x86_64" architecture="amd64""#;
        assert_eq!(payload(message), Some(("4.16.2", "quay.io/r:4.16.2-x86_64")));
        for other in ["", "Payload loaded", r#"version="4.16.2"#, r#"image="q" version=4"#] {
            assert_eq!(payload(other), None, "{other}");
        }
    }
}
