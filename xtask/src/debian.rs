//! Debian's packages: installed (`protoc`) or only unpacked (etcd, whose package would start a
//! server on this machine).

use std::fs;
use std::path::{Path, PathBuf};
use std::process;

use crate::assets::own_folder;
use crate::error::Result;
use crate::golang;
use crate::run::{Run, is_root, on_path, shown};
use crate::suite::{Suite, unfit};
use crate::version::Version;

/// Unpacks the suite's packages into `target/assets/`, or says why they will not do.
pub(crate) fn fetch(suite: &Suite) -> Result<(), String> {
    if on_path("apt-get").is_none() {
        return Err("`apt-get` is not on PATH: not a Debian system".to_owned());
    }
    for package in suite.debian {
        let candidate = candidate(package)?;
        let version = Version::find(&candidate);
        if version.is_none_or(|version| version < suite.minimum) {
            let Suite { minimum, below, .. } = suite;
            return Err(format!("{package} is {candidate}, below {minimum} ({below})"));
        }
    }
    let folder = own_folder();
    let unpacked = folder.join(format!(".debian.{}", process::id()));
    let outcome = unpack(suite, &unpacked).and_then(|programs| place(suite, &programs, &folder));
    // Best effort: what is left over is under target/ and is never looked at.
    let _ = fs::remove_dir_all(&unpacked);
    outcome
}

/// Installs a package; only root can.
pub(crate) fn install(package: &str) -> Result<(), String> {
    if on_path("apt-get").is_none() {
        return Err("`apt-get` is not on PATH: not a Debian system".to_owned());
    }
    if !is_root() {
        return Err(format!("only root can install Debian's {package}"));
    }
    candidate(package)?;
    apt_get(&["install", "--yes", "--no-install-recommends", package])
}

/// The version that apt would install. Package lists are fetched once where there are none.
fn candidate(package: &str) -> Result<String, String> {
    let ask = || Ok(parse_candidate(&Run::new("apt-cache").args(["policy", package]).capture()?));
    let mut candidate: Result<Option<String>, String> = ask();
    if candidate == Ok(None) && is_root() {
        apt_get(&["update"])?;
        candidate = ask();
    }
    candidate?.ok_or_else(|| {
        format!("apt knows no package {package} (as root, `apt-get update` may help)")
    })
}

/// Reads `apt-cache policy`.
fn parse_candidate(policy: &str) -> Option<String> {
    let candidate = policy.lines().find_map(|line| line.trim().strip_prefix("Candidate:"))?.trim();
    (candidate != "(none)").then(|| candidate.to_owned())
}

/// Downloads and unpacks; needs no root. Returns the folder with the programs.
fn unpack(suite: &Suite, into: &Path) -> Result<PathBuf, String> {
    let cannot = |error: std::io::Error| format!("{}: {error}", shown(into));
    fs::create_dir_all(into).map_err(cannot)?;
    Run::new("apt-get").dir(into).args(["download"]).args(suite.debian).capture()?;
    for entry in fs::read_dir(into).map_err(cannot)? {
        let package = entry.map_err(cannot)?.path();
        if package.extension().is_some_and(|extension| extension == "deb") {
            Run::new("dpkg-deb").args([Path::new("-x"), &package, into]).capture()?;
        }
    }
    Ok(into.join("usr/bin"))
}

fn place(suite: &Suite, from: &Path, to: &Path) -> Result<(), String> {
    if let Some(why) = unfit(suite, from) {
        return Err(format!("{}: {why}", suite.debian.join(" and ")));
    }
    let cannot = |error: std::io::Error| format!("{}: {error}", shown(to));
    golang::forget(suite).map_err(cannot)?;
    for program in suite.programs {
        fs::rename(from.join(program.name), to.join(program.name)).map_err(cannot)?;
    }
    Ok(())
}

fn apt_get(args: &[&str]) -> Result<(), String> {
    println!("$ apt-get {}", args.join(" "));
    let run = Run::new("apt-get").env("DEBIAN_FRONTEND", "noninteractive");
    // Another installation may be under way: wait for it rather than fail.
    run.args(["-q", "-o", "DPkg::Lock::Timeout=120"]).args(args).capture().map(drop)
}

#[cfg(test)]
mod tests {
    use super::parse_candidate;

    #[test]
    fn the_candidate_is_read_from_apt_cache_policy() {
        let policy =
            "etcd-server:\n  Installed: (none)\n  Candidate: 3.4.23-4+b4\n  Version table:\n";
        assert_eq!(parse_candidate(policy).as_deref(), Some("3.4.23-4+b4"));
        assert_eq!(parse_candidate("x:\n  Installed: (none)\n  Candidate: (none)\n"), None);
        assert_eq!(parse_candidate(""), None);
    }
}
