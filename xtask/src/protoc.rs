//! `protoc`, which `etcd-client`'s build script runs, and the files of Google's own types that it imports.

use std::path::{Path, PathBuf};
use std::{fs, process};

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

const REMEDY: &str = "as root, run `apt-get install protobuf-compiler libprotobuf-dev`, \
    or set PROTOC to the file of a `protoc` from elsewhere, with its `include` folder beside it";

/// What the build script's files import.
const IMPORTED: &str = "google/protobuf/descriptor.proto";

/// Finds `protoc` where a build script would, or installs Debian's.
///
/// Debian has Google's own types in a package that the compiler only recommends: a `protoc` without them is completed.
pub(crate) fn provide() -> Result<Found> {
    if let Some(file) = variable("PROTOC") {
        let found = ask(file.into(), "$PROTOC")?;
        return imports(&found.file).map(|()| found).map_err(|why| missing(&why));
    }
    let mut how = "PATH";
    if on_path("protoc").is_none() {
        debian::install("protobuf-compiler").map_err(|why| missing(&why))?;
        how = "from Debian's protobuf-compiler";
    }
    let file = on_path("protoc")
        .ok_or_else(|| missing("not on PATH after installing protobuf-compiler"))?;
    if imports(&file).is_err() {
        debian::install("libprotobuf-dev").map_err(|why| missing(&why))?;
        imports(&file).map_err(|why| missing(&why))?;
    }
    ask(file, how)
}

/// Has `protoc` read a file that imports what the build script's files import.
fn imports(protoc: &Path) -> Result<(), String> {
    let folder = std::env::temp_dir().join(format!("hcp-protoc-{}", process::id()));
    let outcome = read_import(protoc, &folder);
    // Best effort: it holds one small file of ours.
    let _ = fs::remove_dir_all(&folder);
    outcome.map_err(|why| format!("{} cannot import {IMPORTED}: {why}", protoc.display()))
}

fn read_import(protoc: &Path, folder: &Path) -> Result<(), String> {
    let file = folder.join("import.proto");
    let text = format!("syntax = \"proto3\";\nimport \"{IMPORTED}\";\n");
    let written = fs::create_dir_all(folder).and_then(|()| fs::write(&file, text));
    written.map_err(|error| error.to_string())?;
    Run::new(protoc)
        .dir(folder)
        .args(["--proto_path=.", "--descriptor_set_out=read", "import.proto"])
        .capture()
        .map(drop)
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
    Error::new("protoc", format!("none that will do in $PROTOC or on PATH;\n{why}"), REMEDY)
}
