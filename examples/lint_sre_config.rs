//! Says what is wrong with a `sre-metric-set`, and what its rules do to a saved `/metrics` payload.
//!
//! ```text
//! cargo run -p hcp-examples --example lint_sre_config -- [strict] [CONFIG.yaml [COMPONENT=PAYLOAD.prom[.gz] ...]]
//! ```
//!
//! CONFIG.yaml is what stands under the key `config` of the ConfigMap. Without one, the example of the product documentation is looked at,
//! as it is printed there, with a payload of a kube-apiserver.
//! With `strict` the exit code is 1 if something is unsafe and 2 if something is broken; it is 2 if a file cannot be used.

#![expect(clippy::print_stdout, reason = "an example prints")]

use std::error::Error;
use std::fs::File;
use std::io::Read;
use std::path::Path;
use std::process::ExitCode;

use flate2::read::MultiGzDecoder;
use hcp_metrics::exposition::Format;
use hcp_metrics::lint::{Finding, Linter, Severity};
use hcp_metrics::relabel::Rules;
use hcp_metrics::sets::{Component, SreConfig};

const CONFIG: &str =
    concat!(env!("CARGO_MANIFEST_DIR"), "/../hcp-metrics/tests/data/sre-metric-set-printed.yaml");
const PAYLOAD: &str = concat!(
    "kubeAPIServer=",
    env!("CARGO_MANIFEST_DIR"),
    "/../benches/data/kube-apiserver.prom.gz"
);

fn main() -> ExitCode {
    let mut args: Vec<_> = std::env::args().skip(1).collect();
    let strict = args.first().is_some_and(|word| word == "strict");
    args.drain(..usize::from(strict));
    if args.is_empty() {
        args = vec![CONFIG.to_owned(), PAYLOAD.to_owned()];
    }
    match lint_files(&args[0], &args[1..]) {
        Ok(findings) => {
            findings.iter().for_each(show);
            println!("findings: {}", findings.len());
            match findings.iter().map(|finding| finding.severity).max() {
                Some(Severity::Broken) if strict => ExitCode::from(2),
                Some(Severity::Unsafe) if strict => ExitCode::from(1),
                _ => ExitCode::SUCCESS,
            }
        }
        Err(error) => {
            eprintln!("{error}");
            ExitCode::from(2)
        }
    }
}

fn lint_files(config: &str, payloads: &[String]) -> Result<Vec<Finding>, Box<dyn Error>> {
    let text = std::fs::read_to_string(config).map_err(|error| format!("{config}: {error}"))?;
    let config = match SreConfig::parse_compatible(&text) {
        Ok(config) => config,
        Err(error) => return Ok(error.findings),
    };
    let mut findings = config.findings().to_vec();
    for component in config.components() {
        // The reader has said already what is wrong with rules that do not compile.
        let Ok(rules) = Rules::compile(config.rules(component)) else { continue };
        let linter = Linter::new(rules).with_component(component);
        findings.extend(match payloads.iter().find_map(|payload| file_of(component, payload)) {
            Some(file) => observe(linter, file).map_err(|error| format!("{file}: {error}"))?,
            None => linter.lint(),
        });
    }
    Ok(findings)
}

fn file_of(component: Component, payload: &str) -> Option<&str> {
    payload.strip_prefix(component.config_key()?)?.strip_prefix('=')
}

fn observe(linter: Linter, file: &str) -> Result<Vec<Finding>, Box<dyn Error>> {
    let mut input: Box<dyn Read> = Box::new(File::open(file)?);
    if Path::new(file).extension().is_some_and(|ending| ending == "gz") {
        input = Box::new(MultiGzDecoder::new(input));
    }
    let (mut evidence, mut chunk) = (linter.evidence(Format::Text), vec![0; 64 << 10]);
    loop {
        match input.read(&mut chunk)? {
            0 => return Ok(evidence.finish()?),
            read => evidence.observe(&chunk[..read])?,
        }
    }
}

fn show(finding: &Finding) {
    println!("{:<7}{:<23}{finding}\n", finding.severity, finding.lint);
}
