//! The proof that decisions are pure: without its adapters, and with all of its features that are none, a crate has no runtime in its
//! tree, and every adapter builds without the others.

use crate::error::{Error, Result};
use crate::metadata;
use crate::run::Run;

/// The crates whose core must stay pure, and the features that must not change that.
const CRATES: &[(&str, &str)] =
    &[("hcp-core", "api,yaml"), ("hcp-etcd", ""), ("hcp-metrics", "yaml")];

/// What a pure core never depends on.
const FORBIDDEN: &[&str] = &["tokio", "hyper", "kube", "tonic", "etcd-client"];

/// Proves it for every crate of the table.
pub(crate) fn prove() -> Result<()> {
    let metadata = metadata::read()?;
    for (package, pure_features) in CRATES {
        inspect_tree(package, pure_features)?;
        lint(package, &[])?;
        for feature in metadata.features(package)? {
            lint(package, &["--features", &feature])?;
        }
    }
    Ok(())
}

fn inspect_tree(package: &str, features: &str) -> Result<()> {
    let mut args = vec!["tree", "-p", package, "--no-default-features", "-e", "normal"];
    if !features.is_empty() {
        args.extend(["--features", features]);
    }
    let line = format!("cargo {}", args.join(" "));
    println!("$ {line}");
    let tree = Run::cargo(args.iter().copied())
        .args(["--prefix", "none", "--format", "{p}"])
        .capture()
        .map_err(|why| Error::new(format!("`{line}`"), why, "run that command"))?;
    let found = forbidden(&tree);
    let Some(first) = found.first() else {
        return Ok(());
    };
    Err(Error::new(
        format!("the pure core of {package}"),
        format!("its tree has {}", found.join(", ")),
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
