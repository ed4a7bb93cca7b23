//! Lists of rules from YAML and JSON, and back.

mod read;

use std::fmt;

use serde::Serialize;

use self::read::Reader;
use super::wire::{NotExpressible, PrometheusConfig, RelabelConfig, Spelling};
use super::{Field, Rule};

/// A text that is no list of rules, or a list of rules that cannot be written: where, why, and what to do.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}{message}; {remedy}", Place(self))]
#[non_exhaustive]
pub struct RuleFileError {
    /// Which rule of the list, counted from 0, where that is known.
    pub rule: Option<usize>,
    /// The key as it is written, where that is known.
    pub key: Option<String>,
    /// The line of the text, counted from 1, where that is known.
    pub line: Option<u64>,
    /// The column of the text, counted from 1, where that is known.
    pub column: Option<u64>,
    /// Why.
    pub message: String,
    /// What to do about it.
    pub remedy: &'static str,
}

struct Place<'a>(&'a RuleFileError);

impl fmt::Display for Place<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let RuleFileError { rule, key, line, column, .. } = self.0;
        let parts = [
            rule.map(|rule| format!("rule {rule}")),
            key.as_ref().map(|key| format!("key {key}")),
            line.map(|line| format!("line {line}")),
            column.map(|column| format!("column {column}")),
        ];
        let parts: Vec<_> = parts.into_iter().flatten().collect();
        if parts.is_empty() { Ok(()) } else { write!(f, "{}: ", parts.join(", ")) }
    }
}

impl RuleFileError {
    /// An error without a place.
    fn new(message: String, remedy: &'static str) -> Self {
        Self { rule: None, key: None, line: None, column: None, message, remedy }
    }
}

impl Rule {
    /// Reads a list of rules from YAML. Whose spelling it is follows from its keys; where they do not say, it is
    /// Prometheus'.
    ///
    /// # Errors
    ///
    /// What is no list of rules: unknown, repeated and mixed keys, unknown actions, values of the wrong type. Whether
    /// Prometheus takes the rules is for [`Rules::compile`](super::Rules::compile) to say.
    #[cfg(feature = "yaml")]
    pub fn list_from_yaml(text: &str) -> Result<Vec<Self>, RuleFileError> {
        Reader::new(None).yaml(text)
    }

    /// [`Self::list_from_yaml`], in this spelling and no other.
    ///
    /// # Errors
    ///
    /// What is no list of rules in this spelling.
    #[cfg(feature = "yaml")]
    pub fn list_from_yaml_as(text: &str, spelling: Spelling) -> Result<Vec<Self>, RuleFileError> {
        Reader::new(Some(spelling)).yaml(text)
    }

    /// Reads a list of rules from JSON. Whose spelling it is follows from its keys; where they do not say, it is
    /// Prometheus'.
    ///
    /// # Errors
    ///
    /// What is no list of rules, as with YAML.
    pub fn list_from_json(text: &str) -> Result<Vec<Self>, RuleFileError> {
        Reader::new(None).json(text)
    }

    /// [`Self::list_from_json`], in this spelling and no other.
    ///
    /// # Errors
    ///
    /// What is no list of rules in this spelling.
    pub fn list_from_json_as(text: &str, spelling: Spelling) -> Result<Vec<Self>, RuleFileError> {
        Reader::new(Some(spelling)).json(text)
    }

    /// Writes a list of rules as YAML, so that reading it in the same spelling gives the same rules.
    ///
    /// # Errors
    ///
    /// [`Spelling::Operator`] has no way to write an empty regex or an empty list of source labels.
    #[cfg(feature = "yaml")]
    pub fn list_to_yaml(rules: &[Self], spelling: Spelling) -> Result<String, RuleFileError> {
        // Block scalars would fold long expressions, in which a reader of the file then sees white space.
        let options = serde_saphyr::ser_options! { prefer_block_scalars: false };
        let written = match Written::new(rules, spelling)? {
            Written::Prometheus(list) => serde_saphyr::to_string_with_options(&list, options),
            Written::Operator(list) => serde_saphyr::to_string_with_options(&list, options),
        };
        written.map_err(|error| RuleFileError::new(error.to_string(), REPORT))
    }

    /// Writes a list of rules as JSON, so that reading it in the same spelling gives the same rules.
    ///
    /// # Errors
    ///
    /// [`Spelling::Operator`] has no way to write an empty regex or an empty list of source labels.
    pub fn list_to_json(rules: &[Self], spelling: Spelling) -> Result<String, RuleFileError> {
        let written = serde_json::to_string_pretty(&Written::new(rules, spelling)?);
        written.map_err(|error| RuleFileError::new(error.to_string(), REPORT))
    }
}

const REPORT: &str = "report this: rules can always be written";

#[derive(Serialize)]
#[serde(untagged)]
enum Written<'a> {
    Prometheus(Vec<PrometheusConfig<'a>>),
    Operator(Vec<RelabelConfig>),
}

impl<'a> Written<'a> {
    fn new(rules: &'a [Rule], spelling: Spelling) -> Result<Self, RuleFileError> {
        if spelling == Spelling::Prometheus {
            return Ok(Self::Prometheus(rules.iter().map(Into::into).collect()));
        }
        let write = |(index, rule)| {
            RelabelConfig::try_from(rule).map_err(|error: NotExpressible| RuleFileError {
                rule: Some(index),
                key: Some(key(error.field, spelling).to_owned()),
                ..RuleFileError::new(
                    "an empty value means none to prometheus-operator".to_owned(),
                    error.remedy,
                )
            })
        };
        let list = rules.iter().enumerate().map(write).collect::<Result<_, _>>()?;
        Ok(Self::Operator(list))
    }
}

/// How a field is written.
const fn key(field: Field, spelling: Spelling) -> &'static str {
    match (field, spelling) {
        (Field::SourceLabels, Spelling::Prometheus) => "source_labels",
        (Field::SourceLabels, Spelling::Operator) => "sourceLabels",
        (Field::TargetLabel, Spelling::Prometheus) => "target_label",
        (Field::TargetLabel, Spelling::Operator) => "targetLabel",
        (Field::Separator, _) => "separator",
        (Field::Regex, _) => "regex",
        (Field::Modulus, _) => "modulus",
        (Field::Replacement, _) => "replacement",
        (Field::Action, _) => "action",
    }
}
