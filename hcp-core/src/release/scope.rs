//! A part of a registry: all of it, a namespace, or one repository.

use std::fmt;
use std::str::FromStr;

use super::reference::{ImageRef, ImageRefError, registry_at, repository_at};

/// `registry[:port][/path…]`: a whole registry, a namespace of it, or one repository.
///
/// It has an image in it if the registry is the same, port included, and the path ends where a component of the repository ends:
/// `quay.io/open` has no part of `quay.io/openshift`, and `quay.io` none of `quay.io.example.com` or of `quay.io:8443`.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RegistryScope {
    registry: String,
    path: Option<String>,
}

impl RegistryScope {
    /// Host, and port if one is written.
    #[must_use]
    pub fn registry(&self) -> &str {
        &self.registry
    }

    /// The namespace or repository, if it is not the whole registry.
    #[must_use]
    pub fn path(&self) -> Option<&str> {
        self.path.as_deref()
    }

    /// Whether the image lies in this part.
    #[must_use]
    pub fn contains(&self, image: &ImageRef) -> bool {
        self.rest_of(image).is_some()
    }

    /// What follows of the repository behind this part, without a slash in front; empty if the repository is the part.
    pub(super) fn rest_of<'a>(&self, image: &'a ImageRef) -> Option<&'a str> {
        if !self.registry.eq_ignore_ascii_case(image.registry()) {
            return None;
        }
        let Some(path) = &self.path else {
            return Some(image.repository());
        };
        let behind = image.repository().strip_prefix(path.as_str())?;
        if behind.is_empty() { Some(behind) } else { behind.strip_prefix('/') }
    }

    /// The image whose repository is this part and then `rest`, by the tag and the digest of `image`.
    pub(super) fn relocate(&self, rest: &str, image: &ImageRef) -> Result<ImageRef, ImageRefError> {
        let slash = if rest.is_empty() { "" } else { "/" };
        let tag = image.tag().map_or_else(String::new, |tag| format!(":{tag}"));
        let digest = image.digest().map_or_else(String::new, |digest| format!("@{digest}"));
        format!("{self}{slash}{rest}{tag}{digest}").parse()
    }

    /// Longer parts come first where several have an image in them.
    pub(super) fn specificity(&self) -> usize {
        self.path.as_ref().map_or(0, String::len)
    }
}

impl FromStr for RegistryScope {
    type Err = ImageRefError;

    fn from_str(text: &str) -> Result<Self, ImageRefError> {
        let broken = |(offset, rule)| ImageRefError::of("registry prefix", text, offset, rule);
        let (registry, path) = match text.split_once('/') {
            Some((registry, path)) => (registry, Some(path)),
            None => (text, None),
        };
        registry_at(registry, 0).map_err(broken)?;
        if let Some(path) = path {
            repository_at(path, registry.len() + 1).map_err(broken)?;
        }
        Ok(Self { registry: registry.to_owned(), path: path.map(str::to_owned) })
    }
}

impl fmt::Display for RegistryScope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.registry)?;
        self.path.as_ref().map_or(Ok(()), |path| write!(f, "/{path}"))
    }
}

impl fmt::Debug for RegistryScope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RegistryScope({self})")
    }
}

text_serde!(RegistryScope);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_ends_where_a_component_ends() {
        let image: ImageRef = "quay.io/openshift/release:1".parse().unwrap();
        for (scope, rest) in [
            ("quay.io", Some("openshift/release")),
            ("QUAY.IO/openshift", Some("release")),
            ("quay.io/openshift/release", Some("")),
            ("quay.io/openshift/rel", None),
            ("quay.io/open", None),
            ("quay.io:443", None),
            ("io", None),
        ] {
            let scope: RegistryScope = scope.parse().unwrap();
            assert_eq!(scope.rest_of(&image), rest, "{scope}");
        }
    }

    #[test]
    fn tags_and_wildcards_are_no_part_of_it() {
        for (text, offset) in
            [("", 0), ("quay.io/a:tag", 9), ("*.example.com", 0), ("quay.io/", 8), ("a:b", 2)]
        {
            let error = text.parse::<RegistryScope>().unwrap_err();
            assert_eq!(error.offset, offset, "{error}");
            assert!(error.to_string().starts_with("registry prefix "), "{error}");
        }
    }
}
