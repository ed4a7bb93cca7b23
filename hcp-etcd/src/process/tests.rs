//! The supervisor against a program that only looks like etcd; the real one is tested by `hcp-testkit`.

use std::fs;
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use jiff::Timestamp;
use tempfile::TempDir;

use super::{LocalMember, LocalMembers, ProcessId};
use crate::health::{DataState, ExitCause, ProcessObservation};
use crate::recovery::{MemberControl, NotInCluster, StartMode};
use crate::topology::{ClusterId, MemberName, Topology, TopologyMember};

/// Writes its arguments and its environment down, makes data, and does what `FAKE` says.
const FAKE_ETCD: &str = r#"#!/bin/sh
echo "$@" > "$FAKE_DIR/args"
env > "$FAKE_DIR/env"
while [ $# -gt 0 ]; do
  [ "$1" = --data-dir ] && dir=$2
  shift
done
[ "$FAKE" = exits-without-data ] && echo '{"level":"fatal","error":"member count is unequal"}' >&2 && exit 1
[ "$FAKE" = deaf ] && trap '' TERM
mkdir -p "$dir/member/snap" && echo backend > "$dir/new" && mv "$dir/new" "$dir/member/snap/db"
[ "$FAKE" = panics ] && echo 'panic: tocommit(61) is out of range [lastIndex(0)].' >&2 && exit 2
exec sleep 600
"#;

struct Bench {
    dir: TempDir,
    name: MemberName,
}

impl Bench {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        // Written by another process: a file that any thread of this one had open for writing might be inherited
        // by a child of another test, and could not be executed then.
        let mut writer = Command::new("sh")
            .args(["-c", "cat > \"$0\" && chmod 700 \"$0\""])
            .arg(dir.path().join("etcd"))
            .stdin(Stdio::piped())
            .spawn()
            .unwrap();
        let mut stdin = writer.stdin.take().unwrap();
        stdin.write_all(FAKE_ETCD.as_bytes()).unwrap();
        drop(stdin);
        assert!(writer.wait().unwrap().success());
        Self { dir, name: MemberName::new("etcd-0").unwrap() }
    }

    fn data_dir(&self) -> PathBuf {
        self.dir.path().join("data")
    }

    fn members_with(&self, etcd: &Path, fake: &str) -> LocalMembers {
        let url = |port: u16| format!("http://127.0.0.1:{port}");
        let declared = [(0, 1), (1, 3)].map(|(i, port)| {
            TopologyMember::parse(&format!("etcd-{i}"), &url(port), &url(port + 1)).unwrap()
        });
        let topology = Topology::new(declared).unwrap();
        let member = LocalMember::new(self.name.clone(), self.data_dir(), ["--fixed"])
            .with_env("FAKE", fake)
            .with_env("FAKE_DIR", self.dir.path());
        LocalMembers::new(etcd, self.dir.path().join("run"), &topology, vec![member]).unwrap()
    }

    fn members(&self, fake: &str) -> LocalMembers {
        self.members_with(&self.dir.path().join("etcd"), fake)
    }

    async fn inspect(&self, members: &LocalMembers) -> ProcessObservation {
        members.inspect(&self.name).await.unwrap()
    }

    /// Starts it for the first time and waits for its data.
    async fn running(&self, fake: &str) -> (LocalMembers, ProcessId) {
        let members = self.members(fake);
        members.bootstrap().await.unwrap();
        while self.inspect(&members).await.data != DataState::Present {
            tokio::task::yield_now().await;
        }
        let process = members.process(&self.name).unwrap().unwrap();
        (members, process)
    }

    /// Lets it run to its own end.
    async fn ended(&self, members: &LocalMembers) -> ProcessObservation {
        if let Some(process) = members.process(&self.name).unwrap() {
            process.gone().await.unwrap();
        }
        self.inspect(members).await
    }

    fn proof(&self, incarnation: &str) -> NotInCluster {
        let cluster = ClusterId::new(1);
        let at = Timestamp::UNIX_EPOCH;
        NotInCluster::new(self.name.clone(), cluster, incarnation.to_owned(), at)
    }

    fn join(&self) -> StartMode {
        StartMode::Join {
            initial_cluster: vec![(self.name.clone(), "http://127.0.0.1:9".to_owned())],
        }
    }

    fn args(&self) -> String {
        fs::read_to_string(self.dir.path().join("args")).unwrap()
    }
}

impl Drop for Bench {
    fn drop(&mut self) {
        self.members("").kill_all().unwrap();
    }
}

#[tokio::test]
async fn data_are_set_aside_only_for_a_proof_of_this_very_incarnation() {
    let bench = Bench::new();
    let (members, _) = bench.running("").await;
    let running = bench.inspect(&members).await;
    let proof = bench.proof(&running.incarnation);
    let refused = members.wipe(&proof).await.unwrap_err();
    assert!(refused.is_stale() && bench.data_dir().exists(), "{refused}");

    members.stop(&bench.name).await.unwrap();
    let other = bench.proof("1:2:3:4:5");
    let refused = members.wipe(&other).await.unwrap_err();
    assert!(refused.is_stale() && bench.data_dir().exists(), "{refused}");

    members.wipe(&proof).await.unwrap();
    assert!(!bench.data_dir().exists());
    let aside = bench.dir.path().join("data.wiped/member/snap/db");
    assert_eq!(fs::read_to_string(&aside).unwrap(), "backend\n");
    let wiped = bench.inspect(&members).await;
    assert_eq!((wiped.data, wiped.last_exit), (DataState::Absent, None));
    // Repeated, it changes nothing, least of all what lies aside.
    members.wipe(&proof).await.unwrap();
    assert!(aside.exists());
}

#[tokio::test]
async fn a_proof_does_not_outlive_a_restart() {
    let bench = Bench::new();
    let (members, _) = bench.running("").await;
    let before = bench.inspect(&members).await.incarnation;
    members.stop(&bench.name).await.unwrap();
    assert_eq!(bench.inspect(&members).await.incarnation, before);
    members.start(&bench.name, &StartMode::Resume).await.unwrap();
    members.stop(&bench.name).await.unwrap();
    let refused = members.wipe(&bench.proof(&before)).await.unwrap_err();
    assert!(refused.is_stale(), "{refused}");
}

#[tokio::test]
async fn data_held_by_an_unknown_process_are_left_alone() {
    let bench = Bench::new();
    let (members, _) = bench.running("").await;
    members.stop(&bench.name).await.unwrap();
    let seen = bench.inspect(&members).await;
    let backend = fs::File::open(bench.data_dir().join("member/snap/db")).unwrap();
    backend.lock().unwrap();
    let refused = members.wipe(&bench.proof(&seen.incarnation)).await;
    assert!(refused.unwrap_err().to_string().contains("did not start"));
    let refused = members.start(&bench.name, &StartMode::Resume).await;
    assert!(refused.unwrap_err().to_string().contains("did not start"));
}

#[tokio::test]
async fn starting_depends_on_whose_data_there_are() {
    let bench = Bench::new();
    let members = bench.members("");
    let name = &bench.name;
    let no_data = members.start(name, &StartMode::Resume).await.unwrap_err();
    assert!(no_data.to_string().contains("no data"), "{no_data}");

    members.start(name, &bench.join()).await.unwrap();
    while bench.inspect(&members).await.data != DataState::Present {
        tokio::task::yield_now().await;
    }
    assert_eq!(
        bench.args().trim(),
        format!(
            "--name etcd-0 --data-dir {} --initial-cluster etcd-0=http://127.0.0.1:9 \
             --initial-cluster-state existing --fixed",
            bench.data_dir().display()
        )
    );
    let mode = bench.data_dir().metadata().unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o700);
    let log = members.log_file(name).metadata().unwrap();
    assert_eq!(log.permissions().mode() & 0o777, 0o600);

    // A join may be repeated on what it left, a first start may not.
    members.stop(name).await.unwrap();
    members.start(name, &bench.join()).await.unwrap();
    members.stop(name).await.unwrap();
    let not_first = members.bootstrap().await.unwrap_err();
    assert!(not_first.to_string().contains("no first start"));
    members.start(name, &StartMode::Resume).await.unwrap();
    while !bench.args().contains("etcd-1=http://127.0.0.1:4") {
        tokio::task::yield_now().await;
    }
    assert!(bench.args().contains("--initial-cluster-state existing"));
}

#[tokio::test]
async fn nobody_joins_on_data_of_another_origin() {
    let bench = Bench::new();
    let (members, _) = bench.running("").await;
    assert!(bench.args().contains("--initial-cluster-state new"));
    members.stop(&bench.name).await.unwrap();
    let refused = members.start(&bench.name, &bench.join()).await.unwrap_err();
    assert!(refused.to_string().contains("wipe them first"), "{refused}");
}

#[tokio::test]
async fn exits_in_a_row_are_counted_and_a_stop_is_none() {
    let bench = Bench::new();
    let members = bench.members("panics");
    members.bootstrap().await.unwrap();
    let first = bench.ended(&members).await;
    assert_eq!(first.last_exit.unwrap().cause, ExitCause::LogLost);
    assert_eq!(first.exits, 1);
    members.start(&bench.name, &StartMode::Resume).await.unwrap();
    assert_eq!(bench.ended(&members).await.exits, 2);

    let willing = bench.members("");
    willing.start(&bench.name, &StartMode::Resume).await.unwrap();
    willing.stop(&bench.name).await.unwrap();
    let stopped = bench.inspect(&members).await;
    assert_eq!(stopped.last_exit.unwrap().cause, ExitCause::Stopped);
    assert_eq!(stopped.exits, 2);

    let patient = members.with_stable_after(Duration::ZERO);
    patient.start(&bench.name, &StartMode::Resume).await.unwrap();
    assert_eq!(bench.ended(&patient).await.exits, 1);
}

#[tokio::test]
async fn what_was_said_of_data_goes_with_them() {
    let bench = Bench::new();
    let members = bench.members("panics");
    members.bootstrap().await.unwrap();
    assert_eq!(bench.ended(&members).await.exits, 1);
    fs::remove_dir_all(bench.data_dir()).unwrap();
    let without = bench.inspect(&members).await;
    assert_eq!((without.exits, without.last_exit), (0, None));

    // A join that fails before there are data is still counted.
    let members = bench.members("exits-without-data");
    for exits in 1..=2 {
        members.start(&bench.name, &bench.join()).await.unwrap();
        let ended = bench.ended(&members).await;
        let cause = ended.last_exit.unwrap().cause;
        assert_eq!((ended.exits, cause), (exits, ExitCause::InitialClusterMismatch));
    }
}

#[tokio::test]
async fn a_deaf_or_paused_member_is_stopped_by_force() {
    let bench = Bench::new();
    let (members, process) = bench.running("deaf").await;
    let members = members.with_grace(Duration::from_millis(20));
    members.stop(&bench.name).await.unwrap();
    assert!(!process.is_alive().unwrap());

    members.start(&bench.name, &StartMode::Resume).await.unwrap();
    let process = members.process(&bench.name).unwrap().unwrap();
    process.pause().unwrap();
    while !process.is_paused().unwrap() {
        tokio::task::yield_now().await;
    }
    let patient = members.with_grace(Duration::from_secs(3600));
    patient.stop(&bench.name).await.unwrap();
    let seen = bench.inspect(&patient).await;
    assert_eq!(seen.last_exit.unwrap().cause, ExitCause::Stopped);
    // No zombie is left of a child.
    assert_eq!(ProcessId::of(process.pid()).unwrap(), None);
}

#[tokio::test]
async fn a_launch_that_was_not_recorded_is_found_again() {
    let bench = Bench::new();
    let (_, process) = bench.running("").await;
    let record = bench.dir.path().join("run/etcd-0.json");
    let mut json: serde_json::Value = serde_json::from_slice(&fs::read(&record).unwrap()).unwrap();
    json["run"]["process"] = serde_json::Value::Null;
    fs::write(&record, json.to_string()).unwrap();

    let successor = bench.members("");
    successor.start(&bench.name, &StartMode::Resume).await.unwrap();
    assert_eq!(successor.process(&bench.name).unwrap(), Some(process));
    // After a restart of the machine the same numbers name nobody.
    json["run"]["boot_id"] = "another".into();
    fs::write(&record, json.to_string()).unwrap();
    assert_eq!(successor.process(&bench.name).unwrap(), None);
    process.kill().unwrap();
}

#[tokio::test]
async fn failures_name_the_place_and_the_remedy() {
    let bench = Bench::new();
    let missing = bench.members_with(Path::new("/no/such/etcd"), "");
    let error = missing.bootstrap().await.unwrap_err().to_string();
    for part in ["start member etcd-0", "/no/such/etcd", "install etcd there"] {
        assert!(error.contains(part), "{error}");
    }
    let plain = bench.dir.path().join("plain");
    fs::write(&plain, "").unwrap();
    let error = bench.members_with(&plain, "").bootstrap().await;
    assert!(error.unwrap_err().to_string().contains("not an executable"));

    fs::write(bench.data_dir(), "a file in the way").unwrap();
    let error = bench.members("").bootstrap().await.unwrap_err().to_string();
    assert!(error.contains("data"), "{error}");
    fs::remove_file(bench.data_dir()).unwrap();

    let stranger = MemberName::new("etcd-1").unwrap();
    let error = bench.members("").stop(&stranger).await.unwrap_err();
    assert!(error.to_string().contains("does not run on this machine"));
}

#[tokio::test]
async fn users_of_one_runtime_directory_wait_for_each_other() {
    let bench = Bench::new();
    let (members, _) = bench.running("").await;
    let other = bench.members("");
    for _ in 0..5 {
        let (one, two) = tokio::join!(
            async {
                members.stop(&bench.name).await?;
                members.start(&bench.name, &StartMode::Resume).await
            },
            other.start(&bench.name, &StartMode::Resume),
        );
        one.unwrap();
        two.unwrap();
        let process = members.process(&bench.name).unwrap();
        assert!(process.is_some());
        assert_eq!(other.process(&bench.name).unwrap(), process);
    }
}
