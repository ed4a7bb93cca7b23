//! How far a pool may be behind its cluster.

use crate::version::ReleaseVersion;

/// How far a pool may be behind its cluster.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum SkewPolicy {
    /// Three minor versions.
    #[default]
    NMinus3,
    /// Two behind an even minor version, one behind an odd.
    OddEven,
}

impl SkewPolicy {
    /// Whether the pool may be at this version.
    #[must_use]
    pub fn permits(self, cluster: &ReleaseVersion, pool: &ReleaseVersion) -> bool {
        let (Ok(cluster_at), Ok(pool_at)) = (cluster.ocp_minor(), pool.ocp_minor()) else {
            return false;
        };
        let behind = match self {
            Self::NMinus3 => 3,
            Self::OddEven => 2 - cluster_at.index() % 2,
        };
        cluster.precedence(pool).is_ok_and(std::cmp::Ordering::is_ge)
            && cluster_at.index() - pool_at.index() <= behind
    }
}
