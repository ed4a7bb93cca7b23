//! Which hosted cluster something is made for.

use hcp_core::{NameError, unchecked_control_plane_namespace};

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
    /// Names that Kubernetes does not allow, or that make the control plane's namespace too long.
    #[error(transparent)]
    Name(#[from] NameError),
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

    /// Where the pods of its control plane are, by the rule of [`hcp_core::control_plane_namespace`].
    #[must_use]
    pub fn control_plane_namespace(&self) -> String {
        unchecked_control_plane_namespace(&self.namespace, &self.name)
    }

    /// Checks that Kubernetes and HyperShift could hold such a cluster.
    ///
    /// # Errors
    ///
    /// The first of namespace, name, control plane namespace and cluster id that is impossible.
    pub fn validate(&self) -> Result<(), ClusterError> {
        hcp_core::control_plane_namespace(&self.namespace, &self.name)?;
        if !is_uuid(&self.cluster_id) {
            return Err(ClusterError::ClusterId { value: self.cluster_id.clone() });
        }
        Ok(())
    }
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
    fn the_namespace_of_the_control_plane_is_that_of_hcp_core() {
        let cluster = HostedClusterRef::new("clusters", "prod.eu.1", ID);
        assert_eq!(cluster.control_plane_namespace(), "clusters-prod-eu-1");
        assert_eq!(cluster.validate(), Ok(()));
        let error = HostedClusterRef::new("a.b", "c", ID).validate().unwrap_err();
        let core = hcp_core::control_plane_namespace("a.b", "c").unwrap_err();
        assert_eq!(error, ClusterError::Name(core.clone()));
        assert_eq!(error.to_string(), core.to_string());
    }

    #[test]
    fn the_cluster_id_is_a_uuid() {
        for id in ["", "prod", "6b6cbd9e91a34b0a9fbd0d0a3a6f2c11", &ID.replace('6', "g")] {
            let error = HostedClusterRef::new("clusters", "prod", id).validate().unwrap_err();
            assert_eq!(error, ClusterError::ClusterId { value: id.to_owned() });
        }
    }
}
