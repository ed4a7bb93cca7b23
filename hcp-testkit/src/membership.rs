//! Who leads, and members coming and going by hand.

use std::time::Duration;

use etcd_client::{Client, Member, MemberAddOptions};
use hcp_etcd::MemberId;
use tokio::time::{Instant, sleep, timeout};

use crate::client::POLL;
use crate::{EtcdCluster, TestkitError};

/// How long a member may take to tell its status, and a cluster to elect a leader.
const STATUS_PATIENCE: Duration = Duration::from_secs(2);
const ELECTION_PATIENCE: Duration = Duration::from_secs(30);

impl EtcdCluster {
    /// Which member leads, by the word of the first that knows; waits for an election.
    ///
    /// # Errors
    /// [`TestkitError::Unexpected`] if there is no leader for long.
    pub async fn leader(&self) -> Result<usize, TestkitError> {
        let deadline = Instant::now() + ELECTION_PATIENCE;
        loop {
            for i in 0..self.len() {
                if let Some(leader) = self.leader_seen_by(i).await?
                    && self.process(leader)?.is_some()
                {
                    return Ok(leader);
                }
            }
            if Instant::now() >= deadline {
                return Err(TestkitError::Unexpected("no member knows a leader".into()));
            }
            sleep(POLL).await;
        }
    }

    /// Which member leads by the word of member `i`; `None` if that one does not answer or knows none.
    ///
    /// # Errors
    /// [`TestkitError`] if the leader is none of the declared members.
    pub async fn leader_seen_by(&self, i: usize) -> Result<Option<usize>, TestkitError> {
        let mut client = self.client(i).await?;
        let Ok(Ok(status)) = timeout(STATUS_PATIENCE, client.status()).await else {
            return Ok(None);
        };
        let Ok(Ok(list)) = timeout(STATUS_PATIENCE, client.member_list()).await else {
            return Ok(None);
        };
        let leader = list.members().iter().find(|m| m.id() == status.leader());
        leader.map(|leader| self.index_of(leader)).transpose()
    }

    /// Some member that follows.
    ///
    /// # Errors
    /// As [`EtcdCluster::leader`].
    pub async fn follower(&self) -> Result<usize, TestkitError> {
        Ok((self.leader().await? + 1) % self.len())
    }

    /// The id member `i` has in the list of the leader.
    ///
    /// # Errors
    /// [`TestkitError`] if it is not in that list.
    pub async fn member_id(&self, i: usize) -> Result<MemberId, TestkitError> {
        let (via, mut client) = self.leader_client().await?;
        let list = client.member_list().await;
        let list = list.map_err(TestkitError::call("MemberList", self.name(via)))?;
        let url = &self.declared(i).peer_url;
        let listed = |m: &&Member| m.peer_urls().iter().any(|listed| url.is_same_as(listed));
        let member = list.members().iter().find(listed);
        member
            .map(|member| MemberId::new(member.id()))
            .ok_or_else(|| TestkitError::Unexpected(format!("{} is not a member", self.name(i))))
    }

    /// Removes member `i` from the cluster; its process is left alone.
    ///
    /// # Errors
    /// [`TestkitError::Call`] if the cluster refuses.
    pub async fn member_remove(&self, i: usize) -> Result<(), TestkitError> {
        let id = self.member_id(i).await?;
        let (via, mut client) = self.leader_client().await?;
        let removed = client.member_remove(id.get()).await;
        removed.map(drop).map_err(TestkitError::call("MemberRemove", self.name(via)))
    }

    /// Adds member `i`, by its declared peer URL, as a learner; does not start it.
    ///
    /// # Errors
    /// [`TestkitError::Call`] if the cluster refuses.
    pub async fn member_add_learner(&self, i: usize) -> Result<MemberId, TestkitError> {
        let options = MemberAddOptions::new().with_is_learner();
        self.member_add(i, options).await
    }

    /// Adds member `i`, by its declared peer URL, as a voter; does not start it.
    ///
    /// # Errors
    /// [`TestkitError::Call`] if the cluster refuses.
    pub async fn member_add_voter(&self, i: usize) -> Result<MemberId, TestkitError> {
        self.member_add(i, MemberAddOptions::new()).await
    }

    /// Makes the learner `i` a voter.
    ///
    /// # Errors
    /// [`TestkitError::Call`] if the cluster refuses, as it does until the learner has caught up.
    pub async fn member_promote(&self, i: usize) -> Result<(), TestkitError> {
        let id = self.member_id(i).await?;
        let (via, mut client) = self.leader_client().await?;
        let promoted = client.member_promote(id.get()).await;
        promoted.map(drop).map_err(TestkitError::call("MemberPromote", self.name(via)))
    }

    /// Repeats a membership change while the cluster refuses it for now: an unhealthy peer, a learner that is behind.
    ///
    /// # Errors
    /// The last refusal after half a minute, or another failure at once.
    pub async fn retry<T>(
        &self,
        mut change: impl AsyncFnMut() -> Result<T, TestkitError>,
    ) -> Result<T, TestkitError> {
        let deadline = Instant::now() + ELECTION_PATIENCE;
        loop {
            match change().await {
                Err(error) if error.is_retryable() && Instant::now() < deadline => {}
                done => return done,
            }
            sleep(POLL).await;
        }
    }

    async fn member_add(
        &self,
        i: usize,
        options: MemberAddOptions,
    ) -> Result<MemberId, TestkitError> {
        let (via, mut client) = self.leader_client().await?;
        let url = self.declared(i).peer_url.to_string();
        let added = client.member_add([url], Some(options)).await;
        let added = added.map_err(TestkitError::call("MemberAdd", self.name(via)))?;
        let id = added.member().map(Member::id);
        id.map(MemberId::new)
            .ok_or_else(|| TestkitError::Unexpected("MemberAdd answered without a member".into()))
    }

    async fn leader_client(&self) -> Result<(usize, Client), TestkitError> {
        let leader = self.leader().await?;
        Ok((leader, self.client(leader).await?))
    }

    fn index_of(&self, member: &Member) -> Result<usize, TestkitError> {
        let mut declared = self.topology().members().iter();
        let position = declared.position(|declared| {
            let mut listed = member.peer_urls().iter();
            listed.any(|url| declared.peer_url.is_same_as(url))
        });
        position.ok_or_else(|| {
            TestkitError::Unexpected(format!("member {:x} is not declared", member.id()))
        })
    }
}
