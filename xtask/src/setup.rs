//! The programs a command needs, found once, one line each about what was found where.

use std::cell::OnceCell;
use std::path::{Path, PathBuf};

use crate::assets;
use crate::error::{Error, Result};
use crate::peers::{self, Peers};
use crate::prometheus::{self, Server};
use crate::protoc;
use crate::run::{Run, shown};
use crate::suite::ETCD;
use crate::version::Version;

/// Looks for each program when it is first asked for, and remembers the answer.
#[derive(Debug, Default)]
pub(crate) struct Tools {
    protoc: OnceCell<Result<()>>,
    assets: OnceCell<Result<PathBuf>>,
    peers: OnceCell<Result<Peers>>,
    prometheus: OnceCell<[Server; 2]>,
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

    /// Everything at all. What is only compared with is named when it cannot be had.
    pub(crate) fn with_all_peers(&self) -> Result<()> {
        self.everything()?;
        if let Peers::NotHere(why) = self.peers()? {
            eprintln!("warning: {why}");
        }
        for Server { name, found } in self.prometheus() {
            if let Err(why) = found {
                eprintln!("warning: {name}: {why}");
            }
        }
        Ok(())
    }

    /// The program with Prometheus' and `VictoriaMetrics`' code, for a command that is nothing without it.
    pub(crate) fn need_peers(&self) -> Result<&Path> {
        match self.peers()? {
            Peers::Built(file) => Ok(file),
            Peers::NotHere(why) => {
                Err(Error::new("hcp-peers", why, "install Go, see CONTRIBUTING.md"))
            }
        }
    }

    /// The program with Prometheus' and `VictoriaMetrics`' code, or why it cannot be had here.
    pub(crate) fn peers(&self) -> Result<&Peers> {
        let find = || {
            let found = peers::provide()?;
            if let Peers::Built(file) = &found {
                println!("{:<10} {:<8} {}", "peers", "", shown(file));
            }
            Ok(found)
        };
        self.peers.get_or_init(find).as_ref().map_err(Clone::clone)
    }

    /// The real servers that `hcp-metrics` is compared with.
    pub(crate) fn prometheus(&self) -> &[Server; 2] {
        self.prometheus.get_or_init(|| {
            let servers = prometheus::provide();
            for Server { found, .. } in &servers {
                if let Ok(found) = found {
                    report("prometheus", found.version, &found.file, found.how);
                }
            }
            servers
        })
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
    println!("{name:<10} {:<8} {} ({how})", version.to_string(), shown(file));
}
