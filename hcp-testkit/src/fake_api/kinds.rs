//! Which resources are served.

use std::sync::Arc;

use kube::core::ApiResource;
use serde_json::Value;

use super::object::text;

/// Whether the objects of a resource live in namespaces.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Scope {
    /// In the cluster.
    Cluster,
    /// Each in a namespace.
    Namespaced,
}

/// Which subresources a resource has.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Subresources {
    /// Whether status is written apart from the rest.
    pub status: bool,
    /// Where `scale` finds its numbers, if there is one.
    pub scale: Option<ScalePaths>,
}

/// Where `scale` finds its numbers: paths as a CRD writes them, such as `.spec.replicas`.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ScalePaths {
    /// The wanted replicas.
    pub spec_replicas: String,
    /// The replicas that are there.
    pub status_replicas: String,
    /// The label selector of the replicas, as text.
    pub label_selector: Option<String>,
}

/// A resource that is served.
#[derive(Clone, Debug)]
pub(super) struct Kind {
    pub(super) group: String,
    /// The served versions; the first is the preferred one, and the one that is stored.
    pub(super) versions: Vec<String>,
    pub(super) name: String,
    pub(super) plural: String,
    pub(super) namespaced: bool,
    pub(super) subresources: Subresources,
    /// Whether it is a custom resource.
    pub(super) custom: bool,
    /// Whether a stored `CustomResourceDefinition` defines it.
    pub(super) defined: bool,
    /// The schema of a custom resource, for the merging of lists.
    pub(super) schema: Option<Value>,
}

/// All resources that are served.
#[derive(Clone, Debug)]
pub(super) struct Kinds(Vec<Arc<Kind>>);

/// Group, version, kind, plural, whether namespaced, whether it has a status subresource.
type Builtin = (&'static str, &'static str, &'static str, &'static str, bool, bool);

const BUILTIN: &[Builtin] = &[
    ("", "v1", "Namespace", "namespaces", false, true),
    ("", "v1", "ConfigMap", "configmaps", true, false),
    ("", "v1", "Secret", "secrets", true, false),
    ("", "v1", "Pod", "pods", true, true),
    ("", "v1", "Node", "nodes", false, true),
    ("", "v1", "Event", "events", true, false),
    ("", "v1", "PersistentVolumeClaim", "persistentvolumeclaims", true, true),
    ("apps", "v1", "Deployment", "deployments", true, true),
    ("apps", "v1", "StatefulSet", "statefulsets", true, true),
    ("policy", "v1", "PodDisruptionBudget", "poddisruptionbudgets", true, true),
    (
        "apiextensions.k8s.io",
        "v1",
        "CustomResourceDefinition",
        "customresourcedefinitions",
        false,
        true,
    ),
];

impl Subresources {
    /// `status`.
    #[must_use]
    pub const fn with_status(mut self) -> Self {
        self.status = true;
        self
    }

    /// `scale`.
    #[must_use]
    pub fn with_scale(mut self, paths: ScalePaths) -> Self {
        self.scale = Some(paths);
        self
    }
}

impl Default for ScalePaths {
    /// `.spec.replicas` and `.status.replicas`, without a selector.
    fn default() -> Self {
        Self {
            spec_replicas: ".spec.replicas".to_owned(),
            status_replicas: ".status.replicas".to_owned(),
            label_selector: None,
        }
    }
}

impl Kind {
    /// A resource that somebody registers.
    pub(super) fn registered(
        resource: ApiResource,
        scope: Scope,
        subresources: Subresources,
    ) -> Self {
        Self {
            group: resource.group,
            versions: vec![resource.version],
            name: resource.kind,
            plural: resource.plural,
            namespaced: scope == Scope::Namespaced,
            subresources,
            custom: true,
            defined: false,
            schema: None,
        }
    }

    /// The resource that a `CustomResourceDefinition` defines; `None` if it serves no version.
    pub(super) fn defined_by(crd: &Value) -> Option<Self> {
        let mut versions: Vec<&Value> = crd["spec"]["versions"]
            .as_array()?
            .iter()
            .filter(|version| version["served"] == true)
            .collect();
        versions.sort_by_key(|version| version["storage"] != true);
        let stored = versions.first()?;
        let subresources = &stored["subresources"];
        let scale = subresources["scale"].is_object().then(|| ScalePaths {
            spec_replicas: text(subresources, "/scale/specReplicasPath").to_owned(),
            status_replicas: text(subresources, "/scale/statusReplicasPath").to_owned(),
            label_selector: subresources["scale"]["labelSelectorPath"].as_str().map(str::to_owned),
        });
        Some(Self {
            group: text(crd, "/spec/group").to_owned(),
            versions: versions.iter().map(|version| text(version, "/name").to_owned()).collect(),
            name: text(crd, "/spec/names/kind").to_owned(),
            plural: text(crd, "/spec/names/plural").to_owned(),
            namespaced: crd["spec"]["scope"] == "Namespaced",
            subresources: Subresources { status: subresources["status"].is_object(), scale },
            custom: true,
            defined: true,
            schema: stored.pointer("/schema/openAPIV3Schema").cloned(),
        })
    }

    /// `apiVersion` of what is stored.
    pub(super) fn api_version(&self) -> String {
        self.api_version_of(&self.versions[0])
    }

    /// `apiVersion` of this version.
    pub(super) fn api_version_of(&self, version: &str) -> String {
        if self.group.is_empty() { version.to_owned() } else { format!("{}/{version}", self.group) }
    }

    /// `configmaps`, or `deployments.apps`: what messages call it.
    pub(super) fn qualified_plural(&self) -> String {
        let dot = if self.group.is_empty() { "" } else { "." };
        format!("{}{dot}{}", self.plural, self.group)
    }

    /// Whether it is this built-in resource.
    pub(super) fn is(&self, plural: &str) -> bool {
        !self.custom && self.plural == plural
    }

    /// Whether `metadata.generation` counts changes of what is wanted.
    pub(super) fn has_generation(&self) -> bool {
        const COUNTED: [&str; 5] = [
            "pods",
            "deployments",
            "statefulsets",
            "poddisruptionbudgets",
            "customresourcedefinitions",
        ];
        self.custom || COUNTED.contains(&&*self.plural)
    }

    /// Whether a replacement may leave the `resourceVersion` out.
    pub(super) fn allows_unconditional_update(&self) -> bool {
        !self.custom && !self.is("poddisruptionbudgets") && !self.is("customresourcedefinitions")
    }

    /// Whether a deletion answers with the object that is gone, and not with a `Status`.
    pub(super) fn returns_what_is_deleted(&self) -> bool {
        self.is("pods") || self.is("persistentvolumeclaims")
    }
}

impl Kinds {
    /// The built-in resources.
    pub(super) fn builtin() -> Self {
        let kind = |&(group, version, name, plural, namespaced, status): &Builtin| {
            let scales = matches!(plural, "deployments" | "statefulsets");
            let scale = scales.then(ScalePaths::default);
            Arc::new(Kind {
                group: group.to_owned(),
                versions: vec![version.to_owned()],
                name: name.to_owned(),
                plural: plural.to_owned(),
                namespaced,
                subresources: Subresources { status, scale },
                custom: false,
                defined: false,
                schema: None,
            })
        };
        Self(BUILTIN.iter().map(kind).collect())
    }

    /// Serves a resource, in place of one of the same group and plural.
    pub(super) fn register(&mut self, kind: Kind) {
        self.unregister(&kind.group, &kind.plural);
        self.0.push(Arc::new(kind));
    }

    /// Serves a resource no longer.
    pub(super) fn unregister(&mut self, group: &str, plural: &str) {
        self.0.retain(|kind| (&*kind.group, &*kind.plural) != (group, plural));
    }

    /// The resource at a path.
    pub(super) fn find(&self, group: &str, version: &str, plural: &str) -> Option<Arc<Kind>> {
        let kind = self.of(group, plural)?;
        kind.versions.iter().any(|served| served == version).then_some(kind)
    }

    /// The resource in any version.
    pub(super) fn of(&self, group: &str, plural: &str) -> Option<Arc<Kind>> {
        self.0.iter().find(|kind| kind.group == group && kind.plural == plural).cloned()
    }

    /// The resource of an object.
    pub(super) fn of_object(&self, api_version: &str, kind: &str) -> Option<Arc<Kind>> {
        let (group, version) = api_version.split_once('/').unwrap_or(("", api_version));
        let found = self.0.iter().find(|found| found.group == group && found.name == kind)?;
        found.versions.iter().any(|served| served == version).then(|| Arc::clone(found))
    }

    /// All of them.
    pub(super) fn iter(&self) -> impl Iterator<Item = &Arc<Kind>> {
        self.0.iter()
    }
}
