//! The versions that components declare in annotations of their tags.

use std::collections::{BTreeMap, BTreeSet};

use super::Tag;
use super::error::MetadataError;
use crate::path::JsonPath;

const VERSIONS: &str = "io.openshift.build.versions";
const DISPLAY_NAMES: &str = "io.openshift.build.version-display-names";

/// A version that components declare.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ComponentVersion {
    /// The version, without build metadata. Of several (only `machine-os` may have them) the one that sorts first as text, which is
    /// what `HyperShift` takes.
    pub version: semver::Version,
    /// The others, if there are several.
    pub others: Vec<semver::Version>,
    /// A name for people, if one is declared.
    pub display_name: Option<String>,
}

#[derive(Default)]
struct Declared {
    /// By their text, since upstream sorts that.
    versions: BTreeMap<String, semver::Version>,
    display_names: BTreeSet<String>,
}

/// Reads `k=semver,…` and `k=name,…` of all tags. `kubectl` counts only in the tags `cli` and `cli-artifacts`.
pub(super) fn read<'a>(
    tags: impl Iterator<Item = (usize, &'a Tag)>,
) -> Result<BTreeMap<String, ComponentVersion>, MetadataError> {
    let mut all: BTreeMap<String, Declared> = BTreeMap::new();
    for (index, tag) in tags {
        let annotation =
            |key: &str| tag.annotations.as_ref().and_then(|annotations| annotations.get(key));
        let Some(versions) = annotation(VERSIONS) else { continue };
        let path = JsonPath::fields("spec.tags").index(index).field("annotations");
        let names = annotation(DISPLAY_NAMES).map_or("", String::as_str);
        let names = display_names(names, &path.key(DISPLAY_NAMES))?;
        for (key, version) in pairs(versions, &path.key(VERSIONS))? {
            if key == "kubectl" && !matches!(tag.name.as_str(), "cli" | "cli-artifacts") {
                continue;
            }
            let declared = all.entry(key.to_owned()).or_default();
            // A tag without a display name contradicts one that has it.
            declared.display_names.insert(names.get(key).copied().unwrap_or_default().to_owned());
            declared.versions.insert(version.to_string(), version);
        }
    }
    conclude(all)
}

fn conclude(
    all: BTreeMap<String, Declared>,
) -> Result<BTreeMap<String, ComponentVersion>, MetadataError> {
    let several = |key: &str, declared: &Declared| {
        (declared.versions.len() > 1 || declared.display_names.len() > 1) && key != "machine-os"
    };
    let contradictory: Vec<_> = all
        .iter()
        .filter(|(key, declared)| several(key, declared))
        .map(|(key, _)| key.clone())
        .collect();
    if !contradictory.is_empty() {
        return Err(MetadataError::Contradictory(contradictory));
    }
    let component = |(key, declared): (String, Declared)| {
        let mut versions = declared.versions.into_values();
        let version = versions.next()?;
        let display_name = declared.display_names.into_iter().find(|name| !name.is_empty());
        Some((key, ComponentVersion { version, others: versions.collect(), display_name }))
    };
    Ok(all.into_iter().filter_map(component).collect())
}

fn pairs<'a>(
    text: &'a str,
    path: &JsonPath,
) -> Result<Vec<(&'a str, semver::Version)>, MetadataError> {
    let read = |(pair, key, value): (&str, &'a str, &str)| {
        let mut version = semver::Version::parse(value)
            .map_err(|error| broken(path, pair, format!("has no semantic version: {error}")))?;
        version.build = semver::BuildMetadata::EMPTY;
        Ok((key, version))
    };
    split(text, path)?.into_iter().map(read).collect()
}

fn display_names<'a>(
    text: &'a str,
    path: &JsonPath,
) -> Result<BTreeMap<&'a str, &'a str>, MetadataError> {
    let allowed =
        |c: char| c.is_ascii_alphanumeric() || c.is_ascii_whitespace() || "-:()".contains(c);
    let read = |(pair, key, name): (&str, &'a str, &'a str)| {
        if name.is_empty() || !name.chars().all(allowed) {
            let rule = "has a display name with other than letters, digits, spaces and -:()";
            return Err(broken(path, pair, rule.to_owned()));
        }
        Ok((key, name))
    };
    split(text, path)?.into_iter().map(read).collect()
}

fn split<'a>(
    text: &'a str,
    path: &JsonPath,
) -> Result<Vec<(&'a str, &'a str, &'a str)>, MetadataError> {
    let text = text.trim();
    if text.is_empty() {
        return Ok(Vec::new());
    }
    let read = |pair: &'a str| {
        let pair = pair.trim();
        let (key, value) = pair
            .split_once('=')
            .ok_or_else(|| broken(path, pair, "is not of the form name=value".to_owned()))?;
        if !is_key(key) {
            let rule = "has a name other than two or more of a-z, 0-9 and inner dashes";
            return Err(broken(path, pair, rule.to_owned()));
        }
        Ok((pair, key, value))
    };
    text.split(',').map(read).collect()
}

fn is_key(key: &str) -> bool {
    let alphanumeric = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    let bytes = key.as_bytes();
    bytes.len() >= 2
        && bytes.iter().all(|byte| alphanumeric(*byte) || *byte == b'-')
        && bytes.first().is_some_and(|byte| alphanumeric(*byte))
        && bytes.last().is_some_and(|byte| alphanumeric(*byte))
}

fn broken(path: &JsonPath, pair: &str, rule: String) -> MetadataError {
    MetadataError::Annotation { path: path.clone(), pair: pair.to_owned(), rule }
}
