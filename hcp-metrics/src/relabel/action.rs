//! What a rule does.

use std::fmt;
use std::str::FromStr;

use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::letter_case::push_lower;
use crate::label::Quoted;

/// What a rule does. Source: Prometheus, `relabel_config`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Action {
    /// Set the target label from a template when the sources match.
    #[default]
    Replace,
    /// Drop the series unless the sources match.
    Keep,
    /// Drop the series if the sources match.
    Drop,
    /// Drop the series unless the sources equal the target label.
    KeepEqual,
    /// Drop the series if the sources equal the target label.
    DropEqual,
    /// Set the target label to the sources' MD5 modulo `modulus`.
    HashMod,
    /// Copy labels whose name matches to a name from a template.
    LabelMap,
    /// Remove labels whose name matches.
    LabelDrop,
    /// Remove labels whose name does not match.
    LabelKeep,
    /// Set the target label to the sources in lower case.
    Lowercase,
    /// Set the target label to the sources in upper case.
    Uppercase,
}

impl Action {
    /// All of them.
    pub const ALL: [Self; 11] = [
        Self::Replace,
        Self::Keep,
        Self::Drop,
        Self::KeepEqual,
        Self::DropEqual,
        Self::HashMod,
        Self::LabelMap,
        Self::LabelDrop,
        Self::LabelKeep,
        Self::Lowercase,
        Self::Uppercase,
    ];

    /// The name in a configuration file.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Replace => "replace",
            Self::Keep => "keep",
            Self::Drop => "drop",
            Self::KeepEqual => "keepequal",
            Self::DropEqual => "dropequal",
            Self::HashMod => "hashmod",
            Self::LabelMap => "labelmap",
            Self::LabelDrop => "labeldrop",
            Self::LabelKeep => "labelkeep",
            Self::Lowercase => "lowercase",
            Self::Uppercase => "uppercase",
        }
    }

    /// Whether it decides about the series and changes no label.
    #[must_use]
    pub const fn is_filter(self) -> bool {
        matches!(self, Self::Keep | Self::Drop | Self::KeepEqual | Self::DropEqual)
    }
}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A name that is no action.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("unknown relabel action {}", Quoted(_0))]
pub struct UnknownAction(pub(crate) String);

impl FromStr for Action {
    type Err = UnknownAction;

    /// In any case: Prometheus lower-cases the name, all of Unicode, before it looks.
    fn from_str(name: &str) -> Result<Self, UnknownAction> {
        let mut lower = String::with_capacity(name.len());
        push_lower(&mut lower, name);
        Self::ALL
            .into_iter()
            .find(|action| action.name() == lower)
            .ok_or_else(|| UnknownAction(name.to_owned()))
    }
}

impl Serialize for Action {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

impl<'de> Deserialize<'de> for Action {
    /// In any case; empty means the default.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let name = String::deserialize(deserializer)?;
        if name.is_empty() { Ok(Self::default()) } else { name.parse().map_err(D::Error::custom) }
    }
}

#[cfg(test)]
mod tests {
    use super::Action;

    #[test]
    fn names_are_lower_cased_as_in_go() {
        for (name, action) in [
            ("LabelMap", Some(Action::LabelMap)),
            // The Kelvin sign, which has a lower case in ASCII; the long s has none.
            ("\u{212a}eep", Some(Action::Keep)),
            ("ha\u{17f}hmod", None),
            ("", None),
        ] {
            assert_eq!(name.parse().ok(), action, "{name}");
        }
    }
}
