//! What Prometheus' parser says of an exposition.

use serde::Deserialize;

/// All of it, up to the first error.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Answer {
    pub(crate) error: String,
    pub(crate) panic: String,
    pub(crate) series: Vec<Series>,
    pub(crate) metadata: Vec<Metadata>,
}

/// A sample. Labels are sorted by name, with the metric's name and with bounds as Prometheus 3 writes them.
#[derive(Debug, Deserialize)]
pub(crate) struct Series {
    pub(crate) labels: Vec<(String, String)>,
    #[serde(default)]
    pub(crate) lossy: bool,
    pub(crate) bits: String,
    #[serde(default)]
    pub(crate) timestamp: Option<i64>,
    #[serde(default)]
    pub(crate) exemplar: Option<Exemplar>,
}

/// An exemplar. Names and values are as they are written, with their escapes.
#[derive(Debug, Deserialize)]
pub(crate) struct Exemplar {
    pub(crate) labels: Vec<(String, String)>,
    pub(crate) bits: String,
    #[serde(default)]
    pub(crate) timestamp: Option<i64>,
}

/// A line of metadata. The name is as it is written, with its escapes.
#[derive(Debug, Deserialize)]
pub(crate) struct Metadata {
    pub(crate) before: usize,
    pub(crate) entry: String,
    pub(crate) name: String,
    pub(crate) text: String,
}

/// The number that Prometheus gave the bits of.
pub(crate) fn number(bits: &str) -> Result<f64, String> {
    bits.parse().map(f64::from_bits).map_err(|error| format!("hcp-peers answered {bits}: {error}"))
}
