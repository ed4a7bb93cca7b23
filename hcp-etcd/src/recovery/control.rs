//! The two seams through which a recovery acts: what runs members, and the cluster's own API.
//!
//! Implementations are thin: they do one thing, say precisely why it failed, and re-check identity at the moment
//! of acting. Everything that decides is elsewhere and pure.

use std::fmt;
use std::path::Path;

use crate::health::{Observation, ProcessObservation};
use crate::snapshot::VerifiedSnapshot;
use crate::topology::{ClusterId, MemberId, MemberName, TopologyMember};

use super::proof::{NotInCluster, QuorumWithout};

/// Starts, stops and wipes members; implemented for local processes here, for anything else by the host.
///
/// Every method is idempotent: asked for what is already so, it succeeds.
pub trait MemberControl: Send + Sync {
    /// Looks at the member without changing anything.
    fn inspect(
        &self,
        member: &MemberName,
    ) -> impl Future<Output = Result<ProcessObservation, ControlError>> + Send;

    /// Starts the member and returns once it is launched, not once it is healthy.
    fn start(
        &self,
        member: &MemberName,
        mode: &StartMode,
    ) -> impl Future<Output = Result<(), ControlError>> + Send;

    /// Stops the member and returns once its process is gone: gracefully first, by force after a while.
    fn stop(&self, member: &MemberName) -> impl Future<Output = Result<(), ControlError>> + Send;

    /// Puts the data of a stopped member out of the way, for good.
    ///
    /// The proof says that the cluster no longer counts on these data, and names the incarnation it was made for;
    /// an implementation refuses ([`ControlError::is_stale`]) if that is not the one it finds.
    fn wipe(&self, proof: &NotInCluster) -> impl Future<Output = Result<(), ControlError>> + Send;
}

/// What a recovery asks of the cluster itself; implemented by the `grpc` feature's `Client`.
pub trait ClusterApi: Send + Sync {
    /// Probes every member. `Depth::Hashes` adds the comparison of the stores' contents.
    fn observe(&self, depth: Depth) -> impl Future<Output = Observation> + Send;

    /// Adds a learner with that peer URL and returns its id; an equal learner that is there already is adopted.
    fn add_learner(
        &self,
        via: &MemberName,
        cluster: ClusterId,
        member: &TopologyMember,
    ) -> impl Future<Output = Result<MemberId, ApiError>> + Send;

    /// Removes a member, through a member that stays; one that is gone already is a success.
    fn remove(&self, proof: &QuorumWithout) -> impl Future<Output = Result<(), ApiError>> + Send;

    /// Makes a learner a voter; one that is a voter already is a success.
    ///
    /// Fails with [`ApiErrorKind::Retry`] while the learner has not caught up.
    fn promote(
        &self,
        via: &MemberName,
        cluster: ClusterId,
        id: MemberId,
    ) -> impl Future<Output = Result<(), ApiError>> + Send;

    /// Makes `to` the leader; must be asked of the present leader.
    fn move_leader(
        &self,
        leader: &MemberName,
        cluster: ClusterId,
        to: MemberId,
    ) -> impl Future<Output = Result<(), ApiError>> + Send;

    /// Streams a snapshot of `from` into a new file and verifies it.
    fn snapshot(
        &self,
        from: &MemberName,
        cluster: ClusterId,
        file: &Path,
    ) -> impl Future<Output = Result<VerifiedSnapshot, ApiError>> + Send;
}

/// How much a probe asks.
#[non_exhaustive]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Depth {
    /// What every member answers at once: read, status, member list, alarms.
    #[default]
    Shallow,
    /// The same, and a hash of every member's key space at one revision. Each member scans its whole store for it.
    Hashes,
}

/// How a member is started.
#[non_exhaustive]
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StartMode {
    /// On the data it has.
    Resume,
    /// Without data, into a cluster that runs (`--initial-cluster-state existing`).
    Join {
        /// Every member of the cluster with its peer URL, this one included (`--initial-cluster`).
        initial_cluster: Vec<(MemberName, String)>,
    },
}

/// A supervisor could not do what it was asked.
#[non_exhaustive]
#[derive(Debug, Clone, thiserror::Error)]
#[error("{action} member {member}: {problem}")]
pub struct ControlError {
    /// Which member.
    pub member: MemberName,
    /// What was tried.
    pub action: ControlAction,
    /// What went wrong, and what to do about it.
    pub problem: String,
    stale: bool,
}

/// What a [`MemberControl`] does.
#[non_exhaustive]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ControlAction {
    /// Looking.
    Inspect,
    /// Starting.
    Start,
    /// Stopping.
    Stop,
    /// Wiping.
    Wipe,
}

/// The cluster refused a call, or did not answer it.
#[non_exhaustive]
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{call} through {via}: {message}")]
pub struct ApiError {
    /// The call, as etcd names it (`MemberRemove`).
    pub call: &'static str,
    /// The member it was sent to.
    pub via: MemberName,
    /// Whether to try again.
    pub kind: ApiErrorKind,
    /// What the server or the transport said.
    pub message: String,
}

/// What to make of an [`ApiError`].
#[non_exhaustive]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ApiErrorKind {
    /// It may work later as it is: no leader, timeout, an unhealthy peer, a learner that is not in sync.
    Retry,
    /// The world is not as the call supposes: observe again and decide anew.
    Replan,
    /// It will not work until somebody changes something.
    Fatal,
}

impl ControlError {
    /// A failure of `action` on `member`.
    #[must_use]
    pub fn new(action: ControlAction, member: MemberName, problem: impl Into<String>) -> Self {
        Self { member, action, problem: problem.into(), stale: false }
    }

    /// The incarnation found is not the one the caller meant.
    #[must_use]
    pub fn stale(action: ControlAction, member: MemberName, problem: impl Into<String>) -> Self {
        Self { member, action, problem: problem.into(), stale: true }
    }

    /// Whether the caller acted on an outdated view: observe again and decide anew.
    #[must_use]
    pub const fn is_stale(&self) -> bool {
        self.stale
    }
}

impl ApiError {
    /// A failure of `call` sent to `via`.
    #[must_use]
    pub fn new(
        call: &'static str,
        via: MemberName,
        kind: ApiErrorKind,
        message: impl Into<String>,
    ) -> Self {
        Self { call, via, kind, message: message.into() }
    }

    /// Whether the same call may succeed later.
    #[must_use]
    pub const fn is_retryable(&self) -> bool {
        matches!(self.kind, ApiErrorKind::Retry)
    }
}

impl fmt::Display for ControlAction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Inspect => "inspect",
            Self::Start => "start",
            Self::Stop => "stop",
            Self::Wipe => "wipe",
        })
    }
}
