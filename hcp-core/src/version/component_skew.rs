//! How far Kubernetes' own components may be from its API servers.

use std::borrow::Cow;
use std::fmt;

use crate::Rule;

use super::kubernetes::KubernetesMinor;

/// A component of Kubernetes that a skew rule exists for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Component {
    /// Another instance of `kube-apiserver` of the same control plane.
    KubeApiserver,
    /// `kube-controller-manager`.
    KubeControllerManager,
    /// `kube-scheduler`.
    KubeScheduler,
    /// `cloud-controller-manager`.
    CloudControllerManager,
    /// `kubelet`.
    Kubelet,
    /// `kube-proxy`.
    KubeProxy,
    /// `kubectl`.
    Kubectl,
}

/// The API servers of one control plane: the oldest and the newest of those that answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ApiServers {
    oldest: KubernetesMinor,
    newest: KubernetesMinor,
}

/// A skew that Kubernetes does not support.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ComponentSkew {
    /// The API servers are more than one minor version apart.
    ApiServersApart {
        /// The oldest of them.
        oldest: KubernetesMinor,
        /// The newest of them.
        newest: KubernetesMinor,
    },
    /// Newer than it may be beside the oldest API server.
    TooNew {
        /// Which component.
        component: Component,
        /// Its version.
        its: KubernetesMinor,
        /// The oldest API server.
        apiserver: KubernetesMinor,
        /// The newest version that it may have.
        newest: KubernetesMinor,
    },
    /// Older than it may be beside the newest API server.
    TooOld {
        /// Which component.
        component: Component,
        /// Its version.
        its: KubernetesMinor,
        /// The newest API server.
        apiserver: KubernetesMinor,
        /// The oldest version that it may have.
        oldest: KubernetesMinor,
    },
    /// `kube-proxy` too far from the `kubelet` of its node.
    ProxyApartFromKubelet {
        /// The version of `kube-proxy`.
        proxy: KubernetesMinor,
        /// The version of the `kubelet`.
        kubelet: KubernetesMinor,
        /// How many minor versions they may be apart.
        allowed: u32,
    },
}

impl Component {
    /// As its program is called.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::KubeApiserver => "kube-apiserver",
            Self::KubeControllerManager => "kube-controller-manager",
            Self::KubeScheduler => "kube-scheduler",
            Self::CloudControllerManager => "cloud-controller-manager",
            Self::Kubelet => "kubelet",
            Self::KubeProxy => "kube-proxy",
            Self::Kubectl => "kubectl",
        }
    }

    /// How many minor versions a component of this version may be ahead of an API server, and how many behind.
    ///
    /// | component | ahead | behind |
    /// | --- | --- | --- |
    /// | another `kube-apiserver`, `kubectl` | 1 | 1 |
    /// | `kube-controller-manager`, `kube-scheduler`, `cloud-controller-manager` | 0 | 1 |
    /// | `kubelet`, `kube-proxy` | 0 | 3, before 1.25: 2 |
    ///
    /// Source: Kubernetes, version skew policy.
    #[must_use]
    pub const fn window(self, its: KubernetesMinor) -> (u32, u32) {
        match self {
            Self::KubeApiserver | Self::Kubectl => (1, 1),
            Self::KubeControllerManager | Self::KubeScheduler | Self::CloudControllerManager => {
                (0, 1)
            }
            Self::Kubelet | Self::KubeProxy => (0, node_window(its)),
        }
    }
}

impl ApiServers {
    /// One API server, or several of the same version.
    #[must_use]
    pub const fn one(version: KubernetesMinor) -> Self {
        Self { oldest: version, newest: version }
    }

    /// Two versions at once, as during an upgrade of the control plane.
    ///
    /// # Errors
    ///
    /// More than one minor version apart: no component can be supported beside such API servers.
    pub fn between(one: KubernetesMinor, other: KubernetesMinor) -> Result<Self, ComponentSkew> {
        let (oldest, newest) = (one.min(other), one.max(other));
        if newest.index() - oldest.index() > 1 {
            return Err(ComponentSkew::ApiServersApart { oldest, newest });
        }
        Ok(Self { oldest, newest })
    }

    /// The oldest of them.
    #[must_use]
    pub const fn oldest(self) -> KubernetesMinor {
        self.oldest
    }

    /// The newest of them.
    #[must_use]
    pub const fn newest(self) -> KubernetesMinor {
        self.newest
    }
}

/// Whether a component may run beside these API servers.
///
/// Beside two versions of the API server only what suits both is supported: not newer than the oldest allows, not older than the newest allows.
///
/// Source: Kubernetes, version skew policy.
///
/// # Errors
///
/// The limit that is broken.
///
/// ```
/// use hcp_core::version::{ApiServers, Component, KubernetesMinor, component_skew};
/// let upgrading = ApiServers::between(KubernetesMinor::new(28), KubernetesMinor::new(29))?;
/// assert!(component_skew(Component::Kubelet, KubernetesMinor::new(26), upgrading).is_ok());
/// assert!(component_skew(Component::Kubelet, KubernetesMinor::new(29), upgrading).is_err());
/// # Ok::<(), hcp_core::version::ComponentSkew>(())
/// ```
pub fn component_skew(
    component: Component,
    its: KubernetesMinor,
    apiservers: ApiServers,
) -> Result<(), ComponentSkew> {
    let (ahead, behind) = component.window(its);
    let newest = KubernetesMinor::new(apiservers.oldest.index().saturating_add(ahead));
    let oldest = KubernetesMinor::new(apiservers.newest.index().saturating_sub(behind));
    if its > newest {
        return Err(ComponentSkew::TooNew { component, its, apiserver: apiservers.oldest, newest });
    }
    if its < oldest {
        return Err(ComponentSkew::TooOld { component, its, apiserver: apiservers.newest, oldest });
    }
    Ok(())
}

/// Whether `kube-proxy` may run beside the `kubelet` of its node: at most 3 minor versions apart in either direction, 2 if `kube-proxy` is before 1.25.
///
/// Source: Kubernetes, version skew policy.
///
/// # Errors
///
/// They are further apart.
pub fn kube_proxy_beside_kubelet(
    proxy: KubernetesMinor,
    kubelet: KubernetesMinor,
) -> Result<(), ComponentSkew> {
    let allowed = node_window(proxy);
    if proxy.index().abs_diff(kubelet.index()) > allowed {
        return Err(ComponentSkew::ProxyApartFromKubelet { proxy, kubelet, allowed });
    }
    Ok(())
}

const fn node_window(its: KubernetesMinor) -> u32 {
    if its.index() < 25 { 2 } else { 3 }
}

impl fmt::Display for Component {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl fmt::Display for ComponentSkew {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ApiServersApart { oldest, newest } => {
                write!(f, "kube-apiserver {oldest} and {newest} are more than 1 minor apart")
            }
            Self::TooNew { component, its, apiserver, newest } => write!(
                f,
                "{component} {its} is newer than kube-apiserver {apiserver} allows, which is {newest}"
            ),
            Self::TooOld { component, its, apiserver, oldest } => write!(
                f,
                "{component} {its} is older than kube-apiserver {apiserver} allows, which is {oldest}"
            ),
            Self::ProxyApartFromKubelet { proxy, kubelet, allowed } => {
                write!(f, "kube-proxy {proxy} is more than {allowed} minors from kubelet {kubelet}")
            }
        }
    }
}

impl std::error::Error for ComponentSkew {}

impl Rule for ComponentSkew {
    fn id(&self) -> &'static str {
        match self {
            Self::ApiServersApart { .. } => "apiservers-apart",
            Self::TooNew { .. } => "component-too-new",
            Self::TooOld { .. } => "component-too-old",
            Self::ProxyApartFromKubelet { .. } => "kube-proxy-apart-from-kubelet",
        }
    }

    fn remedy(&self) -> Cow<'static, str> {
        match self {
            Self::ApiServersApart { .. } => {
                "upgrade the control plane one minor version at a time".into()
            }
            Self::TooNew { component, newest, .. } => {
                format!("upgrade the API servers first, or take {component} {newest}").into()
            }
            Self::TooOld { component, oldest, .. } => {
                format!("upgrade {component} to {oldest} first").into()
            }
            Self::ProxyApartFromKubelet { .. } => "upgrade the node as a whole".into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_skew_says_which_limit_is_broken_and_what_to_do_first() {
        let [k26, k29, k30] = [26, 29, 30].map(KubernetesMinor::new);
        let error = component_skew(Component::Kubelet, k26, ApiServers::one(k30)).unwrap_err();
        assert_eq!(
            error.to_string(),
            "kubelet 1.26 is older than kube-apiserver 1.30 allows, which is 1.27"
        );
        assert_eq!(error.remedy(), "upgrade kubelet to 1.27 first");
        let error =
            component_skew(Component::KubeScheduler, k30, ApiServers::one(k29)).unwrap_err();
        assert_eq!(error.id(), "component-too-new");
        let error = ApiServers::between(k29, k26).unwrap_err();
        assert_eq!(error.to_string(), "kube-apiserver 1.26 and 1.29 are more than 1 minor apart");
    }

    #[test]
    fn kube_proxy_follows_the_kubelet_in_both_directions() {
        let beside = |proxy, kubelet| {
            kube_proxy_beside_kubelet(KubernetesMinor::new(proxy), KubernetesMinor::new(kubelet))
        };
        assert!(beside(25, 28).is_ok() && beside(28, 25).is_ok());
        assert!(beside(25, 29).is_err() && beside(29, 25).is_err());
        assert!(beside(24, 26).is_ok() && beside(24, 27).is_err());
    }
}
