//! What can go wrong.

use std::time::Duration;

use crate::NameError;
use crate::kube::retry::is_retryable;
use crate::pause::{NotProven, PauseRefusal, ShapeError};

/// Why an object was not paused, not released or not read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PauseError {
    /// The object does not exist.
    #[error("{object} does not exist; check its namespace and name, and which cluster this is")]
    NotFound {
        /// Which object.
        object: String,
    },
    /// The object is not the one that was decided on.
    #[error("{object} has UID {found}, not {expected}: somebody has replaced it; decide again")]
    Replaced {
        /// Which object.
        object: String,
        /// The UID that was decided on.
        expected: String,
        /// The UID that is there.
        found: String,
    },
    /// It must not be done.
    #[error(transparent)]
    Refused(#[from] PauseRefusal),
    /// What was read is not such an object.
    #[error(transparent)]
    Shape(#[from] ShapeError),
    /// No control plane namespace follows from the names.
    #[error(transparent)]
    Name(#[from] NameError),
    /// The API server refuses, or cannot be reached.
    #[error("cannot {action}")]
    Api {
        /// What was tried.
        action: String,
        /// Why it failed.
        #[source]
        cause: Box<::kube::Error>,
    },
    /// Others change the object faster than it can be written.
    #[error(
        "{object} changed under each of {attempts} attempts to write it; find out who writes it, then run again"
    )]
    Contended {
        /// Which object.
        object: String,
        /// How many attempts.
        attempts: u32,
    },
    /// It failed half-way. Running it again goes on from there.
    #[error("stopped after {} had been written; run it again, or undo it", written.join(", "))]
    Interrupted {
        /// What was written before.
        written: Vec<String>,
        /// Why it stopped.
        #[source]
        cause: Box<Self>,
    },
}

/// Why there is no proof.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum WaitError {
    /// What is missing did not come in time.
    #[error("not paused everywhere after {waited:?}")]
    TimedOut {
        /// How long was waited.
        waited: Duration,
        /// What was missing in the end.
        #[source]
        missing: NotProven,
    },
    /// The objects could not be read even once in that time.
    #[error("the objects of the hosted cluster could not be read within {waited:?}")]
    NoAnswer {
        /// How long was waited.
        waited: Duration,
    },
    /// Waiting is no use: the hosted cluster was replaced, deleted, or let go by somebody.
    #[error("waiting is no use")]
    Hopeless {
        /// What is missing.
        #[source]
        missing: NotProven,
    },
    /// The objects could not be read to the end.
    #[error(transparent)]
    Read(#[from] PauseError),
}

impl PauseError {
    pub(super) fn api(action: impl Into<String>, cause: ::kube::Error) -> Self {
        Self::Api { action: action.into(), cause: Box::new(cause) }
    }

    /// The same after these objects had been written.
    pub(super) fn after(self, written: Vec<String>) -> Self {
        if written.is_empty() {
            return self;
        }
        Self::Interrupted { written, cause: Box::new(self) }
    }

    /// Whether the same may succeed in a while: the connection was lost, or the server is overloaded or broken.
    #[must_use]
    pub fn is_retryable(&self) -> bool {
        match self {
            Self::Api { cause, .. } => is_retryable(cause),
            Self::Contended { .. } => true,
            Self::Interrupted { cause, .. } => cause.is_retryable(),
            _ => false,
        }
    }
}
