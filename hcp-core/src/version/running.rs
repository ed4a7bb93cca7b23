//! Which versions a hosted cluster's control plane runs.

use super::minor::MinorError;
use super::release_version::{ReleaseVersion, VersionError};

/// One entry of `status.version.history`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct HistoryEntry<'a> {
    /// Whether `state` is `Completed`; it is `Partial` otherwise.
    pub completed: bool,
    /// `version`; empty until the cluster has reported one.
    pub version: &'a str,
}

/// The versions that may answer in a control plane: one, or during an upgrade those between the last completed one and the one that is being rolled out.
///
/// `HyperShift` judges a node pool by one version, the last completed one. That misses the other limit: a pool that is as old as the completed version
/// allows is too old for the API server that is being rolled out.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct RunningVersions {
    /// What a node pool must not be newer than.
    pub oldest: ReleaseVersion,
    /// What a node pool must not be too far behind of.
    pub newest: ReleaseVersion,
}

/// A status from which the running versions cannot be told.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RunningVersionsError {
    /// No version yet: the cluster is being installed.
    #[error("{field} is empty: the hosted cluster has not reported its version; wait until it has")]
    NotReported {
        /// Where a version was looked for.
        field: String,
    },
    /// Something that is no version.
    #[error("{field} cannot be read")]
    Invalid {
        /// Where it stands.
        field: String,
        /// What is wrong.
        #[source]
        source: VersionError,
    },
    /// A version that cannot be compared.
    #[error("the versions of the history cannot be compared")]
    Incomparable(#[from] MinorError),
}

impl<'a> HistoryEntry<'a> {
    /// An entry whose rollout has finished.
    #[must_use]
    pub const fn completed(version: &'a str) -> Self {
        Self { completed: true, version }
    }

    /// An entry whose rollout has not, or was overtaken.
    #[must_use]
    pub const fn partial(version: &'a str) -> Self {
        Self { completed: false, version }
    }
}

impl RunningVersions {
    /// One version and no other.
    #[must_use]
    pub fn one(version: ReleaseVersion) -> Self {
        Self { oldest: version.clone(), newest: version }
    }

    /// Reads `status.version`: `desired` is `desired.version`, `history` is in the order of the status, newest first.
    ///
    /// The entries down to the first completed one count; where none is completed, all of them. Without a history the desired version counts.
    ///
    /// Source: `HyperShift`, `NodePool` controller (`conditions.go`), which takes the first completed entry, else the newest one, else the desired version.
    ///
    /// # Errors
    ///
    /// An entry that counts is empty, is no version, or cannot be compared.
    ///
    /// ```
    /// # use hcp_core::version::{HistoryEntry, RunningVersions};
    /// let history = [HistoryEntry::partial("4.16.2"), HistoryEntry::completed("4.15.9")];
    /// let running = RunningVersions::from_status("4.16.2", history)?;
    /// assert_eq!((running.oldest.to_string(), running.newest.to_string()), ("4.15.9".into(), "4.16.2".into()));
    /// # Ok::<(), hcp_core::version::RunningVersionsError>(())
    /// ```
    pub fn from_status<'a>(
        desired: &str,
        history: impl IntoIterator<Item = HistoryEntry<'a>>,
    ) -> Result<Self, RunningVersionsError> {
        let mut running: Option<Self> = None;
        for (index, entry) in history.into_iter().enumerate() {
            let version =
                read(entry.version, || format!("status.version.history[{index}].version"))?;
            running = Some(match running {
                None => Self::one(version),
                Some(running) => running.including(version)?,
            });
            if entry.completed {
                break;
            }
        }
        match running {
            Some(running) => Ok(running),
            None => read(desired, || "status.version.desired.version".to_owned()).map(Self::one),
        }
    }

    /// Whether only one version runs.
    #[must_use]
    pub fn is_settled(&self) -> bool {
        self.oldest == self.newest
    }

    fn including(self, version: ReleaseVersion) -> Result<Self, MinorError> {
        let Self { oldest, newest } = self;
        if version.precedence(&oldest)?.is_lt() {
            return Ok(Self { oldest: version, newest });
        }
        if version.precedence(&newest)?.is_gt() {
            return Ok(Self { oldest, newest: version });
        }
        Ok(Self { oldest, newest })
    }
}

fn read(
    text: &str,
    field: impl FnOnce() -> String,
) -> Result<ReleaseVersion, RunningVersionsError> {
    if text.is_empty() {
        return Err(RunningVersionsError::NotReported { field: field() });
    }
    text.parse().map_err(|source| RunningVersionsError::Invalid { field: field(), source })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn range(desired: &str, history: &[HistoryEntry<'_>]) -> Result<String, String> {
        RunningVersions::from_status(desired, history.iter().copied())
            .map(|running| format!("{}..{}", running.oldest, running.newest))
            .map_err(|error| error.to_string())
    }

    #[test]
    fn entries_count_down_to_the_first_completed_one() {
        use HistoryEntry as Entry;
        let settled = [Entry::completed("4.16.2"), Entry::completed("4.15.9")];
        assert_eq!(range("4.16.2", &settled).unwrap(), "4.16.2..4.16.2");
        let overtaken =
            [Entry::partial("4.15.9"), Entry::partial("4.17.0"), Entry::completed("4.16.1")];
        assert_eq!(range("4.15.9", &overtaken).unwrap(), "4.15.9..4.17.0");
        assert_eq!(range("4.15.1", &[]).unwrap(), "4.15.1..4.15.1");
        let installing = [Entry::partial("4.15.1")];
        assert_eq!(range("4.15.1", &installing).unwrap(), "4.15.1..4.15.1");
        let old_rubbish = [Entry::completed("4.16.2"), Entry::completed("rubbish")];
        assert_eq!(range("4.16.2", &old_rubbish).unwrap(), "4.16.2..4.16.2");
    }

    #[test]
    fn what_is_not_reported_or_no_version_is_an_error_with_its_place() {
        let installing = [HistoryEntry::partial("")];
        let error = range("", &installing).unwrap_err();
        assert!(error.starts_with("status.version.history[0].version is empty"), "{error}");
        assert!(range("", &[]).unwrap_err().starts_with("status.version.desired.version is empty"));
        let wrong = [HistoryEntry::completed("4.15")];
        assert_eq!(
            range("", &wrong).unwrap_err(),
            "status.version.history[0].version cannot be read"
        );
        let foreign = [HistoryEntry::partial("6.0.0"), HistoryEntry::completed("4.15.0")];
        assert!(range("", &foreign).is_err());
    }
}
