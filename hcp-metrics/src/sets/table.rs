//! Which rules each set means for each component, as tables.

use super::{Component, MetricsSet, SreConfig};
use crate::relabel::{Action, Rule};

/// Whose tables are meant. Source: HyperShift, `support/metrics/sets.go`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Edition {
    /// OpenShift 4.15: the scheduler has no lists, and the lists that drop buckets by their `le` name them as
    /// Prometheus 2 writes them, so that on Prometheus 3 half of those buckets stay.
    V4_15,
    /// The newest HyperShift.
    #[default]
    Newest,
}

/// [`MetricsSet::Sre`] was asked for, and no SRE configuration has been given.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "the SRE metrics set is asked for, but its configuration was not loaded; read the ConfigMap sre-metric-set \
     and pass it on, or pass SreConfig::unfiltered() to collect everything, as HyperShift does"
)]
#[non_exhaustive]
pub struct SreNotLoaded;

/// The metric sets: tables, and the SRE configuration if there is one.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct MetricSets {
    edition: Edition,
    sre: Option<SreConfig>,
}

impl MetricSets {
    /// The tables of `edition`, without an SRE configuration.
    #[must_use]
    pub const fn new(edition: Edition) -> Self {
        Self { edition, sre: None }
    }

    /// Says what the SRE set means.
    #[must_use]
    pub fn with_sre(mut self, config: SreConfig) -> Self {
        self.sre = Some(config);
        self
    }

    /// The rules for the samples of `component` under `set`, in their order; none is "no filter".
    ///
    /// A component that the SRE configuration does not name has no filter under [`MetricsSet::Sre`], as upstream.
    ///
    /// # Errors
    ///
    /// [`MetricsSet::Sre`] without a configuration. Upstream has no filter then, and says nothing.
    pub fn rules(&self, component: Component, set: MetricsSet) -> Result<Vec<Rule>, SreNotLoaded> {
        let component = component.lists_of();
        Ok(match set {
            MetricsSet::Telemetry => owned(telemetry(component, self.edition)),
            MetricsSet::All => owned(all(component, self.edition)),
            MetricsSet::Sre if !component.is_configurable() => Vec::new(),
            MetricsSet::Sre => self.sre.as_ref().ok_or(SreNotLoaded)?.rules(component).to_vec(),
        })
    }
}

/// A rule of a table.
#[derive(Clone, Copy)]
struct Row {
    action: Action,
    sources: &'static [&'static str],
    regex: &'static str,
}

const NAME: &[&str] = &["__name__"];
const NAME_AND_LE: &[&str] = &["__name__", "le"];

const fn keep(regex: &'static str) -> Row {
    Row { action: Action::Keep, sources: NAME, regex }
}

const fn drop(regex: &'static str) -> Row {
    Row { action: Action::Drop, sources: NAME, regex }
}

const fn drop_buckets(regex: &'static str) -> Row {
    Row { action: Action::Drop, sources: NAME_AND_LE, regex }
}

fn owned(rows: Vec<Row>) -> Vec<Rule> {
    let rule = |row: Row| {
        Rule::new(row.action).with_source_labels(row.sources.iter().copied()).with_regex(row.regex)
    };
    rows.into_iter().map(rule).collect()
}

/// The lists of [`MetricsSet::Telemetry`].
fn telemetry(component: Component, edition: Edition) -> Vec<Row> {
    match component {
        Component::Etcd => vec![keep(
            "(etcd_disk_wal_fsync_duration_seconds_bucket|etcd_mvcc_db_total_size_in_bytes|etcd_network_peer_round_trip_time_seconds_bucket|etcd_mvcc_db_total_size_in_use_in_bytes|etcd_disk_backend_commit_duration_seconds_bucket|etcd_server_leader_changes_seen_total)",
        )],
        Component::KubeApiServer | Component::OpenShiftApiServer => vec![keep(
            "(apiserver_storage_objects|apiserver_request_total|apiserver_current_inflight_requests)",
        )],
        Component::KubeControllerManager => vec![keep("pv_collector_total_pv_count")],
        Component::KubeScheduler | Component::KubeSchedulerResources => match edition {
            Edition::V4_15 => vec![],
            Edition::Newest => vec![drop(".*")],
        },
        Component::OpenShiftControllerManager => vec![keep("openshift_build_status_phase_total")],
        Component::OpenShiftRouteControllerManager | Component::ImageRegistryOperator => {
            vec![drop("(.*)")]
        }
        Component::ClusterVersionOperator => vec![keep(
            "(cluster_version|cluster_version_available_updates|cluster_operator_up|cluster_operator_conditions|cluster_version_payload|cluster_installer)",
        )],
        Component::OlmOperator => vec![keep("(csv_succeeded|csv_abnormal)")],
        Component::CatalogOperator => {
            vec![keep("(subscription_sync_total|olm_resolution_duration_seconds)")]
        }
        Component::NodeTuningOperator => vec![keep("nto_profile_calculated_total")],
        _ => vec![],
    }
}

/// The lists of [`MetricsSet::All`].
fn all(component: Component, edition: Edition) -> Vec<Row> {
    match (component, edition) {
        (Component::KubeApiServer, Edition::V4_15) => KUBE_APISERVER_4_15.to_vec(),
        (Component::KubeApiServer, Edition::Newest) => KUBE_APISERVER.to_vec(),
        (Component::OpenShiftApiServer, Edition::V4_15) => OPENSHIFT_APISERVER_4_15.to_vec(),
        (Component::OpenShiftApiServer, Edition::Newest) => OPENSHIFT_APISERVER.to_vec(),
        (Component::KubeControllerManager, _) => vec![
            DROP_ETCD_REQUESTS,
            drop("rest_client_request_latency_seconds_(bucket|count|sum)"),
            drop("root_ca_cert_publisher_sync_duration_seconds_(bucket|count|sum)"),
        ],
        (Component::OpenShiftControllerManager | Component::OpenShiftRouteControllerManager, _) => {
            vec![DROP_ETCD_REQUESTS]
        }
        (
            Component::ClusterVersionOperator | Component::OlmOperator | Component::CatalogOperator,
            _,
        ) => vec![DROP_ETCD],
        _ => vec![],
    }
}

const DROP_ETCD: Row = drop("etcd_(debugging|disk|server).*");
const DROP_ETCD_REQUESTS: Row = drop("etcd_(debugging|disk|request|server).*");
const DROP_CONTROLLER_LATENCIES: Row =
    drop("apiserver_admission_controller_admission_latencies_seconds_.*");
const DROP_STEP_LATENCIES: Row = drop("apiserver_admission_step_admission_latencies_seconds_.*");
const DROP_BUCKETS_4_15: Row = drop_buckets(
    "apiserver_request_duration_seconds_bucket;(0.15|0.25|0.3|0.35|0.4|0.45|0.6|0.7|0.8|0.9|1.25|1.5|1.75|2.5|3|3.5|4.5|6|7|8|9|15|25|30|50)",
);
const DROP_BUCKETS: Row = drop_buckets(
    "apiserver_request_duration_seconds_bucket;(0.15|0.25|0.3|0.35|0.4|0.45|0.6|0.7|0.8|0.9|1.25|1.5|1.75|2.5|3|3.5|4.5|6|7|8|9|15|25|30|50)(\\.0)?",
);

const OPENSHIFT_APISERVER: [Row; 4] =
    [DROP_ETCD, DROP_CONTROLLER_LATENCIES, DROP_STEP_LATENCIES, DROP_BUCKETS];
const OPENSHIFT_APISERVER_4_15: [Row; 4] =
    [DROP_ETCD, DROP_CONTROLLER_LATENCIES, DROP_STEP_LATENCIES, DROP_BUCKETS_4_15];

const KUBE_APISERVER: [Row; 11] = kube_apiserver(DROP_BUCKETS);
const KUBE_APISERVER_4_15: [Row; 11] = kube_apiserver(DROP_BUCKETS_4_15);

const fn kube_apiserver(buckets: Row) -> [Row; 11] {
    [
        DROP_ETCD,
        DROP_CONTROLLER_LATENCIES,
        DROP_STEP_LATENCIES,
        drop(
            "scheduler_(e2e_scheduling_latency_microseconds|scheduling_algorithm_predicate_evaluation|scheduling_algorithm_priority_evaluation|scheduling_algorithm_preemption_evaluation|scheduling_algorithm_latency_microseconds|binding_latency_microseconds|scheduling_latency_seconds)",
        ),
        drop(
            "apiserver_(request_count|request_latencies|request_latencies_summary|dropped_requests|storage_data_key_generation_latencies_microseconds|storage_transformation_failures_total|storage_transformation_latencies_microseconds|proxy_tunnel_sync_latency_secs)",
        ),
        drop(
            "docker_(operations|operations_latency_microseconds|operations_errors|operations_timeout)",
        ),
        drop(
            "reflector_(items_per_list|items_per_watch|list_duration_seconds|lists_total|short_watches_total|watch_duration_seconds|watches_total)",
        ),
        drop(
            "etcd_(helper_cache_hit_count|helper_cache_miss_count|helper_cache_entry_count|request_cache_get_latencies_summary|request_cache_add_latencies_summary|request_latencies_summary)",
        ),
        drop("transformation_(transformation_latencies_microseconds|failures_total)"),
        drop(
            "network_plugin_operations_latency_microseconds|sync_proxy_rules_latency_microseconds|rest_client_request_latency_seconds",
        ),
        buckets,
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::relabel::Rules;
    use crate::{Labels, LabelsView};

    const EDITIONS: [Edition; 2] = [Edition::V4_15, Edition::Newest];

    fn compiled(edition: Edition, component: Component, set: MetricsSet) -> Rules {
        Rules::compile(&MetricSets::new(edition).rules(component, set).unwrap()).unwrap()
    }

    fn keeps(rules: &Rules, name: &str, le: &str) -> bool {
        let labels: Labels = [("__name__", name), ("le", le)].into_iter().collect();
        rules.keep(&LabelsView::from(&labels))
    }

    #[test]
    fn every_list_compiles() {
        for edition in EDITIONS {
            for component in Component::ALL {
                for set in [MetricsSet::Telemetry, MetricsSet::All] {
                    compiled(edition, component, set);
                }
            }
        }
    }

    /// Every metric that upstream's recording rules (group `hypershift.rules`) read, and who serves it.
    const RECORDED: [(Component, &str); 12] = [
        (Component::KubeApiServer, "apiserver_storage_objects"),
        (Component::KubeApiServer, "apiserver_request_total"),
        (Component::KubeApiServer, "apiserver_current_inflight_requests"),
        (Component::OpenShiftApiServer, "apiserver_request_total"),
        (Component::OpenShiftApiServer, "apiserver_current_inflight_requests"),
        (Component::KubeControllerManager, "pv_collector_total_pv_count"),
        (Component::Etcd, "etcd_mvcc_db_total_size_in_bytes"),
        (Component::Etcd, "etcd_mvcc_db_total_size_in_use_in_bytes"),
        (Component::Etcd, "etcd_disk_wal_fsync_duration_seconds_bucket"),
        (Component::Etcd, "etcd_network_peer_round_trip_time_seconds_bucket"),
        (Component::Etcd, "etcd_disk_backend_commit_duration_seconds_bucket"),
        (Component::NodeTuningOperator, "nto_profile_calculated_total"),
    ];

    #[test]
    fn what_the_recording_rules_read_survives_telemetry() {
        for edition in EDITIONS {
            for (component, name) in RECORDED {
                let rules = compiled(edition, component, MetricsSet::Telemetry);
                assert!(keeps(&rules, name, "0.5"), "{component}: {name}");
            }
        }
    }

    #[test]
    fn telemetry_keeps_nothing_else() {
        let rules = compiled(Edition::Newest, Component::Etcd, MetricsSet::Telemetry);
        assert!(!keeps(&rules, "etcd_disk_wal_fsync_duration_seconds_count", ""));
        let rules = compiled(Edition::Newest, Component::KubeScheduler, MetricsSet::Telemetry);
        assert!(!keeps(&rules, "scheduler_pending_pods", ""));
        let rules = compiled(Edition::V4_15, Component::KubeScheduler, MetricsSet::Telemetry);
        assert!(keeps(&rules, "scheduler_pending_pods", ""));
    }

    #[test]
    fn the_editions_differ_in_how_they_name_a_bucket() {
        let name = "apiserver_request_duration_seconds_bucket";
        for component in [Component::KubeApiServer, Component::OpenShiftApiServer] {
            let old = compiled(Edition::V4_15, component, MetricsSet::All);
            let new = compiled(Edition::Newest, component, MetricsSet::All);
            for (le, old_keeps, new_keeps) in [
                ("3", false, false),
                ("3.0", true, false),
                ("0.15", false, false),
                ("5", true, true),
            ] {
                assert_eq!(keeps(&old, name, le), old_keeps, "4.15 {component} le={le}");
                assert_eq!(keeps(&new, name, le), new_keeps, "newest {component} le={le}");
            }
        }
    }

    #[test]
    fn all_has_as_many_rules_as_upstream() {
        let sets = MetricSets::default();
        let counts = Component::ALL.map(|c| sets.rules(c, MetricsSet::All).unwrap().len());
        assert_eq!(counts, [0, 11, 3, 0, 0, 4, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
        let counts = Component::ALL.map(|c| sets.rules(c, MetricsSet::Telemetry).unwrap().len());
        assert_eq!(counts, [1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0, 0, 1, 0, 0, 0, 0]);
    }

    #[test]
    fn sre_without_a_configuration_is_refused_only_where_it_matters() {
        let sets = MetricSets::default();
        assert_eq!(sets.rules(Component::Etcd, MetricsSet::Sre), Err(SreNotLoaded));
        assert_eq!(sets.rules(Component::IngressOperator, MetricsSet::Sre), Err(SreNotLoaded));
        assert_eq!(sets.rules(Component::Karpenter, MetricsSet::Sre), Ok(Vec::new()));
        let sets = sets.with_sre(SreConfig::unfiltered());
        assert_eq!(sets.rules(Component::Etcd, MetricsSet::Sre), Ok(Vec::new()));
    }
}
