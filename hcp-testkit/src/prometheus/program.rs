//! Which Prometheus this machine has.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::TestkitError;
use crate::assets::find_first;

/// A Prometheus server that can be started.
#[non_exhaustive]
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PrometheusProgram {
    /// The file.
    pub path: PathBuf,
    /// What it says of itself, such as `2.42.0+ds`.
    pub version: String,
}

impl PrometheusProgram {
    /// Looks for a server of that major version, by the names `prometheus-<major>` and `prometheus`.
    ///
    /// # Errors
    /// [`TestkitError::AssetMissing`] with what was looked at and what to run.
    pub fn find(major: u32) -> Result<Self, TestkitError> {
        let names = [format!("prometheus-{major}"), "prometheus".to_owned()];
        let check = |path: &Path| match version(path)? {
            version if version.starts_with(&format!("{major}.")) => Ok(()),
            version => Err(format!("is {version}, not {major}")),
        };
        let path = find_first(&names, check)?;
        let version = version(&path).map_err(TestkitError::Unexpected)?;
        Ok(Self { path, version })
    }
}

fn version(program: &Path) -> Result<String, String> {
    let output = Command::new(program)
        .arg("--version")
        .stdin(Stdio::null())
        .output()
        .map_err(|error| format!("does not run: {error}"))?;
    let said = String::from_utf8_lossy(&output.stdout);
    parse_version(&said).map(str::to_owned).ok_or_else(|| "tells no version".to_owned())
}

/// The version in `prometheus, version 2.42.0+ds (branch: …)`.
fn parse_version(said: &str) -> Option<&str> {
    let version = said.strip_prefix("prometheus, version ")?.split(' ').next()?;
    version.starts_with(|c: char| c.is_ascii_digit()).then_some(version)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_version_is_read_from_what_it_prints() {
        let debian = "prometheus, version 2.42.0+ds (branch: debian/sid, revision: 2.42.0+ds-5)\n";
        assert_eq!(parse_version(debian), Some("2.42.0+ds"));
        // Built without the flag that sets it.
        assert_eq!(parse_version("prometheus, version  (branch: , revision: unknown)"), None);
        assert_eq!(parse_version("etcd Version: 3.5.30"), None);
    }

    #[test]
    fn a_missing_server_says_what_to_run() {
        let error = PrometheusProgram::find(1).unwrap_err().to_string();
        assert!(error.contains("prometheus-1") && error.contains("cargo xtask assets"), "{error}");
    }
}
