//! Waiting for the proof of a pause.

use std::time::Duration;

use ::kube::api::{Api, DynamicObject};
use ::kube::runtime::{WatchStreamExt as _, watcher};
use futures_util::FutureExt as _;
use futures_util::stream::{BoxStream, SelectAll, StreamExt as _, select_all};
use jiff::Timestamp;
use tokio::time::{Instant, sleep_until, timeout_at};

use super::Target;
use super::error::{PauseError, WaitError};
use super::observe::read;
use super::resources::{CAPI_VERSIONS, Resources};
use crate::pause::{NotProven, PauseExpectation, PauseGap, PauseProof, PausedKind, prove};

/// How long to wait, and how.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct WaitOptions {
    /// After how long to give up; 5 minutes unless set.
    pub timeout: Duration,
    /// How often to look even if no watch tells of a change; 10 seconds unless set.
    pub resync: Duration,
}

impl Default for WaitOptions {
    fn default() -> Self {
        Self { timeout: Duration::from_secs(300), resync: Duration::from_secs(10) }
    }
}

impl WaitOptions {
    /// Giving up after this long.
    #[must_use]
    pub const fn with_timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// Looking at least this often.
    #[must_use]
    pub const fn with_resync(mut self, resync: Duration) -> Self {
        self.resync = resync;
        self
    }
}

/// Waits until a hosted cluster is paused at every level, and proves it.
///
/// Watches only say when to look; what counts is read anew from the API server each time, so a watch that is cut, expires or lags costs time and nothing else.
///
/// # Errors
///
/// [`WaitError`]: what is missing when the time is over, or at once where it cannot come any more.
pub async fn wait_paused(
    client: &::kube::Client,
    target: &Target,
    expectation: &PauseExpectation,
    options: &WaitOptions,
    now: impl Fn() -> Timestamp,
) -> Result<PauseProof, WaitError> {
    let resources = Resources::new(client, target)?;
    let mut changes = watches(&resources, target);
    let started = Instant::now();
    let deadline = started + options.timeout;
    let mut last = None;
    loop {
        last = match timeout_at(deadline, read(&resources, target)).await {
            Ok(Ok(observed)) => match prove(&observed, expectation, now()) {
                Ok(proof) => return Ok(proof),
                Err(missing) if is_hopeless(&missing, expectation) => {
                    return Err(WaitError::Hopeless { missing });
                }
                Err(missing) => Some(Outcome::Missing(missing)),
            },
            Ok(Err(error)) if error.is_retryable() => Some(Outcome::Failed(error)),
            Ok(Err(error)) => return Err(error.into()),
            Err(_) => last,
        };
        tracing::debug!(hosted_cluster = %target.name, missing = %Told(last.as_ref()), "not paused yet");
        let look = deadline.min(Instant::now() + options.resync);
        tokio::select! {
            () = changed(&mut changes) => {}
            () = sleep_until(look) => {}
        }
        if Instant::now() >= deadline {
            return Err(timed_out(last, options.timeout));
        }
    }
}

/// What the last look came to.
enum Outcome {
    Missing(NotProven),
    Failed(PauseError),
}

/// For the log.
struct Told<'a>(Option<&'a Outcome>);

impl std::fmt::Display for Told<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.0 {
            Some(Outcome::Missing(missing)) => write!(f, "{}", missing.gaps.len()),
            Some(Outcome::Failed(error)) => error.fmt(f),
            None => f.write_str("unknown"),
        }
    }
}

fn timed_out(last: Option<Outcome>, waited: Duration) -> WaitError {
    match last {
        Some(Outcome::Failed(error)) => error.into(),
        Some(Outcome::Missing(missing)) => WaitError::TimedOut { waited, missing },
        None => WaitError::NoAnswer { waited },
    }
}

/// Whether what is missing cannot come by waiting: the hosted cluster is another one, goes away, or was let go after it had been paused.
fn is_hopeless(missing: &NotProven, expectation: &PauseExpectation) -> bool {
    let of_cluster = PausedKind::HostedCluster.name();
    let mut gaps = missing.gaps.iter().filter(|gap| gap.object.starts_with(of_cluster));
    if gaps.clone().any(|gap| matches!(gap.finding.rule, PauseGap::Stale { .. })) {
        return false;
    }
    gaps.any(|gap| match gap.finding.rule {
        PauseGap::Replaced { .. } | PauseGap::Deleting => true,
        PauseGap::NotPaused { .. }
        | PauseGap::Meaningless { .. }
        | PauseGap::EndsTooSoon { .. } => expectation.generation.is_some(),
        _ => false,
    })
}

type Changes = SelectAll<BoxStream<'static, ()>>;

/// Everything whose change may complete the proof.
fn watches(resources: &Resources, target: &Target) -> Changes {
    let named = watcher::Config::default().fields(&format!("metadata.name={}", target.name));
    let all = watcher::Config::default;
    let mut streams = vec![
        watch(resources.api(PausedKind::HostedCluster), named.clone()),
        watch(resources.api(PausedKind::HostedControlPlane), named),
        watch(resources.api(PausedKind::NodePool), all()),
    ];
    // The older version is served for as long as the newer one is the storage version of an operator that uses it.
    for kind in ["Cluster", "MachineDeployment", "MachineSet"] {
        streams.push(watch(resources.capi(CAPI_VERSIONS[0], kind), all()));
    }
    select_all(streams)
}

/// A tick for every change; errors make it wait and watch again.
fn watch(api: Api<DynamicObject>, config: watcher::Config) -> BoxStream<'static, ()> {
    let events = watcher(api, config).default_backoff();
    events.filter_map(|event| async move { event.ok().map(drop) }).boxed()
}

/// Waits for a change, and takes all that are there.
async fn changed(changes: &mut Changes) {
    if changes.next().await.is_none() {
        std::future::pending::<()>().await;
    }
    while let Some(Some(())) = changes.next().now_or_never() {}
}
