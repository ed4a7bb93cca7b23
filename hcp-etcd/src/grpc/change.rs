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
                client.cluster_client().member_add(urls, Some(options)).await
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
                if gone { Ok(()) } else { Err(via.failed(&error)) }
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
                if done { Ok(()) } else { Err(via.failed(&error)) }
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
        ApiError::new(call, name.clone(), classify::api_kind(error), error.to_string())
    };
    let link = inner.links.iter().find(|link| link.member.name == *name).ok_or_else(|| {
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
        return Err(ApiError::new(call, name.clone(), ApiErrorKind::Replan, message));
    }
    Ok(Via { call, name, session, status, deadline })
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
            probe::list(&self.session, self.deadline).await
        };
        fresh.await.map_err(|error| self.failed(&error))
    }

    /// The id of the learner with that peer URL, if there is one already.
    async fn adopt(&self, member: &TopologyMember) -> Result<Option<MemberId>, ApiError> {
        let has_url = |listed: &&ListedMember| {
            listed.peer_urls.iter().any(|url| member.peer_url.is_same_as(url))
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

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use hcp_testkit::EtcdCluster;
    use jiff::Timestamp;
    use tokio::time::{Instant, sleep};

    use super::*;
    use crate::{ClientOptions, Tls, Topology};

    const PATIENCE: Duration = Duration::from_secs(60);

    /// The testkit is built against this crate as others see it, so types are carried over as text.
    struct World {
        cluster: EtcdCluster,
        client: Client,
        id: ClusterId,
    }

    impl World {
        async fn start() -> Self {
            let cluster = EtcdCluster::builder().start().await.unwrap();
            let members = cluster.topology().members().iter().map(|member| {
                let (client, peer) = (&member.client_url, &member.peer_url);
                TopologyMember::parse(member.name.as_str(), &client.to_string(), &peer.to_string())
                    .unwrap()
            });
            let files = cluster.client_tls().unwrap();
            let tls = Tls::from_files(&files.ca, &files.cert, &files.key).unwrap();
            let options = ClientOptions::default().with_tls(tls);
            let client = Client::new(Topology::new(members).unwrap(), options).unwrap();
            let observed = client.observe(Depth::Shallow).await;
            let id = observed.members[0].status.as_ref().unwrap().cluster_id;
            Self { cluster, client, id }
        }

        fn member(&self, i: usize) -> &TopologyMember {
            &self.client.topology().members()[i]
        }

        fn name(&self, i: usize) -> &MemberName {
            &self.member(i).name
        }

        async fn member_id(&self, i: usize) -> MemberId {
            MemberId::new(self.cluster.member_id(i).await.unwrap().get())
        }

        fn proof(&self, cluster: ClusterId, i: usize, id: MemberId, via: usize) -> QuorumWithout {
            let (member, via) = (self.name(i).clone(), self.name(via).clone());
            QuorumWithout::new(member, id, cluster, via, Timestamp::UNIX_EPOCH)
        }
    }

    /// Asks again while the cluster says that it may work later.
    async fn retried<T>(call: impl AsyncFn() -> Result<T, ApiError>) -> Result<T, ApiError> {
        let deadline = Instant::now() + PATIENCE;
        loop {
            match call().await {
                Err(error) if error.is_retryable() && Instant::now() < deadline => {
                    sleep(Duration::from_millis(100)).await;
                }
                done => return done,
            }
        }
    }

    fn kind<T>(done: Result<T, ApiError>) -> Result<T, ApiErrorKind> {
        done.map_err(|error| error.kind)
    }

    #[tokio::test]
    async fn a_member_is_removed_added_and_promoted_and_asking_again_is_success() {
        let world = World::start().await;
        let (client, id) = (&world.client, world.id);
        let (via, gone) = (0, 2);
        let old = world.member_id(gone).await;
        world.cluster.wipe_data(gone).await.unwrap();

        let proof = world.proof(id, gone, old, via);
        for _ in 0..2 {
            retried(async || client.remove(&proof).await).await.unwrap();
        }
        let add = async || client.add_learner(world.name(via), id, world.member(gone)).await;
        let new = retried(add).await.unwrap();
        assert_ne!(new, old);
        assert_eq!(add().await.unwrap(), new, "it is adopted");
        let voter = client.add_learner(world.name(via), id, world.member(1)).await;
        assert_eq!(kind(voter), Err(ApiErrorKind::Replan));

        let promote = async || client.promote(world.name(via), id, new).await;
        assert_eq!(kind(promote().await), Err(ApiErrorKind::Retry), "it never started");
        world.cluster.start_joining(gone).await.unwrap();
        retried(promote).await.unwrap();
        promote().await.unwrap();
        let unknown = client.promote(world.name(via), id, MemberId::new(1)).await;
        assert_eq!(kind(unknown), Err(ApiErrorKind::Replan));
        world.cluster.wait_healthy(PATIENCE).await.unwrap();
        assert_eq!(world.member_id(gone).await, new);
    }

    #[tokio::test]
    async fn a_learner_is_seen_as_one_and_a_second_is_refused() {
        let world = World::start().await;
        let (client, id, via) = (&world.client, world.id, world.name(0));
        let old = world.member_id(2).await;
        world.cluster.wipe_data(2).await.unwrap();
        let proof = world.proof(id, 2, old, 0);
        retried(async || client.remove(&proof).await).await.unwrap();
        retried(async || client.add_learner(via, id, world.member(2)).await).await.unwrap();
        let another = TopologyMember::parse("more", "https://127.0.0.1:1", "https://127.0.0.1:2");
        let another = another.unwrap();
        let refused = retried(async || client.add_learner(via, id, &another).await).await;
        assert_eq!(kind(refused), Err(ApiErrorKind::Replan));

        world.cluster.start_joining(2).await.unwrap();
        let deadline = Instant::now() + PATIENCE;
        let learner = loop {
            let mut observed = client.observe(Depth::Hashes).await;
            let learner = observed.members.pop().unwrap();
            if learner.status.is_ok() {
                break learner;
            }
            assert!(Instant::now() < deadline, "{:?}", learner.status);
            sleep(Duration::from_millis(100)).await;
        };
        assert!(learner.status.unwrap().is_learner);
        let refused = crate::health::ProbeErrorKind::Refused;
        assert_eq!(learner.read.unwrap_err().kind, refused);
        assert_eq!(learner.hash.unwrap().unwrap_err().kind, refused);
    }

    #[tokio::test]
    async fn the_wrong_cluster_is_not_touched() {
        let world = World::start().await;
        let (client, wrong) = (&world.client, ClusterId::new(world.id.get() ^ 1));
        let (leader, id) = (world.cluster.leader().await.unwrap(), world.member_id(1).await);
        let via = world.name(leader);
        let to =
            TopologyMember::parse("more", "https://127.0.0.1:1", "https://127.0.0.1:2").unwrap();
        let file = world.cluster.dir().join("snapshot.db");
        let replan = Err(ApiErrorKind::Replan);
        let before = client.observe(Depth::Shallow).await.members.remove(0).member_list;
        assert_eq!(kind(client.add_learner(via, wrong, &to).await).map(drop), replan);
        assert_eq!(kind(client.remove(&world.proof(wrong, 1, id, 0)).await), replan);
        assert_eq!(kind(client.promote(via, wrong, id).await), replan);
        assert_eq!(kind(client.move_leader(via, wrong, id).await), replan);
        assert_eq!(kind(client.snapshot(via, wrong, &file).await).map(drop), replan);
        // Nor is a member removed through itself, nor one asked that nobody declared.
        assert_eq!(kind(client.remove(&world.proof(world.id, 1, id, 1)).await), replan);
        let stranger = MemberName::new("stranger").unwrap();
        let fatal = client.promote(&stranger, world.id, id).await.unwrap_err();
        assert_eq!(fatal.kind, ApiErrorKind::Fatal);
        assert_eq!(fatal.via, stranger);
        let after = client.observe(Depth::Shallow).await.members.remove(0).member_list;
        assert_eq!(after, before);
        assert!(!file.exists());
    }

    #[tokio::test]
    async fn the_leader_moves_and_snapshots_are_verified() {
        let world = World::start().await;
        let (client, id) = (&world.client, world.id);
        let leader = world.cluster.leader().await.unwrap();
        let (to, other) = ((leader + 1) % 3, (leader + 2) % 3);
        let heir = world.member_id(to).await;
        let by_follower = client.move_leader(world.name(other), id, heir).await;
        assert_eq!(kind(by_follower), Err(ApiErrorKind::Replan));
        for _ in 0..2 {
            client.move_leader(world.name(leader), id, heir).await.unwrap();
        }
        assert_eq!(world.cluster.leader().await.unwrap(), to);

        let mut writer = world.cluster.client(0).await.unwrap();
        let value = vec![b'x'; 100_000];
        for i in 0..50 {
            writer.put(format!("key-{i}"), value.clone(), None).await.unwrap();
        }
        let file = world.cluster.dir().join("snapshot.db");
        let verified = client.snapshot(world.name(0), id, &file).await.unwrap();
        assert_eq!((verified.path.as_path(), verified.revision), (file.as_path(), 51));
        let again = client.snapshot(world.name(0), id, &file).await.unwrap_err();
        assert_eq!(again.kind, ApiErrorKind::Fatal, "{again}");
        let left: Vec<_> = std::fs::read_dir(world.cluster.dir()).unwrap().flatten().collect();
        let parts =
            left.iter().filter(|entry| entry.path().extension().is_some_and(|e| e == "part"));
        assert_eq!(parts.count(), 0);
    }
}
