//! The writer's account of acknowledged writes.

use std::time::Duration;

use hcp_testkit::EtcdCluster;

const PATIENCE: Duration = Duration::from_secs(60);

#[tokio::test]
async fn nothing_acknowledged_is_lost_when_members_are_killed() {
    let cluster = EtcdCluster::builder().start().await.unwrap();
    let writer = cluster.writer().await.unwrap();
    writer.wait_acknowledged(50, PATIENCE).await.unwrap();
    for i in [cluster.follower().await.unwrap(), cluster.leader().await.unwrap()] {
        cluster.kill(i).await.unwrap();
        writer.wait_acknowledged(50, PATIENCE).await.unwrap();
        cluster.restart(i).await.unwrap();
        cluster.wait_healthy(PATIENCE).await.unwrap();
    }
    let ledger = writer.stop().await;
    let report = ledger.verify(&cluster).await.unwrap();
    assert_eq!(report.lost, []);
    assert_eq!(report.asked.len(), 3);
    assert!(report.acknowledged >= 150, "{report:?}");
    assert!(!report.longest_gap.is_zero());
}

#[tokio::test]
async fn a_loss_is_reported_per_member() {
    let cluster = EtcdCluster::builder().members(1).start().await.unwrap();
    let writer = cluster.writer().await.unwrap();
    writer.wait_acknowledged(20, PATIENCE).await.unwrap();
    let ledger = writer.stop().await;
    let mut client = cluster.client(0).await.unwrap();
    client.delete("writer/once/0000000004", None).await.unwrap();
    client.put("writer/again/01", "0000000002", None).await.unwrap();
    let report = ledger.verify(&cluster).await.unwrap();
    let lost: Vec<_> = report.lost.iter().map(|l| (l.key.as_str(), l.found)).collect();
    assert_eq!(lost, [("writer/again/01", Some(2)), ("writer/once/0000000004", None)]);
}
