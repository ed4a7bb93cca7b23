//! Label and field selectors of requests.

use std::collections::{BTreeMap, BTreeSet};

use kube::core::{Expression, Selector, SelectorExt as _};
use serde_json::Value;

use super::request::Query;
use super::status::ApiError;

/// Which objects of a collection a request means.
#[derive(Clone, Debug, Default)]
pub(super) struct ObjectSelector {
    labels: Selector,
    fields: Vec<FieldTerm>,
}

#[derive(Clone, Debug)]
struct FieldTerm {
    path: String,
    value: String,
    equal: bool,
}

impl ObjectSelector {
    /// The selectors of a request.
    pub(super) fn of(query: &Query) -> Result<Self, ApiError> {
        Ok(Self {
            labels: parse_labels(query.get("labelSelector").unwrap_or_default())?,
            fields: parse_fields(query.get("fieldSelector").unwrap_or_default())?,
        })
    }

    /// Whether the object is meant.
    pub(super) fn matches(&self, object: &Value) -> bool {
        self.fields.iter().all(|term| term.matches(object)) && labels_match(&self.labels, object)
    }

    /// Whether every object is meant.
    pub(super) fn selects_all(&self) -> bool {
        self.labels.selects_all() && self.fields.is_empty()
    }
}

impl FieldTerm {
    fn matches(&self, object: &Value) -> bool {
        let pointer = format!("/{}", self.path.replace('.', "/"));
        let found = object.pointer(&pointer).map(|value| match value {
            Value::String(text) => text.clone(),
            other => other.to_string(),
        });
        (found.unwrap_or_default() == self.value) == self.equal
    }
}

/// Whether the labels of an object satisfy a selector.
pub(super) fn labels_match(selector: &Selector, object: &Value) -> bool {
    let labels: BTreeMap<String, String> = object
        .pointer("/metadata/labels")
        .and_then(Value::as_object)
        .into_iter()
        .flatten()
        .filter_map(|(key, value)| Some((key.clone(), value.as_str()?.to_owned())))
        .collect();
    selector.matches(&labels)
}

/// Reads `a=b,c!=d,e in (f,g),h notin (i),j,!k`, the language of `labelSelector`.
fn parse_labels(text: &str) -> Result<Selector, ApiError> {
    let terms = split_outside_parentheses(text);
    let expressions: Option<Vec<Expression>> = terms.into_iter().map(parse_label_term).collect();
    expressions.map(Selector::from_iter).ok_or_else(|| {
        ApiError::bad_request(&format!("unable to parse requirement: labelSelector {text:?}"))
    })
}

fn parse_label_term(term: &str) -> Option<Expression> {
    if let Some(inner) = term.strip_suffix(')') {
        let (head, values) = inner.split_once('(')?;
        let (key, operator) = head.trim().split_once(char::is_whitespace)?;
        let values: BTreeSet<String> = values.split(',').map(|v| v.trim().to_owned()).collect();
        return match operator.trim() {
            "in" => Some(Expression::In(label_key(key)?, values)),
            "notin" => Some(Expression::NotIn(label_key(key)?, values)),
            _ => None,
        };
    }
    if let Some((key, value)) = term.split_once("!=") {
        return Some(Expression::NotEqual(label_key(key)?, label_value(value)?));
    }
    if let Some((key, value)) = term.split_once('=') {
        let value = value.strip_prefix('=').unwrap_or(value);
        return Some(Expression::Equal(label_key(key)?, label_value(value)?));
    }
    match term.strip_prefix('!') {
        Some(key) => Some(Expression::DoesNotExist(label_key(key)?)),
        None => Some(Expression::Exists(label_key(term)?)),
    }
}

fn label_key(text: &str) -> Option<String> {
    let key = text.trim();
    let allowed = |c: char| c.is_ascii_alphanumeric() || "-_./".contains(c);
    (!key.is_empty() && key.chars().all(allowed)).then(|| key.to_owned())
}

fn label_value(text: &str) -> Option<String> {
    let value = text.trim();
    let allowed = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    value.chars().all(allowed).then(|| value.to_owned())
}

fn split_outside_parentheses(text: &str) -> Vec<&str> {
    let mut terms = Vec::new();
    let (mut depth, mut start) = (0_usize, 0);
    for (at, c) in text.char_indices() {
        match c {
            '(' => depth += 1,
            ')' => depth = depth.saturating_sub(1),
            ',' if depth == 0 => {
                terms.push(text[start..at].trim());
                start = at + 1;
            }
            _ => {}
        }
    }
    if !text.trim().is_empty() {
        terms.push(text[start..].trim());
    }
    terms
}

/// Reads `a=b,c!=d`, the language of `fieldSelector`.
fn parse_fields(text: &str) -> Result<Vec<FieldTerm>, ApiError> {
    let parse = |term: &str| {
        let (path, value, equal) = match (term.split_once("!="), term.split_once('=')) {
            (Some((path, value)), _) => (path, value, false),
            (None, Some((path, value))) => (path, value.strip_prefix('=').unwrap_or(value), true),
            (None, None) => return None,
        };
        Some(FieldTerm { path: path.trim().to_owned(), value: value.trim().to_owned(), equal })
    };
    text.split(',')
        .filter(|term| !term.trim().is_empty())
        .map(parse)
        .collect::<Option<_>>()
        .ok_or_else(|| ApiError::bad_request(&format!("invalid selector: fieldSelector {text:?}")))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn selects(labels: &str, object: &Value) -> bool {
        labels_match(&parse_labels(labels).map_err(|error| error.body()).unwrap(), object)
    }

    #[test]
    fn label_selectors_know_equality_sets_and_presence() {
        let object =
            json!({ "metadata": { "labels": { "app": "web", "tier": "front", "empty": "" } } });
        for yes in [
            "",
            "app=web",
            "app==web,tier!=back",
            "app in (db, web),tier in (front)",
            "app notin (db),other notin (x)",
            "app,!missing",
            "missing!=x",
            "empty=",
        ] {
            assert!(selects(yes, &object), "{yes}");
        }
        for no in ["app=db", "app!=web", "app in (db)", "app notin (web)", "!app", "missing"] {
            assert!(!selects(no, &object), "{no}");
        }
        for bad in ["a in b", "=x", "a b c", "a in (b", "a,,b", "a>"] {
            assert!(parse_labels(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn field_selectors_compare_a_path_with_a_text() {
        let object = json!({ "metadata": { "name": "a" }, "spec": { "unschedulable": true } });
        let selects = |text: &str| {
            let fields = parse_fields(text).map_err(|error| error.body()).unwrap();
            ObjectSelector { fields, ..ObjectSelector::default() }.matches(&object)
        };
        assert!(selects("metadata.name=a") && selects("metadata.name!=b,spec.unschedulable==true"));
        assert!(!selects("metadata.name=b") && selects("spec.nodeName="));
        assert!(parse_fields("metadata.name").is_err());
    }
}
