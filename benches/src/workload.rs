//! What is filtered in the benchmarks of `hcp-metrics`: rules, and an exposition or label sets.

use std::error::Error;
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use flate2::read::GzDecoder;
use hcp_metrics::relabel::{Rule, Rules};

/// The documentation's SRE example for kube-apiserver, as the peers' own tests have it.
pub const SEED_RULES: &str = include_str!("../peers/testdata/seed-kube-apiserver.yaml");

/// Rules, and an exposition that they filter.
#[non_exhaustive]
#[derive(Debug, Clone)]
pub struct Workload {
    /// What it is, in a few words.
    pub name: &'static str,
    /// The rules, in Prometheus' YAML.
    pub rules: String,
    /// The exposition, in text format 0.0.4.
    pub payload: Vec<u8>,
}

impl Workload {
    /// A real kube-apiserver 1.34: 13 MB, 81,707 series; with the documentation's rules.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn kube_apiserver() -> io::Result<Self> {
        Self::saved("kube-apiserver")
    }

    /// A real etcd 3.5: 167 kB, 1,416 series; with the same rules.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn etcd() -> io::Result<Self> {
        Self::saved("etcd")
    }

    fn saved(name: &'static str) -> io::Result<Self> {
        let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("data");
        let mut payload = Vec::new();
        let file = File::open(data.join(format!("{name}.prom.gz")))?;
        GzDecoder::new(file).read_to_end(&mut payload)?;
        Ok(Self { name, rules: SEED_RULES.to_owned(), payload })
    }

    /// The rules, compiled.
    ///
    /// # Errors
    /// They are not valid.
    pub fn compile(&self) -> Result<Rules, Box<dyn Error + Send + Sync>> {
        compile(&self.rules)
    }
}

/// Reads and compiles rules.
///
/// # Errors
/// They are not valid.
pub fn compile(yaml: &str) -> Result<Rules, Box<dyn Error + Send + Sync>> {
    Ok(Rules::compile(&Rule::list_from_yaml(yaml)?)?)
}
