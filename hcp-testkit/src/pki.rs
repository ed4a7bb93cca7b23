//! Certificates of a cluster, good ones and bad ones.

use std::fs::OpenOptions;
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose, date_time_ymd,
};

use crate::TestkitError;

/// A certificate authority and what it has signed, as PEM files in one directory; keys are for their owner only.
#[derive(Debug)]
pub struct Pki {
    dir: PathBuf,
    ca: PathBuf,
    issuer: Issuer<'static, KeyPair>,
}

/// A certificate and its key, as PEM files.
#[non_exhaustive]
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Certificate {
    /// The certificate.
    pub cert: PathBuf,
    /// Its private key.
    pub key: PathBuf,
}

/// Until when a certificate is valid.
#[derive(Debug, Clone, Copy)]
enum Validity {
    Now,
    Expired,
}

impl Pki {
    /// Makes an authority whose files are in `dir`.
    ///
    /// # Errors
    /// [`TestkitError`] if files cannot be written.
    pub fn new(dir: &Path, name: &str) -> Result<Self, TestkitError> {
        std::fs::create_dir_all(dir).map_err(TestkitError::io("make a directory", dir))?;
        let mut params = CertificateParams::new(Vec::new())?;
        params.distinguished_name.push(DnType::CommonName, name);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        let key = KeyPair::generate()?;
        let ca = dir.join(format!("{name}.crt"));
        write(&ca, &params.self_signed(&key)?.pem(), 0o644)?;
        Ok(Self { dir: dir.to_owned(), ca, issuer: Issuer::new(params, key) })
    }

    /// The authority's own certificate.
    #[must_use]
    pub fn ca(&self) -> &Path {
        &self.ca
    }

    /// A certificate for a client of that common name.
    ///
    /// # Errors
    /// [`TestkitError`] if files cannot be written.
    pub fn client_cert(&self, common_name: &str) -> Result<Certificate, TestkitError> {
        self.issue(common_name, common_name, None, &[], Validity::Now)
    }

    /// A certificate for a client of that common name and that organization: to Kubernetes, a user and his group.
    ///
    /// # Errors
    /// [`TestkitError`] if files cannot be written.
    pub fn client_cert_in_group(
        &self,
        common_name: &str,
        organization: &str,
    ) -> Result<Certificate, TestkitError> {
        self.issue(common_name, common_name, Some(organization), &[], Validity::Now)
    }

    /// A client certificate that expired long ago.
    ///
    /// # Errors
    /// [`TestkitError`] if files cannot be written.
    pub fn client_cert_expired(&self) -> Result<Certificate, TestkitError> {
        self.issue("expired-client", "etcd-client", None, &[], Validity::Expired)
    }

    /// A certificate a member serves with, for loopback and its own name.
    ///
    /// # Errors
    /// [`TestkitError`] if files cannot be written.
    pub fn server_cert(&self, file: &str, member: &str) -> Result<Certificate, TestkitError> {
        self.issue(file, member, None, &sans(member), Validity::Now)
    }

    /// A certificate of a member that expired long ago.
    ///
    /// # Errors
    /// [`TestkitError`] if files cannot be written.
    pub fn server_cert_expired(&self, member: &str) -> Result<Certificate, TestkitError> {
        let file = format!("{member}-expired");
        self.issue(&file, member, None, &sans(member), Validity::Expired)
    }

    /// A certificate for a host nobody asks for.
    ///
    /// # Errors
    /// [`TestkitError`] if files cannot be written.
    pub fn server_cert_for_other_host(&self, member: &str) -> Result<Certificate, TestkitError> {
        let sans = ["other.example".to_owned()];
        self.issue(&format!("{member}-other-host"), member, None, &sans, Validity::Now)
    }

    /// Another authority of the same name, which this cluster does not trust.
    ///
    /// # Errors
    /// [`TestkitError`] if files cannot be written.
    pub fn other_ca(&self) -> Result<Self, TestkitError> {
        Self::new(&self.dir.join("other"), "etcd-ca")
    }

    fn issue(
        &self,
        file: &str,
        common_name: &str,
        organization: Option<&str>,
        sans: &[String],
        validity: Validity,
    ) -> Result<Certificate, TestkitError> {
        let mut params = CertificateParams::new(sans.to_vec())?;
        params.distinguished_name.push(DnType::CommonName, common_name);
        if let Some(organization) = organization {
            params.distinguished_name.push(DnType::OrganizationName, organization);
        }
        // A member presents its serving certificate as a client of itself and of its peers, too.
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
        if !sans.is_empty() {
            params.insert_extended_key_usage(ExtendedKeyUsagePurpose::ServerAuth);
        }
        params.use_authority_key_identifier_extension = true;
        if matches!(validity, Validity::Expired) {
            params.not_before = date_time_ymd(2020, 1, 1);
            params.not_after = date_time_ymd(2021, 1, 1);
        }
        let key = KeyPair::generate()?;
        let signed = params.signed_by(&key, &self.issuer)?;
        let certificate = Certificate {
            cert: self.dir.join(format!("{file}.crt")),
            key: self.dir.join(format!("{file}.key")),
        };
        write(&certificate.cert, &signed.pem(), 0o644)?;
        write(&certificate.key, &key.serialize_pem(), 0o600)?;
        Ok(certificate)
    }
}

fn sans(member: &str) -> Vec<String> {
    ["127.0.0.1", "localhost", member].map(str::to_owned).into()
}

fn write(path: &Path, pem: &str, mode: u32) -> Result<(), TestkitError> {
    OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(mode)
        .open(path)
        .and_then(|mut file| file.write_all(pem.as_bytes()))
        .map_err(TestkitError::io("write", path))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn keys_are_private_and_not_shown() {
        let dir = tempfile::tempdir().unwrap();
        let pki = Pki::new(dir.path(), "etcd-ca").unwrap();
        let client = pki.client_cert("etcd-client").unwrap();
        let mode = client.key.metadata().unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        let shown = format!("{pki:?}");
        let secret = std::fs::read_to_string(&client.key).unwrap();
        let line = secret.lines().nth(1).unwrap();
        assert!(!shown.contains(line) && !shown.contains("PRIVATE KEY"), "{shown}");
    }
}
