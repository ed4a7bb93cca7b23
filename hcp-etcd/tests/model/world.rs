//! An etcd cluster in miniature: members, their data, who leads, what was acknowledged.
//!
//! One linear log stands for raft's: a leader is only elected by a quorum of members whose data are usable, and
//! takes the longest log among them, so that acknowledged entries survive whatever a minority suffers.

use hcp_etcd::health::{Alarm, ExitCause};
use hcp_etcd::quorum_size;

/// How long members must be connected before etcd counts them (`HealthInterval`), in seconds.
pub(crate) const HEALTH_INTERVAL: i64 = 5;
/// A supervisor starts an exited process again after so many seconds, and forgets its exits after that long a run.
const BACK_OFF: i64 = 10;
const STABLE_RUN: i64 = 60;

/// The cluster, what runs it, and the time in seconds.
#[derive(Debug, Clone)]
pub(crate) struct World {
    pub(crate) now: i64,
    pub(crate) nodes: Vec<Node>,
    pub(crate) seats: Vec<Place>,
    /// The revision after each entry of the log; the index is the raft index.
    pub(crate) revisions: Vec<u64>,
    /// The index of the last write a client was told is done.
    pub(crate) acked: usize,
    pub(crate) leader: Option<usize>,
    pub(crate) term: u64,
    pub(crate) alarms: Vec<Alarm>,
    /// Whether something (a kubelet) starts exited processes again.
    pub(crate) supervised: bool,
    /// Whether the operator told the cluster's id.
    pub(crate) pinned: bool,
    next_id: u64,
}

/// An entry of the member list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) id: u64,
    /// The declared member at that peer URL; a stranger has none.
    pub(crate) node: Option<usize>,
    pub(crate) learner: bool,
    pub(crate) started: bool,
}

/// What is at one declared member's address.
#[expect(clippy::struct_excessive_bools, reason = "each is one independent fault")]
#[derive(Debug, Clone)]
pub(crate) struct Node {
    pub(crate) running_since: Option<i64>,
    /// It runs, and neither answers nor votes.
    pub(crate) hung: bool,
    pub(crate) wanted: bool,
    pub(crate) exits: u32,
    pub(crate) last_exit: Option<(ExitCause, i64)>,
    pub(crate) data: Option<Data>,
    pub(crate) incarnation: u32,
    /// Members talk to those on the same side.
    pub(crate) side: usize,
    /// We cannot reach it.
    pub(crate) blind: bool,
    /// What in its surroundings makes it exit.
    pub(crate) surroundings: Option<ExitCause>,
    /// Entries it applies late.
    pub(crate) lag: usize,
    /// The leader need not wait for it.
    pub(crate) stalled: bool,
    pub(crate) linked_since: i64,
    /// The member list as it last heard of it.
    pub(crate) list: Vec<Place>,
    /// Whether the host has seen it answer for another cluster.
    pub(crate) seen_foreign: bool,
}

/// A data directory.
#[derive(Debug, Clone)]
pub(crate) struct Data {
    pub(crate) id: u64,
    /// Of another cluster.
    pub(crate) foreign: bool,
    pub(crate) log: usize,
    pub(crate) applied: usize,
    pub(crate) health: Health,
}

/// What is wrong with a data directory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Health {
    Intact,
    /// The log ends before what was promised.
    LogLost,
    /// It cannot be opened.
    Damaged(ExitCause),
    /// It serves wrong values; equal numbers serve equal ones.
    Flipped(u32),
    /// It lacks that many revisions.
    Short(u64),
}

impl Node {
    fn new(index: usize) -> Self {
        Self {
            running_since: Some(0),
            hung: false,
            wanted: true,
            exits: 0,
            last_exit: None,
            data: Some(Data {
                id: 0xa0 + index as u64,
                foreign: false,
                log: 0,
                applied: 0,
                health: Health::Intact,
            }),
            incarnation: 1,
            side: 0,
            blind: false,
            surroundings: None,
            lag: 0,
            stalled: false,
            linked_since: 0,
            list: Vec::new(),
            seen_foreign: false,
        }
    }
}

impl World {
    pub(crate) fn new(size: usize, supervised: bool) -> Self {
        let place = |index: usize| Place {
            id: 0xa0 + index as u64,
            node: Some(index),
            learner: false,
            started: true,
        };
        let mut world = Self {
            now: 100,
            nodes: (0..size).map(Node::new).collect(),
            seats: (0..size).map(place).collect(),
            revisions: vec![1],
            acked: 0,
            leader: None,
            term: 1,
            alarms: Vec::new(),
            supervised,
            pinned: true,
            next_id: 0xb0,
        };
        world.settle();
        world.write(30);
        world
    }

    pub(crate) fn commit(&self) -> usize {
        self.revisions.len() - 1
    }

    pub(crate) fn seat_of(&self, node: usize) -> Option<Place> {
        self.seats.iter().copied().find(|s| s.node == Some(node))
    }

    pub(crate) fn voters(&self) -> impl Iterator<Item = &Place> {
        self.seats.iter().filter(|s| !s.learner)
    }

    pub(crate) fn new_id(&mut self) -> u64 {
        self.next_id += 1;
        self.next_id
    }

    /// Whether that seat's member runs on data with which it can take part.
    pub(crate) fn takes_part(&self, seat: &Place) -> bool {
        seat.node.is_some_and(|index| {
            let node = &self.nodes[index];
            let usable = |data: &Data| {
                data.id == seat.id
                    && !data.foreign
                    && !matches!(data.health, Health::LogLost | Health::Damaged(_))
            };
            node.running_since.is_some() && !node.hung && node.data.as_ref().is_some_and(usable)
        })
    }

    /// The voters on one side that take part.
    pub(crate) fn voters_on(&self, side: usize) -> usize {
        let on_side = |s: &&Place| s.node.is_some_and(|n| self.nodes[n].side == side);
        self.voters().filter(|s| self.takes_part(s)).filter(on_side).count()
    }

    pub(crate) fn has_quorum(&self) -> bool {
        self.leader.is_some()
    }

    /// Whether that node takes part and hears the leader.
    pub(crate) fn hears_leader(&self, node: usize) -> bool {
        let seat = self.seat_of(node);
        let takes_part = seat.is_some_and(|s| self.takes_part(&s));
        let with = |leader: usize| self.nodes[leader].side == self.nodes[node].side;
        takes_part && self.leader.is_some_and(with)
    }

    /// Voters whose good copy has the last acknowledged write.
    pub(crate) fn holders(&self) -> usize {
        let holds = |s: &&Place| {
            let data = s.node.and_then(|n| self.nodes[n].data.as_ref());
            data.is_some_and(|d| {
                d.id == s.id && d.health == Health::Intact && !d.foreign && d.log >= self.acked
            })
        };
        self.voters().filter(holds).count()
    }

    /// Voters beside one that take part with the leader's side and hold good data.
    pub(crate) fn good_beside(&self, id: u64) -> usize {
        let good = |s: &&Place| {
            s.node.is_some_and(|n| {
                let data = self.nodes[n].data.as_ref();
                self.hears_leader(n) && data.is_some_and(|d| d.health == Health::Intact)
            })
        };
        self.voters().filter(|s| s.id != id).filter(good).count()
    }

    /// Appends client writes; acknowledged if there is a quorum.
    pub(crate) fn write(&mut self, entries: usize) {
        if self.leader.is_none() || !self.alarms.is_empty() {
            return;
        }
        for _ in 0..entries {
            self.revisions.push(self.revisions[self.commit()] + 1);
        }
        self.replicate();
        self.acked = self.commit();
    }

    /// Appends an entry that is no write.
    pub(crate) fn append_change(&mut self) {
        self.revisions.push(self.revisions[self.commit()]);
        self.settle();
    }

    pub(crate) fn pass(&mut self, seconds: i64) {
        let end = self.now + seconds.max(1);
        while self.now < end {
            self.now = end.min(self.now + BACK_OFF);
            for index in 0..self.nodes.len() {
                self.supervise(index);
            }
            self.settle();
        }
    }

    fn supervise(&mut self, index: usize) {
        let node = &mut self.nodes[index];
        if let Some(since) = node.running_since {
            if self.now - since >= STABLE_RUN {
                node.exits = 0;
            }
            return;
        }
        let rested = |(_, at): (ExitCause, i64)| self.now - at >= BACK_OFF;
        if self.supervised && node.wanted && node.last_exit.is_none_or(rested) {
            self.start(index, None);
        }
    }

    pub(crate) fn stop(&mut self, index: usize) {
        let node = &mut self.nodes[index];
        node.wanted = false;
        self.kill(index);
    }

    /// Ends the process from outside.
    pub(crate) fn kill(&mut self, index: usize) {
        let node = &mut self.nodes[index];
        if node.running_since.take().is_some() {
            node.last_exit = Some((ExitCause::Stopped, self.now));
        }
        node.hung = false;
        self.settle();
    }

    /// Starts the process; `initial_cluster` is the size of the member list it is told.
    pub(crate) fn start(&mut self, index: usize, initial_cluster: Option<usize>) {
        let node = &mut self.nodes[index];
        node.wanted = true;
        if node.running_since.is_some() {
            return;
        }
        node.running_since = Some(self.now);
        node.linked_since = self.now;
        node.hung = false;
        if node.data.is_none() {
            self.join(index, initial_cluster);
        }
        self.settle();
    }

    /// What etcd does without data: `--initial-cluster-state existing`.
    fn join(&mut self, index: usize, initial_cluster: Option<usize>) {
        let side = self.nodes[index].side;
        let reaches = self.leader.is_some_and(|l| self.nodes[l].side == side);
        let told_right = initial_cluster.is_none_or(|size| size == self.seats.len());
        let seat = self.seat_of(index);
        let Some(seat) = seat.filter(|_| reaches && told_right) else {
            let cause =
                if reaches { ExitCause::InitialClusterMismatch } else { ExitCause::Unknown };
            self.exit(index, cause);
            return;
        };
        let health = if seat.started { Health::LogLost } else { Health::Intact };
        self.nodes[index].data =
            Some(Data { id: seat.id, foreign: false, log: 0, applied: 0, health });
    }

    fn exit(&mut self, index: usize, cause: ExitCause) {
        let node = &mut self.nodes[index];
        node.running_since = None;
        node.exits += 1;
        node.last_exit = Some((cause, self.now));
    }

    /// Lets everything happen that follows at once from what is so.
    pub(crate) fn settle(&mut self) {
        loop {
            self.elect();
            let doomed =
                (0..self.nodes.len()).find_map(|index| Some((index, self.must_exit(index)?)));
            match doomed {
                Some((index, cause)) => self.exit(index, cause),
                None => break,
            }
        }
        self.replicate();
    }

    fn must_exit(&self, index: usize) -> Option<ExitCause> {
        let node = &self.nodes[index];
        if node.running_since.is_none() || node.hung {
            return None;
        }
        if let Some(cause) = node.surroundings {
            return Some(cause);
        }
        let data = node.data.as_ref().filter(|d| !d.foreign)?;
        let hears = self.leader.is_some_and(|l| self.nodes[l].side == node.side && l != index);
        match data.health {
            Health::Damaged(cause) => Some(cause),
            _ if hears && self.seats.iter().all(|s| s.id != data.id) => {
                Some(ExitCause::RemovedFromCluster)
            }
            Health::LogLost if hears => Some(ExitCause::LogLost),
            _ => None,
        }
    }

    fn elect(&mut self) {
        let voters = self.voters().count();
        let side = (0..self.nodes.len()).find(|side| self.voters_on(*side) >= quorum_size(voters));
        let Some(side) = side.filter(|_| voters > 0) else {
            self.leader = None;
            return;
        };
        let eligible = |index: &usize| {
            let seat = self.seat_of(*index);
            self.nodes[*index].side == side
                && seat.is_some_and(|s| !s.learner && self.takes_part(&s))
        };
        if self.leader.as_ref().is_some_and(eligible) {
            return;
        }
        let log = |index: &usize| self.nodes[*index].data.as_ref().map_or(0, |d| d.log);
        let longest = (0..self.nodes.len()).filter(eligible);
        self.leader = longest.max_by_key(|i| (log(i), usize::MAX - i));
        self.term += 1;
    }

    fn replicate(&mut self) {
        let Some(leader) = self.leader else { return };
        let (commit, side) = (self.commit(), self.nodes[leader].side);
        let quick = |s: &&Place| {
            let node = s.node.map(|n| &self.nodes[n]);
            self.takes_part(s) && node.is_some_and(|n| n.side == side && !n.stalled)
        };
        let may_stall = self.voters().filter(quick).count() >= quorum_size(self.voters().count());
        let store = self.nodes[leader].data.as_ref().map(|d| d.health);
        let members: Vec<Place> = self.seats.clone();
        for (seat, place) in members.iter().enumerate() {
            let Some(index) = place.node.filter(|n| self.hears_leader(*n)) else {
                continue;
            };
            self.seats[seat].started = true;
            let node = &mut self.nodes[index];
            if node.stalled && may_stall && index != leader {
                continue;
            }
            let lag = node.lag;
            let Some(data) = &mut node.data else { continue };
            if data.log == 0 && index != leader {
                // The leader sends its store, as good as it is.
                data.health = store.unwrap_or(data.health);
            }
            data.log = if place.learner {
                commit.min(data.log + 20.max((commit - data.log) / 2))
            } else {
                commit
            };
            data.applied = data.applied.max(data.log.saturating_sub(lag));
        }
        for index in 0..self.nodes.len() {
            if self.hears_leader(index) {
                self.nodes[index].list.clone_from(&self.seats);
            }
        }
    }
}
