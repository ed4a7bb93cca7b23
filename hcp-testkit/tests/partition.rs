//! Partitions by the peer proxies.
#![expect(clippy::unwrap_used, reason = "helpers of tests")]

use std::time::Duration;

use etcd_client::GetOptions;
use hcp_testkit::EtcdCluster;

const PATIENCE: Duration = Duration::from_secs(60);

async fn cluster() -> EtcdCluster {
    let builder = EtcdCluster::builder().with_peer_proxies();
    builder.start().await.unwrap()
}

/// Waits until member `i` itself knows no leader.
async fn wait_leaderless(cluster: &EtcdCluster, i: usize) {
    let lost = async {
        while cluster.leader_seen_by(i).await.unwrap().is_some() {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(PATIENCE, lost).await.unwrap();
}

async fn put(cluster: &EtcdCluster, i: usize, value: &str) {
    let mut client = cluster.client(i).await.unwrap();
    client.put("key", value, None).await.unwrap();
}

async fn stale_read(cluster: &EtcdCluster, i: usize) -> Vec<u8> {
    let options = GetOptions::new().with_serializable();
    let mut client = cluster.client(i).await.unwrap();
    let got = client.get("key", Some(options)).await.unwrap();
    got.kvs()[0].value().to_vec()
}

#[tokio::test]
async fn an_isolated_leader_loses_the_lead_and_comes_back_behind() {
    let cluster = cluster().await;
    put(&cluster, 0, "before").await;
    let old = cluster.leader().await.unwrap();
    let others: Vec<usize> = (0..3).filter(|other| *other != old).collect();

    cluster.proxies().unwrap().isolate(old);
    wait_leaderless(&cluster, old).await;
    cluster.wait_members_healthy(&others, PATIENCE).await.unwrap();
    put(&cluster, others[0], "after").await;
    assert_eq!(stale_read(&cluster, old).await, b"before");

    cluster.proxies().unwrap().heal(old);
    cluster.wait_healthy(PATIENCE).await.unwrap();
    assert_eq!(stale_read(&cluster, old).await, b"after");
}

#[tokio::test]
async fn an_isolated_follower_leaves_the_others_their_leader() {
    let cluster = cluster().await;
    let leader = cluster.leader().await.unwrap();
    let follower = (leader + 1) % 3;
    cluster.proxies().unwrap().isolate(follower);
    wait_leaderless(&cluster, follower).await;
    assert_eq!(cluster.leader_seen_by(leader).await.unwrap(), Some(leader));
    put(&cluster, leader, "while cut off").await;
    cluster.proxies().unwrap().heal_all();
    cluster.wait_healthy(PATIENCE).await.unwrap();
    assert_eq!(stale_read(&cluster, follower).await, b"while cut off");
}

#[tokio::test]
async fn a_swallowed_follower_loses_its_leader_while_connections_stay() {
    let cluster = cluster().await;
    let follower = cluster.follower().await.unwrap();
    cluster.proxies().unwrap().black_hole(follower);
    wait_leaderless(&cluster, follower).await;
    cluster.proxies().unwrap().heal(follower);
    cluster.wait_healthy(PATIENCE).await.unwrap();
}

#[tokio::test]
async fn a_delayed_follower_stays_healthy() {
    let cluster = cluster().await;
    let follower = cluster.follower().await.unwrap();
    let delay = Duration::from_millis(30);
    cluster.proxies().unwrap().delay(follower, delay);
    cluster.wait_healthy(PATIENCE).await.unwrap();
    put(&cluster, follower, "late").await;
}
