//! Whether an object may ask for a release.

use std::cmp::Ordering;

use crate::platform::{NetworkType, PlatformType};
use crate::{JsonPath, Severity};

use super::minor::{Minor, MinorError, OcpMinor};
use super::release_policy::{ReleaseChoice, ReleasePolicy};
use super::release_rule::ReleaseRule;
use super::release_version::{ReleaseVersion, VersionChange};
use super::verdict::Verdict;

/// On a `HostedCluster`: upgrade to this release image though the cluster reports that it is not upgradeable. A value that is not the
/// image of the spec blocks every upgrade, patch releases included: remove it once the upgrade is done.
pub const FORCE_UPGRADE_TO: &str = "hypershift.openshift.io/force-upgrade-to";
/// On a `HostedCluster`: no release is validated; its presence is enough.
pub const SKIP_RELEASE_IMAGE_VALIDATION: &str =
    "hypershift.openshift.io/skip-release-image-validation";

/// Which object asks for a release.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ReleaseRole {
    /// `HostedCluster`, in `spec.release` and `spec.controlPlaneRelease`.
    HostedCluster,
    /// `NodePool`, in `spec.release`.
    NodePool,
    /// The version of Karpenter's node class.
    Karpenter,
}

/// The range that the operator supports.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ReleaseLimits {
    /// The newest minor version.
    pub latest: Minor,
    /// The oldest minor version on the platform.
    pub minimum: Minor,
}

/// A release that an object asks for, and what decides about it. Nothing is copied.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct ReleaseRequest<'a> {
    /// Which object asks.
    pub role: ReleaseRole,
    /// The version of `spec.release`.
    pub target: &'a ReleaseVersion,
    /// The image of `spec.release`, as it is written.
    pub target_image: Option<&'a str>,
    /// The version of `spec.controlPlaneRelease`, if that is set. Hosted clusters only.
    pub control_plane: Option<&'a ReleaseVersion>,
    /// The image of `spec.controlPlaneRelease`, as it is written.
    pub control_plane_image: Option<&'a str>,
    /// What runs: of a hosted cluster the version of `status.version.desired`, of a node pool `status.version`. Nothing before the installation.
    pub current: Option<&'a ReleaseVersion>,
    /// The image of what runs, as the status reports it.
    pub current_image: Option<&'a str>,
    /// Of a pool: the version of its hosted cluster, the oldest that runs.
    pub hosted_cluster: Option<&'a ReleaseVersion>,
    /// The range that the operator supports.
    pub limits: ReleaseLimits,
    /// The network provider of the hosted cluster.
    pub network: &'a NetworkType,
    /// The platform of the hosted cluster.
    pub platform: &'a PlatformType,
    /// The value of [`FORCE_UPGRADE_TO`].
    pub force_upgrade_to: Option<&'a str>,
    /// Whether the hosted cluster has [`SKIP_RELEASE_IMAGE_VALIDATION`], whatever its value.
    pub skip_validation: bool,
}

impl ReleaseLimits {
    /// From `minimum` to `latest`.
    #[must_use]
    pub const fn new(latest: Minor, minimum: Minor) -> Self {
        Self { latest, minimum }
    }
}

impl<'a> ReleaseRequest<'a> {
    /// A hosted cluster that is installed with `target`; set the other fields for an upgrade.
    #[must_use]
    pub const fn hosted_cluster(
        target: &'a ReleaseVersion,
        limits: ReleaseLimits,
        network: &'a NetworkType,
        platform: &'a PlatformType,
    ) -> Self {
        Self {
            role: ReleaseRole::HostedCluster,
            target,
            target_image: None,
            control_plane: None,
            control_plane_image: None,
            current: None,
            current_image: None,
            hosted_cluster: None,
            limits,
            network,
            platform,
            force_upgrade_to: None,
            skip_validation: false,
        }
    }

    /// A node pool of a hosted cluster of this version.
    #[must_use]
    pub const fn node_pool(
        target: &'a ReleaseVersion,
        hosted_cluster: &'a ReleaseVersion,
        limits: ReleaseLimits,
        network: &'a NetworkType,
        platform: &'a PlatformType,
    ) -> Self {
        Self {
            role: ReleaseRole::NodePool,
            hosted_cluster: Some(hosted_cluster),
            ..Self::hosted_cluster(target, limits, network, platform)
        }
    }

    /// Karpenter's nodes in a hosted cluster of this version.
    #[must_use]
    pub const fn karpenter(
        target: &'a ReleaseVersion,
        hosted_cluster: &'a ReleaseVersion,
        limits: ReleaseLimits,
        network: &'a NetworkType,
        platform: &'a PlatformType,
    ) -> Self {
        Self {
            role: ReleaseRole::Karpenter,
            ..Self::node_pool(target, hosted_cluster, limits, network, platform)
        }
    }

    /// With what runs: its version, and its image as the status reports it.
    #[must_use]
    pub const fn with_current(
        mut self,
        version: &'a ReleaseVersion,
        image: Option<&'a str>,
    ) -> Self {
        self.current = Some(version);
        self.current_image = image;
        self
    }

    /// With the image of `spec.release`.
    #[must_use]
    pub const fn with_image(mut self, image: &'a str) -> Self {
        self.target_image = Some(image);
        self
    }

    const fn is_pool(&self) -> bool {
        !matches!(self.role, ReleaseRole::HostedCluster)
    }

    /// The image that the control plane would run, which `HyperShift` compares.
    fn effective_image(&self) -> Option<&'a str> {
        if self.control_plane.is_some() { self.control_plane_image } else { self.target_image }
    }

    fn path(&self, part: Part) -> JsonPath {
        JsonPath::fields(match (self.role, part) {
            (ReleaseRole::Karpenter, _) => "spec.version",
            (_, Part::Release) => "spec.release.image",
            (_, Part::ControlPlane) => "spec.controlPlaneRelease.image",
        })
    }
}

/// Which of the two releases of a hosted cluster is looked at.
#[derive(Clone, Copy)]
enum Part {
    Release,
    ControlPlane,
}

/// Whether an object may ask for this release, and what somebody should have decided on first.
///
/// Everything that `HyperShift` refuses is refused, and judged to the end instead of to the first reason; what it lets through is judged by `policy`. Where
/// `controlPlaneRelease` is set both releases are judged, and not only that one. [`compat`](super::compat) has upstream's exact meaning.
///
/// Source: `HyperShift`, `IsValidReleaseVersion` (`support/supportedversion/version.go`) and its callers `validateReleaseImage` and `getReleaseImage`.
pub fn validate_release(
    request: &ReleaseRequest<'_>,
    policy: &ReleasePolicy,
) -> Verdict<ReleaseRule> {
    let mut verdict = Verdict::default();
    judge(request, Part::Release, request.target, policy, &mut verdict);
    if let Some(control_plane) = request.control_plane {
        judge(request, Part::ControlPlane, control_plane, policy, &mut verdict);
        if control_plane != request.target {
            verdict.add(policy.severity(ReleaseChoice::ControlPlaneRelease), || {
                let release = request.target.clone();
                let rule = ReleaseRule::ControlPlaneReleaseShadows {
                    control_plane: control_plane.clone(),
                    release,
                };
                (JsonPath::fields("spec.controlPlaneRelease"), rule)
            });
        }
    }
    judge_images(request, policy, &mut verdict);
    if request.skip_validation { judge_skip(request, policy, verdict) } else { verdict }
}

fn judge(
    request: &ReleaseRequest<'_>,
    part: Part,
    version: &ReleaseVersion,
    policy: &ReleasePolicy,
    verdict: &mut Verdict<ReleaseRule>,
) {
    let path = || request.path(part);
    match version.ocp_minor() {
        Ok(minor) => {
            judge_network(request, part, version, minor, verdict);
            judge_limits(request, part, version, minor, verdict);
        }
        Err(error) => verdict.refuse(path(), ReleaseRule::Incomparable(error)),
    }
    if let Some(current) = request.current {
        judge_change(request, part, (current, version), policy, verdict);
    }
    if version.is_prerelease() {
        verdict.add(policy.severity(ReleaseChoice::Prerelease), || {
            (path(), ReleaseRule::Prerelease(version.clone()))
        });
    }
}

/// The rules of installations: each network provider ends or begins with a minor version.
fn judge_network(
    request: &ReleaseRequest<'_>,
    part: Part,
    version: &ReleaseVersion,
    minor: OcpMinor,
    verdict: &mut Verdict<ReleaseRule>,
) {
    if request.current.is_some() {
        return;
    }
    let after_sdn = minor > OcpMinor::new(10) && *request.platform != PlatformType::PowerVs;
    match request.network {
        NetworkType::OpenShiftSdn if after_sdn => {
            verdict.refuse(request.path(part), ReleaseRule::SdnInstall(version.clone()));
        }
        NetworkType::OvnKubernetes if minor <= OcpMinor::new(10) => {
            verdict.refuse(request.path(part), ReleaseRule::OvnInstall(version.clone()));
        }
        _ => {}
    }
}

fn judge_limits(
    request: &ReleaseRequest<'_>,
    part: Part,
    version: &ReleaseVersion,
    minor: OcpMinor,
    verdict: &mut Verdict<ReleaseRule>,
) {
    let ReleaseLimits { latest, minimum } = request.limits;
    let target = || version.clone();
    let mut refuse_if =
        |broken: Result<bool, MinorError>, rule: &dyn Fn() -> ReleaseRule| match broken {
            Ok(false) => {}
            Ok(true) => verdict.refuse(request.path(part), rule()),
            Err(error) => verdict.refuse(request.path(part), ReleaseRule::Incomparable(error)),
        };
    let first = ReleaseVersion::new(4, 8, 0);
    refuse_if(version.precedence(&first).map(Ordering::is_lt), &|| ReleaseRule::Before48(target()));
    refuse_if(latest.normalised().map(|limit| minor > limit), &|| ReleaseRule::AboveOperator {
        latest,
        target: target(),
    });
    refuse_if(minimum.normalised().map(|limit| minor < limit), &|| ReleaseRule::BelowMinimum {
        platform: request.platform.clone(),
        minimum,
        target: target(),
    });
    if let Some(hosted_cluster) = request.hosted_cluster {
        refuse_if(version.precedence(hosted_cluster).map(Ordering::is_gt), &|| {
            let hosted_cluster = hosted_cluster.clone();
            ReleaseRule::AboveHostedCluster { hosted_cluster, target: target() }
        });
    }
}

fn judge_change(
    request: &ReleaseRequest<'_>,
    part: Part,
    (from, to): (&ReleaseVersion, &ReleaseVersion),
    policy: &ReleasePolicy,
    verdict: &mut Verdict<ReleaseRule>,
) {
    let versions = || (from.clone(), to.clone());
    let change = match from.change_to(to) {
        Ok(change) => change,
        Err(error) => return verdict.refuse(request.path(part), ReleaseRule::Incomparable(error)),
    };
    let (skip, downgrade) = if request.is_pool() {
        (ReleaseChoice::PoolMinorSkip, ReleaseChoice::PoolPatchDowngrade)
    } else {
        (ReleaseChoice::MinorSkip, ReleaseChoice::PatchDowngrade)
    };
    match change {
        VersionChange::Same | VersionChange::PatchUp => {}
        VersionChange::PatchDown => verdict.add(policy.severity(downgrade), || {
            let (from, to) = versions();
            (request.path(part), ReleaseRule::PatchDowngrade { from, to })
        }),
        VersionChange::MinorDown(_) => {
            let (from, to) = versions();
            verdict.refuse(request.path(part), ReleaseRule::MinorDowngrade { from, to });
        }
        VersionChange::MinorUp(count) => {
            if *request.network == NetworkType::OpenShiftSdn {
                let (from, to) = versions();
                verdict.refuse(request.path(part), ReleaseRule::SdnMinorUpgrade { from, to });
            }
            let severity = if count > 1 { policy.severity(skip) } else { None };
            verdict.add(severity, || {
                let (from, to) = versions();
                let next = from.minor().next().unwrap_or_else(|_| from.minor());
                let rule = ReleaseRule::MinorSkip { from, to, skipped: count - 1, next };
                (request.path(part), rule)
            });
        }
    }
}

fn judge_images(
    request: &ReleaseRequest<'_>,
    policy: &ReleasePolicy,
    verdict: &mut Verdict<ReleaseRule>,
) {
    let Some(image) = request.effective_image() else { return };
    if let Some(annotation) = request.force_upgrade_to.filter(|_| !request.is_pool()) {
        let path = || JsonPath::fields("metadata.annotations").key(FORCE_UPGRADE_TO);
        if annotation == image {
            verdict.add(policy.severity(ReleaseChoice::Forced), || {
                (path(), ReleaseRule::Forced { image: image.to_owned() })
            });
        } else {
            verdict.add(policy.severity(ReleaseChoice::StaleForce), || {
                let (annotation, image) = (annotation.to_owned(), image.to_owned());
                (path(), ReleaseRule::StaleForce { annotation, image })
            });
        }
    }
    if let Some(current) = request.current_image
        && is_digest(current) != is_digest(image)
    {
        let part = if request.control_plane.is_some() { Part::ControlPlane } else { Part::Release };
        verdict.add(policy.severity(ReleaseChoice::TagAgainstDigest), || {
            let (target, current) = (image.to_owned(), current.to_owned());
            (request.path(part), ReleaseRule::TagAgainstDigest { target, current })
        });
    }
}

fn judge_skip(
    request: &ReleaseRequest<'_>,
    policy: &ReleasePolicy,
    verdict: Verdict<ReleaseRule>,
) -> Verdict<ReleaseRule> {
    let path = JsonPath::fields("metadata.annotations").key(SKIP_RELEASE_IMAGE_VALIDATION);
    let mut findings = verdict.into_findings();
    if policy.honours_skip() {
        for finding in &mut findings {
            finding.severity = finding.severity.min(Severity::Warning);
        }
    }
    let mut verdict = Verdict::from(findings);
    if request.role == ReleaseRole::Karpenter {
        verdict.refuse(path, ReleaseRule::SkipBreaksKarpenter);
    } else {
        verdict.add(policy.severity(ReleaseChoice::ValidationSkipped), || {
            (path, ReleaseRule::ValidationSkipped)
        });
    }
    verdict
}

fn is_digest(image: &str) -> bool {
    image.contains('@')
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Rule;

    fn severities(verdict: &Verdict<ReleaseRule>) -> Vec<(Severity, &'static str)> {
        verdict.findings().iter().map(|found| (found.severity, found.rule.id())).collect()
    }

    #[test]
    fn a_skipped_validation_changes_the_verdict_only_where_the_policy_says_so() {
        let [from, to] = [ReleaseVersion::new(4, 16, 1), ReleaseVersion::new(4, 15, 9)];
        let limits = ReleaseLimits::new(Minor::new(4, 18), Minor::new(4, 14));
        let (network, platform) = (NetworkType::OvnKubernetes, PlatformType::Aws);
        let mut request = ReleaseRequest::hosted_cluster(&to, limits, &network, &platform)
            .with_current(&from, None);
        request.skip_validation = true;
        let strict = validate_release(&request, &ReleasePolicy::default());
        let skipped = (Severity::Warning, "validation-skipped");
        assert_eq!(severities(&strict), [(Severity::Refusal, "minor-downgrade"), skipped]);
        let honoured = ReleasePolicy::default().with_skip_honoured(true);
        let lenient = validate_release(&request, &honoured);
        assert_eq!(severities(&lenient), [(Severity::Warning, "minor-downgrade"), skipped]);
        assert!(lenient.is_allowed() && lenient.worst() == Some(Severity::Warning));

        // Karpenter's nodes get no release at all, whatever anybody honours.
        request.role = ReleaseRole::Karpenter;
        assert!(!validate_release(&request, &honoured).is_allowed());
    }

    #[test]
    fn findings_name_the_field_that_asks() {
        let [current, ask] = [ReleaseVersion::new(4, 15, 1), ReleaseVersion::new(4, 17, 0)];
        let limits = ReleaseLimits::new(Minor::new(4, 18), Minor::new(4, 14));
        let (network, platform) = (NetworkType::OvnKubernetes, PlatformType::Aws);
        let mut request = ReleaseRequest::hosted_cluster(&current, limits, &network, &platform)
            .with_current(&current, None);
        request.control_plane = Some(&ask);
        let verdict = validate_release(&request, &ReleasePolicy::default());
        let printed: Vec<String> = verdict.findings().iter().map(ToString::to_string).collect();
        assert_eq!(
            printed,
            [
                "refusal minor-skip: spec.controlPlaneRelease.image: 4.15.1 to 4.17.0 leaves out 1 \
                 minor version, first 4.16; upgrade to 4.16 first",
                "warning control-plane-release-shadows: spec.controlPlaneRelease: only \
                 controlPlaneRelease 4.17.0 is validated by the operator, release 4.15.1 is not; \
                 remove controlPlaneRelease once both are at the same version",
            ]
        );
    }
}
