//! The `eviction` subresource of pods, which honours disruption budgets.

use std::sync::Arc;

use k8s_openapi::apimachinery::pkg::apis::meta::v1::LabelSelector;
use kube::core::Selector;
use serde_json::{Value, json};

use super::delete::{self, DeleteOptions};
use super::kinds::Kind;
use super::object::{is_deleting, name, text};
use super::request::Verb;
use super::selector::labels_match;
use super::status::{ApiError, success};
use super::store::Key;
use super::world::{Call, Reply, World, json_body};
use super::write::seconds;

const REFUSED: &str = "Cannot evict pod as it would violate the pod's disruption budget.";

/// Deletes a pod if its disruption budget allows.
pub(super) fn evict(world: &mut World, call: &Call<'_>) -> Result<Reply, ApiError> {
    if call.request.verb != Verb::Create {
        return Err(ApiError::method_not_allowed());
    }
    let eviction = json_body(call.request)?;
    let key = call.key();
    let Some(pod) = world.store.get(&key).cloned() else { return Err(call.not_found()) };
    if name(&eviction) != call.name() {
        return Err(ApiError::bad_request("name in URL does not match name in Eviction object"));
    }
    let mut options = DeleteOptions::read(&eviction["deleteOptions"])?;
    if !ignores_budgets(&pod) {
        let budgets = budgets_of(world, call.namespace(), &pod)?;
        match &budgets[..] {
            [] => {}
            [(budget_key, budget)] => {
                if !is_spared(budget, &pod) {
                    spend(world, budget_key, budget, &pod)?;
                }
                options.uid = options.uid.or_else(|| Some(super::object::uid(&pod).to_owned()));
            }
            _ => {
                return Err(ApiError::internal(
                    "This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.",
                ));
            }
        }
    }
    delete::delete(world, &call.kind, &key, &options)?;
    Ok(Reply::Json(201, success(Some(201), None)))
}

fn ignores_budgets(pod: &Value) -> bool {
    is_deleting(pod) || matches!(text(pod, "/status/phase"), "Succeeded" | "Failed" | "Pending")
}

/// A pod that is not ready may go while its budget has what it wants, or always if the budget says so.
fn is_spared(budget: &Value, pod: &Value) -> bool {
    let conditions = pod.pointer("/status/conditions").and_then(Value::as_array);
    let ready = conditions
        .into_iter()
        .flatten()
        .any(|condition| condition["type"] == "Ready" && condition["status"] == "True");
    let status = &budget["status"];
    let (current, desired) = (status["currentHealthy"].as_i64(), status["desiredHealthy"].as_i64());
    let healthy = desired.is_some_and(|desired| desired > 0) && current >= desired;
    !ready && (healthy || budget["spec"]["unhealthyPodEvictionPolicy"] == "AlwaysAllow")
}

fn budgets_of(
    world: &World,
    namespace: &str,
    pod: &Value,
) -> Result<Vec<(Key, Arc<Value>)>, ApiError> {
    let Some(kind) = world.kinds.of("policy", "poddisruptionbudgets") else {
        return Ok(Vec::new());
    };
    let mut found = Vec::new();
    for (key, budget) in budgets_in(world, &kind, namespace) {
        if selects(budget, pod)? {
            found.push((key.clone(), Arc::clone(budget)));
        }
    }
    Ok(found)
}

fn budgets_in<'a>(
    world: &'a World,
    kind: &'a Kind,
    namespace: &'a str,
) -> impl Iterator<Item = (&'a Key, &'a Arc<Value>)> {
    world.store.iter().filter(move |(key, _)| key.is_in(kind, Some(namespace)))
}

fn selects(budget: &Value, pod: &Value) -> Result<bool, ApiError> {
    let selector = &budget["spec"]["selector"];
    if selector.is_null() {
        return Ok(false);
    }
    let selector: Option<LabelSelector> = serde_json::from_value(selector.clone()).ok();
    let selector = selector.and_then(|selector| Selector::try_from(selector).ok());
    selector.map(|selector| labels_match(&selector, pod)).ok_or_else(|| {
        ApiError::internal(&format!("the selector of budget {} is not valid", name(budget)))
    })
}

/// Takes one disruption from the budget, or refuses.
fn spend(world: &mut World, key: &Key, budget: &Value, pod: &Value) -> Result<(), ApiError> {
    let generation = budget["metadata"]["generation"].as_i64().unwrap_or_default();
    if budget["status"]["observedGeneration"].as_i64().unwrap_or_default() < generation {
        let cause = format!(
            "The disruption budget {} is still being processed by the server.",
            name(budget)
        );
        return Err(ApiError::disruption_budget(REFUSED, &cause, 10));
    }
    let allowed = budget["status"]["disruptionsAllowed"].as_i64().unwrap_or_default();
    if allowed <= 0 {
        let cause = format!(
            "The disruption budget {} needs {} healthy pods and has {} currently",
            name(budget),
            budget["status"]["desiredHealthy"],
            budget["status"]["currentHealthy"]
        );
        return Err(ApiError::disruption_budget(REFUSED, &cause, 0));
    }
    let mut next = budget.clone();
    next["status"]["disruptionsAllowed"] = json!(allowed - 1);
    next["status"]["disruptedPods"][name(pod)] = seconds(world.now).into();
    world.store.put(key, next);
    Ok(())
}
