//! What runs a member says of it: the side of a member that etcd's API cannot show.

use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// A member as its supervisor (a process table, a kubelet) sees it.
#[non_exhaustive]
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProcessObservation {
    /// Whether it runs.
    pub state: ProcessState,
    /// Whether it has a data directory.
    pub data: DataState,
    /// How often it ended by itself in a row, without a run long enough to count as stable in between.
    #[serde(default)]
    pub exits: u32,
    /// How its last run ended, if one did since the data directory was made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_exit: Option<LastExit>,
    /// Names this very incarnation of process and data (a pid and start time, a pod's and a claim's UID).
    /// Whoever destroys must present it, so that a successor is never hit in its place.
    pub incarnation: String,
}

/// Whether a member's process runs.
#[non_exhaustive]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ProcessState {
    /// It runs since then.
    Running {
        /// When this run began.
        since: Timestamp,
    },
    /// It does not run.
    Stopped,
}

/// Whether a member has a data directory with something in it.
#[non_exhaustive]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DataState {
    /// There is none, or it is empty.
    Absent,
    /// There is one with a backend or a write-ahead log in it.
    Present,
    /// The supervisor cannot tell.
    Unknown,
}

/// The end of a run.
#[non_exhaustive]
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LastExit {
    /// Why, as far as the member's own last words tell.
    pub cause: ExitCause,
    /// When it was noticed.
    pub at: Timestamp,
}

/// Why etcd ended, told from the last lines of its log.
///
/// The causes are those that call for different answers; texts and outcomes were measured on etcd 3.5.
#[non_exhaustive]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ExitCause {
    /// It was told to stop, or was killed from outside; its data are as good as before.
    Stopped,
    /// The log it holds ends before what it has promised to its leader (`tocommit(…) is out of range`).
    LogLost,
    /// Its write-ahead log fails its checksum or cannot be repaired.
    WalCorrupt,
    /// Its backend file is damaged.
    BackendCorrupt,
    /// The cluster has removed this incarnation of it.
    RemovedFromCluster,
    /// It was started empty as a new member of a cluster that knows it already.
    AlreadyBootstrapped,
    /// The initial cluster it was given does not match the cluster it wants to join.
    InitialClusterMismatch,
    /// The disk is full.
    DiskFull,
    /// An address it wants to listen on is taken.
    AddressInUse,
    /// A flag or file it was started with is wrong or missing.
    BadConfiguration,
    /// Its last words say nothing we know.
    Unknown,
}

impl ProcessObservation {
    /// A supervisor's view of a member.
    #[must_use]
    pub fn new(state: ProcessState, data: DataState, incarnation: impl Into<String>) -> Self {
        Self { state, data, exits: 0, last_exit: None, incarnation: incarnation.into() }
    }

    /// Adds how its last run ended, and how many ended in a row.
    #[must_use]
    pub const fn with_last_exit(mut self, cause: ExitCause, at: Timestamp, exits: u32) -> Self {
        self.last_exit = Some(LastExit { cause, at });
        self.exits = exits;
        self
    }

    /// When the present run began; `None` if it does not run.
    #[must_use]
    pub const fn running_since(&self) -> Option<Timestamp> {
        match self.state {
            ProcessState::Running { since } => Some(since),
            ProcessState::Stopped => None,
        }
    }
}

impl ExitCause {
    /// Reads the cause from the last lines a member logged, newest last.
    ///
    /// A line that names a cause decides, the last one first; etcd logs JSON, but a Go panic is plain text, so
    /// lines are searched as text.
    ///
    /// ```
    /// use hcp_etcd::health::ExitCause;
    ///
    /// let log = "panic: tocommit(61) is out of range [lastIndex(0)]. Was the raft log corrupted, truncated, or lost?";
    /// assert_eq!(ExitCause::from_log(log), ExitCause::LogLost);
    /// ```
    #[must_use]
    pub fn from_log(tail: &str) -> Self {
        tail.lines().rev().find_map(Self::from_line).unwrap_or(Self::Unknown)
    }

    fn from_line(line: &str) -> Option<Self> {
        const TEXTS: &[(&str, ExitCause)] = &[
            ("is out of range [lastIndex(", ExitCause::LogLost),
            ("the member has been permanently removed", ExitCause::RemovedFromCluster),
            ("data-dir used by this member must be removed", ExitCause::RemovedFromCluster),
            ("has already been bootstrapped", ExitCause::AlreadyBootstrapped),
            ("error validating peerURLs", ExitCause::InitialClusterMismatch),
            ("member count is unequal", ExitCause::InitialClusterMismatch),
            ("walpb: crc mismatch", ExitCause::WalCorrupt),
            ("failed to repair WAL", ExitCause::WalCorrupt),
            ("wal: max entry size limit exceeded", ExitCause::WalCorrupt),
            ("no space left on device", ExitCause::DiskFull),
            ("but self identifies as", ExitCause::BackendCorrupt),
            ("failed to open database", ExitCause::BackendCorrupt),
            ("failed to recover v3 backend from snapshot", ExitCause::BackendCorrupt),
            ("invalid database", ExitCause::BackendCorrupt),
            ("assertion failed: Page expected", ExitCause::BackendCorrupt),
            ("checksum error", ExitCause::BackendCorrupt),
            ("address already in use", ExitCause::AddressInUse),
            ("error verifying flags", ExitCause::BadConfiguration),
            ("flag provided but not defined", ExitCause::BadConfiguration),
            ("no such file or directory", ExitCause::BadConfiguration),
            ("permission denied", ExitCause::BadConfiguration),
            ("received signal; shutting down", ExitCause::Stopped),
        ];
        TEXTS.iter().find(|(text, _)| line.contains(text)).map(|(_, cause)| *cause)
    }

    /// Whether only a new, empty data directory under a new member id can help.
    #[must_use]
    pub const fn needs_new_data(self) -> bool {
        matches!(
            self,
            Self::LogLost
                | Self::WalCorrupt
                | Self::BackendCorrupt
                | Self::RemovedFromCluster
                | Self::AlreadyBootstrapped
                | Self::InitialClusterMismatch
        )
    }

    /// Whether files of the member are damaged.
    #[must_use]
    pub const fn is_damage(self) -> bool {
        matches!(self, Self::WalCorrupt | Self::BackendCorrupt)
    }

    /// Whether the fault is in the member's surroundings, so that new data would not help.
    #[must_use]
    pub const fn is_environment(self) -> bool {
        matches!(self, Self::DiskFull | Self::AddressInUse | Self::BadConfiguration)
    }

    /// The cause in words.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::Stopped => "it was stopped from outside",
            Self::LogLost => "its raft log ends before what it promised the leader",
            Self::WalCorrupt => "its write-ahead log is damaged",
            Self::BackendCorrupt => "its backend file is damaged",
            Self::RemovedFromCluster => "the cluster has removed it",
            Self::AlreadyBootstrapped => "it was started as new but the cluster knows it",
            Self::InitialClusterMismatch => "its initial cluster does not match the member list",
            Self::DiskFull => "its disk is full",
            Self::AddressInUse => "an address it listens on is taken",
            Self::BadConfiguration => "its configuration is wrong",
            Self::Unknown => "its last words tell no known cause",
        }
    }
}

impl fmt::Display for ExitCause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.words())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_telling_line_decides() {
        let log = "{\"msg\":\"received signal; shutting down\"}\n{\"msg\":\"starting\"}\n\
                   panic: tocommit(61) is out of range [lastIndex(0)]. Was the raft log lost?\n\n\
                   goroutine 1 [running]:";
        assert_eq!(ExitCause::from_log(log), ExitCause::LogLost);
        assert_eq!(ExitCause::from_log("{\"msg\":\"ready to serve\"}"), ExitCause::Unknown);
    }

    #[test]
    fn no_cause_is_both_data_and_environment() {
        for cause in
            [ExitCause::LogLost, ExitCause::DiskFull, ExitCause::Stopped, ExitCause::Unknown]
        {
            assert!(!(cause.needs_new_data() && cause.is_environment()), "{cause}");
        }
    }
}
