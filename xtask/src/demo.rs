//! `cargo xtask demo`: the quickstart example, against etcd members that it starts itself.

use crate::error::Result;
use crate::examples;
use crate::setup::Tools;

/// Sets up, then runs the example.
pub(crate) fn run() -> Result<()> {
    let tools = Tools::default();
    examples::QUICKSTART.run(&tools.with_etcd()?)
}
