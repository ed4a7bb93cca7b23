//! Which monitor each component has, as a table.
//!
//! Source: HyperShift, `control-plane-operator/controllers/hostedcontrolplane/v2/assets`.

use crate::sets::Component;

/// What is scraped through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Service,
    Pod,
}

/// Whom to trust and how to be known.
#[derive(Clone, Copy, Debug)]
pub(super) enum Tls {
    /// The control plane's root CA, and the client certificate for metrics.
    Client,
    /// The control plane's root CA only.
    RootCa,
    /// etcd's own CA and client certificate.
    Etcd,
}

/// The port of a target.
#[derive(Clone, Copy, Debug)]
pub(super) enum Port {
    /// `port`, by name.
    Named(&'static str),
    /// `targetPort`, by name.
    Target(&'static str),
    /// `targetPort`, by number.
    Number(u16),
}

/// What a stand-alone cluster's Prometheus would call the same target.
#[derive(Clone, Copy, Debug)]
pub(super) struct StandAlone {
    pub(super) job: &'static str,
    pub(super) namespace: &'static str,
    pub(super) service: &'static str,
    pub(super) endpoint: &'static str,
}

/// One monitor.
#[derive(Clone, Copy, Debug)]
pub(super) struct Row {
    pub(super) kind: Kind,
    pub(super) name: &'static str,
    /// The component of each endpoint, and its path.
    pub(super) endpoints: &'static [(Component, Option<&'static str>)],
    pub(super) port: Port,
    pub(super) scheme: Option<&'static str>,
    pub(super) interval: Option<&'static str>,
    pub(super) tls: Option<Tls>,
    /// With `{namespace}` for the control plane's.
    pub(super) server_name: Option<&'static str>,
    pub(super) selector: &'static [(&'static str, &'static str)],
    pub(super) stand_alone: Option<StandAlone>,
}

impl Row {
    const fn service(
        name: &'static str,
        endpoints: &'static [(Component, Option<&'static str>)],
        port: Port,
        selector: &'static [(&'static str, &'static str)],
    ) -> Self {
        Self {
            kind: Kind::Service,
            name,
            endpoints,
            port,
            scheme: Some("https"),
            interval: None,
            tls: Some(Tls::Client),
            server_name: Some(name),
            selector,
            stand_alone: None,
        }
    }

    const fn pod(
        name: &'static str,
        endpoints: &'static [(Component, Option<&'static str>)],
        selector: &'static [(&'static str, &'static str)],
    ) -> Self {
        Self {
            kind: Kind::Pod,
            name,
            endpoints,
            port: Port::Named("metrics"),
            scheme: None,
            interval: None,
            tls: None,
            server_name: None,
            selector,
            stand_alone: None,
        }
    }

    const fn tls(mut self, tls: Tls, server_name: &'static str) -> Self {
        self.tls = Some(tls);
        self.server_name = Some(server_name);
        self
    }

    const fn scheme(mut self, scheme: &'static str) -> Self {
        self.scheme = Some(scheme);
        self
    }

    const fn every(mut self, interval: &'static str) -> Self {
        self.interval = Some(interval);
        self
    }

    const fn stands_for(
        mut self,
        job: &'static str,
        namespace: &'static str,
        service: &'static str,
        endpoint: &'static str,
    ) -> Self {
        self.stand_alone = Some(StandAlone { job, namespace, service, endpoint });
        self
    }
}

const CLIENT: Port = Port::Target("client");
const HTTPS: Port = Port::Target("https");
const METRICS: Port = Port::Target("metrics");
const METRICS_PATH: Option<&str> = Some("/metrics");
const OLM: &str = "openshift-operator-lifecycle-manager";

/// All monitors of a control plane.
pub(super) const ROWS: [Row; 19] = [
    Row::service(
        "kube-apiserver",
        &[(Component::KubeApiServer, None)],
        CLIENT,
        &[("app", "kube-apiserver")],
    )
    .stands_for("apiserver", "default", "kubernetes", "https"),
    Row::service("etcd", &[(Component::Etcd, None)], Port::Named("metrics"), &[("app", "etcd")])
        .tls(Tls::Etcd, "etcd-client")
        .stands_for("etcd", "openshift-etcd", "etcd", "etcd-metrics"),
    Row::service(
        "kube-controller-manager",
        &[(Component::KubeControllerManager, None)],
        CLIENT,
        &[("app", "kube-controller-manager")],
    )
    .stands_for(
        "kube-controller-manager",
        "openshift-kube-controller-manager",
        "kube-controller-manager",
        "https",
    ),
    Row::service(
        "kube-scheduler",
        &[
            (Component::KubeScheduler, None),
            (Component::KubeSchedulerResources, Some("/metrics/resources")),
        ],
        CLIENT,
        &[("app", "kube-scheduler")],
    )
    .stands_for("kube-scheduler", "openshift-kube-scheduler", "kube-scheduler", "https"),
    Row::service(
        "openshift-apiserver",
        &[(Component::OpenShiftApiServer, None)],
        HTTPS,
        &[("app", "openshift-apiserver")],
    )
    .stands_for("api", "openshift-apiserver", "api", "https"),
    Row::service(
        "openshift-controller-manager",
        &[(Component::OpenShiftControllerManager, None)],
        HTTPS,
        &[("app", "openshift-controller-manager")],
    )
    .stands_for(
        "controller-manager",
        "openshift-controller-manager",
        "controller-manager",
        "https",
    ),
    Row::service(
        "openshift-route-controller-manager",
        &[(Component::OpenShiftRouteControllerManager, None)],
        HTTPS,
        &[
            ("app", "openshift-route-controller-manager"),
            (
                "hypershift.openshift.io/control-plane-component",
                "openshift-route-controller-manager",
            ),
        ],
    )
    .tls(Tls::Client, "openshift-controller-manager")
    .stands_for(
        "route-controller-manager",
        "openshift-route-controller-manager",
        "route-controller-manager",
        "https",
    ),
    Row::service(
        "cluster-version-operator",
        &[(Component::ClusterVersionOperator, None)],
        HTTPS,
        &[("app", "cluster-version-operator"), ("k8s-app", "cluster-version-operator")],
    )
    .tls(Tls::RootCa, "cluster-version-operator")
    .stands_for(
        "cluster-version-operator",
        "openshift-cluster-version",
        "cluster-version-operator",
        "metrics",
    ),
    Row::service(
        "olm-operator",
        &[(Component::OlmOperator, None)],
        METRICS,
        &[("app", "olm-operator")],
    )
    .tls(Tls::Client, "olm-operator-metrics")
    .stands_for("olm-operator-metrics", OLM, "olm-operator-metrics", "https-metrics"),
    Row::service(
        "catalog-operator",
        &[(Component::CatalogOperator, None)],
        METRICS,
        &[("app", "catalog-operator")],
    )
    .tls(Tls::Client, "catalog-operator-metrics")
    .stands_for("catalog-operator-metrics", OLM, "catalog-operator-metrics", "https-metrics"),
    Row::service(
        "node-tuning-operator",
        &[(Component::NodeTuningOperator, METRICS_PATH)],
        Port::Number(60000),
        &[("name", "node-tuning-operator")],
    )
    .tls(Tls::Client, "node-tuning-operator.{namespace}.svc")
    .stands_for(
        "node-tuning-operator",
        "openshift-cluster-node-tuning-operator",
        "node-tuning-operator",
        "60000",
    ),
    Row::pod(
        "controlplane-operator",
        &[(Component::ControlPlaneOperator, None)],
        &[("name", "control-plane-operator")],
    ),
    Row::pod(
        "hosted-cluster-config-operator",
        &[(Component::HostedClusterConfigOperator, None)],
        &[("app", "hosted-cluster-config-operator")],
    ),
    Row::pod(
        "cluster-image-registry-operator",
        &[(Component::ImageRegistryOperator, METRICS_PATH)],
        &[("name", "cluster-image-registry-operator")],
    )
    .scheme("https")
    .tls(Tls::RootCa, "cluster-image-registry-operator")
    .every("60s"),
    Row::pod(
        "ingress-operator",
        &[(Component::IngressOperator, METRICS_PATH)],
        &[("name", "ingress-operator")],
    )
    .scheme("http")
    .every("60s"),
    Row::pod(
        "ignition-server",
        &[(Component::IgnitionServer, None)],
        &[("app", "ignition-server")],
    ),
    Row::pod(
        "cluster-autoscaler",
        &[(Component::ClusterAutoscaler, METRICS_PATH)],
        &[("app", "cluster-autoscaler")],
    )
    .scheme("http")
    .every("30s"),
    Row::pod("karpenter", &[(Component::Karpenter, METRICS_PATH)], &[("app", "karpenter")])
        .scheme("http")
        .every("30s"),
    Row::pod(
        "karpenter-operator",
        &[(Component::KarpenterOperator, METRICS_PATH)],
        &[("app", "karpenter-operator")],
    )
    .every("30s"),
];
