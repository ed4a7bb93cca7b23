//! What a probe says of members that are healthy, hung, without a leader, or of two clusters.

use etcd_client::{AlarmAction, AlarmOptions, AlarmType};
use hcp_etcd::health::{Alarm, AlarmKind, ProbeErrorKind};
use hcp_etcd::recovery::Depth;
use hcp_etcd::{Client, ClientOptions, MemberId, Topology, TopologyMember};
use hcp_testkit::EtcdCluster;
use serde_json::Value;
use tokio::time::{Instant, timeout};

use crate::support::{TIMEOUT, client, etcdctl, failures};

#[tokio::test]
async fn a_healthy_probe_says_what_etcdctl_says() {
    let cluster = EtcdCluster::builder().start().await.unwrap();
    for i in 0..20 {
        let mut client = cluster.client(i % 3).await.unwrap();
        client.put(format!("key-{i}"), "value", None).await.unwrap();
    }
    let client = client(&cluster);
    let observed = client.observe(Depth::Hashes).await;
    let listed = etcdctl(&cluster, &[0], &["member", "list"]);
    for (i, member) in observed.members.iter().enumerate() {
        assert!(!member.read.as_ref().unwrap().permission_denied);
        assert_eq!(member.alarms.as_ref().unwrap(), &[]);
        let status = member.status.as_ref().unwrap();
        let theirs = &etcdctl(&cluster, &[i], &["endpoint", "status"])[0]["Status"];
        assert_eq!(status.cluster_id.get(), theirs["header"]["cluster_id"]);
        assert_eq!(status.member_id.get(), theirs["header"]["member_id"]);
        assert_eq!(status.revision, theirs["header"]["revision"]);
        assert_eq!(status.leader.unwrap().get(), theirs["leader"]);
        assert_eq!(status.raft_term, theirs["raftTerm"]);
        assert_eq!(status.version, theirs["version"]);
        // Later, and a commit to disk may lie in between.
        assert!(status.db_size <= theirs["dbSize"].as_u64().unwrap());
        assert!(status.db_size_in_use <= theirs["dbSizeInUse"].as_u64().unwrap());
        assert!(!status.is_learner && status.errors.is_empty());
        assert!(status.applied_floor <= status.applied_index);
        assert!(status.applied_index <= theirs["raftAppliedIndex"].as_u64().unwrap());

        let hash = member.hash.as_ref().unwrap().as_ref().unwrap();
        let theirs = &etcdctl(&cluster, &[i], &["endpoint", "hashkv"])[0]["HashKV"];
        assert_eq!(hash.hash, theirs["hash"]);
        assert_eq!(hash.compact_revision, theirs["compact_revision"]);
        assert_eq!(hash.revision, status.revision);

        let list = member.member_list.as_ref().unwrap();
        let theirs = listed["members"].as_array().unwrap();
        assert_eq!(list.len(), theirs.len());
        for theirs in theirs {
            let ours = list.iter().find(|listed| listed.id.get() == theirs["ID"]).unwrap();
            assert_eq!(ours.name, theirs["name"]);
            assert_eq!(Value::from(ours.peer_urls.clone()), theirs["peerURLs"]);
            assert_eq!(Value::from(ours.client_urls.clone()), theirs["clientURLs"]);
        }
    }
}

#[tokio::test]
async fn alarms_are_those_of_alarm_list_through_each_member() {
    let cluster = EtcdCluster::builder().start().await.unwrap();
    let accused = cluster.member_id(1).await.unwrap();
    let mut raising = cluster.client(0).await.unwrap();
    let mut whose = AlarmOptions::new();
    whose.with_member(accused.get());
    let raised = raising.alarm(AlarmAction::Activate, AlarmType::Nospace, Some(whose)).await;
    raised.unwrap();
    // Nobody is accused, as by the periodic check of 3.5.7 and newer.
    let raised = raising.alarm(AlarmAction::Activate, AlarmType::Corrupt, None).await;
    raised.unwrap();

    let observed = client(&cluster).observe(Depth::Shallow).await;
    for (i, member) in observed.members.iter().enumerate() {
        // Asking through a member makes sure that it has applied what was raised; but ours came first.
        let theirs = etcdctl(&cluster, &[i], &["alarm", "list"]);
        let mut theirs: Vec<_> = theirs["alarms"].as_array().unwrap().iter().map(alarm).collect();
        let mut ours = member.alarms.clone().unwrap();
        let key = |alarm: &Alarm| (alarm.member_id, alarm.kind.to_string());
        theirs.sort_by_key(key);
        ours.sort_by_key(key);
        assert_eq!(ours, theirs, "{}", member.name);
        assert!(ours.contains(&Alarm::new(MemberId::new(0), AlarmKind::Corrupt)));
        assert_eq!(failures(member), [], "reads go on");
    }
}

fn alarm(theirs: &Value) -> Alarm {
    let member_id = MemberId::new(theirs["memberID"].as_u64().unwrap_or(0));
    let kind = match theirs["alarm"].as_i64() {
        Some(1) => AlarmKind::NoSpace,
        Some(2) => AlarmKind::Corrupt,
        other => unreachable!("alarm {other:?}"),
    };
    Alarm::new(member_id, kind)
}

#[tokio::test]
async fn a_hung_member_delays_by_its_timeout_and_hides_nothing() {
    let cluster = EtcdCluster::builder().start().await.unwrap();
    let hung = cluster.follower().await.unwrap();
    let client = client(&cluster);
    client.observe(Depth::Shallow).await;
    cluster.stop(hung).unwrap();
    // Over the connection it has, over a new one, and by a client that has none yet.
    for client in [client.clone(), client, crate::support::client(&cluster)] {
        let began = Instant::now();
        let observed = timeout(TIMEOUT * 10, client.observe(Depth::Hashes)).await.unwrap();
        assert!(began.elapsed() < TIMEOUT * 2, "{:?}", began.elapsed());
        for (i, member) in observed.members.iter().enumerate() {
            if i == hung {
                assert_eq!(failures(member), [ProbeErrorKind::Timeout; 4]);
                assert_eq!(member.hash, None);
            } else {
                assert_eq!(failures(member), []);
                assert!(member.hash.as_ref().unwrap().is_ok());
            }
        }
    }
    cluster.cont(hung).unwrap();
    cluster.wait_healthy(TIMEOUT * 10).await.unwrap();
    let observed = crate::support::client(&cluster).observe(Depth::Shallow).await;
    assert_eq!(failures(&observed.members[hung]), []);
}

#[tokio::test]
async fn a_member_alone_still_tells_what_it_knows() {
    let cluster = EtcdCluster::builder().start().await.unwrap();
    cluster.kill(1).await.unwrap();
    cluster.kill(2).await.unwrap();
    let client = client(&cluster);
    let deadline = Instant::now() + TIMEOUT * 10;
    let observed = loop {
        let observed = client.observe(Depth::Hashes).await;
        let status = observed.members[0].status.as_ref().unwrap();
        if status.leader.is_none() {
            break client.observe(Depth::Hashes).await;
        }
        assert!(Instant::now() < deadline, "it still follows {:?}", status.leader);
    };
    let alone = &observed.members[0];
    let read = alone.read.as_ref().unwrap_err();
    assert_eq!(read.kind, ProbeErrorKind::NoLeader, "{read}");
    assert_eq!(alone.member_list.as_ref().unwrap().len(), 3);
    assert_eq!(alone.alarms.as_ref().unwrap(), &[]);
    assert!(alone.hash.as_ref().unwrap().is_ok());
    for dead in &observed.members[1..] {
        assert_eq!(failures(dead), [ProbeErrorKind::ConnectionRefused; 4]);
    }
}

#[tokio::test]
async fn two_clusters_are_hashed_each_at_its_own_revision() {
    let one = EtcdCluster::builder().members(1).plaintext().token("one").start().await.unwrap();
    let other = EtcdCluster::builder().members(1).plaintext().token("other").start().await.unwrap();
    let mut writer = other.client(0).await.unwrap();
    for _ in 0..5 {
        writer.put("key", "value", None).await.unwrap();
    }
    let member = |name, cluster: &EtcdCluster| {
        let declared = cluster.declared(0);
        let (client, peer) = (declared.client_url.to_string(), declared.peer_url.to_string());
        TopologyMember::parse(name, &client, &peer).unwrap()
    };
    let topology = Topology::new([member("etcd-0", &one), member("etcd-1", &other)]).unwrap();
    let client = Client::new(topology, ClientOptions::default().with_timeout(TIMEOUT)).unwrap();
    let observed = client.observe(Depth::Hashes).await;
    let [one, other] = &observed.members[..] else { unreachable!() };
    assert_ne!(one.status.as_ref().unwrap().cluster_id, other.status.as_ref().unwrap().cluster_id);
    for (member, revision) in [(one, 1), (other, 6)] {
        assert_eq!(failures(member), []);
        assert_eq!(member.hash.as_ref().unwrap().as_ref().unwrap().revision, revision);
    }
}
