//! Plays the `HyperShift` operators, as far as a pause goes: what they write when `pausedUntil` changes.

use futures_util::{StreamExt as _, stream};
use hcp_core::api;
use hcp_core::pause::{PausedKind, effective_state};
use jiff::Timestamp;
use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition;
use kube::api::{
    Api, ApiResource, DynamicObject, GroupVersionKind, ListParams, Patch, PatchParams, PostParams,
};
use kube::runtime::{WatchStreamExt as _, watcher};
use kube::{Client, ResourceExt as _};
use serde_json::{Value, json};

/// Kind, plural and group of everything that is involved.
pub(crate) const KINDS: [(&str, &str, &str); 6] = [
    ("HostedCluster", "hostedclusters", "hypershift.openshift.io"),
    ("NodePool", "nodepools", "hypershift.openshift.io"),
    ("HostedControlPlane", "hostedcontrolplanes", "hypershift.openshift.io"),
    ("Cluster", "clusters", "cluster.x-k8s.io"),
    ("MachineDeployment", "machinedeployments", "cluster.x-k8s.io"),
    ("MachineSet", "machinesets", "cluster.x-k8s.io"),
];

/// The resource of this kind.
pub(crate) fn resource(kind: &str) -> ApiResource {
    let (kind, plural, group) = KINDS.into_iter().find(|row| row.0 == kind).expect("a known kind");
    ApiResource::from_gvk_with_plural(&GroupVersionKind::gvk(group, "v1beta1", kind), plural)
}

/// What the objects of a hosted cluster say besides.
pub(crate) struct Specs {
    hosted_cluster: Value,
    control_plane: Value,
    node_pool: Value,
}

impl Specs {
    /// As little as a server without schemas needs.
    pub(crate) fn bare() -> Self {
        let hosted_cluster = json!({ "infraID": "infra" });
        Self { hosted_cluster, control_plane: json!({}), node_pool: json!({}) }
    }

    /// What the CRDs demand.
    pub(crate) fn full() -> Self {
        let image = "quay.io/openshift-release-dev/ocp-release:4.18.1-x86_64";
        let service = |service| json!({ "service": service, "servicePublishingStrategy": { "type": "Route" } });
        let services = ["APIServer", "OAuthServer", "Konnectivity", "Ignition"].map(service);
        let common = json!({
            "infraID": "infra",
            "platform": { "type": "None" },
            "pullSecret": { "name": "pull-secret" },
            "sshKey": { "name": "ssh-key" },
            "issuerURL": "https://kubernetes.default.svc",
            "dns": { "baseDomain": "example.com" },
            "etcd": { "managementType": "Managed", "managed": { "storage": { "type": "PersistentVolume" } } },
            "services": services,
        });
        let with = |key: &str, value: Value| {
            let mut spec = common.clone();
            spec[key] = value;
            spec
        };
        let node_pool = json!({
            "release": { "image": image },
            "platform": { "type": "None" },
            "management": { "upgradeType": "Replace", "autoRepair": true },
            "replicas": 2,
        });
        Self {
            hosted_cluster: with("release", json!({ "image": image })),
            control_plane: with("releaseImage", image.into()),
            node_pool,
        }
    }
}

/// The definitions of everything that is involved.
pub(crate) fn definitions() -> Vec<CustomResourceDefinition> {
    let capi = KINDS[3..].iter().map(|(kind, plural, group)| {
        let open = json!({ "type": "object", "x-kubernetes-preserve-unknown-fields": true });
        let definition = json!({
            "metadata": { "name": format!("{plural}.{group}") },
            "spec": {
                "group": group, "scope": "Namespaced",
                "names": { "kind": kind, "plural": plural },
                "versions": [{
                    "name": "v1beta1", "served": true, "storage": true, "schema": { "openAPIV3Schema": open },
                }],
            },
        });
        serde_json::from_value(definition).expect("a definition")
    });
    api::crds().into_iter().chain(capi).collect()
}

/// One hosted cluster, and the operators that look after it.
#[derive(Clone)]
pub(crate) struct PlayedOperator {
    client: Client,
    namespace: String,
    name: String,
    now: Timestamp,
}

impl PlayedOperator {
    /// The operators of this hosted cluster, by whose clocks it is always `now`.
    pub(crate) fn new(client: Client, namespace: &str, name: &str, now: Timestamp) -> Self {
        Self { client, namespace: namespace.to_owned(), name: name.to_owned(), now }
    }

    /// Objects of this kind, where this cluster has them.
    pub(crate) fn api(&self, kind: &str) -> Api<DynamicObject> {
        let control_plane = format!("{}-{}", self.namespace, self.name);
        let own = matches!(kind, "HostedCluster" | "NodePool");
        let namespace = if own { &self.namespace } else { &control_plane };
        Api::namespaced_with(self.client.clone(), namespace, &resource(kind))
    }

    /// Creates an object.
    pub(crate) async fn create(&self, kind: &str, object: Value) -> kube::Result<DynamicObject> {
        let mut object = object;
        let resource = resource(kind);
        object["apiVersion"] = resource.api_version.into();
        object["kind"] = kind.into();
        let object = serde_json::from_value(object).map_err(kube::Error::SerdeError)?;
        self.api(kind).create(&PostParams::default(), &object).await
    }

    /// Everything that a hosted cluster with these pools consists of.
    pub(crate) async fn create_cluster(&self, specs: &Specs, pools: &[&str]) -> kube::Result<()> {
        let named =
            |name: &str, spec: &Value| json!({ "metadata": { "name": name }, "spec": spec });
        self.create("HostedCluster", named(&self.name, &specs.hosted_cluster)).await?;
        self.create("HostedControlPlane", named(&self.name, &specs.control_plane)).await?;
        self.create("Cluster", named("infra", &json!({}))).await?;
        for pool in pools {
            let mut spec = specs.node_pool.clone();
            spec["clusterName"] = self.name.as_str().into();
            self.create("NodePool", named(pool, &spec)).await?;
            self.create("MachineDeployment", named(pool, &json!({}))).await?;
        }
        Ok(())
    }

    /// Reconciles whenever something changes; never ends.
    pub(crate) async fn run(&self) {
        let watch =
            |kind| watcher(self.api(kind), watcher::Config::default()).default_backoff().boxed();
        let mut changes = stream::select(watch("HostedCluster"), watch("NodePool"));
        while changes.next().await.is_some() {
            // What fails now is done after the next change, of which the failure of a conflict is one.
            let _ = self.reconcile().await;
        }
    }

    /// One pass of every operator.
    pub(crate) async fn reconcile(&self) -> kube::Result<()> {
        let paused = self.hosted_cluster().await?;
        self.control_plane(paused.as_deref()).await?;
        self.cluster(paused.as_deref()).await?;
        self.node_pools().await
    }

    /// The condition of the hosted cluster; what its `pausedUntil` says.
    pub(crate) async fn hosted_cluster(&self) -> kube::Result<Option<String>> {
        let object = self.api("HostedCluster").get(&self.name).await?;
        self.report("HostedCluster", PausedKind::HostedCluster, &object).await?;
        Ok(paused_until(&object))
    }

    /// The copy on the control plane, and its condition.
    pub(crate) async fn control_plane(&self, paused: Option<&str>) -> kube::Result<()> {
        let object = self
            .merge("HostedControlPlane", &self.name, json!({ "spec": { "pausedUntil": paused } }))
            .await?;
        self.report("HostedControlPlane", PausedKind::HostedControlPlane, &object).await
    }

    /// `spec.paused` of the `Cluster`.
    pub(crate) async fn cluster(&self, paused: Option<&str>) -> kube::Result<()> {
        let paused = effective_state(paused, PausedKind::HostedCluster, self.now).paused;
        self.merge("Cluster", "infra", json!({ "spec": { "paused": paused } })).await.map(drop)
    }

    /// The conditions of the node pools, and the annotations of their machine deployments.
    pub(crate) async fn node_pools(&self) -> kube::Result<()> {
        for pool in self.api("NodePool").list(&ListParams::default()).await? {
            self.report("NodePool", PausedKind::NodePool, &pool).await?;
            let state =
                effective_state(paused_until(&pool).as_deref(), PausedKind::NodePool, self.now);
            let paused = state.paused.then_some("true");
            let patch =
                json!({ "metadata": { "annotations": { "cluster.x-k8s.io/paused": paused } } });
            self.merge("MachineDeployment", &pool.name_any(), patch).await?;
        }
        Ok(())
    }

    async fn merge(&self, kind: &str, name: &str, patch: Value) -> kube::Result<DynamicObject> {
        self.api(kind).patch(name, &PatchParams::default(), &Patch::Merge(patch)).await
    }

    /// Writes `ReconciliationActive`, if it is not so already.
    async fn report(
        &self,
        kind: &str,
        whose: PausedKind,
        object: &DynamicObject,
    ) -> kube::Result<()> {
        let state = effective_state(paused_until(object).as_deref(), whose, self.now);
        let conditions = json!([{
            "type": "ReconciliationActive", "status": state.status, "reason": state.reason, "message": state.message,
            "observedGeneration": object.metadata.generation, "lastTransitionTime": "2026-01-01T00:00:00Z",
        }]);
        if object.data.pointer("/status/conditions") == Some(&conditions) {
            return Ok(());
        }
        let patch = Patch::Merge(json!({ "status": { "conditions": conditions } }));
        let name = object.name_any();
        self.api(kind).patch_status(&name, &PatchParams::default(), &patch).await.map(drop)
    }
}

/// `spec.pausedUntil`.
pub(crate) fn paused_until(object: &DynamicObject) -> Option<String> {
    object.data.pointer("/spec/pausedUntil").and_then(Value::as_str).map(str::to_owned)
}
