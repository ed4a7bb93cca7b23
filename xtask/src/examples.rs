//! The self-contained examples: each is run once by `cargo xtask test`.

use crate::error::{Error, Result};
use crate::metadata;
use crate::run::Run;
use crate::setup::Folders;

/// The package that holds the examples.
const PACKAGE: &str = "hcp-examples";

/// A row of the table.
#[derive(Debug)]
pub(crate) struct Example {
    name: &'static str,
    args: &'static [&'static str],
}

/// The example that `cargo xtask demo` runs.
pub(crate) const QUICKSTART: Example = Example { name: "quickstart", args: &[] };

/// The example that `cargo xtask demo` runs after that.
pub(crate) const PREFLIGHT: Example = Example { name: "preflight_upgrade", args: &["report"] };

/// How to run each example of [`PACKAGE`]; paths are from the workspace's root.
const EXAMPLES: &[Example] = &[
    Example { name: "decide", args: &["hcp-etcd/tests/data/one-member-lost.json"] },
    QUICKSTART,
    Example { name: "monitor", args: &[] },
    Example { name: "filter_etcd", args: &[] },
    Example {
        name: "filter_file",
        args: &[
            "benches/peers/testdata/seed-kube-apiserver.yaml",
            "benches/data/kube-apiserver.prom.gz",
            "target/kube-apiserver-kept.prom",
        ],
    },
    Example { name: "lint_sre_config", args: &[] },
    Example {
        name: "filtering_proxy",
        args: &["benches/peers/testdata/seed-kube-apiserver.yaml", "once"],
    },
    PREFLIGHT,
    Example { name: "check_oauth", args: &[] },
    Example { name: "crds", args: &["target/crds.yaml"] },
    Example { name: "pause_and_wait", args: &[] },
];

impl Example {
    /// Builds and runs it with the binaries in `assets`.
    pub(crate) fn run(&self, assets: &Folders) -> Result<()> {
        let mut args = vec!["run", "--package", PACKAGE, "--example", self.name];
        if !self.args.is_empty() {
            args.push("--");
            args.extend(self.args);
        }
        let remedy = format!("run the line above; how it is called is in {}", file!());
        Run::cargo(args).with_assets(assets).show(&remedy)
    }
}

/// Runs every example; first the table must be complete.
pub(crate) fn run_all(assets: &Folders) -> Result<()> {
    let present = metadata::read()?.examples(PACKAGE)?;
    if let Some(name) = present.iter().find(|name| EXAMPLES.iter().all(|row| row.name != **name)) {
        return Err(Error::new(
            format!("example `{name}` of {PACKAGE}"),
            "nothing runs it",
            format!("add a row for it to EXAMPLES in {}", file!()),
        ));
    }
    EXAMPLES.iter().try_for_each(|example| example.run(assets))
}
