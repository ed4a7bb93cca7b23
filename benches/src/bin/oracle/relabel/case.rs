//! A list of rules as it stands in a file, and the label sets it is applied to.

use hcp_metrics::NameScheme;
use serde_json::{Map, Value, json};

/// One request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Case {
    pub(crate) rules: Vec<RawRule>,
    pub(crate) scheme: NameScheme,
    pub(crate) labels: Vec<LabelSet>,
}

/// Name and value; no name is there twice.
pub(crate) type LabelSet = Vec<(String, String)>;

/// A rule that nobody has looked at yet. What is `None` is absent.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct RawRule {
    pub(crate) action: Option<String>,
    pub(crate) source_labels: Option<Vec<String>>,
    pub(crate) separator: Option<String>,
    pub(crate) regex: Option<Regex>,
    pub(crate) modulus: Option<u64>,
    pub(crate) target_label: Option<String>,
    pub(crate) replacement: Option<String>,
}

/// The field `regex`, where it is there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Regex {
    /// `regex:` and nothing behind it, which Prometheus reads as the empty one.
    Null,
    /// Some text.
    Text(String),
}

impl Case {
    /// As `hcp-peers relabel-oracle` reads it.
    pub(crate) fn request(&self) -> Value {
        let rules: Vec<_> = self.rules.iter().map(RawRule::json).collect();
        let scheme = if self.scheme == NameScheme::Legacy { "legacy" } else { "utf8" };
        json!({ "rules": rules, "scheme": scheme, "labels": self.labels })
    }

    /// The distinct actions, in alphabetical order.
    pub(crate) fn actions(&self) -> Vec<String> {
        let mut actions: Vec<_> = self.rules.iter().map(RawRule::action_name).collect();
        actions.sort();
        actions.dedup();
        actions
    }
}

impl RawRule {
    /// The action in its usual spelling; `?` if there is none of that name.
    pub(crate) fn action_name(&self) -> String {
        let name = self.action.as_deref().unwrap_or("replace").to_lowercase();
        let known = name.parse::<hcp_metrics::relabel::Action>().is_ok();
        if known { name } else { "?".to_owned() }
    }

    fn json(&self) -> Value {
        let mut fields = Map::new();
        let mut put = |name: &str, value: Option<Value>| {
            if let Some(value) = value {
                fields.insert(name.to_owned(), value);
            }
        };
        put("action", self.action.clone().map(Value::from));
        put("source_labels", self.source_labels.clone().map(Value::from));
        put("separator", self.separator.clone().map(Value::from));
        put(
            "regex",
            self.regex.as_ref().map(|regex| match regex {
                Regex::Null => Value::Null,
                Regex::Text(text) => Value::from(text.clone()),
            }),
        );
        put("modulus", self.modulus.map(Value::from));
        put("target_label", self.target_label.clone().map(Value::from));
        put("replacement", self.replacement.clone().map(Value::from));
        Value::Object(fields)
    }
}
