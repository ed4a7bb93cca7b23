//! What is wrong or worth knowing, place by place.

use std::borrow::Cow;
use std::fmt;

use serde::Serialize;

use crate::path::JsonPath;

/// How bad a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Severity {
    /// Worth knowing.
    Notice,
    /// Allowed, and likely not what is meant, or a risk that somebody should have decided on.
    Warning,
    /// Must not be done.
    Refusal,
}

impl Severity {
    /// One word for it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Notice => "notice",
            Self::Warning => "warning",
            Self::Refusal => "refusal",
        }
    }
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// A rule that was broken, with the values that break it: an enumeration with a variant for each rule of one concern.
///
/// `Display` says what is wrong, in lower case, without the place.
pub trait Rule: fmt::Debug + fmt::Display {
    /// A stable name in kebab case, for dashboards and for silencing: `minor-skip`.
    fn id(&self) -> &'static str;

    /// What a person can do about it, as an order: `upgrade to 4.16 first`.
    fn remedy(&self) -> Cow<'static, str>;
}

/// One finding: which rule, how bad, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Finding<R> {
    /// How bad it is.
    pub severity: Severity,
    /// Where, from the root of the object that was looked at.
    pub path: JsonPath,
    /// Which rule, and the values.
    pub rule: R,
}

/// A finding for a table or for a machine: the same, without its type.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct FindingRow {
    /// How bad it is.
    pub severity: Severity,
    /// [`Rule::id`].
    pub rule: &'static str,
    /// Where.
    pub path: JsonPath,
    /// What is wrong.
    pub message: String,
    /// What to do.
    pub remedy: Cow<'static, str>,
}

impl<R> Finding<R> {
    /// A finding of this severity.
    pub const fn new(severity: Severity, path: JsonPath, rule: R) -> Self {
        Self { severity, path, rule }
    }

    /// What must not be done.
    pub const fn refusal(path: JsonPath, rule: R) -> Self {
        Self::new(Severity::Refusal, path, rule)
    }

    /// What somebody should have decided on.
    pub const fn warning(path: JsonPath, rule: R) -> Self {
        Self::new(Severity::Warning, path, rule)
    }

    /// What is worth knowing.
    pub const fn notice(path: JsonPath, rule: R) -> Self {
        Self::new(Severity::Notice, path, rule)
    }
}

impl<R: Rule> Finding<R> {
    /// The same without its type.
    #[must_use]
    pub fn row(&self) -> FindingRow {
        FindingRow {
            severity: self.severity,
            rule: self.rule.id(),
            path: self.path.clone(),
            message: self.rule.to_string(),
            remedy: self.rule.remedy(),
        }
    }
}

impl<R: Rule> fmt::Display for Finding<R> {
    /// `refusal minor-skip: spec.release.image: what is wrong; what to do`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.row(), f)
    }
}

impl<R: Rule> Serialize for Finding<R> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.row().serialize(serializer)
    }
}

impl fmt::Display for FindingRow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}: ", self.severity, self.rule)?;
        if !self.path.steps().is_empty() {
            write!(f, "{}: ", self.path)?;
        }
        write!(f, "{}; {}", self.message, self.remedy)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Clone, Debug, PartialEq)]
    struct TooMany(u32);

    impl fmt::Display for TooMany {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            write!(f, "{} are too many", self.0)
        }
    }

    impl Rule for TooMany {
        fn id(&self) -> &'static str {
            "too-many"
        }

        fn remedy(&self) -> Cow<'static, str> {
            "remove some".into()
        }
    }

    #[test]
    fn a_finding_says_how_bad_which_rule_where_what_and_what_to_do() {
        let finding = Finding::refusal(JsonPath::fields("spec.config"), TooMany(11));
        assert_eq!(
            finding.to_string(),
            "refusal too-many: spec.config: 11 are too many; remove some"
        );
        assert_eq!(
            serde_json::to_string(&finding).unwrap(),
            r#"{"severity":"refusal","rule":"too-many","path":"spec.config","message":"11 are too many","remedy":"remove some"}"#
        );
        let nowhere = Finding::notice(JsonPath::root(), TooMany(2));
        assert_eq!(nowhere.to_string(), "notice too-many: 2 are too many; remove some");
        assert!(Severity::Refusal > Severity::Warning && Severity::Warning > Severity::Notice);
    }
}
