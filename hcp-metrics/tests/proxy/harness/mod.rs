//! Targets, a proxy and a scraper on loopback.

mod memory;
mod pki;
mod proxy;
mod scraper;
mod target;

use std::io::{Read, Write};

use flate2::Compression;
use flate2::read::MultiGzDecoder;
use flate2::write::GzEncoder;
use hcp_metrics::relabel::{Rule, Rules};

pub(crate) use memory::in_memory;
pub(crate) use pki::Pki;
pub(crate) use proxy::{Proxy, endpoint};
pub(crate) use scraper::{Scraper, as_http10, ask, scrape};
pub(crate) use target::{Fake, Reply, Step};

/// `text/plain` as kube-apiserver names it.
pub(crate) const TEXT: &str = "text/plain; version=0.0.4; charset=utf-8; escaping=allow-utf-8";
pub(crate) const OPEN_METRICS: &str =
    "application/openmetrics-text; version=1.0.0; charset=utf-8; escaping=allow-utf-8";
/// What Prometheus 3.5.3 sends.
pub(crate) const PROMETHEUS: &str = "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,\
    application/openmetrics-text;version=0.0.1;q=0.5,text/plain;version=1.0.0;escaping=allow-utf-8;q=0.4,\
    text/plain;version=0.0.4;q=0.3,*/*;q=0.2";

pub(crate) fn rules(yaml: &str) -> Rules {
    let list = Rule::list_from_yaml(yaml).expect("rules that can be read");
    Rules::compile(&list).expect("rules that compile")
}

pub(crate) fn no_rules() -> Rules {
    Rules::compile(&[]).expect("no rules compile")
}

/// Rules that drop the metrics whose names the regex matches.
pub(crate) fn dropping(regex: &str) -> Rules {
    rules(&format!("- {{action: drop, source_labels: [__name__], regex: '{regex}'}}"))
}

pub(crate) fn gzip(text: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(text).expect("memory");
    encoder.finish().expect("memory")
}

pub(crate) fn gunzip(data: &[u8]) -> Vec<u8> {
    let mut text = Vec::new();
    MultiGzDecoder::new(data).read_to_end(&mut text).expect("gzip that is whole");
    text
}

/// The 13 MB that a kube-apiserver answered.
pub(crate) fn payload() -> Vec<u8> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../benches/data/kube-apiserver.prom.gz");
    gunzip(&std::fs::read(path).expect("a payload that is in the repository"))
}
