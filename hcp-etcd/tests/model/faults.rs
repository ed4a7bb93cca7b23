//! What befalls the world, from outside.

use hcp_etcd::MemberId;
use hcp_etcd::health::{Alarm, AlarmKind, ExitCause};

use super::world::{Health, World};

/// One thing that happens; small numbers shrink to the mildest.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Fault {
    pub(crate) kind: u8,
    pub(crate) node: u8,
    pub(crate) arg: u8,
}

pub(crate) const KINDS: u8 = 26;

impl World {
    pub(crate) fn befall(&mut self, fault: Fault) {
        let node = usize::from(fault.node) % self.nodes.len();
        let arg = usize::from(fault.arg);
        match fault.kind % KINDS {
            0 => self.pass(1 + i64::from(fault.arg)),
            1 => self.write(1 + arg),
            2 => self.kill(node),
            3 => self.nodes[node].hung = self.nodes[node].running_since.is_some(),
            4 => self.nodes[node].blind = true,
            5 => self.part(node, 1 + arg % 2),
            6 => self.heal(),
            7 => self.nodes[node].lag = arg,
            8 => self.nodes[node].stalled = true,
            9 => self.spoil(node, Health::LogLost),
            10 => self.spoil(node, Health::Damaged(ExitCause::WalCorrupt)),
            11 => self.spoil(node, Health::Damaged(ExitCause::BackendCorrupt)),
            // No two members' stores go bad alike: nothing could tell those from good ones.
            12 => self.spoil(node, Health::Flipped(1 + u32::try_from(node).unwrap_or(0))),
            13 => self.spoil(node, Health::Short(1 + node as u64)),
            14 => self.lose_directory(node),
            15 => self.nodes[node].surroundings = Some(ExitCause::DiskFull),
            16 => self.nodes[node].surroundings = None,
            17 => self.alarm(node, AlarmKind::NoSpace),
            18 => self.alarm(node, AlarmKind::Corrupt),
            19 => self.alarms.clear(),
            20 => self.make_foreign(node),
            21..=25 => self.meddle(fault.kind % KINDS, node, fault.arg),
            _ => {}
        }
        self.settle();
    }

    /// Somebody else changes the membership; etcd may refuse.
    fn meddle(&mut self, kind: u8, node: usize, arg: u8) {
        let seat = self.seat_of(node);
        let _ = match (kind, seat) {
            (21, Some(seat)) => self.member_remove(seat.id),
            (22, _) => self.member_add(None, arg.is_multiple_of(2)).map(|_| ()),
            (23, None) => self.member_add(Some(node), arg.is_multiple_of(2)).map(|_| ()),
            (24, Some(seat)) if seat.learner => self.member_promote(seat.id),
            (25, _) => self.move_leader(node),
            _ => Ok(()),
        };
    }

    fn part(&mut self, node: usize, side: usize) {
        self.nodes[node].side = side;
        self.nodes[node].linked_since = self.now;
    }

    /// Networks and disks are well again, and what hung goes on.
    pub(crate) fn heal(&mut self) {
        for node in &mut self.nodes {
            if node.side != 0 {
                node.linked_since = self.now;
            }
            node.side = 0;
            node.blind = false;
            node.hung = false;
            node.lag = 0;
            node.stalled = false;
        }
        self.settle();
    }

    /// The data go bad; what shows only at a start ends the process first.
    fn spoil(&mut self, node: usize, health: Health) {
        if !matches!(health, Health::Flipped(_) | Health::Short(_)) {
            self.kill(node);
        }
        let joins = self.seat_of(node).is_some_and(|s| s.learner);
        if joins && matches!(health, Health::Flipped(_) | Health::Short(_)) {
            return; // etcd does not hash learners: nothing could show it before the promotion
        }
        if let Some(data) = &mut self.nodes[node].data {
            data.health = health;
            if health == Health::LogLost {
                data.log /= 2;
                data.applied = data.applied.min(data.log);
            }
        }
    }

    fn lose_directory(&mut self, node: usize) {
        self.kill(node);
        let node = &mut self.nodes[node];
        node.data = None;
        node.seen_foreign = false;
        node.last_exit = None;
        node.incarnation += 1;
    }

    /// An alarm accuses a member, rightly or not, or nobody.
    fn alarm(&mut self, node: usize, kind: AlarmKind) {
        let accused = self.seat_of(node).map_or(0, |s| s.id);
        self.alarms.push(Alarm::new(MemberId::new(accused), kind));
    }

    /// Its data are replaced by those of another cluster, which it then serves alone.
    fn make_foreign(&mut self, node: usize) {
        self.kill(node);
        let id = self.new_id();
        self.nodes[node].incarnation += 1;
        self.nodes[node].last_exit = None;
        self.nodes[node].data = Some(super::world::Data {
            id,
            foreign: true,
            log: 5,
            applied: 5,
            health: Health::Intact,
        });
        self.start(node, None);
    }
}
