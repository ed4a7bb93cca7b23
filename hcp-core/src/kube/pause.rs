//! Pauses a hosted cluster with its node pools, waits for the proof, and lets go again.
//!
//! Killed at any moment and run again, each of these goes on where it was: what it has done stands in the objects.

mod error;
mod observe;
mod resources;
mod unpause;
mod wait;
mod write;

use jiff::Timestamp;

pub use error::{PauseError, WaitError};
pub use observe::observe;
pub use unpause::{Unpaused, unpause};
pub use wait::{WaitOptions, wait_paused};

use self::resources::Resources;
use self::write::{Change, Writer};
use crate::pause::{Pausable, PauseExpectation, PausePlan, PauseRequest, PausedKind, plan_pause};

/// Which hosted cluster.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Target {
    /// Its namespace.
    pub namespace: String,
    /// Its name.
    pub name: String,
    /// Its UID, where it has been decided on before: another object of that name is refused then.
    pub uid: Option<String>,
}

/// What [`pause`] did.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Paused {
    /// The hosted cluster afterwards.
    pub hosted_cluster: Pausable,
    /// The objects that were written, in order.
    pub written: Vec<String>,
}

impl Target {
    /// The hosted cluster of this name.
    #[must_use]
    pub fn new(namespace: impl Into<String>, name: impl Into<String>) -> Self {
        Self { namespace: namespace.into(), name: name.into(), uid: None }
    }

    /// The same, and no other with this name.
    #[must_use]
    pub fn with_uid(mut self, uid: impl Into<String>) -> Self {
        self.uid = Some(uid.into());
        self
    }
}

impl Paused {
    /// What [`wait_paused`] has to wait for: this object, as it was written.
    #[must_use]
    pub fn expectation(&self) -> PauseExpectation {
        PauseExpectation::default()
            .with_uid(&self.hosted_cluster.uid)
            .with_generation(self.hosted_cluster.generation)
    }
}

/// How often node pools are looked for that appeared meanwhile.
const ROUNDS: usize = 4;

/// Pauses a hosted cluster, then each of its node pools, which its own pause does not reach.
///
/// First everything is planned: where one of the objects is held by another owner, or is being deleted, nothing is written at all. The hosted cluster is written
/// first and released last, so that its marker tells of a run that was killed in between. A write is refused by the API server when its object has
/// changed since; then it is planned again.
///
/// # Errors
///
/// [`PauseError`]; [`PauseError::Interrupted`] names what is paused already.
pub async fn pause(
    client: &::kube::Client,
    target: &Target,
    request: &PauseRequest,
    now: impl Fn() -> Timestamp,
) -> Result<Paused, PauseError> {
    let resources = Resources::new(client, target)?;
    let cluster = resources.hosted_cluster().await?;
    plan_pause(&cluster, request, now())?;
    for pool in resources.node_pools().await? {
        plan_pause(&pool, request, now())?;
    }
    let change = |object: &Pausable| match plan_pause(object, request, now())? {
        PausePlan::Patch(patch) => Ok(Some(Change::new(patch))),
        PausePlan::Held => Ok(None),
    };
    let mut writer = Writer::new(change);
    match pause_all(&resources, &cluster, &mut writer).await {
        Ok(hosted_cluster) => Ok(Paused { hosted_cluster, written: writer.written }),
        Err(error) => Err(error.after(writer.written)),
    }
}

async fn pause_all<D>(
    resources: &Resources,
    cluster: &Pausable,
    writer: &mut Writer<D>,
) -> Result<Pausable, PauseError>
where
    D: FnMut(&Pausable) -> Result<Option<Change>, PauseError>,
{
    let clusters = resources.api(PausedKind::HostedCluster);
    let paused = writer.write(&clusters, cluster).await?;
    let pools = resources.api(PausedKind::NodePool);
    for _ in 0..ROUNDS {
        let before = writer.written.len();
        for pool in resources.node_pools().await? {
            writer.write_if_there(&pools, &pool).await?;
        }
        if writer.written.len() == before {
            break;
        }
    }
    paused.ok_or_else(|| PauseError::NotFound { object: cluster.describe() })
}
