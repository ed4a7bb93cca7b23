//! Clients of a cluster, and `etcdctl` as the oracle.

use std::process::Command;
use std::time::Duration;

use hcp_etcd::health::{MemberObservation, ProbeErrorKind};
use hcp_etcd::{Client, ClientOptions, Tls, Topology, TopologyMember};
use hcp_testkit::EtcdCluster;
use serde_json::Value;

/// Long enough for a starved machine, short enough to wait for.
pub(crate) const TIMEOUT: Duration = Duration::from_secs(3);

pub(crate) fn tls(cluster: &EtcdCluster) -> Tls {
    let files = cluster.client_tls().unwrap();
    Tls::from_files(&files.ca, &files.cert, &files.key).unwrap()
}

pub(crate) fn options(cluster: &EtcdCluster) -> ClientOptions {
    let options = ClientOptions::default().with_timeout(TIMEOUT);
    match cluster.client_tls() {
        Some(_) => options.with_tls(tls(cluster)),
        None => options,
    }
}

pub(crate) fn client(cluster: &EtcdCluster) -> Client {
    Client::new(cluster.topology().clone(), options(cluster)).unwrap()
}

/// A topology of one member at `url`.
pub(crate) fn alone(name: &str, url: &str) -> Topology {
    Topology::new([TopologyMember::parse(name, url, "https://127.0.0.1:1").unwrap()]).unwrap()
}

/// What `etcdctl` answers in JSON, asked through these members.
pub(crate) fn etcdctl(cluster: &EtcdCluster, via: &[usize], args: &[&str]) -> Value {
    let urls: Vec<_> = via.iter().map(|i| cluster.declared(*i).client_url.to_string()).collect();
    let mut command = Command::new(&cluster.assets().etcdctl);
    command.arg("--endpoints").arg(urls.join(",")).args(["-w", "json"]);
    if let Some(tls) = cluster.client_tls() {
        command
            .arg("--cacert")
            .arg(&tls.ca)
            .arg("--cert")
            .arg(&tls.cert)
            .arg("--key")
            .arg(&tls.key);
    }
    let output = command.args(args).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

/// The kinds of the four failures of a member none of whose answers came.
pub(crate) fn failures(member: &MemberObservation) -> Vec<ProbeErrorKind> {
    let errors = [
        member.read.as_ref().err(),
        member.status.as_ref().err(),
        member.member_list.as_ref().err(),
        member.alarms.as_ref().err(),
    ];
    errors.into_iter().flatten().map(|error| error.kind).collect()
}
