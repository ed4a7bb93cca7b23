//! Building a suite with Go from its pinned module, once for each state of that module.

use std::fs;
use std::path::{Path, PathBuf};
use std::process;

use crate::assets::own_folder;
use crate::error::{Error, Result};
use crate::run::{Run, on_path, shown};
use crate::suite::Suite;
use crate::version::Version;

/// What every build passes to `go build`, and part of the stamp.
const FLAGS: [&str; 3] = ["-mod=readonly", "-trimpath", "-buildvcs=false"];

/// From this version on Go reads today's `go.mod` and fetches the toolchain that it asks for.
const READS_GO_MOD: Version = Version::new(1, 21, 0);

/// What `go.mod` says.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Pins {
    /// The suite's version.
    pub(crate) version: Version,
    /// The Go it wants.
    pub(crate) go: Version,
}

/// Whether `target/assets/` is what the module would build today.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Stamp {
    /// Nothing was built there: empty, or filled by hand.
    Missing,
    /// Built from another `go.mod`, `go.sum` or with other flags.
    Stale,
    /// Built from just this.
    Current,
}

impl Pins {
    /// Reads the suite's `go.mod`.
    pub(crate) fn read(suite: &Suite) -> Result<Self> {
        let file = suite.module_file("go.mod");
        let remedy = format!("restore it: git checkout -- {}", shown(&file));
        let text = fs::read_to_string(&file)
            .map_err(|error| Error::new(shown(&file), error.to_string(), &remedy))?;
        Self::parse(&text, suite.versioned_by)
            .map_err(|cause| Error::new(shown(&file), cause, &remedy))
    }

    fn parse(go_mod: &str, module: &str) -> Result<Self, String> {
        let value = |key: &str| {
            let of_line = |line: &str| {
                let mut words = line.trim().trim_start_matches("require ").split_whitespace();
                let found = words.next() == Some(key);
                words.next().filter(|_| found).and_then(Version::find)
            };
            go_mod.lines().find_map(of_line).ok_or_else(|| format!("has no version for `{key}`"))
        };
        Ok(Self { version: value(module)?, go: value("go")? })
    }
}

/// The Go to build with, or why there is none.
///
/// It is asked in the module's folder: there it answers with the toolchain that `go.mod` asks for, or says why it may not
/// fetch that.
pub(crate) fn find(suite: &Suite, pins: &Pins) -> Result<PathBuf, String> {
    let go = on_path("go").ok_or("`go` is not on PATH")?;
    let said = Run::new(&go).dir(&suite.module_file("")).args(["version"]).capture()?;
    match Version::find(&said) {
        Some(version) if version >= READS_GO_MOD => Ok(go),
        Some(version) => Err(format!("{} is {version}, but {} is needed", go.display(), pins.go)),
        None => Err(format!("`{} version` says no version but {said:?}", go.display())),
    }
}

/// Builds every program of the suite into `target/assets/`.
///
/// A program appears under its name only when it is complete, and the stamp is written last: a
/// build that is cut short at any point is built anew next time.
pub(crate) fn build(suite: &Suite, go: &Path, pins: &Pins) -> Result<()> {
    let folder = own_folder();
    let at = |error: std::io::Error| {
        let remedy = format!("make {} writable and run `cargo xtask assets` again", shown(&folder));
        Error::new(shown(&folder), error.to_string(), remedy)
    };
    println!("building {} {} with Go (some minutes, once)", suite.names(), pins.version);
    fs::create_dir_all(&folder).map_err(at)?;
    for program in suite.programs {
        let unfinished = folder.join(format!(".{}.{}", program.name, process::id()));
        let built = Run::new(go)
            .dir(&suite.module_file(""))
            .env("CGO_ENABLED", "0")
            .args(["build"])
            .args(FLAGS)
            .args(suite.flags)
            .args([Path::new("-o"), &unfinished, Path::new(program.package)])
            .show(
                "if the cause is the network or a module that cannot be fetched, see `go env GOPROXY`;\n\
                 or put the programs on PATH, or in $KUBEBUILDER_ASSETS",
            );
        let placed =
            built.and_then(|()| fs::rename(&unfinished, folder.join(program.name)).map_err(at));
        if placed.is_err() {
            // Best effort: the failure that matters is already in hand.
            let _ = fs::remove_file(&unfinished);
        }
        placed?;
    }
    let unfinished = folder.join(format!(".stamp.{}", process::id()));
    fs::write(&unfinished, recipe(suite).map_err(at)?).map_err(at)?;
    fs::rename(&unfinished, stamp_file(suite)).map_err(at)
}

/// Compares what `target/assets/` was built from with what it would be built from now.
pub(crate) fn stamp(suite: &Suite) -> Stamp {
    let recorded = fs::read_to_string(stamp_file(suite)).ok();
    compare(recorded.as_deref(), recipe(suite).ok().as_deref())
}

/// What `target/assets/` has of the suite from now on is not Go's work.
pub(crate) fn forget(suite: &Suite) -> std::io::Result<()> {
    match fs::remove_file(stamp_file(suite)) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

/// An unreadable recipe makes a recorded stamp stale: the build then names what it cannot read.
fn compare(recorded: Option<&str>, wanted: Option<&str>) -> Stamp {
    match recorded {
        None => Stamp::Missing,
        Some(_) if recorded == wanted => Stamp::Current,
        Some(_) => Stamp::Stale,
    }
}

/// All that decides what is built, word for word: equal means equal, and a `diff` tells why not.
fn recipe(suite: &Suite) -> std::io::Result<String> {
    let flags: Vec<_> = FLAGS.iter().chain(suite.flags).copied().collect();
    let programs: Vec<_> = suite.programs.iter().map(|program| program.package).collect();
    let mut recipe = format!(
        "go build {}\n{}\n\n{}\n{}",
        flags.join(" "),
        programs.join("\n"),
        fs::read_to_string(suite.module_file("go.mod"))?,
        fs::read_to_string(suite.module_file("go.sum"))?
    );
    for file in sources(suite)? {
        recipe.extend(["\n--- ", &file, "\n", &fs::read_to_string(suite.module_file(&file))?]);
    }
    Ok(recipe)
}

/// The module's own Go files, sorted by name, without tests.
fn sources(suite: &Suite) -> std::io::Result<Vec<String>> {
    let mut names = Vec::new();
    for entry in fs::read_dir(suite.module_file(""))? {
        let file = entry?.path();
        let name = file.file_name().unwrap_or_default().to_string_lossy();
        if file.extension().is_some_and(|extension| extension == "go")
            && !name.ends_with("_test.go")
        {
            names.push(name.into_owned());
        }
    }
    names.sort();
    Ok(names)
}

fn stamp_file(suite: &Suite) -> PathBuf {
    own_folder().join(suite.stamp)
}

#[cfg(test)]
mod tests {
    use super::{Pins, Stamp, compare, recipe};
    use crate::suite::{ETCD, KUBERNETES, PEERS, PROMETHEUS_3};
    use crate::version::Version;

    #[test]
    fn go_mod_tells_the_version_and_the_go_it_wants() {
        let block =
            "module m\n\ngo 1.25.0\n\nrequire (\n\tx/a v9.9.9\n\tx/b v3.5.33 // indirect\n)\n";
        let pins = Pins { version: Version::new(3, 5, 33), go: Version::new(1, 25, 0) };
        assert_eq!(Pins::parse(block, "x/b"), Ok(pins));
        let line = "go 1.24\nrequire x/b v3.6.0\ntool x/b/cmd\n";
        let pins = Pins { version: Version::new(3, 6, 0), go: Version::new(1, 24, 0) };
        assert_eq!(Pins::parse(line, "x/b"), Ok(pins));
    }

    #[test]
    fn a_go_mod_without_the_version_is_refused_by_name() {
        let refused = Pins::parse("go 1.25.0\ntool x/b\n", "x/b");
        assert_eq!(refused, Err("has no version for `x/b`".to_owned()));
        assert_eq!(Pins::parse("x/b v1.2.3", "x/b"), Err("has no version for `go`".to_owned()));
    }

    #[test]
    fn the_committed_module_is_pinned_at_a_version_that_is_good_enough() {
        for suite in [&ETCD, &KUBERNETES, &PEERS, &PROMETHEUS_3] {
            let pins = Pins::read(suite).unwrap();
            assert!(pins.version >= suite.minimum, "{pins:?}");
        }
    }

    #[test]
    fn prometheus_is_told_the_version_that_is_pinned() {
        let pinned = Pins::read(&PROMETHEUS_3).unwrap().version.to_string();
        let told = format!("Version=3.{}", pinned.strip_prefix("0.3").unwrap());
        assert!(PROMETHEUS_3.flags.iter().any(|flag| flag.ends_with(&told)), "{told}");
        // What answers for single rules is of the same version as what scrapes.
        assert_eq!(Pins::read(&PEERS).unwrap().version.to_string(), pinned);
    }

    #[test]
    fn kubernetes_is_told_the_version_that_is_pinned_and_so_are_its_parts() {
        let pinned = Pins::read(&KUBERNETES).unwrap().version.to_string();
        let (flags, minor) = (KUBERNETES.flags.join(" "), pinned.split('.').nth(1).unwrap());
        assert!(flags.contains(&format!(".gitVersion=v{pinned} ")), "{flags} {pinned}");
        assert!(flags.ends_with(&format!(".gitMinor={minor}")), "{flags} {pinned}");
        let go_mod = std::fs::read_to_string(KUBERNETES.module_file("go.mod")).unwrap();
        let parts: Vec<_> = go_mod.lines().filter(|line| line.contains(" => ")).collect();
        let version = format!(" v0.{}", pinned.strip_prefix("1.").unwrap());
        assert!(parts.len() > 20 && parts.iter().all(|line| line.ends_with(&version)), "{parts:?}");
    }

    #[test]
    fn a_stamp_is_current_only_when_it_equals_the_recipe() {
        assert_eq!(compare(None, Some("a")), Stamp::Missing);
        assert_eq!(compare(Some("a"), Some("a")), Stamp::Current);
        assert_eq!(compare(Some("a"), Some("b")), Stamp::Stale);
        assert_eq!(compare(Some("a"), None), Stamp::Stale);
        assert_eq!(compare(Some(""), None), Stamp::Stale);
    }

    #[test]
    fn the_recipe_holds_the_flags_the_programs_and_the_checksums() {
        let recipe = recipe(&ETCD).unwrap();
        for part in
            ["-trimpath", "go.etcd.io/etcd/etcdutl/v3\n", "go.etcd.io/etcd/server/v3 v3.5.", "h1:"]
        {
            assert!(recipe.contains(part), "{part}");
        }
    }

    #[test]
    fn the_recipe_holds_the_sources_but_not_their_tests() {
        let recipe = recipe(&PEERS).unwrap();
        assert!(recipe.contains("\n--- main.go\n") && recipe.contains("func main() {"));
        assert!(!recipe.contains("_test.go"));
    }
}
