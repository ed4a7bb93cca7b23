//! A cluster starts, its members can be killed, restarted and wiped, and nothing of it is left.
#![expect(clippy::unwrap_used, reason = "helpers of tests")]

use std::time::Duration;

use hcp_etcd::health::{DataState, ExitCause};
use hcp_etcd::process::ProcessId;
use hcp_etcd::recovery::MemberControl;
use hcp_testkit::EtcdCluster;

const PATIENCE: Duration = Duration::from_secs(60);

fn processes(cluster: &EtcdCluster) -> Vec<ProcessId> {
    let all = (0..cluster.len()).map(|i| cluster.process(i).unwrap().unwrap());
    all.collect()
}

fn assert_gone(processes: &[ProcessId]) {
    assert!(!processes.is_empty());
    for process in processes {
        assert!(!process.is_alive().unwrap(), "{process:?} is alive");
    }
}

#[tokio::test]
async fn three_members_with_tls_start_fail_and_stop() {
    let cluster = EtcdCluster::builder().start().await.unwrap();
    let first = processes(&cluster);
    let mut client = cluster.client(0).await.unwrap();
    client.put("a", "b", None).await.unwrap();

    cluster.kill(2).await.unwrap();
    let seen = cluster.control().inspect(cluster.name(2)).await.unwrap();
    assert_eq!(seen.running_since(), None);
    assert_eq!(seen.data, DataState::Present);
    assert_eq!(seen.last_exit.unwrap().cause, ExitCause::Stopped);
    assert_eq!(seen.exits, 0);

    cluster.restart(2).await.unwrap();
    cluster.wait_healthy(PATIENCE).await.unwrap();
    let mut client = cluster.client(2).await.unwrap();
    let got = client.get("a", None).await.unwrap();
    assert_eq!(got.kvs()[0].value(), b"b");

    let second = processes(&cluster);
    cluster.wipe_data(2).await.unwrap();
    let seen = cluster.control().inspect(cluster.name(2)).await.unwrap();
    assert_eq!(seen.data, DataState::Absent);

    let dir = cluster.dir().to_owned();
    drop(cluster);
    assert_gone(&first);
    assert_gone(&second);
    assert!(!dir.exists());
}

#[tokio::test]
async fn a_panic_stops_all_members() {
    let cluster = EtcdCluster::builder().plaintext().start().await.unwrap();
    let members = processes(&cluster);
    let test = std::thread::spawn(move || {
        let _cluster = cluster;
        panic!("as a failing test does");
    });
    assert!(test.join().is_err());
    assert_gone(&members);
}
