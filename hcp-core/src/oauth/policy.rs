//! What a host may decide about the validation.

use crate::finding::Severity;
use crate::path::JsonPath;

/// How an OAuth configuration is validated.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Policy {
    /// Where the configuration stands: `spec.configuration.oauth`, or `spec` for an `OAuth`.
    pub at: JsonPath,
    /// How bad it is that the API server drops a field. A warning: what then is missing is found on its own.
    pub unknown_fields: Severity,
    /// How bad it is that a directory is asked without TLS. A warning.
    pub insecure_ldap: Severity,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            at: JsonPath::fields("spec.configuration.oauth"),
            unknown_fields: Severity::Warning,
            insecure_ldap: Severity::Warning,
        }
    }
}

impl Policy {
    /// For a configuration that stands elsewhere, for example at `spec`.
    #[must_use]
    pub fn with_at(mut self, at: JsonPath) -> Self {
        self.at = at;
        self
    }

    /// Judges unknown fields so.
    #[must_use]
    pub const fn with_unknown_fields(mut self, severity: Severity) -> Self {
        self.unknown_fields = severity;
        self
    }

    /// Judges a directory without TLS so.
    #[must_use]
    pub const fn with_insecure_ldap(mut self, severity: Severity) -> Self {
        self.insecure_ldap = severity;
        self
    }
}
