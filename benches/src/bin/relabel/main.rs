//! `cargo xtask bench relabel`: our rules and our filter beside Prometheus' and `VictoriaMetrics`' own code, in one run on one core.
#![expect(clippy::print_stdout, reason = "a benchmark prints its table")]

mod compare;
mod core;
mod curves;
mod memory;
mod ours;
mod peers;
mod race;
mod scan;

use std::alloc::System;
use std::error::Error;
use std::path::{Path, PathBuf};

use hcp_benches::{Chart, Report};
use stats_alloc::{INSTRUMENTED_SYSTEM, StatsAlloc};

use crate::peers::Peers;

type Failure = Box<dyn Error + Send + Sync>;

/// Counts every allocation of this program.
#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

fn main() -> Result<(), Failure> {
    let mut report = Report::new("relabel");
    let peers = Peers::new(&argument()?, core::pin()?)?;
    let mut chart = Chart::new(
        "Relabelling and filtering on one core",
        "million series per second, logarithmic; longer is faster",
    );
    compare::rows(&peers, &mut report, &mut chart)?;
    report.rows.extend(memory::rows()?);
    report.rows.extend(curves::rows()?);
    println!("\n{report}");
    println!("written to {}", report.write()?.display());
    let plot = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/bench-relabel.svg");
    chart.footnote(&report.machine);
    std::fs::write(&plot, chart.to_string())?;
    println!("drawn in docs/bench-relabel.svg");
    Ok(())
}

/// `--peers FILE`: where `hcp-peers` is.
fn argument() -> Result<PathBuf, Failure> {
    let mut words = std::env::args_os().skip(1);
    match (words.next(), words.next(), words.next()) {
        (Some(name), Some(file), None) if name == "--peers" => Ok(file.into()),
        _ => {
            Err("usage: relabel --peers FILE; `cargo xtask bench relabel` builds hcp-peers".into())
        }
    }
}
