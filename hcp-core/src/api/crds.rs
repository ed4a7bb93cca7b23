//! The custom resource definitions of the API types.

use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::{
    CustomResourceDefinition, JSONSchemaProps, JSONSchemaPropsOrArray, JSONSchemaPropsOrBool,
};
use kube_core::CustomResourceExt;

use super::{HostedCluster, HostedControlPlane, NodePool};

/// The definitions of `HostedCluster`, `HostedControlPlane` and `NodePool`, for tests and development.
///
/// They refuse what `HyperShift`'s own refuse (its default feature set) in the fields that are typed here, with rules in CEL that a Kubernetes
/// API server evaluates, and let through what those let through; fields that are not typed are preserved without a look. On a cluster
/// that runs `HyperShift`, its own definitions belong.
#[must_use]
pub fn crds() -> Vec<CustomResourceDefinition> {
    let mut crds = vec![HostedCluster::crd(), HostedControlPlane::crd(), NodePool::crd()];
    let versions = crds.iter_mut().flat_map(|crd| &mut crd.spec.versions);
    let schemas =
        versions.filter_map(|version| version.schema.as_mut()?.open_api_v3_schema.as_mut());
    for schema in schemas {
        if let Some(status) =
            schema.properties.iter_mut().flatten().find(|(name, _)| *name == "status")
        {
            status.1.nullable = None;
        }
        forbid_null_numbers(schema);
    }
    crds
}

/// kube-core makes every optional `IntOrString` nullable, `HyperShift` does not.
fn forbid_null_numbers(schema: &mut JSONSchemaProps) {
    if schema.x_kubernetes_int_or_string == Some(true) {
        schema.nullable = None;
    }
    schema.properties.iter_mut().flatten().for_each(|(_, field)| forbid_null_numbers(field));
    if let Some(JSONSchemaPropsOrArray::Schema(items)) = &mut schema.items {
        forbid_null_numbers(items);
    }
    if let Some(JSONSchemaPropsOrBool::Schema(values)) = &mut schema.additional_properties {
        forbid_null_numbers(values);
    }
}

/// A definition as YAML, as `kubectl apply -f` takes it.
///
/// # Errors
///
/// A definition that cannot be written as YAML; those of [`crds`] can.
#[cfg(feature = "yaml")]
pub fn crd_to_yaml(crd: &CustomResourceDefinition) -> Result<String, CrdError> {
    let options = serde_saphyr::ser_options! { prefer_block_scalars: false };
    serde_saphyr::to_string_with_options(crd, options)
        .map_err(|error| CrdError { cause: error.to_string() })
}

/// A definition that cannot be written as YAML.
#[cfg(feature = "yaml")]
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("writing a custom resource definition as YAML: {cause}")]
#[non_exhaustive]
pub struct CrdError {
    /// What is wrong with it.
    pub cause: String,
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::Value;

    fn walk(value: &Value, path: &str, visit: &mut impl FnMut(&Value, &str)) {
        visit(value, path);
        match value {
            Value::Object(object) => {
                for (key, value) in object {
                    walk(value, &format!("{path}.{key}"), visit);
                }
            }
            Value::Array(array) => array.iter().for_each(|value| walk(value, path, visit)),
            _ => {}
        }
    }

    #[test]
    fn null_is_a_value_only_where_the_api_says_so() {
        let mut nullable = Vec::new();
        for crd in crds() {
            let crd = serde_json::to_value(crd).unwrap();
            walk(&crd, "", &mut |value, path| {
                if value.get("nullable").is_some() {
                    nullable.push(path.rsplit('.').next().unwrap().to_owned());
                }
                assert!(
                    value.get("anyOf").is_none_or(|_| value["x-kubernetes-int-or-string"] == true),
                    "{path}"
                );
            });
        }
        nullable.sort_unstable();
        nullable.dedup();
        assert_eq!(nullable, ["availableUpdates", "completionTime"]);
    }

    #[test]
    fn every_object_keeps_what_is_not_typed() {
        for crd in crds() {
            let crd = serde_json::to_value(crd).unwrap();
            walk(&crd, "", &mut |value, path| {
                let inside = path.contains(".spec.properties.spec") || path.contains(".status.");
                if inside
                    && value.get("properties").is_some_and(Value::is_object)
                    && value["type"] == "object"
                {
                    assert_eq!(value["x-kubernetes-preserve-unknown-fields"], true, "{path}");
                }
            });
        }
    }
}
