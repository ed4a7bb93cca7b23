//! A rule in prometheus-operator's spelling.

use serde::{Deserialize, Serialize};

use crate::relabel::Rule;

/// A relabel rule as `monitoring.coreos.com/v1` spells it. What is left out is not written.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[non_exhaustive]
pub struct RelabelConfig {
    /// The labels whose values, joined with the separator, are looked at.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub source_labels: Vec<String>,
    /// Stands between two source values.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub separator: Option<String>,
    /// The label that is set, or compared with.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub target_label: String,
    /// Must match the joined values from end to end.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub regex: String,
    /// By what a hash is divided.
    #[serde(skip_serializing_if = "is_zero")]
    pub modulus: u64,
    /// What the target label is set to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub replacement: Option<String>,
    /// What it does; nothing is `replace`.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub action: String,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
const fn is_zero(modulus: &u64) -> bool {
    *modulus == 0
}

impl RelabelConfig {
    /// Gives `label` the value `value`, whatever the series. A `$` in the value stays one.
    #[must_use]
    pub fn set(label: &str, value: &str) -> Self {
        Self {
            target_label: label.to_owned(),
            replacement: Some(value.replace('$', "$$")),
            action: "replace".to_owned(),
            ..Self::default()
        }
    }
}

impl From<&Rule> for RelabelConfig {
    fn from(rule: &Rule) -> Self {
        Self {
            source_labels: rule.source_labels.clone().unwrap_or_default(),
            separator: rule.separator.clone(),
            target_label: rule.target_label.clone(),
            regex: rule.regex.clone().unwrap_or_default(),
            modulus: rule.modulus,
            replacement: rule.replacement.clone(),
            action: rule.action.name().to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::relabel::Action;

    #[test]
    fn what_is_left_out_is_not_written_and_what_is_empty_is() {
        let rule = Rule::new(Action::HashMod)
            .with_source_labels(["a", "b"])
            .with_separator("")
            .with_modulus(4)
            .with_target_label("shard");
        let config = RelabelConfig::from(&rule);
        let json = serde_json::to_string(&config).unwrap();
        assert_eq!(
            json,
            r#"{"sourceLabels":["a","b"],"separator":"","targetLabel":"shard","modulus":4,"action":"hashmod"}"#
        );
        assert_eq!(serde_json::from_str::<RelabelConfig>(&json).unwrap(), config);
    }

    #[test]
    fn a_value_is_not_a_template() {
        assert_eq!(RelabelConfig::set("a", "$1").replacement.as_deref(), Some("$$1"));
    }
}
