//! The programs a command needs, found once, one line each about what was found where.

use std::cell::OnceCell;
use std::path::{Path, PathBuf};

use crate::assets;
use crate::error::Result;
use crate::protoc;
use crate::run::{Run, shown};
use crate::suite::ETCD;
use crate::version::Version;

/// Looks for each program when it is first asked for, and remembers the answer.
#[derive(Debug, Default)]
pub(crate) struct Tools {
    protoc: OnceCell<Result<()>>,
    assets: OnceCell<Result<PathBuf>>,
}

impl Tools {
    /// Everything that building and running anything in this workspace needs.
    pub(crate) fn everything(&self) -> Result<&Path> {
        self.protoc()?;
        self.assets()
    }

    /// Makes sure that `protoc` is where build scripts look.
    pub(crate) fn protoc(&self) -> Result<()> {
        let find = || {
            let found = protoc::provide()?;
            report("protoc", found.version, &found.file, found.how);
            Ok(())
        };
        self.protoc.get_or_init(find).clone()
    }

    /// The folder with the etcd binaries.
    fn assets(&self) -> Result<&Path> {
        let find = || {
            let found = assets::provide(&ETCD)?;
            for program in ETCD.programs {
                let file = found.folder.join(program.name);
                report(program.name, found.version, &file, &found.how);
            }
            Ok(found.folder)
        };
        self.assets.get_or_init(find).as_deref().map_err(Clone::clone)
    }
}

impl Run {
    /// Tells the program where the binaries of [`Tools::everything`] are.
    pub(crate) fn with_assets(self, folder: &Path) -> Self {
        self.env("KUBEBUILDER_ASSETS", folder)
    }
}

fn report(name: &str, version: Version, file: &Path, how: &str) {
    println!("{name:<8} {:<8} {} ({how})", version.to_string(), shown(file));
}
