//! `cargo xtask bench NAME`: a measurement that prints a table and leaves a record.

use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::error::{Error, Result};
use crate::run::{Run, root, shown};
use crate::setup::Tools;

/// The package that holds the benchmarks, one program each.
const PACKAGE: &str = "hcp-benches";

/// A row of the table.
#[derive(Debug)]
pub(crate) struct Bench {
    /// The program's name, and the record's.
    pub(crate) name: &'static str,
    /// What it measures against.
    against: Against,
}

/// What a benchmark is nothing without.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Against {
    /// Only a goal.
    Nothing,
    /// The binaries that [`Tools::with_etcd`] finds.
    Etcd,
    /// The program with Prometheus' and `VictoriaMetrics`' code.
    Peers,
}

/// Every benchmark there is.
pub(crate) const BENCHES: &[Bench] = &[
    Bench { name: "fleet", against: Against::Nothing },
    Bench { name: "quorum", against: Against::Etcd },
    Bench { name: "relabel", against: Against::Peers },
];

/// Sets up, measures, and makes sure that a record was written.
pub(crate) fn run(name: &str) -> Result<()> {
    let Some(bench) = BENCHES.iter().find(|bench| bench.name == name) else {
        let known: Vec<_> = BENCHES.iter().map(|bench| bench.name).collect();
        return Err(Error::new(
            format!("cargo xtask bench {name}"),
            format!("there is no benchmark `{name}`"),
            format!("one of: {}", known.join(", ")),
        ));
    };
    let tools = Tools::default();
    let program = Run::cargo(["run", "--release", "--package", PACKAGE, "--bin", name]);
    let program = match bench.against {
        // The package is built as a whole, and some of it with protoc.
        Against::Nothing => {
            tools.protoc()?;
            program
        }
        Against::Etcd => program.with_assets(&tools.with_etcd()?),
        Against::Peers => {
            tools.protoc()?;
            program.args(["--", "--peers"]).args([tools.need_peers()?])
        }
    };
    let record = root().join("target/bench").join(format!("{name}.json"));
    make_room(&record)?;
    program.show("run the line above")?;
    let rows = read(&record).map_err(|why| {
        Error::new(shown(&record), why, format!("`{name}` of {PACKAGE} must write it: repair that"))
    })?;
    println!("{} ({rows} rows)", shown(&record));
    Ok(())
}

/// An old record must not pass for a new one.
fn make_room(record: &Path) -> Result<()> {
    let made = record.parent().map_or(Ok(()), fs::create_dir_all);
    let removed = made.and_then(|()| match fs::remove_file(record) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    });
    removed.map_err(|error| {
        Error::new(shown(record), error.to_string(), "make the folder writable and try again")
    })
}

/// The number of rows of a record.
fn read(record: &Path) -> Result<usize, String> {
    let text = fs::read_to_string(record).map_err(|error| error.to_string())?;
    count_rows(&text)
}

fn count_rows(text: &str) -> Result<usize, String> {
    let value: Value = serde_json::from_str(text).map_err(|error| error.to_string())?;
    match value["rows"].as_array() {
        Some(rows) if !rows.is_empty() => Ok(rows.len()),
        _ => Err("has no `rows`".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::{count_rows, run};

    #[test]
    fn a_record_without_rows_is_not_a_record() {
        assert_eq!(count_rows(r#"{"bench": "quorum", "rows": [{}, {}]}"#), Ok(2));
        for text in [r#"{"rows": []}"#, "{}", "[]", ""] {
            assert!(count_rows(text).is_err(), "{text}");
        }
    }

    #[test]
    fn an_unknown_benchmark_is_refused_and_the_known_are_listed() {
        let error = run("speed").expect_err("there is none").to_string();
        assert!(error.contains("no benchmark `speed`") && error.contains("quorum"), "{error}");
    }
}
