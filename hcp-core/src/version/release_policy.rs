//! What to make of releases that `HyperShift` lets through.

use crate::Severity;

/// A rule that is a matter of policy.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ReleaseChoice {
    /// A hosted cluster that leaves out minor versions: refused by default.
    MinorSkip,
    /// A node pool that leaves out minor versions, which its skew allows: not mentioned by default.
    PoolMinorSkip,
    /// A hosted cluster that goes back to an older patch: refused by default.
    PatchDowngrade,
    /// A node pool that goes back to an older patch, as when a rollout is undone: a warning by default.
    PoolPatchDowngrade,
    /// A prerelease: a warning by default.
    Prerelease,
    /// A `force-upgrade-to` that names another image: a warning by default. The upgrade gate refuses it where it blocks.
    StaleForce,
    /// A `force-upgrade-to` that names the image: a warning by default.
    Forced,
    /// A tag where the status has a digest, or the reverse: a warning by default.
    TagAgainstDigest,
    /// `controlPlaneRelease` beside another `release`: a warning by default.
    ControlPlaneRelease,
    /// `skip-release-image-validation`: a warning by default.
    ValidationSkipped,
}

/// How bad what `HyperShift` lets through is.
///
/// ```
/// use hcp_core::Severity;
/// use hcp_core::version::{ReleaseChoice, ReleasePolicy};
/// let lenient = ReleasePolicy::default().with(ReleaseChoice::MinorSkip, Some(Severity::Warning));
/// # assert_eq!(lenient.severity(ReleaseChoice::MinorSkip), Some(Severity::Warning));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReleasePolicy {
    severities: [Option<Severity>; 10],
    honour_skip: bool,
}

impl ReleasePolicy {
    /// The same, with this severity for a rule; `None` does not mention it.
    #[must_use]
    pub const fn with(mut self, choice: ReleaseChoice, severity: Option<Severity>) -> Self {
        self.severities[choice as usize] = severity;
        self
    }

    /// Whether `skip-release-image-validation` turns refusals into warnings, as the operator would act. By default it does not: the annotation changes what
    /// the operator checks, not what is safe.
    #[must_use]
    pub const fn with_skip_honoured(mut self, honoured: bool) -> Self {
        self.honour_skip = honoured;
        self
    }

    /// How bad a rule is.
    #[must_use]
    pub const fn severity(&self, choice: ReleaseChoice) -> Option<Severity> {
        self.severities[choice as usize]
    }

    /// See [`Self::with_skip_honoured`].
    #[must_use]
    pub const fn honours_skip(&self) -> bool {
        self.honour_skip
    }
}

impl Default for ReleasePolicy {
    fn default() -> Self {
        Self { severities: [Some(Severity::Warning); 10], honour_skip: false }
            .with(ReleaseChoice::MinorSkip, Some(Severity::Refusal))
            .with(ReleaseChoice::PoolMinorSkip, None)
            .with(ReleaseChoice::PatchDowngrade, Some(Severity::Refusal))
    }
}
