//! Enumerations of the API: strings with known values, which keep the unknown ones.

/// Defines an enumeration that is a string in the API.
///
/// What this version of the crate does not know is kept in `Other`, so that an object that is read and written back is unchanged; the schema of a CRD
/// lists the known values only.
macro_rules! string_enum {
    (
        $(#[$outer:meta])*
        $vis:vis enum $name:ident { $( $(#[$inner:meta])* $variant:ident = $text:literal, )+ }
    ) => {
        $(#[$outer])*
        #[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[non_exhaustive]
        $vis enum $name {
            $( $(#[$inner])* $variant, )+
            /// A value that this version does not know.
            Other(String),
        }

        impl $name {
            /// The values that this version knows, as they are written.
            pub const KNOWN: &'static [&'static str] = &[$($text),+];

            /// As it is written in the API.
            #[must_use]
            pub fn as_str(&self) -> &str {
                match self {
                    $( Self::$variant => $text, )+
                    Self::Other(text) => text,
                }
            }

            /// Whether this version knows the value.
            #[must_use]
            pub const fn is_known(&self) -> bool {
                !matches!(self, Self::Other(_))
            }
        }

        impl From<&str> for $name {
            fn from(text: &str) -> Self {
                match text {
                    $( $text => Self::$variant, )+
                    other => Self::Other(other.to_owned()),
                }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.pad(self.as_str())
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.as_str())
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                Ok(Self::from(std::borrow::Cow::<'de, str>::deserialize(deserializer)?.as_ref()))
            }
        }

        #[cfg(feature = "api")]
        impl schemars::JsonSchema for $name {
            fn inline_schema() -> bool {
                true
            }

            fn schema_name() -> std::borrow::Cow<'static, str> {
                stringify!($name).into()
            }

            fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
                schemars::json_schema!({ "type": "string", "enum": Self::KNOWN })
            }
        }
    };
}
