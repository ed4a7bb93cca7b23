//! One pure decision on an observation from a JSON file: no etcd, no network, no clock.
//!
//! ```text
//! cargo run -p hcp-examples --example decide -- hcp-etcd/tests/data/one-member-lost.json
//! ```
//!
//! Prints the health table, the diagnosis and the plan. The exit code is 2 if the file is not an observation.
#![expect(clippy::print_stdout, reason = "an example prints")]

use std::process::ExitCode;

use hcp_etcd::recovery::{RecoveryPolicy, plan};
use hcp_etcd::{DiagnosisPolicy, History, Observation, diagnose};

fn main() -> ExitCode {
    let default =
        concat!(env!("CARGO_MANIFEST_DIR"), "/../hcp-etcd/tests/data/one-member-lost.json")
            .to_owned();
    let file = std::env::args().nth(1).unwrap_or(default);
    let observation: Observation = match read(&file) {
        Ok(observation) => observation,
        Err(error) => {
            eprintln!("{file}: {error}");
            return ExitCode::from(2);
        }
    };

    let now = observation.at;
    let diagnosis = diagnose(&observation, &History::default(), &DiagnosisPolicy::default(), now);
    let plan = plan(&diagnosis, None, &RecoveryPolicy::default(), now);

    println!("{}", observation.table(&diagnosis));
    println!("{diagnosis}");
    print!("{plan}");
    ExitCode::SUCCESS
}

fn read(file: &str) -> Result<Observation, Box<dyn std::error::Error>> {
    Ok(serde_json::from_str(&std::fs::read_to_string(file)?)?)
}
