//! How rules are written: Prometheus' snake case and prometheus-operator's camel case.

use serde::{Deserialize, Serialize};

use super::{Action, Field, Rule};

/// Whose names the keys of a rule have. The two also differ in what an empty value means.
///
/// Source: Prometheus, `relabel_config`; prometheus-operator, `RelabelConfig`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Spelling {
    /// `source_labels`. What is empty is empty; `regex:` without a value is the empty expression. Prometheus'
    /// `metric_relabel_configs`.
    Prometheus,
    /// `sourceLabels`. An empty `regex`, `sourceLabels`, `targetLabel` or `action` and a zero `modulus` are the same as none.
    /// The `metricRelabelings` of a `ServiceMonitor`, and `HyperShift`'s `sre-metric-set`.
    Operator,
}

/// A rule as an object of prometheus-operator (`RelabelConfig` of `monitoring.coreos.com/v1`).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
#[non_exhaustive]
pub struct RelabelConfig {
    /// The labels whose values, joined with the separator, are looked at; empty is the same as none.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub source_labels: Vec<String>,
    /// Stands between two source values.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub separator: Option<String>,
    /// The label that is set, or compared with; empty is the same as none.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub target_label: String,
    /// Must match the joined values; empty is the same as none, which is `(.*)`.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub regex: String,
    /// For `hashmod`; 0 is the same as none.
    #[serde(skip_serializing_if = "is_zero")]
    pub modulus: u64,
    /// What the target label is set to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub replacement: Option<String>,
    /// What the rule does.
    pub action: Action,
}

/// A rule that prometheus-operator's objects have no way to write.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("an empty {field} means none to prometheus-operator; {remedy}")]
#[non_exhaustive]
pub struct NotExpressible {
    /// The field that is empty but not left out.
    pub field: Field,
    /// What to do about it.
    pub remedy: &'static str,
}

/// A rule in Prometheus' spelling.
#[derive(Serialize)]
pub(super) struct PrometheusConfig<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    source_labels: Option<&'a [String]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    separator: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    regex: Option<&'a str>,
    #[serde(skip_serializing_if = "is_zero")]
    modulus: u64,
    #[serde(skip_serializing_if = "str::is_empty")]
    target_label: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    replacement: Option<&'a str>,
    action: Action,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands out references")]
const fn is_zero(number: &u64) -> bool {
    *number == 0
}

impl TryFrom<&Rule> for RelabelConfig {
    type Error = NotExpressible;

    fn try_from(rule: &Rule) -> Result<Self, NotExpressible> {
        let empty = |field, remedy| Err(NotExpressible { field, remedy });
        if rule.regex.as_deref() == Some("") {
            return empty(Field::Regex, "write (?:) for the empty expression");
        }
        if rule.source_labels.as_ref().is_some_and(Vec::is_empty) {
            return empty(Field::SourceLabels, "leave the source labels out");
        }
        Ok(Self {
            source_labels: rule.source_labels.clone().unwrap_or_default(),
            separator: rule.separator.clone(),
            target_label: rule.target_label.clone(),
            regex: rule.regex.clone().unwrap_or_default(),
            modulus: rule.modulus,
            replacement: rule.replacement.clone(),
            action: rule.action,
        })
    }
}

impl From<RelabelConfig> for Rule {
    fn from(config: RelabelConfig) -> Self {
        Self {
            action: config.action,
            source_labels: Some(config.source_labels).filter(|names| !names.is_empty()),
            separator: config.separator,
            regex: Some(config.regex).filter(|regex| !regex.is_empty()),
            modulus: config.modulus,
            target_label: config.target_label,
            replacement: config.replacement,
        }
    }
}

impl<'a> From<&'a Rule> for PrometheusConfig<'a> {
    fn from(rule: &'a Rule) -> Self {
        Self {
            source_labels: rule.source_labels.as_deref(),
            separator: rule.separator.as_deref(),
            regex: rule.regex.as_deref(),
            modulus: rule.modulus,
            target_label: &rule.target_label,
            replacement: rule.replacement.as_deref(),
            action: rule.action,
        }
    }
}
