//! Reading single values out of an object, with the place in the error.

use serde_json::Value;

use crate::path::JsonPath;

/// An object that does not have the shape of its kind.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "{kind} {name}: {path} is {found} where {expected} belongs; read the object from the API server again"
)]
#[non_exhaustive]
pub struct ShapeError {
    /// Its kind.
    pub kind: String,
    /// Its namespace and name, as far as they are known.
    pub name: String,
    /// Where.
    pub path: JsonPath,
    /// What belongs there.
    pub expected: &'static str,
    /// What is there.
    pub found: &'static str,
}

/// An object to read from.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Shape<'a> {
    value: &'a Value,
    kind: &'a str,
}

impl<'a> Shape<'a> {
    /// An object that should be of this kind.
    pub(crate) const fn new(value: &'a Value, kind: &'a str) -> Self {
        Self { value, kind }
    }

    /// What is at this place, if anything is.
    fn get(self, path: &[&str]) -> Option<&'a Value> {
        let found = path.iter().try_fold(self.value, |value, key| value.get(key));
        found.filter(|value| !value.is_null())
    }

    /// A text.
    pub(crate) fn text(self, path: &[&str]) -> Result<Option<&'a str>, ShapeError> {
        self.read(path, "a string", Value::as_str)
    }

    /// A text that must be there.
    pub(crate) fn required(self, path: &[&str]) -> Result<&'a str, ShapeError> {
        self.text(path)?.ok_or_else(|| self.error(path, "a string"))
    }

    /// A whole number.
    pub(crate) fn integer(self, path: &[&str]) -> Result<Option<i64>, ShapeError> {
        self.read(path, "an integer", Value::as_i64)
    }

    /// A truth value; false if it is not there.
    pub(crate) fn boolean(self, path: &[&str]) -> Result<bool, ShapeError> {
        Ok(self.read(path, "a boolean", Value::as_bool)?.unwrap_or(false))
    }

    /// The elements of a list; none if it is not there.
    pub(crate) fn list(self, path: &[&str]) -> Result<Vec<Self>, ShapeError> {
        let list = self.read(path, "a list", Value::as_array)?;
        Ok(list.into_iter().flatten().map(|value| Self { value, ..self }).collect())
    }

    /// The value itself.
    pub(crate) const fn value(self) -> &'a Value {
        self.value
    }

    /// An error at a place of the object that this is a part of.
    pub(crate) fn error_of(
        self,
        whole: &Value,
        path: &[&str],
        expected: &'static str,
    ) -> ShapeError {
        Shape::new(whole, self.kind).error(path, expected)
    }

    fn read<T>(
        self,
        path: &[&str],
        expected: &'static str,
        read: impl FnOnce(&'a Value) -> Option<T>,
    ) -> Result<Option<T>, ShapeError> {
        self.get(path)
            .map(|value| read(value).ok_or_else(|| self.error(path, expected)))
            .transpose()
    }

    fn error(self, path: &[&str], expected: &'static str) -> ShapeError {
        let name = |key| self.value["metadata"][key].as_str().unwrap_or("?");
        let place = path.iter().fold(JsonPath::root(), |place, step| {
            if step.contains(['.', '/']) { place.key(*step) } else { place.field(*step) }
        });
        let found = match self.get(path) {
            None => "missing",
            Some(Value::Bool(_)) => "a boolean",
            Some(Value::Number(_)) => "a number",
            Some(Value::String(_)) => "a string",
            Some(Value::Array(_)) => "a list",
            Some(_) => "an object",
        };
        ShapeError {
            kind: self.kind.to_owned(),
            name: format!("{}/{}", name("namespace"), name("name")),
            path: place,
            expected,
            found,
        }
    }
}
