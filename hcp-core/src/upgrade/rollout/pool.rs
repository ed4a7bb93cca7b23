//! The rollout of a `NodePool`.

use jiff::Timestamp;

use crate::conditions::{ConditionStatus, ConditionView};
use crate::version::ReleaseVersion;

use super::kinds::{
    ALL_MACHINES_READY, ALL_NODES_HEALTHY, AS_EXPECTED, IN_PLACE_FAILED, RECONCILIATION_ACTIVE,
    UPDATING_CONFIG, UPDATING_TEMPLATE, UPDATING_VERSION, VALID_RELEASE_IMAGE,
};
use super::policy::RolloutPolicy;
use super::state::{Cause, Check, Evidence, Outcome, Phase, Rollout, RolloutState, in_time};
use super::trust::Conditions;
use super::view::PoolView;

const CHECKS: [Check; 9] = [
    Check::GenerationObserved,
    Check::RoundCompleted,
    Check::ImageValid,
    Check::VersionReached,
    Check::VersionSettled,
    Check::ConfigSettled,
    Check::TemplateSettled,
    Check::MachinesReady,
    Check::NodesHealthy,
];

/// The conditions that are computed in every round for the generation of the spec.
const OF_THE_SPEC: [&str; 2] = ["UpdateManagementEnabled", VALID_RELEASE_IMAGE];

const UPDATES: [&str; 3] = [UPDATING_VERSION, UPDATING_CONFIG, UPDATING_TEMPLATE];

/// How far the rollout of a `NodePool` is.
///
/// Its controller computes conditions one after the other, and stops at some that are False; those that come later are then of an earlier round and are not
/// believed. Machines and nodes are False, too, where there are to be none; that is as it should be.
///
/// Source: `HyperShift`, `nodepool_controller.go` and `conditions.go` of the controller of node pools.
#[must_use]
pub fn pool_rollout<C: ConditionView>(
    view: &PoolView<'_, C>,
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

/// [`pool_rollout`] without the evidence, which costs more than the rest.
#[must_use]
pub fn pool_state<C: ConditionView>(
    view: &PoolView<'_, C>,
    policy: &RolloutPolicy,
    now: Timestamp,
) -> RolloutState {
    Facts::new(view).state(policy, now)
}

struct Facts<'a, C> {
    view: &'a PoolView<'a, C>,
    conditions: Conditions<'a, C>,
}

impl<'a, C: ConditionView> Facts<'a, C> {
    fn new(view: &'a PoolView<'a, C>) -> Self {
        Self { view, conditions: Conditions::of_pool(view.conditions, view.generation) }
    }

    fn outcome(&self, check: Check) -> Outcome {
        match check {
            Check::GenerationObserved => self.conditions.observed(&OF_THE_SPEC),
            Check::RoundCompleted => Outcome::of(self.conditions.stopped_by().is_none()),
            Check::ImageValid => self.image_valid(),
            Check::VersionReached => match self.view.target {
                None => Outcome::NotReported,
                Some(_) if self.view.version.is_empty() => Outcome::No,
                Some(target) => Outcome::of(is_version(self.view.version, target)),
            },
            Check::VersionSettled => self.settled(UPDATING_VERSION),
            Check::ConfigSettled => self.settled(UPDATING_CONFIG),
            Check::TemplateSettled => match self.conditions.find(UPDATING_TEMPLATE) {
                None => Outcome::NotReported,
                Some(_) => self.settled(UPDATING_TEMPLATE),
            },
            Check::MachinesReady => self.ready(ALL_MACHINES_READY),
            _ => self.ready(ALL_NODES_HEALTHY),
        }
    }

    /// True, and said of this image.
    fn image_valid(&self) -> Outcome {
        let valid = self.conditions.is(VALID_RELEASE_IMAGE, ConditionStatus::True);
        let message = self.conditions.find(VALID_RELEASE_IMAGE).map_or("", |found| found.message());
        match (valid, message.strip_prefix("Using release image: ")) {
            (Outcome::Yes, Some(image)) => Outcome::of(image.trim() == self.view.image),
            (valid, _) => valid,
        }
    }

    /// Not updating, and not because it gave up.
    fn settled(&self, kind: &str) -> Outcome {
        match self.conditions.refusing(kind) {
            Some(condition) if condition.reason() == IN_PLACE_FAILED => Outcome::No,
            _ => self.conditions.is(kind, ConditionStatus::False),
        }
    }

    /// True; or False for the reason that there are to be no machines.
    fn ready(&self, kind: &str) -> Outcome {
        let may_be_empty = self.view.replicas.is_none_or(|replicas| replicas == 0);
        match self.conditions.refusing(kind) {
            Some(condition) if may_be_empty && condition.reason() == AS_EXPECTED => Outcome::Yes,
            _ => self.conditions.is(kind, ConditionStatus::True),
        }
    }

    fn state(&self, policy: &RolloutPolicy, now: Timestamp) -> RolloutState {
        if self.view.deleting {
            return RolloutState::Deleting;
        }
        let outcomes = CHECKS.map(|check| self.outcome(check));
        if outcomes.iter().all(|outcome| matches!(outcome, Outcome::Yes | Outcome::NotReported)) {
            return RolloutState::Finished;
        }
        let [observed, _, image, version, .., machines, nodes] = outcomes;
        if observed == Outcome::No {
            return self.waiting(RolloutState::NotStarted, policy, now);
        }
        let paused = || self.conditions.refusing(RECONCILIATION_ACTIVE);
        if let Some(condition) = self.conditions.stopped_by().or_else(paused) {
            return RolloutState::Refused(Cause::of(condition));
        }
        let state = if image == Outcome::No {
            RolloutState::NotStarted
        } else if let Some(failed) = self.failed() {
            RolloutState::Failed(Cause::of(failed))
        } else if self.updating().is_some() {
            RolloutState::DataPlaneRolling
        } else if version == Outcome::No {
            RolloutState::NotStarted
        } else if machines == Outcome::No || nodes == Outcome::No {
            self.unwell().map_or(RolloutState::Unproven, RolloutState::Unhealthy)
        } else {
            RolloutState::Unproven
        };
        self.waiting(state, policy, now)
    }

    /// An update in place that gave up.
    fn failed(&self) -> Option<&'a C> {
        let mut kinds = UPDATES.iter().filter_map(|kind| self.conditions.refusing(kind));
        kinds.find(|condition| condition.reason() == IN_PLACE_FAILED)
    }

    fn updating(&self) -> Option<&'a C> {
        let mut kinds = UPDATES.iter().filter_map(|kind| self.conditions.current(kind));
        kinds.find(|condition| condition.status() == ConditionStatus::True)
    }

    /// What is said of the machines, and then of the nodes, if it is not good.
    fn unwell(&self) -> Option<Cause> {
        let unwell = |kind: &&str| self.ready(kind) == Outcome::No;
        let kind = [ALL_MACHINES_READY, ALL_NODES_HEALTHY].into_iter().find(unwell)?;
        self.conditions.current(kind).map(Cause::of)
    }

    fn waiting(&self, state: RolloutState, policy: &RolloutPolicy, now: Timestamp) -> RolloutState {
        let (phase, since) = match &state {
            RolloutState::NotStarted => (Phase::NotStarted, self.view.changed_at),
            RolloutState::DataPlaneRolling => (
                Phase::DataPlaneRolling,
                self.updating().and_then(ConditionView::last_transition_time),
            ),
            RolloutState::Unhealthy(cause) => (
                Phase::Unhealthy,
                self.conditions
                    .find(&cause.condition)
                    .and_then(ConditionView::last_transition_time),
            ),
            _ => return state,
        };
        in_time(state, phase, since, (policy, now), || {
            self.unwell().or_else(|| self.updating().map(Cause::of))
        })
    }

    fn seen(&self, check: Check) -> String {
        match check {
            Check::GenerationObserved => self.conditions.generations_seen(&OF_THE_SPEC),
            Check::RoundCompleted => self.conditions.stopped_by().map_or_else(
                || "nothing stopped it".to_owned(),
                |condition| {
                    format!("stopped by {}; what comes later is stale", Cause::of(condition))
                },
            ),
            Check::ImageValid => {
                let said = self.conditions.seen(&[VALID_RELEASE_IMAGE]);
                let found = self.conditions.find(VALID_RELEASE_IMAGE);
                let message = found.map_or("", |condition| condition.message());
                format!("{said}; spec {}; {message}", self.view.image)
            }
            Check::VersionReached => {
                let version = self.view.version;
                let version = if version.is_empty() { "no version" } else { version };
                self.view.target.map_or_else(
                    || format!("{version}; the version of the spec's image is not known"),
                    |target| format!("{version}, target {target}"),
                )
            }
            Check::VersionSettled => self.conditions.seen(&[UPDATING_VERSION]),
            Check::ConfigSettled => self.conditions.seen(&[UPDATING_CONFIG]),
            Check::TemplateSettled => self.conditions.seen(&[UPDATING_TEMPLATE]),
            Check::MachinesReady => self.conditions.seen(&[ALL_MACHINES_READY]),
            _ => self.conditions.seen(&[ALL_NODES_HEALTHY]),
        }
    }
}

/// Upstream compares the texts.
fn is_version(text: &str, version: &ReleaseVersion) -> bool {
    text.parse::<ReleaseVersion>().is_ok_and(|parsed| parsed == *version)
}
