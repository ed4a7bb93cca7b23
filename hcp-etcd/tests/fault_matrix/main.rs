//! Every fault the crate claims to handle, made on real etcd members while a writer runs.
//!
//! ```text
//! cargo test -p hcp-etcd --all-features --test fault_matrix            # all rows
//! cargo test -p hcp-etcd --all-features --test fault_matrix -- wiped   # rows whose name contains "wiped"
//! ```
//!
//! In every row: no acknowledged write is lost, no member is removed when that costs the quorum, and the cluster ends
//! healthy or in an explicit refusal. A full run compares its table with `docs/FAULT-MATRIX.md`;
//! `UPDATE_DOCS=1` rewrites that file instead.
#![expect(
    clippy::print_stdout,
    clippy::disallowed_methods,
    clippy::large_futures,
    reason = "a test harness of its own: it prints, reads the time, and runs a few long tasks"
)]

mod arena;
mod crash;
mod report;
mod rows;

use std::process::ExitCode;
use std::time::Instant;

use crate::report::{Finished, check_docs, closing_line};
use crate::rows::{Row, rows};

/// Rows at once: each is a cluster of its own, and most of a row is waiting.
const CONCURRENT: usize = 2;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if let Some(exit) = crash::child(&arguments) {
        return exit;
    }
    // What `cargo test` passes on for the standard harness, such as `--nocapture`, means nothing here.
    let filters: Vec<&String> = arguments.iter().filter(|a| !a.starts_with('-')).collect();
    if arguments.iter().any(|a| a == "--list") {
        for row in rows() {
            println!("{}: test", row.name);
        }
        return ExitCode::SUCCESS;
    }
    let chosen: Vec<Row> = rows()
        .into_iter()
        .filter(|row| filters.is_empty() || filters.iter().any(|f| row.name.contains(f.as_str())))
        .collect();
    let finished = run_all(chosen);

    println!("\n{}", report::table(&finished));
    let mut failed = finished.iter().filter(|row| row.verdict.is_err()).count();
    if filters.is_empty()
        && let Err(difference) = check_docs(&finished)
    {
        println!("{difference}");
        failed += 1;
    }
    println!("{}", closing_line(finished.len(), failed));
    if failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Runs the rows on a few threads, each with a runtime of its own so that no row can starve another.
fn run_all(rows: Vec<Row>) -> Vec<Finished> {
    let queue = std::sync::Mutex::new(rows.into_iter().enumerate());
    let finished = std::sync::Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..CONCURRENT {
            scope.spawn(|| {
                while let Some((index, row)) = next(&queue) {
                    let done = run_one(&row);
                    println!("{}", report::line(&done));
                    finished.lock().expect("no row panics while it holds this").push((index, done));
                }
            });
        }
    });
    let mut finished = finished.into_inner().expect("all threads have ended");
    finished.sort_by_key(|(index, _)| *index);
    finished.into_iter().map(|(_, done)| done).collect()
}

fn next<T>(queue: &std::sync::Mutex<impl Iterator<Item = T>>) -> Option<T> {
    queue.lock().expect("no row panics while it holds this").next()
}

fn run_one(row: &Row) -> Finished {
    let begun = Instant::now();
    let verdict = std::panic::catch_unwind(|| {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()
            .expect("a runtime");
        runtime.block_on((row.run)())
    })
    .unwrap_or_else(|panic| {
        let text = panic.downcast_ref::<String>().cloned();
        let text = text.or_else(|| panic.downcast_ref::<&str>().map(|s| (*s).to_owned()));
        Err(text.unwrap_or_else(|| "panicked".to_owned()).into())
    });
    Finished { name: row.name, verdict, took: begun.elapsed() }
}
