//! A dashboard with placeholders, and what becomes of them.

use std::collections::{BTreeMap, BTreeSet};

use super::{ConfigMap, DashboardError, NameStyle};
use crate::HostedClusterRef;

/// The dashboard this crate brings along.
const SHIPPED: &str = include_str!("default.json");

/// A Grafana dashboard as JSON, with `__NAME__`, `__NAMESPACE__`, `__CONTROL_PLANE_NAMESPACE__` and `__CLUSTER_ID__` for
/// what differs between hosted clusters.
///
/// Placeholders count inside JSON strings, keys too, and there is no other place where JSON could have them.
///
/// Source: HyperShift, `hostedcluster_controller.go`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Template {
    text: String,
}

/// Why a text is no template.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TemplateError {
    /// No ConfigMap with a template. HyperShift warns in its log and makes no dashboard.
    #[error(
        "no template for dashboards; create the ConfigMap monitoring-dashboard-template in the operator's \
         namespace, or use Template::shipped()"
    )]
    NoConfigMap,
    /// A ConfigMap without the key `template`.
    #[error(
        "the ConfigMap with the template for dashboards has no key template; put the dashboard's JSON under it"
    )]
    NoKey,
    /// No JSON.
    #[error(
        "template is not JSON, line {line}, column {column}: {message}; export the dashboard again"
    )]
    Json {
        /// Where, counted from 1.
        line: usize,
        /// Where in the line, counted from 1.
        column: usize,
        /// What is wrong there.
        message: String,
    },
    /// JSON, but no object.
    #[error("template is JSON but no object; export the dashboard's JSON model as a whole")]
    NotAnObject,
}

/// What there is under the name `monitoring-dashboard-template`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum TemplateSource<'a> {
    /// No such ConfigMap.
    NoConfigMap,
    /// A ConfigMap without the key `template`.
    NoKey,
    /// The text under that key.
    Text(&'a str),
}

impl<'a> TemplateSource<'a> {
    /// The name of the ConfigMap, in the operator's namespace.
    pub const CONFIG_MAP: &'static str = "monitoring-dashboard-template";
    /// Its key.
    pub const KEY: &'static str = "template";

    /// From the `data` of the ConfigMap; `None` if it does not exist.
    #[must_use]
    pub fn from_data(data: Option<&'a BTreeMap<String, String>>) -> Self {
        match data.map(|data| data.get(Self::KEY)) {
            None => Self::NoConfigMap,
            Some(None) => Self::NoKey,
            Some(Some(text)) => Self::Text(text),
        }
    }

    /// Reads the template.
    ///
    /// # Errors
    ///
    /// No ConfigMap, no key, or a text that is no JSON object.
    pub fn read(self) -> Result<Template, TemplateError> {
        match self {
            Self::NoConfigMap => Err(TemplateError::NoConfigMap),
            Self::NoKey => Err(TemplateError::NoKey),
            Self::Text(text) => Template::parse(text),
        }
    }
}

impl Template {
    /// The dashboard this crate brings along: CPU, memory, API server and etcd.
    #[must_use]
    pub fn shipped() -> Self {
        Self { text: SHIPPED.to_owned() }
    }

    /// Reads a template.
    ///
    /// # Errors
    ///
    /// A text that is no JSON object.
    pub fn parse(text: &str) -> Result<Self, TemplateError> {
        match serde_json::from_str::<serde_json::Value>(text) {
            Ok(value) if value.is_object() => Ok(Self { text: text.to_owned() }),
            Ok(_) => Err(TemplateError::NotAnObject),
            Err(error) => {
                let whole = error.to_string();
                let message = whole.split(" at line ").next().unwrap_or_default().to_owned();
                Err(TemplateError::Json { line: error.line(), column: error.column(), message })
            }
        }
    }

    /// Whatever looks like a placeholder and is none of the four: it would stay as it is, a misspelling most likely.
    #[must_use]
    pub fn unknown_placeholders(&self) -> BTreeSet<String> {
        let mut unknown = BTreeSet::new();
        each_piece(&self.text, |piece| {
            if let Piece::Literal(literal) = piece {
                let text = decode(literal);
                let mut rest = text.as_str();
                while let Some((_, token, after)) = next_token(rest) {
                    if Placeholder::named(token).is_none() {
                        unknown.insert(token.to_owned());
                    }
                    rest = after;
                }
            }
        });
        unknown
    }

    /// The dashboard's JSON for `cluster`; what has no placeholder stays byte for byte.
    ///
    /// Values are escaped for JSON, and once more where the placeholder stands in quotes within the string, as in the
    /// query `up{_id="__CLUSTER_ID__"}`. They are put in at once, so that a value that looks like a placeholder stays.
    /// Whatever the cluster is called, the result is JSON.
    #[must_use]
    pub fn fill(&self, cluster: &HostedClusterRef) -> String {
        let mut json = String::with_capacity(self.text.len());
        each_piece(&self.text, |piece| match piece {
            Piece::Literal(literal) if literal.contains("__") => {
                let filled = substitute(&decode(literal), cluster);
                json.push_str(&serde_json::Value::from(filled).to_string());
            }
            Piece::Literal(text) | Piece::Other(text) => json.push_str(text),
        });
        json
    }

    /// The ConfigMap that shows the dashboard of `cluster` in the console.
    ///
    /// # Errors
    ///
    /// A cluster that cannot exist, or whose ConfigMap would have a name longer than Kubernetes allows.
    pub fn render(
        &self,
        cluster: &HostedClusterRef,
        style: NameStyle,
    ) -> Result<ConfigMap, DashboardError> {
        cluster.validate()?;
        let name = style.name(cluster);
        if name.len() > 253 {
            return Err(DashboardError::NameTooLong { name });
        }
        Ok(ConfigMap::new(name, self.fill(cluster)))
    }
}

/// What a template consists of.
enum Piece<'a> {
    /// A string with its quotes, as it stands.
    Literal(&'a str),
    /// What is between strings.
    Other(&'a str),
}

/// Takes JSON apart. The text was checked when the template was made.
fn each_piece<'a>(text: &'a str, mut take: impl FnMut(Piece<'a>)) {
    let mut rest = text;
    while let Some(start) = rest.find('"') {
        let (other, literal) = rest.split_at(start);
        take(Piece::Other(other));
        let (literal, after) = literal.split_at(literal_len(literal));
        take(Piece::Literal(literal));
        rest = after;
    }
    take(Piece::Other(rest));
}

/// How long the string is that `text` begins with.
fn literal_len(text: &str) -> usize {
    let mut escaped = false;
    for (at, byte) in text.bytes().enumerate().skip(1) {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'"' => return at + 1,
            _ => {}
        }
    }
    text.len()
}

/// What a string means.
fn decode(literal: &str) -> String {
    serde_json::from_str(literal).unwrap_or_default()
}

/// The first token of the form `__WORD__`: what stands before it, the token, and what follows.
fn next_token(text: &str) -> Option<(&str, &str, &str)> {
    let is_word = |word: &str| {
        word.starts_with(|c: char| c.is_ascii_uppercase())
            && word.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_')
    };
    for (start, _) in text.match_indices("__") {
        let inner = &text[start + 2..];
        if let Some(length) = inner.find("__").filter(|length| is_word(&inner[..*length])) {
            let end = start + length + 4;
            return Some((&text[..start], &text[start..end], &text[end..]));
        }
    }
    None
}

/// Puts the values in.
fn substitute(text: &str, cluster: &HostedClusterRef) -> String {
    let mut filled = String::with_capacity(text.len() + 64);
    let mut quotes = Quotes::default();
    let mut rest = text;
    while let Some((before, token, after)) = next_token(rest) {
        quotes.pass(before);
        filled.push_str(before);
        match Placeholder::named(token) {
            Some(placeholder) if quotes.open => {
                filled.push_str(&escape(&placeholder.value(cluster)));
            }
            Some(placeholder) => filled.push_str(&placeholder.value(cluster)),
            None => filled.push_str(token),
        }
        rest = after;
    }
    filled + rest
}

/// Escapes a value for a query's string in double quotes.
fn escape(value: &str) -> String {
    value.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}

/// Whether a place in a text is inside double quotes.
#[derive(Default)]
struct Quotes {
    open: bool,
    escaped: bool,
}

impl Quotes {
    fn pass(&mut self, text: &str) {
        for byte in text.bytes() {
            match byte {
                _ if self.escaped => self.escaped = false,
                b'\\' if self.open => self.escaped = true,
                b'"' => self.open = !self.open,
                _ => {}
            }
        }
    }
}

#[derive(Clone, Copy)]
enum Placeholder {
    Name,
    Namespace,
    ControlPlaneNamespace,
    ClusterId,
}

impl Placeholder {
    fn named(token: &str) -> Option<Self> {
        Some(match token {
            "__NAME__" => Self::Name,
            "__NAMESPACE__" => Self::Namespace,
            "__CONTROL_PLANE_NAMESPACE__" => Self::ControlPlaneNamespace,
            "__CLUSTER_ID__" => Self::ClusterId,
            _ => return None,
        })
    }

    fn value(self, cluster: &HostedClusterRef) -> String {
        match self {
            Self::Name => cluster.name.clone(),
            Self::Namespace => cluster.namespace.clone(),
            Self::ControlPlaneNamespace => cluster.control_plane_namespace(),
            Self::ClusterId => cluster.cluster_id.clone(),
        }
    }
}
