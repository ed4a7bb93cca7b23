//! Faults have the effect on a real etcd that they are documented to have, and the supervisor names the cause.
#![expect(clippy::unwrap_used, reason = "helpers of tests")]

use std::net::TcpListener;
use std::time::Duration;

use hcp_etcd::health::{DataState, ExitCause};
use hcp_etcd::recovery::{MemberControl, StartMode};
use hcp_testkit::{EtcdCluster, FlipTarget};

const PATIENCE: Duration = Duration::from_secs(60);

/// Three members, some writes, and a follower.
async fn cluster() -> (EtcdCluster, usize) {
    let cluster = EtcdCluster::builder().start().await.unwrap();
    let mut client = cluster.client(0).await.unwrap();
    for n in 0..30 {
        let (key, value) = (format!("key/{n:02}"), format!("value-{n:02}-of-the-test"));
        client.put(key, value, None).await.unwrap();
    }
    let follower = cluster.follower().await.unwrap();
    (cluster, follower)
}

/// Waits for the end of a member and checks what is said of it; the others must be healthy.
async fn assert_ends(cluster: &EtcdCluster, i: usize, cause: ExitCause, exits: u32) {
    let seen = cluster.wait_ended(i, PATIENCE).await.unwrap();
    let exit = seen.last_exit.unwrap();
    assert_eq!((exit.cause, seen.exits), (cause, exits));
    let others: Vec<usize> = (0..cluster.len()).filter(|other| *other != i).collect();
    cluster.wait_members_healthy(&others, PATIENCE).await.unwrap();
}

#[tokio::test]
async fn a_wiped_member_that_was_not_replaced_has_lost_its_log() {
    let (cluster, i) = cluster().await;
    cluster.wipe_data(i).await.unwrap();
    let resumed = cluster.restart(i).await.unwrap_err();
    assert!(resumed.to_string().contains("no data"), "{resumed}");
    cluster.start_joining(i).await.unwrap();
    assert_ends(&cluster, i, ExitCause::LogLost, 1).await;
    cluster.restart(i).await.unwrap();
    assert_ends(&cluster, i, ExitCause::LogLost, 2).await;
}

#[tokio::test]
async fn a_wiped_member_started_as_new_is_known_already() {
    let (cluster, i) = cluster().await;
    cluster.wipe_data(i).await.unwrap();
    cluster.start_as_new(i).await.unwrap();
    assert_ends(&cluster, i, ExitCause::AlreadyBootstrapped, 1).await;
    let seen = cluster.control().inspect(cluster.name(i)).await.unwrap();
    assert_eq!(seen.data, DataState::Present);
}

#[tokio::test]
async fn a_removed_member_that_returns_says_so() {
    let (cluster, i) = cluster().await;
    cluster.kill(i).await.unwrap();
    cluster.member_remove(i).await.unwrap();
    cluster.restart(i).await.unwrap();
    assert_ends(&cluster, i, ExitCause::RemovedFromCluster, 1).await;

    // Without having been added again, it cannot join either.
    cluster.wipe_data(i).await.unwrap();
    cluster.start_joining(i).await.unwrap();
    assert_ends(&cluster, i, ExitCause::InitialClusterMismatch, 1).await;
}

#[tokio::test]
async fn a_member_replaced_by_hand_is_healthy() {
    let (cluster, i) = cluster().await;
    cluster.kill(i).await.unwrap();
    cluster.member_remove(i).await.unwrap();
    cluster.wipe_data(i).await.unwrap();
    // etcd wants its peers connected for 5 s before it lets one more in.
    cluster.retry(async || cluster.member_add_learner(i).await).await.unwrap();
    cluster.start_joining(i).await.unwrap();
    cluster.retry(async || cluster.member_promote(i).await).await.unwrap();
    cluster.wait_healthy(PATIENCE).await.unwrap();
    let mut client = cluster.client(i).await.unwrap();
    let got = client.get("key/07", None).await.unwrap();
    assert_eq!(got.kvs()[0].value(), b"value-07-of-the-test");
}

#[tokio::test]
async fn a_flipped_byte_in_the_log_is_noticed() {
    let (cluster, i) = cluster().await;
    cluster.flip_bytes(i, FlipTarget::WalMiddle).await.unwrap();
    cluster.restart(i).await.unwrap();
    assert_ends(&cluster, i, ExitCause::WalCorrupt, 1).await;
}

#[tokio::test]
async fn a_log_cut_short_has_lost_acknowledged_entries() {
    let (cluster, _) = cluster().await;
    let leader = cluster.leader().await.unwrap();
    let i = (leader + 1) % 3;
    cluster.truncate_wal(i).await.unwrap();
    cluster.restart(i).await.unwrap();
    assert_ends(&cluster, i, ExitCause::LogLost, 1).await;
}

#[tokio::test]
async fn a_missing_log_beside_a_backend_is_a_lost_log() {
    let (cluster, i) = cluster().await;
    cluster.remove_wal(i).await.unwrap();
    cluster.restart(i).await.unwrap();
    assert_ends(&cluster, i, ExitCause::LogLost, 1).await;
}

#[tokio::test]
async fn trashed_pages_are_a_damaged_backend() {
    let (cluster, i) = cluster().await;
    cluster.flip_bytes(i, FlipTarget::BackendPages).await.unwrap();
    cluster.restart(i).await.unwrap();
    assert_ends(&cluster, i, ExitCause::BackendCorrupt, 1).await;
}

#[tokio::test]
async fn trashed_meta_pages_are_a_damaged_backend() {
    let (cluster, i) = cluster().await;
    cluster.flip_bytes(i, FlipTarget::BackendMetas).await.unwrap();
    cluster.restart(i).await.unwrap();
    assert_ends(&cluster, i, ExitCause::BackendCorrupt, 1).await;
}

#[tokio::test]
async fn a_backend_cut_to_two_pages_is_a_damaged_backend() {
    let (cluster, i) = cluster().await;
    cluster.truncate_backend(i, 2).await.unwrap();
    cluster.restart(i).await.unwrap();
    assert_ends(&cluster, i, ExitCause::BackendCorrupt, 1).await;
}

#[tokio::test]
async fn a_missing_backend_is_made_again_from_the_log() {
    let (cluster, i) = cluster().await;
    cluster.remove_backend(i).await.unwrap();
    cluster.restart(i).await.unwrap();
    cluster.wait_healthy(PATIENCE).await.unwrap();
    let mut client = cluster.client(i).await.unwrap();
    let got = client.get("key/07", None).await.unwrap();
    assert_eq!(got.kvs()[0].value(), b"value-07-of-the-test");
}

#[tokio::test]
async fn a_flipped_value_is_served_by_a_member_that_looks_healthy() {
    let (cluster, i) = cluster().await;
    let value = b"value-07-of-the-test".to_vec();
    let target = FlipTarget::Value(value.clone());
    cluster.flip_bytes(i, target).await.unwrap();
    cluster.restart(i).await.unwrap();
    cluster.wait_healthy(PATIENCE).await.unwrap();
    let mut hashes = Vec::new();
    for member in 0..3 {
        let mut client = cluster.client(member).await.unwrap();
        let got = client.get("key/07", None).await.unwrap();
        assert_eq!(got.kvs()[0].value() != value, member == i);
        hashes.push(client.hash_kv(20).await.unwrap().hash());
    }
    let differ = hashes.iter().filter(|hash| **hash == hashes[i]).count();
    assert_eq!(differ, 1, "{hashes:?}");
}

#[tokio::test]
async fn a_taken_address_and_a_wrong_flag_are_not_the_fault_of_the_data() {
    let (cluster, i) = cluster().await;
    let name = cluster.name(i);
    cluster.control().stop(name).await.unwrap();
    let port = cluster.declared(i).client_url.port();
    let taken = TcpListener::bind(("127.0.0.1", port)).unwrap();
    cluster.restart(i).await.unwrap();
    assert_ends(&cluster, i, ExitCause::AddressInUse, 1).await;
    drop(taken);

    let mut config = cluster.attach_config().clone();
    config.members[i].args.push("--heartbeat-interval=0".into());
    let control = config.control().unwrap();
    control.start(name, &StartMode::Resume).await.unwrap();
    assert_ends(&cluster, i, ExitCause::BadConfiguration, 2).await;

    config.members[i].args = vec!["--no-such-flag".into()];
    let control = config.control().unwrap();
    control.start(name, &StartMode::Resume).await.unwrap();
    assert_ends(&cluster, i, ExitCause::BadConfiguration, 3).await;

    cluster.restart(i).await.unwrap();
    cluster.wait_healthy(PATIENCE).await.unwrap();
}

#[tokio::test]
async fn a_full_quota_refuses_writes_until_it_is_relieved() {
    let builder = EtcdCluster::builder().quota_bytes(16 << 20);
    let cluster = builder.start().await.unwrap();
    cluster.fill_quota().await.unwrap();
    let mut client = cluster.client(1).await.unwrap();
    let refused = client.put("a", "b", None).await.unwrap_err();
    assert!(refused.to_string().contains("space exceeded"), "{refused}");
    cluster.relieve_quota().await.unwrap();
    client.put("a", "b", None).await.unwrap();
}

#[tokio::test]
async fn a_paused_leader_loses_the_lead_and_can_be_stopped() {
    let (cluster, _) = cluster().await;
    let old = cluster.leader().await.unwrap();
    cluster.stop(old).unwrap();
    let others: Vec<usize> = (0..3).filter(|other| *other != old).collect();
    cluster.wait_members_healthy(&others, PATIENCE).await.unwrap();
    assert_ne!(cluster.leader().await.unwrap(), old);
    // A paused process handles no SIGTERM: this must not wait for it.
    let control = cluster.control().clone().with_grace(Duration::from_secs(3600));
    control.stop(cluster.name(old)).await.unwrap();
    cluster.restart(old).await.unwrap();
    cluster.wait_healthy(PATIENCE).await.unwrap();
}
