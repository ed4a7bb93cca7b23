//! A fleet of observed clusters, as a controller that watches many of them holds it in memory.

use std::time::Duration;

use hcp_etcd::health::{
    HashKv, LinearizableRead, ListedMember, MemberObservation, ProbeError, ProbeErrorKind, Status,
};
use hcp_etcd::{ClusterId, MemberId, Observation, Topology, TopologyMember};
use jiff::Timestamp;

/// `size` clusters of three members with TLS URLs as they are in a hosted control plane: of every ten, seven are
/// healthy, one has a member that answers nothing, one a member that was removed, one a store that differs.
///
/// # Panics
/// Never: the topology is valid.
#[must_use]
pub fn fleet(size: usize, at: Timestamp) -> Vec<Observation> {
    (0..size).map(|number| observe(number, at)).collect()
}

fn observe(number: usize, at: Timestamp) -> Observation {
    let host = |i: usize| format!("etcd-{i}.etcd-discovery.clusters-hosted-{number}.svc");
    let members = (0..3).map(|i| {
        let (client, peer) =
            (format!("https://{}:2379", host(i)), format!("https://{}:2380", host(i)));
        TopologyMember::parse(&format!("etcd-{i}"), &client, &peer).expect("valid member")
    });
    let topology = Topology::new(members).expect("valid topology");
    let base = number as u64 * 16;
    let list: Vec<_> = topology
        .members()
        .iter()
        .zip(base + 1..)
        .map(|(declared, id)| {
            let peer = declared.peer_url.to_string();
            let mut listed =
                ListedMember::new(MemberId::new(id), declared.name.as_str(), &peer, false);
            listed.client_urls = vec![declared.client_url.to_string()];
            listed
        })
        .collect();
    let seen = topology.members().iter().zip(&list).map(|(declared, listed)| {
        let mut status = Status::new(ClusterId::new(base + 9), listed.id, 52_000, 48_000);
        status.leader = Some(list[0].id);
        status.db_size = 180_000_000;
        status.version = String::from("3.5.33");
        let error = ProbeError::new(ProbeErrorKind::NotProbed, "");
        let mut seen = MemberObservation::unanswered(declared.name.clone(), &error);
        seen.read = Ok(LinearizableRead::new(Duration::from_millis(4)));
        seen.status = Ok(status);
        seen.member_list = Ok(list.clone());
        seen.alarms = Ok(Vec::new());
        seen.hash = Some(Ok(HashKv::new(0x0bad_cafe, 48_000, 47_000)));
        seen
    });
    let mut members: Vec<_> = seen.collect();
    match number % 10 {
        3 => {
            let refused = ProbeError::new(ProbeErrorKind::ConnectionRefused, "connection refused");
            members[2] = MemberObservation::unanswered(members[2].name.clone(), &refused);
        }
        5 => {
            let gone = ProbeError::new(ProbeErrorKind::ConnectionRefused, "connection refused");
            members[1] = MemberObservation::unanswered(members[1].name.clone(), &gone);
            for member in &mut members {
                if let Ok(list) = &mut member.member_list {
                    list.remove(1);
                }
            }
        }
        7 => members[2].hash = Some(Ok(HashKv::new(0x0bad_f00d, 48_000, 47_000))),
        _ => {}
    }
    Observation::new(at, topology, members)
}
