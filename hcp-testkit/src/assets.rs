//! Where the programs under test are.

use std::env;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::TestkitError;

/// The oldest etcd whose behaviour the tests describe.
const OLDEST_ETCD: [u64; 3] = [3, 5, 26];

/// The programs of etcd.
#[non_exhaustive]
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EtcdAssets {
    /// The server.
    pub etcd: PathBuf,
    /// The client, an oracle in tests.
    pub etcdctl: PathBuf,
    /// The tool for data files: snapshots, restores.
    pub etcdutl: PathBuf,
}

impl EtcdAssets {
    /// Looks for all three, each of at least version 3.5.26.
    ///
    /// # Errors
    /// [`TestkitError::AssetMissing`] with what to run.
    pub fn find() -> Result<Self, TestkitError> {
        Ok(Self {
            etcd: find_asset("etcd", |path| is_new_enough(path, "--version"))?,
            etcdctl: find_asset("etcdctl", |path| is_new_enough(path, "version"))?,
            etcdutl: find_asset("etcdutl", |path| is_new_enough(path, "version"))?,
        })
    }
}

/// Looks for a program in `$KUBEBUILDER_ASSETS`, then `PATH`, then `target/assets` of this workspace, and takes the
/// first that `check` has nothing against.
///
/// # Errors
/// [`TestkitError::AssetMissing`] with what was looked at and what to run.
pub fn find_asset(
    name: &str,
    check: impl Fn(&Path) -> Result<(), String>,
) -> Result<PathBuf, TestkitError> {
    find_first(&[name.to_owned()], check)
}

/// The same for a program that goes by several names; all places are searched for the first name first.
pub(crate) fn find_first(
    names: &[String],
    check: impl Fn(&Path) -> Result<(), String>,
) -> Result<PathBuf, TestkitError> {
    let mut looked = Vec::new();
    let dirs = asset_dirs();
    for path in names.iter().flat_map(|name| dirs.iter().map(move |dir| dir.join(name))) {
        if path.is_file() {
            match check(&path) {
                Ok(()) => return Ok(path),
                Err(problem) => looked.push(format!("{} {problem}", path.display())),
            }
        }
    }
    if looked.is_empty() {
        looked.push("none found".to_owned());
    }
    Err(TestkitError::AssetMissing { name: names.join(" or "), looked: looked.join(", ") })
}

fn asset_dirs() -> Vec<PathBuf> {
    let mut dirs = Vec::new();
    dirs.extend(env::var_os("KUBEBUILDER_ASSETS").map(PathBuf::from));
    if let Some(path) = env::var_os("PATH") {
        dirs.extend(env::split_paths(&path));
    }
    dirs.push(Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/assets"));
    dirs
}

fn is_new_enough(program: &Path, flag: &str) -> Result<(), String> {
    let output = Command::new(program)
        .arg(flag)
        .env("ETCDCTL_API", "3")
        .stdin(Stdio::null())
        .output()
        .map_err(|error| format!("does not run: {error}"))?;
    let text = String::from_utf8_lossy(&output.stdout);
    let version = parse_version(&text).ok_or("tells no version")?;
    if version < OLDEST_ETCD {
        let [major, minor, patch] = version;
        return Err(format!("is {major}.{minor}.{patch}, older than 3.5.26"));
    }
    Ok(())
}

/// The version in `etcd Version: 3.5.30` and the like.
fn parse_version(text: &str) -> Option<[u64; 3]> {
    let line = text.lines().find(|line| line.contains("ersion: "))?;
    version_numbers(line.rsplit_once(": ")?.1.trim())
}

/// The numbers of `3.5.30-rc.1`.
pub(crate) fn version_numbers(version: &str) -> Option<[u64; 3]> {
    let version = version.split(['-', '+']).next()?;
    let mut parts = version.split('.').map(str::parse);
    let mut next = || parts.next()?.ok();
    Some([next()?, next()?, next()?])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_read_from_what_the_tools_print() {
        let etcd = "etcd Version: 3.5.30\nGit SHA: abc\n";
        assert_eq!(parse_version(etcd), Some([3, 5, 30]));
        let etcdctl = "etcdctl version: 3.4.23\nAPI version: 3.4\n";
        assert_eq!(parse_version(etcdctl), Some([3, 4, 23]));
        assert_eq!(parse_version("etcd Version: 3.6.0-rc.1"), Some([3, 6, 0]));
        assert_eq!(parse_version("command not found"), None);
    }

    #[test]
    fn a_missing_program_says_what_to_run() {
        let error = find_asset("no-such-program", |_| Ok(())).unwrap_err();
        assert!(error.to_string().contains("cargo xtask assets"), "{error}");
        let error = find_asset("sh", |_| Err("is the wrong one".to_owned())).unwrap_err();
        assert!(error.to_string().contains("is the wrong one"), "{error}");
    }
}
