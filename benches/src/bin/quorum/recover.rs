//! A recovery by the executor against the same steps typed as `etcdctl` commands by somebody who never hesitates.

use std::path::Path;
use std::process::Output;
use std::time::{Duration, Instant};

use hcp_benches::{Row, median};
use hcp_etcd::recovery::{Executor, MemberControl, StartMode};
use hcp_testkit::EtcdCluster;
use tokio::process::Command;
use tokio_util::sync::CancellationToken;

use crate::Failure;
use crate::probe::connect;

const ROUNDS: usize = 5;
const GOAL: f64 = 1.2;
/// etcd refuses a change of membership while a member has been connected for less than 5 s. Both sides start later.
const SETTLE: Duration = Duration::from_secs(6);

pub(crate) async fn rows() -> Result<Vec<Row>, Failure> {
    let cluster = EtcdCluster::builder().members(3).start().await?;
    for number in 0..2_000 {
        let mut client = cluster.client(0).await?;
        client.put(format!("key-{number}"), vec![b'v'; 256], None).await?;
    }
    let typed = Typed::new(&cluster)?;
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    for round in 0..ROUNDS {
        ours.push(by_executor(&cluster, &cluster.dir().join(format!("ours-{round}"))).await?);
        theirs.push(typed.recover(&cluster.dir().join(format!("theirs-{round}.db"))).await?);
    }
    let seconds = |durations| median(durations).as_secs_f64();
    let against = "the same steps as etcdctl commands, ideal waits";
    let name = "recovery of a wiped member";
    Ok(vec![Row::at_most(name, "s", seconds(ours), against, seconds(theirs), GOAL)])
}

async fn wipe_a_follower(cluster: &EtcdCluster) -> Result<usize, Failure> {
    tokio::time::sleep(SETTLE).await;
    let member = cluster.follower().await?;
    cluster.wipe_data(member).await?;
    Ok(member)
}

#[expect(clippy::disallowed_methods, reason = "a benchmark measures real time")]
async fn by_executor(cluster: &EtcdCluster, snapshots: &Path) -> Result<Duration, Failure> {
    // As on the other side, the fault is known and connections are not made in advance.
    wipe_a_follower(cluster).await?;
    let mut executor = Executor::new(connect(cluster)?, cluster.control().clone(), snapshots);
    let begun = Instant::now();
    let outcome = executor.run(&CancellationToken::new(), |_| {}).await?;
    let took = begun.elapsed();
    if outcome.is_healthy() { Ok(took) } else { Err(outcome.to_string().into()) }
}

/// `etcdctl` and `etcdutl` with the flags for this cluster.
struct Typed<'a> {
    cluster: &'a EtcdCluster,
    flags: Vec<String>,
}

impl<'a> Typed<'a> {
    fn new(cluster: &'a EtcdCluster) -> Result<Self, Failure> {
        let files = cluster.client_tls().ok_or("the cluster has TLS")?;
        let flag = |name: &str, file: &Path| format!("--{name}={}", file.display());
        let flags =
            vec![flag("cacert", &files.ca), flag("cert", &files.cert), flag("key", &files.key)];
        Ok(Self { cluster, flags })
    }

    /// Health, snapshot, its status, remove, add as learner, start, promote, health and hashes.
    #[expect(clippy::disallowed_methods, reason = "a benchmark measures real time")]
    async fn recover(&self, snapshot: &Path) -> Result<Duration, Failure> {
        let member = wipe_a_follower(self.cluster).await?;
        let id = self.cluster.member_id(member).await?.to_string();
        let rest: Vec<_> = (0..3).filter(|i| *i != member).map(|i| self.endpoint(i)).collect();
        let (one, rest) = (rest[0].clone(), rest.join(","));
        let all = (0..3).map(|i| self.endpoint(i)).collect::<Vec<_>>().join(",");
        let file = snapshot.display().to_string();

        let begun = Instant::now();
        self.ctl(&rest, &["endpoint", "health"]).await?;
        self.ctl(&one, &["snapshot", "save", &file]).await?;
        self.util(&["snapshot", "status", &file]).await?;
        self.ctl(&rest, &["member", "remove", &id]).await?;
        let declared = self.cluster.declared(member);
        let peers = format!("--peer-urls={}", declared.peer_url);
        let add = ["member", "add", declared.name.as_str(), "--learner", &peers];
        let added = self.until_it_works(&rest, &add).await?;
        let id = added.split_whitespace().nth(1).ok_or("member add prints the id")?.to_owned();
        let initial_cluster = self.cluster.topology().members().iter();
        let initial_cluster = initial_cluster.map(|m| (m.name.clone(), m.peer_url.to_string()));
        let mode = StartMode::Join { initial_cluster: initial_cluster.collect() };
        self.cluster.control().start(&declared.name, &mode).await?;
        self.until_it_works(&rest, &["member", "promote", &id]).await?;
        self.until_it_works(&all, &["endpoint", "health"]).await?;
        self.ctl(&all, &["endpoint", "hashkv"]).await?;
        Ok(begun.elapsed())
    }

    fn endpoint(&self, member: usize) -> String {
        self.cluster.declared(member).client_url.to_string()
    }

    async fn ctl(&self, endpoints: &str, arguments: &[&str]) -> Result<String, Failure> {
        let mut command = Command::new(&self.cluster.assets().etcdctl);
        command.env("ETCDCTL_API", "3").args(&self.flags).arg(format!("--endpoints={endpoints}"));
        printed(&command.args(arguments).output().await?)
    }

    async fn util(&self, arguments: &[&str]) -> Result<String, Failure> {
        let mut command = Command::new(&self.cluster.assets().etcdutl);
        printed(&command.args(arguments).output().await?)
    }

    /// The ideal wait: the same command again as soon as it has failed.
    async fn until_it_works(&self, endpoints: &str, arguments: &[&str]) -> Result<String, Failure> {
        let mut last = String::new();
        for _ in 0..200 {
            match self.ctl(endpoints, arguments).await {
                Ok(printed) => return Ok(printed),
                Err(error) => last = error.to_string(),
            }
        }
        Err(last.into())
    }
}

fn printed(output: &Output) -> Result<String, Failure> {
    if output.status.success() {
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    } else {
        Err(String::from_utf8_lossy(&output.stderr).into_owned().into())
    }
}
