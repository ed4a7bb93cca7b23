//! The table, as printed and as kept in `docs/FAULT-MATRIX.md`.

use std::fmt::Write as _;
use std::path::Path;
use std::time::Duration;

use crate::arena::{Failure, Shown};

pub(crate) struct Finished {
    pub(crate) name: &'static str,
    pub(crate) verdict: Result<Shown, Failure>,
    pub(crate) took: Duration,
}

const INTRODUCTION: &str = "\
# Fault matrix

What happens to a real three-member etcd cluster with TLS (five where it says so) when a fault is made while a writer runs and the
recovery executor is let loose. This table is printed by `cargo test -p hcp-etcd --all-features --test fault_matrix`, which fails if it differs from this
file. In every row no acknowledged write was lost, checked by linearizable reads of every acknowledged key (where the row ends without a quorum: nothing
was touched), and no member was removed when that would have cost the quorum. Waiting and stopping processes are left out.

";

/// One line while the run goes on.
pub(crate) fn line(row: &Finished) -> String {
    let seconds = row.took.as_secs_f64();
    match &row.verdict {
        Ok(shown) => {
            let writes = shown.writes.map_or_else(String::new, |(acknowledged, lost)| {
                format!(", {acknowledged} writes acknowledged, {lost} lost")
            });
            format!("test {} ... ok ({seconds:.1} s{writes})", row.name)
        }
        Err(error) => format!("test {} ... FAILED ({seconds:.1} s): {error}", row.name),
    }
}

/// The table without anything that varies between runs.
pub(crate) fn table(rows: &[Finished]) -> String {
    let mut table =
        String::from("| fault | diagnosis | what was done | end |\n| --- | --- | --- | --- |\n");
    for row in rows {
        let shown = match &row.verdict {
            Ok(shown) => shown.clone(),
            Err(error) => Shown { end: format!("FAILED: {error}"), ..Shown::default() },
        };
        let actions = if shown.actions.is_empty() {
            "nothing".to_owned()
        } else {
            shown.actions.join(" → ")
        };
        let diagnosis: Vec<_> = shown.diagnosis.iter().map(|(_, seen)| seen.as_str()).collect();
        let _ = writeln!(
            table,
            "| {} | {} | {actions} | {} |",
            row.name,
            diagnosis.join(", then "),
            shown.end
        );
    }
    table
}

/// Compares the table with the documentation, or rewrites it.
#[expect(clippy::disallowed_methods, reason = "a test reads its environment")]
pub(crate) fn check_docs(rows: &[Finished]) -> Result<(), String> {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/FAULT-MATRIX.md");
    let now = format!("{INTRODUCTION}{}", table(rows));
    if std::env::var("UPDATE_DOCS").is_ok_and(|v| v == "1") {
        return std::fs::write(&file, now).map_err(|e| format!("{}: {e}", file.display()));
    }
    let kept = std::fs::read_to_string(&file).map_err(|e| format!("{}: {e}", file.display()))?;
    if kept == now {
        return Ok(());
    }
    let mut text =
        String::from("docs/FAULT-MATRIX.md differs from this run (UPDATE_DOCS=1 rewrites it):\n");
    for line in now.lines().filter(|line| !kept.lines().any(|k| k == *line)) {
        let _ = writeln!(text, "+ {line}");
    }
    for line in kept.lines().filter(|line| !now.lines().any(|n| n == *line)) {
        let _ = writeln!(text, "- {line}");
    }
    Err(text)
}

/// The line a continuous integration reads.
pub(crate) fn closing_line(all: usize, failed: usize) -> String {
    let verdict = if failed == 0 { "ok" } else { "FAILED" };
    format!(
        "test result: {verdict}. {} passed; {failed} failed; 0 ignored",
        all.saturating_sub(failed)
    )
}
