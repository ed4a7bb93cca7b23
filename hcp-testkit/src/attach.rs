//! Everything another process needs to carry on with a cluster that runs.

use std::path::{Path, PathBuf};

use hcp_etcd::process::{LocalMember, LocalMembers};
use hcp_etcd::{MemberName, Topology};
use serde::{Deserialize, Serialize};

use crate::TestkitError;

/// A running cluster as plain data: pass it to another process as JSON, or as the file [`AttachConfig::save`] wrote.
///
/// It holds paths of keys, never keys.
#[non_exhaustive]
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AttachConfig {
    /// The etcd program.
    pub etcd: PathBuf,
    /// Records, logs and locks of the members.
    pub runtime_dir: PathBuf,
    /// The declared members.
    pub topology: Topology,
    /// How each member is run.
    pub members: Vec<AttachMember>,
    /// What clients present and trust; `None` for a cluster without TLS.
    pub client_tls: Option<ClientTls>,
    /// An empty directory for snapshots.
    pub snapshots_dir: PathBuf,
}

/// How one member is run.
#[non_exhaustive]
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AttachMember {
    /// Its name.
    pub name: MemberName,
    /// Its data directory.
    pub data_dir: PathBuf,
    /// Its fixed flags.
    pub args: Vec<String>,
}

/// PEM files of a client.
#[non_exhaustive]
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClientTls {
    /// The authority that signed the members' certificates.
    pub ca: PathBuf,
    /// The client's certificate.
    pub cert: PathBuf,
    /// Its private key.
    pub key: PathBuf,
}

impl AttachConfig {
    /// The supervisor of these members, made anew from what lies in the runtime directory.
    ///
    /// # Errors
    /// [`TestkitError`] if the configuration is not a valid one.
    pub fn control(&self) -> Result<LocalMembers, TestkitError> {
        self.control_of(|_| true)
    }

    /// The same for some of the members.
    pub(crate) fn control_of(
        &self,
        which: impl Fn(&AttachMember) -> bool,
    ) -> Result<LocalMembers, TestkitError> {
        let members = self.members.iter().filter(|member| which(member));
        let members =
            members.map(|m| LocalMember::new(m.name.clone(), &m.data_dir, &m.args)).collect();
        let control = LocalMembers::new(&self.etcd, &self.runtime_dir, &self.topology, members)?;
        // An interrupted test run should take its members with it.
        Ok(control.in_group_of_caller())
    }

    /// Writes it as JSON.
    ///
    /// # Errors
    /// [`TestkitError`] if the file cannot be written.
    pub fn save(&self, file: &Path) -> Result<(), TestkitError> {
        let json = serde_json::to_vec_pretty(self).map_err(std::io::Error::from);
        json.and_then(|json| std::fs::write(file, json)).map_err(TestkitError::io("write", file))
    }

    /// Reads what [`AttachConfig::save`] wrote.
    ///
    /// # Errors
    /// [`TestkitError`] if the file cannot be read.
    pub fn load(file: &Path) -> Result<Self, TestkitError> {
        std::fs::read(file)
            .and_then(|json| serde_json::from_slice(&json).map_err(std::io::Error::from))
            .map_err(TestkitError::io("read", file))
    }
}
