//! A cluster with users.

use hcp_etcd::health::ProbeErrorKind;
use hcp_etcd::recovery::Depth;
use hcp_etcd::{Client, ClientOptions, Observation};
use hcp_testkit::EtcdCluster;

use crate::support::{TIMEOUT, failures};

async fn observe(cluster: &EtcdCluster, user: Option<(&str, &str)>) -> Observation {
    let mut options = ClientOptions::default().with_timeout(TIMEOUT);
    if let Some((name, password)) = user {
        options = options.with_user(name, password);
        assert!(!format!("{options:?}").contains(password));
    }
    let client = Client::new(cluster.topology().clone(), options).unwrap();
    client.observe(Depth::Hashes).await
}

#[tokio::test]
async fn a_refused_permission_proves_the_quorum_and_a_refused_login_does_not() {
    let cluster = EtcdCluster::builder().members(1).plaintext().start().await.unwrap();
    // A user where none is asked for does no harm.
    let observed = observe(&cluster, Some(("root", "hunter2"))).await;
    assert_eq!(failures(&observed.members[0]), []);

    let mut admin = cluster.client(0).await.unwrap();
    for user in ["root", "nobody"] {
        admin.user_add(user, "hunter2", None).await.unwrap();
    }
    admin.user_grant_role("root", "root").await.unwrap();
    admin.auth_enable().await.unwrap();

    let root = &observe(&cluster, Some(("root", "hunter2"))).await.members[0];
    assert_eq!(failures(root), []);
    assert!(!root.read.as_ref().unwrap().permission_denied);
    assert!(root.hash.as_ref().unwrap().is_ok(), "{:?} {:?}", root.hash, root.status);

    let nobody = &observe(&cluster, Some(("nobody", "hunter2"))).await.members[0];
    assert_eq!(failures(nobody), []);
    assert!(nobody.read.as_ref().unwrap().permission_denied);
    let hash = nobody.hash.as_ref().unwrap().as_ref().unwrap_err();
    assert_eq!(hash.kind, ProbeErrorKind::Unauthorized);

    for user in [None, Some(("root", "wrong"))] {
        let refused = &observe(&cluster, user).await.members[0];
        let error = refused.read.as_ref().unwrap_err();
        assert_eq!(error.kind, ProbeErrorKind::Unauthorized, "{error}");
        assert!(!error.to_string().contains("wrong"), "{error}");
        // Whether a status or a list needs a user differs between versions.
        assert!(failures(refused).iter().all(|kind| *kind == ProbeErrorKind::Unauthorized));
    }
}
