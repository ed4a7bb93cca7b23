//! What scenarios share.

use std::fmt::Debug;
use std::time::Duration;

use futures_util::future::BoxFuture;
use hcp_testkit::FakeApiServer;
use k8s_openapi::api::core::v1::{ConfigMap, Namespace, Node, Pod};
use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition;
use kube::api::{Api, ApiResource, DynamicObject, PostParams};
use kube::core::{GroupVersionKind, Status};
use kube::runtime::wait::{Condition, await_condition, conditions};
use kube::{Client, Error, ResourceExt as _};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

/// A sentence, and what shows that it holds.
pub(crate) type Scenario = (&'static str, fn(Bench) -> BoxFuture<'static, ()>);

/// A client, and a namespace that nobody else uses.
#[derive(Clone)]
pub(crate) struct Bench {
    pub(crate) client: Client,
    pub(crate) namespace: String,
    pub(crate) history: History,
}

/// The history of a server, which a test of a real one cannot make it forget.
#[derive(Clone)]
pub(crate) enum History {
    Fake(FakeApiServer),
    Real,
}

impl History {
    pub(crate) fn forget(&self) {
        if let Self::Fake(server) = self {
            server.compact();
        }
    }
}

const PATIENCE: Duration = Duration::from_secs(60);

impl Bench {
    pub(crate) async fn new(client: &Client, namespace: &str, history: &History) -> Self {
        let object: Namespace = read(json!({ "metadata": { "name": namespace } }));
        let namespaces: Api<Namespace> = Api::all(client.clone());
        namespaces.create(&PostParams::default(), &object).await.unwrap();
        Self { client: client.clone(), namespace: namespace.to_owned(), history: history.clone() }
    }

    pub(crate) fn maps(&self) -> Api<ConfigMap> {
        Api::namespaced(self.client.clone(), &self.namespace)
    }

    pub(crate) fn pods(&self) -> Api<Pod> {
        Api::namespaced(self.client.clone(), &self.namespace)
    }

    /// The custom resource of this suite, with status and scale.
    pub(crate) fn gauges(&self) -> Api<DynamicObject> {
        Api::namespaced_with(self.client.clone(), &self.namespace, &gauge())
    }

    /// Creates a `ConfigMap` with one value.
    pub(crate) async fn map(&self, name: &str, value: &str) -> ConfigMap {
        self.maps().create(&PostParams::default(), &config_map(name, value)).await.unwrap()
    }

    /// Creates a `Gauge`.
    pub(crate) async fn gauge(&self, name: &str, spec: Value) -> DynamicObject {
        self.gauges().create(&PostParams::default(), &gauge_object(name, spec)).await.unwrap()
    }

    /// Waits until the object is gone.
    pub(crate) async fn gone<K>(&self, api: Api<K>, object: &K)
    where
        K: kube::Resource + Clone + Debug + Send + DeserializeOwned + 'static,
    {
        let (name, uid) = (object.name_any(), object.uid().unwrap());
        self.until(api, &name, conditions::is_deleted(&uid)).await;
    }

    /// Waits until the object is as wanted.
    pub(crate) async fn until<K>(&self, api: Api<K>, name: &str, condition: impl Condition<K>)
    where
        K: kube::Resource + Clone + Debug + Send + DeserializeOwned + 'static,
    {
        let waiting = await_condition(api, name, condition);
        tokio::time::timeout(PATIENCE, waiting).await.expect("in time").unwrap();
    }
}

pub(crate) fn gauge() -> ApiResource {
    ApiResource::from_gvk(&GroupVersionKind::gvk("conformance.example.com", "v1", "Gauge"))
}

pub(crate) fn config_map(name: &str, value: &str) -> ConfigMap {
    read(
        json!({ "metadata": { "name": name, "labels": { "value": value } }, "data": { "key": value } }),
    )
}

pub(crate) fn gauge_object(name: &str, spec: Value) -> DynamicObject {
    let mut object = DynamicObject::new(name, &gauge());
    object.data["spec"] = spec;
    object
}

pub(crate) fn read<T: DeserializeOwned>(value: Value) -> T {
    serde_json::from_value(value).unwrap()
}

/// The refusal that a request must meet.
pub(crate) fn refusal<T: Debug>(result: kube::Result<T>) -> Status {
    match result {
        Err(Error::Api(status)) => *status,
        other => panic!("a refusal was expected, not {other:?}"),
    }
}

/// A refusal by its code and reason.
pub(crate) fn refused<T: Debug>(result: kube::Result<T>) -> (u16, String) {
    let status = refusal(result);
    (status.code, status.reason)
}

/// The fields that a refusal names.
pub(crate) fn fields(status: &Status) -> Vec<&str> {
    let causes = status.details.iter().flat_map(|details| &details.causes);
    let mut fields: Vec<&str> = causes.map(|cause| &*cause.field).collect();
    // Some kinds are checked twice.
    fields.dedup();
    fields
}

/// Installs the definition of `Gauge`, waits until it is served, and makes a node for pods to be on.
pub(crate) async fn set_up(client: &Client) {
    let node: Node = read(json!({ "metadata": { "name": "n" } }));
    let nodes: Api<Node> = Api::all(client.clone());
    nodes.create(&PostParams::default(), &node).await.unwrap();
    define(client, "Gauge", "gauges").await;
}

/// Defines a custom resource, and waits until it is served.
pub(crate) async fn define(client: &Client, kind: &str, plural: &str) -> CustomResourceDefinition {
    let definitions: Api<CustomResourceDefinition> = Api::all(client.clone());
    let definition = definition(kind, plural);
    let created = definitions.create(&PostParams::default(), &definition).await.unwrap();
    let name = created.name_any();
    let served = await_condition(definitions, &name, conditions::is_crd_established());
    tokio::time::timeout(PATIENCE, served).await.expect("in time").unwrap();
    created
}

fn definition(kind: &str, plural: &str) -> CustomResourceDefinition {
    let part = json!({
        "type": "object",
        "properties": { "name": { "type": "string" }, "size": { "type": "integer" } },
        "required": ["name"],
    });
    let spec = json!({
        "type": "object",
        "x-kubernetes-preserve-unknown-fields": true,
        "properties": {
            "replicas": { "type": "integer" },
            "text": { "type": "string" },
            "atomic": { "type": "array", "items": { "type": "string" } },
            "tags": { "type": "array", "items": { "type": "string" }, "x-kubernetes-list-type": "set" },
            "parts": {
                "type": "array",
                "items": part,
                "x-kubernetes-list-type": "map",
                "x-kubernetes-list-map-keys": ["name"],
            },
            "settings": { "type": "object", "additionalProperties": { "type": "string" } },
        },
    });
    let status = json!({ "type": "object", "x-kubernetes-preserve-unknown-fields": true });
    let subresources = json!({
        "status": {},
        "scale": {
            "specReplicasPath": ".spec.replicas",
            "statusReplicasPath": ".status.replicas",
            "labelSelectorPath": ".status.selector",
        },
    });
    let schema = json!({ "type": "object", "properties": { "spec": spec, "status": status } });
    let version = |name: &str, stored: bool| {
        json!({
            "name": name,
            "served": true,
            "storage": stored,
            "schema": { "openAPIV3Schema": schema },
            "subresources": subresources,
        })
    };
    read(json!({
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": { "name": format!("{plural}.conformance.example.com") },
        "spec": {
            "group": "conformance.example.com",
            "scope": "Namespaced",
            "names": {
                "kind": kind,
                "listKind": format!("{kind}List"),
                "plural": plural,
                "singular": kind.to_lowercase(),
            },
            "versions": [version("v1beta1", false), version("v1", true)],
        },
    }))
}
