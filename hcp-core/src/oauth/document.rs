//! The objects that hold an OAuth configuration, and those that it refers to.

use serde_json::{Map, Value};

use super::references::References;
use super::types::OAuthSpec;
use crate::path::JsonPath;

/// An object with an OAuth configuration.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct OAuthDocument {
    /// `HostedCluster`, `HostedControlPlane` or `OAuth`.
    pub kind: String,
    /// `metadata.name`; empty if there is none.
    pub name: String,
    /// Where the configuration stands in the object, for [`Policy::with_at`](super::Policy::with_at).
    pub at: JsonPath,
    /// The configuration; nothing if the object has none, in which case there is only `kubeadmin`.
    pub spec: Option<OAuthSpec>,
}

/// What was read: objects with an OAuth configuration, and the Secrets and ConfigMaps beside them.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct OAuthDocuments {
    /// The objects, in their order.
    pub documents: Vec<OAuthDocument>,
    /// The names and keys of the Secrets and ConfigMaps; nothing if there is none of them, in which case references cannot be looked for.
    pub references: Option<References>,
}

/// Why objects cannot be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OAuthDocumentError {
    /// The text is no YAML.
    #[error("this is not YAML; give a HostedCluster or an OAuth")]
    Yaml(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// A kind that holds no OAuth configuration.
    #[error(
        "an object of kind \"{0}\" holds no OAuth configuration; give a HostedCluster, a HostedControlPlane or an OAuth, and Secrets and ConfigMaps beside it"
    )]
    Kind(String),
    /// A value of a type that the field does not have.
    #[error("{place} does not have the type of that field; the API server refuses it too")]
    Type {
        /// Where.
        place: JsonPath,
        /// What serde says.
        #[source]
        source: serde_json::Error,
    },
}

impl OAuthDocument {
    /// Reads an object as the API server gives it.
    ///
    /// # Errors
    ///
    /// Another kind, or a value of a type that its field does not have.
    pub fn from_json(value: &Value) -> Result<Self, OAuthDocumentError> {
        let text = |pointer: &str| {
            value.pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_owned()
        };
        let kind = text("/kind");
        let (pointer, at) = match kind.as_str() {
            "HostedCluster" | "HostedControlPlane" => {
                ("/spec/configuration/oauth", "spec.configuration.oauth")
            }
            "OAuth" => ("/spec", "spec"),
            _ => return Err(OAuthDocumentError::Kind(kind)),
        };
        let at = JsonPath::fields(at);
        let found = value.pointer(pointer).filter(|value| !value.is_null());
        let spec = match found {
            Some(value) => Some(read(value, &at)?),
            None => None,
        };
        Ok(Self { kind, name: text("/metadata/name"), at, spec })
    }
}

impl OAuthDocuments {
    /// Reads objects. Of Secrets and ConfigMaps only names and keys are kept.
    ///
    /// # Errors
    ///
    /// Another kind, or a value of a type that its field does not have.
    pub fn from_json(values: &[Value]) -> Result<Self, OAuthDocumentError> {
        let mut all = Self::default();
        for value in values {
            let kind = value.get("kind").and_then(Value::as_str).unwrap_or_default();
            let name = value.pointer("/metadata/name").and_then(Value::as_str).unwrap_or_default();
            let keys = ["data", "stringData", "binaryData"]
                .into_iter()
                .filter_map(|field| value.get(field)?.as_object())
                .flat_map(Map::keys);
            let references = || all.references.clone().unwrap_or_default();
            match kind {
                "Secret" => all.references = Some(references().with_secret(name, keys)),
                "ConfigMap" => all.references = Some(references().with_config_map(name, keys)),
                _ => all.documents.push(OAuthDocument::from_json(value)?),
            }
        }
        Ok(all)
    }

    /// Reads the documents of a YAML text.
    ///
    /// # Errors
    ///
    /// No YAML, another kind, or a value of a type that its field does not have.
    #[cfg(feature = "yaml")]
    pub fn from_yaml(text: &str) -> Result<Self, OAuthDocumentError> {
        let values: Vec<Value> = serde_saphyr::from_multiple(text)
            .map_err(|error| OAuthDocumentError::Yaml(Box::new(error)))?;
        Self::from_json(&values)
    }
}

fn read(value: &Value, at: &JsonPath) -> Result<OAuthSpec, OAuthDocumentError> {
    serde_json::from_value(value.clone()).map_err(|source| {
        let place = failing(value, &|inner| inner, at.clone());
        OAuthDocumentError::Type { place, source }
    })
}

/// The innermost place that cannot be read on its own. `wrap` puts a value back into what stands around it, alone.
fn failing(value: &Value, wrap: &dyn Fn(Value) -> Value, at: JsonPath) -> JsonPath {
    let fails = |value: &Value| serde_json::from_value::<OAuthSpec>(wrap(value.clone())).is_err();
    match value {
        Value::Object(fields) => {
            for (name, child) in fields {
                let around = |inner| Value::Object(Map::from_iter([(name.clone(), inner)]));
                if fails(&around(child.clone())) {
                    return failing(child, &|inner| wrap(around(inner)), at.field(name));
                }
            }
        }
        Value::Array(items) => {
            for (index, child) in items.iter().enumerate() {
                let around = |inner| Value::Array(vec![inner]);
                if fails(&around(child.clone())) {
                    return failing(child, &|inner| wrap(around(inner)), at.index(index));
                }
            }
        }
        _ => {}
    }
    at
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_place_of_a_wrong_type_is_named() {
        let cluster = |oauth: Value| json!({"kind": "HostedCluster", "metadata": {"name": "a"}, "spec": {"configuration": {"oauth": oauth}}});
        for (oauth, place) in [
            (
                json!({"tokenConfig": {"accessTokenMaxAgeSeconds": "1"}}),
                ".tokenConfig.accessTokenMaxAgeSeconds",
            ),
            (
                json!({"identityProviders": [{"name": "a"}, {"ldap": {"attributes": {"id": ["dn", 1]}}}]}),
                ".identityProviders[1].ldap.attributes.id[1]",
            ),
            (json!({"identityProviders": {}}), ".identityProviders"),
            (json!({"identityProviders": [null]}), ".identityProviders[0]"),
            (json!([]), ""),
        ] {
            let error = OAuthDocument::from_json(&cluster(oauth)).unwrap_err();
            let wanted = format!(
                "spec.configuration.oauth{place} does not have the type of that field; the API server refuses it too"
            );
            assert_eq!(error.to_string(), wanted);
        }
    }

    #[test]
    fn objects_are_told_by_their_kind_and_only_keys_of_secrets_are_kept() {
        let documents = OAuthDocuments::from_json(&[
            json!({"kind": "OAuth", "metadata": {"name": "cluster"}, "spec": {"tokenConfig": {}}}),
            json!({"kind": "HostedCluster", "spec": {}}),
            json!({"kind": "Secret", "metadata": {"name": "s"}, "data": {"a": "aHVudGVyMg=="}, "stringData": {"b": "hunter2"}}),
            json!({"kind": "ConfigMap", "metadata": {"name": "c"}, "binaryData": {"d": ""}}),
        ])
        .unwrap();
        assert_eq!(documents.documents[0].at, JsonPath::fields("spec"));
        assert_eq!(documents.documents[1].spec, None);
        let references =
            References::default().with_secret("s", ["a", "b"]).with_config_map("c", ["d"]);
        assert_eq!(documents.references, Some(references));
        assert!(!format!("{documents:?}").contains("hunter2"));
        let error = OAuthDocuments::from_json(&[json!({"kind": "Pod"})]).unwrap_err();
        assert!(matches!(error, OAuthDocumentError::Kind(kind) if kind == "Pod"));
    }
}
