//! Bad certificates are refused, good ones are not.

use hcp_testkit::{AttachConfig, Certificate, EtcdCluster};

/// One read through member 0 as a client that presents `with` and trusts `ca`.
async fn read(cluster: &EtcdCluster, change: impl FnOnce(&mut AttachConfig)) -> Result<(), String> {
    let mut attach = cluster.attach_config().clone();
    change(&mut attach);
    let client = attach.client(cluster.declared(0)).await;
    let mut client = client.map_err(|error| error.to_string())?;
    let read = client.get("key", None).await;
    read.map(drop).map_err(|error| error.to_string())
}

fn present(certificate: Certificate) -> impl FnOnce(&mut AttachConfig) {
    |attach| {
        if let Some(tls) = &mut attach.client_tls {
            (tls.cert, tls.key) = (certificate.cert, certificate.key);
        }
    }
}

#[tokio::test]
async fn bad_certificates_are_refused_on_either_side() {
    let cluster = EtcdCluster::builder().members(1).start().await.unwrap();
    let pki = cluster.pki().unwrap();
    let other = pki.other_ca().unwrap();

    read(&cluster, |_| ()).await.unwrap();
    let good = pki.client_cert("another-client").unwrap();
    read(&cluster, present(good)).await.unwrap();

    let expired = pki.client_cert_expired().unwrap();
    read(&cluster, present(expired)).await.unwrap_err();
    let foreign = other.client_cert("etcd-client").unwrap();
    read(&cluster, present(foreign)).await.unwrap_err();
    let distrust = |attach: &mut AttachConfig| {
        if let Some(tls) = &mut attach.client_tls {
            tls.ca = other.ca().to_owned();
        }
    };
    read(&cluster, distrust).await.unwrap_err();

    for bad in [
        pki.server_cert_expired("etcd-0").unwrap(),
        pki.server_cert_for_other_host("etcd-0").unwrap(),
    ] {
        cluster.serve_with(0, &bad).unwrap();
        read(&cluster, |_| ()).await.unwrap_err();
    }
    let renewed = pki.server_cert("etcd-0-renewed", "etcd-0").unwrap();
    cluster.serve_with(0, &renewed).unwrap();
    read(&cluster, |_| ()).await.unwrap();
}
