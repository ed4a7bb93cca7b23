//! The rows: a fault, what must come of it, and the proof that it did.

use std::pin::Pin;
use std::time::Duration;

use hcp_etcd::Topology;
use hcp_etcd::recovery::{Outcome, Step};
use hcp_testkit::{EtcdCluster, FlipTarget, TestkitError};

use crate::arena::{Arena, Failure, SECOND_FAULT, Shown, summary};
use crate::crash;

type Run = fn() -> Pin<Box<dyn Future<Output = Result<Shown, Failure>>>>;

pub(crate) struct Row {
    pub(crate) name: &'static str,
    pub(crate) run: Run,
}

/// How a row must end.
enum End {
    /// Healthy, without a replacement.
    Kept,
    /// Healthy, after that many replacements.
    Replaced(usize),
    /// Refused, and that rule among the reasons.
    Refused(&'static str),
}

macro_rules! rows {
    ($($name:literal => $run:expr),* $(,)?) => {
        vec![$(Row { name: $name, run: || Box::pin($run) }),*]
    };
}

/// All rows, in the order of the table.
pub(crate) fn rows() -> Vec<Row> {
    rows! {
        "kill -9, follower" => killed(Who::Follower),
        "kill -9, leader" => killed(Who::Leader),
        "SIGSTOP for a moment, follower" => paused_briefly(Who::Follower),
        "SIGSTOP for a moment, leader" => paused_briefly(Who::Leader),
        "SIGSTOP for good, follower" => paused(Who::Follower),
        "SIGSTOP for good, leader" => paused(Who::Leader),
        "stops and goes on again and again (flapping)" => flapping(),
        "wiped data directory, follower" => wiped(Who::Follower),
        "wiped data directory, leader" => wiped(Who::Leader),
        "wiped data directory, restarted (crash loop)" => wiped_and_restarted(),
        "damaged backend page, follower" => flipped(Who::Follower, FlipTarget::BackendPages),
        "damaged backend page, leader" => flipped(Who::Leader, FlipTarget::BackendPages),
        "damaged write-ahead log" => flipped(Who::Follower, FlipTarget::WalMiddle),
        "truncated write-ahead log, follower" => truncated_wal(Who::Follower),
        "truncated write-ahead log, leader" => truncated_wal(Who::Leader),
        "value silently changed, follower" => silently_flipped(Who::Follower),
        "value silently changed, leader" => silently_flipped(Who::Leader),
        "space quota reached (NOSPACE)" => no_space(),
        "isolated from its peers, follower" => isolated(Who::Follower),
        "isolated from its peers, leader" => isolated(Who::Leader),
        "restored into one of three members (split store)" => split(),
        "restored into three clusters of one, equal ids" => three_singles(),
        "one URL leads to another cluster" => foreign_cluster(),
        "removed behind our back, follower" => removed(Who::Follower),
        "removed behind our back, leader" => removed(Who::Leader),
        "leftover unstarted learner" => leftover(false),
        "leftover unstarted voter" => leftover(true),
        "stuck learner (log lost while joining)" => stuck_learner(),
        "stuck learner (hangs while joining)" => hung_learner(),
        "two of three killed" => several_killed(2),
        "all three killed" => several_killed(3),
        "two of three wiped" => several_wiped(2),
        "all three wiped" => several_wiped(3),
        "one wiped, one killed" => wiped_and_killed(),
        "another member is killed in the middle of a recovery" => second_killed(),
        "another member is wiped in the middle of a recovery" => second_wiped(),
        "two of five wiped" => two_of_five_wiped(),
        "we are killed between every two steps" => crash::row(),
    }
}

#[derive(Clone, Copy)]
enum Who {
    Leader,
    Follower,
}

impl Who {
    async fn of(self, cluster: &EtcdCluster) -> Result<usize, Failure> {
        Ok(match self {
            Self::Leader => cluster.leader().await?,
            Self::Follower => cluster.follower().await?,
        })
    }
}

impl End {
    fn check(&self, outcome: &Outcome) -> Result<(), Failure> {
        let as_expected = match (self, outcome) {
            (Self::Kept, Outcome::Healthy(proof)) => proof.replaced.is_empty(),
            (Self::Replaced(times), Outcome::Healthy(proof)) => proof.replaced.len() == *times,
            (Self::Refused(rule), Outcome::Refused(plan)) => {
                plan.reasons.iter().any(|reason| reason.rule() == *rule)
            }
            _ => false,
        };
        if as_expected { Ok(()) } else { Err(format!("ended otherwise: {outcome:#?}").into()) }
    }
}

async fn ends(mut arena: Arena, end: End) -> Result<Shown, Failure> {
    let outcome = arena.recover().await?;
    end.check(&outcome)?;
    match outcome {
        Outcome::Healthy(_) => arena.account().await,
        _ if arena.look().await?.is_quorum_proved() => arena.account().await,
        _ => arena.untouched().await,
    }
}

async fn killed(who: Who) -> Result<Shown, Failure> {
    let arena = Arena::new().await?;
    arena.cluster.kill(who.of(&arena.cluster).await?).await?;
    ends(arena, End::Kept).await
}

async fn paused(who: Who) -> Result<Shown, Failure> {
    let arena = Arena::new().await?;
    arena.cluster.stop(who.of(&arena.cluster).await?)?;
    ends(arena, End::Kept).await
}

async fn paused_briefly(who: Who) -> Result<Shown, Failure> {
    let mut arena = Arena::new().await?;
    let member = who.of(&arena.cluster).await?;
    arena.cluster.stop(member)?;
    let stopped = arena.look().await?;
    arena.shown.diagnosis = vec![("wait-until", summary(&stopped))];
    arena.cluster.cont(member)?;
    ends(arena, End::Kept).await
}

async fn flapping() -> Result<Shown, Failure> {
    let mut arena = Arena::new().await?;
    let member = arena.cluster.follower().await?;
    for _ in 0..3 {
        arena.cluster.stop(member)?;
        let stopped = arena.look().await?;
        arena.shown.diagnosis = vec![("wait-until", summary(&stopped))];
        arena.cluster.cont(member)?;
        arena.cluster.wait_healthy(Duration::from_secs(30)).await?;
        arena.look().await?;
    }
    ends(arena, End::Kept).await
}

async fn wiped(who: Who) -> Result<Shown, Failure> {
    let arena = Arena::new().await?;
    arena.cluster.wipe_data(who.of(&arena.cluster).await?).await?;
    ends(arena, End::Replaced(1)).await
}

async fn wiped_and_restarted() -> Result<Shown, Failure> {
    let arena = Arena::new().await?;
    let member = arena.cluster.follower().await?;
    arena.cluster.wipe_data(member).await?;
    arena.cluster.start_joining(member).await?;
    arena.cluster.wait_ended(member, Duration::from_secs(30)).await?;
    ends(arena, End::Replaced(1)).await
}

async fn flipped(who: Who, target: FlipTarget) -> Result<Shown, Failure> {
    let arena = Arena::new().await?;
    let member = who.of(&arena.cluster).await?;
    arena.cluster.flip_bytes(member, target).await?;
    ends(arena, End::Replaced(1)).await
}

async fn truncated_wal(who: Who) -> Result<Shown, Failure> {
    let arena = Arena::new().await?;
    arena.cluster.truncate_wal(who.of(&arena.cluster).await?).await?;
    ends(arena, End::Replaced(1)).await
}

/// The member must be up again before the executor looks: the point is that every probe is green.
async fn silently_flipped(who: Who) -> Result<Shown, Failure> {
    let arena = Arena::new().await?;
    let marker = b"a value nobody will write again";
    let mut client = arena.cluster.client(0).await?;
    client.put("marker", marker.as_slice(), None).await?;
    let member = who.of(&arena.cluster).await?;
    let target = FlipTarget::Value(marker.to_vec());
    arena.cluster.flip_bytes(member, target).await?;
    arena.cluster.restart(member).await?;
    arena.cluster.wait_healthy(Duration::from_secs(60)).await?;
    if matches!(who, Who::Leader) {
        lead(&arena.cluster, member).await?;
    }
    ends(arena, End::Replaced(1)).await
}

async fn no_space() -> Result<Shown, Failure> {
    let builder = EtcdCluster::builder().members(3).quota_bytes(16 * 1024 * 1024);
    let mut arena = Arena::silent(builder).await?;
    arena.cluster.fill_quota().await?;
    let outcome = arena.recover().await?;
    End::Refused("space-exhausted").check(&outcome)?;
    let refused = arena.shown.end.clone();
    arena.cluster.relieve_quota().await?;
    let outcome = arena.recover().await?;
    End::Kept.check(&outcome)?;
    arena.shown.end = format!("{refused}; once relieved: {}", arena.shown.end);
    arena.account().await
}

async fn isolated(who: Who) -> Result<Shown, Failure> {
    let mut arena = Arena::of(EtcdCluster::builder().members(3).with_peer_proxies()).await?;
    let member = who.of(&arena.cluster).await?;
    arena.cluster.proxies()?.isolate(member);
    until(async || Ok(arena.cluster.leader_seen_by(member).await?.is_none())).await?;
    let outcome = arena.recover().await?;
    End::Refused("cut-off").check(&outcome)?;
    let refused = arena.shown.end.clone();
    arena.cluster.proxies()?.heal_all();
    arena.cluster.wait_healthy(Duration::from_secs(60)).await?;
    let outcome = arena.recover().await?;
    End::Kept.check(&outcome)?;
    arena.shown.end = format!("{refused}; once healed: {}", arena.shown.end);
    arena.account().await
}

async fn split() -> Result<Shown, Failure> {
    let arena = Arena::silent(EtcdCluster::builder().members(3)).await?;
    write_some(&arena.cluster).await?;
    arena.cluster.split_by_one_member_restore().await?;
    ends(arena, End::Refused("stores-differ")).await
}

async fn three_singles() -> Result<Shown, Failure> {
    let arena = Arena::silent(EtcdCluster::builder().members(3)).await?;
    write_some(&arena.cluster).await?;
    arena.cluster.three_singles().await?;
    ends(arena, End::Refused("foreign-member")).await
}

async fn foreign_cluster() -> Result<Shown, Failure> {
    // Without TLS: with it, the other cluster's authority would give the mistake away sooner.
    let ours = EtcdCluster::builder().members(3).plaintext().start().await?;
    let other = EtcdCluster::builder().members(1).plaintext().start().await?;
    let mut members = ours.topology().members().to_vec();
    members[2].client_url = other.declared(0).client_url.clone();
    let mut arena = Arena::observing(ours, Topology::new(members)?)?;
    let outcome = arena.recover().await?;
    End::Refused("foreign-member").check(&outcome)?;
    drop(other);
    arena.untouched().await
}

async fn removed(who: Who) -> Result<Shown, Failure> {
    let arena = Arena::new().await?;
    let member = who.of(&arena.cluster).await?;
    remove(&arena.cluster, member).await?;
    arena.cluster.wait_ended(member, Duration::from_secs(30)).await?;
    ends(arena, End::Replaced(1)).await
}

async fn leftover(voter: bool) -> Result<Shown, Failure> {
    let arena = Arena::new().await?;
    let member = arena.cluster.follower().await?;
    remove(&arena.cluster, member).await?;
    arena.cluster.wait_ended(member, Duration::from_secs(30)).await?;
    if voter {
        arena.cluster.member_add_voter(member).await?;
    } else {
        arena.cluster.member_add_learner(member).await?;
    }
    ends(arena, End::Replaced(1)).await
}

/// A learner that has received a part of the log and lost it can never start again under its id.
async fn stuck_learner() -> Result<Shown, Failure> {
    let arena = Arena::new().await?;
    let member = join_as_learner(&arena.cluster).await?;
    arena.cluster.wipe_data(member).await?;
    ends(arena, End::Replaced(1)).await
}

async fn hung_learner() -> Result<Shown, Failure> {
    let arena = Arena::new().await?;
    let member = join_as_learner(&arena.cluster).await?;
    arena.cluster.stop(member)?;
    ends(arena, End::Replaced(1)).await
}

async fn join_as_learner(cluster: &EtcdCluster) -> Result<usize, Failure> {
    let member = cluster.follower().await?;
    remove(cluster, member).await?;
    cluster.wait_ended(member, Duration::from_secs(30)).await?;
    cluster.wipe_data(member).await?;
    cluster.member_add_learner(member).await?;
    cluster.start_joining(member).await?;
    until(async || Ok(cluster.client(member).await?.status().await.is_ok())).await?;
    Ok(member)
}

async fn several_killed(members: usize) -> Result<Shown, Failure> {
    let arena = Arena::new().await?;
    for member in 0..members {
        arena.cluster.kill(member).await?;
    }
    ends(arena, End::Kept).await
}

async fn several_wiped(members: usize) -> Result<Shown, Failure> {
    let mut arena = Arena::new().await?;
    // Without a look at the healthy cluster, three empty members are one that was never formed.
    arena.look().await?;
    for member in 0..members {
        arena.cluster.wipe_data(member).await?;
    }
    ends(arena, End::Refused("data-lost-beyond-quorum")).await
}

async fn wiped_and_killed() -> Result<Shown, Failure> {
    let arena = Arena::new().await?;
    arena.cluster.wipe_data(0).await?;
    arena.cluster.kill(1).await?;
    ends(arena, End::Replaced(1)).await
}

async fn second_killed() -> Result<Shown, Failure> {
    let mut arena = Arena::new().await?;
    arena.cluster.wipe_data(0).await?;
    let kill = async |cluster: &EtcdCluster| Ok(cluster.kill(1).await?);
    let outcome = arena.recover_with(kill, |step| *step == Step::CatchUp).await?;
    End::Replaced(1).check(&outcome)?;
    arena.account().await
}

async fn second_wiped() -> Result<Shown, Failure> {
    let mut arena = Arena::new().await?;
    arena.cluster.wipe_data(0).await?;
    let wipe = async |cluster: &EtcdCluster| Ok(cluster.wipe_data(1).await?);
    let outcome = arena.recover_with(wipe, |step| *step == Step::CatchUp).await?;
    End::Refused("data-lost-beyond-quorum").check(&outcome)?;
    match arena.shown.actions.last().map(String::as_str) {
        Some(SECOND_FAULT) => Ok(arena.shown),
        _ => Err(format!("went on without a quorum: {:?}", arena.shown.actions).into()),
    }
}

async fn two_of_five_wiped() -> Result<Shown, Failure> {
    let arena = Arena::of(EtcdCluster::builder().members(5)).await?;
    arena.cluster.wipe_data(1).await?;
    arena.cluster.wipe_data(3).await?;
    ends(arena, End::Replaced(2)).await
}

/// Removes a member behind the executor's back. etcd refuses while a member has been connected for less than 5 s.
async fn remove(cluster: &EtcdCluster, member: usize) -> Result<(), Failure> {
    until(async || {
        // The answer of a leader that removes itself may be lost: the list decides.
        let _ = cluster.member_remove(member).await;
        Ok(matches!(cluster.member_id(member).await, Err(TestkitError::Unexpected(_))))
    })
    .await
}

async fn write_some(cluster: &EtcdCluster) -> Result<(), Failure> {
    let mut client = cluster.client(0).await?;
    for number in 0..50 {
        client.put(format!("key-{number}"), "value", None).await?;
    }
    Ok(())
}

/// Makes a member the leader.
async fn lead(cluster: &EtcdCluster, member: usize) -> Result<(), Failure> {
    let id = cluster.member_id(member).await?.get();
    until(async || {
        let leader = cluster.leader().await?;
        if leader != member {
            cluster.client(leader).await?.move_leader(id).await?;
        }
        Ok(leader == member)
    })
    .await
}

/// Asks again and again until it is so.
async fn until(so: impl AsyncFn() -> Result<bool, Failure>) -> Result<(), Failure> {
    let patience = Duration::from_secs(30);
    let asking = async {
        while !so().await.unwrap_or(false) {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    Ok(tokio::time::timeout(patience, asking).await?)
}
