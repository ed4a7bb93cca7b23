//! `cargo xtask bench quorum`: how long a probe and a recovery take, and how many clusters one core can decide about.
#![expect(clippy::print_stdout, reason = "a benchmark prints its table")]

mod decide;
mod probe;
mod recover;

use std::error::Error;

use hcp_benches::Report;

type Failure = Box<dyn Error + Send + Sync>;

#[tokio::main]
async fn main() -> Result<(), Failure> {
    let mut report = Report::new("quorum");
    report.rows.extend(decide::rows());
    report.rows.extend(probe::rows().await?);
    report.rows.extend(recover::rows().await?);
    println!("{report}");
    println!("written to {}", report.write()?.display());
    Ok(())
}
