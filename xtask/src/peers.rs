//! `hcp-peers`: the Go program that answers as Prometheus does, built from this workspace's own sources.

use std::path::PathBuf;

use crate::assets::own_folder;
use crate::error::Result;
use crate::golang::{self, Pins, Stamp};
use crate::suite::PEERS;

/// What there is of the peers. Nobody distributes them, so without Go there is nothing to fall back on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Peers {
    /// The program, built from the sources as they are now.
    Built(PathBuf),
    /// There is no Go that can build it, and why.
    NotHere(String),
}

/// Builds the program unless what is there is up to date. A build that fails is an error; having no Go is not.
pub(crate) fn provide() -> Result<Peers> {
    let file = own_folder().join("hcp-peers");
    if golang::stamp(&PEERS) == Stamp::Current && file.is_file() {
        return Ok(Peers::Built(file));
    }
    let pins = Pins::read(&PEERS)?;
    match golang::find(&PEERS, &pins) {
        Ok(go) => golang::build(&PEERS, &go, &pins).map(|()| Peers::Built(file)),
        Err(why) => Ok(Peers::NotHere(format!("Go {} or newer builds hcp-peers: {why}", pins.go))),
    }
}
