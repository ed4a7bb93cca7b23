//! The server as a test holds it.

use std::sync::Arc;

use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition;
use kube::core::ApiResource;
use serde::Serialize;
use serde_json::{Value, json};

use super::clock::FakeClock;
use super::error::FakeApiError;
use super::faults::Faults;
use super::kinds::{Kind, Scope, Subresources};
use super::log::LoggedRequest;
use super::object::{name, text, uid};
use super::shared::Shared;
use super::store::Key;
use super::world::World;
use super::write::identify;
use super::{crd, defaults};

/// A Kubernetes API server in this process; clones are the same server.
///
/// It is a `tower::Service` for `kube::client::Body`. It knows `Namespace`, `ConfigMap`, `Secret`,
/// `Pod`, `Node`, `Event`, `PersistentVolumeClaim`, `Deployment`, `StatefulSet`,
/// `PodDisruptionBudget` and `CustomResourceDefinition`, and whatever is registered. Everything it does it does inside requests; nothing depends on the time of the machine.
///
/// ```
/// use hcp_testkit::fake_api::{Effect, FakeApiServer, FaultRule, Verb};
/// use k8s_openapi::api::core::v1::ConfigMap;
/// use kube::api::{Api, PostParams};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let server = FakeApiServer::new();
/// let lost = server.faults().inject(FaultRule::new(Effect::CutAfter).verb(Verb::Create));
/// let api: Api<ConfigMap> = Api::default_namespaced(server.client());
/// let object: ConfigMap = serde_json::from_str(r#"{"metadata": {"name": "a"}}"#)?;
/// assert!(api.create(&PostParams::default(), &object).await.is_err());
/// assert!(api.get("a").await.is_ok(), "it was created all the same");
/// assert_eq!(server.faults().times_fired(lost), 1);
/// # Ok(()) }
/// ```
#[derive(Clone, Debug)]
pub struct FakeApiServer {
    pub(super) shared: Arc<Shared>,
}

impl Default for FakeApiServer {
    fn default() -> Self {
        Self::new()
    }
}

impl FakeApiServer {
    /// A server with the namespaces that a new cluster has.
    #[must_use]
    pub fn new() -> Self {
        let server = Self { shared: Shared::new() };
        server.shared.with_world(|world| {
            for name in ["default", "kube-node-lease", "kube-public", "kube-system"] {
                ensure_namespace(world, name);
            }
        });
        server
    }

    /// A client of this server, whose own namespace is `default`. Needs a tokio runtime.
    #[must_use]
    pub fn client(&self) -> kube::Client {
        kube::Client::new(self.clone(), "default")
    }

    /// Does without the garbage collector and the namespace controller, as a kube-apiserver alone.
    #[must_use]
    pub fn without_controllers(self) -> Self {
        self.shared.with_world(|world| world.collects_garbage = false);
        self
    }

    /// Serves a custom resource.
    pub fn register(&self, resource: ApiResource, scope: Scope, subresources: Subresources) {
        let kind = Kind::registered(resource, scope, subresources);
        self.shared.with_world(|world| world.kinds.register(kind));
    }

    /// Serves what a definition defines, and the definition.
    ///
    /// # Errors
    ///
    /// If it serves no version.
    pub fn register_crd(&self, definition: &CustomResourceDefinition) -> Result<(), FakeApiError> {
        let object = serde_json::to_value(definition)?;
        if Kind::defined_by(&object).is_none() {
            return Err(FakeApiError::NothingServed { name: name(&object).to_owned() });
        }
        self.seed(&object)
    }

    /// Puts an object there as it is, with its status, and its namespace if that is missing. It
    /// replaces one of the same name.
    ///
    /// # Errors
    ///
    /// If its kind is not served, or it has no name.
    pub fn seed(&self, object: &impl Serialize) -> Result<(), FakeApiError> {
        let object = serde_json::to_value(object)?;
        self.shared.with_world(|world| seed(world, object))
    }

    /// An object as it is stored, without a request.
    #[must_use]
    pub fn stored(&self, kind: &str, namespace: &str, name: &str) -> Option<Value> {
        self.shared.with_world(|world| {
            let kind = world.kinds.iter().find(|served| served.name == kind).cloned()?;
            let namespace = if kind.namespaced { namespace } else { "" };
            world.store.get(&Key::new(&kind, namespace, name)).map(|object| Value::clone(object))
        })
    }

    /// The server's clock.
    #[must_use]
    pub fn clock(&self) -> FakeClock {
        self.shared.clock.clone()
    }

    /// The script of faults.
    #[must_use]
    pub fn faults(&self) -> Faults {
        self.shared.faults.clone()
    }

    /// The requests that arrived, in order, with the data of Secrets redacted.
    #[must_use]
    pub fn requests(&self) -> Vec<LoggedRequest> {
        self.shared.requests().clone()
    }

    /// The version of the latest change: the number that the next one follows.
    #[must_use]
    pub fn resource_version(&self) -> u64 {
        self.shared.with_world(|world| world.store.revision())
    }

    /// Forgets history: lists and watches from older versions are answered with 410. Watches that
    /// are open go on.
    pub fn compact(&self) {
        self.shared.with_world(|world| world.store.compact());
    }

    /// Has every watch that allows bookmarks tell one.
    pub fn send_bookmarks(&self) {
        self.shared.bookmark();
    }
}

fn ensure_namespace(world: &mut World, name: &str) {
    let Some(kind) = world.kinds.of("", "namespaces") else { return };
    let key = Key::new(&kind, "", name);
    if world.store.get(&key).is_none() {
        let mut object = json!({ "metadata": { "name": name } });
        identify(world, &kind, "", &mut object);
        defaults::on_create(&kind, &mut object);
        world.store.put(&key, object);
    }
}

fn seed(world: &mut World, mut object: Value) -> Result<(), FakeApiError> {
    let (api_version, kind) = (text(&object, "/apiVersion"), text(&object, "/kind"));
    let unknown =
        || FakeApiError::UnknownKind { api_version: api_version.to_owned(), kind: kind.to_owned() };
    let kind = world.kinds.of_object(api_version, kind).ok_or_else(unknown)?;
    let object_name = name(&object).to_owned();
    if object_name.is_empty() {
        return Err(FakeApiError::Nameless { kind: kind.name.clone() });
    }
    let namespace = text(&object, "/metadata/namespace").to_owned();
    let namespace = if namespace.is_empty() { "default".to_owned() } else { namespace };
    let namespace = if kind.namespaced { namespace } else { String::new() };
    if kind.namespaced {
        ensure_namespace(world, &namespace);
    }
    let given = object["metadata"].clone();
    identify(world, &kind, &namespace, &mut object);
    // What a test says about identity is what it means.
    for member in [
        "uid",
        "creationTimestamp",
        "deletionTimestamp",
        "deletionGracePeriodSeconds",
        "generation",
    ] {
        if let Some(value) = given.get(member).filter(|value| !value.is_null()) {
            object["metadata"][member] = value.clone();
        }
    }
    debug_assert!(!uid(&object).is_empty(), "identify gives a UID");
    defaults::on_write(&kind, &mut object);
    world.store.put(&Key::new(&kind, &namespace, &object_name), object);
    crd::settle(world);
    Ok(())
}
