//! Reads all hosted clusters of a management cluster, with what their upgrades are judged by.

use ::kube::api::{Api, ApiResource, DynamicObject, GroupVersionKind, ListParams};
use ::kube::{Client, Error};

use super::retry::{Attempts, is_not_served, is_retryable};
use crate::api::read::{ReadError, ReadObject, from_value};
use crate::upgrade::{Fleet, SeveralSupportedVersions, Unreadable};
use crate::version::SUPPORTED_VERSIONS_LABEL;

/// Which hosted clusters, and in what portions they are read; all, 500 objects at a time, unless told otherwise.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct FleetScope {
    /// The only namespace whose hosted clusters and node pools are read; all where there is none.
    pub namespace: Option<String>,
    /// How many objects an answer may have; 0 for any number.
    pub page_size: u32,
}

/// Why a fleet was not read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FleetError {
    /// The API server has no such resource, so that this is no management cluster.
    #[error(
        "the cluster serves no {resource}: HyperShift is not installed there; check which cluster this is"
    )]
    NotServed {
        /// Plural and group.
        resource: String,
    },
    /// The API server refuses, or cannot be reached.
    #[error("cannot {action}")]
    Api {
        /// What was tried: which objects, and where.
        action: String,
        /// Why it failed.
        #[source]
        cause: Box<Error>,
    },
    /// It is not clear what is supported.
    #[error(transparent)]
    Several(#[from] SeveralSupportedVersions),
}

/// A kind of objects to list.
struct Listed<'a> {
    api: Api<DynamicObject>,
    resource: ApiResource,
    params: ListParams,
    namespace: Option<&'a str>,
}

/// Reads hosted clusters and their node pools in `scope`, and the `ConfigMap` that says which versions are supported, in whatever namespace it is.
///
/// That needs the right to list `hostedclusters` and `nodepools` of `hypershift.openshift.io` in the scope, and `configmaps` in all namespaces. Node pools
/// are read after the clusters, so that none is missing of a cluster that was created meanwhile; the fleet is not a snapshot all the same.
/// A namespace that does not exist has no hosted clusters, which is no error.
///
/// # Errors
///
/// Objects may not be listed or are not served, or more than one `ConfigMap` says what is supported. An object that cannot be read is no error: it
/// is among [`Fleet::unreadable`].
pub async fn observe(client: &Client, scope: &FleetScope) -> Result<Fleet, FleetError> {
    let mut objects = Vec::new();
    let mut unreadable = Vec::new();
    for listed in [
        Listed::hypershift(client, scope, "HostedCluster", "hostedclusters"),
        Listed::hypershift(client, scope, "NodePool", "nodepools"),
        Listed::supported_versions(client, scope),
    ] {
        for object in listed.all().await? {
            match read(object, &listed.resource) {
                Ok(read) => objects.extend(read),
                Err(error) => unreadable.push(Unreadable::from(error)),
            }
        }
    }
    let mut fleet = Fleet::from_objects(objects)?;
    fleet.unreadable.extend(unreadable);
    Ok(fleet)
}

/// An object as its type; the items of a list need not say their kind.
fn read(object: DynamicObject, resource: &ApiResource) -> Result<Vec<ReadObject>, ReadError> {
    let mut value = serde_json::to_value(object).map_err(ReadError::Json)?;
    value["apiVersion"] = resource.api_version.as_str().into();
    value["kind"] = resource.kind.as_str().into();
    from_value(value)
}

impl<'a> Listed<'a> {
    fn hypershift(client: &Client, scope: &'a FleetScope, kind: &str, plural: &str) -> Self {
        let kind = GroupVersionKind::gvk("hypershift.openshift.io", "v1beta1", kind);
        let resource = ApiResource::from_gvk_with_plural(&kind, plural);
        let namespace = scope.namespace.as_deref();
        let api = match namespace {
            Some(namespace) => Api::namespaced_with(client.clone(), namespace, &resource),
            None => Api::all_with(client.clone(), &resource),
        };
        Self { api, resource, params: ListParams::default().limit(scope.page_size), namespace }
    }

    fn supported_versions(client: &Client, scope: &FleetScope) -> Self {
        let kind = GroupVersionKind::gvk("", "v1", "ConfigMap");
        let resource = ApiResource::from_gvk_with_plural(&kind, "configmaps");
        let api = Api::all_with(client.clone(), &resource);
        let labels = format!("{SUPPORTED_VERSIONS_LABEL}=true");
        let params = ListParams::default().labels(&labels).limit(scope.page_size);
        Self { api, resource, params, namespace: None }
    }

    /// All of them, page by page; in one page where their pages were too old before the last was read.
    async fn all(&self) -> Result<Vec<DynamicObject>, FleetError> {
        let mut params = self.params.clone();
        let mut objects = Vec::new();
        let mut attempts = Attempts::default();
        loop {
            match self.api.list(&params).await {
                Ok(page) => {
                    objects.extend(page.items);
                    let token = page.metadata.continue_.filter(|token| !token.is_empty());
                    let Some(token) = token else { return Ok(objects) };
                    params.continue_token = Some(token);
                    attempts = Attempts::default();
                }
                Err(Error::Api(status))
                    if status.code == 410 && params.continue_token.is_some() =>
                {
                    objects.clear();
                    params = ListParams { limit: None, ..self.params.clone() };
                }
                Err(error) if attempts.again(&error).await => {}
                Err(cause) => return Err(self.refused(cause)),
            }
        }
    }

    fn refused(&self, cause: Error) -> FleetError {
        if let Error::Api(status) = &cause
            && is_not_served(status)
        {
            let resource = format!("{}.{}", self.resource.plural, self.resource.group);
            return FleetError::NotServed { resource };
        }
        let place = self
            .namespace
            .map_or_else(|| "all namespaces".to_owned(), |name| format!("namespace {name}"));
        let labels = self.params.label_selector.as_deref();
        let labelled = labels.map(|labels| format!(" labelled {labels}")).unwrap_or_default();
        let action = format!("list {}s{labelled} in {place}", self.resource.kind);
        FleetError::Api { action, cause: Box::new(cause) }
    }
}

impl Default for FleetScope {
    fn default() -> Self {
        Self { namespace: None, page_size: 500 }
    }
}

impl FleetScope {
    /// The hosted clusters of this namespace alone.
    #[must_use]
    pub fn with_namespace(mut self, namespace: impl Into<String>) -> Self {
        self.namespace = Some(namespace.into());
        self
    }

    /// At most so many objects in an answer.
    #[must_use]
    pub const fn with_page_size(mut self, page_size: u32) -> Self {
        self.page_size = page_size;
        self
    }
}

impl FleetError {
    /// Whether the same may succeed in a while: the connection was lost, or the server is overloaded or broken.
    #[must_use]
    pub fn is_retryable(&self) -> bool {
        matches!(self, Self::Api { cause, .. } if is_retryable(cause))
    }

    /// Whether the rights of this client do not suffice.
    #[must_use]
    pub fn is_forbidden(&self) -> bool {
        matches!(self, Self::Api { cause, .. } if matches!(&**cause, Error::Api(status) if status.code == 403))
    }
}
