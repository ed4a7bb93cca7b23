//! Who may ask the servers, and how: client certificates, kubeconfig files and clients.

use std::path::Path;
use std::sync::Arc;

use http::Uri;
use hyper_util::client::legacy::Client as HyperClient;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use kube::client::ConfigExt;
use kube::{Client, Config};
use rustls::ClientConfig;
use rustls::RootCertStore;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use serde_json::json;
use tower::ServiceBuilder;

use crate::{Certificate, Pki, TestkitError};

/// The group that RBAC lets do everything.
const ADMINS: &str = "system:masters";

/// An administrator's certificate, and whom to trust.
#[derive(Debug)]
pub(super) struct Access {
    certificate: Certificate,
    tls: Arc<ClientConfig>,
}

impl Access {
    /// Issues a certificate of the group [`ADMINS`].
    pub(super) fn new(pki: &Pki) -> Result<Self, TestkitError> {
        let certificate = pki.client_cert_in_group("admin", ADMINS)?;
        let tls = Arc::new(tls_config(pki.ca(), &certificate)?);
        Ok(Self { certificate, tls })
    }

    /// A kubeconfig that names the files of the certificate and holds no key.
    pub(super) fn kubeconfig(&self, ca: &Path, server: &Uri) -> String {
        json!({
            "apiVersion": "v1",
            "kind": "Config",
            "clusters": [{
                "name": "kube-env",
                "cluster": { "server": server.to_string(), "certificate-authority": ca },
            }],
            "users": [{
                "name": "admin",
                "user": {
                    "client-certificate": self.certificate.cert,
                    "client-key": self.certificate.key,
                },
            }],
            "contexts": [{
                "name": "kube-env",
                "context": { "cluster": "kube-env", "user": "admin" },
            }],
            "current-context": "kube-env",
        })
        .to_string()
    }

    /// A client of the server at `uri`.
    pub(super) fn client(&self, uri: Uri) -> Result<Client, TestkitError> {
        self.build(Config::new(uri))
    }

    /// A client whose every request is made, and authorized, as another user.
    pub(super) fn client_as(
        &self,
        uri: Uri,
        user: &str,
        groups: &[&str],
    ) -> Result<Client, TestkitError> {
        let mut config = Config::new(uri);
        config.auth_info.impersonate = Some(user.to_owned());
        config.auth_info.impersonate_groups =
            Some(groups.iter().map(ToString::to_string).collect());
        self.build(config)
    }

    /// What `Client::try_from` does, but with a crypto provider that is chosen here and not for the whole process.
    fn build(&self, config: Config) -> Result<Client, TestkitError> {
        if tokio::runtime::Handle::try_current().is_err() {
            return Err(TestkitError::Unexpected("a client is made within a Tokio runtime".into()));
        }
        let mut http = HttpConnector::new();
        http.enforce_http(false);
        http.set_nodelay(true);
        let https = hyper_rustls::HttpsConnector::from((http, Arc::clone(&self.tls)));
        let headers = config.extra_headers_layer();
        let service = ServiceBuilder::new()
            .layer(config.base_uri_layer())
            .layer(headers.map_err(TestkitError::kube("set the headers of a client"))?)
            .service(HyperClient::builder(TokioExecutor::new()).build(https));
        Ok(Client::new(service, config.default_namespace))
    }
}

fn tls_config(ca: &Path, client: &Certificate) -> Result<ClientConfig, TestkitError> {
    let mut roots = RootCertStore::empty();
    for certificate in certificates(ca)? {
        roots.add(certificate).map_err(TestkitError::tls(ca))?;
    }
    let key = PrivateKeyDer::from_pem_file(&client.key).map_err(TestkitError::tls(&client.key))?;
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(TestkitError::tls(ca))?
        .with_root_certificates(roots)
        .with_client_auth_cert(certificates(&client.cert)?, key)
        .map_err(TestkitError::tls(&client.cert))
}

fn certificates(file: &Path) -> Result<Vec<CertificateDer<'static>>, TestkitError> {
    let all = CertificateDer::pem_file_iter(file).map_err(TestkitError::tls(file))?;
    all.collect::<Result<_, _>>().map_err(TestkitError::tls(file))
}
