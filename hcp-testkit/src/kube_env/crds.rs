//! Custom resource definitions, installed and waited for.

use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition;
use kube::api::{Api, Patch, PatchParams};
use kube::core::discovery::v2::APIGroupDiscoveryList;
use kube::{Client, ResourceExt};
use tokio::time::{Instant, sleep};

use super::{FIELD_MANAGER, PATIENCE};
use crate::TestkitError;
use crate::client::POLL;

/// Applies all, then waits until each is established and in the discovery that clients read.
pub(super) async fn install(
    client: &Client,
    crds: &[CustomResourceDefinition],
) -> Result<(), TestkitError> {
    let api = Api::<CustomResourceDefinition>::all(client.clone());
    let params = PatchParams::apply(FIELD_MANAGER).force();
    for crd in crds {
        let applied = api.patch(&crd.name_any(), &params, &Patch::Apply(crd)).await;
        applied.map_err(TestkitError::kube("apply a custom resource definition"))?;
    }
    for crd in crds {
        wait_served(client, &api, crd).await?;
    }
    Ok(())
}

async fn wait_served(
    client: &Client,
    api: &Api<CustomResourceDefinition>,
    crd: &CustomResourceDefinition,
) -> Result<(), TestkitError> {
    let deadline = Instant::now() + PATIENCE;
    let name = crd.name_any();
    loop {
        let seen = api.get(&name).await;
        let seen = seen.map_err(TestkitError::kube("read a custom resource definition"))?;
        let state = match establishment(&seen) {
            Establishment::Refused(why) => {
                return Err(TestkitError::Unexpected(format!("{name} is refused: {why}")));
            }
            Establishment::Pending => "not established",
            Establishment::Established => {
                let groups = client.list_api_groups_aggregated().await;
                let groups = groups.map_err(TestkitError::kube("discover what is served"))?;
                if is_discovered(&groups, crd) {
                    return Ok(());
                }
                "established, but not discovered"
            }
        };
        if Instant::now() > deadline {
            return Err(TestkitError::not_ready(name, PATIENCE, state));
        }
        sleep(POLL).await;
    }
}

#[derive(Debug, PartialEq, Eq)]
enum Establishment {
    Pending,
    Established,
    /// Waiting will not help.
    Refused(String),
}

fn establishment(crd: &CustomResourceDefinition) -> Establishment {
    let conditions = crd.status.iter().flat_map(|status| status.conditions.iter().flatten());
    let mut established = Establishment::Pending;
    for condition in conditions {
        match (condition.type_.as_str(), condition.status.as_str()) {
            ("NamesAccepted", "False") => {
                let why = condition.message.clone().unwrap_or_default();
                return Establishment::Refused(why);
            }
            ("Established", "True") => established = Establishment::Established,
            _ => {}
        }
    }
    established
}

/// Every version that is to be served has the resource, in a document that is up to date.
fn is_discovered(groups: &APIGroupDiscoveryList, crd: &CustomResourceDefinition) -> bool {
    let group = groups.items.iter().find(|group| {
        group.metadata.as_ref().and_then(|meta| meta.name.as_ref()) == Some(&crd.spec.group)
    });
    let has = |wanted: &str| {
        group.into_iter().flat_map(|group| &group.versions).any(|version| {
            version.version.as_deref() == Some(wanted)
                && version.resources.iter().any(|resource| {
                    resource.resource.as_deref() == Some(crd.spec.names.plural.as_str())
                })
        })
    };
    crd.spec.versions.iter().filter(|version| version.served).all(|version| has(&version.name))
}
