//! `cargo xtask dashboard`: the picture of the shipped dashboard in the documentation.

use crate::error::Result;
use crate::run::Run;
use crate::setup::Tools;

/// Draws it anew. A test of `hcp-benches` fails as long as it is not of the template that is shipped.
pub(crate) fn run() -> Result<()> {
    Tools::default().protoc()?;
    Run::cargo(["run", "--package", "hcp-benches", "--bin", "dashboard"])
        .show("if there is no data for a panel, make it up in benches/src/bin/dashboard/story.rs")
}
