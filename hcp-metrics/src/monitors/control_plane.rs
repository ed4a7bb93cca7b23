//! Monitors made for one control plane.

use super::Identity;
use super::error::MonitorError;
use super::object::{
    API_VERSION, Body, Endpoint, KeySelector, Monitor, NamespaceSelector, ObjectMeta,
    PodMonitorSpec, SecretOrConfigMap, Selector, ServiceMonitorSpec, TargetPort, TlsConfig,
};
use super::table::{Kind, Port, ROWS, Row, StandAlone, Tls};
use crate::HostedClusterRef;
use crate::relabel::{Action, RelabelConfig, Rule};
use crate::sets::{Component, MetricSets, MetricsSet};

/// The label that tells one hosted cluster's series from another's. Source: HyperShift, `support/util/metrics.go`.
pub const ID_LABEL: &str = "_id";

/// On the `PodMonitor` of the control-plane-operator: `<namespace>/<name>` of the `HostedCluster`.
const HOSTED_CLUSTER: &str = "hypershift.openshift.io/cluster";

/// The control plane of a hosted cluster, to make monitors for.
///
/// Source: HyperShift, `support/util/metrics.go` and `v2/assets`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ControlPlane {
    cluster: HostedClusterRef,
    namespace: String,
    identity: Identity,
}

impl ControlPlane {
    /// The control plane of `cluster`, in the namespace that HyperShift gives it.
    ///
    /// # Errors
    ///
    /// A cluster that cannot exist.
    pub fn new(cluster: HostedClusterRef) -> Result<Self, MonitorError> {
        cluster.validate()?;
        let namespace = cluster.control_plane_namespace();
        Ok(Self { cluster, namespace, identity: Identity::default() })
    }

    /// Says how a target is told what a stand-alone cluster would call it.
    #[must_use]
    pub const fn with_identity(mut self, identity: Identity) -> Self {
        self.identity = identity;
        self
    }

    /// Where its pods and monitors are.
    #[must_use]
    pub fn namespace(&self) -> &str {
        &self.namespace
    }

    /// The monitor of `component` under `set`. The two components of kube-scheduler share one.
    ///
    /// # Errors
    ///
    /// [`MetricsSet::Sre`] without a configuration.
    pub fn monitor(
        &self,
        component: Component,
        sets: &MetricSets,
        set: MetricsSet,
    ) -> Result<Monitor, MonitorError> {
        let serves = |row: &&Row| row.endpoints.iter().any(|(served, _)| *served == component);
        let row = ROWS.iter().find(serves).ok_or(MonitorError::NoMonitor { component })?;
        self.build(row, sets, set)
    }

    /// The monitors of all components under `set`.
    ///
    /// # Errors
    ///
    /// [`MetricsSet::Sre`] without a configuration.
    pub fn monitors(
        &self,
        sets: &MetricSets,
        set: MetricsSet,
    ) -> Result<Vec<Monitor>, MonitorError> {
        ROWS.iter().map(|row| self.build(row, sets, set)).collect()
    }

    /// Makes `monitor` one of this control plane: its `metricRelabelings` are replaced by `lists`, one for each endpoint,
    /// and then the rule that sets `_id` is appended to both its lists, so that nothing before it can remove the label.
    ///
    /// Source: HyperShift, `support/util/metrics.go`, which panics where this is an error.
    ///
    /// # Errors
    ///
    /// No endpoint, another number of endpoints than lists, another namespace, `https` without a `tlsConfig`, or a rule
    /// that a monitor has no way to write.
    /// The monitor is then unchanged.
    pub fn adapt(&self, monitor: &mut Monitor, lists: &[Vec<Rule>]) -> Result<(), MonitorError> {
        self.check(monitor, lists)?;
        let lists = written(&monitor.metadata().name, lists)?;
        let (metadata, namespaces, endpoints) = match monitor {
            Monitor::ServiceMonitor(Body { metadata, spec, .. }) => {
                (metadata, &mut spec.namespace_selector, &mut spec.endpoints)
            }
            Monitor::PodMonitor(Body { metadata, spec, .. }) => {
                (metadata, &mut spec.namespace_selector, &mut spec.pod_metrics_endpoints)
            }
        };
        metadata.namespace.clone_from(&self.namespace);
        namespaces.match_names = vec![self.namespace.clone()];
        let id = set_label(ID_LABEL, &self.cluster.cluster_id);
        for (endpoint, rules) in endpoints.iter_mut().zip(lists) {
            endpoint.metric_relabelings = rules;
            endpoint.metric_relabelings.push(id.clone());
            endpoint.relabelings.push(id.clone());
        }
        Ok(())
    }

    fn check(&self, monitor: &Monitor, lists: &[Vec<Rule>]) -> Result<(), MonitorError> {
        let metadata = monitor.metadata();
        let name = || metadata.name.clone();
        let endpoints = monitor.endpoints();
        if endpoints.is_empty() {
            return Err(MonitorError::NoEndpoints { monitor: name() });
        }
        if endpoints.len() != lists.len() {
            let (endpoints, lists) = (endpoints.len(), lists.len());
            return Err(MonitorError::Lists { monitor: name(), endpoints, lists });
        }
        if !metadata.namespace.is_empty() && metadata.namespace != self.namespace {
            return Err(MonitorError::Namespace {
                monitor: name(),
                found: metadata.namespace.clone(),
                wanted: self.namespace.clone(),
            });
        }
        let bare = |e: &Endpoint| e.scheme.as_deref() == Some("https") && e.tls_config.is_none();
        match endpoints.iter().position(bare) {
            Some(endpoint) => Err(MonitorError::NoTls { monitor: name(), endpoint }),
            None => Ok(()),
        }
    }

    fn build(
        &self,
        row: &Row,
        sets: &MetricSets,
        set: MetricsSet,
    ) -> Result<Monitor, MonitorError> {
        let rules = |(component, _): &(Component, _)| sets.rules(*component, set);
        let lists = row.endpoints.iter().map(rules).collect::<Result<Vec<_>, _>>()?;
        let mut monitor = self.bare(row);
        self.adapt(&mut monitor, &lists)?;
        Ok(monitor)
    }

    /// The monitor as its row says, before any set.
    fn bare(&self, row: &Row) -> Monitor {
        let endpoints = row.endpoints.iter().map(|(_, path)| self.endpoint(row, *path)).collect();
        let mut metadata = ObjectMeta { name: row.name.to_owned(), ..ObjectMeta::default() };
        if let Some(stand_alone) = row.stand_alone {
            metadata.annotations.extend(annotations(&stand_alone));
        }
        if row.name == "controlplane-operator" {
            let cluster = format!("{}/{}", self.cluster.namespace, self.cluster.name);
            metadata.annotations.insert(HOSTED_CLUSTER.to_owned(), cluster);
        }
        let selector = Selector {
            match_labels: row.selector.iter().map(|(k, v)| ((*k).into(), (*v).into())).collect(),
        };
        let namespace_selector = NamespaceSelector::default();
        let api_version = API_VERSION.to_owned();
        match row.kind {
            Kind::Service => Monitor::ServiceMonitor(Body {
                api_version,
                metadata,
                spec: ServiceMonitorSpec { endpoints, namespace_selector, selector },
            }),
            Kind::Pod => Monitor::PodMonitor(Body {
                api_version,
                metadata,
                spec: PodMonitorSpec {
                    pod_metrics_endpoints: endpoints,
                    namespace_selector,
                    selector,
                },
            }),
        }
    }

    fn endpoint(&self, row: &Row, path: Option<&str>) -> Endpoint {
        let (port, target_port) = match row.port {
            Port::Named(name) => (Some(name.to_owned()), None),
            Port::Target(name) => (None, Some(TargetPort::Name(name.to_owned()))),
            Port::Number(number) => (None, Some(TargetPort::Number(number))),
        };
        let server_name = row.server_name.map(|name| name.replace("{namespace}", &self.namespace));
        let relabelings = match (self.identity, row.stand_alone) {
            (Identity::Relabelings, Some(target)) => relabelings(&target),
            _ => Vec::new(),
        };
        Endpoint {
            port,
            target_port,
            path: path.map(str::to_owned),
            scheme: row.scheme.map(str::to_owned),
            interval: row.interval.map(str::to_owned),
            tls_config: row.tls.map(|tls| tls_config(tls, server_name)),
            relabelings,
            metric_relabelings: Vec::new(),
        }
    }
}

/// The lists in prometheus-operator's spelling.
fn written(monitor: &str, lists: &[Vec<Rule>]) -> Result<Vec<Vec<RelabelConfig>>, MonitorError> {
    let rule = |endpoint, (rule, written): (usize, &Rule)| {
        RelabelConfig::try_from(written).map_err(|source| {
            let monitor = monitor.to_owned();
            MonitorError::Rule { monitor, endpoint, rule, source }
        })
    };
    let list = |(endpoint, rules): (usize, &Vec<Rule>)| {
        rules.iter().enumerate().map(|written| rule(endpoint, written)).collect()
    };
    lists.iter().enumerate().map(list).collect()
}

/// A rule that gives `label` the value `value`, whatever the series. A `$` in the value stays one.
fn set_label(label: &str, value: &str) -> RelabelConfig {
    RelabelConfig {
        target_label: label.to_owned(),
        replacement: Some(value.replace('$', "$$")),
        action: Action::Replace,
        ..RelabelConfig::default()
    }
}

/// The pairs of label and value by which a stand-alone cluster knows a target.
fn labels(target: &StandAlone) -> [(&'static str, &'static str); 4] {
    [
        ("job", target.job),
        ("namespace", target.namespace),
        ("service", target.service),
        ("endpoint", target.endpoint),
    ]
}

fn annotations(target: &StandAlone) -> impl Iterator<Item = (String, String)> {
    let annotation =
        |(label, value)| (format!("hypershift.openshift.io/metrics-{label}"), str::to_owned(value));
    labels(target).into_iter().map(annotation)
}

fn relabelings(target: &StandAlone) -> Vec<RelabelConfig> {
    labels(target).map(|(label, value)| set_label(label, value)).to_vec()
}

fn tls_config(tls: Tls, server_name: Option<String>) -> TlsConfig {
    let (ca, client) = match tls {
        Tls::Client => ("root-ca", Some(("metrics-client", "tls"))),
        Tls::RootCa => ("root-ca", None),
        Tls::Etcd => ("etcd-ca", Some(("etcd-metrics-client-tls", "etcd-client"))),
    };
    let select = |name: &str, key: String| KeySelector { name: name.to_owned(), key };
    TlsConfig {
        ca: Some(SecretOrConfigMap {
            config_map: Some(select(ca, "ca.crt".to_owned())),
            ..SecretOrConfigMap::default()
        }),
        cert: client.map(|(secret, key)| SecretOrConfigMap {
            secret: Some(select(secret, format!("{key}.crt"))),
            ..SecretOrConfigMap::default()
        }),
        key_secret: client.map(|(secret, key)| select(secret, format!("{key}.key"))),
        server_name,
    }
}
