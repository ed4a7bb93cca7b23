//! The membership calls of etcd 3.5, with everything it refuses (`--strict-reconfig-check`).

use hcp_etcd::quorum_size;

use super::world::{HEALTH_INTERVAL, Place, World};

/// What etcd says to a change it does not allow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Refused {
    NoLeader,
    UnhealthyCluster,
    NotEnoughStarted,
    TooManyLearners,
    NotInSync,
    NotFound,
    Exists,
}

impl World {
    fn is_active(&self, seat: &Place) -> bool {
        let connected = |node: usize| {
            self.hears_leader(node) && self.now - self.nodes[node].linked_since >= HEALTH_INTERVAL
        };
        seat.node.is_some_and(connected)
    }

    /// `member add`, for a declared member or for a stranger.
    pub(crate) fn member_add(
        &mut self,
        node: Option<usize>,
        learner: bool,
    ) -> Result<u64, Refused> {
        if self.leader.is_none() {
            return Err(Refused::NoLeader);
        }
        if node.is_some_and(|n| self.seat_of(n).is_some()) {
            return Err(Refused::Exists);
        }
        if learner && self.seats.iter().any(|s| s.learner) {
            return Err(Refused::TooManyLearners);
        }
        let (voters, started) =
            (self.voters().count(), self.voters().filter(|s| s.started).count());
        if !learner && voters > 1 && started < quorum_size(voters + 1) {
            return Err(Refused::NotEnoughStarted);
        }
        if !self.voters().all(|s| self.is_active(s)) {
            return Err(Refused::UnhealthyCluster);
        }
        let id = self.new_id();
        self.seats.push(Place { id, node, learner, started: false });
        self.append_change();
        Ok(id)
    }

    /// `member remove`.
    pub(crate) fn member_remove(&mut self, id: u64) -> Result<(), Refused> {
        if self.leader.is_none() {
            return Err(Refused::NoLeader);
        }
        let position = self.seats.iter().position(|s| s.id == id);
        let position = position.ok_or(Refused::NotFound)?;
        let seat = self.seats[position];
        if !seat.learner {
            let voters = self.voters().count();
            let rest = self.voters().filter(|s| s.id != id && s.started).count();
            if rest < quorum_size(voters - 1) {
                return Err(Refused::NotEnoughStarted);
            }
            let active = self.voters().filter(|s| self.is_active(s)).count();
            let connected = seat.node.is_some_and(|n| self.hears_leader(n));
            if connected && active.saturating_sub(1) < 1 + (voters - 1) / 2 {
                return Err(Refused::UnhealthyCluster);
            }
        }
        self.seats.remove(position);
        self.append_change();
        Ok(())
    }

    /// `member promote`.
    pub(crate) fn member_promote(&mut self, id: u64) -> Result<(), Refused> {
        if self.leader.is_none() {
            return Err(Refused::NoLeader);
        }
        let position = self.seats.iter().position(|s| s.id == id);
        let position = position.ok_or(Refused::NotFound)?;
        let seat = self.seats[position];
        let data = seat.node.and_then(|n| self.nodes[n].data.as_ref());
        let log = data.filter(|d| d.id == id).map_or(0, |d| d.log);
        if !seat.started || log * 10 < self.commit() * 9 {
            return Err(Refused::NotInSync);
        }
        let started = self.voters().filter(|s| s.started).count();
        if started + 1 < quorum_size(self.voters().count() + 1) {
            return Err(Refused::NotEnoughStarted);
        }
        self.seats[position].learner = false;
        self.append_change();
        Ok(())
    }

    /// `move-leader`, asked of a leader that hears us.
    pub(crate) fn move_leader(&mut self, to: usize) -> Result<(), Refused> {
        let leader = self.leader.ok_or(Refused::NoLeader)?;
        let may_lead = self.seat_of(to).is_some_and(|s| !s.learner) && self.hears_leader(to);
        if self.nodes[leader].blind || !may_lead {
            return Err(Refused::NoLeader);
        }
        self.nodes[to].stalled = false;
        self.leader = Some(to);
        self.term += 1;
        self.settle();
        Ok(())
    }
}
