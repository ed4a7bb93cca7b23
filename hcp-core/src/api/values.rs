//! Values of the API that keep how they were written.

use std::borrow::Cow;
use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::schema::NULLABLE;
use crate::Other;

/// A field for which `null` says something else than its absence.
///
/// Needs `#[serde(default, skip_serializing_if = "Nullable::is_absent")]` where it stands.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Nullable<T> {
    /// The field is not there.
    #[default]
    Absent,
    /// The field is there, without a value.
    Null,
    /// The field has a value.
    Value(T),
}

/// An object of which this version models nothing; it is kept as it is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[non_exhaustive]
pub struct Opaque {
    /// Its fields.
    #[serde(flatten)]
    pub other: Other,
}

/// A number, or a text such as `25%`: Kubernetes' `IntOrString`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(untagged)]
#[non_exhaustive]
pub enum IntOrString {
    /// A number.
    Int(i32),
    /// A text, a percentage where numbers of nodes are meant.
    String(String),
}

/// An amount such as `8Gi`: Kubernetes' `resource.Quantity`, kept as it is written.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Quantity(Written);

#[derive(Clone, Debug, PartialEq, Eq, Hash, Deserialize)]
#[serde(untagged)]
enum Written {
    Int(i64),
    Text(String),
}

/// A text that is no quantity.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{text:?} is no quantity; write it as 8Gi or 500M")]
#[non_exhaustive]
pub struct QuantityError {
    /// The text.
    pub text: String,
}

impl<T> Nullable<T> {
    /// Whether the field is not there.
    #[must_use]
    pub const fn is_absent(&self) -> bool {
        matches!(self, Self::Absent)
    }

    /// The value, if there is one.
    #[must_use]
    pub const fn value(&self) -> Option<&T> {
        match self {
            Self::Value(value) => Some(value),
            Self::Absent | Self::Null => None,
        }
    }
}

impl<T: Serialize> Serialize for Nullable<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.value().serialize(serializer)
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Nullable<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Option::deserialize(deserializer)?.map_or(Self::Null, Self::Value))
    }
}

impl<T: JsonSchema> JsonSchema for Nullable<T> {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        T::schema_name()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let mut schema = T::json_schema(generator);
        schema.insert(NULLABLE.to_owned(), true.into());
        schema
    }
}

impl From<i32> for IntOrString {
    fn from(number: i32) -> Self {
        Self::Int(number)
    }
}

impl From<&str> for IntOrString {
    fn from(text: &str) -> Self {
        Self::String(text.to_owned())
    }
}

impl fmt::Display for IntOrString {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Int(number) => number.fmt(f),
            Self::String(text) => f.pad(text),
        }
    }
}

impl JsonSchema for IntOrString {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "IntOrString".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "x-kubernetes-int-or-string": true })
    }
}

impl std::str::FromStr for Quantity {
    type Err = QuantityError;

    fn from_str(text: &str) -> Result<Self, QuantityError> {
        if is_quantity(text) {
            Ok(Self(Written::Text(text.to_owned())))
        } else {
            Err(QuantityError { text: text.to_owned() })
        }
    }
}

impl fmt::Display for Quantity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Written::Int(number) => number.fmt(f),
            Written::Text(text) => f.pad(text),
        }
    }
}

impl Serialize for Quantity {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match &self.0 {
            Written::Int(number) => serializer.serialize_i64(*number),
            Written::Text(text) => serializer.serialize_str(text),
        }
    }
}

impl<'de> Deserialize<'de> for Quantity {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match Written::deserialize(deserializer)? {
            Written::Text(text) => text.parse().map_err(D::Error::custom),
            number @ Written::Int(_) => Ok(Self(number)),
        }
    }
}

impl JsonSchema for Quantity {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "Quantity".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "anyOf": [{ "type": "integer" }, { "type": "string" }],
            "pattern": r"^(\+|-)?(([0-9]+(\.[0-9]*)?)|(\.[0-9]+))(([KMGTPE]i)|[numkMGTPE]|([eE](\+|-)?(([0-9]+(\.[0-9]*)?)|(\.[0-9]+))))?$",
            "x-kubernetes-int-or-string": true,
        })
    }
}

/// A signed decimal number with a suffix, which may be an exponent.
fn is_quantity(text: &str) -> bool {
    let Some(suffix) = decimal(text) else { return false };
    let exponent = suffix.strip_prefix(['e', 'E']).and_then(decimal);
    exponent == Some("")
        || matches!(suffix.as_bytes(), [b'K' | b'M' | b'G' | b'T' | b'P' | b'E', b'i'])
        || matches!(suffix, "" | "n" | "u" | "m" | "k" | "M" | "G" | "T" | "P" | "E")
}

/// What follows a signed decimal number at the start of `text`.
fn decimal(text: &str) -> Option<&str> {
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    let digits = |text: &str| text.bytes().take_while(u8::is_ascii_digit).count();
    let whole = digits(unsigned);
    let rest = &unsigned[whole..];
    let (fraction, rest) = match rest.strip_prefix('.') {
        Some(rest) => (digits(rest), &rest[digits(rest)..]),
        None => (0, rest),
    };
    (whole + fraction > 0).then_some(rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quantity_is_written_back_as_it_was_read() {
        for json in [r#""8Gi""#, r#""0.5""#, r#""-1e3""#, r#"".5k""#, r#""1E""#, r#""1e-.5""#, "8"]
        {
            let quantity: Quantity = serde_json::from_str(json).unwrap();
            assert_eq!(serde_json::to_string(&quantity).unwrap(), json);
        }
        for json in [r#""""#, r#""8GiB""#, r#""Gi""#, r#""8 Gi""#, r#""1e""#, r#"".""#, r#""${X}""#]
        {
            assert!(serde_json::from_str::<Quantity>(json).is_err(), "{json}");
        }
    }

    #[test]
    fn null_is_not_absence() {
        #[derive(Debug, PartialEq, Serialize, Deserialize)]
        struct Holder {
            #[serde(default, skip_serializing_if = "Nullable::is_absent")]
            field: Nullable<u8>,
        }
        for (json, value) in
            [("{}", None), (r#"{"field":null}"#, None), (r#"{"field":1}"#, Some(1))]
        {
            let holder: Holder = serde_json::from_str(json).unwrap();
            assert_eq!(holder.field.value(), value.as_ref());
            assert_eq!(serde_json::to_string(&holder).unwrap(), json);
        }
    }
}
