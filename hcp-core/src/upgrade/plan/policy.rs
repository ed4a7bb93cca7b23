//! What a plan may do.

use crate::version::SkewPolicy;

/// What a plan may do. The defaults are cautious.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct PlanPolicy {
    /// How far pools may be behind their cluster.
    pub skew: SkewPolicy,
    /// How many minor versions a cluster may go up at once: 1. `HyperShift` has no limit, the cluster version operator was made for 1.
    pub cluster_minors: u16,
    /// How many minor versions a pool that replaces its nodes may go up at once: 3, because new nodes do not come from old ones.
    pub replace_minors: u16,
    /// How many minor versions a pool that updates in place may go up at once: 1, as on any other node.
    pub in_place_minors: u16,
    /// When pools follow their cluster.
    pub pools: PoolTiming,
    /// How many pools that lose capacity may be updated at once: 1. Others may all be updated at once.
    pub losing_capacity: usize,
    /// Who agreed to override `Upgradeable=False`; nobody.
    pub force: Option<String>,
    /// Whether a verified backup is asked for before the control plane changes: yes. There is no way back without one.
    pub backup: bool,
}

/// When pools follow their cluster.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum PoolTiming {
    /// When the skew would not hold any more, and at the end; nodes change as rarely as possible.
    #[default]
    Late,
    /// After each minor version of the cluster.
    EachMinor,
}

impl Default for PlanPolicy {
    fn default() -> Self {
        Self {
            skew: SkewPolicy::default(),
            cluster_minors: 1,
            replace_minors: 3,
            in_place_minors: 1,
            pools: PoolTiming::Late,
            losing_capacity: 1,
            force: None,
            backup: true,
        }
    }
}

impl PlanPolicy {
    /// With this skew between pools and cluster.
    #[must_use]
    pub const fn with_skew(mut self, skew: SkewPolicy) -> Self {
        self.skew = skew;
        self
    }

    /// With as many minor versions at once for the cluster; 0 counts as 1.
    #[must_use]
    pub const fn with_cluster_minors(mut self, minors: u16) -> Self {
        self.cluster_minors = minors;
        self
    }

    /// With as many minor versions at once for pools that replace nodes; 0 counts as 1.
    #[must_use]
    pub const fn with_replace_minors(mut self, minors: u16) -> Self {
        self.replace_minors = minors;
        self
    }

    /// With as many minor versions at once for pools that update in place; 0 counts as 1.
    #[must_use]
    pub const fn with_in_place_minors(mut self, minors: u16) -> Self {
        self.in_place_minors = minors;
        self
    }

    /// With pools that follow then.
    #[must_use]
    pub const fn with_pools(mut self, timing: PoolTiming) -> Self {
        self.pools = timing;
        self
    }

    /// With as many pools that lose capacity at once; 0 counts as 1.
    #[must_use]
    pub const fn with_losing_capacity(mut self, pools: usize) -> Self {
        self.losing_capacity = pools;
        self
    }

    /// With somebody's consent to override `Upgradeable=False`.
    #[must_use]
    pub fn with_force(mut self, by: Option<String>) -> Self {
        self.force = by;
        self
    }

    /// Asking for a backup, or not.
    #[must_use]
    pub const fn with_backup(mut self, backup: bool) -> Self {
        self.backup = backup;
        self
    }
}
