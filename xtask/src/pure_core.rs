//! The proof that decisions are pure: without its adapters a crate has no runtime in its tree, and
//! every adapter builds without the others.

use crate::error::{Error, Result};
use crate::metadata;
use crate::run::Run;

/// The crates whose core must stay pure.
const CRATES: &[&str] = &["hcp-core", "hcp-etcd", "hcp-metrics"];

/// What a pure core never depends on.
const FORBIDDEN: &[&str] = &["tokio", "hyper", "kube", "tonic", "etcd-client"];

/// Proves it for every crate of the table.
pub(crate) fn prove() -> Result<()> {
    let metadata = metadata::read()?;
    for package in CRATES {
        inspect_tree(package)?;
        lint(package, &[])?;
        for feature in metadata.features(package)? {
            lint(package, &["--features", &feature])?;
        }
    }
    Ok(())
}

fn inspect_tree(package: &str) -> Result<()> {
    let args = ["tree", "-p", package, "--no-default-features", "-e", "normal"];
    let line = format!("cargo {}", args.join(" "));
    println!("$ {line}");
    let tree = Run::cargo(args)
        .args(["--prefix", "none", "--format", "{p}"])
        .capture()
        .map_err(|why| Error::new(format!("`{line}`"), why, "run that command"))?;
    let found = forbidden(&tree);
    let Some(first) = found.first() else {
        return Ok(());
    };
    Err(Error::new(
        format!("the pure core of {package}"),
        format!("without features its tree has {}", found.join(", ")),
        format!("see who brings it with `{line} -i {first}`, and put that behind a feature"),
    ))
}

/// The forbidden crates in the output of `cargo tree --prefix none --format {p}`.
fn forbidden(tree: &str) -> Vec<&'static str> {
    let names: Vec<_> = tree.lines().filter_map(|line| line.split_whitespace().next()).collect();
    FORBIDDEN.iter().copied().filter(|name| names.contains(name)).collect()
}

/// Clippy rather than `check`: a helper that only one feature uses must not be left unused.
fn lint(package: &str, features: &[&str]) -> Result<()> {
    Run::cargo(["clippy", "-p", package, "--no-default-features"])
        .args(features)
        .args(["--", "-D", "warnings"])
        .show("run the line above; gate the code that it names with the feature that uses it")
}

#[cfg(test)]
mod tests {
    use super::forbidden;

    #[test]
    fn only_whole_crate_names_are_forbidden() {
        let pure = "hcp-etcd v0.1.0 (/src)\nserde v1.0.1\nhyperloglog v1.0.0\nkube-core v5.0.0\n";
        assert!(forbidden(pure).is_empty());
        let impure = "hcp-etcd v0.1.0\ntonic v0.14.0\ntokio v1.54.0 (*)\n";
        assert_eq!(forbidden(impure), ["tokio", "tonic"]);
    }
}
