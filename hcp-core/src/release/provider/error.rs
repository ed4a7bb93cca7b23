//! Why a release image cannot be had.

use std::error::Error;
use std::fmt::Write as _;

use crate::release::mirrors::CandidateReason;
use crate::release::reference::{ImageRef, ImageRefError};

/// Why a release image cannot be had.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ProviderError {
    /// It was asked for in one place.
    #[error("release image {image}")]
    Failed {
        /// What was asked for.
        image: Box<ImageRef>,
        /// Why it cannot be had there.
        source: Box<dyn Error + Send + Sync>,
        /// Whether the same call may succeed later.
        retryable: bool,
    },
    /// A mirror and the rest of the repository give no reference.
    #[error("this mirror gives no image reference")]
    Unusable(#[source] ImageRefError),
    /// It was asked for in several places, and no one has it.
    #[error("release image {image} is in none of {} places: {}", attempts.len(), told(attempts))]
    Everywhere {
        /// What was asked for.
        image: Box<ImageRef>,
        /// What became of each place, in order.
        attempts: Vec<Attempt>,
    },
    /// The source must not be contacted, and there is no mirror.
    #[error(
        "release image {image} has no mirror and its source must not be contacted; add a mirror or allow it in mirrorSourcePolicy"
    )]
    NobodyToAsk {
        /// What was asked for.
        image: Box<ImageRef>,
    },
}

/// A place that was asked and did not have the image.
#[derive(Debug)]
#[non_exhaustive]
pub struct Attempt {
    /// Why it was asked.
    pub reason: CandidateReason,
    /// Why it failed.
    pub error: ProviderError,
}

impl ProviderError {
    /// An error of one place.
    pub fn failed(
        image: &ImageRef,
        source: impl Into<Box<dyn Error + Send + Sync>>,
        retryable: bool,
    ) -> Self {
        Self::Failed { image: Box::new(image.clone()), source: source.into(), retryable }
    }

    /// Whether the same call may succeed later, without anybody changing anything.
    #[must_use]
    pub fn is_retryable(&self) -> bool {
        match self {
            Self::Failed { retryable, .. } => *retryable,
            Self::Everywhere { attempts, .. } => {
                attempts.iter().any(|attempt| attempt.error.is_retryable())
            }
            Self::Unusable(_) | Self::NobodyToAsk { .. } => false,
        }
    }
}

/// All attempts in one line, causes included: nobody looks into a list of sources at night.
fn told(attempts: &[Attempt]) -> String {
    let mut text = String::new();
    for (index, attempt) in attempts.iter().enumerate() {
        let _ = write!(
            text,
            "{}({}) {}",
            if index == 0 { "" } else { "; " },
            index + 1,
            attempt.reason
        );
        let mut cause: Option<&dyn Error> = Some(&attempt.error);
        while let Some(error) = cause {
            let _ = write!(text, ": {error}");
            cause = error.source();
        }
    }
    text
}
