//! What each platform allows.

use std::borrow::Cow;
use std::fmt;

use super::kind::PlatformType;
use crate::finding::{Finding, Rule};
use crate::path::JsonPath;
use crate::release::Architecture;
use crate::version::{Minor, OcpMinor};

/// What a platform allows.
///
/// Source: `HyperShift` of August 2026, API and `NodePool` controller, where a field does not name another.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "each is a rule of its own")]
#[non_exhaustive]
pub struct PlatformRules {
    /// The architectures that a `NodePool` can have. `HyperShift` only reports another, as `ValidArchPlatform`.
    pub architectures: &'static [Architecture],
    /// Whether node pools can be upgraded by new machines. No schema ties the upgrade type to the platform; once set it cannot be changed.
    pub replace: bool,
    /// Whether node pools can be upgraded on their machines.
    pub in_place: bool,
    /// Whether autoscaling may go down to no node.
    pub scale_from_zero: bool,
    /// Whether the API has the platform only behind a feature gate.
    pub feature_gated: bool,
    /// Whether the documentation of 4.15, chapter 6.1, names the platform as one whose hosted clusters can be updated. `HyperShift` itself makes no
    /// difference between platforms.
    pub documented_update: bool,
    /// What the management cluster or the infrastructure must have.
    pub infrastructure: &'static str,
}

use Architecture::{Amd64, Arm64, Ppc64le, S390x};

impl PlatformRules {
    /// The rules of a platform for a release of OpenShift; nothing for a platform that this version does not know.
    ///
    /// # Examples
    ///
    /// ```
    /// use hcp_core::platform::{PlatformRules, PlatformType};
    /// use hcp_core::version::Minor;
    ///
    /// let rules = PlatformRules::of(&PlatformType::KubeVirt, Minor::new(4, 20)).unwrap();
    /// assert!(rules.documented_update && !rules.scale_from_zero);
    /// ```
    #[must_use]
    pub fn of(platform: &PlatformType, release: Minor) -> Option<Self> {
        let (architectures, infrastructure): (&'static [Architecture], &'static str) =
            match platform {
                PlatformType::Aws => (&[Amd64, Arm64], AWS),
                PlatformType::Azure => (&[Amd64, Arm64], "an Azure subscription"),
                PlatformType::Gcp => (&[Amd64, Arm64], "a Google Cloud project"),
                PlatformType::None => (&[Amd64, Arm64], "machines that the user makes and joins"),
                PlatformType::KubeVirt => (&[Amd64, S390x], VIRTUALIZATION),
                PlatformType::OpenStack => (&[Amd64], "an OpenStack cloud"),
                PlatformType::Agent => (&[Amd64, Ppc64le, Arm64], AGENT),
                PlatformType::PowerVs => (&[Ppc64le], "a Power Virtual Server workspace"),
                PlatformType::IbmCloud => (&[], "machines that IBM Cloud makes and joins"),
                PlatformType::Other(_) => return None,
            };
        Some(Self {
            architectures: at_release(architectures, release),
            replace: true,
            in_place: true,
            scale_from_zero: matches!(platform, PlatformType::Aws | PlatformType::Azure),
            feature_gated: matches!(platform, PlatformType::OpenStack | PlatformType::Gcp),
            documented_update: matches!(platform, PlatformType::Agent | PlatformType::KubeVirt),
            infrastructure,
        })
    }
}

const AWS: &str = "an S3 bucket for OIDC documents, a public zone, external DNS, and PrivateLink for private clusters";
const VIRTUALIZATION: &str = "a management cluster on bare metal with OpenShift Virtualization: KubeVirt 1.0.0 and Kubernetes 1.27 or later";
const AGENT: &str = "an agent on each machine, and hosts that are free to be bound";

/// Up to 4.15 the API knows only amd64 and arm64.
fn at_release(architectures: &'static [Architecture], release: Minor) -> &'static [Architecture] {
    let old = OcpMinor::try_from(release).is_ok_and(|minor| minor <= OcpMinor::new(15));
    match architectures {
        [Ppc64le] if old => &[],
        [Amd64, S390x] if old => &[Amd64],
        [Amd64, Ppc64le, Arm64] if old => &[Amd64, Arm64],
        other => other,
    }
}

/// What can be wrong with a `NodePool` on its platform.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum PlatformRule {
    /// A platform that this version does not know.
    UnknownPlatform {
        /// The platform.
        platform: PlatformType,
    },
    /// An architecture that the platform does not have.
    Architecture {
        /// The architecture.
        architecture: Architecture,
        /// The platform.
        platform: PlatformType,
        /// Those that it has.
        allowed: &'static [Architecture],
    },
    /// A minimum of 0 where nodes are not made from nothing.
    ScaleFromZero {
        /// The platform.
        platform: PlatformType,
    },
    /// The platform is not one whose hosted clusters the documentation updates.
    UndocumentedUpdate {
        /// The platform.
        platform: PlatformType,
    },
}

/// What of a `NodePool` depends on the platform.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct NodePoolShape {
    /// `spec.platform.type`.
    pub platform: PlatformType,
    /// `spec.arch`, amd64 if absent.
    pub architecture: Architecture,
    /// `spec.autoScaling.min`, if it is set.
    pub autoscaling_min: Option<i32>,
}

impl NodePoolShape {
    /// A pool of amd64 machines without autoscaling.
    #[must_use]
    pub const fn new(platform: PlatformType) -> Self {
        Self { platform, architecture: Amd64, autoscaling_min: None }
    }

    /// With this architecture.
    #[must_use]
    pub fn with_architecture(mut self, architecture: Architecture) -> Self {
        self.architecture = architecture;
        self
    }

    /// With this minimum of nodes.
    #[must_use]
    pub const fn with_autoscaling_min(mut self, min: i32) -> Self {
        self.autoscaling_min = Some(min);
        self
    }
}

/// Says what of a node pool its platform does not allow in a release of OpenShift.
///
/// Source: the CEL rules of `NodePool`, and `ValidArchPlatform` of `HyperShift`, which the reconciliation goes on in spite of.
#[must_use]
pub fn check_node_pool(pool: &NodePoolShape, release: Minor) -> Vec<Finding<PlatformRule>> {
    let platform = || pool.platform.clone();
    let Some(rules) = PlatformRules::of(&pool.platform, release) else {
        let path = JsonPath::fields("spec.platform.type");
        return vec![Finding::warning(
            path,
            PlatformRule::UnknownPlatform { platform: platform() },
        )];
    };
    let mut findings = Vec::new();
    if !rules.architectures.contains(&pool.architecture) {
        findings.push(Finding::refusal(
            JsonPath::fields("spec.arch"),
            PlatformRule::Architecture {
                architecture: pool.architecture.clone(),
                platform: platform(),
                allowed: rules.architectures,
            },
        ));
    }
    if pool.autoscaling_min == Some(0) && !rules.scale_from_zero {
        findings.push(Finding::refusal(
            JsonPath::fields("spec.autoScaling.min"),
            PlatformRule::ScaleFromZero { platform: platform() },
        ));
    }
    findings
}

/// Says whether the documentation covers updating a hosted cluster on this platform. What is not covered is a warning: `HyperShift` makes no difference.
///
/// Source: the product documentation of 4.15, chapter 6.1.
#[must_use]
pub fn check_hosted_cluster_update(
    platform: &PlatformType,
    release: Minor,
) -> Option<Finding<PlatformRule>> {
    let covered = PlatformRules::of(platform, release).is_some_and(|rules| rules.documented_update);
    let rule = PlatformRule::UndocumentedUpdate { platform: platform.clone() };
    (!covered).then(|| Finding::warning(JsonPath::fields("spec.platform.type"), rule))
}

impl fmt::Display for PlatformRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UnknownPlatform { platform } => {
                write!(f, "nothing is known of the platform \"{platform}\"")
            }
            Self::Architecture { architecture, platform, .. } => {
                write!(f, "{platform} has no {architecture} nodes in this release")
            }
            Self::ScaleFromZero { platform } => {
                write!(f, "autoscaling on {platform} cannot start from no node")
            }
            Self::UndocumentedUpdate { platform } => {
                write!(f, "the documentation does not cover updating hosted clusters on {platform}")
            }
        }
    }
}

impl Rule for PlatformRule {
    fn id(&self) -> &'static str {
        match self {
            Self::UnknownPlatform { .. } => "platform-unknown",
            Self::Architecture { .. } => "platform-architecture",
            Self::ScaleFromZero { .. } => "platform-scale-from-zero",
            Self::UndocumentedUpdate { .. } => "platform-undocumented-update",
        }
    }

    fn remedy(&self) -> Cow<'static, str> {
        match self {
            Self::UnknownPlatform { .. } => {
                format!("use one of {}", PlatformType::KNOWN.join(", ")).into()
            }
            Self::Architecture { allowed: [], .. } => "leave arch out".into(),
            Self::Architecture { allowed, .. } => {
                let names: Vec<_> = allowed.iter().map(Architecture::as_str).collect();
                format!("use {}", names.join(" or ")).into()
            }
            Self::ScaleFromZero { .. } => "use a minimum of 1 or more".into(),
            Self::UndocumentedUpdate { .. } => "ask Red Hat's support before the update".into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ids(pool: &NodePoolShape, minor: u64) -> Vec<&'static str> {
        let found = check_node_pool(pool, Minor::new(4, minor));
        found.iter().map(|finding| finding.rule.id()).collect()
    }

    #[test]
    fn architectures_belong_to_platforms_and_releases() {
        for (platform, architecture, at_15, at_20) in [
            (PlatformType::Aws, Arm64, true, true),
            (PlatformType::Agent, Ppc64le, false, true),
            (PlatformType::Agent, S390x, false, false),
            (PlatformType::KubeVirt, S390x, false, true),
            (PlatformType::KubeVirt, Arm64, false, false),
            (PlatformType::PowerVs, Ppc64le, false, true),
            (PlatformType::PowerVs, Amd64, false, false),
            (PlatformType::OpenStack, Amd64, true, true),
        ] {
            let pool = NodePoolShape::new(platform.clone()).with_architecture(architecture.clone());
            for (minor, allowed) in [(15, at_15), (20, at_20)] {
                let wanted: &[_] = if allowed { &[] } else { &["platform-architecture"] };
                assert_eq!(ids(&pool, minor), wanted, "{platform} {architecture} 4.{minor}");
            }
        }
        let five = check_node_pool(
            &NodePoolShape::new(PlatformType::Agent).with_architecture(Ppc64le),
            Minor::new(5, 0),
        );
        assert_eq!(five, []);
    }

    #[test]
    fn only_two_clouds_scale_from_zero() {
        for name in PlatformType::KNOWN {
            let platform = PlatformType::from(*name);
            let rules = PlatformRules::of(&platform, Minor::new(4, 20)).unwrap();
            let mut pool = NodePoolShape::new(platform).with_autoscaling_min(0);
            if let Some(architecture) = rules.architectures.first() {
                pool = pool.with_architecture(architecture.clone());
                let wanted: &[_] = if matches!(*name, "AWS" | "Azure") {
                    &[]
                } else {
                    &["platform-scale-from-zero"]
                };
                assert_eq!(ids(&pool, 20), wanted, "{name}");
                assert_eq!(ids(&pool.with_autoscaling_min(1), 20), &[] as &[&str]);
            }
        }
    }

    #[test]
    fn the_documentation_updates_bare_metal_and_virtualization_only() {
        let at = Minor::new(4, 15);
        for platform in [PlatformType::Agent, PlatformType::KubeVirt] {
            assert_eq!(check_hosted_cluster_update(&platform, at), None);
        }
        let finding = check_hosted_cluster_update(&PlatformType::Aws, at).unwrap();
        assert_eq!(
            finding.to_string(),
            "warning platform-undocumented-update: spec.platform.type: the documentation does not cover updating hosted clusters on AWS; \
             ask Red Hat's support before the update"
        );
        let nutanix = NodePoolShape::new(PlatformType::from("Nutanix"));
        assert_eq!(ids(&nutanix, 15), ["platform-unknown"]);
    }
}
