//! Changes of the cluster, each through a named member and only in the cluster it was meant for.
//!
//! A call whose answer was lost may have been carried out, so whoever asks again must find success: each call looks
//! at the member list as of a linearizable read where that tells what is so already.

use std::path::Path;
use std::sync::Arc;

use etcd_client::{Client as EtcdClient, MemberAddOptions};

use crate::health::{ListedMember, ProbeError, Status};
use crate::recovery::{ApiError, ApiErrorKind, ClusterApi, Depth, QuorumWithout};
use crate::snapshot::VerifiedSnapshot;
use crate::topology::{ClusterId, MemberId, MemberName, TopologyMember};

use super::link::{Deadline, Session};
use super::{Client, Inner, classify, probe, snapshot};

/// A member that was found to be in the cluster meant, and what is being asked of it.
pub(super) struct Via<'a> {
    call: &'static str,
    name: &'a MemberName,
    pub(super) session: Arc<Session>,
    status: Status,
    deadline: Deadline,
}

impl ClusterApi for Client {
    async fn observe(&self, depth: Depth) -> crate::health::Observation {
        probe::observe(&self.inner, depth).await
    }

    async fn add_learner(
        &self,
        via: &MemberName,
        cluster: ClusterId,
        member: &TopologyMember,
    ) -> Result<MemberId, ApiError> {
        let via = session_in(&self.inner, "MemberAdd", via, cluster).await?;
        if let Some(id) = via.adopt(member).await? {
            return Ok(id);
        }
        let urls = [member.peer_url.to_string()];
        let options = MemberAddOptions::new().with_is_learner();
        let added = via
            .ask(async |client: &EtcdClient| {
                client
                    .cluster_client()
                    .member_add(urls, Some(options))
                    .await
            })
            .await;
        match added {
            Ok(answer) => match answer.member() {
                Some(member) => Ok(MemberId::new(member.id())),
                None => Err(via.error(ApiErrorKind::Retry, "the answer names no member")),
            },
            Err(error) if error.message.contains(classify::PEER_URL_EXISTS) => {
                via.adopt(member).await?.ok_or_else(|| via.failed(&error))
            }
            Err(error) => Err(via.failed(&error)),
        }
    }

    async fn remove(&self, proof: &QuorumWithout) -> Result<(), ApiError> {
        let (id, call) = (proof.id(), "MemberRemove");
        let via = session_in(&self.inner, call, proof.via(), proof.cluster_id()).await?;
        if via.status.member_id == id {
            let message = format!("{} is itself the member {id} to remove", via.name);
            return Err(via.error(ApiErrorKind::Replan, message));
        }
        let removed = via
            .ask(async |client: &EtcdClient| client.cluster_client().member_remove(id.get()).await)
            .await;
        match removed {
            Ok(_) => Ok(()),
            Err(error) if error.message.contains(classify::MEMBER_NOT_FOUND) => {
                let gone = !via.members().await?.iter().any(|listed| listed.id == id);
                if gone {
                    Ok(())
                } else {
                    Err(via.failed(&error))
                }
            }
            Err(error) => Err(via.failed(&error)),
        }
    }

    async fn promote(
        &self,
        via: &MemberName,
        cluster: ClusterId,
        id: MemberId,
    ) -> Result<(), ApiError> {
        let via = session_in(&self.inner, "MemberPromote", via, cluster).await?;
        let promoted = via
            .ask(async |client: &EtcdClient| client.cluster_client().member_promote(id.get()).await)
            .await;
        match promoted {
            Ok(_) => Ok(()),
            Err(error) if error.message.ends_with(classify::NOT_A_LEARNER) => {
                let is_voter = |listed: &ListedMember| listed.id == id && !listed.is_learner;
                let done = via.members().await?.iter().any(is_voter);
                if done {
                    Ok(())
                } else {
                    Err(via.failed(&error))
                }
            }
            Err(error) => Err(via.failed(&error)),
        }
    }

    async fn move_leader(
        &self,
        leader: &MemberName,
        cluster: ClusterId,
        to: MemberId,
    ) -> Result<(), ApiError> {
        let via = session_in(&self.inner, "MoveLeader", leader, cluster).await?;
        if via.status.leader == Some(to) {
            return Ok(());
        }
        via.ask(async |client: &EtcdClient| client.maintenance_client().move_leader(to.get()).await)
            .await
            .map(|_| ())
            .map_err(|error| via.failed(&error))
    }

    async fn snapshot(
        &self,
        from: &MemberName,
        cluster: ClusterId,
        file: &Path,
    ) -> Result<VerifiedSnapshot, ApiError> {
        snapshot::snapshot(&self.inner, from, cluster, file).await
    }
}

/// The member of that name, once its own status says that it is in `cluster`.
pub(super) async fn session_in<'a>(
    inner: &Inner,
    call: &'static str,
    name: &'a MemberName,
    cluster: ClusterId,
) -> Result<Via<'a>, ApiError> {
    let failed = |error: &ProbeError| {
        ApiError::new(
            call,
            name.clone(),
            classify::api_kind(error),
            error.to_string(),
        )
    };
    let link = inner
        .links
        .iter()
        .find(|link| link.member.name == *name)
        .ok_or_else(|| {
            let message = "the topology has no member of that name; ask one it has";
            ApiError::new(call, name.clone(), ApiErrorKind::Fatal, message)
        })?;
    inner.renew_tls().await;
    let deadline = Deadline::after(inner.options.change_timeout);
    let session = inner.session(link).await.map_err(|error| failed(&error))?;
    let status = match probe::status(&session, deadline).await {
        Ok(status) => status,
        Err(error) => {
            let exact = session.explain(&error, deadline).await.unwrap_or(error);
            link.reset().await;
            return Err(failed(&exact));
        }
    };
    if status.cluster_id != cluster {
        let message = format!(
            "it is in cluster {}, not in {cluster}; nothing was asked of it",
            status.cluster_id
        );
        return Err(ApiError::new(
            call,
            name.clone(),
            ApiErrorKind::Replan,
            message,
        ));
    }
    Ok(Via {
        call,
        name,
        session,
        status,
        deadline,
    })
}

impl Via<'_> {
    /// One call with the user's token, to its end or to the deadline.
    async fn ask<T>(
        &self,
        call: impl AsyncFnOnce(&EtcdClient) -> Result<T, etcd_client::Error>,
    ) -> Result<T, ProbeError> {
        let answer = async { call(self.session.quorum().await?).await };
        match self.deadline.bound(self.call, answer).await {
            Ok(answer) => Ok(answer),
            Err(error) => {
                let exact = self.session.explain(&error, self.deadline).await;
                Err(exact.unwrap_or(error))
            }
        }
    }

    /// The member list as of a linearizable read.
    async fn members(&self) -> Result<Vec<ListedMember>, ApiError> {
        let fresh = async {
            probe::read(&self.session, self.deadline).await?;
            probe::list(&self.session, true, self.deadline).await
        };
        fresh.await.map_err(|error| self.failed(&error))
    }

    /// The id of the learner with that peer URL, if there is one already.
    async fn adopt(&self, member: &TopologyMember) -> Result<Option<MemberId>, ApiError> {
        let has_url = |listed: &&ListedMember| {
            listed
                .peer_urls
                .iter()
                .any(|url| member.peer_url.is_same_as(url))
        };
        let members = self.members().await?;
        match members.iter().find(has_url) {
            None => Ok(None),
            Some(listed) if listed.is_learner => Ok(Some(listed.id)),
            Some(listed) => {
                let message = format!(
                    "{} has the peer URL {} already and is a voter",
                    listed.id, member.peer_url
                );
                Err(self.error(ApiErrorKind::Replan, message))
            }
        }
    }

    pub(super) fn failed(&self, error: &ProbeError) -> ApiError {
        self.error(classify::api_kind(error), error.to_string())
    }

    pub(super) fn error(&self, kind: ApiErrorKind, message: impl Into<String>) -> ApiError {
        ApiError::new(self.call, self.name.clone(), kind, message)
    }
}
