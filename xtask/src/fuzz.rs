//! `cargo xtask fuzz [TARGET]`: libFuzzer on the targets of `fuzz/`, without cargo-fuzz.

use std::fs;
use std::path::{Path, PathBuf};

use crate::error::{Error, Result};
use crate::run::{Run, root, shown};

/// Every target; `fuzz/targets/NAME.rs` says what it feeds, `fuzz/checks/NAME.rs` what must hold.
pub(crate) const TARGETS: &[&str] = &["lexer", "rules", "regex", "proxy"];

/// What cargo-fuzz gives the compiler, but the sanitizers: unsafe code is forbidden in what is fuzzed.
const FLAGS: &[&str] = &[
    "--cfg=fuzzing",
    "-Cpasses=sancov-module",
    "-Cllvm-args=-sanitizer-coverage-level=4",
    "-Cllvm-args=-sanitizer-coverage-inline-8bit-counters",
    "-Cllvm-args=-sanitizer-coverage-pc-table",
    "-Cllvm-args=-sanitizer-coverage-trace-compares",
    "-Cllvm-args=-simplifycfg-branch-fold-threshold=0",
    "-Ccodegen-units=1",
];

/// So many inputs of each target are saved in the repository.
const SAVED: usize = 64;
/// An input may take so many seconds. The dearest expressions (`\pL{1000}`, half a second otherwise) take ten so instrumented.
const TIMEOUT: &str = "-timeout=60";

/// What a person asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Wish {
    /// One target, or all of them.
    pub(crate) target: Option<String>,
    /// For how long, each.
    pub(crate) seconds: u32,
    /// Whether the saved corpus is made anew from itself and what was found instead.
    pub(crate) merge: bool,
}

impl Wish {
    /// Reads `[TARGET] [--seconds N] [--merge]`.
    pub(crate) fn parse(words: &[&str]) -> Result<Self, String> {
        let mut wish = Self { target: None, seconds: 60, merge: false };
        let mut words = words.iter();
        while let Some(&word) = words.next() {
            match word {
                "--merge" => wish.merge = true,
                "--seconds" => {
                    let number = words.next().and_then(|number| number.parse().ok());
                    wish.seconds = number.ok_or("`--seconds` needs a number")?;
                }
                name if TARGETS.contains(&name) && wish.target.is_none() => {
                    wish.target = Some(name.to_owned());
                }
                other => {
                    let known = TARGETS.join(", ");
                    return Err(format!("`fuzz` does not take `{other}`; targets: {known}"));
                }
            }
        }
        Ok(wish)
    }
}

/// Builds with a nightly compiler, and fuzzes or merges.
pub(crate) fn run(wish: &Wish) -> Result<()> {
    let folder = root().join("fuzz");
    let host = host()?;
    Run::new("cargo")
        .dir(&folder)
        .env("RUSTFLAGS", FLAGS.join(" "))
        .env("RUSTUP_TOOLCHAIN", "nightly")
        .args(["build", "--release", "--locked", "--target", &host])
        .show("fuzzing needs a nightly compiler and a C++ compiler: `rustup toolchain install nightly`")?;
    let programs = folder.join("target").join(&host).join("release");
    for target in TARGETS {
        if wish.target.as_deref().is_none_or(|name| name == *target) {
            fuzz(&folder, &programs, target, wish)?;
        }
    }
    Ok(())
}

/// What is found lives under `fuzz/target/`; only `--merge` writes to the saved corpus.
fn fuzz(folder: &Path, programs: &Path, target: &str, wish: &Wish) -> Result<()> {
    let saved = make(folder.join("corpus").join(target))?;
    let found = make(folder.join("target/corpus").join(target))?;
    let crashes = make(folder.join("target/artifacts").join(target))?;
    let artifacts = format!("-artifact_prefix={}/", crashes.display());
    let run = Run::new(programs.join(target)).args([artifacts.as_str()]);
    let run = run.args([TIMEOUT, "-rss_limit_mb=2048"]);
    let remedy = "repair what the input under fuzz/target/artifacts/ shows, and keep it as a test";
    if !wish.merge {
        let time = format!("-max_total_time={}", wish.seconds);
        let run = run.args([time.as_str(), "-max_len=4096", "-print_final_stats=1"]);
        return run.args([&found, &saved]).show(remedy);
    }
    let least = folder.join("target/least").join(target);
    remake(&least)?;
    // Which code is reached, not how often: that takes a tenth of the files.
    let run = run.args(["-set_cover_merge=1", "-use_counters=0", "-use_cmp=0", "-max_len=1000"]);
    run.args([&least, &found, &saved]).show(remedy)?;
    save(&least, &saved)
}

/// Puts the files that reach the most into the saved corpus, in place of what it has: by their length, which is a fair guess.
fn save(least: &Path, saved: &Path) -> Result<()> {
    let at =
        |error: std::io::Error| Error::new(shown(saved), error.to_string(), "make it writable");
    let mut files = Vec::new();
    for entry in fs::read_dir(least).map_err(at)? {
        let entry = entry.map_err(at)?;
        files.push((entry.metadata().map_err(at)?.len(), entry.file_name()));
    }
    files.sort();
    remake(saved)?;
    for (_, name) in files.iter().rev().take(SAVED) {
        fs::copy(least.join(name), saved.join(name)).map_err(at)?;
    }
    Ok(())
}

/// An empty folder.
fn remake(folder: &Path) -> Result<()> {
    let removed = match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error),
        _ => fs::create_dir_all(folder),
    };
    removed.map_err(|error| Error::new(shown(folder), error.to_string(), "make it writable"))
}

fn make(folder: PathBuf) -> Result<PathBuf> {
    match fs::create_dir_all(&folder) {
        Ok(()) => Ok(folder),
        Err(error) => Err(Error::new(shown(&folder), error.to_string(), "make it writable")),
    }
}

/// The machine we are on, as the compiler calls it. With it named, build scripts are built without [`FLAGS`].
fn host() -> Result<String> {
    let said = Run::new("rustc").args(["--version", "--verbose"]).capture();
    let host = said.and_then(|said| {
        let host = said.lines().find_map(|line| line.strip_prefix("host: ")).map(str::to_owned);
        host.ok_or_else(|| "does not name its host".to_owned())
    });
    host.map_err(|why| Error::new("rustc --version --verbose", why, "install Rust with rustup"))
}

#[cfg(test)]
mod tests {
    use super::{TARGETS, Wish};
    use crate::run::root;

    #[test]
    fn wishes_are_read() {
        let wish = Wish { target: Some("lexer".to_owned()), seconds: 600, merge: false };
        assert_eq!(Wish::parse(&["lexer", "--seconds", "600"]), Ok(wish));
        let all = Wish { target: None, seconds: 60, merge: true };
        assert_eq!(Wish::parse(&["--merge"]), Ok(all));
        for refused in [&["cake"][..], &["lexer", "rules"], &["--seconds"], &["--seconds", "x"]] {
            assert!(Wish::parse(refused).is_err(), "{refused:?}");
        }
    }

    #[test]
    fn every_target_is_in_the_table() {
        let mut files: Vec<_> = std::fs::read_dir(root().join("fuzz/targets"))
            .unwrap()
            .map(|entry| entry.unwrap().path().file_stem().unwrap().to_string_lossy().into_owned())
            .collect();
        let mut known = TARGETS.to_vec();
        files.sort();
        known.sort_unstable();
        assert_eq!(files, known);
    }
}
