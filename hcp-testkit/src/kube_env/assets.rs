//! Which Kubernetes this machine has.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::TestkitError;
use crate::assets::{find_asset, version_numbers};

/// The oldest Kubernetes whose behaviour the tests describe.
const OLDEST: [u64; 3] = [1, 34, 0];
const CONTROLLER_MANAGER: &str = "kube-controller-manager";
const KUBECTL: &str = "kubectl";

/// The programs of Kubernetes, all from one folder, so that they are of one version.
#[non_exhaustive]
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KubeAssets {
    /// The API server.
    pub kube_apiserver: PathBuf,
    /// The controllers of Kubernetes itself.
    pub kube_controller_manager: PathBuf,
    /// The client, an oracle in tests.
    pub kubectl: PathBuf,
}

impl KubeAssets {
    /// Looks for a folder with all three, of at least version 1.34.0.
    ///
    /// # Errors
    /// [`TestkitError::AssetMissing`] with what was looked at and what to run.
    pub fn find() -> Result<Self, TestkitError> {
        let kube_apiserver = find_asset("kube-apiserver", is_fit)?;
        let beside = |name| kube_apiserver.with_file_name(name);
        Ok(Self {
            kube_controller_manager: beside(CONTROLLER_MANAGER),
            kubectl: beside(KUBECTL),
            kube_apiserver,
        })
    }
}

fn is_fit(kube_apiserver: &Path) -> Result<(), String> {
    let missing = [CONTROLLER_MANAGER, KUBECTL]
        .into_iter()
        .find(|name| !kube_apiserver.with_file_name(name).is_file());
    if let Some(name) = missing {
        return Err(format!("has no {name} beside it"));
    }
    let output = Command::new(kube_apiserver)
        .arg("--version")
        .stdin(Stdio::null())
        .output()
        .map_err(|error| format!("does not run: {error}"))?;
    is_new_enough(&String::from_utf8_lossy(&output.stdout))
}

fn is_new_enough(said: &str) -> Result<(), String> {
    let version = said.trim().strip_prefix("Kubernetes v").and_then(version_numbers);
    match version.ok_or("tells no version")? {
        version if version >= OLDEST => Ok(()),
        [major, minor, patch] => Err(format!("is {major}.{minor}.{patch}, older than 1.34.0")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_new_enough_will_do() {
        assert_eq!(is_new_enough("Kubernetes v1.34.0\n"), Ok(()));
        assert_eq!(is_new_enough("Kubernetes v1.35.1-rc.0+abc"), Ok(()));
        assert_eq!(
            is_new_enough("Kubernetes v1.33.9\n"),
            Err("is 1.33.9, older than 1.34.0".to_owned())
        );
        assert_eq!(is_new_enough("command not found"), Err("tells no version".to_owned()));
    }

    #[test]
    fn a_server_alone_will_not_do() {
        let dir = tempfile::tempdir().unwrap();
        let server = dir.path().join("kube-apiserver");
        assert_eq!(is_fit(&server), Err("has no kube-controller-manager beside it".to_owned()));
        std::fs::write(dir.path().join(CONTROLLER_MANAGER), "").unwrap();
        assert_eq!(is_fit(&server), Err("has no kubectl beside it".to_owned()));
    }
}
