//! Files of cases: a configuration that is right, and what each change of it breaks.

use std::collections::BTreeSet;
use std::path::Path;

use hcp_core::oauth::{IdentityProviderType, OAuthRule, OAuthSpec, Policy, References, validate};
use hcp_core::{Finding, JsonPath, Rule};
use serde::Deserialize;
use serde_json::{Value, json};

/// A file of cases.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Corpus {
    /// What the cases change: a provider, or a configuration as a whole.
    pub(crate) base: Value,
    /// What is referred to; without it, references are not looked for.
    #[serde(default)]
    keys: Option<Value>,
    /// The changes.
    pub(crate) cases: Vec<Case>,
}

/// A change.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Case {
    pub(crate) it: String,
    #[serde(default)]
    merge: Value,
    #[serde(default)]
    keys: Option<Value>,
    pub(crate) finds: Vec<String>,
}

impl Corpus {
    /// The base as a case changes it.
    pub(crate) fn changed(&self, case: &Case) -> Value {
        let mut value = self.base.clone();
        merge(&mut value, &case.merge);
        value
    }

    pub(crate) fn is_of_providers(&self) -> bool {
        self.base.get("identityProviders").is_none()
    }

    fn references(&self, case: &Case) -> Option<References> {
        let mut keys = self.keys.clone().or_else(|| case.keys.clone())?;
        merge(&mut keys, case.keys.as_ref().unwrap_or(&Value::Null));
        Some(serde_json::from_value(keys).expect("as the corpus has it"))
    }
}

/// A JSON merge patch, RFC 7396; null as a whole changes nothing.
fn merge(value: &mut Value, patch: &Value) {
    for (key, change) in patch.as_object().into_iter().flatten() {
        if !value.is_object() {
            *value = json!({});
        }
        let fields = value.as_object_mut().expect("as the corpus has it");
        match change {
            Value::Null => drop(fields.remove(key)),
            Value::Object(_) => merge(fields.entry(key).or_insert_with(|| json!({})), change),
            other => drop(fields.insert(key.clone(), other.clone())),
        }
    }
}

/// All files.
pub(crate) fn files() -> Vec<(String, Corpus)> {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/oauth");
    let mut files: Vec<_> = std::fs::read_dir(directory)
        .expect("as the corpus has it")
        .map(|entry| {
            let path = entry.expect("as the corpus has it").path();
            let text = std::fs::read_to_string(&path).expect("as the corpus has it");
            let name =
                path.file_stem().expect("as the corpus has it").to_string_lossy().into_owned();
            let corpus = serde_saphyr::from_str(&text).expect(&name);
            (name, corpus)
        })
        .collect();
    files.sort_by(|(left, _), (right, _)| left.cmp(right));
    files
}

/// Findings as the files write them.
pub(crate) fn summary(findings: &[Finding<OAuthRule>]) -> Vec<String> {
    let line = |finding: &Finding<OAuthRule>| {
        format!("{} {} {}", finding.severity, finding.rule.id(), finding.path)
    };
    findings.iter().map(line).collect()
}

#[test]
fn every_case_finds_what_its_file_says() {
    let mut wrong = Vec::new();
    let mut seen = BTreeSet::new();
    let mut cases = 0;
    for (file, corpus) in files() {
        for case in &corpus.cases {
            let value = corpus.changed(case);
            let prefix = if corpus.is_of_providers() { "identityProviders[0]." } else { "" };
            let spec = if corpus.is_of_providers() {
                json!({ "identityProviders": [value] })
            } else {
                value
            };
            let spec: OAuthSpec = serde_json::from_value(spec).expect("as the corpus has it");
            let references = corpus.references(case);
            let policy = Policy::default().with_at(JsonPath::root());
            let found = validate(&spec, &policy, references.as_ref());
            seen.extend(found.iter().map(|finding| finding.rule.id()));
            cases += 1;
            let found: BTreeSet<_> =
                summary(&found).into_iter().map(|line| line.replace(prefix, "")).collect();
            let wanted: BTreeSet<_> = case.finds.iter().cloned().collect();
            if found != wanted {
                wrong.push(format!("{file}: {}\n  found  {found:?}\n  wanted {wanted:?}", case.it));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(cases >= 100, "{cases} cases");
    let never: Vec<_> = OAuthRule::IDS.iter().filter(|id| !seen.contains(*id)).collect();
    assert!(never.is_empty(), "no case finds {never:?}");
}

#[test]
fn every_kind_of_provider_has_good_and_bad_cases() {
    let mut kinds = BTreeSet::new();
    for (file, corpus) in files().into_iter().filter(|(_, corpus)| corpus.is_of_providers()) {
        let good = corpus.cases.iter().filter(|case| case.finds.is_empty()).count();
        let bad = corpus.cases.iter().filter(|case| case.finds.len() == 1).count();
        assert!(good >= 1 && bad >= 4, "{file}: {good} good, {bad} bad");
        kinds.insert(corpus.base["type"].as_str().expect("as the corpus has it").to_owned());
    }
    let all: BTreeSet<_> =
        IdentityProviderType::KNOWN.iter().map(|&kind| kind.to_owned()).collect();
    assert_eq!(kinds, all);
}

#[test]
fn no_finding_repeats_a_password_of_a_url() {
    for (kind, member, field, text) in [
        ("BasicAuth", "basicAuth", "url", "https://me:hunter2@auth example.com"),
        ("BasicAuth", "basicAuth", "url", "http://me:hunter2@auth.example.com"),
        ("LDAP", "ldap", "url", "ldap://me:hunter2@ldap.example.com:x/dc=example"),
        ("LDAP", "ldap", "url", "ldaps://me:hunter2@ldap.example.com/dc=example?a?b"),
        ("OpenID", "openID", "issuer", "https://me:hunter2@example.com/#/"),
        ("RequestHeader", "requestHeader", "loginURL", "me:hunter2@sso.example.com"),
    ] {
        let provider = json!({"name": "a", "type": kind, member: {field: text}});
        let spec = serde_json::from_value(json!({ "identityProviders": [provider] }))
            .expect("as the corpus has it");
        let found = validate(&spec, &Policy::default(), None);
        assert!(found.iter().any(|finding| finding.path.to_string().ends_with(field)), "{text}");
        for finding in found {
            assert!(!format!("{finding} {finding:?}").contains("hunter2"), "{finding}");
        }
    }
}

#[cfg(feature = "api")]
#[test]
fn references_of_api_objects_hold_keys_and_no_values() {
    let secret = serde_json::from_value(
        json!({"metadata": {"name": "s"}, "data": {"clientSecret": "aHVudGVyMg=="}}),
    );
    let config_map = serde_json::from_value(
        json!({"metadata": {"name": "c"}, "data": {"a": "hunter2"}, "binaryData": {"ca.crt": ""}}),
    );
    let found = References::of(&[secret.expect("a Secret")], &[config_map.expect("a ConfigMap")]);
    let wanted = References::default()
        .with_secret("s", ["clientSecret"])
        .with_config_map("c", ["a", "ca.crt"]);
    assert_eq!(found, wanted);
}
