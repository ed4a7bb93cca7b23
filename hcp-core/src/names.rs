//! Names that follow from other names.

/// Names from which no control plane namespace follows.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NameError {
    /// A name that Kubernetes does not allow.
    #[error(
        "{field} \"{value}\" is not a DNS-1123 name; take it from the HostedCluster's metadata"
    )]
    Invalid {
        /// `namespace` or `name`.
        field: &'static str,
        /// What stands there.
        value: String,
    },
    /// The control plane's namespace would be longer than Kubernetes allows.
    #[error(
        "control plane namespace \"{value}\" has {length} bytes, 63 are allowed; \
         shorten the name of the HostedCluster or of its namespace",
        length = value.len()
    )]
    TooLong {
        /// The derived name.
        value: String,
    },
}

/// The namespace that the pods of a hosted cluster's control plane run in: `<namespace>-<name>`, the dots of the name as dashes.
///
/// The documentation and some tools leave the dots as they are, and then act on a namespace that does not exist.
///
/// Source: `HyperShift`, `manifests.HostedControlPlaneNamespace`.
///
/// # Errors
///
/// A name that Kubernetes does not allow, or a result that is too long.
///
/// ```
/// assert_eq!(hcp_core::control_plane_namespace("clusters", "prod.eu.1")?, "clusters-prod-eu-1");
/// # Ok::<(), hcp_core::NameError>(())
/// ```
pub fn control_plane_namespace(namespace: &str, name: &str) -> Result<String, NameError> {
    let invalid = |field, value: &str| NameError::Invalid { field, value: value.to_owned() };
    if !is_dns_label(namespace) {
        return Err(invalid("namespace", namespace));
    }
    if name.len() > 253 || !name.split('.').all(is_dns_label) {
        return Err(invalid("name", name));
    }
    let value = unchecked_control_plane_namespace(namespace, name);
    if value.len() > 63 {
        return Err(NameError::TooLong { value });
    }
    Ok(value)
}

/// What [`control_plane_namespace`] makes of the names, whether Kubernetes would allow them or not: for texts about a cluster, not for acting on it.
#[must_use]
pub fn unchecked_control_plane_namespace(namespace: &str, name: &str) -> String {
    format!("{namespace}-{}", name.replace('.', "-"))
}

/// Whether `text` is a DNS-1123 label: at most 63 of `a-z`, `0-9` and `-`, no `-` at either end.
pub(crate) fn is_dns_label(text: &str) -> bool {
    text.len() <= 63 && is_dns_part(text)
}

/// Whether `text` is a DNS-1123 subdomain, as the names of most objects are: at most 253 bytes, dots between parts that are like labels, but may be longer.
pub(crate) fn is_dns_subdomain(text: &str) -> bool {
    text.len() <= 253 && text.split('.').all(is_dns_part)
}

fn is_dns_part(text: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    !text.is_empty() && text.bytes().all(allowed) && !text.starts_with('-') && !text.ends_with('-')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dots_of_the_name_become_dashes_and_those_of_the_namespace_are_not_allowed() {
        assert_eq!(control_plane_namespace("clusters", "prod.eu.1").unwrap(), "clusters-prod-eu-1");
        let error = control_plane_namespace("a.b", "c").unwrap_err();
        assert_eq!(
            error.to_string(),
            "namespace \"a.b\" is not a DNS-1123 name; take it from the HostedCluster's metadata"
        );
    }

    #[test]
    fn what_kubernetes_would_refuse_is_refused() {
        for (namespace, name) in
            [("", "c"), ("ns", ""), ("ns", "a..b"), ("ns", "Upper"), ("-ns", "c"), ("ns", "c-")]
        {
            let error = control_plane_namespace(namespace, name).unwrap_err();
            assert!(matches!(error, NameError::Invalid { .. }), "{namespace}/{name}: {error}");
        }
        let error = control_plane_namespace(&"a".repeat(40), &"b".repeat(23)).unwrap_err();
        assert!(matches!(error, NameError::TooLong { .. }));
        assert!(control_plane_namespace(&"a".repeat(40), &"b".repeat(22)).is_ok());
    }
}
