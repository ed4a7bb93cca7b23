//! Arguments: a handful of words, so no parser library.

use crate::bench::BENCHES;
use crate::error::{Error, Result};
use crate::fuzz::{TARGETS, Wish};
use crate::oracle::ORACLES;

/// What a person asked for.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Command {
    /// Print [`usage`].
    Help,
    /// Find or build what tests and demos need.
    Assets,
    /// Run the quickstart example against real etcd members.
    Demo,
    /// Run what CI runs.
    Test(Selection),
    /// Run one benchmark by name.
    Bench(String),
    /// Compare with Prometheus by name; the rest is for the program that does it.
    Oracle(String, Vec<String>),
    /// Draw the shipped dashboard.
    Dashboard,
    /// Fuzz.
    Fuzz(Wish),
}

/// Which stages of `cargo xtask test` to run.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Selection {
    /// Every stage, as CI does.
    All,
    /// The named stages, in the table's order.
    Only(Vec<String>),
    /// None: name them.
    List,
}

/// The text of `cargo xtask --help`.
pub(crate) fn usage() -> String {
    let benches: Vec<_> = BENCHES.iter().map(|bench| bench.name).collect();
    format!(
        "\
Usage: cargo xtask COMMAND

  assets               find or get etcd, etcdctl, etcdutl, protoc, hcp-peers and prometheus, and say where they are
  demo                 run the quickstart example against real etcd members on loopback: recover one, filter its metrics
  test                 everything CI runs, stage by stage
  test --list          name the stages
  test --only STAGE    run one stage (may be given again)
  bench NAME           measure, and write target/bench/NAME.json; NAME is one of: {}
  oracle NAME          compare with Prometheus' own code; NAME is one of: {}
                       (--cases N, --seed S: see `cargo xtask oracle NAME --usage`)
  fuzz [TARGET]        feed TARGET, or each of {}, to libFuzzer (nightly)
                       (--seconds N, 60 unless told; --merge: make fuzz/corpus anew from what was found)
  dashboard            draw the shipped dashboard template in docs/dashboard.svg, with made-up data
  help                 this text
",
        benches.join(", "),
        ORACLES.join(", "),
        TARGETS.join(", ")
    )
}

/// Reads the arguments after `cargo xtask`.
pub(crate) fn parse(args: impl IntoIterator<Item = String>) -> Result<Command> {
    let args: Vec<String> = args.into_iter().collect();
    let words: Vec<&str> = args.iter().map(String::as_str).collect();
    match words.as_slice() {
        [] | ["help" | "--help" | "-h"] | [_, "--help" | "-h"] => Ok(Command::Help),
        ["assets"] => Ok(Command::Assets),
        ["demo"] => Ok(Command::Demo),
        ["dashboard"] => Ok(Command::Dashboard),
        ["test", rest @ ..] => selection(rest).map(Command::Test),
        ["bench", name] => Ok(Command::Bench((*name).to_owned())),
        ["oracle", name, rest @ ..] => Ok(Command::Oracle(
            (*name).to_owned(),
            rest.iter().map(|&word| word.to_owned()).collect(),
        )),
        ["fuzz", rest @ ..] => match Wish::parse(rest) {
            Ok(wish) => Ok(Command::Fuzz(wish)),
            Err(cause) => Err(unusable(&words, &cause)),
        },
        ["bench"] => Err(unusable(&words, "`bench` needs a name")),
        ["oracle"] => Err(unusable(&words, "`oracle` needs a name")),
        ["bench" | "assets" | "demo" | "dashboard", ..] => {
            Err(unusable(&words, "too many arguments"))
        }
        [unknown, ..] => Err(unusable(&words, &format!("there is no command `{unknown}`"))),
    }
}

fn selection(words: &[&str]) -> Result<Selection> {
    let mut only = Vec::new();
    let mut rest = words;
    loop {
        rest = match rest {
            [] if only.is_empty() => return Ok(Selection::All),
            [] => return Ok(Selection::Only(only)),
            ["--list"] if only.is_empty() => return Ok(Selection::List),
            ["--only", name, rest @ ..] if !name.starts_with('-') => {
                only.push((*name).to_owned());
                rest
            }
            ["--only", ..] => return Err(unusable(words, "`--only` needs a stage's name")),
            [unknown, ..] => {
                return Err(unusable(words, &format!("`test` does not take `{unknown}` here")));
            }
        };
    }
}

fn unusable(words: &[&str], cause: &str) -> Error {
    Error::new(format!("cargo xtask: `{}`", words.join(" ")), cause, usage())
}

#[cfg(test)]
mod tests {
    use super::{Command, Selection, parse, usage};

    fn read(line: &str) -> Result<Command, String> {
        parse(line.split_whitespace().map(str::to_owned)).map_err(|error| error.to_string())
    }

    #[test]
    fn every_command_is_read() {
        let only = |names: &[&str]| {
            Command::Test(Selection::Only(names.iter().map(|&name| name.to_owned()).collect()))
        };
        for (line, command) in [
            ("", Command::Help),
            ("help", Command::Help),
            ("--help", Command::Help),
            ("bench --help", Command::Help),
            ("assets", Command::Assets),
            ("demo", Command::Demo),
            ("dashboard", Command::Dashboard),
            ("test", Command::Test(Selection::All)),
            ("test --list", Command::Test(Selection::List)),
            ("test --only fmt", only(&["fmt"])),
            ("test --only fmt --only doc", only(&["fmt", "doc"])),
            ("bench quorum", Command::Bench("quorum".to_owned())),
            ("oracle relabel", Command::Oracle("relabel".to_owned(), Vec::new())),
            (
                "oracle relabel --cases 5",
                Command::Oracle("relabel".to_owned(), vec!["--cases".to_owned(), "5".to_owned()]),
            ),
        ] {
            assert_eq!(read(line), Ok(command), "{line}");
        }
    }

    #[test]
    fn what_cannot_be_read_is_refused_with_its_cause() {
        for (line, cause) in [
            ("deploy", "no command `deploy`"),
            ("assets now", "too many arguments"),
            ("bench", "needs a name"),
            ("oracle", "needs a name"),
            ("bench a b", "too many arguments"),
            ("fuzz cake", "does not take `cake`"),
            ("test fmt", "does not take `fmt`"),
            ("test --only", "`--only` needs"),
            ("test --only --list", "`--only` needs"),
            ("test --only fmt --list", "does not take `--list`"),
        ] {
            let error = read(line).expect_err(line);
            assert!(error.contains(cause), "{line}: {error}");
        }
    }

    #[test]
    fn the_usage_names_every_benchmark() {
        assert!(usage().contains("quorum"));
    }

    #[test]
    fn the_usage_names_every_oracle() {
        assert!(usage().contains("relabel, exposition"));
    }
}
