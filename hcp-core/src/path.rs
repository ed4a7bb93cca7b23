//! Where in an object something is.

use std::fmt;

use serde::{Serialize, Serializer};

/// A place in an object: `spec.configuration.oauth.identityProviders[0].name`.
///
/// It is printed the way Kubernetes names fields in its own errors, which is also a `JSONPath` when put behind `$.`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct JsonPath(Vec<Step>);

/// One step down.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Step {
    /// A field, as it is written.
    Field(String),
    /// An element, counted from 0.
    Index(usize),
    /// A key of a map, for example of annotations.
    Key(String),
}

impl JsonPath {
    /// The object as a whole.
    #[must_use]
    pub const fn root() -> Self {
        Self(Vec::new())
    }

    /// Fields joined by dots, as in `spec.release.image`. Keys that contain dots are added with [`Self::key`].
    #[must_use]
    pub fn fields(dotted: &str) -> Self {
        Self(
            dotted
                .split('.')
                .filter(|name| !name.is_empty())
                .map(|name| Step::Field(name.to_owned()))
                .collect(),
        )
    }

    /// Further down, to a field.
    #[must_use]
    pub fn field(&self, name: impl Into<String>) -> Self {
        self.with(Step::Field(name.into()))
    }

    /// Further down, to an element.
    #[must_use]
    pub fn index(&self, index: usize) -> Self {
        self.with(Step::Index(index))
    }

    /// Further down, to a key of a map.
    #[must_use]
    pub fn key(&self, key: impl Into<String>) -> Self {
        self.with(Step::Key(key.into()))
    }

    /// The steps from the root.
    #[must_use]
    pub fn steps(&self) -> &[Step] {
        &self.0
    }

    fn with(&self, step: Step) -> Self {
        let mut steps = self.0.clone();
        steps.push(step);
        Self(steps)
    }
}

impl fmt::Display for JsonPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (depth, step) in self.0.iter().enumerate() {
            match step {
                Step::Field(name) if depth == 0 => f.write_str(name)?,
                Step::Field(name) => write!(f, ".{name}")?,
                Step::Index(index) => write!(f, "[{index}]")?,
                Step::Key(key) => write!(f, "[{key:?}]")?,
            }
        }
        Ok(())
    }
}

impl Serialize for JsonPath {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(test)]
mod tests {
    use super::JsonPath;

    #[test]
    fn it_is_printed_as_kubernetes_names_fields() {
        let path = JsonPath::fields("spec.configuration.oauth")
            .field("identityProviders")
            .index(2)
            .field("name");
        assert_eq!(path.to_string(), "spec.configuration.oauth.identityProviders[2].name");
        let path = JsonPath::fields("metadata.annotations")
            .key("hypershift.openshift.io/force-upgrade-to");
        assert_eq!(
            path.to_string(),
            r#"metadata.annotations["hypershift.openshift.io/force-upgrade-to"]"#
        );
        assert_eq!(JsonPath::root().to_string(), "");
    }
}
