//! The three kinds of objects that declare mirrors.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::path::JsonPath;
use crate::release::reference::{ImageRef, ImageRefError, ImageRefRule};
use crate::release::scope::RegistryScope;

/// Which kind of object declares mirrors.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[non_exhaustive]
pub enum MirrorKind {
    /// `config.openshift.io/v1`, for references with a digest.
    ImageDigestMirrorSet,
    /// `operator.openshift.io/v1alpha1`, deprecated, for references with a digest.
    ImageContentSourcePolicy,
    /// `config.openshift.io/v1`, for references without a digest.
    ImageTagMirrorSet,
}

/// One object that declares mirrors.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub struct MirrorSet {
    /// Its kind.
    pub kind: MirrorKind,
    /// `metadata.name`.
    pub name: String,
    /// The mirrors of each source, in the order of the object.
    pub sources: Vec<MirrorsOf>,
}

/// The mirrors of one source.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub struct MirrorsOf {
    /// What they mirror.
    pub source: MirrorSource,
    /// Where, in the order in which they are asked.
    pub mirrors: Vec<RegistryScope>,
    /// What becomes of the source.
    pub policy: MirrorSourcePolicy,
}

/// Whether the source is asked when no mirror has the image.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize,
)]
#[non_exhaustive]
pub enum MirrorSourcePolicy {
    /// It is: the default.
    #[default]
    AllowContactingSource,
    /// It is not.
    NeverContactSource,
}

/// What is mirrored: a part of a registry, or all registries below a domain.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum MirrorSource {
    /// A registry, a namespace or a repository.
    Scope(RegistryScope),
    /// `*.example.com`: every host below the domain, without a port; what is kept here is `example.com`.
    Wildcard(String),
}

/// An object that declares no mirrors that could be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum MirrorError {
    /// It is of another kind.
    #[error(
        "{found} declares no mirrors; give an ImageDigestMirrorSet, ImageTagMirrorSet or ImageContentSourcePolicy"
    )]
    Kind {
        /// `apiVersion` and `kind` as they stand there.
        found: String,
    },
    /// A field is missing or of another type.
    #[error("{path}: {expected} is expected here; compare with `oc explain {kind}`")]
    Field {
        /// Where.
        path: JsonPath,
        /// Of which kind of object.
        kind: MirrorKind,
        /// What should stand there.
        expected: &'static str,
    },
    /// A source or a mirror cannot be read.
    #[error("{path}")]
    Scope {
        /// Where.
        path: JsonPath,
        /// What is wrong with it.
        #[source]
        source: ImageRefError,
    },
}

impl MirrorKind {
    /// Whether its mirrors are for references with a digest; the others are for references without.
    #[must_use]
    pub const fn is_for_digests(self) -> bool {
        !matches!(self, Self::ImageTagMirrorSet)
    }

    /// The field of `spec` that lists the sources.
    #[must_use]
    pub const fn field(self) -> &'static str {
        match self {
            Self::ImageDigestMirrorSet => "imageDigestMirrors",
            Self::ImageContentSourcePolicy => "repositoryDigestMirrors",
            Self::ImageTagMirrorSet => "imageTagMirrors",
        }
    }

    const fn name(self) -> &'static str {
        match self {
            Self::ImageDigestMirrorSet => "ImageDigestMirrorSet",
            Self::ImageContentSourcePolicy => "ImageContentSourcePolicy",
            Self::ImageTagMirrorSet => "ImageTagMirrorSet",
        }
    }

    fn of(api_version: &str, kind: &str) -> Option<Self> {
        match (api_version, kind) {
            ("config.openshift.io/v1", "ImageDigestMirrorSet") => Some(Self::ImageDigestMirrorSet),
            ("config.openshift.io/v1", "ImageTagMirrorSet") => Some(Self::ImageTagMirrorSet),
            ("operator.openshift.io/v1alpha1", "ImageContentSourcePolicy") => {
                Some(Self::ImageContentSourcePolicy)
            }
            _ => None,
        }
    }
}

impl MirrorSet {
    /// A set without sources.
    #[must_use]
    pub fn new(kind: MirrorKind, name: impl Into<String>) -> Self {
        Self { kind, name: name.into(), sources: Vec::new() }
    }

    /// The same, with this source behind the others.
    #[must_use]
    pub fn with(
        mut self,
        source: MirrorSource,
        mirrors: Vec<RegistryScope>,
        policy: MirrorSourcePolicy,
    ) -> Self {
        self.sources.push(MirrorsOf { source, mirrors, policy });
        self
    }

    /// Reads an object as a cluster gives it. Fields that are not about mirrors are not looked at.
    ///
    /// # Errors
    /// [`MirrorError`] with the path; a wildcard in an `ImageContentSourcePolicy`, which has none, too.
    pub fn from_json(object: &Value) -> Result<Self, MirrorError> {
        let text = |name: &str| object.get(name).and_then(Value::as_str).unwrap_or_default();
        let (api_version, kind) = (text("apiVersion"), text("kind"));
        let Some(kind) = MirrorKind::of(api_version, kind) else {
            return Err(MirrorError::Kind { found: format!("{api_version:?} {kind:?}") });
        };
        let expect = |path: JsonPath, expected| MirrorError::Field { path, kind, expected };
        let name = object.pointer("/metadata/name").and_then(Value::as_str);
        let name = name.ok_or_else(|| expect(JsonPath::fields("metadata.name"), "a name"))?;
        let path = JsonPath::fields("spec").field(kind.field());
        let sources = match object.get("spec").and_then(|spec| spec.get(kind.field())) {
            None | Some(Value::Null) => &[][..],
            Some(Value::Array(list)) => list,
            Some(_) => return Err(expect(path, "a list")),
        };
        let read = |(index, entry)| mirrors_of(kind, entry, &path.index(index));
        let sources = sources.iter().enumerate().map(read).collect::<Result<_, _>>()?;
        Ok(Self { kind, name: name.to_owned(), sources })
    }

    /// Where the source of that index stands.
    pub(super) fn path(&self, index: usize) -> JsonPath {
        let object = JsonPath::fields(self.kind.name()).key(self.name.clone());
        object.field("spec").field(self.kind.field()).index(index)
    }
}

fn mirrors_of(kind: MirrorKind, entry: &Value, path: &JsonPath) -> Result<MirrorsOf, MirrorError> {
    let expect =
        |name: &str, expected| MirrorError::Field { path: path.field(name), kind, expected };
    let written = entry.get("source").and_then(Value::as_str);
    let written = written.ok_or_else(|| expect("source", "a registry, namespace or repository"))?;
    let broken = |path: JsonPath| move |source| MirrorError::Scope { path, source };
    let source: MirrorSource = written.parse().map_err(broken(path.field("source")))?;
    if kind == MirrorKind::ImageContentSourcePolicy && matches!(source, MirrorSource::Wildcard(_)) {
        return Err(expect("source", "a source without a wildcard"));
    }
    let list = match entry.get("mirrors") {
        None | Some(Value::Null) => &[][..],
        Some(Value::Array(list)) => list,
        Some(_) => return Err(expect("mirrors", "a list")),
    };
    let mirror = |(index, mirror): (usize, &Value)| {
        let at = path.field("mirrors").index(index);
        let text = mirror.as_str();
        let expected = "a registry, namespace or repository";
        text.ok_or_else(|| MirrorError::Field { path: at.clone(), kind, expected })?
            .parse()
            .map_err(broken(at))
    };
    let mirrors = list.iter().enumerate().map(mirror).collect::<Result<_, _>>()?;
    let policy = match entry.get("mirrorSourcePolicy") {
        None | Some(Value::Null) => MirrorSourcePolicy::default(),
        Some(value) => serde_json::from_value(value.clone()).map_err(|_| {
            expect("mirrorSourcePolicy", "AllowContactingSource or NeverContactSource")
        })?,
    };
    Ok(MirrorsOf { source, mirrors, policy })
}

impl MirrorSource {
    /// Whether images of this reference are mirrored, and what of the repository follows the source.
    pub(in crate::release) fn rest_of<'a>(&self, image: &'a ImageRef) -> Option<&'a str> {
        match self {
            Self::Scope(scope) => scope.rest_of(image),
            Self::Wildcard(domain) => {
                let host = image.registry().to_ascii_lowercase();
                let label = host.strip_suffix(&domain.to_ascii_lowercase())?.strip_suffix('.')?;
                (!label.is_empty()).then(|| image.repository())
            }
        }
    }

    /// Longer sources win: wildcards are shorter than every registry, and among them the longer domain wins.
    pub(in crate::release) fn specificity(&self) -> (bool, usize) {
        match self {
            Self::Scope(scope) => (true, scope.specificity()),
            Self::Wildcard(domain) => (false, domain.len()),
        }
    }
}

impl FromStr for MirrorSource {
    type Err = ImageRefError;

    fn from_str(text: &str) -> Result<Self, ImageRefError> {
        let Some(domain) = text.strip_prefix("*.") else {
            return text.parse().map(Self::Scope);
        };
        let broken = |offset, rule| ImageRefError::of("mirror source", text, offset, rule);
        if let Some(at) = domain.find(['/', ':', '[', '*']) {
            return Err(broken(at + 2, ImageRefRule::Host));
        }
        let scope: RegistryScope =
            domain.parse().map_err(|error: ImageRefError| broken(error.offset + 2, error.rule))?;
        Ok(Self::Wildcard(scope.registry().to_owned()))
    }
}

impl fmt::Display for MirrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl fmt::Display for MirrorSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Scope(scope) => scope.fmt(f),
            Self::Wildcard(domain) => write!(f, "*.{domain}"),
        }
    }
}
