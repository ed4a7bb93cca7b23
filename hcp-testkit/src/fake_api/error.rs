//! What can go wrong while a test sets the server up.

/// Why the server cannot be set up so.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FakeApiError {
    /// An object of a kind that is not served.
    #[error("{api_version:?} {kind:?} is not served; register it first")]
    UnknownKind {
        /// `apiVersion` of the object.
        api_version: String,
        /// `kind` of the object.
        kind: String,
    },
    /// An object without a name.
    #[error("an object of kind {kind:?} has no name; give it one")]
    Nameless {
        /// `kind` of the object.
        kind: String,
    },
    /// A definition that serves no version.
    #[error("the definition {name:?} serves no version; serve one")]
    NothingServed {
        /// Its name.
        name: String,
    },
    /// An object that is no JSON.
    #[error("an object cannot be written as JSON")]
    Json(#[from] serde_json::Error),
}
