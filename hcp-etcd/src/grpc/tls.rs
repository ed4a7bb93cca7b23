//! What we present to members and whom we trust: PEM files, checked when given and read again when they change.

use std::fmt;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ClientConfig, RootCertStore};

/// The TLS side of a connection: a CA to trust and, usually, a certificate and key to present.
///
/// It uses rustls with ring by name; the process-wide default provider is neither read nor set.
#[derive(Clone)]
pub struct Tls {
    config: Arc<ClientConfig>,
    files: Option<Arc<Files>>,
}

/// The files behind a [`Tls`], as they were when they were read.
struct Files {
    ca: PathBuf,
    identity: Option<(PathBuf, PathBuf)>,
    stamp: Stamp,
}

/// Modification time and length of each file.
type Stamp = Vec<Option<(SystemTime, u64)>>;

/// Why TLS material was refused. Every message names the place and ends with the remedy; none holds key material.
#[non_exhaustive]
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// A file could not be read.
    #[error("cannot read the {what} file {path}; check the path and that this process may read it")]
    Read {
        /// `CA`, `client certificate` or `client key`.
        what: &'static str,
        /// The file.
        path: String,
        /// What the operating system said.
        source: io::Error,
    },
    /// The text is not what it should be.
    #[error("the {what} {place} {problem}; {remedy}")]
    Pem {
        /// `CA`, `client certificate` or `client key`.
        what: &'static str,
        /// The file, or "given as text".
        place: String,
        /// What is wrong with it.
        problem: &'static str,
        /// What to do about it.
        remedy: &'static str,
    },
    /// Certificate and key do not belong together.
    #[error(
        "the client key {key} does not belong to the client certificate {certificate}; give the key it was issued for"
    )]
    KeyMismatch {
        /// The certificate's file, or "given as text".
        certificate: String,
        /// The key's file, or "given as text".
        key: String,
    },
    /// rustls cannot work with it.
    #[error(
        "TLS with {place} cannot be set up; use an RSA, ECDSA or Ed25519 key and certificates of X.509 version 3"
    )]
    Unusable {
        /// The files, or "given as text".
        place: String,
        /// What rustls said.
        source: rustls::Error,
    },
}

/// PEM text with the name under which errors speak of it.
struct Pem {
    what: &'static str,
    place: String,
    text: Vec<u8>,
}

const CA: &str = "CA";
const CERTIFICATE: &str = "client certificate";
const KEY: &str = "client key";

impl Tls {
    /// Trusts the CA in `ca` and presents the certificate chain in `certificate` with the key in `key`.
    ///
    /// All are PEM files, checked now and read again when they change on disk. While a change cannot be used (half
    /// of a rotation is written), the material read before stays in use.
    ///
    /// # Errors
    /// [`TlsError`] naming the file and the remedy.
    pub fn from_files(
        ca: impl AsRef<Path>,
        certificate: impl AsRef<Path>,
        key: impl AsRef<Path>,
    ) -> Result<Self, TlsError> {
        let identity = (certificate.as_ref().to_owned(), key.as_ref().to_owned());
        Self::read(ca.as_ref().to_owned(), Some(identity))
    }

    /// Trusts the CA in the PEM file `ca` and presents nothing, for members without `--client-cert-auth`.
    ///
    /// # Errors
    /// [`TlsError`] naming the file and the remedy.
    pub fn from_ca_file(ca: impl AsRef<Path>) -> Result<Self, TlsError> {
        Self::read(ca.as_ref().to_owned(), None)
    }

    /// The same as [`from_files`](Self::from_files) for PEM text already in memory.
    ///
    /// # Errors
    /// [`TlsError`] naming the part and the remedy.
    pub fn from_pem(
        ca: impl AsRef<[u8]>,
        certificate: impl AsRef<[u8]>,
        key: impl AsRef<[u8]>,
    ) -> Result<Self, TlsError> {
        let identity = (Pem::text(CERTIFICATE, certificate.as_ref()), Pem::text(KEY, key.as_ref()));
        let config = build(&Pem::text(CA, ca.as_ref()), Some(&identity))?;
        Ok(Self::from_config(config))
    }

    /// Trusts the CA in PEM text and presents nothing.
    ///
    /// # Errors
    /// [`TlsError`] naming the remedy.
    pub fn from_ca_pem(ca: impl AsRef<[u8]>) -> Result<Self, TlsError> {
        build(&Pem::text(CA, ca.as_ref()), None).map(Self::from_config)
    }

    /// Uses a configuration the host has built, with its own verifier, provider or hardware key.
    ///
    /// The one change made to it is the protocol asked for (`h2`, which gRPC needs).
    #[must_use]
    pub fn from_config(config: impl Into<Arc<ClientConfig>>) -> Self {
        let mut config = Arc::unwrap_or_clone(config.into());
        config.alpn_protocols = vec![b"h2".to_vec()];
        Self { config: Arc::new(config), files: None }
    }

    fn read(ca: PathBuf, identity: Option<(PathBuf, PathBuf)>) -> Result<Self, TlsError> {
        // The stamp is taken first: a change while we read is then seen as a change afterwards.
        let stamp = stamp(&ca, identity.as_ref());
        let ca_pem = Pem::file(CA, &ca)?;
        let pems = match &identity {
            Some((certificate, key)) => {
                Some((Pem::file(CERTIFICATE, certificate)?, Pem::file(KEY, key)?))
            }
            None => None,
        };
        let mut tls = Self::from_config(build(&ca_pem, pems.as_ref())?);
        tls.files = Some(Arc::new(Files { ca, identity, stamp }));
        Ok(tls)
    }

    /// The same with fresh files, if they changed since they were read.
    pub(super) fn renewed(&self) -> Option<Result<Self, TlsError>> {
        let files = self.files.as_ref()?;
        (stamp(&files.ca, files.identity.as_ref()) != files.stamp)
            .then(|| Self::read(files.ca.clone(), files.identity.clone()))
    }

    pub(super) fn config(&self) -> Arc<ClientConfig> {
        Arc::clone(&self.config)
    }
}

impl fmt::Debug for Tls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("Tls");
        if let Some(files) = &self.files {
            shown.field("ca", &files.ca);
            if let Some((certificate, key)) = &files.identity {
                shown.field("certificate", certificate).field("key", key);
            }
        }
        shown.finish_non_exhaustive()
    }
}

impl Pem {
    fn file(what: &'static str, path: &Path) -> Result<Self, TlsError> {
        let text = fs::read(path).map_err(|source| TlsError::Read {
            what,
            path: path.display().to_string(),
            source,
        })?;
        Ok(Self { what, place: format!("file {}", path.display()), text })
    }

    fn text(what: &'static str, text: &[u8]) -> Self {
        Self { what, place: "given as text".to_owned(), text: text.to_vec() }
    }

    // The parser's own errors quote the input, which may be a key: they are not passed on.
    fn error(&self, problem: &'static str, remedy: &'static str) -> TlsError {
        TlsError::Pem { what: self.what, place: self.place.clone(), problem, remedy }
    }

    fn certificates(&self) -> Result<Vec<CertificateDer<'static>>, TlsError> {
        let certificates = CertificateDer::pem_slice_iter(&self.text)
            .collect::<Result<Vec<_>, _>>()
            .map_err(|_| self.error("is not valid PEM", "give PEM with BEGIN CERTIFICATE lines"))?;
        if !certificates.is_empty() {
            return Ok(certificates);
        }
        Err(if PrivateKeyDer::from_pem_slice(&self.text).is_ok() {
            self.error("holds a private key and no certificate", "swap the two back")
        } else {
            self.error("holds no certificate", "give PEM with BEGIN CERTIFICATE lines")
        })
    }

    fn key(&self) -> Result<PrivateKeyDer<'static>, TlsError> {
        PrivateKeyDer::from_pem_slice(&self.text).map_err(|_| {
            let is_certificate = CertificateDer::from_pem_slice(&self.text).is_ok();
            if is_certificate {
                self.error("holds a certificate and no private key", "swap the two back")
            } else {
                self.error(
                    "holds no private key",
                    "give an unencrypted PKCS#8, PKCS#1 or SEC1 key in PEM",
                )
            }
        })
    }
}

fn build(ca: &Pem, identity: Option<&(Pem, Pem)>) -> Result<ClientConfig, TlsError> {
    let mut roots = RootCertStore::empty();
    for certificate in ca.certificates()? {
        roots
            .add(certificate)
            .map_err(|_| ca.error("holds a broken certificate", "give the CA's own certificate"))?;
    }
    let unusable = |place: &str| {
        let place = place.to_owned();
        move |source| TlsError::Unusable { place, source }
    };
    let builder =
        ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
            .with_safe_default_protocol_versions()
            .map_err(unusable(&ca.place))?
            .with_root_certificates(roots);
    let Some((certificate, key)) = identity else {
        return Ok(builder.with_no_client_auth());
    };
    builder.with_client_auth_cert(certificate.certificates()?, key.key()?).map_err(|source| {
        match source {
            rustls::Error::InconsistentKeys(_) => TlsError::KeyMismatch {
                certificate: certificate.place.clone(),
                key: key.place.clone(),
            },
            source => unusable(&certificate.place)(source),
        }
    })
}

fn stamp(ca: &Path, identity: Option<&(PathBuf, PathBuf)>) -> Stamp {
    let stamp = |path: &Path| {
        let metadata = fs::metadata(path).ok()?;
        Some((metadata.modified().ok()?, metadata.len()))
    };
    let identity = identity.map(|(certificate, key)| [stamp(certificate), stamp(key)]);
    std::iter::once(stamp(ca)).chain(identity.into_iter().flatten()).collect()
}
