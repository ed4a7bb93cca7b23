//! Everything that can be wrong with what we are given: the kind is exact, the member is named, a remedy is offered,
//! no key material is shown, and nothing in the cluster changes.

use hcp_etcd::health::ProbeErrorKind as Kind;
use hcp_etcd::recovery::Depth;
use hcp_etcd::{Client, ClientError, ClientOptions, Tls};
use hcp_testkit::{Certificate, EtcdCluster};
use serde_json::Value;

use crate::support::{TIMEOUT, alone, etcdctl, failures, tls};

struct Case {
    what: &'static str,
    url: String,
    tls: Option<Tls>,
    expected: Kind,
}

fn presenting(cluster: &EtcdCluster, certificate: &Certificate) -> Tls {
    let ca = cluster.pki().unwrap().ca();
    Tls::from_files(ca, &certificate.cert, &certificate.key).unwrap()
}

/// Members 0 and 1 serve bad certificates, member 2 a good one.
fn cases(cluster: &EtcdCluster, plain: &EtcdCluster) -> Vec<Case> {
    let pki = cluster.pki().unwrap();
    let files = cluster.client_tls().unwrap();
    let (other, good) = (pki.other_ca().unwrap(), Some(tls(cluster)));
    let stranger = other.client_cert("etcd-client").unwrap();
    let expired = pki.client_cert_expired().unwrap();
    let untrusting = Tls::from_files(other.ca(), &files.cert, &files.key).unwrap();
    let url = |i: usize| cluster.declared(i).client_url.to_string();
    let other_scheme = |url: String| match url.split_once("://") {
        Some(("http", rest)) => format!("https://{rest}"),
        Some((_, rest)) => format!("http://{rest}"),
        None => unreachable!("{url}"),
    };
    let case = |what, url, tls, expected| Case { what, url, tls, expected };
    let plain = plain.declared(0).client_url.to_string();
    vec![
        case("expired server", url(0), good.clone(), Kind::ServerCertificateExpired),
        case("other host", url(1), good.clone(), Kind::ServerNameMismatch),
        case("other CA of the same name", url(2), Some(untrusting), Kind::UntrustedServer),
        case(
            "client of another CA",
            url(2),
            Some(presenting(cluster, &stranger)),
            Kind::ClientCertificateRefused,
        ),
        case(
            "expired client",
            url(2),
            Some(presenting(cluster, &expired)),
            Kind::ClientCertificateRefused,
        ),
        case(
            "no client certificate",
            url(2),
            Some(Tls::from_ca_file(pki.ca()).unwrap()),
            Kind::ClientCertificateRefused,
        ),
        case("http to TLS", other_scheme(url(2)), None, Kind::ServerIsTls),
        case("https to plain", other_scheme(plain), good.clone(), Kind::ServerIsPlaintext),
        case("nobody there", "https://127.0.0.1:1".into(), good.clone(), Kind::ConnectionRefused),
        case("no such host", "https://no-such-host.invalid:2379".into(), good, Kind::UnknownHost),
    ]
}

#[tokio::test]
async fn every_bad_input_is_named_exactly_and_changes_nothing() {
    let cluster = EtcdCluster::builder().start().await.unwrap();
    let plain = EtcdCluster::builder().members(1).plaintext().start().await.unwrap();
    let pki = cluster.pki().unwrap();
    let before = state(&cluster);
    let expired = pki.server_cert_expired("etcd-0").unwrap();
    cluster.serve_with(0, &expired).unwrap();
    let elsewhere = pki.server_cert_for_other_host("etcd-1").unwrap();
    cluster.serve_with(1, &elsewhere).unwrap();
    for case in cases(&cluster, &plain) {
        // A server's last words can be lost to a reset: once is not enough to know.
        for _ in 0..20 {
            let mut options = ClientOptions::default().with_timeout(TIMEOUT);
            if let Some(tls) = &case.tls {
                options = options.with_tls(tls.clone());
            }
            let client = Client::new(alone("the-member", &case.url), options).unwrap();
            let observed = client.observe(Depth::Hashes).await;
            let member = &observed.members[0];
            assert_eq!(member.name.as_str(), "the-member");
            let error = member.read.as_ref().unwrap_err();
            assert_eq!(failures(member), [case.expected; 4], "{}: {error}", case.what);
            assert_eq!(member.hash, None);
            assert!(error.kind == Kind::ConnectionRefused || error.kind.is_ours(), "{error}");
            assert!(!error.message.is_empty() && !error.remedy().is_empty(), "{error}");
            assert!(!error.to_string().contains("PRIVATE"), "{error}");
        }
    }
    assert_eq!(state(&cluster), before);
}

/// What a probe must not change.
fn state(cluster: &EtcdCluster) -> Value {
    let status = etcdctl(cluster, &[2], &["endpoint", "status"])[0]["Status"].clone();
    let list = etcdctl(cluster, &[2], &["member", "list"])["members"].clone();
    serde_json::json!({ "revision": status["header"]["revision"], "list": list })
}

#[test]
fn schemes_and_tls_material_must_fit() {
    let dir = tempfile::tempdir().unwrap();
    let pki = hcp_testkit::Pki::new(dir.path(), "ca").unwrap();
    let tls = Tls::from_ca_file(pki.ca()).unwrap();
    let refuse = |url: &str, options| Client::new(alone("etcd-0", url), options).unwrap_err();
    let missing = refuse("https://10.0.0.1:2379", ClientOptions::default());
    assert!(matches!(missing, ClientError::TlsMissing { .. }), "{missing}");
    let unused = refuse("http://10.0.0.1:2379", ClientOptions::default().with_tls(tls));
    assert!(matches!(unused, ClientError::TlsUnused { .. }), "{unused}");
    for error in [missing, unused] {
        let words = error.to_string();
        assert!(words.contains("member etcd-0") && words.contains("10.0.0.1:2379"), "{words}");
    }
}

#[test]
fn tls_files_are_checked_when_given() {
    let dir = tempfile::tempdir().unwrap();
    let pki = hcp_testkit::Pki::new(dir.path(), "ca").unwrap();
    let (mine, other) = (pki.client_cert("mine").unwrap(), pki.client_cert("other").unwrap());
    let empty = dir.path().join("empty.crt");
    std::fs::write(&empty, "").unwrap();
    let broken = dir.path().join("broken.key");
    let key = std::fs::read_to_string(&mine.key).unwrap();
    std::fs::write(&broken, key.replace("END", "BEGIN")).unwrap();
    let absent = dir.path().join("absent.crt");
    let (ca, cert, key) = (pki.ca(), mine.cert.as_path(), mine.key.as_path());
    for (ca, cert, key, said) in [
        (&*absent, cert, key, ["cannot read the CA file", "absent.crt", "check the path"]),
        (&*empty, cert, key, ["the CA file", "holds no certificate", "BEGIN CERTIFICATE"]),
        (ca, key, cert, ["client certificate", "private key and no certificate", "swap"]),
        (ca, cert, cert, ["client key", "certificate and no private key", "swap"]),
        (ca, cert, &*broken, ["client key", "broken.key", "unencrypted"]),
        (ca, cert, &*other.key, ["other.key", "does not belong to", "it was issued for"]),
    ] {
        let error = Tls::from_files(ca, cert, key).unwrap_err();
        let words = format!("{error} {error:?}");
        assert!(said.iter().all(|part| words.contains(part)), "{words}");
        let secret = std::fs::read_to_string(&mine.key).unwrap();
        let secret = secret.lines().nth(1).unwrap();
        assert!(!words.contains(secret), "{words}");
    }
    let tls = Tls::from_files(ca, cert, key).unwrap();
    let secret = std::fs::read_to_string(key).unwrap();
    assert!(!format!("{tls:?}").contains(secret.lines().nth(1).unwrap()));
}
