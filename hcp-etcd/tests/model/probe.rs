//! What a probe of the world sees, glitches included.

use std::time::Duration;

use hcp_etcd::health::{
    DataState, HashKv, LinearizableRead, ListedMember, MemberObservation, Observation, ProbeError,
    ProbeErrorKind, ProcessObservation, ProcessState, Reply, Status,
};
use hcp_etcd::{ClusterId, MemberId, MemberName, Topology, TopologyMember};
use jiff::Timestamp;

use super::dice::Dice;
use super::world::{Data, Health, Node, Place, World};

pub(crate) const OURS: ClusterId = ClusterId::new(0xc1);
pub(crate) const FOREIGN: ClusterId = ClusterId::new(0xf1);

/// Every way in which a call can fail.
pub(crate) const KINDS: [ProbeErrorKind; 18] = [
    ProbeErrorKind::Timeout,
    ProbeErrorKind::NotProbed,
    ProbeErrorKind::ConnectionRefused,
    ProbeErrorKind::UnknownHost,
    ProbeErrorKind::ConnectionLost,
    ProbeErrorKind::UntrustedServer,
    ProbeErrorKind::ServerCertificateExpired,
    ProbeErrorKind::ServerNameMismatch,
    ProbeErrorKind::ClientCertificateRefused,
    ProbeErrorKind::ServerIsPlaintext,
    ProbeErrorKind::ServerIsTls,
    ProbeErrorKind::Tls,
    ProbeErrorKind::Unauthorized,
    ProbeErrorKind::NoLeader,
    ProbeErrorKind::Overloaded,
    ProbeErrorKind::CorruptCluster,
    ProbeErrorKind::BadAnswer,
    ProbeErrorKind::Refused,
];

/// How a probe is made, and what goes wrong with it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Probe {
    pub(crate) hashes: bool,
    pub(crate) process: bool,
    /// Zero is a probe without glitches.
    pub(crate) glitch: u64,
}

impl Probe {
    pub(crate) const CLEAR: Self = Self { hashes: true, process: true, glitch: 0 };
}

pub(crate) fn at(seconds: i64) -> Timestamp {
    Timestamp::from_second(1_800_000_000 + seconds).expect("in range")
}

pub(crate) fn seconds(at: Timestamp) -> i64 {
    at.as_second().saturating_sub(1_800_000_000)
}

pub(crate) fn name(index: usize) -> MemberName {
    MemberName::new(&format!("m{index}")).expect("valid")
}

pub(crate) fn index_of(name: &MemberName) -> Option<usize> {
    name.as_str().strip_prefix('m')?.parse().ok()
}

pub(crate) fn topology(size: usize) -> Topology {
    let member = |i: usize| {
        let (client, peer) = (format!("http://m{i}:2379"), format!("http://m{i}:2380"));
        TopologyMember::parse(&format!("m{i}"), &client, &peer).expect("valid")
    };
    Topology::new((0..size).map(member)).expect("valid")
}

impl World {
    pub(crate) fn observe(&self, probe: Probe) -> Observation {
        let mut dice = Dice::new(probe.glitch);
        // Mostly little goes wrong at once.
        let one_in = dice.pick(&[0, 30, 10, 3]);
        let common = self.common_revision();
        let members = (0..self.nodes.len())
            .map(|index| {
                let hash = probe.hashes.then_some(common);
                let mut seen = self.answer(index, hash);
                seen.process = probe.process.then(|| self.process(index));
                disturb(&mut seen, &mut dice, one_in);
                seen
            })
            .collect();
        let topology = topology(self.nodes.len());
        let topology = if self.pinned { topology.with_cluster_id(OURS) } else { topology };
        Observation::new(at(self.now), topology, members)
    }

    /// The newest revision every member that answers has.
    fn common_revision(&self) -> u64 {
        let answering = self.nodes.iter().filter(|n| answers(n));
        let revisions = answering.map(|n| self.revision_of(n));
        revisions.min().unwrap_or(1)
    }

    fn revision_of(&self, node: &Node) -> u64 {
        let Some(data) = &node.data else { return 1 };
        let revision = self.revisions[data.applied.min(self.commit())];
        match data.health {
            Health::Short(by) => revision.saturating_sub(by).max(1),
            _ => revision,
        }
    }

    fn answer(&self, index: usize, hash_at: Option<u64>) -> MemberObservation {
        let node = &self.nodes[index];
        let Some(data) = node.data.as_ref().filter(|_| answers(node)) else {
            let kind = if node.running_since.is_some() || node.blind {
                ProbeErrorKind::Timeout
            } else {
                ProbeErrorKind::ConnectionRefused
            };
            return MemberObservation::unanswered(name(index), &ProbeError::new(kind, ""));
        };
        let error = |kind| ProbeError::new(kind, "");
        let mut seen = MemberObservation::unanswered(name(index), &error(ProbeErrorKind::Timeout));
        let hears = self.hears_leader(index);
        let learner = node.list.iter().any(|s| s.id == data.id && s.learner);
        let revision = self.revision_of(node);
        seen.status = Ok(self.status(index, data, learner));
        seen.read = match (hears || data.foreign, learner) {
            (true, false) => Ok(LinearizableRead::new(Duration::from_millis(7))),
            (true, true) => Err(error(ProbeErrorKind::Refused)),
            _ => Err(error(ProbeErrorKind::Timeout)),
        };
        seen.member_list = Ok(if data.foreign {
            vec![listed(&Place { id: data.id, node: Some(index), learner: false, started: true })]
        } else {
            node.list.iter().map(listed).collect()
        });
        if hears {
            seen.alarms = Ok(self.alarms.clone());
        }
        seen.hash = hash_at.map(|at| {
            if revision < at {
                return Err(error(ProbeErrorKind::Refused));
            }
            Ok(HashKv::new(hash(at, data.health), at, -1))
        });
        seen
    }

    fn status(&self, index: usize, data: &Data, learner: bool) -> Status {
        let cluster = if data.foreign { FOREIGN } else { OURS };
        let (id, applied) = (MemberId::new(data.id), data.applied as u64);
        let revision = self.revision_of(&self.nodes[index]);
        let mut status = Status::new(cluster, id, applied, revision);
        status.raft_index = data.log.max(data.applied) as u64;
        status.raft_term = self.term;
        status.is_learner = learner;
        let leader = self.leader.filter(|_| self.hears_leader(index));
        let leader = leader.and_then(|l| self.nodes[l].data.as_ref());
        status.leader = leader.map(|d| MemberId::new(d.id));
        if data.foreign {
            status.leader = Some(id);
        }
        status
    }

    fn process(&self, index: usize) -> ProcessObservation {
        let node = &self.nodes[index];
        let state = match node.running_since {
            Some(since) => ProcessState::Running { since: at(since) },
            None => ProcessState::Stopped,
        };
        let data = match node.data {
            Some(_) => DataState::Present,
            None => DataState::Absent,
        };
        let seen = ProcessObservation::new(state, data, format!("{}", node.incarnation));
        match node.last_exit {
            Some((cause, when)) => seen.with_last_exit(cause, at(when), node.exits),
            None => seen,
        }
    }
}

fn answers(node: &Node) -> bool {
    node.running_since.is_some() && !node.hung && !node.blind
}

fn listed(seat: &Place) -> ListedMember {
    let (name, url) = match seat.node {
        Some(n) => (format!("m{n}"), format!("http://m{n}:2380")),
        None => ("stranger".to_owned(), "http://elsewhere:2380".to_owned()),
    };
    let name = if seat.started { name.as_str() } else { "" };
    ListedMember::new(MemberId::new(seat.id), name, &url, seat.learner)
}

fn hash(revision: u64, health: Health) -> u32 {
    let good = u32::try_from(revision).unwrap_or(u32::MAX) * 7;
    match health {
        Health::Flipped(by) => good ^ (0x100 + by),
        // What was lost was lost late: early revisions hash alike.
        Health::Short(by) => good ^ u32::try_from(by << 16).unwrap_or(1),
        _ => good,
    }
}

fn disturb(seen: &mut MemberObservation, dice: &mut Dice, one_in: u64) {
    if one_in == 0 {
        return;
    }
    let whole = dice.one_in(one_in * 2);
    let error = ProbeError::new(dice.pick(&KINDS), "glitch");
    fail(&mut seen.read, whole || dice.one_in(one_in), &error);
    fail(&mut seen.status, whole || dice.one_in(one_in), &error);
    fail(&mut seen.member_list, whole || dice.one_in(one_in), &error);
    fail(&mut seen.alarms, whole || dice.one_in(one_in), &error);
    if let Some(hash) = &mut seen.hash {
        fail(hash, whole || dice.one_in(one_in), &error);
    }
    if dice.one_in(one_in) {
        seen.process = None;
    } else if let Some(process) = &mut seen.process
        && dice.one_in(one_in)
    {
        process.data = DataState::Unknown;
    }
}

fn fail<T>(reply: &mut Reply<T>, now: bool, error: &ProbeError) {
    if now {
        *reply = Err(error.clone());
    }
}
