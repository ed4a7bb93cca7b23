//! The operator's `--registry-overrides`: other registries for what it deploys itself.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use super::reference::{ImageRef, ImageRefError};
use super::scope::RegistryScope;

/// Registry overrides, as in `quay.io/openshift-release-dev=mirror.local/ocp,quay.io=mirror.local/quay`.
///
/// An image takes the override with the longest source that it lies in, and no second one. Unlike mirrors there is no way back: the
/// original is not tried.
///
/// Source: `HyperShift`'s flag `--registry-overrides`, `registryoverride.Replace` for the meaning and
/// `ConvertRegistryOverridesToCommandLineFlag` for the text. Stricter when reading: a pair without `=`, an empty side, and
/// one source with two targets are errors, where upstream drops the pair or lets the last one win.
///
/// ```
/// use hcp_core::release::{ImageRef, RegistryOverrides};
///
/// let overrides: RegistryOverrides = "quay.io=mirror.local/quay,quay.io/ocp=mirror.local/ocp".parse()?;
/// let image: ImageRef = "quay.io/ocp/release:4.15.3".parse()?;
/// assert_eq!(overrides.apply(&image)?.to_string(), "mirror.local/ocp/release:4.15.3");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RegistryOverrides(BTreeMap<RegistryScope, RegistryScope>);

/// A flag that cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum OverrideError {
    /// A pair has no `=`.
    #[error(
        "pair {pair} of the registry overrides has no `=`; write source=target, and commas between pairs"
    )]
    NoTarget {
        /// Which, counted from 1.
        pair: usize,
    },
    /// A source or a target cannot be read.
    #[error("pair {pair} of the registry overrides")]
    Scope {
        /// Which, counted from 1.
        pair: usize,
        /// What is wrong with it.
        #[source]
        source: ImageRefError,
    },
    /// A source has two targets.
    #[error("{source_scope} is overridden by {first} and by {second}; leave one")]
    Ambiguous {
        /// The source.
        source_scope: String,
        /// The target that is read first.
        first: String,
        /// The other.
        second: String,
    },
}

impl RegistryOverrides {
    /// No overrides.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The same, and this one in place of what there was for that source.
    #[must_use]
    pub fn with(mut self, source: RegistryScope, target: RegistryScope) -> Self {
        self.0.insert(source, target);
        self
    }

    /// Sources and targets, by source.
    pub fn iter(&self) -> impl Iterator<Item = (&RegistryScope, &RegistryScope)> {
        self.0.iter()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The image to use in place of this one; the same if no override has it.
    ///
    /// # Errors
    /// A result that is no image reference: longer than registries allow, or without a repository since the source is one and
    /// the target is a whole registry.
    pub fn apply(&self, image: &ImageRef) -> Result<ImageRef, ImageRefError> {
        let longest = self
            .0
            .iter()
            .filter_map(|(source, target)| Some((source, target, source.rest_of(image)?)))
            .max_by_key(|(source, ..)| source.specificity());
        match longest {
            Some((_, target, rest)) => target.relocate(rest, image),
            None => Ok(image.clone()),
        }
    }
}

impl FromStr for RegistryOverrides {
    type Err = OverrideError;

    fn from_str(text: &str) -> Result<Self, OverrideError> {
        let mut overrides = Self::default();
        if text.is_empty() || text == "=" {
            return Ok(overrides);
        }
        for (index, written) in text.split(',').enumerate() {
            let pair = index + 1;
            let Some((source, target)) = written.split_once('=') else {
                return Err(OverrideError::NoTarget { pair });
            };
            let read =
                |text: &str| text.parse().map_err(|source| OverrideError::Scope { pair, source });
            let (source, target): (RegistryScope, RegistryScope) = (read(source)?, read(target)?);
            match overrides.0.insert(source.clone(), target.clone()) {
                Some(first) if first != target => {
                    let [source_scope, first, second] =
                        [source, first, target].map(|scope| scope.to_string());
                    return Err(OverrideError::Ambiguous { source_scope, first, second });
                }
                _ => {}
            }
        }
        Ok(overrides)
    }
}

impl fmt::Display for RegistryOverrides {
    /// As the operator hands it on: pairs in the order of their bytes, and `=` for none.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() {
            return f.write_str("=");
        }
        let mut pairs: Vec<_> =
            self.0.iter().map(|(source, target)| format!("{source}={target}")).collect();
        pairs.sort_unstable();
        f.write_str(&pairs.join(","))
    }
}

text_serde!(RegistryOverrides);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_source_wins_and_only_whole_components_count() {
        let overrides: RegistryOverrides =
            "quay.io=a.local,quay.io/ocp=b.local/x,quay.io/ocp/release=c.local/r".parse().unwrap();
        for (image, expected) in [
            ("quay.io/ocp/release:1", "c.local/r:1"),
            ("quay.io/ocp/releases:1", "b.local/x/releases:1"),
            ("quay.io/ocpx/release:1", "a.local/ocpx/release:1"),
            ("quay.io:8443/ocp/release:1", "quay.io:8443/ocp/release:1"),
            ("quay.io.example.com/a", "quay.io.example.com/a"),
        ] {
            let image: ImageRef = image.parse().unwrap();
            assert_eq!(overrides.apply(&image).unwrap().to_string(), expected);
        }
    }

    #[test]
    fn it_is_written_as_the_operator_hands_it_on() {
        let overrides: RegistryOverrides = "a-b.io=x.io,a.io=y.io,a.io/p=z.io".parse().unwrap();
        assert_eq!(overrides.to_string(), "a-b.io=x.io,a.io/p=z.io,a.io=y.io");
        for empty in ["", "="] {
            assert_eq!(empty.parse::<RegistryOverrides>().unwrap().to_string(), "=");
        }
    }

    #[test]
    fn what_upstream_drops_in_silence_is_an_error() {
        for (text, expected) in [
            (
                "quay.io",
                "pair 1 of the registry overrides has no `=`; write source=target, and commas between pairs",
            ),
            ("a.io=b.io,=c.io", "pair 2 of the registry overrides"),
            (
                "a.io=b.io,",
                "pair 2 of the registry overrides has no `=`; write source=target, and commas between pairs",
            ),
            ("a.io=b.io,a.io=c.io", "a.io is overridden by b.io and by c.io; leave one"),
        ] {
            assert_eq!(text.parse::<RegistryOverrides>().unwrap_err().to_string(), expected);
        }
        assert!("a.io=b.io,a.io=b.io".parse::<RegistryOverrides>().is_ok());
    }

    #[test]
    fn a_repository_cannot_become_a_whole_registry() {
        let overrides: RegistryOverrides = "quay.io/a=b.local".parse().unwrap();
        let image: ImageRef = "quay.io/a:1".parse().unwrap();
        assert!(overrides.apply(&image).is_err());
    }
}
