//! Our own process killed between every two steps of a recovery, and run again.
//!
//! The recovery runs in a child process that aborts itself at the N-th event; then another one that does not. All
//! the second one has is the world: the members, the runtime directory of their supervisor, the snapshot directory.

use std::path::Path;
use std::process::{ExitCode, Stdio};
use std::time::Duration;

use hcp_etcd::recovery::{Outcome, Progress};
use hcp_etcd::{Client, ClientOptions, Tls};
use hcp_testkit::{AttachConfig, EtcdCluster};
use tokio_util::sync::CancellationToken;

use crate::arena::{Arena, Failure, Shown, executor};

const CHILD: &str = "crash-child";

/// The row: for every N until a recovery ends before its N-th event.
pub(crate) async fn row() -> Result<Shown, Failure> {
    let mut arena = Arena::new().await?;
    let config = arena.cluster.dir().join("attach.json");
    arena.cluster.attach_config().save(&config)?;
    let mut killed = 0;
    for event in 1.. {
        arena.cluster.wipe_data(event % 3).await?;
        let first = child_run(&config, Some(event)).await?;
        if first == Ended::Finished {
            break;
        }
        killed += 1;
        if child_run(&config, None).await? != Ended::Finished {
            return Err(format!("killed at event {event}, the next run did not finish").into());
        }
        three_voters(&arena.cluster).await?;
    }
    arena.look().await?;
    let outcome = arena.recover().await?;
    if !outcome.is_healthy() || killed < 10 {
        return Err(format!("{killed} crashes, then {outcome:?}").into());
    }
    arena.shown.diagnosis = vec![("replace", String::from("data-lost"))];
    arena.shown.actions = vec!["killed at each event, run again".to_owned()];
    arena.account().await
}

/// No second `member add` and no removal too many: three started voters are left each time.
async fn three_voters(cluster: &EtcdCluster) -> Result<(), Failure> {
    let list = cluster.client(0).await?.member_list().await?;
    let voters = list.members().iter().filter(|m| !m.is_learner() && !m.name().is_empty());
    match (voters.count(), list.members().len()) {
        (3, 3) => Ok(()),
        (voters, members) => Err(format!("{voters} voters, {members} members").into()),
    }
}

#[derive(PartialEq, Eq)]
enum Ended {
    Finished,
    Killed,
}

async fn child_run(config: &Path, kill_at: Option<usize>) -> Result<Ended, Failure> {
    let mut child = tokio::process::Command::new(std::env::current_exe()?);
    child.arg(CHILD).arg(config).stdout(Stdio::null()).kill_on_drop(true);
    if let Some(event) = kill_at {
        child.arg(event.to_string());
    }
    let run = child.status();
    let status = tokio::time::timeout(Duration::from_secs(120), run).await??;
    match (status.code(), kill_at) {
        (Some(0), _) => Ok(Ended::Finished),
        (None, Some(_)) => Ok(Ended::Killed),
        _ => Err(format!("the recovering process ended with {status}").into()),
    }
}

/// What the child process does; `None` in the parent.
pub(crate) fn child(arguments: &[String]) -> Option<ExitCode> {
    let [name, config, rest @ ..] = arguments else {
        return None;
    };
    if name != CHILD {
        return None;
    }
    let kill_at = rest.first().and_then(|event| event.parse().ok());
    let runtime = tokio::runtime::Runtime::new().ok()?;
    Some(match runtime.block_on(recover(Path::new(config), kill_at)) {
        Ok(outcome) if outcome.is_healthy() => ExitCode::SUCCESS,
        Ok(outcome) => {
            eprintln!("{outcome:#?}");
            ExitCode::FAILURE
        }
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    })
}

async fn recover(config: &Path, kill_at: Option<usize>) -> Result<Outcome, Failure> {
    let config = AttachConfig::load(config)?;
    let files = config.client_tls.as_ref().ok_or("the cluster has TLS")?;
    let tls = Tls::from_files(&files.ca, &files.cert, &files.key)?;
    let options = ClientOptions::default().with_tls(tls);
    let client = Client::new(config.topology.clone(), options)?;
    let mut executor = executor(client, config.control()?, &config.snapshots_dir);
    let (mut events, never) = (0, CancellationToken::new());
    let run = executor.run(&never, |progress| {
        let counts = matches!(progress, Progress::Begins { .. } | Progress::Done { .. });
        events += usize::from(counts);
        if counts && Some(events) == kill_at {
            std::process::abort();
        }
    });
    Ok(run.await?)
}
