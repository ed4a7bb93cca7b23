//! [`KubeEnv`]: a real Kubernetes API that lives as long as the value.

mod access;
mod assets;
mod builder;
mod crds;
mod programs;

use std::fmt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use http::Uri;
use k8s_openapi::api::core::v1::Namespace;
use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition;
use kube::api::{ObjectMeta, PostParams};
use kube::{Api, Client};
use tempfile::TempDir;

pub use assets::KubeAssets;
pub use builder::KubeEnvBuilder;

use crate::ports::Ports;
use crate::server_process::ServerProcess;
use crate::{EtcdCluster, Pki, TestkitError};
use access::Access;

/// As whom we apply objects.
const FIELD_MANAGER: &str = "hcp-testkit";
/// How long anything here may take on a busy machine.
const PATIENCE: Duration = Duration::from_secs(120);

/// A real `kube-apiserver` on loopback, with TLS, RBAC and an etcd of its own; there are no nodes.
///
/// Dropping it, also by a panic, kills the servers, waits until they are gone and removes all files. Several may live at
/// once. There is none that tests share: values in a `static` are never dropped, and its servers would outlive the tests.
///
/// Pods run nowhere: a test that needs their state plays the kubelet and writes `status`. Deployments, budgets, deleted
/// namespaces and owners' objects need [`KubeEnvBuilder::with_controller_manager`].
///
/// ```no_run
/// # async fn example(
/// #     crds: &[k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition],
/// # ) -> Result<(), Box<dyn std::error::Error>> {
/// use k8s_openapi::api::core::v1::ConfigMap;
/// use kube::{Api, api::{ListParams, ObjectMeta, PostParams}};
///
/// let env = hcp_testkit::KubeEnv::builder().start().await?;
/// env.install_crds(crds).await?;
/// env.create_namespace("clusters").await?;
///
/// let maps = Api::<ConfigMap>::namespaced(env.client(), "clusters");
/// let metadata = ObjectMeta { name: Some("a".into()), ..ObjectMeta::default() };
/// maps.create(&PostParams::default(), &ConfigMap { metadata, ..ConfigMap::default() }).await?;
///
/// let nobody = env.client_for("nobody", &[])?;
/// let refused = Api::<ConfigMap>::namespaced(nobody, "clusters").list(&ListParams::default()).await;
/// assert!(refused.is_err(), "RBAC grants nothing to a user it does not know");
///
/// let said = env.kubectl().args(["get", "configmaps", "--namespace=clusters"]).output()?;
/// assert!(said.status.success());
/// # Ok(()) }
/// ```
pub struct KubeEnv {
    // Dropped in this order: nobody is left without whom it depends on.
    controller_manager: Option<ServerProcess>,
    apiserver: ServerProcess,
    etcd: EtcdCluster,
    client: Client,
    access: Access,
    pki: Pki,
    uri: Uri,
    kubeconfig: PathBuf,
    assets: KubeAssets,
    ready_after: Duration,
    _ports: Ports,
    dir: TempDir,
}

impl KubeEnv {
    /// Describes an environment to start.
    #[must_use]
    pub fn builder() -> KubeEnvBuilder {
        KubeEnvBuilder::default()
    }

    /// A client that may do everything. It belongs to the runtime in which the environment was started.
    #[must_use]
    pub fn client(&self) -> Client {
        self.client.clone()
    }

    /// A client that acts as this user: what RBAC does not grant to the user or a group of his is refused. Beside
    /// `groups` he is in `system:authenticated`, as everybody.
    ///
    /// The administrator impersonates him, so that any name and any groups will do, also those of a service account.
    ///
    /// # Errors
    /// [`TestkitError`] for a name that no header can carry, or outside of a Tokio runtime.
    pub fn client_for(&self, user: &str, groups: &[&str]) -> Result<Client, TestkitError> {
        self.access.client_as(self.uri.clone(), user, groups)
    }

    /// The administrator's kubeconfig, for his eyes only (0600). It names the files with his key and its certificate,
    /// which live as long as the environment.
    #[must_use]
    pub fn kubeconfig(&self) -> &Path {
        &self.kubeconfig
    }

    /// `kubectl` of the server's version, as the administrator; arguments are added by the caller.
    ///
    /// It neither reads nor writes the user's own files.
    #[must_use]
    pub fn kubectl(&self) -> Command {
        let mut command = Command::new(&self.assets.kubectl);
        command
            .env("KUBECONFIG", &self.kubeconfig)
            .env("HOME", self.dir.path())
            .stdin(Stdio::null());
        command
    }

    /// Where the server listens.
    #[must_use]
    pub const fn uri(&self) -> &Uri {
        &self.uri
    }

    /// The authority that signed what the server serves with; the server trusts clients that it has signed for, their
    /// common name being the user and the organization his group.
    #[must_use]
    pub const fn pki(&self) -> &Pki {
        &self.pki
    }

    /// The store below.
    #[must_use]
    pub const fn etcd(&self) -> &EtcdCluster {
        &self.etcd
    }

    /// How long it took from the call to `start` until all was ready.
    #[must_use]
    pub const fn ready_after(&self) -> Duration {
        self.ready_after
    }

    /// A directory of the test's own, removed with the environment.
    #[must_use]
    pub fn dir(&self) -> &Path {
        self.dir.path()
    }

    /// The process ids of the servers of Kubernetes.
    #[must_use]
    pub fn process_ids(&self) -> Vec<u32> {
        let all = [Some(&self.apiserver), self.controller_manager.as_ref()];
        all.into_iter().flatten().map(ServerProcess::id).collect()
    }

    /// What the API server has logged.
    ///
    /// # Errors
    /// [`TestkitError`] if the file cannot be read.
    pub fn apiserver_log(&self) -> Result<String, TestkitError> {
        self.apiserver.log()
    }

    /// What the controllers have logged.
    ///
    /// # Errors
    /// [`TestkitError::Unexpected`] if it was built without them.
    pub fn controller_manager_log(&self) -> Result<String, TestkitError> {
        let controllers = self.controller_manager.as_ref().ok_or_else(|| {
            TestkitError::Unexpected("build it with `with_controller_manager`".into())
        })?;
        controllers.log()
    }

    /// Applies the definitions, and waits until each is established and every version of it that is to be served is
    /// found by clients. What is installed already is brought to this state.
    ///
    /// # Errors
    /// [`TestkitError`] if the server refuses one, with its reasons.
    pub async fn install_crds(
        &self,
        crds: &[CustomResourceDefinition],
    ) -> Result<(), TestkitError> {
        crds::install(&self.client, crds).await
    }

    /// Makes a namespace.
    ///
    /// # Errors
    /// [`TestkitError`] if the server refuses it, as one that exists.
    pub async fn create_namespace(&self, name: &str) -> Result<Namespace, TestkitError> {
        let metadata = ObjectMeta { name: Some(name.to_owned()), ..ObjectMeta::default() };
        let namespace = Namespace { metadata, ..Namespace::default() };
        let namespaces = Api::<Namespace>::all(self.client());
        let made = namespaces.create(&PostParams::default(), &namespace).await;
        made.map_err(TestkitError::kube("create a namespace"))
    }
}

impl fmt::Debug for KubeEnv {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KubeEnv")
            .field("uri", &self.uri)
            .field("dir", &self.dir.path())
            .field("process_ids", &self.process_ids())
            .finish_non_exhaustive()
    }
}
