//! The SRE configuration: where it comes from, its hash, and what it says.

use std::collections::BTreeMap;
use std::fmt;

use super::Severity;
use super::read::Reader;
use super::{Component, Finding};
use crate::relabel::Rule;

/// The hash by which HyperShift sees that the SRE configuration has changed: 32-bit FNV-1a of the raw text.
///
/// Shown as eight hexadecimal digits, upstream's form (`SREMetricsSetConfigHash`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ConfigHash(u32);

impl ConfigHash {
    /// The hash of the text under the key `config`.
    #[must_use]
    pub fn of(text: &str) -> Self {
        let step = |hash: u32, byte: u8| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193);
        Self(text.bytes().fold(0x811c_9dc5, step))
    }
}

impl fmt::Display for ConfigHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:08x}", self.0)
    }
}

/// What the SRE set means: a list of rules for each component that the configuration names.
///
/// Source: HyperShift, `support/metrics/sets.go`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SreConfig {
    pub(super) lists: BTreeMap<Component, Vec<Rule>>,
    pub(super) findings: Vec<Finding>,
}

impl SreConfig {
    /// The configuration that names nobody: no component has a filter.
    ///
    /// This is what HyperShift does, with a warning in its log, when there is no ConfigMap.
    #[must_use]
    pub fn unfiltered() -> Self {
        Self::default()
    }

    /// Reads the text under the key `config` strictly: whatever would not do what it says is refused. It is YAML; without
    /// the feature `yaml` it is JSON.
    ///
    /// # Errors
    ///
    /// Everything that is wrong, each with its component, rule, field and remedy.
    pub fn parse(text: &str) -> Result<Self, SreConfigError> {
        Reader::strict().read(text).finish(Severity::Unsafe)
    }

    /// Reads the text as HyperShift does: unknown components and fields are ignored, names are read in any case,
    /// expressions are not looked at, and of two equal keys the last one counts. What [`Self::parse`] would refuse is in
    /// [`Self::findings`].
    ///
    /// One thing HyperShift takes is refused here too: an action that does not exist, which the API server refuses later.
    ///
    /// # Errors
    ///
    /// Everything that HyperShift cannot read.
    pub fn parse_compatible(text: &str) -> Result<Self, SreConfigError> {
        Reader::compatible().read(text).finish(Severity::Broken)
    }

    /// The rules for `component`; none if the configuration does not name it.
    #[must_use]
    pub fn rules(&self, component: Component) -> &[Rule] {
        self.lists.get(&component).map_or(&[], Vec::as_slice)
    }

    /// The components it names.
    pub fn components(&self) -> impl Iterator<Item = Component> {
        self.lists.keys().copied()
    }

    /// What is to be said of it although it is accepted, such as components whose lists nobody reads.
    #[must_use]
    pub fn findings(&self) -> &[Finding] {
        &self.findings
    }
}

/// Why a text is no SRE configuration: all the reasons.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "failed to unmarshal metrics set configuration: {}",
    findings.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
)]
#[non_exhaustive]
pub struct SreConfigError {
    /// By component, then in the order of its rules; also those that alone would not have led to the error.
    pub findings: Vec<Finding>,
}

/// What there is under the name `sre-metric-set`.
///
/// Source: HyperShift, `support/metrics/sets.go` and `reconcileSREMetricsConfig`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SreSource<'a> {
    /// No such ConfigMap.
    NoConfigMap,
    /// A ConfigMap without the key `config`.
    NoKey,
    /// The text under that key.
    Config(&'a str),
}

impl<'a> SreSource<'a> {
    /// The name of the ConfigMap, in the operator's namespace and in each control plane's.
    pub const CONFIG_MAP: &'static str = "sre-metric-set";
    /// Its key.
    pub const KEY: &'static str = "config";

    /// From the `data` of the ConfigMap; `None` if it does not exist.
    #[must_use]
    pub fn from_data(data: Option<&'a BTreeMap<String, String>>) -> Self {
        match data.map(|data| data.get(Self::KEY)) {
            None => Self::NoConfigMap,
            Some(None) => Self::NoKey,
            Some(Some(text)) => Self::Config(text),
        }
    }

    /// The hash of the text, if there is one.
    #[must_use]
    pub fn hash(self) -> Option<ConfigHash> {
        match self {
            Self::Config(text) => Some(ConfigHash::of(text)),
            Self::NoConfigMap | Self::NoKey => None,
        }
    }

    /// Reads the configuration strictly.
    ///
    /// Upstream, a missing ConfigMap leaves the last configuration in force, or none, and a missing key is noticed
    /// at start only. Here both are errors: whoever wants no filter says [`SreConfig::unfiltered`].
    ///
    /// # Errors
    ///
    /// No ConfigMap, no key, or a text that [`SreConfig::parse`] refuses.
    pub fn read(self) -> Result<SreConfig, SreError> {
        match self {
            Self::NoConfigMap => Err(SreError::NoConfigMap),
            Self::NoKey => Err(SreError::NoKey),
            Self::Config(text) => Ok(SreConfig::parse(text)?),
        }
    }
}

/// Why there is no SRE configuration.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SreError {
    /// No such ConfigMap.
    #[error(
        "no configuration found for the SRE metrics set; \
         create the ConfigMap sre-metric-set in the operator's namespace, or choose another set"
    )]
    NoConfigMap,
    /// A ConfigMap without the key `config`.
    #[error(
        "configmap does not contain configuration key config; \
         put the configuration under the key config of the ConfigMap sre-metric-set"
    )]
    NoKey,
    /// A text that is not usable.
    #[error(transparent)]
    Config(#[from] SreConfigError),
}
