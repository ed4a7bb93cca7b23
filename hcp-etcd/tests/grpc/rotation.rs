//! Certificates that change on disk while a client is in use.

use std::fs;

use hcp_etcd::health::ProbeErrorKind;
use hcp_etcd::recovery::Depth;
use hcp_etcd::{Client, ClientOptions, Tls};
use hcp_testkit::EtcdCluster;

use crate::support::{TIMEOUT, failures};

#[tokio::test]
async fn rotated_files_are_used_from_the_next_probe_on() {
    let cluster = EtcdCluster::builder().members(1).start().await.unwrap();
    let pki = cluster.pki().unwrap();
    let (expired, good) = (pki.client_cert_expired().unwrap(), cluster.client_tls().unwrap());
    let dir = tempfile::tempdir().unwrap();
    let (cert, key) = (dir.path().join("client.crt"), dir.path().join("client.key"));
    let put = |from: &std::path::Path, to: &std::path::Path| fs::copy(from, to).unwrap();
    put(&expired.cert, &cert);
    put(&expired.key, &key);
    let tls = Tls::from_files(pki.ca(), &cert, &key).unwrap();
    let options = ClientOptions::default().with_tls(tls).with_timeout(TIMEOUT);
    let client = Client::new(cluster.topology().clone(), options).unwrap();
    let refused = [ProbeErrorKind::ClientCertificateRefused; 4];
    assert_eq!(failures(&client.observe(Depth::Shallow).await.members[0]), refused);

    // Half of a rotation is no identity: what was read before stays in use.
    put(&good.cert, &cert);
    assert_eq!(failures(&client.observe(Depth::Shallow).await.members[0]), refused);
    put(&good.key, &key);
    assert_eq!(failures(&client.observe(Depth::Shallow).await.members[0]), []);

    // And what is in use does not break by a file that went missing.
    fs::remove_file(&key).unwrap();
    assert_eq!(failures(&client.observe(Depth::Shallow).await.members[0]), []);
}
