//! The components of a control plane that are scraped.

use std::fmt;

/// A component of a hosted control plane that has metrics. Source: HyperShift, `support/metrics/sets.go` and `v2/assets`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Component {
    /// etcd.
    Etcd,
    /// kube-apiserver.
    KubeApiServer,
    /// kube-controller-manager.
    KubeControllerManager,
    /// kube-scheduler, path `/metrics`.
    KubeScheduler,
    /// kube-scheduler, path `/metrics/resources`.
    KubeSchedulerResources,
    /// openshift-apiserver.
    OpenShiftApiServer,
    /// openshift-controller-manager.
    OpenShiftControllerManager,
    /// openshift-route-controller-manager.
    OpenShiftRouteControllerManager,
    /// cluster-version-operator.
    ClusterVersionOperator,
    /// olm-operator.
    OlmOperator,
    /// catalog-operator.
    CatalogOperator,
    /// cluster-image-registry-operator.
    ImageRegistryOperator,
    /// node-tuning-operator.
    NodeTuningOperator,
    /// control-plane-operator.
    ControlPlaneOperator,
    /// hosted-cluster-config-operator.
    HostedClusterConfigOperator,
    /// ingress-operator: uses the lists of [`Self::ImageRegistryOperator`].
    IngressOperator,
    /// ignition-server: never filtered.
    IgnitionServer,
    /// cluster-autoscaler: never filtered.
    ClusterAutoscaler,
    /// karpenter: never filtered.
    Karpenter,
    /// karpenter-operator: never filtered.
    KarpenterOperator,
}

impl Component {
    /// All of them.
    pub const ALL: [Self; 20] = [
        Self::Etcd,
        Self::KubeApiServer,
        Self::KubeControllerManager,
        Self::KubeScheduler,
        Self::KubeSchedulerResources,
        Self::OpenShiftApiServer,
        Self::OpenShiftControllerManager,
        Self::OpenShiftRouteControllerManager,
        Self::ClusterVersionOperator,
        Self::OlmOperator,
        Self::CatalogOperator,
        Self::ImageRegistryOperator,
        Self::NodeTuningOperator,
        Self::ControlPlaneOperator,
        Self::HostedClusterConfigOperator,
        Self::IngressOperator,
        Self::IgnitionServer,
        Self::ClusterAutoscaler,
        Self::Karpenter,
        Self::KarpenterOperator,
    ];

    /// Its name in Kubernetes.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Etcd => "etcd",
            Self::KubeApiServer => "kube-apiserver",
            Self::KubeControllerManager => "kube-controller-manager",
            Self::KubeScheduler => "kube-scheduler",
            Self::KubeSchedulerResources => "kube-scheduler (resources)",
            Self::OpenShiftApiServer => "openshift-apiserver",
            Self::OpenShiftControllerManager => "openshift-controller-manager",
            Self::OpenShiftRouteControllerManager => "openshift-route-controller-manager",
            Self::ClusterVersionOperator => "cluster-version-operator",
            Self::OlmOperator => "olm-operator",
            Self::CatalogOperator => "catalog-operator",
            Self::ImageRegistryOperator => "cluster-image-registry-operator",
            Self::NodeTuningOperator => "node-tuning-operator",
            Self::ControlPlaneOperator => "control-plane-operator",
            Self::HostedClusterConfigOperator => "hosted-cluster-config-operator",
            Self::IngressOperator => "ingress-operator",
            Self::IgnitionServer => "ignition-server",
            Self::ClusterAutoscaler => "cluster-autoscaler",
            Self::Karpenter => "karpenter",
            Self::KarpenterOperator => "karpenter-operator",
        }
    }

    /// Its key in the SRE configuration, if it has one.
    #[must_use]
    pub const fn config_key(self) -> Option<&'static str> {
        Some(match self {
            Self::Etcd => "etcd",
            Self::KubeApiServer => "kubeAPIServer",
            Self::KubeControllerManager => "kubeControllerManager",
            Self::KubeScheduler => "kubeScheduler",
            Self::KubeSchedulerResources => "kubeSchedulerResourceMetrics",
            Self::OpenShiftApiServer => "openshiftAPIServer",
            Self::OpenShiftControllerManager => "openshiftControllerManager",
            Self::OpenShiftRouteControllerManager => "openshiftRouteControllerManager",
            Self::ClusterVersionOperator => "cvo",
            Self::OlmOperator => "olm",
            Self::CatalogOperator => "catalogOperator",
            Self::ImageRegistryOperator => "registryOperator",
            Self::NodeTuningOperator => "nodeTuningOperator",
            Self::ControlPlaneOperator => "controlPlaneOperator",
            Self::HostedClusterConfigOperator => "hostedClusterConfigOperator",
            Self::IngressOperator
            | Self::IgnitionServer
            | Self::ClusterAutoscaler
            | Self::Karpenter
            | Self::KarpenterOperator => return None,
        })
    }

    /// The component with this key in the SRE configuration.
    #[must_use]
    pub fn from_config_key(key: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|component| component.config_key() == Some(key))
    }

    /// Whether anybody reads its list in the SRE configuration: two documented keys are accepted and never used.
    #[must_use]
    pub const fn is_configurable(self) -> bool {
        self.config_key().is_some()
            && !matches!(self, Self::ControlPlaneOperator | Self::HostedClusterConfigOperator)
    }

    /// The component whose lists it uses: itself, but for [`Self::IngressOperator`].
    pub(super) const fn lists_of(self) -> Self {
        match self {
            Self::IngressOperator => Self::ImageRegistryOperator,
            own => own,
        }
    }
}

impl fmt::Display for Component {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_are_fifteen_keys_and_each_leads_back() {
        let keys: Vec<_> =
            Component::ALL.into_iter().filter_map(|c| Some((c, c.config_key()?))).collect();
        assert_eq!(keys.len(), 15);
        for (component, key) in keys {
            assert_eq!(Component::from_config_key(key), Some(component));
        }
        assert_eq!(Component::from_config_key("kubeApiServer"), None);
    }

    #[test]
    fn two_documented_keys_are_never_read() {
        let unread: Vec<_> = Component::ALL
            .into_iter()
            .filter(|c| c.config_key().is_some() && !c.is_configurable())
            .collect();
        let expected = [Component::ControlPlaneOperator, Component::HostedClusterConfigOperator];
        assert_eq!(unread, expected);
    }

    #[test]
    fn names_are_distinct() {
        let names: std::collections::BTreeSet<_> = Component::ALL.map(Component::name).into();
        assert_eq!(names.len(), Component::ALL.len());
    }
}
