//! Filters a saved `/metrics` payload with relabel rules, and says what each rule dropped.
//!
//! ```text
//! cargo run -p hcp-examples --example filter_file -- RULES.yaml PAYLOAD.prom[.gz] OUT.prom [raw]
//! ```
//!
//! What stays is written to OUT.prom, byte for byte as it came. `raw` matches `le` and `quantile` as they stand in the text
//! (Prometheus 2) and not as Prometheus 3 shows them to rules.
//! The exit code is 2 if a file cannot be used.

#![expect(clippy::print_stdout, reason = "an example prints")]

use std::error::Error;
use std::fs::File;
use std::io::{BufReader, Read, Write};
use std::path::Path;
use std::process::ExitCode;

use flate2::read::MultiGzDecoder;
use hcp_metrics::LabelCompat;
use hcp_metrics::exposition::{Counts, Filter, FilterOptions};
use hcp_metrics::relabel::{Rule, Rules};

fn main() -> ExitCode {
    let args: Vec<_> = std::env::args().skip(1).collect();
    let Some(([rules, payload, out], rest)) = args.split_first_chunk() else {
        eprintln!("usage: filter_file RULES.yaml PAYLOAD.prom[.gz] OUT.prom [raw]");
        return ExitCode::from(2);
    };
    let raw = rest.first().is_some_and(|word| word == "raw");
    let compat = if raw { LabelCompat::Raw } else { LabelCompat::Prometheus3 };
    match filter_file(rules, payload, out, compat) {
        Ok(counts) => {
            print!("{counts}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("{error}");
            ExitCode::from(2)
        }
    }
}

fn filter_file(
    rules: &str,
    payload: &str,
    out: &str,
    compat: LabelCompat,
) -> Result<Counts, Box<dyn Error>> {
    let text = std::fs::read_to_string(rules).map_err(|error| format!("{rules}: {error}"))?;
    let list = Rule::list_from_yaml(&text).map_err(|error| format!("{rules}: {error}"))?;
    let compiled = Rules::compile(&list).map_err(|error| format!("{rules}: {error}"))?;

    let file = File::open(payload).map_err(|error| format!("{payload}: {error}"))?;
    let mut input: Box<dyn Read> =
        if Path::new(payload).extension().is_some_and(|ending| ending == "gz") {
            Box::new(MultiGzDecoder::new(BufReader::new(file)))
        } else {
            Box::new(file)
        };
    let mut output = File::create(out).map_err(|error| format!("{out}: {error}"))?;

    // Memory does not grow with the payload: one chunk in, what stays of it out.
    let mut filter = Filter::new(compiled, FilterOptions::default().with_compat(compat));
    let (mut chunk, mut kept) = (vec![0; 64 << 10], Vec::new());
    loop {
        let read = input.read(&mut chunk).map_err(|error| format!("{payload}: {error}"))?;
        if read == 0 {
            break;
        }
        filter.push(&chunk[..read], &mut kept).map_err(|error| format!("{payload}: {error}"))?;
        output.write_all(&kept)?;
        kept.clear();
    }
    let counts = filter.finish(&mut kept).map_err(|error| format!("{payload}: {error}"))?;
    output.write_all(&kept)?;
    Ok(counts)
}
