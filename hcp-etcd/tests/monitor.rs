//! The monitor as a host embeds it, on a real cluster.

use std::time::Duration;

use hcp_etcd::recovery::{Action, Executor, RecoveryPolicy};
use hcp_etcd::{
    Client, ClientOptions, ClusterState, MemberState, Monitor, MonitorConfig, MonitorMetrics, Tls,
};
use hcp_testkit::EtcdCluster;
use prometheus_client::encoding::text::encode;
use prometheus_client::registry::Registry;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

const PATIENCE: Duration = Duration::from_secs(60);

fn connect(cluster: &EtcdCluster) -> Client {
    let files = cluster.client_tls().expect("the cluster has TLS");
    let tls = Tls::from_files(&files.ca, &files.cert, &files.key).expect("good files");
    let options = ClientOptions::default().with_tls(tls);
    Client::new(cluster.topology().clone(), options).expect("a client")
}

fn often() -> MonitorConfig {
    MonitorConfig::default().with_interval(Duration::from_millis(200))
}

#[tokio::test]
async fn a_monitor_that_watches_tells_and_touches_nothing() {
    let cluster = EtcdCluster::builder().members(3).start().await.unwrap();
    let mut registry = Registry::default();
    let metrics = MonitorMetrics::register(registry.sub_registry_with_prefix("hcp_etcd"));
    let monitor = Monitor::new(connect(&cluster)).with_config(often()).with_metrics(metrics);
    let mut reports = monitor.subscribe();
    let stop = CancellationToken::new();

    let story = async {
        let healthy = reports
            .wait_for(|r| r.as_ref().is_some_and(|r| r.diagnosis.cluster == ClusterState::Healthy));
        let report = timeout(PATIENCE, healthy).await.unwrap().unwrap().clone().unwrap();
        assert_eq!(report.plan.action, Action::Nothing);

        cluster.kill(2).await.unwrap();
        let seen = reports.wait_for(|r| {
            r.as_ref().is_some_and(|r| {
                let state = r.diagnosis.members[2].state;
                matches!(state, MemberState::Unreachable { .. }) && r.diagnosis.is_quorum_proved()
            })
        });
        drop(timeout(PATIENCE, seen).await.unwrap().unwrap());
        let mut text = String::new();
        encode(&mut text, &registry).unwrap();
        for series in [
            "hcp_etcd_cluster_state{state=\"at-risk\"} 1",
            "hcp_etcd_member_state{member=\"etcd-2\",state=\"unreachable\"} 1",
            "hcp_etcd_fault_tolerance 0",
            "hcp_etcd_healthy_voters 2",
        ] {
            assert!(text.contains(series), "{series} is not in:\n{text}");
        }
        assert!(!text.contains("hcp_etcd_member_read_seconds{member=\"etcd-2\"}"), "{text}");
        stop.cancel();
    };
    tokio::join!(monitor.run(stop.clone()), story);
    assert!(cluster.process(2).unwrap().is_none(), "a monitor that watches started a member");
    assert!(reports.changed().await.is_err(), "the channel closes when the monitor stops");
}

#[tokio::test]
async fn a_monitor_that_recovers_brings_a_member_back_by_itself() {
    let cluster = EtcdCluster::builder().members(3).start().await.unwrap();
    let writer = cluster.writer().await.unwrap();
    let policy = RecoveryPolicy::default().with_restart_after(Duration::from_secs(1));
    let snapshots = cluster.dir().join("snapshots");
    let executor =
        Executor::new(connect(&cluster), cluster.control().clone(), snapshots).with_policy(policy);
    let monitor = Monitor::recovering(executor).with_config(often());
    let mut reports = monitor.subscribe();
    let stop = CancellationToken::new();

    let story = async {
        let first = reports.wait_for(Option::is_some);
        let id = |r: &hcp_etcd::Report| r.diagnosis.members[1].id;
        let before = timeout(PATIENCE, first).await.unwrap().unwrap().as_deref().map(id);
        cluster.wipe_data(1).await.unwrap();
        let back = reports.wait_for(|r| {
            r.as_deref().is_some_and(|r| {
                r.diagnosis.cluster == ClusterState::Healthy && Some(id(r)) != before
            })
        });
        drop(timeout(PATIENCE, back).await.unwrap().unwrap());
        stop.cancel();
    };
    tokio::join!(monitor.run(stop.clone()), story);
    let ledger = writer.stop().await;
    assert_eq!(ledger.verify(&cluster).await.unwrap().lost, []);
}
