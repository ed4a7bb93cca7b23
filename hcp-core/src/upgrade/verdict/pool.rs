//! The findings about a node pool.

use std::cmp::Ordering;

use jiff::Timestamp;

use crate::Severity;
use crate::api::NodePool;
use crate::api::node_pool_conditions::RECONCILIATION_ACTIVE;
use crate::path::JsonPath;
use crate::upgrade::rollout::{PoolView, RolloutState, pool_state};
use crate::version::{NodePoolSkew, ReleaseVersion, RunningVersions, node_pool_skew};

use super::{Target, UpgradeRule, UpgradeVerdict, VerdictPolicy, is_paused, pause, stands_still};

pub(super) fn judge(
    pool: &NodePool,
    running: Option<&RunningVersions>,
    target: Target<'_>,
    (policy, now): (&VerdictPolicy, Timestamp),
    verdict: &mut UpgradeVerdict,
) {
    let status = pool.status.as_ref();
    let text = status.and_then(|status| status.version.as_deref()).unwrap_or_default();
    let path = || JsonPath::fields("status.version");
    if text.is_empty() {
        verdict.say_of(pool, Severity::Warning, path(), UpgradeRule::PoolVersionUnknown);
    } else if let Ok(version) = text.parse::<ReleaseVersion>() {
        for (severity, rule) in skew(&version, running, target, policy) {
            verdict.say_of(pool, severity, path(), rule);
        }
    } else {
        let rule = UpgradeRule::PoolVersionInvalid(text.to_owned());
        verdict.say_of(pool, Severity::Refusal, path(), rule);
    }
    if pool.metadata.deletion_timestamp.is_some() {
        let path = JsonPath::fields("metadata.deletionTimestamp");
        verdict.say_of(pool, Severity::Warning, path, UpgradeRule::BeingDeleted);
    }
    if let Some(rule) = pause(pool.spec.paused_until.as_deref(), now) {
        verdict.say_of(pool, Severity::Warning, JsonPath::fields("spec.pausedUntil"), rule);
    }
    rollout(pool, (policy, now), verdict);
}

/// What is broken already is a warning; what the upgrade would break is a refusal.
fn skew(
    version: &ReleaseVersion,
    running: Option<&RunningVersions>,
    target: Target<'_>,
    policy: &VerdictPolicy,
) -> impl Iterator<Item = (Severity, UpgradeRule)> {
    let now = running.and_then(|running| node_pool_skew(policy.skew, running, version).err());
    let now = now.map(|rule| (Severity::Warning, UpgradeRule::SkewNow(rule)));
    let was_ahead = matches!(now, Some((_, UpgradeRule::SkewNow(NodePoolSkew::Ahead { .. }))));
    let after = running.and_then(|running| {
        let rule = node_pool_skew(policy.skew, &on_the_way(running, target.version), version).err();
        rule.filter(|rule| !(was_ahead && matches!(rule, NodePoolSkew::Ahead { .. })))
    });
    let after = after.map(|rule| (Severity::Refusal, UpgradeRule::SkewAfter(rule)));
    now.into_iter().chain(after)
}

/// What may answer while the cluster goes from what runs to the target; on the way back that is the target at the oldest.
fn on_the_way(running: &RunningVersions, target: &ReleaseVersion) -> RunningVersions {
    let back = target.precedence(&running.oldest).is_ok_and(Ordering::is_lt);
    let oldest = if back { target } else { &running.oldest };
    RunningVersions { oldest: oldest.clone(), newest: target.clone() }
}

fn rollout(
    pool: &NodePool,
    (policy, now): (&VerdictPolicy, Timestamp),
    verdict: &mut UpgradeVerdict,
) {
    let path = JsonPath::fields("status.conditions");
    let is_paused = is_paused(pool.spec.paused_until.as_deref(), now);
    let conditions = pool.status.as_ref().map_or(&[][..], |status| status.conditions());
    if let Some(state) = stands_still(conditions, RECONCILIATION_ACTIVE).filter(|_| !is_paused) {
        let rule = UpgradeRule::RolloutUnfinished(state);
        return verdict.say_of(pool, policy.unfinished_pool, path, rule);
    }
    let state = pool_state(&PoolView::of(pool), &policy.rollout, now);
    match state {
        // A deletion is a finding of its own.
        RolloutState::Finished | RolloutState::Deleting => {}
        RolloutState::Unproven => {
            verdict.say_of(pool, Severity::Warning, path, UpgradeRule::RolloutUnproven);
        }
        // The spec says so already.
        RolloutState::Refused(cause) if cause.condition == RECONCILIATION_ACTIVE => {}
        state => {
            let rule = UpgradeRule::RolloutUnfinished(state);
            verdict.say_of(pool, policy.unfinished_pool, path, rule);
        }
    }
}
