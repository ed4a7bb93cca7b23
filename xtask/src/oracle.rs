//! `cargo xtask oracle NAME`: our answers beside Prometheus' own, on generated input.

use std::path::Path;

use crate::error::{Error, Result};
use crate::run::Run;
use crate::setup::Tools;

/// What can be compared; the program of the same name knows how.
pub(crate) const ORACLES: &[&str] = &["relabel", "exposition"];

/// Sets up and compares; any difference is an error.
pub(crate) fn run(name: &str, options: &[String]) -> Result<()> {
    if !ORACLES.contains(&name) {
        return Err(Error::new(
            format!("cargo xtask oracle {name}"),
            format!("there is no oracle `{name}`"),
            format!("one of: {}", ORACLES.join(", ")),
        ));
    }
    let tools = Tools::default();
    tools.protoc()?;
    compare(name, tools.need_peers()?, options)
}

/// Runs the comparison with the peers in `file`.
pub(crate) fn compare(name: &str, file: &Path, options: &[String]) -> Result<()> {
    Run::cargo(["run", "--quiet", "--release", "--package", "hcp-benches", "--bin", "oracle", "--"])
        .args([name, "--peers"])
        .args([file])
        .args(options)
        .show("each difference above is a request for `hcp-peers`: repair what answers otherwise")
}

#[cfg(test)]
mod tests {
    use super::run;

    #[test]
    fn an_unknown_oracle_is_refused_and_the_known_are_listed() {
        let error = run("delphi", &[]).expect_err("there is none").to_string();
        assert!(error.contains("no oracle `delphi`") && error.contains("relabel"), "{error}");
    }
}
