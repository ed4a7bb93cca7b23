//! The one way to fail: where, why, and what to do about it.

use std::fmt;

/// A failure that a person can act on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Error {
    place: String,
    cause: String,
    remedy: String,
}

/// The result of everything in this crate that can fail.
pub(crate) type Result<T, E = Error> = std::result::Result<T, E>;

impl Error {
    /// `place` is the file, program or command; `remedy` is what to type or change.
    pub(crate) fn new(
        place: impl Into<String>,
        cause: impl Into<String>,
        remedy: impl Into<String>,
    ) -> Self {
        Self { place: place.into(), cause: cause.into(), remedy: remedy.into() }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "error: {}", self.place)?;
        writeln!(f, "  cause:  {}", indented(&self.cause))?;
        write!(f, "  remedy: {}", indented(&self.remedy))
    }
}

fn indented(text: &str) -> String {
    text.trim_end().replace('\n', "\n          ")
}

#[cfg(test)]
mod tests {
    use super::Error;

    #[test]
    fn an_error_shows_place_cause_and_remedy_and_keeps_lines_aligned() {
        let shown = Error::new("go.mod", "no go line\nat all\n", "add one").to_string();
        assert_eq!(
            shown,
            "error: go.mod\n  cause:  no go line\n          at all\n  remedy: add one"
        );
    }
}
