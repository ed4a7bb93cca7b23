//! `cargo xtask demo`: the quickstart example, against etcd members that it starts itself, and then the
//! verdict on two upgrades.

use crate::error::Result;
use crate::examples;
use crate::setup::Tools;

/// Sets up, then runs the example.
pub(crate) fn run() -> Result<()> {
    let tools = Tools::default();
    let assets = tools.with_etcd()?;
    examples::QUICKSTART.run(&assets)?;
    println!("\nIs this upgrade allowed? Two hosted clusters, from 4.15 to 4.16\n");
    examples::PREFLIGHT.run(&assets)
}
