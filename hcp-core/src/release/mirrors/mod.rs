//! Mirrors of registries, as a cluster's administrators declare them, and in which order to ask them.

mod candidates;
mod lint;
mod merge;
mod object;

use std::collections::BTreeMap;

use merge::Merged;

pub use candidates::{Candidate, CandidateReason};
pub use lint::MirrorRule;
pub use object::{MirrorError, MirrorKind, MirrorSet, MirrorSource, MirrorSourcePolicy, MirrorsOf};

/// All mirror sets of a cluster, merged.
///
/// The result does not depend on the order in which the objects are given: sets are merged by kind (`ImageDigestMirrorSet`,
/// `ImageContentSourcePolicy`, `ImageTagMirrorSet`), name and place. A reference with a digest is looked up in the digest sets and
/// the policies, one without in the tag sets. Of the sources that an image lies in, only the longest counts, as in
/// `registries.conf`; where several objects have that source, every order that they ask for is kept, and their mirrors are
/// tried before the source. `NeverContactSource` of any of them holds for all.
///
/// # Where upstream differs
///
/// - `HyperShift`'s release provider walks sources in the random order of a Go map and finds them anywhere in the text
///   (`quay.io` in `mirror.quay.io.example.com`); its metadata provider compares exact repositories without their host. It
///   knows no tag sets, and always falls back to the source.
/// - On nodes the source `example.com` has images of `example.com:5000` in it, which `containers/image` calls unintended; here
///   it has not. Nor has `*.example.com` those of `a.example.com:5000`.
/// - On nodes one entry of `registries.conf` serves tags and digests: `NeverContactSource` in a tag set then stops pulls by
///   digest, and a longer source without tag mirrors hides a shorter one that has them. Here the kinds do not touch.
/// - A set without mirrors, or whose only mirror is its source, is ignored on nodes; here its `NeverContactSource` holds, and
///   [`Self::lint`] says so.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Mirrors {
    sets: Vec<MirrorSet>,
    by_digest: BTreeMap<MirrorSource, Merged>,
    by_tag: BTreeMap<MirrorSource, Merged>,
}

impl Mirrors {
    /// Merges the sets.
    #[must_use]
    pub fn new(sets: impl IntoIterator<Item = MirrorSet>) -> Self {
        let mut sets: Vec<_> = sets.into_iter().collect();
        sets.sort();
        sets.dedup();
        let of =
            |digest: bool| merge::merge(sets.iter().filter(|s| s.kind.is_for_digests() == digest));
        let (by_digest, by_tag) = (of(true), of(false));
        Self { sets, by_digest, by_tag }
    }

    /// The sets, in the order in which they count.
    #[must_use]
    pub fn sets(&self) -> &[MirrorSet] {
        &self.sets
    }
}

#[cfg(test)]
mod tests;
