//! What is wrong with a `supported-versions` `ConfigMap`, to the last mistake.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;

use crate::{Finding, JsonPath, Rule};

use super::minor::Minor;
use super::supported::{
    Document, SERVER_VERSION_KEY, SUPPORTED_VERSIONS_LABEL, SUPPORTED_VERSIONS_NAME,
    SUPPORTED_VERSIONS_NAMESPACE, VERSIONS_KEY,
};

/// The parts of a `ConfigMap` that are looked at.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct ConfigMapView<'a> {
    /// `metadata.namespace`.
    pub namespace: &'a str,
    /// `metadata.name`.
    pub name: &'a str,
    /// `metadata.labels`.
    pub labels: &'a BTreeMap<String, String>,
    /// `data`.
    pub data: &'a BTreeMap<String, String>,
}

/// What is wrong with the `ConfigMap`.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SupportedVersionsRule {
    /// Another name: neither the operator nor the command line looks at it.
    Name(String),
    /// Another namespace than the operator's usual one: part of the command line reads only that.
    Namespace(String),
    /// Without its label, or with another value, the command line does not find it when it looks for a default release.
    Label(Option<String>),
    /// The operator's revision is missing, and the command line then refuses the rest.
    NoServerVersion,
    /// The list is missing.
    NoVersions,
    /// The list is not JSON of the right form.
    Json {
        /// The line, counted from 1.
        line: usize,
        /// The column, counted from 1.
        column: usize,
        /// What the parser says.
        cause: String,
    },
    /// The list is empty.
    Empty,
    /// An entry is no minor version.
    Entry(String),
    /// An entry is not older than the one before it: readers take the first for the newest.
    Order {
        /// The entry before it.
        before: Minor,
        /// The entry.
        entry: Minor,
    },
}

impl<'a> ConfigMapView<'a> {
    /// A `ConfigMap` of this namespace and name.
    #[must_use]
    pub const fn new(
        namespace: &'a str,
        name: &'a str,
        labels: &'a BTreeMap<String, String>,
        data: &'a BTreeMap<String, String>,
    ) -> Self {
        Self { namespace, name, labels, data }
    }
}

/// What is wrong with a `supported-versions` `ConfigMap`.
///
/// The example in the documentation is not valid JSON (`["4.15']}`), and lacks `server-version`, without which `HyperShift`'s own reader refuses it.
///
/// Source: `HyperShift`, `GetSupportedOCPVersions`, `GetLatestSupportedOCPVersion` and the reconciler that writes it.
#[must_use]
pub fn lint_supported_versions(object: &ConfigMapView<'_>) -> Vec<Finding<SupportedVersionsRule>> {
    use SupportedVersionsRule as R;
    let mut findings = Vec::new();
    let metadata = JsonPath::fields("metadata");
    if object.name != SUPPORTED_VERSIONS_NAME {
        findings.push(Finding::refusal(metadata.field("name"), R::Name(object.name.to_owned())));
    }
    if object.namespace != SUPPORTED_VERSIONS_NAMESPACE {
        let rule = R::Namespace(object.namespace.to_owned());
        findings.push(Finding::warning(metadata.field("namespace"), rule));
    }
    let label = object.labels.get(SUPPORTED_VERSIONS_LABEL);
    if label.is_none_or(|value| value != "true") {
        let path = metadata.field("labels").key(SUPPORTED_VERSIONS_LABEL);
        findings.push(Finding::warning(path, R::Label(label.cloned())));
    }
    let data = JsonPath::fields("data");
    if object.data.get(SERVER_VERSION_KEY).is_none_or(String::is_empty) {
        findings.push(Finding::refusal(data.key(SERVER_VERSION_KEY), R::NoServerVersion));
    }
    let path = data.key(VERSIONS_KEY);
    match object.data.get(VERSIONS_KEY).map(|text| serde_json::from_str::<Document>(text)) {
        None => findings.push(Finding::refusal(path, R::NoVersions)),
        Some(Err(error)) => {
            let (line, column) = (error.line(), error.column());
            let cause = error.to_string();
            let cause = cause.split(" at line ").next().unwrap_or_default().to_owned();
            findings.push(Finding::refusal(path, R::Json { line, column, cause }));
        }
        Some(Ok(document)) => lint_list(&document.versions, &path.field("versions"), &mut findings),
    }
    findings
}

fn lint_list(
    versions: &[String],
    path: &JsonPath,
    findings: &mut Vec<Finding<SupportedVersionsRule>>,
) {
    use SupportedVersionsRule as R;
    if versions.is_empty() {
        findings.push(Finding::refusal(path.clone(), R::Empty));
    }
    let mut last: Option<Minor> = None;
    for (index, text) in versions.iter().enumerate() {
        let Some((minor, place)) =
            text.parse::<Minor>().ok().and_then(|minor| Some((minor, minor.normalised().ok()?)))
        else {
            findings.push(Finding::refusal(path.index(index), R::Entry(text.clone())));
            continue;
        };
        if let Some(before) = last {
            // 4.23 stands after 5.0, its equal.
            let twin = (before, minor) == (Minor::new(5, 0), Minor::new(4, 23));
            if !twin && before.normalised().is_ok_and(|before| place >= before) {
                let rule = R::Order { before, entry: minor };
                findings.push(Finding::warning(path.index(index), rule));
            }
        }
        last = Some(minor);
    }
}

impl fmt::Display for SupportedVersionsRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name(name) => write!(f, "{name:?} is not what the operator calls it"),
            Self::Namespace(namespace) => {
                write!(f, "{namespace:?} is not where the operator usually writes it")
            }
            Self::Label(None) => f.write_str("the label is missing"),
            Self::Label(Some(value)) => write!(f, "the label is {value:?}"),
            Self::NoServerVersion => f.write_str("the operator's revision is missing"),
            Self::NoVersions => f.write_str("the list is missing"),
            Self::Json { line, column, cause } => {
                write!(f, "not the JSON that is expected: {cause} (line {line}, column {column})")
            }
            Self::Empty => f.write_str("no version is supported"),
            Self::Entry(text) => write!(f, "{text:?} is not a minor version of OpenShift 4 or 5"),
            Self::Order { before, entry } => write!(f, "{entry} stands after {before}"),
        }
    }
}

impl Rule for SupportedVersionsRule {
    fn id(&self) -> &'static str {
        match self {
            Self::Name(_) => "supported-versions-name",
            Self::Namespace(_) => "supported-versions-namespace",
            Self::Label(_) => "supported-versions-label",
            Self::NoServerVersion => "server-version-missing",
            Self::NoVersions => "supported-versions-missing",
            Self::Json { .. } => "supported-versions-json",
            Self::Empty => "supported-versions-empty",
            Self::Entry(_) => "supported-versions-entry",
            Self::Order { .. } => "supported-versions-order",
        }
    }

    fn remedy(&self) -> Cow<'static, str> {
        match self {
            Self::Name(_) => format!("read the ConfigMap {SUPPORTED_VERSIONS_NAME}").into(),
            Self::Namespace(_) => format!(
                "if the operator runs in {SUPPORTED_VERSIONS_NAMESPACE}, read the ConfigMap there"
            )
            .into(),
            Self::Label(_) => format!("label it {SUPPORTED_VERSIONS_LABEL}=true").into(),
            Self::Json { .. } => {
                r#"write it as {"versions":["4.15","4.14","4.13"]}, with double quotes"#.into()
            }
            Self::Entry(_) => "write it as 4.15".into(),
            Self::Order { .. } => "list the newest version first".into(),
            Self::NoServerVersion | Self::NoVersions | Self::Empty => {
                "restart the operator, which writes the ConfigMap anew".into()
            }
        }
    }
}
