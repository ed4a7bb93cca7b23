//! `isUpgrading`.

use crate::conditions::ConditionStatus;

/// What decides about an upgrade in `HyperShift`, as texts, because it reads the versions late and only if it must.
#[derive(Clone, Copy, Debug)]
#[expect(clippy::exhaustive_structs, reason = "upstream's inputs, which callers spell out")]
pub struct UpgradingArguments<'a> {
    /// The image of `spec.controlPlaneRelease` if that is set, else of `spec.release`.
    pub image: &'a str,
    /// The version of that image, from its metadata.
    pub version: &'a str,
    /// Image and version of `status.version.desired`; nothing without `status.version`.
    pub desired: Option<(&'a str, &'a str)>,
    /// Status, reason and message of `ClusterVersionUpgradeable`, if it is there.
    pub upgradeable: Option<(ConditionStatus, &'a str, &'a str)>,
    /// The annotation `force-upgrade-to`.
    pub force_upgrade_to: Option<&'a str>,
    /// Whether `spec.controlPlaneRelease` is set.
    pub control_plane_release: bool,
}

/// What `HyperShift` lets pass.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Upgrading {
    /// Whether it takes the cluster for one that is being upgraded.
    pub upgrading: bool,
    /// The message that it puts into the condition `Progressing`; often empty.
    pub message: &'static str,
}

/// Whether `HyperShift` lets an upgrade begin. An error stops the reconciliation of the cluster without another trace than a line in the log.
///
/// The versions in the error of a version that cannot be read are exact, the parser's own words at its end are not Go's.
///
/// Source: `isUpgrading`, `hypershift-operator/controllers/hostedcluster/hostedcluster_controller.go`; the same in 4.15, but for `controlPlaneRelease`.
///
/// # Errors
///
/// Its message.
pub fn is_upgrading(arguments: &UpgradingArguments<'_>) -> Result<Upgrading, String> {
    let passes = |message| Ok(Upgrading { upgrading: true, message });
    let Some((_, desired)) = arguments.desired.filter(|(image, _)| *image != arguments.image)
    else {
        return Ok(Upgrading { upgrading: false, message: "" });
    };
    let Some((status, reason, message)) = arguments.upgradeable else { return passes("") };
    if status == ConditionStatus::True {
        return passes("");
    }
    if let Some(annotation) = arguments.force_upgrade_to {
        if annotation != arguments.image {
            return Err("force upgrade annotation is present but does not match desired release \
                        image"
                .to_owned());
        }
        return passes("upgrade is forced by annotation");
    }
    if arguments.control_plane_release {
        return passes("upgrade is forced by ControlPlaneRelease being set");
    }
    let running = semver::Version::parse(desired).map_err(|error| {
        format!(
            "cluster is ClusterVersionUpgradeable={status} ({reason}: {message}), and failed to \
             parse the current target {desired} as a Semantic Version: {error}"
        )
    })?;
    let target = semver::Version::parse(arguments.version)
        .map_err(|error| format!("failed to parse release image version: {error}"))?;
    if (running.major, running.minor) == (target.major, target.minor) {
        return passes("");
    }
    Err("cluster version is not upgradeable".to_owned())
}
