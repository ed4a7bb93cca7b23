//! Every check there is, in one table.

use std::fmt;

use serde::{Serialize, Serializer};

macro_rules! lints {
    ($($(#[doc = $about:literal])+ $name:ident $id:literal,)+) => {
        /// A check. It has an id, which is also what [`fmt::Display`] and [`Serialize`] write.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[non_exhaustive]
        pub enum Lint { $($(#[doc = $about])+ $name,)+ }

        impl Lint {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$name),+];

            /// Its name: lower case, with dashes.
            #[must_use]
            pub const fn id(self) -> &'static str {
                match self { $(Self::$name => $id,)+ }
            }

            /// What it finds, in a sentence or two.
            #[must_use]
            pub fn about(self) -> &'static str {
                match self { $(Self::$name => concat!($($about),+).trim_start(),)+ }
            }
        }
    };
}

lints! {
    /// The text is no YAML or JSON, is no list of rules, or has a key that no rule has.
    Syntax "syntax",
    /// A key of an SRE configuration that names no component: its list is never read.
    UnknownComponent "unknown-component",
    /// A component whose list HyperShift accepts and never reads.
    UnreadComponent "unread-component",
    /// A field that no rule has: it is never read.
    UnknownField "unknown-field",
    /// A value of another type than its field has.
    WrongType "wrong-type",
    /// A component or a configuration without any rule where rules were probably meant.
    NoRules "no-rules",
    /// An action that does not exist, or not in this spelling.
    UnknownAction "unknown-action",
    /// An empty expression, which prometheus-operator reads as the one that matches everything.
    EmptyRegex "empty-regex",
    /// A rule that Prometheus refuses.
    Refused "refused",
    /// A field that has no meaning for the rule's action: Prometheus takes it and does not look at it.
    IgnoredField "ignored-field",
    /// A rule that matches no series at all: its expression matches no text, lacks a separator, or needs whitespace in a
    /// metric name or in the bound of a bucket.
    NeverMatches "never-matches",
    /// An alternative that no series can match, in an expression whose other alternatives can be matched.
    DeadAlternative "dead-alternative",
    /// An alternative that is written twice, or matches nothing that an earlier one does not match.
    RepeatedAlternative "repeated-alternative",
    /// A rule on `le` or `quantile` that treats `3` and `3.0` differently: Prometheus 3 shows rules the second, Prometheus 2 the first.
    BoundForm "bound-form",
    /// A rule behind one that drops every series.
    Unreachable "unreachable",
    /// A rule that rules before it leave nothing to do.
    Shadowed "shadowed",
    /// Rules that let no series through although they keep some by name.
    KeepsNothing "keeps-nothing",
    /// A rule that removes the name of the metric, with which the whole scrape fails.
    DropsName "drops-name",
    /// A rule that matches nothing in the payload.
    Unmatched "unmatched",
    /// Alternatives that match nothing in the payload, of a rule that does match.
    UnmatchedAlternative "unmatched-alternative",
    /// A rule that drops all samples of a family in the payload.
    EmptiesFamily "empties-family",
    /// A rule that leaves a histogram of the payload without its buckets, or without the last one, so that no quantile can be told.
    CutsHistogram "cuts-histogram",
    /// A rule after which two series of the payload have the same labels.
    SeriesCollide "series-collide",
}

impl fmt::Display for Lint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.id())
    }
}

impl Serialize for Lint {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.id())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn ids_are_distinct_and_plain_and_each_is_explained() {
        let ids: BTreeSet<_> = Lint::ALL.iter().map(|lint| lint.id()).collect();
        assert_eq!(ids.len(), Lint::ALL.len());
        for lint in Lint::ALL {
            let plain = |b: u8| b.is_ascii_lowercase() || b == b'-';
            assert!(lint.id().bytes().all(plain), "{lint}");
            assert!(lint.about().ends_with('.') && !lint.about().starts_with(' '), "{lint}");
        }
    }
}
