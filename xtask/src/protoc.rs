//! `protoc`, which `etcd-client`'s build script runs.

use std::path::PathBuf;

use crate::debian;
use crate::error::{Error, Result};
use crate::run::{Run, on_path, variable};
use crate::version::Version;

/// A `protoc` that build scripts will find by themselves.
#[derive(Debug)]
pub(crate) struct Found {
    /// The file.
    pub(crate) file: PathBuf,
    /// What it says.
    pub(crate) version: Version,
    /// How it came to be there.
    pub(crate) how: &'static str,
}

const REMEDY: &str = "as root, run `apt-get install protobuf-compiler`, \
    or set PROTOC to the file of a `protoc` from elsewhere";

/// Finds `protoc` where a build script would, or installs Debian's.
pub(crate) fn provide() -> Result<Found> {
    if let Some(file) = variable("PROTOC") {
        return ask(file.into(), "$PROTOC");
    }
    if let Some(file) = on_path("protoc") {
        return ask(file, "PATH");
    }
    let installed = debian::install("protobuf-compiler");
    match (installed, on_path("protoc")) {
        (Ok(()), Some(file)) => ask(file, "from Debian's protobuf-compiler"),
        (Ok(()), None) => Err(missing("not on PATH after installing protobuf-compiler")),
        (Err(why), _) => Err(missing(&why)),
    }
}

fn ask(file: PathBuf, how: &'static str) -> Result<Found> {
    let place = || format!("protoc: {} ({how})", file.display());
    let said = Run::new(&file)
        .args(["--version"])
        .capture()
        .map_err(|why| Error::new(place(), why, REMEDY))?;
    let version = Version::find(&said)
        .ok_or_else(|| Error::new(place(), format!("says no version but {said:?}"), REMEDY))?;
    Ok(Found { file, version, how })
}

fn missing(why: &str) -> Error {
    Error::new("protoc", format!("neither in $PROTOC nor on PATH;\n{why}"), REMEDY)
}
