//! The monitor's series for a `prometheus-client` registry. The host owns the registry and chooses the prefix.

use std::time::Duration;

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::{Registry, Unit};

use crate::diagnosis::Diagnosis;
use crate::health::{MemberObservation, Observation};
use crate::recovery::Plan;

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct StateLabels {
    state: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ActionLabels {
    action: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct MemberLabels {
    member: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct MemberStateLabels {
    member: String,
    state: &'static str,
}

/// What a monitor counts and measures.
///
/// `cluster_state`, `member_state` and `plan` are 1 for the present value and have no other series, so that
/// `cluster_state{state!="healthy"}` alerts by itself.
///
/// ```
/// use hcp_etcd::MonitorMetrics;
/// use prometheus_client::registry::Registry;
///
/// let mut registry = Registry::default();
/// let metrics = MonitorMetrics::register(registry.sub_registry_with_prefix("hcp_etcd"));
/// // Monitor::new(client).with_metrics(metrics)
/// ```
#[derive(Debug, Clone)]
pub struct MonitorMetrics {
    cluster_state: Family<StateLabels, Gauge>,
    member_state: Family<MemberStateLabels, Gauge>,
    plan: Family<ActionLabels, Gauge>,
    voters: Gauge,
    healthy_voters: Gauge,
    fault_tolerance: Gauge,
    member_read: Family<MemberLabels, Gauge<f64, std::sync::atomic::AtomicU64>>,
    member_db: Family<MemberLabels, Gauge>,
    member_db_in_use: Family<MemberLabels, Gauge>,
    member_revision: Family<MemberLabels, Gauge>,
    probe: Histogram,
    probes: Counter,
    last_probe: Gauge<f64, std::sync::atomic::AtomicU64>,
    failures: Counter,
}

impl MonitorMetrics {
    /// Makes the series and registers them.
    pub fn register(registry: &mut Registry) -> Self {
        let metrics = Self {
            cluster_state: Family::default(),
            member_state: Family::default(),
            plan: Family::default(),
            voters: Gauge::default(),
            healthy_voters: Gauge::default(),
            fault_tolerance: Gauge::default(),
            member_read: Family::default(),
            member_db: Family::default(),
            member_db_in_use: Family::default(),
            member_revision: Family::default(),
            probe: Histogram::new([0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0]),
            probes: Counter::default(),
            last_probe: Gauge::default(),
            failures: Counter::default(),
        };
        metrics.register_states(registry);
        metrics.register_measures(registry);
        metrics
    }

    fn register_states(&self, registry: &mut Registry) {
        registry.register("cluster_state", "State of the cluster", self.cluster_state.clone());
        registry.register("member_state", "State of each member", self.member_state.clone());
        registry.register("plan", "What the monitor would do or does", self.plan.clone());
        registry.register("voters", "Voting members", self.voters.clone());
        registry.register("healthy_voters", "Healthy voting members", self.healthy_voters.clone());
        let help = "How many more healthy voters may fail; negative without a quorum";
        registry.register("fault_tolerance", help, self.fault_tolerance.clone());
    }

    fn register_measures(&self, registry: &mut Registry) {
        let seconds = Unit::Seconds;
        let help = "Duration of the last linearizable read through each member";
        registry.register_with_unit("member_read", help, seconds.clone(), self.member_read.clone());
        let help = "Size of each member's backend file";
        registry.register_with_unit("member_db_size", help, Unit::Bytes, self.member_db.clone());
        let help = "Bytes in use of each member's backend file";
        registry.register_with_unit(
            "member_db_in_use",
            help,
            Unit::Bytes,
            self.member_db_in_use.clone(),
        );
        let help = "Revision of each member's store";
        registry.register("member_revision", help, self.member_revision.clone());
        let help = "Duration of probes, and of the recovery steps made with them";
        registry.register_with_unit("probe", help, seconds.clone(), self.probe.clone());
        registry.register("probes", "Probes made", self.probes.clone());
        let help = "When the last probe began, as Unix time";
        registry.register_with_unit("last_probe_timestamp", help, seconds, self.last_probe.clone());
        let help = "Recovery steps that failed";
        registry.register("recovery_failures", help, self.failures.clone());
    }

    pub(crate) fn observe(
        &self,
        observation: &Observation,
        diagnosis: &Diagnosis,
        plan: &Plan,
        took: Duration,
    ) {
        self.probes.inc();
        self.probe.observe(took.as_secs_f64());
        #[expect(clippy::cast_precision_loss, reason = "milliseconds fit")]
        self.last_probe.set(observation.at.as_millisecond() as f64 / 1e3);
        self.cluster_state.clear();
        self.cluster_state.get_or_create(&StateLabels { state: diagnosis.cluster.name() }).set(1);
        self.plan.clear();
        self.plan.get_or_create(&ActionLabels { action: plan.action.name() }).set(1);
        self.voters.set(signed(diagnosis.quorum.voters as u64));
        self.healthy_voters.set(signed(diagnosis.quorum.healthy as u64));
        self.fault_tolerance.set(diagnosis.quorum.fault_tolerance());
        self.member_state.clear();
        for member in &diagnosis.members {
            let labels =
                MemberStateLabels { member: member.name.to_string(), state: member.state.name() };
            self.member_state.get_or_create(&labels).set(1);
        }
        for member in &observation.members {
            self.observe_member(member);
        }
    }

    fn observe_member(&self, member: &MemberObservation) {
        let labels = MemberLabels { member: member.name.to_string() };
        match &member.read {
            Ok(read) => {
                self.member_read.get_or_create(&labels).set(read.took.as_secs_f64());
            }
            Err(_) => {
                self.member_read.remove(&labels);
            }
        }
        if let Ok(status) = &member.status {
            self.member_db.get_or_create(&labels).set(signed(status.db_size));
            self.member_db_in_use.get_or_create(&labels).set(signed(status.db_size_in_use));
            self.member_revision.get_or_create(&labels).set(signed(status.revision));
        } else {
            self.member_db.remove(&labels);
            self.member_db_in_use.remove(&labels);
            self.member_revision.remove(&labels);
        }
    }

    pub(crate) fn count_failure(&self) {
        self.failures.inc();
    }
}

fn signed(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}
