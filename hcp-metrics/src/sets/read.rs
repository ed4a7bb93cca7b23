//! Reads an SRE configuration and collects everything that is wrong with it.

use serde_json::{Map, Value};

use super::finding::{Place, did_you_mean};
use super::{Component, Finding, Severity, SreConfig, SreConfigError};
use crate::relabel::{Action, Field, Rule, Rules};

/// The fields of a rule, as prometheus-operator spells them.
const FIELDS: [&str; 7] =
    ["sourceLabels", "separator", "targetLabel", "regex", "modulus", "replacement", "action"];

/// Reads one configuration.
#[derive(Debug, Default)]
pub(super) struct Reader {
    /// Whether names count in any case and the last of equal keys wins, as in Go.
    compatible: bool,
    config: SreConfig,
}

impl Reader {
    pub(super) fn strict() -> Self {
        Self::default()
    }

    pub(super) fn compatible() -> Self {
        Self { compatible: true, ..Self::default() }
    }

    /// Reads the whole text.
    pub(super) fn read(mut self, text: &str) -> Self {
        let place = Place::default();
        match parse(text, self.compatible) {
            Err(message) => self.find(Severity::Broken, &place, message, "write YAML or JSON"),
            Ok(Value::Null) => self.find(
                Severity::Unsafe,
                &place,
                "is empty, so that no component has a filter",
                "list the components with their rules, or write {}",
            ),
            Ok(Value::Object(components)) => self.components(&components),
            Ok(other) => self.find(
                Severity::Broken,
                &place,
                format!("is {}, not a map of components", kind(&other)),
                "write a line such as `etcd:` and below it the list of its rules",
            ),
        }
        self
    }

    /// The configuration, unless something at least as bad as `limit` was found.
    pub(super) fn finish(self, limit: Severity) -> Result<SreConfig, SreConfigError> {
        if self.config.findings.iter().any(|finding| finding.severity >= limit) {
            return Err(SreConfigError { findings: self.config.findings });
        }
        Ok(self.config)
    }

    fn find(
        &mut self,
        severity: Severity,
        place: &Place<'_>,
        message: impl Into<String>,
        remedy: impl Into<String>,
    ) {
        self.config.findings.push(Finding::new(severity, place, message, remedy));
    }

    fn components(&mut self, components: &Map<String, Value>) {
        for (key, list) in components {
            let place = Place { component: Some(key), ..Place::default() };
            let component = self.component(key, &place);
            let rules = self.list(list, &place);
            let Some(component) = component else { continue };
            if component.is_configurable() {
                self.config.lists.insert(component, rules);
            } else {
                self.find(
                    Severity::Notice,
                    &place,
                    "is accepted and never read",
                    "remove it: this component is not filtered in any set",
                );
            }
        }
    }

    fn component(&mut self, key: &str, place: &Place<'_>) -> Option<Component> {
        let mut known = Component::ALL.into_iter().filter_map(Component::config_key);
        let exact = Component::from_config_key(key);
        if exact.is_some() {
            return exact;
        }
        let remedy = did_you_mean(key, known.clone()).map_or_else(
            || format!("write one of {}", known.clone().collect::<Vec<_>>().join(", ")),
            |name| format!("did you mean {name}?"),
        );
        self.find(Severity::Unsafe, place, "is no component", remedy);
        let folded = known.find(|name| name.eq_ignore_ascii_case(key));
        folded.filter(|_| self.compatible).and_then(Component::from_config_key)
    }

    fn list(&mut self, list: &Value, place: &Place<'_>) -> Vec<Rule> {
        match list {
            Value::Array(rules) => {
                let rule = |(index, rule)| self.rule(rule, &Place { rule: Some(index), ..*place });
                rules.iter().enumerate().filter_map(rule).collect()
            }
            Value::Null => {
                let message = "has no list, so that it has no filter";
                self.find(Severity::Unsafe, place, message, "list its rules, or write []");
                Vec::new()
            }
            other => {
                let message = format!("is {}, not a list of rules", kind(other));
                self.find(Severity::Broken, place, message, "begin each rule with a dash");
                Vec::new()
            }
        }
    }

    fn rule(&mut self, value: &Value, place: &Place<'_>) -> Option<Rule> {
        let Value::Object(fields) = value else {
            let message = format!("is {}, not a rule", kind(value));
            self.find(Severity::Broken, place, message, "write action, sourceLabels and regex");
            return None;
        };
        let before = self.config.findings.len();
        let mut rule = Rule::default();
        for (written, value) in fields {
            let place = Place { field: Some(written), ..*place };
            if let Some(field) = self.field(written, &place) {
                self.fill(&mut rule, field, value, &place);
            }
        }
        if self.config.findings.len() == before {
            self.compile(&rule, place);
        }
        Some(rule)
    }

    /// The field that `written` names.
    fn field(&mut self, written: &str, place: &Place<'_>) -> Option<&'static str> {
        if let Some(field) = FIELDS.into_iter().find(|field| *field == written) {
            return Some(field);
        }
        let remedy = did_you_mean(written, FIELDS).map_or_else(
            || format!("write one of {}", FIELDS.join(", ")),
            |field| format!("did you mean {field}?"),
        );
        self.find(Severity::Unsafe, place, "is no field of a rule", remedy);
        let folded = FIELDS.into_iter().find(|field| field.eq_ignore_ascii_case(written));
        folded.filter(|_| self.compatible)
    }

    fn fill(&mut self, rule: &mut Rule, field: &str, value: &Value, place: &Place<'_>) {
        match field {
            "sourceLabels" => rule.source_labels = self.names(value, place),
            "modulus" => rule.modulus = self.modulus(value, place),
            _ => {
                let Some(text) = self.text(value, place) else { return };
                match field {
                    "separator" => rule.separator = Some(text),
                    "replacement" => rule.replacement = Some(text),
                    "targetLabel" => rule.target_label = text,
                    "regex" => rule.regex = self.regex(text, place),
                    _ => rule.action = self.action(&text, place),
                }
            }
        }
    }

    fn text(&mut self, value: &Value, place: &Place<'_>) -> Option<String> {
        match value {
            Value::String(text) => Some(text.clone()),
            Value::Null => None,
            other => {
                let message = format!("is {}, not a text", kind(other));
                self.find(Severity::Broken, place, message, "put it in quotes");
                None
            }
        }
    }

    fn names(&mut self, value: &Value, place: &Place<'_>) -> Option<Vec<String>> {
        match value {
            Value::Null => None,
            Value::Array(names) => {
                Some(names.iter().filter_map(|name| self.text(name, place)).collect())
            }
            other => {
                let message = format!("is {}, not a list of label names", kind(other));
                self.find(Severity::Broken, place, message, "write [\"__name__\"]");
                None
            }
        }
    }

    fn modulus(&mut self, value: &Value, place: &Place<'_>) -> u64 {
        if value.is_null() {
            return 0;
        }
        value.as_u64().unwrap_or_else(|| {
            let message = format!("is {}, not a whole number of at least 0", kind(value));
            self.find(Severity::Broken, place, message, "write how many parts there are");
            0
        })
    }

    /// prometheus-operator does not tell an empty expression from a missing one.
    fn regex(&mut self, text: String, place: &Place<'_>) -> Option<String> {
        if !text.is_empty() {
            return Some(text);
        }
        let message =
            "is empty, which prometheus-operator reads as left out: it matches everything";
        self.find(Severity::Unsafe, place, message, "write (.*) for everything, ^$ for nothing");
        None
    }

    /// The names the operator's CRD knows are lower case or `CamelCase`; Prometheus itself takes any case.
    fn action(&mut self, text: &str, place: &Place<'_>) -> Action {
        let names = Action::ALL.map(Action::name);
        let action = text.parse::<Action>();
        let severity = match action {
            Ok(action) if text == action.name() || text == camel_case(action) => return action,
            Ok(_) => Severity::Unsafe,
            Err(_) if text.is_empty() => Severity::Unsafe,
            Err(_) => Severity::Broken,
        };
        let remedy = action.as_ref().ok().map(|a| a.name()).or_else(|| did_you_mean(text, names));
        let remedy = remedy.map_or_else(
            || format!("write one of {}", names.join(", ")),
            |name| format!("did you mean {name}?"),
        );
        self.find(severity, place, format!("\"{text}\" is no action"), remedy);
        action.unwrap_or_default()
    }

    /// Finds what Prometheus would refuse.
    fn compile(&mut self, rule: &Rule, place: &Place<'_>) {
        if let Err(error) = Rules::compile(std::slice::from_ref(rule)) {
            let place = Place { field: Some(operator_name(error.field)), ..*place };
            let at = error.offset.map_or_else(String::new, |at| format!(" (at byte {at})"));
            let message = format!("{}{at}", error.message);
            self.find(Severity::Unsafe, &place, message, error.remedy);
        }
    }
}

/// Reads YAML, of which JSON is a part.
#[cfg(feature = "yaml")]
fn parse(text: &str, last_wins: bool) -> Result<Value, String> {
    use serde_saphyr::options::DuplicateKeyPolicy;
    let duplicates =
        if last_wins { DuplicateKeyPolicy::LastWins } else { DuplicateKeyPolicy::Error };
    let options = serde_saphyr::options! { duplicate_keys: duplicates, with_snippet: false };
    serde_saphyr::from_str_with_options(text, options)
        .map_err(|error| error.to_string().trim_end().to_owned())
}

/// Reads JSON, in which the last of equal keys always wins.
#[cfg(not(feature = "yaml"))]
fn parse(text: &str, _last_wins: bool) -> Result<Value, String> {
    serde_json::from_str(text).map_err(|error| error.to_string())
}

/// What a value is, in words.
fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "nothing",
        Value::Bool(_) => "a truth value",
        Value::Number(_) => "a number",
        Value::String(_) => "a text",
        Value::Array(_) => "a list",
        Value::Object(_) => "a map",
    }
}

/// A field in prometheus-operator's spelling.
const fn operator_name(field: Field) -> &'static str {
    match field {
        Field::Action => "action",
        Field::SourceLabels => "sourceLabels",
        Field::Separator => "separator",
        Field::Regex => "regex",
        Field::Modulus => "modulus",
        Field::TargetLabel => "targetLabel",
        Field::Replacement => "replacement",
    }
}

/// The second spelling of an action in prometheus-operator's CRD.
const fn camel_case(action: Action) -> &'static str {
    match action {
        Action::Replace => "Replace",
        Action::Keep => "Keep",
        Action::Drop => "Drop",
        Action::KeepEqual => "KeepEqual",
        Action::DropEqual => "DropEqual",
        Action::HashMod => "HashMod",
        Action::LabelMap => "LabelMap",
        Action::LabelDrop => "LabelDrop",
        Action::LabelKeep => "LabelKeep",
        Action::Lowercase => "Lowercase",
        Action::Uppercase => "Uppercase",
    }
}
