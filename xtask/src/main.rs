//! `cargo xtask`: what CI runs, for a person to run with the same commands.
//!
//! [`cli`] turns arguments into a [`Command`]; each command has a file of its own.
//! [`setup`] finds or builds the programs that the commands need, [`run`] starts programs, and
//! [`error`] is the one way to fail: place, cause, remedy.

#![expect(clippy::print_stdout, reason = "a command-line tool talks to a person")]

mod assets;
mod bench;
mod cli;
mod dashboard;
mod debian;
mod demo;
mod error;
mod examples;
mod fuzz;
mod golang;
mod metadata;
mod oracle;
mod peers;
mod prometheus;
mod protoc;
mod pure_core;
mod run;
mod setup;
mod suite;
mod test;
mod version;

use std::process::ExitCode;

use cli::Command;

fn main() -> ExitCode {
    let command = match cli::parse(std::env::args().skip(1)) {
        Ok(command) => command,
        Err(error) => {
            eprintln!("{error}");
            return ExitCode::from(2);
        }
    };
    let outcome = match command {
        Command::Help => {
            print!("{}", cli::usage());
            Ok(())
        }
        Command::Assets => setup::Tools::default().with_all_peers(),
        Command::Demo => demo::run(),
        Command::Dashboard => dashboard::run(),
        Command::Test(selection) => test::run(&selection),
        Command::Bench(name) => bench::run(&name),
        Command::Fuzz(wish) => fuzz::run(&wish),
        Command::Oracle(name, options) => oracle::run(&name, &options),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("\n{error}");
            ExitCode::FAILURE
        }
    }
}
