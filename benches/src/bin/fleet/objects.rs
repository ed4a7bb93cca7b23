//! Objects as a cluster that is a year old has them: all conditions, twenty entries of history, and `managedFields`.

use serde_json::{Value, json};

const RELEASE: &str = "quay.io/openshift-release-dev/ocp-release";

/// The image of a version, as it stands in a spec.
pub(crate) fn image(version: &str) -> String {
    format!("{RELEASE}:{version}-x86_64")
}

/// What makes a cluster of the fleet different from the others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Healthy,
    NotUpgradeable,
    OldPool,
    Updating,
    Paused,
}

impl Kind {
    /// Nine of ten are healthy.
    pub(crate) const fn of(number: usize) -> Self {
        match number % 40 {
            7 => Self::NotUpgradeable,
            17 => Self::OldPool,
            27 => Self::Updating,
            37 => Self::Paused,
            _ => Self::Healthy,
        }
    }
}

/// A `HostedCluster` of 15 to 25 kB.
pub(crate) fn hosted_cluster(number: usize, kind: Kind) -> Value {
    let name = format!("cluster-{number:05}");
    let paused = (kind == Kind::Paused).then_some("true");
    json!({
        "apiVersion": "hypershift.openshift.io/v1beta1",
        "kind": "HostedCluster",
        "metadata": {
            "name": name, "namespace": "clusters", "generation": 7,
            "uid": format!("2f6d0c6a-1111-4222-8333-{number:012}"),
            "resourceVersion": (1_000_000 + number).to_string(),
            "creationTimestamp": "2025-03-01T09:00:00Z",
            "finalizers": ["hypershift.openshift.io/finalizer", "openshift.io/destroy-cluster"],
            "labels": { "api.openshift.com/id": name, "api.openshift.com/environment": "production" },
            "annotations": {
                "cluster.open-cluster-management.io/managedcluster-name": name,
                "hypershift.openshift.io/cleanup-cloud-resources": "true",
            },
            "managedFields": managed_fields(),
        },
        "spec": {
            "release": { "image": image("4.15.9") },
            "pausedUntil": paused,
            "clusterID": format!("2f6d0c6a-1111-4222-8333-{number:012}"),
            "infraID": format!("{name}-x7k2p"),
            "channel": "stable-4.15",
            "platform": { "type": "AWS", "aws": aws(&name) },
            "controllerAvailabilityPolicy": "HighlyAvailable",
            "infrastructureAvailabilityPolicy": "HighlyAvailable",
            "dns": { "baseDomain": format!("{name}.example.com"), "publicZoneID": "Z0123456789", "privateZoneID": "Z9876543210" },
            "networking": {
                "networkType": "OVNKubernetes",
                "clusterNetwork": [{ "cidr": "10.132.0.0/14" }], "serviceNetwork": [{ "cidr": "172.31.0.0/16" }],
                "machineNetwork": [{ "cidr": "10.0.0.0/16" }],
            },
            "etcd": {
                "managementType": "Managed",
                "managed": { "storage": { "type": "PersistentVolume", "persistentVolume": { "size": "8Gi", "storageClassName": "gp3-csi" } } },
            },
            "services": ["APIServer", "OAuthServer", "Konnectivity", "Ignition"].map(|service| json!({
                "service": service,
                "servicePublishingStrategy": { "type": "Route", "route": { "hostname": format!("{}.{name}.example.com", service.to_lowercase()) } },
            })),
            "pullSecret": { "name": format!("{name}-pull") }, "sshKey": { "name": format!("{name}-ssh") },
            "issuerURL": format!("https://oidc.example.com/{name}"),
            "secretEncryption": { "type": "aescbc", "aescbc": { "activeKey": { "name": format!("{name}-etcd-key") } } },
            "fips": false, "olmCatalogPlacement": "management",
        },
        "status": status(&name, kind),
    })
}

fn aws(name: &str) -> Value {
    let roles = [
        "ingress",
        "imageRegistry",
        "storage",
        "network",
        "kubeCloudController",
        "nodePoolManagement",
        "controlPlaneOperator",
    ];
    let roles = roles.map(|role| {
        (format!("{role}ARN"), format!("arn:aws:iam::123456789012:role/{name}-{role}").into())
    });
    json!({
        "region": "eu-central-1", "endpointAccess": "Public", "multiArch": false,
        "cloudProviderConfig": { "vpc": "vpc-0123456789abcdef0", "zone": "eu-central-1a", "subnet": { "id": "subnet-0123456789abcdef0" } },
        "rolesRef": serde_json::Map::from_iter(roles),
        "resourceTags": (0..8).map(|tag| json!({ "key": format!("tag-{tag}"), "value": format!("{name}-value-{tag}") })).collect::<Vec<_>>(),
    })
}

fn status(name: &str, kind: Kind) -> Value {
    let history: Vec<_> = (0..20).map(|back| entry(back, kind)).collect();
    let updates: Vec<_> = (10..40)
        .map(|patch| {
            let version = format!("4.15.{patch}");
            json!({
                "version": version, "image": format!("{RELEASE}@sha256:{patch:064x}"),
                "url": format!("https://access.redhat.com/errata/RHSA-2024:{patch:04}"),
                "channels": ["candidate-4.15", "eus-4.16", "fast-4.15", "stable-4.15"],
            })
        })
        .collect();
    json!({
        "conditions": conditions(kind),
        "version": {
            "desired": { "version": "4.15.9", "image": image("4.15.9"), "channels": ["fast-4.15", "stable-4.15"] },
            "history": history, "observedGeneration": 3, "availableUpdates": updates,
        },
        "kubeconfig": { "name": format!("{name}-admin-kubeconfig") },
        "kubeadminPassword": { "name": format!("{name}-kubeadmin-password") },
        "ignitionEndpoint": format!("ignition.{name}.example.com"),
        "controlPlaneEndpoint": { "host": format!("api.{name}.example.com"), "port": 443 },
        "oauthCallbackURLTemplate": format!("https://oauth.{name}.example.com:443/oauth2callback/[identity-provider-name]"),
        "payloadArch": "AMD64",
        "platform": { "aws": { "defaultWorkerSecurityGroupID": "sg-0123456789abcdef0" } },
    })
}

fn entry(back: usize, kind: Kind) -> Value {
    let version =
        if back < 10 { format!("4.15.{}", 9 - back) } else { format!("4.14.{}", 40 - back) };
    let partial = back == 0 && kind == Kind::Updating;
    json!({
        "state": if partial { "Partial" } else { "Completed" },
        "startedTime": format!("2026-02-{:02}T09:00:00Z", 28 - back),
        "completionTime": (!partial).then(|| format!("2026-02-{:02}T10:00:00Z", 28 - back)),
        "version": version, "image": image(&version), "verified": true,
    })
}

const CONDITIONS: [(&str, &str, &str, &str); 24] = [
    ("ValidAWSIdentityProvider", "True", "AsExpected", "All is well"),
    ("ClusterVersionSucceeding", "True", "FromClusterVersion", ""),
    ("ClusterVersionProgressing", "False", "FromClusterVersion", "Cluster version is 4.15.9"),
    (
        "ClusterVersionReleaseAccepted",
        "True",
        "PayloadLoaded",
        "Payload loaded version=\"4.15.9\" image=\"quay.io/openshift-release-dev/ocp-release:4.15.9-x86_64\" architecture=\"amd64\"",
    ),
    ("ClusterVersionUpgradeable", "True", "FromClusterVersion", ""),
    ("ClusterVersionAvailable", "True", "FromClusterVersion", "Done applying 4.15.9"),
    ("Degraded", "False", "AsExpected", "The hosted cluster is not degraded"),
    ("EtcdSnapshotRestored", "Unknown", "StatusUnknown", "Condition not found in the HCP"),
    ("EtcdAvailable", "True", "QuorumAvailable", ""),
    ("KubeAPIServerAvailable", "True", "AsExpected", "Kube APIServer deployment is available"),
    ("InfrastructureReady", "True", "AsExpected", "All is well"),
    (
        "ExternalDNSReachable",
        "True",
        "AsExpected",
        "External DNS is reachable from the control plane's own pods",
    ),
    (
        "ValidHostedControlPlaneConfiguration",
        "True",
        "AsExpected",
        "Configuration passes validation",
    ),
    ("ValidReleaseInfo", "True", "AsExpected", "All is well"),
    (
        "ValidIDPConfiguration",
        "True",
        "IDPConfigurationValid",
        "Identity provider configuration is valid",
    ),
    ("AWSDefaultSecurityGroupCreated", "True", "AsExpected", "All is well"),
    ("IgnitionEndpointAvailable", "True", "AsExpected", "Ignition server deployment is available"),
    (
        "SupportedHostedCluster",
        "True",
        "AsExpected",
        "HostedCluster is supported by operator configuration",
    ),
    ("ValidConfiguration", "True", "AsExpected", "Configuration passes validation"),
    ("ReconciliationActive", "True", "AsExpected", "Reconciliation active on resource"),
    ("ValidReleaseImage", "True", "AsExpected", "Release image is valid"),
    ("Progressing", "False", "AsExpected", "HostedCluster is at expected version"),
    (
        "ReconciliationSucceeded",
        "True",
        "ReconciliatonSucceeded",
        "The hosted cluster was reconciled",
    ),
    ("Available", "True", "AsExpected", "The hosted control plane is available"),
];

fn conditions(kind: Kind) -> Vec<Value> {
    let condition = |(name, status, reason, message): (&str, &str, &str, &str)| {
        let (status, reason) = match (kind, name) {
            (Kind::NotUpgradeable, "ClusterVersionUpgradeable") => ("False", "AdminAckRequired"),
            (Kind::Updating, "ClusterVersionProgressing") => ("True", reason),
            (Kind::Paused, "ReconciliationActive") => ("False", "ReconciliationPaused"),
            (Kind::Paused, "Progressing") => ("False", "Blocked"),
            _ => (status, reason),
        };
        json!({
            "type": name, "status": status, "reason": reason, "message": message,
            "observedGeneration": 7, "lastTransitionTime": "2026-02-28T10:00:00Z",
        })
    };
    CONDITIONS.map(condition).into()
}

/// Who wrote what, as the API server notes it.
fn managed_fields() -> Value {
    let conditions: serde_json::Map<_, _> = CONDITIONS
        .iter()
        .map(|(name, ..)| {
            let fields = [
                "f:lastTransitionTime",
                "f:message",
                "f:observedGeneration",
                "f:reason",
                "f:status",
                "f:type",
                ".",
            ];
            let fields: serde_json::Map<_, _> =
                fields.iter().map(|field| ((*field).to_owned(), json!({}))).collect();
            (format!("k:{{\"type\":\"{name}\"}}"), fields.into())
        })
        .collect();
    let spec = [
        "clusterID",
        "infraID",
        "channel",
        "dns",
        "networking",
        "services",
        "platform",
        "etcd",
        "pullSecret",
        "sshKey",
        "issuerURL",
        "fips",
    ];
    let mut spec: serde_json::Map<_, _> =
        spec.iter().map(|field| (format!("f:{field}"), json!({ ".": {}, "f:name": {} }))).collect();
    spec.insert("f:release".to_owned(), json!({ ".": {}, "f:image": {} }));
    let entry = |manager: &str, subresource: Option<&str>, fields: Value| {
        json!({
            "manager": manager, "operation": "Update", "apiVersion": "hypershift.openshift.io/v1beta1", "fieldsType": "FieldsV1",
            "time": "2026-02-28T09:00:00Z", "subresource": subresource, "fieldsV1": fields,
        })
    };
    json!([
        entry(
            "maestro",
            None,
            json!({ "f:metadata": { "f:annotations": { ".": {} }, "f:labels": { ".": {} } }, "f:spec": spec })
        ),
        entry(
            "hypershift-operator",
            None,
            json!({ "f:metadata": { "f:finalizers": { ".": {}, "v:\"hypershift.openshift.io/finalizer\"": {} } } })
        ),
        entry(
            "hypershift-operator",
            Some("status"),
            json!({ "f:status": { ".": {}, "f:conditions": conditions, "f:version": { ".": {}, "f:history": {}, "f:desired": {} } } })
        ),
    ])
}

/// One of the `NodePool`s of a cluster.
pub(crate) fn node_pool(cluster: usize, pool: usize, kind: Kind) -> Value {
    let cluster = format!("cluster-{cluster:05}");
    let version = if kind == Kind::OldPool && pool == 0 { "4.12.60" } else { "4.15.9" };
    let image = image(version);
    let using = format!("Using release image: {image}");
    let conditions = [
        ("AutoscalingEnabled", "False", ""),
        ("UpdateManagementEnabled", "True", ""),
        ("ValidReleaseImage", "True", using.as_str()),
        ("ValidArchPlatform", "True", ""),
        ("ReconciliationActive", "True", "Reconciliation active on resource"),
        ("SupportedVersionSkew", "True", "Release image version is valid"),
        ("ValidMachineConfig", "True", ""),
        ("UpdatingConfig", "False", ""),
        ("UpdatingVersion", "False", ""),
        ("ValidGeneratedPayload", "True", "Payload generated successfully"),
        ("ReachedIgnitionEndpoint", "True", ""),
        ("ValidTuningConfig", "True", ""),
        ("ValidPlatformImage", "True", "Bootstrap AMI is ami-0123456789abcdef0"),
        ("AllMachinesReady", "True", "All is well"),
        ("AllNodesHealthy", "True", "All is well"),
        ("AutorepairEnabled", "True", ""),
        ("UpdatingPlatformMachineTemplate", "False", ""),
        ("Ready", "True", ""),
    ];
    json!({
        "apiVersion": "hypershift.openshift.io/v1beta1", "kind": "NodePool",
        "metadata": { "name": format!("{cluster}-{pool}"), "namespace": "clusters", "generation": 3 },
        "spec": {
            "clusterName": cluster, "release": { "image": image }, "replicas": 3, "platform": { "type": "AWS", "aws": { "instanceType": "m5.2xlarge" } },
            "management": { "upgradeType": "Replace", "autoRepair": true, "replace": { "strategy": "RollingUpdate", "rollingUpdate": { "maxSurge": 1, "maxUnavailable": 0 } } },
        },
        "status": {
            "replicas": 3, "version": version,
            "conditions": conditions.map(|(name, status, message)| json!({
                "type": name, "status": status, "reason": "AsExpected", "message": message, "observedGeneration": 3, "lastTransitionTime": "2026-02-28T10:00:00Z",
            })),
        },
    })
}
