//! The supervisor's state lies on disk: another process carries on where one was killed.

use std::env;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use hcp_etcd::health::ExitCause;
use hcp_etcd::recovery::{MemberControl, StartMode};
use hcp_testkit::{AttachConfig, EtcdCluster};

const PATIENCE: Duration = Duration::from_secs(60);
/// Tells the child process where the cluster's description is.
const ATTACH: &str = "HCP_TESTKIT_ATTACH";

#[tokio::test]
async fn a_new_handle_sees_and_stops_what_an_old_one_started() {
    let cluster = EtcdCluster::builder().members(1).start().await.unwrap();
    let name = cluster.name(0);
    let other = cluster.attach_config().control().unwrap();
    let seen = cluster.control().inspect(name).await.unwrap();
    assert_eq!(other.inspect(name).await.unwrap(), seen);

    other.stop(name).await.unwrap();
    other.stop(name).await.unwrap();
    let stopped = cluster.control().inspect(name).await.unwrap();
    assert_eq!(stopped.running_since(), None);
    assert_eq!(stopped.last_exit.as_ref().unwrap().cause, ExitCause::Stopped);
    // Stopping is not replacing.
    assert_eq!(stopped.incarnation, seen.incarnation);

    other.start(name, &StartMode::Resume).await.unwrap();
    other.start(name, &StartMode::Resume).await.unwrap();
    let again = cluster.control().inspect(name).await.unwrap();
    assert_ne!(again.incarnation, seen.incarnation);
    cluster.wait_healthy(PATIENCE).await.unwrap();
}

#[tokio::test]
async fn members_outlive_the_process_that_started_them() {
    let cluster = EtcdCluster::builder().start().await.unwrap();
    cluster.control().stop(cluster.name(1)).await.unwrap();
    let file = cluster.dir().join("attach.json");
    cluster.attach_config().save(&file).unwrap();

    let mut child = Command::new(env::current_exe().unwrap())
        .args(["--exact", "starts_a_member_and_hangs", "--ignored", "--nocapture"])
        .env(ATTACH, &file)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    assert!(lines.any(|line| line.unwrap().contains("started")));
    child.kill().unwrap();
    child.wait().unwrap();

    cluster.wait_healthy(PATIENCE).await.unwrap();
    let process = cluster.process(1).unwrap().unwrap();
    cluster.kill(1).await.unwrap();
    let seen = cluster.control().inspect(cluster.name(1)).await.unwrap();
    // Whose child it was is of no account: the log tells that it did not give up by itself.
    assert_eq!((seen.last_exit.unwrap().cause, seen.exits), (ExitCause::Stopped, 0));
    cluster.restart(1).await.unwrap();
    assert_ne!(cluster.process(1).unwrap().unwrap(), process);
    cluster.wait_healthy(PATIENCE).await.unwrap();
}

/// The child of the test above.
#[tokio::test]
#[ignore = "run by members_outlive_the_process_that_started_them"]
async fn starts_a_member_and_hangs() {
    let file = env::var_os(ATTACH).unwrap();
    let attach = AttachConfig::load(Path::new(&file)).unwrap();
    let control = attach.control().unwrap();
    let name = &attach.members[1].name;
    control.start(name, &StartMode::Resume).await.unwrap();
    println!("started");
    // Until killed; ends if the parent dies.
    std::io::stdin().lines().for_each(drop);
}
