//! Where the binaries of a [`Suite`] are looked for, and how they are had when they are nowhere.
//!
//! Search order: `$KUBEBUILDER_ASSETS`, each folder of `PATH`, `target/assets/`. What is nowhere
//! is built with Go ([`golang`]), or taken from Debian's packages where there is no Go
//! ([`debian`]). All programs of a suite come from one folder and have one version.

use std::path::PathBuf;

use crate::error::{Error, Result};
use crate::golang::Pins;
use crate::run::{path_folders, root, shown, variable};
use crate::suite::{Look, Suite, look};
use crate::version::Version;
use crate::{debian, golang};

/// A complete suite in one folder.
#[derive(Debug)]
pub(crate) struct Found {
    /// The folder, absolute.
    pub(crate) folder: PathBuf,
    /// What every program of the suite says.
    pub(crate) version: Version,
    /// How it came to be there.
    pub(crate) how: String,
}

/// Where this workspace keeps what it builds or unpacks.
pub(crate) fn own_folder() -> PathBuf {
    root().join("target/assets")
}

/// Finds the suite, or gets it, or says everything that was tried and how to help.
pub(crate) fn provide(suite: &Suite) -> Result<Found> {
    let mut tried = Vec::new();
    if let Some(found) = search(suite, &mut tried) {
        return Ok(found);
    }
    let mut install_go = String::new();
    if !suite.module.is_empty() {
        let go_mod = Pins::read(suite)?;
        match golang::find(suite, &go_mod) {
            Ok(go) => {
                golang::build(suite, &go, &go_mod)?;
                return built(suite, &go_mod);
            }
            Err(why) => note(&mut tried, "Go", &why),
        }
        let Pins { go, .. } = go_mod;
        install_go = format!("install Go {go} or newer and run `cargo xtask assets` again,\nor ");
    }
    if !suite.debian.is_empty() {
        match debian::fetch(suite) {
            Ok(()) => return unpacked(suite),
            Err(why) => note(&mut tried, "Debian", &why),
        }
    }
    let wanted = format!("{} {} or newer", suite.names(), suite.minimum);
    Err(Error::new(
        format!("not to be had: {wanted}"),
        tried.join("\n"),
        format!("{install_go}put {wanted} in one folder of PATH or in $KUBEBUILDER_ASSETS"),
    ))
}

/// What is already there. What had to be passed over is said at once and kept in `tried`.
fn search(suite: &Suite, tried: &mut Vec<String>) -> Option<Found> {
    search_given_folder(suite, tried)
        .or_else(|| search_path(suite, tried))
        .or_else(|| search_own_folder(suite, tried))
}

fn search_given_folder(suite: &Suite, tried: &mut Vec<String>) -> Option<Found> {
    let name = "$KUBEBUILDER_ASSETS";
    let Some(folder) = variable("KUBEBUILDER_ASSETS") else {
        tried.push(format!("{name}: not set"));
        return None;
    };
    consider(suite, root().join(folder), name, tried)
}

fn search_path(suite: &Suite, tried: &mut Vec<String>) -> Option<Found> {
    let has_some =
        |folder: &PathBuf| suite.programs.iter().any(|program| folder.join(program.name).is_file());
    let folders: Vec<_> = path_folders().into_iter().filter(has_some).collect();
    if folders.is_empty() {
        tried.push(format!("PATH: has none of {}", suite.names()));
    }
    folders.into_iter().find_map(|folder| consider(suite, folder, "PATH", tried))
}

fn search_own_folder(suite: &Suite, tried: &mut Vec<String>) -> Option<Found> {
    match golang::stamp(suite) {
        golang::Stamp::Current => consider(suite, own_folder(), &built_from(suite), tried),
        golang::Stamp::Missing => consider(suite, own_folder(), "not built here", tried),
        golang::Stamp::Stale => {
            let module = suite.module;
            note(tried, &shown(&own_folder()), &format!("built from another state of {module}"));
            None
        }
    }
}

fn consider(suite: &Suite, folder: PathBuf, how: &str, tried: &mut Vec<String>) -> Option<Found> {
    let why = match look(suite, &folder) {
        Look::Fit(version) => {
            return Some(Found { folder, version, how: how.to_owned() });
        }
        Look::Unfit(why) => why,
        Look::Nothing => format!("has none of {}", suite.names()),
    };
    note(tried, &format!("{} ({how})", shown(&folder)), &why);
    None
}

/// What Go has just built must be what `go.mod` pins.
fn built(suite: &Suite, pins: &Pins) -> Result<Found> {
    let folder = own_folder();
    let found = look(suite, &folder);
    if found == Look::Fit(pins.version) {
        return Ok(Found { folder, version: pins.version, how: built_from(suite) });
    }
    Err(Error::new(
        shown(&folder),
        format!("Go built {found:?}, but {}/go.mod pins {}", suite.module, pins.version),
        format!(
            "give every tool of {}/go.mod one version and run `go mod tidy` there",
            suite.module
        ),
    ))
}

/// What Debian's packages held was looked at before it was moved into place.
fn unpacked(suite: &Suite) -> Result<Found> {
    let folder = own_folder();
    match look(suite, &folder) {
        Look::Fit(version) => {
            let how = format!("from Debian's {}", suite.debian.join(" and "));
            Ok(Found { folder, version, how })
        }
        other => Err(Error::new(
            shown(&folder),
            format!("unpacked from Debian's packages, but found {other:?}"),
            format!("remove {} and run `cargo xtask assets` again", shown(&folder)),
        )),
    }
}

fn built_from(suite: &Suite) -> String {
    format!("built from {}/go.mod", suite.module)
}

fn note(tried: &mut Vec<String>, place: &str, what: &str) {
    let line = format!("{place}: {what}");
    println!("note: {line}");
    tried.push(line);
}
