//! The directory where a recovery keeps the snapshots it takes before it destroys anything.
//!
//! File names carry cluster and time, so that a run that was interrupted finds what it has: the file is verified
//! again before it counts.

use std::fs::DirBuilder;
use std::io;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

use jiff::Timestamp;

use crate::snapshot::verify;
use crate::topology::ClusterId;

use super::plan::SnapshotRecord;
use super::progress::RecoveryError;

/// How many snapshots of a cluster are kept; older ones are deleted once a newer one is verified.
const KEPT: usize = 3;

#[derive(Debug)]
pub(super) struct Shelf {
    directory: PathBuf,
    latest: Option<SnapshotRecord>,
    searched: bool,
}

impl Shelf {
    pub(super) const fn new(directory: PathBuf) -> Self {
        Self { directory, latest: None, searched: false }
    }

    pub(super) const fn latest(&self) -> Option<&SnapshotRecord> {
        self.latest.as_ref()
    }

    /// Looks, once, for a snapshot an earlier run has left.
    pub(super) async fn search(&mut self, cluster_id: Option<ClusterId>) {
        let Some(cluster_id) = cluster_id.filter(|_| !self.searched) else {
            return;
        };
        self.searched = true;
        let files = self.files(cluster_id).unwrap_or_default();
        let Some((taken_at, path)) = files.into_iter().next_back() else {
            return;
        };
        let verified = tokio::task::spawn_blocking(move || verify(&path)).await;
        if let Ok(Ok(snapshot)) = verified {
            self.latest = Some(SnapshotRecord::new(cluster_id, snapshot.revision, taken_at));
        }
    }

    /// Where a snapshot taken now goes; makes the directory.
    pub(super) fn place(
        &self,
        cluster: ClusterId,
        now: Timestamp,
    ) -> Result<PathBuf, RecoveryError> {
        DirBuilder::new().recursive(true).mode(0o700).create(&self.directory).map_err(
            |source| RecoveryError::SnapshotDirectory { path: self.directory.clone(), source },
        )?;
        Ok(self.directory.join(format!("{}{}.db", prefix(cluster), now.as_millisecond())))
    }

    /// Takes in a verified snapshot, and lets go of those beyond the newest few.
    pub(super) fn add(&mut self, record: SnapshotRecord) {
        for (_, path) in self.files(record.cluster_id).unwrap_or_default().iter().rev().skip(KEPT) {
            // An old file that stays costs space and nothing else.
            let _ = std::fs::remove_file(path);
        }
        self.latest = Some(record);
    }

    /// The snapshots of a cluster, oldest first.
    fn files(&self, cluster_id: ClusterId) -> io::Result<Vec<(Timestamp, PathBuf)>> {
        let mut files = Vec::new();
        for entry in std::fs::read_dir(&self.directory)? {
            let path = entry?.path();
            if let Some(taken_at) = taken_at(&path, cluster_id) {
                files.push((taken_at, path));
            }
        }
        files.sort();
        Ok(files)
    }
}

fn prefix(cluster_id: ClusterId) -> String {
    format!("{cluster_id}-")
}

fn taken_at(path: &Path, cluster_id: ClusterId) -> Option<Timestamp> {
    let name = path.file_name()?.to_str()?;
    let millis = name.strip_prefix(&prefix(cluster_id))?.strip_suffix(".db")?;
    Timestamp::from_millisecond(millis.parse().ok()?).ok()
}
