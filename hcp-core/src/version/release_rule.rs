//! The rules about the release that an object asks for.

use std::borrow::Cow;
use std::fmt;

use crate::Rule;
use crate::platform::PlatformType;

use super::minor::{Minor, MinorError};
use super::release_version::ReleaseVersion;

/// What is wrong or risky about a release, with the values.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ReleaseRule {
    /// A version that has no place in the sequence of minors. `HyperShift` refuses it.
    Incomparable(MinorError),
    /// Before 4.8. `HyperShift` refuses it.
    Before48(ReleaseVersion),
    /// An older minor version than runs now. `HyperShift` refuses it.
    MinorDowngrade {
        /// What runs.
        from: ReleaseVersion,
        /// What is asked for.
        to: ReleaseVersion,
    },
    /// A newer minor version with OpenShift SDN. `HyperShift` refuses it.
    SdnMinorUpgrade {
        /// What runs.
        from: ReleaseVersion,
        /// What is asked for.
        to: ReleaseVersion,
    },
    /// An installation after 4.10 with OpenShift SDN, other than on `PowerVS`. `HyperShift` refuses it.
    SdnInstall(ReleaseVersion),
    /// An installation before 4.11 with OVN-Kubernetes. `HyperShift` refuses it.
    OvnInstall(ReleaseVersion),
    /// A newer minor version than the operator supports. `HyperShift` refuses it.
    AboveOperator {
        /// The newest that it supports.
        latest: Minor,
        /// What is asked for.
        target: ReleaseVersion,
    },
    /// Newer than the hosted cluster that the pool belongs to. `HyperShift` refuses a newer minor version only.
    AboveHostedCluster {
        /// The hosted cluster's version.
        hosted_cluster: ReleaseVersion,
        /// What is asked for.
        target: ReleaseVersion,
    },
    /// An older minor version than the operator supports on this platform. `HyperShift` refuses it.
    BelowMinimum {
        /// The platform.
        platform: PlatformType,
        /// The oldest that it supports.
        minimum: Minor,
        /// What is asked for.
        target: ReleaseVersion,
    },
    /// More than one minor version at once. `HyperShift` lets it through, and OpenShift's own update graph, which would not, is switched off in a hosted cluster.
    MinorSkip {
        /// What runs.
        from: ReleaseVersion,
        /// What is asked for.
        to: ReleaseVersion,
        /// How many minor versions are left out.
        skipped: u16,
        /// The minor version that comes next.
        next: Minor,
    },
    /// An older patch of the same minor version. `HyperShift` lets it through.
    PatchDowngrade {
        /// What runs.
        from: ReleaseVersion,
        /// What is asked for.
        to: ReleaseVersion,
    },
    /// A prerelease. `HyperShift` lets it through if its minor version is supported.
    Prerelease(ReleaseVersion),
    /// `force-upgrade-to` names another image: as soon as `ClusterVersionUpgradeable` is not `True`, it blocks every upgrade, patches included.
    StaleForce {
        /// What the annotation names.
        annotation: String,
        /// The image that the control plane would run.
        image: String,
    },
    /// `force-upgrade-to` names the image: `ClusterVersionUpgradeable=False` would be passed over.
    Forced {
        /// The image.
        image: String,
    },
    /// One image is named by tag, the other by digest. `HyperShift` compares the texts, and takes them for different releases for ever.
    TagAgainstDigest {
        /// What is asked for.
        target: String,
        /// What the status reports.
        current: String,
    },
    /// `controlPlaneRelease` is set: `HyperShift` validates only that, and never `spec.release`.
    ControlPlaneReleaseShadows {
        /// The version of `controlPlaneRelease`.
        control_plane: ReleaseVersion,
        /// The version of `spec.release`.
        release: ReleaseVersion,
    },
    /// `skip-release-image-validation` is set: `HyperShift` validates nothing, whatever the annotation's value.
    ValidationSkipped,
    /// `skip-release-image-validation` makes the minimum 0.0.0, which the Karpenter path then cannot compare and refuses.
    SkipBreaksKarpenter,
}

impl fmt::Display for ReleaseRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Incomparable(error) => error.fmt(f),
            Self::Before48(version) => write!(f, "{version} is before 4.8"),
            Self::MinorDowngrade { from, to } => {
                write!(f, "{to} is an older minor version than {from}, which runs")
            }
            Self::SdnMinorUpgrade { from, to } => {
                write!(f, "no new minor version with OpenShiftSDN: {from} runs, {to} is asked for")
            }
            Self::SdnInstall(version) => {
                write!(f, "OpenShiftSDN ends with 4.10, and this is {version}")
            }
            Self::OvnInstall(version) => {
                write!(f, "OVNKubernetes begins with 4.11, and this is {version}")
            }
            Self::AboveOperator { latest, target } => {
                write!(f, "{target} is newer than {latest}, the newest that the operator supports")
            }
            Self::AboveHostedCluster { hosted_cluster, target } => {
                write!(f, "{target} is newer than {hosted_cluster}, which the hosted cluster runs")
            }
            Self::BelowMinimum { platform, minimum, target } => write!(
                f,
                "{target} is older than {minimum}, the oldest that the operator supports on {platform}"
            ),
            Self::MinorSkip { from, to, skipped, next } => {
                write!(
                    f,
                    "{from} to {to} leaves out {skipped} minor version{}, first {next}",
                    plural(*skipped)
                )
            }
            Self::PatchDowngrade { from, to } => write!(f, "{to} is older than {from}, which runs"),
            Self::Prerelease(version) => write!(f, "{version} is a prerelease"),
            Self::StaleForce { annotation, image } => write!(
                f,
                "the annotation names {annotation:?}, the release is {image:?}: when the cluster is not \
                 upgradeable this blocks patches too"
            ),
            Self::Forced { image } => {
                write!(f, "the upgrade to {image:?} is forced, upgradeable or not")
            }
            Self::TagAgainstDigest { target, current } => write!(
                f,
                "{target:?} and {current:?} cannot be told to be the same: one has a tag, the other a digest"
            ),
            Self::ControlPlaneReleaseShadows { control_plane, release } => write!(
                f,
                "only controlPlaneRelease {control_plane} is validated by the operator, release {release} is not"
            ),
            Self::ValidationSkipped => {
                f.write_str("the operator validates no release of this cluster")
            }
            Self::SkipBreaksKarpenter => f.write_str(
                "with this annotation the operator refuses every release for Karpenter's nodes",
            ),
        }
    }
}

impl Rule for ReleaseRule {
    fn id(&self) -> &'static str {
        match self {
            Self::Incomparable(_) => "version-incomparable",
            Self::Before48(_) => "before-4-8",
            Self::MinorDowngrade { .. } => "minor-downgrade",
            Self::SdnMinorUpgrade { .. } => "sdn-minor-upgrade",
            Self::SdnInstall(_) => "sdn-install",
            Self::OvnInstall(_) => "ovn-install",
            Self::AboveOperator { .. } => "above-operator",
            Self::AboveHostedCluster { .. } => "above-hosted-cluster",
            Self::BelowMinimum { .. } => "below-minimum",
            Self::MinorSkip { .. } => "minor-skip",
            Self::PatchDowngrade { .. } => "patch-downgrade",
            Self::Prerelease(_) => "prerelease",
            Self::StaleForce { .. } => "stale-force-annotation",
            Self::Forced { .. } => "forced-upgrade",
            Self::TagAgainstDigest { .. } => "tag-against-digest",
            Self::ControlPlaneReleaseShadows { .. } => "control-plane-release-shadows",
            Self::ValidationSkipped => "validation-skipped",
            Self::SkipBreaksKarpenter => "skip-breaks-karpenter",
        }
    }

    fn remedy(&self) -> Cow<'static, str> {
        match self {
            Self::Incomparable(_) => "use a release of OpenShift 4.y or 5.y".into(),
            Self::Before48(_) => "use 4.8 or newer".into(),
            Self::MinorDowngrade { from, .. } => format!(
                "stay at {}; the way back is a new cluster and a restore", from.minor()
            ).into(),
            Self::SdnMinorUpgrade { .. } => "move the workloads to a cluster with OVNKubernetes".into(),
            Self::SdnInstall(_) => "set networkType to OVNKubernetes".into(),
            Self::OvnInstall(_) => "use 4.11 or newer".into(),
            Self::AboveOperator { target, .. } => format!(
                "upgrade the HyperShift operator to one that supports {} first", target.minor()
            ).into(),
            Self::AboveHostedCluster { target, .. } => {
                format!("upgrade the hosted cluster to {target} first, and let it complete").into()
            }
            Self::BelowMinimum { minimum, .. } => format!("use {minimum} or newer").into(),
            Self::MinorSkip { next, .. } => format!("upgrade to {next} first").into(),
            Self::PatchDowngrade { from, .. } => format!("use {from} or newer").into(),
            Self::Prerelease(version) => format!(
                "use a release of {}, unless this cluster is for testing", version.minor()
            ).into(),
            Self::Forced { .. } => {
                "remove the annotation once the upgrade has completed, or now if nobody decided on it".into()
            }
            Self::TagAgainstDigest { .. } => "name the release by the digest that the status reports".into(),
            Self::ControlPlaneReleaseShadows { .. } => {
                "remove controlPlaneRelease once both are at the same version".into()
            }
            Self::StaleForce { .. } | Self::ValidationSkipped | Self::SkipBreaksKarpenter => {
                "remove the annotation".into()
            }
        }
    }
}

const fn plural(count: u16) -> &'static str {
    if count == 1 { "" } else { "s" }
}
