//! The names of platforms and of network providers.

string_enum! {
    /// `spec.platform.type`: where the machines of a hosted cluster are.
    pub enum PlatformType {
        /// Amazon Web Services.
        Aws = "AWS",
        /// Microsoft Azure.
        Azure = "Azure",
        /// IBM Cloud.
        IbmCloud = "IBMCloud",
        /// Virtual machines of OpenShift Virtualization.
        KubeVirt = "KubeVirt",
        /// Machines that are discovered by an agent: bare metal, or virtual machines made by hand.
        Agent = "Agent",
        /// IBM Power Virtual Server.
        PowerVs = "PowerVS",
        /// `OpenStack`.
        OpenStack = "OpenStack",
        /// Google Cloud.
        Gcp = "GCP",
        /// No machines that `HyperShift` would make.
        None = "None",
    }
}

string_enum! {
    /// `spec.networking.networkType`: the network provider of a hosted cluster.
    pub enum NetworkType {
        /// OVN-Kubernetes.
        OvnKubernetes = "OVNKubernetes",
        /// OpenShift SDN, up to 4.10.
        OpenShiftSdn = "OpenShiftSDN",
        /// Calico.
        Calico = "Calico",
        /// One that is installed by the user.
        Custom = "Other",
    }
}

#[cfg(test)]
mod tests {
    use super::{NetworkType, PlatformType};

    #[test]
    fn what_is_not_known_is_kept() {
        for text in ["AWS", "None", "Nutanix", ""] {
            let json = serde_json::to_string(text).unwrap();
            let platform: PlatformType = serde_json::from_str(&json).unwrap();
            assert_eq!(serde_json::to_string(&platform).unwrap(), json);
        }
        assert!(!PlatformType::from("Nutanix").is_known());
        assert_eq!(NetworkType::from("Other"), NetworkType::Custom);
    }
}
