//! `GetSupportedOCPVersions` and `GetKubeVersionForSupportedVersion`.

use std::collections::BTreeMap;

use serde_json::Value;

use super::super::minor::{Minor, OcpMinor};
use super::super::release_version::ReleaseVersion;
use super::super::supported::{SERVER_VERSION_KEY, VERSIONS_KEY};
use super::skew::major;

/// What `HyperShift`'s command line reads from the `ConfigMap`: the list as texts, unchecked, and the operator's revision.
///
/// `data` is what it got, or the client's own words where it got nothing. As in Go a list that is `null` or absent is empty, an entry that is `null` is an
/// empty text, and `Versions` is `versions`. The parser's own words at the end of its error are not Go's.
///
/// Source: `support/supportedversion/version.go`.
///
/// # Errors
///
/// Its message; a missing revision is reported before a missing list.
pub fn supported_ocp_versions(
    data: Result<&BTreeMap<String, String>, &str>,
) -> Result<(Vec<String>, String), String> {
    let data =
        data.map_err(|error| format!("failed to find supported versions on the server: {error}"))?;
    let server_version = data
        .get(SERVER_VERSION_KEY)
        .ok_or("the server did not advertise its HyperShift version")?;
    let list =
        data.get(VERSIONS_KEY).ok_or("the server did not advertise supported OCP versions")?;
    let failed =
        |error: String| format!("failed to parse supported versions on the server: {error}");
    let document: Value = serde_json::from_str(list).map_err(|error| failed(error.to_string()))?;
    let versions = unmarshal(&document).map_err(failed)?;
    Ok((versions, server_version.clone()))
}

/// The latest version that the `ConfigMap` names, as `HyperShift` takes it: the first one, with `.0`.
///
/// # Errors
///
/// As [`supported_ocp_versions`], an empty list, or a first entry that is no version.
pub fn latest_supported_ocp_version(
    data: Result<&BTreeMap<String, String>, &str>,
) -> Result<ReleaseVersion, String> {
    let (versions, _) = supported_ocp_versions(data)?;
    let first = versions.first().ok_or("no supported OCP versions found")?;
    format!("{first}.0").parse().map_err(|error| format!("failed to parse version: {error}"))
}

/// The Kubernetes version that `HyperShift` (main, mid-2026) looks up for a release. Patch and prerelease do not matter.
///
/// # Errors
///
/// Its message, for what is not in its table, which goes from 4.14 to 5.1.
pub fn kube_version_for_supported_version(version: &ReleaseVersion) -> Result<String, String> {
    let minor = version.ocp_minor().map_err(major)?;
    if !(OcpMinor::new(14)..=OcpMinor::new(24)).contains(&minor) {
        return Err(format!("unknown supported version \"{version}\""));
    }
    minor.kubernetes().map(|minor| format!("{minor}.0")).map_err(major)
}

/// The minor version `count` before this one.
///
/// # Errors
///
/// A message that says `cannot go back` or `unsupported major version`; the rest of upstream's words is not known.
pub fn previous_minor_version(version: &ReleaseVersion, count: u64) -> Result<Minor, String> {
    let minor = version.ocp_minor().map_err(major)?;
    let before = u16::try_from(count).ok().and_then(|count| minor.back(count));
    before
        .map(OcpMinor::minor)
        .ok_or_else(|| format!("cannot go back {count} minor versions from {version}"))
}

fn unmarshal(document: &Value) -> Result<Vec<String>, String> {
    let wrong = |value: &Value| format!("cannot unmarshal {value} into the list of versions");
    let list = match document {
        Value::Null => return Ok(Vec::new()),
        Value::Object(fields) => fields.get("versions").or_else(|| {
            fields
                .iter()
                .find(|(key, _)| key.eq_ignore_ascii_case("versions"))
                .map(|(_, value)| value)
        }),
        other => return Err(wrong(other)),
    };
    match list {
        None | Some(Value::Null) => Ok(Vec::new()),
        Some(Value::Array(entries)) => entries
            .iter()
            .map(|entry| match entry {
                Value::String(text) => Ok(text.clone()),
                Value::Null => Ok(String::new()),
                other => Err(wrong(other)),
            })
            .collect(),
        Some(other) => Err(wrong(other)),
    }
}
