//! Where to ask for an image, in order.

use std::fmt;

use super::Mirrors;
use super::merge::Merged;
use super::object::{MirrorKind, MirrorSource, MirrorSourcePolicy};
use crate::release::reference::{ImageRef, ImageRefError};
use crate::release::scope::RegistryScope;

/// A place to ask for an image.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Candidate {
    /// The reference to ask for; an error if the mirror and the rest of the repository give none, which then counts as a mirror
    /// that failed.
    pub image: Result<ImageRef, ImageRefError>,
    /// Why it is asked, and why at this place.
    pub reason: CandidateReason,
}

/// Why a place is asked.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum CandidateReason {
    /// It is a mirror.
    Mirror {
        /// Where.
        mirror: RegistryScope,
        /// What it mirrors: the longest source that the image lies in.
        source: MirrorSource,
        /// The kind of the object that names it first.
        kind: MirrorKind,
        /// The name of that object.
        object: String,
    },
    /// It is the source, which no mirror set speaks of.
    NotMirrored,
    /// It is the source, behind its mirrors.
    Source,
}

impl Mirrors {
    /// Where to ask for an image, in order: the mirrors of the longest source that it lies in, then the source, unless it must
    /// never be contacted. The list is empty if there is nobody left to ask.
    #[must_use]
    pub fn candidates(&self, image: &ImageRef) -> Vec<Candidate> {
        let sources = if image.digest().is_some() { &self.by_digest } else { &self.by_tag };
        let longest = sources
            .iter()
            .filter_map(|(source, merged)| Some((source, merged, source.rest_of(image)?)))
            .max_by_key(|(source, ..)| source.specificity());
        let Some((source, merged, rest)) = longest else {
            return vec![Candidate {
                image: Ok(image.clone()),
                reason: CandidateReason::NotMirrored,
            }];
        };
        in_order(source, merged, rest, image)
    }
}

fn in_order(
    source: &MirrorSource,
    merged: &Merged,
    rest: &str,
    image: &ImageRef,
) -> Vec<Candidate> {
    let never = merged.policy == MirrorSourcePolicy::NeverContactSource;
    let mut candidates: Vec<Candidate> = Vec::new();
    for declared in &merged.mirrors {
        let at = declared.mirror.relocate(rest, image);
        let is_source = at.as_ref() == Ok(image);
        if (is_source && never) || candidates.iter().any(|known| known.image == at) {
            continue;
        }
        let reason = if is_source {
            CandidateReason::Source
        } else {
            CandidateReason::Mirror {
                mirror: declared.mirror.clone(),
                source: source.clone(),
                kind: declared.kind,
                object: declared.object.clone(),
            }
        };
        candidates.push(Candidate { image: at, reason });
    }
    if !never && candidates.iter().all(|known| known.image.as_ref() != Ok(image)) {
        candidates.push(Candidate { image: Ok(image.clone()), reason: CandidateReason::Source });
    }
    candidates
}

impl fmt::Display for CandidateReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Mirror { mirror, source, kind, object } => {
                write!(f, "mirror {mirror} of {source} in {kind} {object}")
            }
            Self::NotMirrored => f.write_str("no mirror set has it"),
            Self::Source => f.write_str("the source itself"),
        }
    }
}
