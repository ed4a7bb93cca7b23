//! The three sets, how their names are read, and which of them a cluster gets.

use std::fmt;
use std::str::FromStr;

/// The environment variable that holds the operator's default set. Source: HyperShift, `support/metrics/sets.go`.
pub const METRICS_SET: &str = "METRICS_SET";

/// A set of metrics. Source: HyperShift, `support/metrics/sets.go`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum MetricsSet {
    /// What remote health monitoring needs: the smallest set, and the default.
    #[default]
    Telemetry,
    /// What the ConfigMap `sre-metric-set` lists, and nothing else: it does not include [`Self::Telemetry`], whatever
    /// the comment in HyperShift's API says.
    Sre,
    /// What a stand-alone cluster collects: eight components have a list of drops, the others have no filter. It is not
    /// "everything".
    All,
}

impl MetricsSet {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Telemetry, Self::Sre, Self::All];

    /// The canonical name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Telemetry => "Telemetry",
            Self::Sre => "SRE",
            Self::All => "All",
        }
    }

    /// Reads a `metricsSet` field of a `HostedCluster`, an enum of exact names: neither empty nor in another case.
    ///
    /// # Errors
    ///
    /// Anything but the three canonical names.
    pub fn from_crd(value: &str) -> Result<Self, UnknownSet> {
        Self::ALL
            .into_iter()
            .find(|set| set.name() == value)
            .ok_or_else(|| UnknownSet(value.to_owned()))
    }
}

impl fmt::Display for MetricsSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A name that is no metrics set. The message is upstream's.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("invalid metrics set: {0}")]
pub struct UnknownSet(pub(crate) String);

impl FromStr for MetricsSet {
    type Err = UnknownSet;

    /// Reads a value of [`METRICS_SET`] or `--metrics-set`: in any case, and nothing means [`Self::Telemetry`].
    ///
    /// Unlike here, an unknown set that gets past this check upstream (its metrics-proxy does not call it) is
    /// treated as [`Self::All`].
    fn from_str(value: &str) -> Result<Self, UnknownSet> {
        if value.is_empty() {
            return Ok(Self::default());
        }
        Self::ALL
            .into_iter()
            .find(|set| equal_fold(set.name(), value))
            .ok_or_else(|| UnknownSet(value.to_owned()))
    }
}

/// Go's `strings.EqualFold` for an ASCII `name` without `k`: besides the two cases, `s` has a third form, `ſ`.
fn equal_fold(name: &str, value: &str) -> bool {
    let fold = |c: char| if c == 'ſ' { 's' } else { c.to_ascii_lowercase() };
    name.chars().map(fold).eq(value.chars().map(fold))
}

/// Where the sets of one hosted cluster come from. Source: HyperShift, `hostedcluster_types.go`, `MonitoringSpec`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct SetChoice {
    /// The operator's default: its [`METRICS_SET`].
    pub operator: MetricsSet,
    /// `spec.monitoring.metricsSet` of the `HostedCluster`.
    pub cluster: Option<MetricsSet>,
    /// `spec.monitoring.metricsForwarding.metricsSet` of the `HostedCluster`.
    pub forwarding: Option<MetricsSet>,
}

impl SetChoice {
    /// A cluster that says nothing, under an operator with this default.
    #[must_use]
    pub const fn new(operator: MetricsSet) -> Self {
        Self { operator, cluster: None, forwarding: None }
    }

    /// Says which set the cluster asks for.
    #[must_use]
    pub const fn with_cluster(mut self, set: MetricsSet) -> Self {
        self.cluster = Some(set);
        self
    }

    /// Says which set the cluster asks to be forwarded into it.
    #[must_use]
    pub const fn with_forwarding(mut self, set: MetricsSet) -> Self {
        self.forwarding = Some(set);
        self
    }

    /// The set its monitors use: the cluster's own, else the operator's.
    #[must_use]
    pub fn effective(self) -> MetricsSet {
        self.cluster.unwrap_or(self.operator)
    }

    /// The set that is forwarded into the cluster: the one for forwarding, else the cluster's own, else all.
    /// The operator's default plays no part. Source: HyperShift, `metrics_proxy/deployment.go`.
    #[must_use]
    pub fn forwarded(self) -> MetricsSet {
        self.forwarding.or(self.cluster).unwrap_or(MetricsSet::All)
    }

    /// Whether the ConfigMap `sre-metric-set` has to be copied to the control plane's namespace.
    ///
    /// Upstream forgets it when only forwarding asks for [`MetricsSet::Sre`]; here it counts.
    #[must_use]
    pub fn needs_sre(self) -> bool {
        self.effective() == MetricsSet::Sre || self.forwarded() == MetricsSet::Sre
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_in_any_case_and_written_canonically() {
        for (text, set) in [
            ("", MetricsSet::Telemetry),
            ("telemetry", MetricsSet::Telemetry),
            ("sre", MetricsSet::Sre),
            ("ſRe", MetricsSet::Sre),
            ("aLL", MetricsSet::All),
        ] {
            assert_eq!(text.parse(), Ok(set), "{text:?}");
        }
        assert_eq!(MetricsSet::ALL.map(|set| set.to_string()), ["Telemetry", "SRE", "All"]);
    }

    #[test]
    fn unknown_names_are_refused_in_upstreams_words() {
        for text in ["Everything", " All", "All ", "SR", "ALLE"] {
            let error = text.parse::<MetricsSet>().unwrap_err();
            assert_eq!(error.to_string(), format!("invalid metrics set: {text}"));
        }
    }

    #[test]
    fn the_crd_knows_exact_names_only() {
        assert_eq!(MetricsSet::from_crd("SRE"), Ok(MetricsSet::Sre));
        for text in ["", "sre", "Sre", "telemetry"] {
            assert_eq!(MetricsSet::from_crd(text), Err(UnknownSet(text.to_owned())));
        }
    }

    /// The rows of upstream's `TestReconcileSREMetricsConfig_EffectiveMetricsSet`, and forwarding.
    #[test]
    fn the_cluster_comes_before_the_operator() {
        use MetricsSet::{All, Sre, Telemetry};
        for (choice, effective, forwarded, needs_sre) in [
            (SetChoice::new(Telemetry), Telemetry, All, false),
            (SetChoice::new(Sre), Sre, All, true),
            (SetChoice::new(Telemetry).with_cluster(Sre), Sre, Sre, true),
            (SetChoice::new(Sre).with_cluster(All), All, All, false),
            (SetChoice::new(All).with_forwarding(Sre), All, Sre, true),
            (
                SetChoice::new(All).with_cluster(Sre).with_forwarding(Telemetry),
                Sre,
                Telemetry,
                true,
            ),
        ] {
            assert_eq!(choice.effective(), effective, "{choice:?}");
            assert_eq!(choice.forwarded(), forwarded, "{choice:?}");
            assert_eq!(choice.needs_sre(), needs_sre, "{choice:?}");
        }
    }
}
