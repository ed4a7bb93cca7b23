//! Clusters that look whole and are not.
#![expect(clippy::unwrap_used, reason = "helpers of tests")]

use std::collections::BTreeSet;

use etcd_client::GetOptions;
use hcp_testkit::EtcdCluster;

async fn cluster_with_keys() -> EtcdCluster {
    let cluster = EtcdCluster::builder().start().await.unwrap();
    let mut client = cluster.client(0).await.unwrap();
    for n in 0..50 {
        client.put(format!("key/{n}"), "value", None).await.unwrap();
    }
    cluster
}

/// What each member holds, and who it says it is: count of keys, cluster id, member id, length of the member list.
async fn views(cluster: &EtcdCluster) -> Vec<(i64, u64, u64, usize)> {
    let mut views = Vec::new();
    for i in 0..cluster.len() {
        let mut client = cluster.client(i).await.unwrap();
        let options = GetOptions::new().with_prefix().with_count_only();
        let keys = client.get("key/", Some(options)).await.unwrap();
        let members = client.member_list().await.unwrap().members().len();
        let header = keys.header().unwrap();
        views.push((keys.count(), header.cluster_id(), header.member_id(), members));
    }
    views
}

fn distinct(ids: impl Iterator<Item = u64>) -> usize {
    ids.collect::<BTreeSet<_>>().len()
}

#[tokio::test]
async fn one_restored_member_makes_a_split_store() {
    let cluster = cluster_with_keys().await;
    cluster.split_by_one_member_restore().await.unwrap();
    let views = views(&cluster).await;
    let keys: Vec<i64> = views.iter().map(|view| view.0).collect();
    assert_eq!(keys, [50, 0, 0]);
    assert_eq!(distinct(views.iter().map(|view| view.1)), 1);
    assert_eq!(distinct(views.iter().map(|view| view.2)), 3);
    assert!(views.iter().all(|view| view.3 == 3));
}

#[tokio::test]
async fn members_restored_without_names_are_three_clusters_of_equal_ids() {
    let cluster = cluster_with_keys().await;
    cluster.three_singles().await.unwrap();
    let views = views(&cluster).await;
    assert!(views.iter().all(|view| *view == views[0]), "{views:?}");
    assert_eq!((views[0].0, views[0].3), (50, 1));
    assert_eq!(views[0].2, 0x8e9e_05c5_2164_694d);
}

#[tokio::test]
async fn a_cluster_restored_under_another_token_has_another_id() {
    let cluster = cluster_with_keys().await;
    let before = views(&cluster).await;
    cluster.replace_by_restored_cluster("another").await.unwrap();
    let after = views(&cluster).await;
    assert_ne!(before[0].1, after[0].1);
    assert!(after.iter().all(|view| (view.0, view.3) == (50, 3)));
}
