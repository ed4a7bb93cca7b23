//! Prints the custom resource definitions of hosted clusters as YAML: all of them, or those whose plural names are given.
//!
//! ```sh
//! cargo run -p hcp-examples --example crds hostedclusters | kubectl apply --server-side -f -
//! ```

use std::error::Error;
use std::io::{Write, stdout};

use hcp_core::api;

fn main() -> Result<(), Box<dyn Error>> {
    let wanted: Vec<String> = std::env::args().skip(1).collect();
    let crds = api::crds();
    let names: Vec<&str> = crds.iter().map(|crd| crd.spec.names.plural.as_str()).collect();
    if let Some(unknown) = wanted.iter().find(|name| !names.contains(&name.as_str())) {
        return Err(format!("no definition {unknown:?}; there are {}", names.join(", ")).into());
    }
    let mut out = stdout().lock();
    for crd in &crds {
        if wanted.is_empty() || wanted.contains(&crd.spec.names.plural) {
            write!(out, "---\n{}", api::crd_to_yaml(crd)?)?;
        }
    }
    Ok(())
}
