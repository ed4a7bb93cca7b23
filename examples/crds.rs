//! Writes the custom resource definitions of hosted clusters as YAML: all of them, or those whose plural names are given.
//!
//! ```sh
//! cargo run -p hcp-examples --example crds hostedclusters | kubectl apply --server-side -f -
//! cargo run -p hcp-examples --example crds > crds.yaml
//! ```
//!
//! A name with a dot is a file to write to, instead of the standard output.

use std::error::Error;
use std::io::{Write, stdout};

use hcp_core::api;

fn main() -> Result<(), Box<dyn Error>> {
    let (files, wanted): (Vec<_>, Vec<_>) =
        std::env::args().skip(1).partition(|word| word.contains('.'));
    let crds = api::crds();
    let names: Vec<&str> = crds.iter().map(|crd| crd.spec.names.plural.as_str()).collect();
    if let Some(unknown) = wanted.iter().find(|name| !names.contains(&name.as_str())) {
        return Err(format!("no definition {unknown:?}; there are {}", names.join(", ")).into());
    }
    let mut text = String::new();
    for crd in &crds {
        if wanted.is_empty() || wanted.contains(&crd.spec.names.plural) {
            text += "---\n";
            text += &api::crd_to_yaml(crd)?;
        }
    }
    match files.first() {
        None => stdout().write_all(text.as_bytes())?,
        Some(file) => {
            std::fs::write(file, &text).map_err(|error| format!("writing {file}: {error}"))?;
            writeln!(stdout(), "{} lines in {file}", text.lines().count())?;
        }
    }
    Ok(())
}
