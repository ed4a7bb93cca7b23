//! `cargo xtask bench fleet`: how many upgrades one core judges in a second, and what holding a fleet in memory costs.
#![expect(clippy::print_stdout, reason = "a benchmark prints its table")]

#[path = "../relabel/core.rs"]
mod core;
mod memory;
mod objects;
mod verdicts;

use std::alloc::System;
use std::error::Error;

use hcp_benches::Report;
use stats_alloc::{INSTRUMENTED_SYSTEM, StatsAlloc};

type Failure = Box<dyn Error + Send + Sync>;

/// Counts every allocation of this program.
#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

fn main() -> Result<(), Failure> {
    core::pin()?;
    let mut report = Report::new("fleet");
    report.rows.extend(verdicts::rows()?);
    report.rows.extend(memory::rows()?);
    println!("{report}");
    println!("written to {}", report.write()?.display());
    Ok(())
}
