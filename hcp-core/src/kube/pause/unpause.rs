//! Letting go of a hosted cluster.

use super::Target;
use super::error::PauseError;
use super::resources::Resources;
use super::write::{Change, Writer};
use crate::pause::{Pausable, PauseOwner, PauseRefusal, UnpausePlan, plan_unpause, upstream};

/// What [`unpause`] found and did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Unpaused {
    /// The objects that are again as they were before the owner paused them, or without the owner's marker.
    pub written: Vec<String>,
    /// What somebody else wrote since, or held all the time, and which therefore stays; a sentence for each object.
    pub left: Vec<String>,
}

/// Undoes what this owner has paused: first the node pools, the hosted cluster last.
///
/// Each object gets back exactly what was there before. Pauses of others stay, and are named. Pools are released even where the hosted cluster is gone, and one
/// that cannot be released does not keep the others paused.
///
/// # Errors
///
/// The hosted cluster is another one, and nothing was written; or the first object that could not be released, after all the others were.
pub async fn unpause(
    client: &::kube::Client,
    target: &Target,
    owner: &PauseOwner,
) -> Result<Unpaused, PauseError> {
    let resources = Resources::new(client, target)?;
    let cluster = resources.hosted_cluster_json().await?;
    let cluster = cluster.map(|object| resources.identified(&object)).transpose()?;
    let mut left = Vec::new();
    let mut writer = Writer::new(|object: &Pausable| decide(object, owner, &mut left));
    let mut failed = None;
    let pools = resources.node_pools().await?;
    for object in pools.iter().chain(&cluster) {
        let api = resources.api(object.kind);
        if let Err(error) = writer.write_if_there(&api, object).await {
            failed.get_or_insert(error);
        }
    }
    let written = writer.written;
    match failed {
        Some(error) => Err(error.after(written)),
        None => Ok(Unpaused { written, left }),
    }
}

/// What to write to one object; notes what stays.
fn decide(
    object: &Pausable,
    owner: &PauseOwner,
    left: &mut Vec<String>,
) -> Result<Option<Change>, PauseError> {
    let mut note = |says: String| {
        let says = format!("{}: {says}", object.describe());
        if !left.contains(&says) {
            left.push(says);
        }
    };
    match plan_unpause(object, owner) {
        Ok(UnpausePlan::Restore { patch, fallback }) => Ok(Some(Change::new(patch).or(fallback))),
        Ok(UnpausePlan::Release { patch, found }) => {
            note(match found {
                Some(found) => format!("somebody has written pausedUntil {found:?} since"),
                None => "somebody has ended the pause before".to_owned(),
            });
            Ok(Some(Change::new(patch)))
        }
        Ok(UnpausePlan::NotHeld { foreign }) => {
            let pauses = |text: &String| {
                !matches!(
                    upstream::parse(text).meaning,
                    upstream::UpstreamMeaning::Active | upstream::UpstreamMeaning::Invalid
                )
            };
            if let Some(text) = foreign.filter(pauses) {
                note(format!("pausedUntil {text:?} is not of {owner}"));
            }
            Ok(None)
        }
        Err(PauseRefusal::HeldByOther { owner, since, .. }) => {
            note(format!("held by {owner} since {since}"));
            Ok(None)
        }
        Err(refusal) => Err(refusal.into()),
    }
}
