//! `cargo xtask test`: everything CI runs, stage by stage, and a summary that can be trusted.

use std::time::Duration;

use crate::cli::Selection;
use crate::error::{Error, Result};
use crate::peers::Peers;
use crate::prometheus::Server;
use crate::run::{Run, stopwatch};
use crate::setup::Tools;
use crate::{examples, oracle, pure_core};

/// A row of the table.
struct Stage {
    name: &'static str,
    what: &'static str,
    run: fn(&Tools) -> Result<Verdict>,
}

/// How a stage that did not fail ended.
enum Verdict {
    Passed,
    NotRun(String),
}

/// In the order CI runs them. A stage that fails does not keep the later ones from running.
#[rustfmt::skip]
const STAGES: &[Stage] = &[
    Stage { name: "fmt", what: "formatting", run: fmt },
    Stage { name: "setup", what: "etcd, Kubernetes, their clients and protoc are there", run: setup },
    Stage { name: "clippy", what: "lints, all targets and features, warnings denied", run: clippy },
    Stage { name: "doc", what: "documentation, warnings denied", run: doc },
    Stage { name: "pure-core", what: "no runtime without features; each feature alone", run: pure },
    Stage { name: "test", what: "unit, integration and documentation tests", run: test },
    Stage { name: "prometheus", what: "real servers store the same directly and through the proxy", run: prometheus },
    Stage { name: "oracle", what: "100,000 relabel cases answered as Prometheus does", run: oracle_relabel },
    Stage { name: "oracle-exposition", what: "50,000 expositions read as Prometheus does", run: oracle_exposition },
    Stage { name: "examples", what: "the self-contained examples, once each", run: run_examples },
    Stage { name: "deny", what: "licences, sources and bans of dependencies", run: deny },
];

/// Runs the selected stages, or lists them.
pub(crate) fn run(selection: &Selection) -> Result<()> {
    let stages = match selection {
        Selection::List => {
            for stage in STAGES {
                println!("{:<17} {}", stage.name, stage.what);
            }
            return Ok(());
        }
        Selection::All => STAGES.iter().collect(),
        Selection::Only(names) => selected(names)?,
    };
    let tools = Tools::default();
    let outcomes: Vec<_> = stages.into_iter().map(|stage| Outcome::of(stage, &tools)).collect();
    summarize(&outcomes)
}

fn selected(names: &[String]) -> Result<Vec<&'static Stage>> {
    let known: Vec<_> = STAGES.iter().map(|stage| stage.name).collect();
    if let Some(unknown) = names.iter().find(|name| !known.contains(&name.as_str())) {
        return Err(Error::new(
            format!("cargo xtask test --only {unknown}"),
            format!("there is no stage `{unknown}`"),
            format!("one of: {}", known.join(", ")),
        ));
    }
    Ok(STAGES.iter().filter(|stage| names.iter().any(|name| name == stage.name)).collect())
}

fn fmt(_: &Tools) -> Result<Verdict> {
    Run::cargo(["fmt", "--all", "--check"]).show("run `cargo fmt --all`")?;
    Ok(Verdict::Passed)
}

fn setup(tools: &Tools) -> Result<Verdict> {
    tools.everything()?;
    match tools.missing()? {
        [] => Ok(Verdict::Passed),
        missing => Ok(Verdict::NotRun(format!("not to be had here: {}", missing.join(", ")))),
    }
}

fn clippy(tools: &Tools) -> Result<Verdict> {
    tools.protoc()?;
    Run::cargo([
        "clippy",
        "--workspace",
        "--all-targets",
        "--all-features",
        "--",
        "-D",
        "warnings",
    ])
    .show("fix what clippy names above")?;
    Ok(Verdict::Passed)
}

fn doc(tools: &Tools) -> Result<Verdict> {
    tools.protoc()?;
    Run::cargo(["doc", "--workspace", "--no-deps", "--all-features"])
        .env("RUSTDOCFLAGS", "-D warnings")
        .show("fix what rustdoc names above")?;
    Ok(Verdict::Passed)
}

fn pure(tools: &Tools) -> Result<Verdict> {
    tools.protoc()?;
    pure_core::prove()?;
    Ok(Verdict::Passed)
}

fn test(tools: &Tools) -> Result<Verdict> {
    let assets = tools.everything()?;
    Run::cargo(["test", "--workspace", "--all-features", "--no-fail-fast"])
        // They have a stage of their own, which can tell that they have not run. In one word: the fault matrix, which has a
        // harness of its own, would take a second one for the name of a row.
        .args(["--", "--skip=real_prometheus_"])
        .with_assets(&assets)
        .show("fix the tests named above")?;
    match tools.missing()? {
        [] => Ok(Verdict::Passed),
        missing => {
            let missing = missing.join(" or ");
            Ok(Verdict::NotRun(format!("what needs {missing}, see `setup`; all else passed")))
        }
    }
}

fn prometheus(tools: &Tools) -> Result<Verdict> {
    tools.protoc()?;
    let missing: Vec<_> = tools.prometheus().iter().filter_map(why_missing).collect();
    if missing.len() == tools.prometheus().len() {
        return Ok(Verdict::NotRun(missing.join("; ")));
    }
    Run::cargo(["test", "--package", "hcp-metrics", "--all-features", "--test", "real_prometheus"])
        .show("repair what makes the proxy answer otherwise than the server's own rules")?;
    if missing.is_empty() {
        return Ok(Verdict::Passed);
    }
    Ok(Verdict::NotRun(format!("{}; it passed with the other", missing.join("; "))))
}

fn why_missing(server: &Server) -> Option<String> {
    let why = server.found.as_ref().err()?;
    Some(format!("{}: {why}", server.name))
}

fn oracle_relabel(tools: &Tools) -> Result<Verdict> {
    run_oracle(tools, "relabel", "100000")
}

fn oracle_exposition(tools: &Tools) -> Result<Verdict> {
    run_oracle(tools, "exposition", "50000")
}

/// The seed is fixed, so that a failure says what has changed; other seeds are for `cargo xtask oracle`.
fn run_oracle(tools: &Tools, name: &str, cases: &str) -> Result<Verdict> {
    tools.protoc()?;
    let file = match tools.peers()? {
        Peers::Built(file) => file,
        Peers::NotHere(why) => return Ok(Verdict::NotRun(why.clone())),
    };
    let options = ["--cases", cases, "--seed", "1"].map(str::to_owned);
    oracle::compare(name, file, &options)?;
    Ok(Verdict::Passed)
}

fn run_examples(tools: &Tools) -> Result<Verdict> {
    examples::run_all(&tools.everything()?)?;
    Ok(Verdict::Passed)
}

/// Advisories are left out: they need a database from the network and change without us.
fn deny(_: &Tools) -> Result<Verdict> {
    if Run::cargo(["deny", "--version"]).capture().is_err() {
        return Ok(Verdict::NotRun(
            "cargo-deny is not installed: `cargo install cargo-deny`".to_owned(),
        ));
    }
    Run::cargo(["deny", "--all-features", "check", "--hide-inclusion-graph"])
        .args(["bans", "licenses", "sources"])
        .show("change the dependency that is named above, or, with a reason, deny.toml")?;
    Ok(Verdict::Passed)
}

/// What became of a stage.
struct Outcome {
    stage: &'static Stage,
    took: Duration,
    result: Result<Verdict>,
}

impl Outcome {
    fn of(stage: &'static Stage, tools: &Tools) -> Self {
        println!("\n=== {}: {}", stage.name, stage.what);
        let start = stopwatch();
        let result = (stage.run)(tools);
        match &result {
            Ok(Verdict::Passed) => {}
            Ok(Verdict::NotRun(why)) => eprintln!("warning: {} was NOT RUN: {why}", stage.name),
            Err(error) => eprintln!("{error}"),
        }
        Self { stage, took: start.elapsed(), result }
    }
}

/// One line a stage, then every failure in full.
fn summarize(outcomes: &[Outcome]) -> Result<()> {
    println!("\n=== summary");
    for Outcome { stage, took, result } in outcomes {
        let verdict = match result {
            Ok(Verdict::Passed) => "passed".to_owned(),
            Ok(Verdict::NotRun(why)) => format!("NOT RUN: {why}"),
            Err(_) => "FAILED".to_owned(),
        };
        println!("{:<17} {:>7.1} s  {verdict}", stage.name, took.as_secs_f64());
    }
    let failed: Vec<_> = outcomes
        .iter()
        .filter_map(|outcome| Some((outcome.stage.name, outcome.result.as_ref().err()?)))
        .collect();
    if failed.is_empty() {
        return Ok(());
    }
    for (name, error) in &failed {
        println!("\n--- {name} failed\n{error}");
    }
    let names: Vec<_> = failed.iter().map(|(name, _)| format!("--only {name}")).collect();
    Err(Error::new(
        "cargo xtask test",
        format!("{} of {} stages failed, see above", failed.len(), outcomes.len()),
        format!("after the repair: cargo xtask test {}", names.join(" ")),
    ))
}

#[cfg(test)]
mod tests {
    use super::{STAGES, selected};

    #[test]
    fn selected_stages_come_in_the_order_of_the_table() {
        let names = ["doc".to_owned(), "fmt".to_owned()];
        let stages: Vec<_> = selected(&names).unwrap().iter().map(|stage| stage.name).collect();
        assert_eq!(stages, ["fmt", "doc"]);
    }

    #[test]
    fn an_unknown_stage_is_refused_and_the_known_are_listed() {
        let error = match selected(&["lint".to_owned()]) {
            Ok(_) => panic!("`lint` is no stage"),
            Err(error) => error.to_string(),
        };
        assert!(STAGES.iter().all(|stage| error.contains(stage.name)), "{error}");
    }
}
