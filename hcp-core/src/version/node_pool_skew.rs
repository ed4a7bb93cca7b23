//! How far a node pool may be from its hosted cluster.

use std::borrow::Cow;
use std::fmt;

use crate::Rule;

use super::component_skew::Component;
use super::minor::{MinorError, OcpMinor};
use super::release_version::ReleaseVersion;
use super::running::RunningVersions;

/// How many minor versions a node pool may be behind.
///
/// `HyperShift` reports a broken policy in the condition `SupportedVersionSkew` and goes on; only its command line refuses.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum SkewPolicy {
    /// What Kubernetes allows a kubelet: 3, and 2 for a pool before 4.12 (kubelet before 1.25).
    ///
    /// Operators up to 4.18 check no lower bound at all; the documentation refers to this policy.
    Kubernetes,
    /// 2 behind an even minor, 1 behind an odd one: operators 4.19 and 4.20.
    OddEven,
    /// 3, as from operator 4.21 on.
    #[default]
    NMinus3,
}

/// A node pool that does not fit its hosted cluster.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum NodePoolSkew {
    /// Newer than the control plane.
    Ahead {
        /// The pool's version.
        node_pool: ReleaseVersion,
        /// The oldest version that runs in the control plane.
        hosted_cluster: ReleaseVersion,
    },
    /// Further behind than the policy allows.
    TooFarBehind {
        /// The pool's version.
        node_pool: ReleaseVersion,
        /// The newest version that runs in the control plane.
        hosted_cluster: ReleaseVersion,
        /// The oldest minor version that it supports.
        minimum: OcpMinor,
        /// The policy that says so.
        policy: SkewPolicy,
    },
    /// A version that has no place in the sequence.
    Incomparable(MinorError),
}

impl SkewPolicy {
    /// The policy of the operator released with this minor version.
    #[must_use]
    pub const fn of_operator(operator: OcpMinor) -> Self {
        match operator.index() {
            0..=18 => Self::Kubernetes,
            19..=20 => Self::OddEven,
            _ => Self::NMinus3,
        }
    }

    /// How many minor versions a pool may be behind.
    #[must_use]
    pub const fn allowed_behind(self, hosted_cluster: OcpMinor, node_pool: OcpMinor) -> u16 {
        match self {
            Self::Kubernetes => match node_pool.kubernetes() {
                #[expect(clippy::cast_possible_truncation, reason = "it is 2 or 3")]
                Ok(kubelet) => Component::Kubelet.window(kubelet).1 as u16,
                Err(_) => 0,
            },
            Self::OddEven => 2 - hosted_cluster.index() % 2,
            Self::NMinus3 => 3,
        }
    }
}

/// Whether a node pool of this version fits the control plane.
///
/// It must not be newer than the oldest version that runs there, patch and prerelease included, and not further behind the newest one than the policy allows.
///
/// Source: `HyperShift`, `ValidateVersionSkew` (operators from 4.21) and `validateVersionSkew` before it; Kubernetes, version skew policy.
///
/// # Errors
///
/// The limit that is broken.
///
/// ```
/// use hcp_core::version::{ReleaseVersion, RunningVersions, SkewPolicy, node_pool_skew};
/// let cluster = RunningVersions::one(ReleaseVersion::new(5, 0, 3));
/// assert!(node_pool_skew(SkewPolicy::NMinus3, &cluster, &ReleaseVersion::new(4, 20, 9)).is_ok());
/// assert!(node_pool_skew(SkewPolicy::NMinus3, &cluster, &ReleaseVersion::new(4, 19, 9)).is_err());
/// ```
pub fn node_pool_skew(
    policy: SkewPolicy,
    hosted_cluster: &RunningVersions,
    node_pool: &ReleaseVersion,
) -> Result<(), NodePoolSkew> {
    if node_pool.precedence(&hosted_cluster.oldest)?.is_gt() {
        return Err(NodePoolSkew::Ahead {
            node_pool: node_pool.clone(),
            hosted_cluster: hosted_cluster.oldest.clone(),
        });
    }
    let (cluster, pool) = (hosted_cluster.newest.ocp_minor()?, node_pool.ocp_minor()?);
    let minimum = minimum(policy, cluster, pool);
    if pool < minimum {
        return Err(NodePoolSkew::TooFarBehind {
            node_pool: node_pool.clone(),
            hosted_cluster: hosted_cluster.newest.clone(),
            minimum,
            policy,
        });
    }
    Ok(())
}

fn minimum(policy: SkewPolicy, cluster: OcpMinor, pool: OcpMinor) -> OcpMinor {
    let allowed = policy.allowed_behind(cluster, pool);
    OcpMinor::new(cluster.index().saturating_sub(allowed))
}

impl From<MinorError> for NodePoolSkew {
    fn from(error: MinorError) -> Self {
        Self::Incomparable(error)
    }
}

impl fmt::Display for NodePoolSkew {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ahead { node_pool, hosted_cluster } => {
                write!(f, "node pool {node_pool} is newer than control plane {hosted_cluster}")
            }
            Self::TooFarBehind { node_pool, hosted_cluster, minimum, .. } => write!(
                f,
                "node pool {node_pool} is too old for control plane {hosted_cluster}, \
                 which supports {minimum} at the oldest"
            ),
            Self::Incomparable(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for NodePoolSkew {}

impl Rule for NodePoolSkew {
    fn id(&self) -> &'static str {
        match self {
            Self::Ahead { .. } => "node-pool-ahead",
            Self::TooFarBehind { .. } => "node-pool-too-far-behind",
            Self::Incomparable(_) => "version-incomparable",
        }
    }

    fn remedy(&self) -> Cow<'static, str> {
        match self {
            Self::Ahead { node_pool, .. } => {
                format!("upgrade the hosted cluster to {node_pool} first, and let it complete")
                    .into()
            }
            Self::TooFarBehind { minimum, .. } => {
                format!("upgrade the node pool to {minimum} or newer first").into()
            }
            Self::Incomparable(_) => "use a release of OpenShift 4.y or 5.y".into(),
        }
    }
}
