//! Certificates, made anew for each test.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use hcp_metrics::proxy::{ClientAuth, ServerTls, TargetTls};
use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair};
use rustls::crypto::ring::default_provider;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::{ClientConfig, RootCertStore, ServerConfig};

/// A certificate authority and what it has signed, as PEM files in a directory of its own.
pub(crate) struct Pki {
    dir: tempfile::TempDir,
    pub(crate) ca: PathBuf,
    issuer: Issuer<'static, KeyPair>,
}

/// A certificate and its key.
pub(crate) struct Identity {
    pub(crate) certificate: PathBuf,
    pub(crate) key: PathBuf,
}

impl Pki {
    pub(crate) fn new() -> Self {
        let dir = tempfile::tempdir().expect("a directory");
        let mut params = CertificateParams::default();
        params.distinguished_name.push(DnType::CommonName, "a test's authority");
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().expect("a key");
        let ca = dir.path().join("ca.crt");
        let certificate = params.self_signed(&key).expect("a certificate");
        std::fs::write(&ca, certificate.pem()).expect("a file");
        Self { dir, ca, issuer: Issuer::new(params, key) }
    }

    /// A certificate for `name`, written over what is in the files of `file`.
    pub(crate) fn issue(&self, file: &str, name: &str) -> Identity {
        let key = KeyPair::generate().expect("a key");
        let params = CertificateParams::new([name.to_owned()]).expect("a name");
        let signed = params.signed_by(&key, &self.issuer).expect("a certificate");
        let path = |ending: &str| self.dir.path().join(format!("{file}.{ending}"));
        let identity = Identity { certificate: path("crt"), key: path("key") };
        std::fs::write(&identity.certificate, signed.pem()).expect("a file");
        std::fs::write(&identity.key, key.serialize_pem()).expect("a file");
        identity
    }

    pub(crate) fn path(&self, file: &str) -> PathBuf {
        self.dir.path().join(file)
    }

    /// What a target serves with; with `client_ca`, scrapers must present a certificate of that authority.
    pub(crate) fn target(&self, name: &str, client_ca: Option<&Self>) -> ServerConfig {
        let identity = self.issue("target", name);
        let builder = ServerConfig::builder_with_provider(Arc::new(default_provider()))
            .with_safe_default_protocol_versions()
            .expect("versions");
        let builder = match client_ca {
            None => builder.with_no_client_auth(),
            Some(pki) => {
                let roots = Arc::new(pki.roots());
                let verifier =
                    WebPkiClientVerifier::builder_with_provider(roots, default_provider().into());
                builder.with_client_cert_verifier(verifier.build().expect("a verifier"))
            }
        };
        let (chain, key) = identity.read();
        builder.with_single_cert(chain, key).expect("a key that fits")
    }

    /// What the proxy trusts.
    pub(crate) fn trusted(&self) -> TargetTls {
        TargetTls::from_ca_file(&self.ca).expect("a CA")
    }

    /// What the proxy presents to targets.
    pub(crate) fn trusted_with(&self, identity: &Identity) -> TargetTls {
        TargetTls::from_files(&self.ca, &identity.certificate, &identity.key).expect("files")
    }

    /// What the proxy serves with.
    pub(crate) fn server(&self, auth: Option<ClientAuth>) -> ServerTls {
        let Identity { certificate, key } = self.issue("proxy", "localhost");
        match auth {
            None => ServerTls::from_files(certificate, key),
            Some(auth) => ServerTls::from_files_with_client_ca(certificate, key, &self.ca, auth),
        }
        .expect("files")
    }

    /// What a scraper trusts and presents.
    pub(crate) fn scraper(&self, identity: Option<&Identity>) -> ClientConfig {
        let builder = ClientConfig::builder_with_provider(Arc::new(default_provider()))
            .with_safe_default_protocol_versions()
            .expect("versions")
            .with_root_certificates(self.roots());
        match identity {
            None => builder.with_no_client_auth(),
            Some(identity) => {
                let (chain, key) = identity.read();
                builder.with_client_auth_cert(chain, key).expect("a key that fits")
            }
        }
    }

    fn roots(&self) -> RootCertStore {
        let mut roots = RootCertStore::empty();
        roots.add(certificates(&self.ca).remove(0)).expect("a CA");
        roots
    }
}

impl Identity {
    fn read(&self) -> (Vec<CertificateDer<'static>>, PrivateKeyDer<'static>) {
        let key = PrivateKeyDer::from_pem_file(&self.key).expect("a key");
        (certificates(&self.certificate), key)
    }
}

fn certificates(path: &Path) -> Vec<CertificateDer<'static>> {
    let certificates = CertificateDer::pem_file_iter(path).expect("a file");
    certificates.collect::<Result<_, _>>().expect("certificates")
}
