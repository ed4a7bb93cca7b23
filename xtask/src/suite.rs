//! The table of binaries that tests, demos and benchmarks start, and what is good enough.

use std::path::{Path, PathBuf};

use crate::error::Result;
use crate::run::{Run, root};
use crate::version::Version;

/// Programs that belong together: one source, one version.
#[derive(Debug)]
pub(crate) struct Suite {
    /// The folder with the Go module that pins them, from the workspace's root; empty if only Debian can provide them.
    pub(crate) module: &'static str,
    /// The Go package whose version in `go.mod` is the suite's.
    pub(crate) versioned_by: &'static str,
    /// Below this a found binary is passed over.
    pub(crate) minimum: Version,
    /// Why.
    pub(crate) below: &'static str,
    /// The Debian packages that hold all of them; none if only Go can provide them.
    pub(crate) debian: &'static [&'static str],
    /// What `go build` is told besides what all suites have.
    pub(crate) flags: &'static [&'static str],
    /// The file in `target/assets/` that says what they were built from.
    pub(crate) stamp: &'static str,
    /// One row for each.
    pub(crate) programs: &'static [Program],
}

/// A row of the table.
#[derive(Debug)]
pub(crate) struct Program {
    /// The file's name.
    pub(crate) name: &'static str,
    /// The arguments that make it say its version.
    pub(crate) ask: &'static [&'static str],
    /// The Go package to build it from.
    pub(crate) package: &'static str,
}

/// etcd, its client and its offline tool.
#[rustfmt::skip]
pub(crate) const ETCD: Suite = Suite {
    module: "hcp-testkit/assets",
    versioned_by: "go.etcd.io/etcd/server/v3",
    minimum: Version::new(3, 5, 26),
    below: "known data-loss bugs",
    debian: &["etcd-server", "etcd-client"],
    flags: &[],
    stamp: "built-from",
    programs: &[
        Program { name: "etcd", ask: &["--version"], package: "go.etcd.io/etcd/server/v3" },
        Program { name: "etcdctl", ask: &["version"], package: "go.etcd.io/etcd/etcdctl/v3" },
        Program { name: "etcdutl", ask: &["version"], package: "go.etcd.io/etcd/etcdutl/v3" },
    ],
};

/// The servers of a control plane and their client, without nodes. They tell the version that a flag gives them, which must
/// be that of `go.mod`.
#[rustfmt::skip]
pub(crate) const KUBERNETES: Suite = Suite {
    module: "hcp-testkit/kubernetes",
    versioned_by: "k8s.io/kubernetes",
    minimum: Version::new(1, 34, 0),
    below: "not what tests describe",
    debian: &[],
    flags: &[
        "-ldflags=-s -w -X k8s.io/component-base/version.gitVersion=v1.34.4 \
         -X k8s.io/component-base/version.gitMajor=1 -X k8s.io/component-base/version.gitMinor=34",
    ],
    stamp: "kubernetes-built-from",
    programs: &[
        Program { name: "kube-apiserver", ask: &["--version"], package: "k8s.io/kubernetes/cmd/kube-apiserver" },
        Program { name: "kube-controller-manager", ask: &["--version"], package: "k8s.io/kubernetes/cmd/kube-controller-manager" },
        Program { name: "kubectl", ask: &["version", "--client"], package: "k8s.io/kubernetes/cmd/kubectl" },
    ],
};

/// A registry of images, to read releases from.
#[rustfmt::skip]
pub(crate) const REGISTRY: Suite = Suite {
    module: "",
    versioned_by: "",
    minimum: Version::new(2, 8, 0),
    below: "not what tests describe",
    debian: &["docker-registry"],
    flags: &[],
    stamp: "docker-registry-built-from",
    programs: &[
        Program { name: "docker-registry", ask: &["--version"], package: "" },
    ],
};

/// Prometheus' and `VictoriaMetrics`' own code, which `hcp-metrics` is compared with.
#[rustfmt::skip]
pub(crate) const PEERS: Suite = Suite {
    module: "benches/peers",
    versioned_by: "github.com/prometheus/prometheus",
    minimum: Version::new(0, 316, 0),
    below: "what the rules of `hcp-metrics` mean",
    debian: &[],
    flags: &[],
    stamp: "peers-built-from",
    programs: &[
        Program { name: "hcp-peers", ask: &["version"], package: "." },
    ],
};

/// The server of Debian 12, whose parser leaves `le` as it is.
#[rustfmt::skip]
pub(crate) const PROMETHEUS_2: Suite = Suite {
    module: "",
    versioned_by: "",
    minimum: Version::new(2, 42, 0),
    below: "not what tests describe",
    debian: &["prometheus"],
    flags: &[],
    stamp: "prometheus-2-built-from",
    programs: &[
        Program { name: "prometheus", ask: &["--version"], package: "" },
    ],
};

/// The server whose code [`PEERS`] has; without pages for a person and without most service discoveries, which take the
/// most time to build. Its version is told by a flag and must be that of `go.mod`, where 3.16.0 is `v0.316.0`.
#[rustfmt::skip]
pub(crate) const PROMETHEUS_3: Suite = Suite {
    module: "hcp-testkit/prometheus",
    versioned_by: "github.com/prometheus/prometheus",
    minimum: Version::new(0, 316, 0),
    below: "not what tests describe",
    debian: &[],
    flags: &[
        "-tags=remove_all_sd",
        "-ldflags=-s -w -X github.com/prometheus/common/version.Version=3.16.0",
    ],
    stamp: "prometheus-3-built-from",
    programs: &[
        Program { name: "prometheus-3", ask: &["--version"], package: "github.com/prometheus/prometheus/cmd/prometheus" },
    ],
};

impl Suite {
    /// `etcd, etcdctl, etcdutl`.
    pub(crate) fn names(&self) -> String {
        self.programs.iter().map(|program| program.name).collect::<Vec<_>>().join(", ")
    }

    /// The workspace's file `name` of the Go module.
    pub(crate) fn module_file(&self, name: &str) -> PathBuf {
        root().join(self.module).join(name)
    }
}

/// What a folder offers of a suite.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Look {
    /// None of its programs.
    Nothing,
    /// Something, but not what is needed.
    Unfit(String),
    /// All of it, in one good version.
    Fit(Version),
}

/// Why the suite in `folder` cannot be used, if so.
pub(crate) fn unfit(suite: &Suite, folder: &Path) -> Option<String> {
    match look(suite, folder) {
        Look::Fit(_) => None,
        Look::Unfit(why) => Some(why),
        Look::Nothing => Some(format!("has none of {}", suite.names())),
    }
}

/// Asks every program of the suite that `folder` has.
pub(crate) fn look(suite: &Suite, folder: &Path) -> Look {
    let (present, missing): (Vec<_>, Vec<_>) =
        suite.programs.iter().partition(|program| folder.join(program.name).is_file());
    if present.is_empty() {
        return Look::Nothing;
    }
    let said = present.iter().map(|program| (program.name, ask(program, folder)));
    let missing: Vec<_> = missing.iter().map(|program| program.name).collect();
    judge(suite, said, &missing)
}

/// The version a program of `folder` says it has, or why it says none.
fn ask(program: &Program, folder: &Path) -> Result<Version, String> {
    let said = Run::new(folder.join(program.name)).args(program.ask).capture()?;
    Version::find(&said).ok_or_else(|| format!("says no version but {:?}", said.trim()))
}

/// Decides from what the programs said; every complaint is named, not only the first.
fn judge(
    suite: &Suite,
    said: impl IntoIterator<Item = (&'static str, Result<Version, String>)>,
    missing: &[&str],
) -> Look {
    let mut complaints = Vec::new();
    let mut versions: Vec<(&str, Version)> = Vec::new();
    for (name, said) in said {
        match said {
            Err(why) => complaints.push(format!("{name} does not run: {why}")),
            Ok(version) => {
                if version < suite.minimum {
                    let Suite { minimum, below, .. } = suite;
                    complaints.push(format!("{name} is {version}, below {minimum} ({below})"));
                }
                versions.push((name, version));
            }
        }
    }
    if !missing.is_empty() {
        complaints.push(format!("missing: {}", missing.join(", ")));
    }
    if let Some((first, rest)) = versions.split_first()
        && rest.iter().any(|(_, version)| *version != first.1)
    {
        let list: Vec<_> = versions.iter().map(|(name, v)| format!("{name} {v}")).collect();
        complaints.push(format!("not of one version: {}", list.join(", ")));
    }
    match versions.first() {
        Some((_, version)) if complaints.is_empty() => Look::Fit(*version),
        _ => Look::Unfit(complaints.join("; ")),
    }
}

#[cfg(test)]
mod tests {
    use super::{ETCD, Look, judge};
    use crate::version::Version;

    const GOOD: Version = Version::new(3, 5, 33);
    const OLD: Version = Version::new(3, 4, 23);

    #[test]
    fn a_complete_suite_of_one_good_version_is_fit() {
        let said = ["etcd", "etcdctl", "etcdutl"].map(|name| (name, Ok(GOOD)));
        assert_eq!(judge(&ETCD, said, &[]), Look::Fit(GOOD));
    }

    #[test]
    fn the_minimum_itself_is_fit() {
        assert_eq!(judge(&ETCD, [("etcd", Ok(ETCD.minimum))], &[]), Look::Fit(ETCD.minimum));
    }

    #[test]
    fn every_reason_against_a_folder_is_named() {
        let unfit = |said: Vec<_>, missing: &[&str]| match judge(&ETCD, said, missing) {
            Look::Unfit(why) => why,
            other => panic!("expected complaints, got {other:?}"),
        };
        assert_eq!(
            unfit(vec![("etcd", Ok(OLD))], &["etcdctl", "etcdutl"]),
            "etcd is 3.4.23, below 3.5.26 (known data-loss bugs); missing: etcdctl, etcdutl"
        );
        assert_eq!(
            unfit(vec![("etcd", Ok(GOOD)), ("etcdctl", Ok(Version::new(3, 6, 0)))], &[]),
            "not of one version: etcd 3.5.33, etcdctl 3.6.0"
        );
        assert_eq!(
            unfit(vec![("etcd", Err("exec format error".to_owned()))], &[]),
            "etcd does not run: exec format error"
        );
    }
}
