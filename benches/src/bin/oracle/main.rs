//! `cargo xtask oracle NAME`: our answers beside Prometheus' own, on generated input.
//!
//! [`driver`] feeds two processes of `hcp-peers` and reads their answers while the next cases are made; a
//! [`Subject`](driver::Subject) says what a case is and when two answers are the same.
#![expect(clippy::print_stdout, reason = "a command-line tool talks to a person")]

mod driver;
mod exposition;
mod options;
mod peer;
mod relabel;
mod rng;
mod tally;

use std::process::ExitCode;

use options::{Name, Options};

fn main() -> ExitCode {
    let options = match Options::parse(std::env::args().skip(1)) {
        Ok(options) => options,
        Err(why) => {
            eprintln!("error: {why}\n\n{}", options::USAGE);
            return ExitCode::from(2);
        }
    };
    let outcome = match options.name {
        Name::Relabel => driver::run(&relabel::Relabel, &options),
        Name::Exposition => {
            exposition::Exposition::new().and_then(|exposition| driver::run(&exposition, &options))
        }
    };
    match outcome {
        Ok(0) => ExitCode::SUCCESS,
        Ok(_) => ExitCode::FAILURE,
        Err(why) => {
            eprintln!("error: {why}");
            ExitCode::FAILURE
        }
    }
}
