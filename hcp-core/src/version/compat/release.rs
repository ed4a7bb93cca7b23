//! `IsValidReleaseVersion`.

use crate::platform::{NetworkType, PlatformType};

use super::super::release_version::ReleaseVersion;
use super::skew::major;

/// What decides about a release in `HyperShift`: the arguments of `IsValidReleaseVersion`, and the operator's constant beside them.
#[derive(Clone, Copy, Debug)]
#[expect(clippy::exhaustive_structs, reason = "upstream's argument list, which callers spell out")]
pub struct ReleaseArguments<'a> {
    /// What is asked for.
    pub version: &'a ReleaseVersion,
    /// What runs, if anything does. Of a hosted cluster it is nothing, too, while the image that runs is the one that is asked for, so that the rules of
    /// installations are applied to it again.
    pub current: Option<&'a ReleaseVersion>,
    /// For a hosted cluster the operator's latest version, for a node pool the version of its hosted cluster.
    pub maximum: &'a ReleaseVersion,
    /// The oldest version for the platform.
    pub minimum: &'a ReleaseVersion,
    /// The operator's `LatestSupportedVersion`, which limits `maximum`.
    pub latest: &'a ReleaseVersion,
    /// The network provider.
    pub network: &'a NetworkType,
    /// The platform.
    pub platform: &'a PlatformType,
}

/// What `HyperShift` (main, mid-2026) says about a release: nothing, or the first reason to refuse it.
///
/// Source: `support/supportedversion/version.go`; the limits are printed without `.0` since `openshift/hypershift#8519`.
///
/// # Errors
///
/// Its message.
pub fn is_valid_release_version(arguments: &ReleaseArguments<'_>) -> Result<(), String> {
    let ReleaseArguments { version, current, network, platform, .. } = *arguments;
    let minor = version.ocp_minor().map_err(major)?;
    let limit = arguments.maximum.ocp_minor().map_err(major)?;
    let minimum = arguments.minimum.ocp_minor().map_err(major)?;
    let latest = arguments.latest.ocp_minor().map_err(major)?;
    let (limit, maximum) = if arguments.maximum.precedence(arguments.latest).map_err(major)?.is_gt()
    {
        (latest, arguments.latest)
    } else {
        (limit, arguments.maximum)
    };
    if version.precedence(&ReleaseVersion::new(4, 8, 0)).map_err(major)?.is_lt() {
        return Err(before_4_8(version));
    }
    let running = current.map(ReleaseVersion::ocp_minor).transpose().map_err(major)?;
    check_change(current.zip(running), version, minor, network)?;
    if current.is_none() {
        check_network(version, minor.index().into(), network, platform)?;
    }
    if minor > limit {
        return Err(above(&trimmed(maximum), version));
    }
    if minor < minimum {
        return Err(below(&trimmed(arguments.minimum), version, platform));
    }
    Ok(())
}

/// What the operator of 4.15 says about a release.
///
/// It does not know 5.x, compares majors before minors at the limits, looks at the minor alone for downgrades, and prints its own latest version where a
/// lower maximum is what refuses. For a node pool that is not yet installed it passes `0.0.0` as the current version, not nothing.
///
/// Source: branch `release-4.15`, `support/supportedversion/version.go`.
///
/// # Errors
///
/// Its message.
pub fn is_valid_release_version_4_15(arguments: &ReleaseArguments<'_>) -> Result<(), String> {
    let ReleaseArguments { version, current, maximum, minimum, network, platform, latest } =
        *arguments;
    let minor = version.minor();
    if version.as_semver().cmp_precedence(&semver::Version::new(4, 8, 0)).is_lt() {
        return Err(before_4_8(version));
    }
    check_change(
        current.map(|current| (current, current.minor().minor)),
        version,
        minor.minor,
        network,
    )?;
    if current.is_none() {
        let tens = if minor.major > 4 { u64::MAX } else { minor.minor };
        check_network(version, tens, network, platform)?;
    }
    let pair = |version: &ReleaseVersion| (version.minor().major, version.minor().minor);
    if pair(version) > pair(maximum) {
        return Err(above(&latest.to_string(), version));
    }
    if pair(version) < pair(minimum) {
        return Err(below(&minimum.to_string(), version, platform));
    }
    Ok(())
}

fn check_change<M: Ord + Copy>(
    current: Option<(&ReleaseVersion, M)>,
    version: &ReleaseVersion,
    minor: M,
    network: &NetworkType,
) -> Result<(), String> {
    match current {
        Some((current, running)) if running > minor => {
            Err(format!("y-stream downgrade from \"{current}\" to \"{version}\" is not supported"))
        }
        Some((current, running)) if running < minor && *network == NetworkType::OpenShiftSdn => {
            Err(format!(
                "y-stream upgrade from \"{current}\" to \"{version}\" is not for OpenShiftSDN"
            ))
        }
        _ => Ok(()),
    }
}

fn check_network(
    version: &ReleaseVersion,
    minor: u64,
    network: &NetworkType,
    platform: &PlatformType,
) -> Result<(), String> {
    match network {
        NetworkType::OpenShiftSdn if minor > 10 && *platform != PlatformType::PowerVs => {
            Err(format!("cannot use OpenShiftSDN with OCP version \"{version}\" > 4.10"))
        }
        NetworkType::OvnKubernetes if minor <= 10 => {
            Err(format!("cannot use OVNKubernetes with OCP version \"{version}\" < 4.11"))
        }
        _ => Ok(()),
    }
}

fn before_4_8(version: &ReleaseVersion) -> String {
    format!("releases before 4.8 are not supported. Attempting to use: \"{version}\"")
}

fn above(maximum: &str, version: &ReleaseVersion) -> String {
    format!("the latest version supported is: \"{maximum}\". Attempting to use: \"{version}\"")
}

fn below(minimum: &str, version: &ReleaseVersion, platform: &PlatformType) -> String {
    format!(
        "the minimum version supported for platform {platform} is: \"{minimum}\". \
         Attempting to use: \"{version}\""
    )
}

fn trimmed(version: &ReleaseVersion) -> String {
    let text = version.to_string();
    text.strip_suffix(".0").unwrap_or(&text).to_owned()
}
