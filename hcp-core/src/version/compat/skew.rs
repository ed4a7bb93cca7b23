//! `ValidateVersionSkew` and its predecessor.

use super::super::minor::{MinorError, OcpMinor};
use super::super::node_pool_skew::SkewPolicy;
use super::super::release_version::ReleaseVersion;

/// What `HyperShift` says to a node pool beside a hosted cluster, under the policy of its time.
///
/// [`SkewPolicy::Kubernetes`] stands for operators up to 4.18, which say nothing. `OddEven` compares minors as written, `NMinus3` compares 5.x as
/// 4.(23+x). Operators of 4.21 and 4.22 refuse different major versions outright with a message of their own; they are not modelled.
///
/// Source: `HyperShift`, `support/supportedversion/version.go` and, for 4.19 and 4.20, `cmd/nodepool/core/create.go`.
///
/// # Errors
///
/// Its message.
pub fn validate_version_skew(
    policy: SkewPolicy,
    hosted_cluster: &ReleaseVersion,
    node_pool: &ReleaseVersion,
) -> Result<(), String> {
    match policy {
        SkewPolicy::Kubernetes => Ok(()),
        SkewPolicy::OddEven => odd_even(hosted_cluster, node_pool),
        SkewPolicy::NMinus3 => n_minus_3(hosted_cluster, node_pool),
    }
}

fn odd_even(hosted_cluster: &ReleaseVersion, node_pool: &ReleaseVersion) -> Result<(), String> {
    if node_pool.as_semver().cmp_precedence(hosted_cluster.as_semver()).is_gt() {
        return Err(higher(hosted_cluster, node_pool));
    }
    let (cluster, pool) = (hosted_cluster.minor(), node_pool.minor());
    let allowed = if cluster.minor % 2 == 1 { 1 } else { 2 };
    if cluster.minor.wrapping_sub(pool.minor).cast_signed() > allowed {
        return Err(format!(
            "NodePool minor version {pool} is not compatible with the HostedCluster minor version \
             {cluster} (max allowed difference: {allowed})"
        ));
    }
    Ok(())
}

fn n_minus_3(hosted_cluster: &ReleaseVersion, node_pool: &ReleaseVersion) -> Result<(), String> {
    if node_pool.precedence(hosted_cluster).map_err(major)?.is_gt() {
        return Err(higher(hosted_cluster, node_pool));
    }
    let cluster = hosted_cluster.ocp_minor().map_err(major)?;
    let minimum = OcpMinor::new(cluster.index().saturating_sub(3));
    if node_pool.ocp_minor().map_err(major)? < minimum {
        return Err(format!(
            "NodePool minor version {} is less than {minimum}, which is the minimum NodePool \
             version compatible with the {} HostedCluster",
            node_pool.minor(),
            hosted_cluster.minor(),
        ));
    }
    Ok(())
}

fn higher(hosted_cluster: &ReleaseVersion, node_pool: &ReleaseVersion) -> String {
    format!(
        "NodePool version {node_pool} cannot be higher than the HostedCluster version \
         {hosted_cluster}"
    )
}

/// The text of upstream's normalisation; only its beginning is known to be exact.
pub(super) fn major(error: MinorError) -> String {
    match error {
        MinorError::UnsupportedMajor(minor) => format!("unsupported major version {}", minor.major),
        other => other.to_string(),
    }
}
