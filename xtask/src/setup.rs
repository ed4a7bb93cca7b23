//! The programs a command needs, found once, one line each about what was found where.

use std::cell::OnceCell;
use std::path::{Path, PathBuf};

use crate::assets;
use crate::error::{Error, Result};
use crate::peers::{self, Peers};
use crate::prometheus::{self, Server};
use crate::protoc;
use crate::run::{Run, path_folders, shown, variable};
use crate::suite::{ETCD, KUBERNETES, REGISTRY, Suite};
use crate::version::Version;

/// Looks for each program when it is first asked for, and remembers the answer.
#[derive(Debug, Default)]
pub(crate) struct Tools {
    protoc: OnceCell<Result<()>>,
    etcd: OnceCell<Result<PathBuf>>,
    kubernetes: OnceCell<Result<PathBuf>>,
    registry: OnceCell<Result<PathBuf>>,
    missing: OnceCell<Result<Vec<&'static str>>>,
    peers: OnceCell<Result<Peers>>,
    prometheus: OnceCell<[Server; 2]>,
}

/// Where the binaries are that a program of this workspace starts.
#[derive(Debug)]
pub(crate) struct Folders {
    etcd: PathBuf,
    kubernetes: Option<PathBuf>,
}

impl Tools {
    /// Everything that building and running anything in this workspace needs, but for what [`Tools::missing`] tells.
    pub(crate) fn everything(&self) -> Result<Folders> {
        let folders = self.with_etcd()?;
        self.missing()?;
        let kubernetes = self.kubernetes().ok().map(Path::to_owned);
        Ok(Folders { kubernetes, ..folders })
    }

    /// What tests say that they were not run for on a person's machine. In CI (`CI` is set) it is an error.
    pub(crate) fn missing(&self) -> Result<&[&'static str]> {
        let look = || {
            let found = [("Kubernetes", self.kubernetes()), ("docker-registry", self.registry())];
            let mut missing = Vec::new();
            for (name, why) in found.into_iter().filter_map(|(name, it)| Some((name, it.err()?))) {
                if variable("CI").is_some() {
                    return Err(why);
                }
                eprintln!("warning: {why}");
                missing.push(name);
            }
            Ok(missing)
        };
        self.missing.get_or_init(look).as_deref().map_err(Clone::clone)
    }

    /// What building anything needs, and etcd alone: Kubernetes takes minutes to build.
    pub(crate) fn with_etcd(&self) -> Result<Folders> {
        self.protoc()?;
        Ok(Folders { etcd: self.etcd()?.to_owned(), kubernetes: None })
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

    /// A registry of images, for tests that read releases from one.
    fn registry(&self) -> Result<&Path> {
        folder(&self.registry, &REGISTRY)
    }

    /// The folder with the etcd binaries.
    fn etcd(&self) -> Result<&Path> {
        folder(&self.etcd, &ETCD)
    }

    /// The folder with the Kubernetes binaries.
    fn kubernetes(&self) -> Result<&Path> {
        folder(&self.kubernetes, &KUBERNETES)
    }
}

impl Run {
    /// Tells the program where the binaries are. It looks in one folder, then on `PATH`.
    pub(crate) fn with_assets(self, Folders { etcd, kubernetes }: &Folders) -> Self {
        let run = self.env("KUBEBUILDER_ASSETS", etcd);
        let Some(other) = kubernetes.as_ref().filter(|folder| *folder != etcd) else { return run };
        match std::env::join_paths([other.clone()].into_iter().chain(path_folders())) {
            Ok(path) => run.env("PATH", path),
            // PATH cannot name every folder; tests then say what they miss.
            Err(_) => run,
        }
    }
}

/// Provides the suite the first time, and reports it.
fn folder<'a>(cell: &'a OnceCell<Result<PathBuf>>, suite: &Suite) -> Result<&'a Path> {
    let find = || {
        let found = assets::provide(suite)?;
        for program in suite.programs {
            let file = found.folder.join(program.name);
            report(program.name, found.version, &file, &found.how);
        }
        Ok(found.folder)
    };
    cell.get_or_init(find).as_deref().map_err(Clone::clone)
}

fn report(name: &str, version: Version, file: &Path, how: &str) {
    println!("{name:<10} {:<8} {} ({how})", version.to_string(), shown(file));
}
