//! TLS towards targets and towards scrapers: PEM files, checked when given, read again on request.

use std::collections::hash_map::RandomState;
use std::fmt;
use std::hash::BuildHasher;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use rustls::crypto::CryptoProvider;
use rustls::pki_types::PrivateKeyDer;
use rustls::server::WebPkiClientVerifier;
use rustls::{ClientConfig, RootCertStore, ServerConfig};

use super::pem::{CA, CERTIFICATE, KEY, Pem, TlsError};

/// TLS towards targets: a CA to trust and, where they want one, a certificate to present.
///
/// Clones share what they hold, so that one [`reload`](Self::reload) serves them all. It uses rustls with ring by name; the
/// process-wide default provider is neither read nor set.
#[derive(Clone)]
pub struct TargetTls(Arc<Shared<ClientConfig>>);

/// TLS towards scrapers: a certificate to present and, for mutual TLS, a CA whose clients are let in.
///
/// Clones share what they hold, so that one [`reload`](Self::reload) serves them all; connections that are open stay open.
#[derive(Clone)]
pub struct ServerTls(Arc<Shared<ServerConfig>>);

/// Whether scrapers must present a certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ClientAuth {
    /// They may: one without is served `/healthz`, and metrics unless
    /// [`ProxyConfig::with_client_certificate_required`](super::ProxyConfig::with_client_certificate_required) is set.
    Optional,
    /// They must: the handshake fails without, for `/healthz` too.
    Required,
}

/// What clones share: where it comes from, and what was read last.
struct Shared<C> {
    files: Option<Files>,
    hasher: RandomState,
    current: Mutex<Loaded<C>>,
}

struct Loaded<C> {
    config: Arc<C>,
    /// A keyed hash of the files' contents; 0 where there are no files.
    fingerprint: u64,
}

#[derive(Debug)]
struct Files {
    ca: Option<PathBuf>,
    identity: Option<(PathBuf, PathBuf)>,
    auth: Option<ClientAuth>,
}

struct Pems {
    ca: Option<Pem>,
    identity: Option<(Pem, Pem)>,
}

/// One side of a connection, made from what the files hold.
trait Side: Sized {
    fn build(pems: &Pems, auth: Option<ClientAuth>) -> Result<Self, TlsError>;
}

impl TargetTls {
    /// Trusts the CA in the PEM file `ca` and presents nothing.
    ///
    /// # Errors
    /// [`TlsError`] naming the file and the remedy.
    pub fn from_ca_file(ca: impl AsRef<Path>) -> Result<Self, TlsError> {
        let files = Files { ca: Some(ca.as_ref().to_owned()), identity: None, auth: None };
        Shared::read(files).map(Self)
    }

    /// Trusts the CA in `ca` and presents the certificate chain in `certificate` with the key in `key`.
    ///
    /// # Errors
    /// [`TlsError`] naming the file and the remedy.
    pub fn from_files(
        ca: impl AsRef<Path>,
        certificate: impl AsRef<Path>,
        key: impl AsRef<Path>,
    ) -> Result<Self, TlsError> {
        let identity = Some((certificate.as_ref().to_owned(), key.as_ref().to_owned()));
        let files = Files { ca: Some(ca.as_ref().to_owned()), identity, auth: None };
        Shared::read(files).map(Self)
    }

    /// Uses a configuration the host has built, with its own roots, verifier or provider.
    #[must_use]
    pub fn from_config(config: impl Into<Arc<ClientConfig>>) -> Self {
        Self(Shared::fixed(config.into()))
    }

    /// Reads the files again; whether their contents have changed. What was read before stays in use if they are bad.
    ///
    /// # Errors
    /// [`TlsError`] naming the file and the remedy.
    pub fn reload(&self) -> Result<bool, TlsError> {
        self.0.reload()
    }

    pub(super) fn config(&self) -> Arc<ClientConfig> {
        self.0.config()
    }

    pub(super) fn is_same_as(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

impl ServerTls {
    /// Presents the certificate chain in `certificate` with the key in `key`, and asks for none.
    ///
    /// # Errors
    /// [`TlsError`] naming the file and the remedy.
    pub fn from_files(
        certificate: impl AsRef<Path>,
        key: impl AsRef<Path>,
    ) -> Result<Self, TlsError> {
        let identity = Some((certificate.as_ref().to_owned(), key.as_ref().to_owned()));
        Shared::read(Files { ca: None, identity, auth: None }).map(Self)
    }

    /// The same with mutual TLS: a scraper's certificate must be issued by the CA in `client_ca`.
    ///
    /// # Errors
    /// [`TlsError`] naming the file and the remedy.
    pub fn from_files_with_client_ca(
        certificate: impl AsRef<Path>,
        key: impl AsRef<Path>,
        client_ca: impl AsRef<Path>,
        auth: ClientAuth,
    ) -> Result<Self, TlsError> {
        let identity = Some((certificate.as_ref().to_owned(), key.as_ref().to_owned()));
        let ca = Some(client_ca.as_ref().to_owned());
        Shared::read(Files { ca, identity, auth: Some(auth) }).map(Self)
    }

    /// Uses a configuration the host has built. The proxy speaks HTTP/1.1 only: offer no other protocol by ALPN.
    #[must_use]
    pub fn from_config(config: impl Into<Arc<ServerConfig>>) -> Self {
        Self(Shared::fixed(config.into()))
    }

    /// Reads the files again; whether their contents have changed. What was read before stays in use if they are bad.
    ///
    /// # Errors
    /// [`TlsError`] naming the file and the remedy.
    pub fn reload(&self) -> Result<bool, TlsError> {
        self.0.reload()
    }

    pub(super) fn config(&self) -> Arc<ServerConfig> {
        self.0.config()
    }
}

impl<C> Shared<C> {
    fn fixed(config: Arc<C>) -> Arc<Self> {
        let current = Mutex::new(Loaded { config, fingerprint: 0 });
        Arc::new(Self { files: None, hasher: RandomState::new(), current })
    }

    fn config(&self) -> Arc<C> {
        Arc::clone(&self.current.lock().unwrap_or_else(PoisonError::into_inner).config)
    }
}

impl<C: Side> Shared<C> {
    fn read(files: Files) -> Result<Arc<Self>, TlsError> {
        let hasher = RandomState::new();
        let pems = Pems::read(&files)?;
        let fingerprint = pems.fingerprint(&hasher);
        let config = Arc::new(C::build(&pems, files.auth)?);
        let current = Mutex::new(Loaded { config, fingerprint });
        Ok(Arc::new(Self { files: Some(files), hasher, current }))
    }

    fn reload(&self) -> Result<bool, TlsError> {
        let Some(files) = &self.files else {
            return Ok(false);
        };
        let pems = Pems::read(files)?;
        let fingerprint = pems.fingerprint(&self.hasher);
        let mut current = self.current.lock().unwrap_or_else(PoisonError::into_inner);
        if current.fingerprint == fingerprint {
            return Ok(false);
        }
        *current = Loaded { config: Arc::new(C::build(&pems, files.auth)?), fingerprint };
        Ok(true)
    }
}

impl Pems {
    fn read(files: &Files) -> Result<Self, TlsError> {
        let ca = files.ca.as_deref().map(|path| Pem::read(CA, path)).transpose()?;
        let identity = match &files.identity {
            Some((certificate, key)) => {
                Some((Pem::read(CERTIFICATE, certificate)?, Pem::read(KEY, key)?))
            }
            None => None,
        };
        Ok(Self { ca, identity })
    }

    fn fingerprint(&self, hasher: &RandomState) -> u64 {
        let identity = self.identity.as_ref().map(|(certificate, key)| [certificate, key]);
        let all = self.ca.iter().chain(identity.into_iter().flatten());
        hasher.hash_one(all.map(|pem| &pem.text).collect::<Vec<_>>())
    }
}

impl Side for ClientConfig {
    fn build(pems: &Pems, _: Option<ClientAuth>) -> Result<Self, TlsError> {
        let roots =
            pems.ca.as_ref().map(Pem::roots).transpose()?.unwrap_or_else(RootCertStore::empty);
        let place = pems.ca.as_ref();
        let builder = Self::builder_with_provider(provider())
            .with_safe_default_protocol_versions()
            .map_err(|source| unusable(place, source))?
            .with_root_certificates(roots);
        let mut config = match &pems.identity {
            None => builder.with_no_client_auth(),
            Some((certificate, key)) => builder
                .with_client_auth_cert(certificate.certificates()?, signing_key(key)?)
                .map_err(|source| mismatch(certificate, key, source))?,
        };
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(config)
    }
}

impl Side for ServerConfig {
    fn build(pems: &Pems, auth: Option<ClientAuth>) -> Result<Self, TlsError> {
        let builder = Self::builder_with_provider(provider())
            .with_safe_default_protocol_versions()
            .map_err(|source| unusable(pems.ca.as_ref(), source))?;
        let builder = match (&pems.ca, auth) {
            (Some(ca), Some(auth)) => {
                let roots = Arc::new(ca.roots()?);
                let verifier = WebPkiClientVerifier::builder_with_provider(roots, provider());
                let verifier = match auth {
                    ClientAuth::Optional => verifier.allow_unauthenticated(),
                    ClientAuth::Required => verifier,
                };
                let verifier = verifier
                    .build()
                    .map_err(|error| ca.unusable(rustls::Error::General(error.to_string())))?;
                builder.with_client_cert_verifier(verifier)
            }
            _ => builder.with_no_client_auth(),
        };
        let Some((certificate, key)) = &pems.identity else {
            let missing = rustls::Error::NoCertificatesPresented;
            return Err(unusable(pems.ca.as_ref(), missing));
        };
        let mut config = builder
            .with_single_cert(certificate.certificates()?, signing_key(key)?)
            .map_err(|source| mismatch(certificate, key, source))?;
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(config)
    }
}

fn provider() -> Arc<CryptoProvider> {
    Arc::new(rustls::crypto::ring::default_provider())
}

/// The key, which rustls can sign with.
fn signing_key(pem: &Pem) -> Result<PrivateKeyDer<'static>, TlsError> {
    let key = pem.key()?;
    let loaded = provider().key_provider.load_private_key(key.clone_key());
    loaded.map(|_| key).map_err(|source| pem.unusable(source))
}

fn unusable(place: Option<&Pem>, source: rustls::Error) -> TlsError {
    let path = place.map_or_else(String::new, |pem| pem.path.clone());
    TlsError::Unusable { path, source }
}

fn mismatch(certificate: &Pem, key: &Pem, source: rustls::Error) -> TlsError {
    match source {
        rustls::Error::InconsistentKeys(_) => {
            TlsError::KeyMismatch { certificate: certificate.path.clone(), key: key.path.clone() }
        }
        source => certificate.unusable(source),
    }
}

impl fmt::Debug for TargetTls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TargetTls").field("files", &self.0.files).finish_non_exhaustive()
    }
}

impl fmt::Debug for ServerTls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ServerTls").field("files", &self.0.files).finish_non_exhaustive()
    }
}
