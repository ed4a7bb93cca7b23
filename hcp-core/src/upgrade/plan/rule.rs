//! What stops a plan.

use std::borrow::Cow;
use std::fmt;

use crate::Rule;
use crate::version::{Minor, ReleaseVersion};

/// Why a plan cannot go on, or what it goes on in spite of.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum PlanRule {
    /// A version that is neither 4.y nor 5.y.
    UnsupportedMajor(ReleaseVersion),
    /// The target is older than what runs.
    Downgrade {
        /// What runs.
        from: ReleaseVersion,
        /// The target.
        to: ReleaseVersion,
    },
    /// The spec of the cluster, or of a pool, is older than what runs.
    ChangingBack {
        /// The pool, or none for the cluster.
        pool: Option<String>,
        /// What runs.
        from: ReleaseVersion,
        /// The spec.
        to: ReleaseVersion,
    },
    /// The cluster is on its way to a version beyond the target.
    BeyondTarget {
        /// The version of the spec.
        desired: ReleaseVersion,
        /// The target.
        target: ReleaseVersion,
    },
    /// The image of a version is not known.
    NoImage(ReleaseVersion),
    /// No release of a minor version on the way is known.
    NoRelease(Minor),
    /// No release of the operator supports the next version and what runs.
    NoOperator {
        /// The next version.
        next: ReleaseVersion,
        /// The newest minor version that the operator that runs supports.
        newest: Minor,
    },
    /// The operator needs a management cluster of some version, and which one runs is not known.
    ManagementUnknown {
        /// The release of the operator.
        operator: ReleaseVersion,
        /// What it needs.
        needs: Minor,
    },
    /// The operator needs a newer management cluster, and none is known.
    NoManagement {
        /// The release of the operator.
        operator: ReleaseVersion,
        /// What it needs.
        needs: Minor,
    },
    /// `ClusterVersionUpgradeable` is False.
    NotUpgradeable {
        /// What runs.
        from: ReleaseVersion,
        /// The next version.
        to: ReleaseVersion,
    },
    /// A feature set that forbids minor updates.
    FixedByFeatureSet {
        /// Its name.
        feature_set: String,
        /// The next version.
        to: ReleaseVersion,
    },
    /// The cluster is paused.
    ClusterPaused,
    /// A pool that has to change is paused.
    PoolPaused(String),
    /// A pool is, or is set to become, newer than its cluster.
    PoolAhead {
        /// The pool.
        pool: String,
        /// Its version.
        version: ReleaseVersion,
        /// The cluster's.
        cluster: ReleaseVersion,
    },
    /// A pool is too old for its cluster already.
    PoolBehind {
        /// The pool.
        pool: String,
        /// Its version.
        version: ReleaseVersion,
        /// The cluster's.
        cluster: ReleaseVersion,
    },
    /// What runs is not supported by the operator that runs.
    NotSupported {
        /// The pool, or none for the cluster.
        pool: Option<String>,
        /// What runs.
        version: ReleaseVersion,
    },
    /// More steps than any path from here could need.
    TooLong(usize),
}

impl fmt::Display for PlanRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UnsupportedMajor(version) => write!(f, "{version} is neither 4.y nor 5.y"),
            Self::Downgrade { from, to } => write!(f, "{to} is older than {from}, which runs"),
            Self::ChangingBack { pool, from, to } => {
                let what = subject(pool.as_deref());
                write!(f, "{what} is set back from {from} to {to}")
            }
            Self::BeyondTarget { desired, target } => {
                write!(f, "the cluster is on its way to {desired}, beyond {target}")
            }
            Self::NoImage(version) => write!(f, "no release image of {version} is known"),
            Self::NoRelease(minor) => write!(f, "no release of {minor} is known"),
            Self::NoOperator { next, newest } => write!(
                f,
                "the operator supports up to {newest}, and no known release of it supports {next} \
                 and all that runs"
            ),
            Self::ManagementUnknown { operator, needs } => write!(
                f,
                "operator {operator} needs a management cluster of {needs} or newer, and the version of \
                 the one that runs is not known"
            ),
            Self::NoManagement { operator, needs } => {
                write!(f, "operator {operator} needs a management cluster of {needs} or newer")
            }
            Self::NotUpgradeable { from, to } => write!(
                f,
                "ClusterVersionUpgradeable is not True, which forbids to leave {from} for {to}"
            ),
            Self::FixedByFeatureSet { feature_set, to } => {
                write!(f, "feature set {feature_set} forbids minor updates, here to {to}")
            }
            Self::ClusterPaused => f.write_str("the hosted cluster is paused"),
            Self::PoolPaused(pool) => write!(f, "node pool {pool} is paused"),
            Self::PoolAhead { pool, version, cluster } => {
                write!(f, "node pool {pool} at {version} is newer than its cluster at {cluster}")
            }
            Self::PoolBehind { pool, version, cluster } => {
                write!(f, "node pool {pool} at {version} is too old for a cluster at {cluster}")
            }
            Self::NotSupported { pool, version } => {
                let what = subject(pool.as_deref());
                write!(f, "{what} at {version} is not supported by the operator that runs")
            }
            Self::TooLong(steps) => write!(f, "{steps} steps do not lead to the target"),
        }
    }
}

fn subject(pool: Option<&str>) -> String {
    pool.map_or_else(|| "the hosted cluster".to_owned(), |name| format!("node pool {name}"))
}

impl Rule for PlanRule {
    fn id(&self) -> &'static str {
        match self {
            Self::UnsupportedMajor(_) => "unsupported-major",
            Self::Downgrade { .. } => "downgrade",
            Self::ChangingBack { .. } => "changing-back",
            Self::BeyondTarget { .. } => "beyond-target",
            Self::NoImage(_) => "no-image",
            Self::NoRelease(_) => "no-release",
            Self::NoOperator { .. } => "no-operator",
            Self::ManagementUnknown { .. } => "management-unknown",
            Self::NoManagement { .. } => "no-management",
            Self::NotUpgradeable { .. } => "not-upgradeable",
            Self::FixedByFeatureSet { .. } => "fixed-by-feature-set",
            Self::ClusterPaused => "cluster-paused",
            Self::PoolPaused(_) => "pool-paused",
            Self::PoolAhead { .. } => "pool-ahead",
            Self::PoolBehind { .. } => "pool-behind",
            Self::NotSupported { .. } => "not-supported",
            Self::TooLong(_) => "plan-too-long",
        }
    }

    fn remedy(&self) -> Cow<'static, str> {
        match self {
            Self::UnsupportedMajor(_) => "choose a release of OpenShift 4 or 5".into(),
            Self::Downgrade { from, .. } => {
                format!("choose {from} or newer; the way back is a restore").into()
            }
            Self::ChangingBack { from, .. } => {
                format!("set spec.release back to the image of {from}").into()
            }
            Self::BeyondTarget { desired, .. } => format!("make {desired} the target").into(),
            Self::NoImage(version) => format!("name the release image of {version}").into(),
            Self::NoRelease(minor) => format!("name a release image of {minor}").into(),
            Self::NoOperator { next, .. } => {
                format!("name a release of the operator that supports {}", next.minor()).into()
            }
            Self::ManagementUnknown { .. } => "say which version the management cluster has".into(),
            Self::NoManagement { needs, .. } => {
                format!("name a release of {needs} for the management cluster").into()
            }
            Self::NotUpgradeable { .. } => {
                "do what the condition's message asks for, or give consent to force it".into()
            }
            Self::FixedByFeatureSet { .. } => {
                "stay within the minor version; the feature set cannot be undone".into()
            }
            Self::ClusterPaused => "remove spec.pausedUntil of the HostedCluster".into(),
            Self::PoolPaused(pool) => {
                format!("remove spec.pausedUntil of the NodePool {pool}").into()
            }
            Self::PoolAhead { version, .. } => {
                format!("upgrade the cluster to {version} or newer first").into()
            }
            Self::PoolBehind { .. } => {
                "upgrade the pool as far as the cluster's completed version first".into()
            }
            Self::NotSupported { .. } => "use an operator that supports what runs".into(),
            Self::TooLong(_) => "report this, with the input".into(),
        }
    }
}
