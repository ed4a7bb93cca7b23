//! Whether a hosted cluster may begin an upgrade.

use std::borrow::Cow;
use std::fmt;

use crate::conditions::ConditionStatus;
use crate::features::{FeatureSet, forbids_minor_update};
use crate::{JsonPath, Rule, Severity};

use super::minor::MinorError;
use super::release_check::FORCE_UPGRADE_TO;
use super::release_version::ReleaseVersion;
use super::verdict::Verdict;

/// What decides whether an upgrade may begin. Nothing is copied.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct GateRequest<'a> {
    /// The image that the control plane would run: of `spec.controlPlaneRelease` if that is set, else of `spec.release`.
    pub image: &'a str,
    /// Its version.
    pub target: &'a ReleaseVersion,
    /// What runs; nothing while the cluster is being installed.
    pub running: Option<RunningRelease<'a>>,
    /// The status of the condition `ClusterVersionUpgradeable`, if it is there.
    pub upgradeable: Option<ConditionStatus>,
    /// The value of the annotation [`FORCE_UPGRADE_TO`].
    pub force_upgrade_to: Option<&'a str>,
    /// Whether `spec.controlPlaneRelease` is set.
    pub control_plane_release: bool,
    /// `spec.configuration.featureGate.featureSet`.
    pub feature_set: Option<&'a str>,
}

/// What `status.version.desired` reports.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct RunningRelease<'a> {
    /// `image`.
    pub image: &'a str,
    /// `version`; nothing if it is empty or cannot be read.
    pub version: Option<&'a ReleaseVersion>,
}

/// What to make of what `HyperShift` lets through the gate.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct GatePolicy {
    /// A new minor version that is forced by the annotation past `ClusterVersionUpgradeable`: a warning by default.
    pub forced: Option<Severity>,
    /// A new minor version that `controlPlaneRelease` lets pass `ClusterVersionUpgradeable`: refused by default, because nobody said that it should.
    pub control_plane_release: Option<Severity>,
    /// A new minor version without the condition `ClusterVersionUpgradeable`: refused by default, because absent is not `True`.
    pub upgradeable_missing: Option<Severity>,
    /// A new minor version with a feature set that forbids it: refused by default.
    pub feature_set: Option<Severity>,
    /// A `force-upgrade-to` that names another image while the cluster is upgradeable: a warning by default.
    pub stale_force: Option<Severity>,
}

/// What speaks against an upgrade.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum GateRule {
    /// The cluster says that it is not upgradeable, and the minor version changes. `HyperShift` stops here too.
    NotUpgradeable {
        /// `False` or `Unknown`.
        status: ConditionStatus,
        /// What runs.
        from: ReleaseVersion,
        /// What is asked for.
        to: ReleaseVersion,
    },
    /// The condition is absent and the minor version changes. `HyperShift` goes on.
    UpgradeableMissing {
        /// What runs.
        from: ReleaseVersion,
        /// What is asked for.
        to: ReleaseVersion,
    },
    /// The annotation names another image. `HyperShift` stops the whole reconciliation if the cluster is not upgradeable, for patches too.
    StaleForce {
        /// What the annotation names.
        annotation: String,
        /// The image that is asked for.
        image: String,
        /// Whether it blocks now.
        blocks: bool,
    },
    /// The annotation passes over a condition that is not `True`. `HyperShift` goes on.
    Forced {
        /// `False` or `Unknown`.
        status: ConditionStatus,
        /// The image.
        image: String,
    },
    /// `controlPlaneRelease` passes over a condition that is not `True`. `HyperShift` goes on.
    ForcedByControlPlaneRelease {
        /// `False` or `Unknown`.
        status: ConditionStatus,
        /// What is asked for.
        to: ReleaseVersion,
    },
    /// The feature set forbids new minor versions. `HyperShift` does not know that.
    FeatureSet {
        /// The feature set.
        feature_set: String,
        /// What runs.
        from: ReleaseVersion,
        /// What is asked for.
        to: ReleaseVersion,
    },
    /// What runs is not known, so that it cannot be told whether the minor version changes. `HyperShift` stops only if the cluster is not upgradeable.
    RunningUnknown,
    /// A version that has no place in the sequence of minors.
    Incomparable(MinorError),
}

/// Why an upgrade may pass, as far as `HyperShift` is concerned.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Passage {
    /// Nothing to pass: the cluster is being installed, or already has the image.
    NotUpgrading,
    /// The cluster is upgradeable, or has no condition that says otherwise.
    Upgradeable,
    /// The annotation forces it.
    Forced,
    /// `controlPlaneRelease` is set.
    ControlPlaneRelease,
    /// Only the patch changes.
    ZStream,
}

/// The answer of [`upgrade_gate`].
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
#[must_use]
pub struct GateVerdict {
    /// Why `HyperShift` would let it pass; nothing if it would not.
    pub passage: Option<Passage>,
    /// What speaks against it.
    pub verdict: Verdict<GateRule>,
}

impl<'a> GateRequest<'a> {
    /// A cluster that is asked to run this image of this version.
    #[must_use]
    pub const fn new(image: &'a str, target: &'a ReleaseVersion) -> Self {
        Self {
            image,
            target,
            running: None,
            upgradeable: None,
            force_upgrade_to: None,
            control_plane_release: false,
            feature_set: None,
        }
    }

    /// With what runs.
    #[must_use]
    pub const fn with_running(
        mut self,
        image: &'a str,
        version: Option<&'a ReleaseVersion>,
    ) -> Self {
        self.running = Some(RunningRelease { image, version });
        self
    }

    /// With the status of `ClusterVersionUpgradeable`.
    #[must_use]
    pub const fn with_upgradeable(mut self, status: Option<ConditionStatus>) -> Self {
        self.upgradeable = status;
        self
    }
}

impl Default for GatePolicy {
    fn default() -> Self {
        Self {
            forced: Some(Severity::Warning),
            control_plane_release: Some(Severity::Refusal),
            upgradeable_missing: Some(Severity::Refusal),
            feature_set: Some(Severity::Refusal),
            stale_force: Some(Severity::Warning),
        }
    }
}

impl GatePolicy {
    /// The same, with another severity for a forced minor version.
    #[must_use]
    pub const fn with_forced(mut self, severity: Option<Severity>) -> Self {
        self.forced = severity;
        self
    }

    /// The same, with another severity for what `controlPlaneRelease` lets pass.
    #[must_use]
    pub const fn with_control_plane_release(mut self, severity: Option<Severity>) -> Self {
        self.control_plane_release = severity;
        self
    }

    /// The same, with another severity for an absent condition.
    #[must_use]
    pub const fn with_upgradeable_missing(mut self, severity: Option<Severity>) -> Self {
        self.upgradeable_missing = severity;
        self
    }

    /// The same, with another severity for feature sets that forbid minor versions.
    #[must_use]
    pub const fn with_feature_set(mut self, severity: Option<Severity>) -> Self {
        self.feature_set = severity;
        self
    }
}

impl GateVerdict {
    /// Whether the upgrade may begin.
    #[must_use]
    pub fn is_allowed(&self) -> bool {
        self.verdict.is_allowed()
    }
}

/// Whether an upgrade of a hosted cluster may begin.
///
/// What `HyperShift` would do is in [`GateVerdict::passage`], in its order: same image, upgradeable, forced by annotation, `controlPlaneRelease`, patch only. The
/// verdict is stricter and says where:
///
/// - A condition that is absent is not `True`: a new minor version is refused.
/// - `controlPlaneRelease` is no consent to pass over `ClusterVersionUpgradeable`.
/// - Feature sets that OpenShift documents as forbidding minor versions do so, although nothing in `HyperShift` enforces it.
/// - An annotation that names another image is reported before it blocks.
///
/// From 4.23 to 5.0, which are the same minor version, is no patch for `HyperShift` at this place, and none here.
///
/// Source: `HyperShift`, `isUpgrading` (`hostedcluster_controller.go`).
pub fn upgrade_gate(request: &GateRequest<'_>, policy: &GatePolicy) -> GateVerdict {
    let mut verdict = Verdict::default();
    let Some(running) = request.running.filter(|running| running.image != request.image) else {
        return GateVerdict { passage: Some(Passage::NotUpgrading), verdict };
    };
    let blocked_by = request.upgradeable.filter(|status| *status != ConditionStatus::True);
    judge_annotation(request, blocked_by, policy, &mut verdict);
    let Some(from) = running.version else {
        let path = JsonPath::fields("status.version.desired.version");
        verdict.refuse(path, GateRule::RunningUnknown);
        return GateVerdict { passage: passage(request, blocked_by, false), verdict };
    };
    let z_stream = from.minor() == request.target.minor();
    if let Err(error) = from.precedence(request.target) {
        verdict.refuse(JsonPath::fields("spec.release.image"), GateRule::Incomparable(error));
    }
    if !z_stream {
        judge_condition(request, from, blocked_by, policy, &mut verdict);
        judge_feature_set(request, from, policy, &mut verdict);
    }
    GateVerdict { passage: passage(request, blocked_by, z_stream), verdict }
}

/// What `HyperShift` lets pass, given that the images differ.
fn passage(
    request: &GateRequest<'_>,
    blocked_by: Option<ConditionStatus>,
    z_stream: bool,
) -> Option<Passage> {
    if blocked_by.is_none() {
        return Some(Passage::Upgradeable);
    }
    match request.force_upgrade_to {
        Some(annotation) => (annotation == request.image).then_some(Passage::Forced),
        None if request.control_plane_release => Some(Passage::ControlPlaneRelease),
        None => z_stream.then_some(Passage::ZStream),
    }
}

fn judge_annotation(
    request: &GateRequest<'_>,
    blocked_by: Option<ConditionStatus>,
    policy: &GatePolicy,
    verdict: &mut Verdict<GateRule>,
) {
    let Some(annotation) = request.force_upgrade_to.filter(|named| *named != request.image) else {
        return;
    };
    let blocks = blocked_by.is_some();
    let severity = if blocks { Some(Severity::Refusal) } else { policy.stale_force };
    verdict.add(severity, || {
        let (annotation, image) = (annotation.to_owned(), request.image.to_owned());
        let path = JsonPath::fields("metadata.annotations").key(FORCE_UPGRADE_TO);
        (path, GateRule::StaleForce { annotation, image, blocks })
    });
}

fn judge_condition(
    request: &GateRequest<'_>,
    from: &ReleaseVersion,
    blocked_by: Option<ConditionStatus>,
    policy: &GatePolicy,
    verdict: &mut Verdict<GateRule>,
) {
    let path = || JsonPath::fields("status.conditions").key("ClusterVersionUpgradeable");
    let versions = || (from.clone(), request.target.clone());
    let Some(status) = blocked_by else {
        if request.upgradeable.is_none() {
            verdict.add(policy.upgradeable_missing, || {
                let (from, to) = versions();
                (path(), GateRule::UpgradeableMissing { from, to })
            });
        }
        return;
    };
    match request.force_upgrade_to {
        Some(annotation) if annotation == request.image => verdict.add(policy.forced, || {
            (path(), GateRule::Forced { status, image: annotation.to_owned() })
        }),
        None if request.control_plane_release => verdict.add(policy.control_plane_release, || {
            (path(), GateRule::ForcedByControlPlaneRelease { status, to: request.target.clone() })
        }),
        _ => {
            let (from, to) = versions();
            verdict.refuse(path(), GateRule::NotUpgradeable { status, from, to });
        }
    }
}

fn judge_feature_set(
    request: &GateRequest<'_>,
    from: &ReleaseVersion,
    policy: &GatePolicy,
    verdict: &mut Verdict<GateRule>,
) {
    let Some(feature_set) = request.feature_set else { return };
    if !forbids_minor_update(Some(&FeatureSet::from(feature_set))) {
        return;
    }
    verdict.add(policy.feature_set, || {
        let (from, to) = (from.clone(), request.target.clone());
        let rule = GateRule::FeatureSet { feature_set: feature_set.to_owned(), from, to };
        (JsonPath::fields("spec.configuration.featureGate.featureSet"), rule)
    });
}

impl fmt::Display for GateRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotUpgradeable { status, from, to } => {
                write!(
                    f,
                    "ClusterVersionUpgradeable is {status}, and {from} to {to} changes the minor version"
                )
            }
            Self::UpgradeableMissing { from, to } => write!(
                f,
                "ClusterVersionUpgradeable is not reported, and {from} to {to} changes the minor version"
            ),
            Self::StaleForce { annotation, image, blocks } => write!(
                f,
                "the annotation names {annotation:?}, the release is {image:?}: {} every upgrade, patches too",
                if *blocks {
                    "the operator now refuses"
                } else {
                    "once the cluster is not upgradeable the operator refuses"
                }
            ),
            Self::Forced { status, image } => {
                write!(f, "{image:?} is forced although ClusterVersionUpgradeable is {status}")
            }
            Self::ForcedByControlPlaneRelease { status, to } => write!(
                f,
                "controlPlaneRelease lets {to} pass although ClusterVersionUpgradeable is {status}"
            ),
            Self::FeatureSet { feature_set, from, to } => {
                write!(f, "{feature_set} forbids new minor versions, and {from} to {to} is one")
            }
            Self::RunningUnknown => f.write_str("the version that runs is not reported"),
            Self::Incomparable(error) => error.fmt(f),
        }
    }
}

impl Rule for GateRule {
    fn id(&self) -> &'static str {
        match self {
            Self::NotUpgradeable { .. } => "not-upgradeable",
            Self::UpgradeableMissing { .. } => "upgradeable-missing",
            Self::StaleForce { .. } => "stale-force-annotation",
            Self::Forced { .. } => "forced-upgrade",
            Self::ForcedByControlPlaneRelease { .. } => "forced-by-control-plane-release",
            Self::FeatureSet { .. } => "feature-set-forbids-minors",
            Self::RunningUnknown => "running-version-unknown",
            Self::Incomparable(_) => "version-incomparable",
        }
    }

    fn remedy(&self) -> Cow<'static, str> {
        match self {
            Self::NotUpgradeable { from, .. } => format!(
                "read the condition's message and mend its cause; patches of {} are allowed meanwhile",
                from.minor()
            )
            .into(),
            Self::UpgradeableMissing { .. } => {
                "wait until the hosted cluster's operator reports the condition".into()
            }
            Self::StaleForce { .. } => format!("remove the annotation {FORCE_UPGRADE_TO}").into(),
            Self::Forced { .. } => {
                "read the condition's message, take a backup, and remove the annotation afterwards"
                    .into()
            }
            Self::ForcedByControlPlaneRelease { .. } => {
                "mend what the condition names, or consent by annotation".into()
            }
            Self::FeatureSet { .. } => "move the workloads to a new cluster of that version".into(),
            Self::RunningUnknown => "wait until status.version.desired.version is reported".into(),
            Self::Incomparable(_) => "use a release of OpenShift 4.y or 5.y".into(),
        }
    }
}
