//! Quorum arithmetic: how many voters must answer, and how many may still fail.

use serde::{Deserialize, Serialize};

/// How many of `voters` must agree before anything is decided: more than half.
///
/// ```
/// assert_eq!([1, 2, 3, 4, 5].map(hcp_etcd::quorum_size), [1, 2, 2, 3, 3]);
/// ```
#[must_use]
pub const fn quorum_size(voters: usize) -> usize {
    voters / 2 + 1
}

/// What a member counts for.
#[non_exhaustive]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// It votes.
    Voter,
    /// It receives the log and does not vote.
    Learner,
}

/// One entry of the member list, as quorum arithmetic sees it.
#[non_exhaustive]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Seat {
    /// Voter or learner.
    pub role: Role,
    /// Whether it has ever started.
    pub started: bool,
    /// Whether it was shown to take part in the quorum with good data.
    pub healthy: bool,
}

/// The state of a quorum: counts over the real member list.
///
/// ```
/// use hcp_etcd::{Quorum, Role, Seat};
///
/// let healthy = Seat::new(Role::Voter, true, true);
/// let dead = Seat::new(Role::Voter, true, false);
/// let quorum = Quorum::of([healthy, healthy, dead]);
/// assert_eq!((quorum.size(), quorum.fault_tolerance()), (2, 0));
/// assert!(quorum.is_kept());
/// assert!(quorum.after_removing(dead).is_kept()); // 2 of 2
/// assert!(!quorum.after_losing(healthy).is_kept()); // 1 of 3
/// ```
#[non_exhaustive]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
pub struct Quorum {
    /// Members that vote, started or not.
    pub voters: usize,
    /// Voters shown to be healthy.
    pub healthy: usize,
    /// Members that do not vote.
    pub learners: usize,
    /// Members, voters or learners, that have never started.
    pub unstarted: usize,
}

impl Seat {
    /// A seat in the member list.
    #[must_use]
    pub const fn new(role: Role, started: bool, healthy: bool) -> Self {
        Self { role, started, healthy }
    }

    const fn is_voter(self) -> bool {
        matches!(self.role, Role::Voter)
    }
}

impl Quorum {
    /// Counts the seats of a member list.
    #[must_use]
    pub fn of(seats: impl IntoIterator<Item = Seat>) -> Self {
        let mut quorum = Self::default();
        for seat in seats {
            match seat.role {
                Role::Voter => quorum.voters += 1,
                Role::Learner => quorum.learners += 1,
            }
            quorum.healthy += usize::from(seat.is_voter() && seat.healthy);
            quorum.unstarted += usize::from(!seat.started);
        }
        quorum
    }

    /// How many voters must answer.
    #[must_use]
    pub const fn size(self) -> usize {
        quorum_size(self.voters)
    }

    /// How many more healthy voters may fail; negative if too many have.
    #[must_use]
    pub const fn fault_tolerance(self) -> i64 {
        // Member lists are short: the casts cannot wrap.
        self.healthy.cast_signed() as i64 - self.size().cast_signed() as i64
    }

    /// Whether the healthy voters are a quorum.
    #[must_use]
    pub const fn is_kept(self) -> bool {
        self.healthy >= self.size() && self.voters > 0
    }

    /// The quorum if this member fails and stays in the member list.
    #[must_use]
    pub fn after_losing(mut self, seat: Seat) -> Self {
        self.healthy = self.healthy.saturating_sub(usize::from(seat.is_voter() && seat.healthy));
        self
    }

    /// The quorum if this member is removed from the member list.
    #[must_use]
    pub fn after_removing(self, seat: Seat) -> Self {
        let mut quorum = self.after_losing(seat);
        match seat.role {
            Role::Voter => quorum.voters = quorum.voters.saturating_sub(1),
            Role::Learner => quorum.learners = quorum.learners.saturating_sub(1),
        }
        quorum.unstarted = quorum.unstarted.saturating_sub(usize::from(!seat.started));
        quorum
    }

    /// Whether etcd itself would refuse the removal (`--strict-reconfig-check`): the voters that stay must be a
    /// quorum of what remains. Learners may always go.
    #[must_use]
    pub fn allows_removing(self, seat: Seat) -> bool {
        !seat.is_voter() || self.after_removing(seat).is_kept()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const UP: Seat = Seat::new(Role::Voter, true, true);
    const DOWN: Seat = Seat::new(Role::Voter, true, false);
    const LEARNER: Seat = Seat::new(Role::Learner, true, true);
    const UNSTARTED: Seat = Seat::new(Role::Voter, false, false);

    #[test]
    fn tolerance_over_the_usual_sizes() {
        let of = |up, down| {
            let seats = std::iter::repeat_n(UP, up).chain(std::iter::repeat_n(DOWN, down));
            Quorum::of(seats).fault_tolerance()
        };
        assert_eq!([of(1, 0), of(2, 0), of(3, 0), of(5, 0), of(7, 0)], [0, 0, 1, 2, 3]);
        assert_eq!([of(2, 1), of(1, 2), of(4, 1), of(0, 3), of(0, 1)], [0, -1, 1, -2, -1]);
    }

    #[test]
    fn learners_never_count_and_unstarted_voters_do() {
        assert_eq!(Quorum::of([UP, UP, LEARNER]).fault_tolerance(), 0);
        let grown = Quorum::of([UP, UP, DOWN, UNSTARTED]);
        assert_eq!((grown.size(), grown.fault_tolerance(), grown.unstarted), (3, -1, 1));
        assert!(grown.allows_removing(UNSTARTED) && grown.allows_removing(LEARNER));
        assert!(!grown.allows_removing(UP));
    }

    #[test]
    fn an_empty_cluster_has_no_quorum() {
        assert!(!Quorum::of([]).is_kept());
        assert!(!Quorum::of([UP]).after_removing(UP).is_kept());
    }
}
