//! Findings while they are collected, and the checks that all providers share.

use std::collections::BTreeMap;

use serde_json::Value;

use super::fields::{self, Inside};
use super::go_url::GoUrl;
use super::policy::Policy;
use super::references::{ObjectKind, References};
use super::rule::OAuthRule;
use super::types::{ConfigMapNameReference, SecretNameReference};
use crate::finding::{Finding, Severity};
use crate::names::is_dns_subdomain;
use crate::path::JsonPath;

/// Findings while they are collected.
#[derive(Debug)]
pub(super) struct Report<'a> {
    pub(super) policy: &'a Policy,
    references: Option<&'a References>,
    pub(super) findings: Vec<Finding<OAuthRule>>,
}

/// A reference that is being checked.
#[derive(Clone, Copy, Debug)]
pub(super) struct Reference<'a> {
    kind: ObjectKind,
    name: Option<&'a str>,
    other: Option<&'a BTreeMap<String, Value>>,
    key: &'static str,
    required: bool,
}

impl<'a> Reference<'a> {
    /// To a Secret with this key.
    pub(super) fn secret(reference: Option<&'a SecretNameReference>, key: &'static str) -> Self {
        Self {
            kind: ObjectKind::Secret,
            name: reference.map(|reference| reference.name.as_deref().unwrap_or(UNSET)),
            other: reference.map(|reference| &reference.other),
            key,
            required: false,
        }
    }

    /// To a ConfigMap with this key.
    pub(super) fn config_map(
        reference: Option<&'a ConfigMapNameReference>,
        key: &'static str,
    ) -> Self {
        Self {
            kind: ObjectKind::ConfigMap,
            name: reference.map(|reference| reference.name.as_deref().unwrap_or(UNSET)),
            other: reference.map(|reference| &reference.other),
            key,
            required: false,
        }
    }

    /// The same, which must not be left out.
    pub(super) const fn required(mut self) -> Self {
        self.required = true;
        self
    }

    /// Whether something is referred to.
    pub(super) fn is_set(&self) -> bool {
        self.name.is_some_and(|name| !name.is_empty() && name != UNSET)
    }
}

/// Stands for a reference without the field `name`, which the schema refuses. No name has a NUL.
const UNSET: &str = "\0";

impl<'a> Report<'a> {
    pub(super) const fn new(policy: &'a Policy, references: Option<&'a References>) -> Self {
        Self { policy, references, findings: Vec::new() }
    }

    pub(super) fn add(&mut self, severity: Severity, path: JsonPath, rule: OAuthRule) {
        self.findings.push(Finding::new(severity, path, rule));
    }

    pub(super) fn refuse(&mut self, path: JsonPath, rule: OAuthRule) {
        self.add(Severity::Refusal, path, rule);
    }

    pub(super) fn warn(&mut self, path: JsonPath, rule: OAuthRule) {
        self.add(Severity::Warning, path, rule);
    }

    pub(super) fn note(&mut self, path: JsonPath, rule: OAuthRule) {
        self.add(Severity::Notice, path, rule);
    }

    /// Fields that the API server drops.
    pub(super) fn unknown(
        &mut self,
        path: &JsonPath,
        other: &BTreeMap<String, Value>,
        member: Option<&'static str>,
        inside: Inside,
    ) {
        for field in other.keys() {
            let hint = fields::hint(field, member, inside);
            let rule = OAuthRule::UnknownField { hint };
            self.add(self.policy.unknown_fields, path.field(field), rule);
        }
    }

    /// A text that must not be empty.
    pub(super) fn required<'t>(
        &mut self,
        path: JsonPath,
        text: Option<&'t str>,
    ) -> Option<&'t str> {
        let text = text.filter(|text| !text.is_empty());
        if text.is_none() {
            self.refuse(path, OAuthRule::Required);
        }
        text
    }

    /// A text of the documentation that should have been replaced.
    pub(super) fn placeholder(&mut self, path: &JsonPath, text: Option<&str>) -> bool {
        let Some(text) = text.filter(|text| text.starts_with('<') && text.ends_with('>')) else {
            return false;
        };
        self.warn(path.clone(), OAuthRule::Placeholder { text: text.to_owned() });
        true
    }

    /// Whether the reference is set where it must be, its name possible, the object there, and the key in it.
    pub(super) fn reference(&mut self, path: &JsonPath, reference: Reference<'_>) {
        if let Some(other) = reference.other {
            self.unknown(path, other, None, Inside::Elsewhere);
        }
        let Reference { kind, name, key, required, .. } = reference;
        let name_path = path.field("name");
        let name = match name {
            Some(UNSET) => return self.refuse(name_path, OAuthRule::Required),
            Some("") | None if required => return self.refuse(name_path, OAuthRule::Required),
            Some("") | None => return,
            Some(name) => name.to_owned(),
        };
        if !is_dns_subdomain(&name) {
            return self.refuse(name_path, OAuthRule::ReferenceName { kind, name });
        }
        let Some(references) = self.references else { return };
        match references.keys(kind, &name) {
            None => self.refuse(name_path, OAuthRule::ReferenceMissing { kind, name }),
            Some(keys) if !keys.contains(key) => {
                self.refuse(name_path, OAuthRule::ReferenceKeyMissing { kind, name, key });
            }
            Some(_) => {}
        }
    }

    /// A list of names of which none may be empty.
    pub(super) fn names(&mut self, path: &JsonPath, names: Option<&Vec<String>>) {
        for (index, name) in names.into_iter().flatten().enumerate() {
            if name.is_empty() {
                self.warn(path.index(index), OAuthRule::NameEmpty);
            }
        }
    }

    /// A URL with a scheme and a host.
    pub(super) fn url<'t>(&mut self, path: &JsonPath, text: &'t str) -> Option<GoUrl<'t>> {
        let url = match GoUrl::parse(text) {
            Ok(url) => url,
            Err(why) => {
                self.refuse(path.clone(), OAuthRule::UrlUnparsable { why });
                return None;
            }
        };
        if url.user_info {
            self.warn(path.clone(), OAuthRule::UrlUserInfo);
        }
        if url.scheme.is_empty() {
            self.refuse(path.clone(), OAuthRule::UrlScheme { found: String::new() });
            return None;
        }
        if url.host.is_empty() {
            self.refuse(path.clone(), OAuthRule::UrlHost);
            return None;
        }
        Some(url)
    }

    /// A URL with the scheme `https` and a host, which must be there.
    pub(super) fn secure_url<'t>(
        &mut self,
        path: &JsonPath,
        text: Option<&'t str>,
    ) -> Option<GoUrl<'t>> {
        let text = self.required(path.clone(), text)?;
        let url = self.url(path, text)?;
        if url.scheme != "https" {
            self.refuse(path.clone(), OAuthRule::UrlScheme { found: url.scheme });
            return None;
        }
        Some(url)
    }
}
