//! [`Monitor`]: a task a host embeds, which watches one cluster and, if asked to, repairs it.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

use crate::clock::{Clock, SystemClock};
use crate::diagnosis::{ClusterState, Diagnosis, DiagnosisPolicy, History, diagnose};
use crate::health::{Observation, ProcessObservation};
#[cfg(feature = "metrics")]
use crate::metrics::MonitorMetrics;
use crate::recovery::{
    ClusterApi, ControlError, Depth, Executor, MemberControl, NotInCluster, Plan, RecoveryError,
    RecoveryPolicy, StartMode, Turn, plan,
};
use crate::topology::MemberName;

/// How often a monitor looks.
#[non_exhaustive]
#[derive(Debug, Clone, PartialEq)]
pub struct MonitorConfig {
    /// From the beginning of one probe to the next.
    pub interval: Duration,
    /// How much of the interval is varied at random, so that many monitors do not beat in time; 0 to 1.
    pub jitter: f64,
    /// Where the variation starts from. Give each monitor of a fleet its own, such as a hash of the cluster's name.
    pub seed: u64,
    /// How often the members' stores are compared by content, which makes each scan its whole store.
    pub compare_every: Duration,
}

/// What a monitor publishes after every probe.
#[non_exhaustive]
#[derive(Debug, Clone)]
pub struct Report {
    /// What was seen.
    pub observation: Observation,
    /// What is wrong.
    pub diagnosis: Diagnosis,
    /// What to do; a monitor that recovers is doing it.
    pub plan: Plan,
}

/// Watches one cluster until it is told to stop.
///
/// ```no_run
/// use hcp_etcd::{Client, ClientOptions, Monitor, Topology};
/// use tokio_util::sync::CancellationToken;
///
/// # async fn example(topology: Topology) -> Result<(), Box<dyn std::error::Error>> {
/// let monitor = Monitor::new(Client::new(topology, ClientOptions::default())?);
/// let mut reports = monitor.subscribe();
/// let stop = CancellationToken::new();
/// let watching = monitor.run(stop.clone());
/// let reading = async {
///     while reports.changed().await.is_ok() {
///         if let Some(report) = reports.borrow_and_update().as_ref() {
///             println!("{}", report.diagnosis);
///         }
///     }
/// };
/// tokio::join!(watching, reading);
/// # Ok(())
/// # }
/// ```
pub struct Monitor<A, C = NoControl> {
    mode: Mode<A, C>,
    config: MonitorConfig,
    clock: Arc<dyn Clock>,
    reports: watch::Sender<Option<Arc<Report>>>,
    #[cfg(feature = "metrics")]
    metrics: Option<MonitorMetrics>,
}

/// For a monitor that only watches: nothing can be made of it, so nothing can be started, stopped or wiped.
#[non_exhaustive]
#[derive(Debug, Clone, Copy)]
pub enum NoControl {}

enum Mode<A, C> {
    Watch(Box<Watcher<A>>),
    Recover(Box<Executor<A, C>>),
}

struct Watcher<A> {
    api: A,
    history: History,
    diagnosis: DiagnosisPolicy,
    recovery: RecoveryPolicy,
}

impl Default for MonitorConfig {
    fn default() -> Self {
        Self {
            interval: Duration::from_secs(5),
            jitter: 0.1,
            seed: 0,
            compare_every: Duration::from_secs(10 * 60),
        }
    }
}

impl MonitorConfig {
    /// Sets [`interval`](Self::interval).
    #[must_use]
    pub const fn with_interval(mut self, interval: Duration) -> Self {
        self.interval = interval;
        self
    }

    /// Sets [`jitter`](Self::jitter), kept within 0 and 1.
    #[must_use]
    pub const fn with_jitter(mut self, jitter: f64) -> Self {
        self.jitter = if jitter.is_nan() { 0.0 } else { jitter.clamp(0.0, 1.0) };
        self
    }

    /// Sets [`seed`](Self::seed).
    #[must_use]
    pub const fn with_seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// Sets [`compare_every`](Self::compare_every).
    #[must_use]
    pub const fn with_compare_every(mut self, every: Duration) -> Self {
        self.compare_every = every;
        self
    }
}

impl<A: ClusterApi> Monitor<A> {
    /// A monitor that watches and says what it would do.
    pub fn new(api: A) -> Self {
        Self::of(Mode::Watch(Box::new(Watcher {
            api,
            history: History::default(),
            diagnosis: DiagnosisPolicy::default(),
            recovery: RecoveryPolicy::default(),
        })))
    }
}

impl<A: ClusterApi, C: MemberControl> Monitor<A, C> {
    /// A monitor that carries out its plans, with the executor's policies.
    pub fn recovering(executor: Executor<A, C>) -> Self {
        Self::of(Mode::Recover(Box::new(executor)))
    }

    fn of(mode: Mode<A, C>) -> Self {
        Self {
            mode,
            config: MonitorConfig::default(),
            clock: Arc::new(SystemClock),
            reports: watch::Sender::new(None),
            #[cfg(feature = "metrics")]
            metrics: None,
        }
    }

    /// Sets how often it looks.
    #[must_use]
    pub fn with_config(mut self, config: MonitorConfig) -> Self {
        self.config = config;
        self
    }

    /// Keeps these series up to date.
    #[cfg(feature = "metrics")]
    #[must_use]
    pub fn with_metrics(mut self, metrics: MonitorMetrics) -> Self {
        self.metrics = Some(metrics);
        self
    }

    /// Where to read what it finds. The channel closes when the monitor stops.
    #[must_use]
    pub fn subscribe(&self) -> watch::Receiver<Option<Arc<Report>>> {
        self.reports.subscribe()
    }

    /// Watches until `stop` is cancelled. A step that is under way then is given up, which is safe at any point.
    pub async fn run(mut self, stop: CancellationToken) {
        let mut pacer = Pacer::new(&self.config);
        loop {
            let began = Instant::now();
            let depth = pacer.depth(began);
            let turn = tokio::select! {
                biased;
                () = stop.cancelled() => return,
                turn = self.turn(depth) => turn,
            };
            let pause = match turn {
                Ok(turn) => {
                    let pause = self.pause(&turn, &mut pacer);
                    self.publish(turn, began.elapsed());
                    pause
                }
                Err(error) => {
                    warn!(error = &error as &dyn std::error::Error, "recovery step failed");
                    self.count_failure(&error);
                    pacer.compare_next();
                    pacer.interval()
                }
            };
            tokio::select! {
                () = stop.cancelled() => return,
                () = tokio::time::sleep(pause.saturating_sub(began.elapsed())) => {}
            }
        }
    }

    async fn turn(&mut self, depth: Depth) -> Result<Turn, RecoveryError> {
        match &mut self.mode {
            Mode::Recover(executor) => executor.turn(depth, |_| {}).await,
            Mode::Watch(watcher) => Ok(watcher.look(depth, &*self.clock).await),
        }
    }

    /// A monitor in the middle of a recovery goes on at the executor's pace.
    fn pause(&self, turn: &Turn, pacer: &mut Pacer) -> Duration {
        match &self.mode {
            Mode::Recover(executor) if turn.plan.member().is_some() => {
                if turn.next_depth() == Depth::Hashes {
                    pacer.compare_next();
                }
                executor.pause(turn)
            }
            _ => pacer.interval(),
        }
    }

    fn publish(&self, turn: Turn, took: Duration) {
        let Turn { observation, diagnosis, plan, .. } = turn;
        let before = self.reports.borrow().as_ref().map(|r| r.diagnosis.cluster);
        if before != Some(diagnosis.cluster) {
            log_change(before, &diagnosis, &plan);
        }
        #[cfg(feature = "metrics")]
        if let Some(metrics) = &self.metrics {
            metrics.observe(&observation, &diagnosis, &plan, took);
        }
        #[cfg(not(feature = "metrics"))]
        let _ = took;
        let _ = self.reports.send_replace(Some(Arc::new(Report { observation, diagnosis, plan })));
    }

    #[cfg_attr(
        not(feature = "metrics"),
        expect(clippy::unused_self, reason = "counts only with metrics")
    )]
    fn count_failure(&self, _error: &RecoveryError) {
        #[cfg(feature = "metrics")]
        if let Some(metrics) = &self.metrics {
            metrics.count_failure();
        }
    }
}

fn log_change(before: Option<ClusterState>, diagnosis: &Diagnosis, plan: &Plan) {
    let (before, after) = (before.map_or("unknown", ClusterState::name), diagnosis.cluster.name());
    let plan = plan.action.name();
    if diagnosis.cluster == ClusterState::Healthy {
        info!(before, after, plan, "cluster state changed");
    } else {
        warn!(before, after, plan, %diagnosis, "cluster state changed");
    }
}

/// When to look next, and how deep.
struct Pacer {
    interval: Duration,
    jitter: f64,
    state: u64,
    compare_every: Duration,
    compared: Option<Instant>,
}

impl Pacer {
    const fn new(config: &MonitorConfig) -> Self {
        Self {
            interval: config.interval,
            jitter: config.jitter,
            state: config.seed,
            compare_every: config.compare_every,
            compared: None,
        }
    }

    fn depth(&mut self, now: Instant) -> Depth {
        let due = self.compared.is_none_or(|at| now.duration_since(at) >= self.compare_every);
        if due {
            self.compared = Some(now);
            Depth::Hashes
        } else {
            Depth::Shallow
        }
    }

    const fn compare_next(&mut self) {
        self.compared = None;
    }

    /// The interval, longer or shorter by up to half the jitter.
    fn interval(&mut self) -> Duration {
        // SplitMix64: enough to spread monitors over time.
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.state;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^= z >> 31;
        #[expect(clippy::cast_precision_loss, reason = "any fraction will do")]
        let unit = (z >> 11) as f64 / (1_u64 << 53) as f64;
        self.interval.mul_f64(1.0 + self.jitter * (unit - 0.5))
    }
}

impl<A: ClusterApi> Watcher<A> {
    async fn look(&mut self, depth: Depth, clock: &dyn Clock) -> Turn {
        let observation = self.api.observe(depth).await;
        let now = clock.now();
        let diagnosis = diagnose(&observation, &self.history, &self.diagnosis, now);
        self.history.update(&diagnosis, &self.diagnosis);
        let plan = plan(&diagnosis, None, &self.recovery, now);
        Turn { observation, diagnosis, plan, acted: false }
    }
}

impl MemberControl for NoControl {
    async fn inspect(&self, _: &MemberName) -> Result<ProcessObservation, ControlError> {
        match *self {}
    }

    async fn start(&self, _: &MemberName, _: &StartMode) -> Result<(), ControlError> {
        match *self {}
    }

    async fn stop(&self, _: &MemberName) -> Result<(), ControlError> {
        match *self {}
    }

    async fn wipe(&self, _: &NotInCluster) -> Result<(), ControlError> {
        match *self {}
    }
}

impl<A, C> fmt::Debug for Monitor<A, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Monitor")
            .field("config", &self.config)
            .field("recovers", &matches!(self.mode, Mode::Recover(_)))
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn intervals_vary_within_the_jitter_and_differ_by_seed() {
        let config = MonitorConfig::default().with_interval(Duration::from_secs(10));
        let mut one = Pacer::new(&config.clone().with_jitter(0.2).with_seed(1));
        let mut two = Pacer::new(&config.with_jitter(0.2).with_seed(2));
        let of_one: Vec<_> = std::iter::repeat_with(|| one.interval()).take(100).collect();
        let of_two: Vec<_> = std::iter::repeat_with(|| two.interval()).take(100).collect();
        assert_ne!(of_one, of_two);
        let (nine, eleven) = (Duration::from_secs(9), Duration::from_secs(11));
        assert!(of_one.iter().all(|i| (nine..=eleven).contains(i)), "{of_one:?}");
    }

    #[tokio::test(start_paused = true)]
    async fn contents_are_compared_at_first_and_when_due() {
        let mut pacer = Pacer::new(&MonitorConfig::default());
        let start = Instant::now();
        assert_eq!(pacer.depth(start), Depth::Hashes);
        assert_eq!(pacer.depth(start + Duration::from_secs(5)), Depth::Shallow);
        assert_eq!(pacer.depth(start + Duration::from_secs(601)), Depth::Hashes);
        pacer.compare_next();
        assert_eq!(pacer.depth(start + Duration::from_secs(602)), Depth::Hashes);
    }
}
