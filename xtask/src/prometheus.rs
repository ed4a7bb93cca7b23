//! Real Prometheus servers to compare with: Debian's of major version 2, and one of major version 3 built with Go.

use std::path::PathBuf;

use crate::assets::own_folder;
use crate::debian;
use crate::error::Error;
use crate::golang::{self, Pins, Stamp};
use crate::run::{Run, path_folders, root, variable};
use crate::suite::{PROMETHEUS_2, PROMETHEUS_3};
use crate::version::Version;

/// One of the two, or why it cannot be had here.
#[derive(Debug)]
pub(crate) struct Server {
    /// `prometheus 2`.
    pub(crate) name: &'static str,
    /// Tests do without it, and say so.
    pub(crate) found: Result<Found, String>,
}

/// A server that tests will find by themselves.
#[derive(Debug)]
pub(crate) struct Found {
    /// The file.
    pub(crate) file: PathBuf,
    /// What it says.
    pub(crate) version: Version,
    /// How it came to be there.
    pub(crate) how: &'static str,
}

/// What a server of one major version may be.
struct Wanted {
    names: [&'static str; 2],
    from: Version,
    below: Version,
}

const TWO: Wanted = Wanted {
    names: ["prometheus-2", "prometheus"],
    from: PROMETHEUS_2.minimum,
    below: Version::new(3, 0, 0),
};
const THREE: Wanted = Wanted {
    names: ["prometheus-3", "prometheus"],
    from: Version::new(3, 0, 0),
    below: Version::new(4, 0, 0),
};

/// Finds or gets both.
pub(crate) fn provide() -> [Server; 2] {
    [Server { name: "prometheus 2", found: two() }, Server { name: "prometheus 3", found: three() }]
}

fn two() -> Result<Found, String> {
    if let Some(found) = search(&TWO, "found") {
        return Ok(found);
    }
    debian::fetch(&PROMETHEUS_2)?;
    search(&TWO, "from Debian's prometheus")
        .ok_or_else(|| "Debian's prometheus is of another major version than 2".to_owned())
}

fn three() -> Result<Found, String> {
    let is_stale = golang::stamp(&PROMETHEUS_3) == Stamp::Stale;
    if let Some(found) = search(&THREE, "found").filter(|_| !is_stale) {
        return Ok(found);
    }
    let said = |error: Error| error.to_string();
    let pins = Pins::read(&PROMETHEUS_3).map_err(said)?;
    let go = golang::find(&PROMETHEUS_3, &pins)
        .map_err(|why| format!("Go {} or newer builds it: {why}", pins.go))?;
    golang::build(&PROMETHEUS_3, &go, &pins).map_err(said)?;
    search(&THREE, "built with Go").ok_or_else(|| "built, but does not run".to_owned())
}

/// Looks where tests do: `find_asset` of `hcp-testkit`.
fn search(wanted: &Wanted, how: &'static str) -> Option<Found> {
    let given = variable("KUBEBUILDER_ASSETS").map(|folder| root().join(folder));
    let folders: Vec<_> = given.into_iter().chain(path_folders()).chain([own_folder()]).collect();
    let files = wanted.names.iter().flat_map(|name| folders.iter().map(move |dir| dir.join(name)));
    files.filter(|file| file.is_file()).find_map(|file| {
        let said = Run::new(&file).args(["--version"]).capture().ok()?;
        let version = Version::find(&said).filter(|version| wanted.takes(*version))?;
        Some(Found { file, version, how })
    })
}

impl Wanted {
    fn takes(&self, version: Version) -> bool {
        (self.from..self.below).contains(&version)
    }
}

#[cfg(test)]
mod tests {
    use super::{THREE, TWO, Version};

    #[test]
    fn each_takes_its_own_major_version() {
        for (said, two, three) in [
            ("prometheus, version 2.42.0+ds (branch: debian/sid)", true, false),
            ("prometheus, version 2.41.0 (branch: HEAD)", false, false),
            ("prometheus, version 3.16.0 (branch: , revision: unknown)", false, true),
            ("prometheus, version 4.0.0 (branch: HEAD)", false, false),
        ] {
            let version = Version::find(said).unwrap();
            assert_eq!((TWO.takes(version), THREE.takes(version)), (two, three), "{said}");
        }
    }
}
