//! PEM files, and what was wrong with them.

use std::fs;
use std::io;
use std::path::Path;

use rustls::RootCertStore;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};

/// Why TLS material was refused. Every message names the place and ends with the remedy; none holds key material.
#[non_exhaustive]
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// A file could not be read.
    #[error("cannot read the {what} file {path}; check the path and that this process may read it")]
    Read {
        /// `CA`, `certificate` or `key`.
        what: &'static str,
        /// The file.
        path: String,
        /// What the operating system said.
        source: io::Error,
    },
    /// The text is not what it should be.
    #[error("the {what} file {path} {problem}; {remedy}")]
    Pem {
        /// `CA`, `certificate` or `key`.
        what: &'static str,
        /// The file.
        path: String,
        /// What is wrong with it.
        problem: &'static str,
        /// What to do about it.
        remedy: &'static str,
    },
    /// Certificate and key do not belong together.
    #[error(
        "the key file {key} does not belong to the certificate file {certificate}; give the key it was issued for"
    )]
    KeyMismatch {
        /// The certificate's file.
        certificate: String,
        /// The key's file.
        key: String,
    },
    /// rustls cannot work with it.
    #[error(
        "TLS with the file {path} cannot be set up; use an RSA, ECDSA or Ed25519 key and certificates of X.509 version 3"
    )]
    Unusable {
        /// The certificate's file, or the CA's where there is none.
        path: String,
        /// What rustls said.
        source: rustls::Error,
    },
}

/// The contents of a PEM file, with the name under which errors speak of it.
pub(super) struct Pem {
    what: &'static str,
    pub(super) path: String,
    pub(super) text: Vec<u8>,
}

pub(super) const CA: &str = "CA";
pub(super) const CERTIFICATE: &str = "certificate";
pub(super) const KEY: &str = "key";

impl Pem {
    pub(super) fn read(what: &'static str, path: &Path) -> Result<Self, TlsError> {
        let shown = path.display().to_string();
        match fs::read(path) {
            Ok(text) => Ok(Self { what, path: shown, text }),
            Err(source) => Err(TlsError::Read { what, path: shown, source }),
        }
    }

    // The parser's own errors quote the input, which may be a key: they are not passed on.
    fn error(&self, problem: &'static str, remedy: &'static str) -> TlsError {
        TlsError::Pem { what: self.what, path: self.path.clone(), problem, remedy }
    }

    pub(super) fn unusable(&self, source: rustls::Error) -> TlsError {
        TlsError::Unusable { path: self.path.clone(), source }
    }

    pub(super) fn certificates(&self) -> Result<Vec<CertificateDer<'static>>, TlsError> {
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

    pub(super) fn roots(&self) -> Result<RootCertStore, TlsError> {
        let mut roots = RootCertStore::empty();
        for certificate in self.certificates()? {
            roots.add(certificate).map_err(|_| {
                self.error("holds a broken certificate", "give the CA's own certificate")
            })?;
        }
        Ok(roots)
    }

    pub(super) fn key(&self) -> Result<PrivateKeyDer<'static>, TlsError> {
        PrivateKeyDer::from_pem_slice(&self.text).map_err(|_| {
            if CertificateDer::from_pem_slice(&self.text).is_ok() {
                self.error("holds a certificate and no private key", "swap the two back")
            } else {
                let remedy = "give an unencrypted PKCS#8, PKCS#1 or SEC1 key in PEM";
                self.error("holds no private key", remedy)
            }
        })
    }
}
