//! What mirror sets leave open, or say twice.

use std::borrow::Cow;
use std::fmt;

use super::Mirrors;
use super::merge::Merged;
use super::object::{MirrorSet, MirrorSource, MirrorSourcePolicy};
use crate::finding::{Finding, Rule};
use crate::release::scope::RegistryScope;

/// What is wrong with a source of a mirror set.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum MirrorRule {
    /// Several entries have the source; their mirrors are merged.
    Repeated {
        /// The source.
        source: MirrorSource,
        /// How many entries have it.
        entries: usize,
    },
    /// They ask for orders that cannot all be kept.
    OrderContradictory {
        /// The source.
        source: MirrorSource,
        /// The mirror at which they cannot.
        mirror: RegistryScope,
    },
    /// Some of them forbid to contact the source and some allow it.
    PolicyContradictory {
        /// The source.
        source: MirrorSource,
    },
    /// The source must not be contacted, and it has no mirror.
    NobodyToAsk {
        /// The source.
        source: MirrorSource,
    },
    /// The entry has no mirror but the source.
    NoMirror {
        /// The source.
        source: MirrorSource,
    },
    /// A mirror is a whole registry and the source has a path: the repository that is exactly the source has no place there.
    MirrorWithoutRepository {
        /// The source.
        source: MirrorSource,
        /// The mirror.
        mirror: RegistryScope,
    },
    /// A longer source hides the mirrors of this one for a part of it.
    Hidden {
        /// The shorter source.
        source: MirrorSource,
        /// The longer one.
        by: MirrorSource,
    },
}

impl Mirrors {
    /// What the sets leave open or say twice, in the order of the sets.
    #[must_use]
    pub fn lint(&self) -> Vec<Finding<MirrorRule>> {
        let mut findings = Vec::new();
        for set in &self.sets {
            let digests = set.kind.is_for_digests();
            let merged = if digests { &self.by_digest } else { &self.by_tag };
            for (index, of) in set.sources.iter().enumerate() {
                let Some(whole) = merged.get(&of.source) else { continue };
                let mut found = of_entry(set, index, whole);
                // What is said of the source as a whole is said once, where it is declared first.
                let first = whole.declared.first();
                if first.is_some_and(|(kind, name, at, _)| {
                    (*kind, name, *at) == (set.kind, &set.name, index)
                }) {
                    found.extend(of_source(&of.source, whole));
                    found.extend(hidden(&of.source, merged.keys()));
                }
                let path = set.path(index);
                findings.extend(found.into_iter().map(|rule| match rule {
                    MirrorRule::Repeated { .. } | MirrorRule::Hidden { .. } => {
                        Finding::notice(path.clone(), rule)
                    }
                    _ => Finding::warning(path.clone(), rule),
                }));
            }
        }
        findings
    }
}

fn of_entry(set: &MirrorSet, index: usize, whole: &Merged) -> Vec<MirrorRule> {
    let of = &set.sources[index];
    let source = of.source.clone();
    let is_source =
        |mirror: &RegistryScope| matches!(&source, MirrorSource::Scope(scope) if scope == mirror);
    let mut found = Vec::new();
    let never = whole.policy == MirrorSourcePolicy::NeverContactSource;
    if of.mirrors.iter().all(is_source)
        && !(never && whole.mirrors.iter().all(|declared| is_source(&declared.mirror)))
    {
        found.push(MirrorRule::NoMirror { source: source.clone() });
    }
    let has_path = matches!(&source, MirrorSource::Scope(scope) if scope.path().is_some());
    let bare = of.mirrors.iter().filter(|mirror| has_path && mirror.path().is_none());
    found.extend(bare.map(|mirror| MirrorRule::MirrorWithoutRepository {
        source: source.clone(),
        mirror: mirror.clone(),
    }));
    found
}

fn of_source(source: &MirrorSource, whole: &Merged) -> Vec<MirrorRule> {
    let is_source =
        |mirror: &RegistryScope| matches!(source, MirrorSource::Scope(scope) if scope == mirror);
    let mut found = Vec::new();
    if whole.declared.len() > 1 {
        let entries = whole.declared.len();
        found.push(MirrorRule::Repeated { source: source.clone(), entries });
    }
    found.extend(whole.contradictory.iter().map(|mirror| MirrorRule::OrderContradictory {
        source: source.clone(),
        mirror: mirror.clone(),
    }));
    if whole.declared.iter().any(|(.., policy)| *policy != whole.policy) {
        found.push(MirrorRule::PolicyContradictory { source: source.clone() });
    }
    let alone = whole.mirrors.iter().all(|declared| is_source(&declared.mirror));
    if alone && whole.policy == MirrorSourcePolicy::NeverContactSource {
        found.push(MirrorRule::NobodyToAsk { source: source.clone() });
    }
    found
}

fn hidden<'a>(
    source: &'a MirrorSource,
    all: impl Iterator<Item = &'a MirrorSource>,
) -> impl Iterator<Item = MirrorRule> {
    all.filter(move |other| *other != source && lies_in(other, source))
        .map(move |other| MirrorRule::Hidden { source: source.clone(), by: other.clone() })
}

/// Whether every image of the first lies in the second, too.
fn lies_in(longer: &MirrorSource, shorter: &MirrorSource) -> bool {
    match longer {
        MirrorSource::Scope(scope) => {
            let path = scope.path().unwrap_or("any");
            let image = format!("{}/{path}", scope.registry()).parse();
            image.is_ok_and(|image| shorter.rest_of(&image).is_some())
                && (scope.path().is_some() || longer.specificity() > shorter.specificity())
        }
        MirrorSource::Wildcard(domain) => {
            let image = format!("any.{domain}/any").parse();
            matches!(shorter, MirrorSource::Wildcard(_))
                && image.is_ok_and(|image| shorter.rest_of(&image).is_some())
        }
    }
}

impl fmt::Display for MirrorRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Repeated { source, entries } => {
                write!(
                    f,
                    "{entries} entries have the source {source}, and their mirrors are merged"
                )
            }
            Self::OrderContradictory { source, mirror } => {
                write!(f, "the entries of {source} contradict each other in the place of {mirror}")
            }
            Self::PolicyContradictory { source } => {
                write!(
                    f,
                    "one entry of {source} forbids to contact it and another allows it: it is not contacted"
                )
            }
            Self::NobodyToAsk { source } => write!(
                f,
                "{source} must not be contacted and has no mirror: nobody is asked here, while nodes ignore the entry and ask the source"
            ),
            Self::NoMirror { source } => write!(f, "{source} has no mirror here but itself"),
            Self::MirrorWithoutRepository { source, mirror } => {
                write!(f, "{mirror} has no place for the repository {source} itself")
            }
            Self::Hidden { source, by } => {
                write!(
                    f,
                    "images of {by} do not use the mirrors of {source}: the longest source alone counts"
                )
            }
        }
    }
}

impl Rule for MirrorRule {
    fn id(&self) -> &'static str {
        match self {
            Self::Repeated { .. } => "mirror-source-repeated",
            Self::OrderContradictory { .. } => "mirror-order-contradictory",
            Self::PolicyContradictory { .. } => "mirror-policy-contradictory",
            Self::NobodyToAsk { .. } => "mirror-nobody-to-ask",
            Self::NoMirror { .. } => "mirror-none",
            Self::MirrorWithoutRepository { .. } => "mirror-without-repository",
            Self::Hidden { .. } => "mirror-source-hidden",
        }
    }

    fn remedy(&self) -> Cow<'static, str> {
        match self {
            Self::Repeated { .. } => "put the mirrors of a source into one entry",
            Self::OrderContradictory { .. } => "list these mirrors in one order in all entries",
            Self::PolicyContradictory { .. } => {
                "give all entries of the source one mirrorSourcePolicy"
            }
            Self::NobodyToAsk { .. } => "add a mirror, or remove mirrorSourcePolicy",
            Self::NoMirror { .. } => "add a mirror or remove the entry",
            Self::MirrorWithoutRepository { .. } => {
                "add the repository to the mirror, unless the source is a namespace"
            }
            Self::Hidden { .. } => {
                "repeat the shorter source's mirrors for the longer one if they should serve it"
            }
        }
        .into()
    }
}
