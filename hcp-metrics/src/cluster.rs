//! Which hosted cluster something is made for.

/// A hosted cluster, by what its `HostedCluster` object says. Nothing is checked until [`Self::validate`] is asked.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub struct HostedClusterRef {
    /// The namespace of the `HostedCluster`.
    pub namespace: String,
    /// The name of the `HostedCluster`.
    pub name: String,
    /// `spec.clusterID`, a UUID: the `_id` label of everything scraped from its control plane.
    pub cluster_id: String,
}

/// A hosted cluster that cannot exist.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ClusterError {
    /// A name that Kubernetes does not allow.
    #[error(
        "{field} \"{value}\" is not a DNS-1123 name; take it from the HostedCluster's metadata"
    )]
    Name {
        /// `namespace`, `name` or `control plane namespace`.
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
    /// A cluster id that is no UUID.
    #[error(
        "cluster id \"{value}\" is not a UUID; take it from spec.clusterID of the HostedCluster"
    )]
    ClusterId {
        /// What stands there.
        value: String,
    },
}

impl HostedClusterRef {
    /// The hosted cluster `namespace/name` with this `spec.clusterID`.
    #[must_use]
    pub fn new(
        namespace: impl Into<String>,
        name: impl Into<String>,
        cluster_id: impl Into<String>,
    ) -> Self {
        Self { namespace: namespace.into(), name: name.into(), cluster_id: cluster_id.into() }
    }

    /// Where the pods of its control plane are: `<namespace>-<name>`, the dots of the name as dashes.
    ///
    /// Source: HyperShift, `manifests.HostedControlPlaneNamespace`.
    #[must_use]
    pub fn control_plane_namespace(&self) -> String {
        format!("{}-{}", self.namespace, self.name.replace('.', "-"))
    }

    /// Checks that Kubernetes and HyperShift could hold such a cluster.
    ///
    /// # Errors
    ///
    /// The first of namespace, name, control plane namespace and cluster id that is impossible.
    pub fn validate(&self) -> Result<(), ClusterError> {
        let name = |field, value: &str| ClusterError::Name { field, value: value.to_owned() };
        if !is_dns_label(&self.namespace) {
            return Err(name("namespace", &self.namespace));
        }
        if self.name.len() > 253 || !self.name.split('.').all(is_dns_label) {
            return Err(name("name", &self.name));
        }
        let value = self.control_plane_namespace();
        if value.len() > 63 {
            return Err(ClusterError::TooLong { value });
        }
        if !is_uuid(&self.cluster_id) {
            return Err(ClusterError::ClusterId { value: self.cluster_id.clone() });
        }
        Ok(())
    }
}

/// Whether `text` is a DNS-1123 label: at most 63 of `a-z`, `0-9` and `-`, no `-` at either end.
fn is_dns_label(text: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    (1..=63).contains(&text.len())
        && text.bytes().all(allowed)
        && !text.starts_with('-')
        && !text.ends_with('-')
}

/// Whether `text` is a UUID in its usual form: 8-4-4-4-12 hexadecimal digits.
fn is_uuid(text: &str) -> bool {
    let groups: Vec<&str> = text.split('-').collect();
    groups.iter().map(|group| group.len()).eq([8, 4, 4, 4, 12])
        && groups.iter().all(|group| group.bytes().all(|byte| byte.is_ascii_hexdigit()))
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "6b6cbd9e-91a3-4b0a-9fbd-0d0a3a6f2c11";

    #[test]
    fn dots_of_the_name_become_dashes_and_those_of_the_namespace_are_not_allowed() {
        let cluster = HostedClusterRef::new("clusters", "prod.eu.1", ID);
        assert_eq!(cluster.control_plane_namespace(), "clusters-prod-eu-1");
        assert_eq!(cluster.validate(), Ok(()));
        let error = HostedClusterRef::new("a.b", "c", ID).validate().unwrap_err();
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
            let error = HostedClusterRef::new(namespace, name, ID).validate().unwrap_err();
            assert!(matches!(error, ClusterError::Name { .. }), "{namespace}/{name}: {error}");
        }
        let long = HostedClusterRef::new("a".repeat(40), "b".repeat(23), ID);
        assert!(matches!(long.validate(), Err(ClusterError::TooLong { .. })));
        let fits = HostedClusterRef::new("a".repeat(40), "b".repeat(22), ID);
        assert_eq!(fits.validate(), Ok(()));
    }

    #[test]
    fn the_cluster_id_is_a_uuid() {
        for id in ["", "prod", "6b6cbd9e91a34b0a9fbd0d0a3a6f2c11", &ID.replace('6', "g")] {
            let error = HostedClusterRef::new("clusters", "prod", id).validate().unwrap_err();
            assert_eq!(error, ClusterError::ClusterId { value: id.to_owned() });
        }
    }
}
