//! How patient and how careful a recovery is.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::time::seconds;

/// When a recovery acts, and what it never does; [`Default`] suits a production cluster.
#[non_exhaustive]
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RecoveryPolicy {
    /// A member whose process has ended is started again after failing this long; its supervisor may be quicker.
    #[serde(with = "seconds")]
    pub restart_after: Duration,
    /// A member that runs and answers nothing is restarted after this long: it may only be slow.
    #[serde(with = "seconds")]
    pub hung_after: Duration,
    /// A member that stays unreachable is replaced after failing this long, if a restart did not help.
    #[serde(with = "seconds")]
    pub replace_after: Duration,
    /// How long a started process may take until it answers.
    #[serde(with = "seconds")]
    pub start_grace: Duration,
    /// A joining member that makes no progress for this long is taken out and added anew.
    #[serde(with = "seconds")]
    pub join_stuck_after: Duration,
    /// How long a cluster of running, intact members may take to elect a leader before somebody is called.
    #[serde(with = "seconds")]
    pub election_grace: Duration,
    /// How old a snapshot may be when something is destroyed.
    #[serde(with = "seconds")]
    pub snapshot_max_age: Duration,
    /// How old an observation may be that a proof rests on.
    #[serde(with = "seconds")]
    pub proof_max_age: Duration,
    /// Never remove a member if fewer than this many of the rest may fail afterwards. 0 allows the repair of a
    /// three-member cluster, whose tolerance is 0 as soon as one member has failed.
    pub min_fault_tolerance: u32,
    /// How often one member may be replaced within six hours before somebody is called.
    pub max_replacements: u32,
    /// Whether a declared member that is not in the member list is added back.
    pub readmit_removed: bool,
}

impl Default for RecoveryPolicy {
    fn default() -> Self {
        Self {
            restart_after: Duration::from_secs(10),
            hung_after: Duration::from_secs(60),
            replace_after: Duration::from_secs(300),
            start_grace: Duration::from_secs(30),
            join_stuck_after: Duration::from_secs(120),
            election_grace: Duration::from_secs(60),
            snapshot_max_age: Duration::from_secs(600),
            proof_max_age: Duration::from_secs(10),
            min_fault_tolerance: 0,
            max_replacements: 2,
            readmit_removed: true,
        }
    }
}

macro_rules! setters {
    ($($field:ident: $type:ty => $with:ident),* $(,)?) => {
        impl RecoveryPolicy {
            $(
                #[doc = concat!("Sets [`", stringify!($field), "`](Self::", stringify!($field), ").")]
                #[must_use]
                pub const fn $with(mut self, $field: $type) -> Self {
                    self.$field = $field;
                    self
                }
            )*
        }
    };
}

setters! {
    restart_after: Duration => with_restart_after,
    hung_after: Duration => with_hung_after,
    replace_after: Duration => with_replace_after,
    start_grace: Duration => with_start_grace,
    join_stuck_after: Duration => with_join_stuck_after,
    election_grace: Duration => with_election_grace,
    snapshot_max_age: Duration => with_snapshot_max_age,
    proof_max_age: Duration => with_proof_max_age,
    min_fault_tolerance: u32 => with_min_fault_tolerance,
    max_replacements: u32 => with_max_replacements,
    readmit_removed: bool => with_readmit_removed,
}
