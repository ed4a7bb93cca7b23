//! A snapshot of one member, streamed into a verified file.

use std::path::Path;
use std::time::Duration;

use etcd_client::SnapshotResponse;
use tokio::task::spawn_blocking;

use crate::recovery::{ApiError, ApiErrorKind};
use crate::snapshot::{SnapshotError, SnapshotWriter, VerifiedSnapshot};
use crate::topology::{ClusterId, MemberName};

use super::Inner;
use super::change::{Via, session_in};
use super::link::Deadline;

/// Bytes gathered before they are handed to a thread that may block: a message has 32 KiB, a hand-over costs more.
const BATCH: usize = 2 << 20;

pub(super) async fn snapshot(
    inner: &Inner,
    from: &MemberName,
    cluster: ClusterId,
    file: &Path,
) -> Result<VerifiedSnapshot, ApiError> {
    let via = session_in(inner, "Snapshot", from, cluster).await?;
    let idle = inner.options.idle_timeout;
    let path = file.to_owned();
    let mut writer = off_thread(&via, move || SnapshotWriter::create(&path)).await?;
    let opening = async { via.session.authorized().await?.maintenance_client().snapshot().await };
    let mut stream = match Deadline::after(idle).bound("Snapshot", opening).await {
        Ok(stream) => stream,
        Err(error) => return Err(via.failed(&error)),
    };
    loop {
        let (batch, ended) =
            next_batch(&mut stream, idle).await.map_err(|error| via.failed(&error))?;
        // Dropped half-way the writer removes what it has written, on whichever thread that happens.
        writer = off_thread(&via, move || write(writer, &batch)).await?;
        if ended {
            return off_thread(&via, move || writer.finish()).await;
        }
    }
}

/// Some messages of the stream, and whether it has ended. Only a pause between two messages has a limit.
async fn next_batch(
    stream: &mut etcd_client::SnapshotStreaming,
    idle: Duration,
) -> Result<(Vec<SnapshotResponse>, bool), crate::health::ProbeError> {
    let mut batch = Vec::new();
    let mut bytes = 0;
    while bytes < BATCH {
        let next = Deadline::after(idle).bound("Snapshot", stream.message());
        let Some(message) = next.await? else {
            return Ok((batch, true));
        };
        bytes += message.blob().len();
        let is_empty = message.blob().is_empty();
        batch.push(message);
        if is_empty {
            // A member that cannot read its database sends these without end; the writer refuses the first.
            break;
        }
    }
    Ok((batch, false))
}

fn write(
    mut writer: SnapshotWriter,
    batch: &[SnapshotResponse],
) -> Result<SnapshotWriter, SnapshotError> {
    for message in batch {
        writer.write_chunk(message.blob(), message.remaining_bytes())?;
    }
    Ok(writer)
}

async fn off_thread<T: Send + 'static>(
    via: &Via<'_>,
    work: impl FnOnce() -> Result<T, SnapshotError> + Send + 'static,
) -> Result<T, ApiError> {
    match spawn_blocking(work).await {
        Ok(Ok(done)) => Ok(done),
        Ok(Err(error)) => Err(via.error(kind(&error), describe(&error))),
        Err(error) => Err(via.error(ApiErrorKind::Fatal, error.to_string())),
    }
}

/// A stream that broke may come whole the next time; a damaged database or a file in the way will not go away.
const fn kind(error: &SnapshotError) -> ApiErrorKind {
    match error {
        SnapshotError::StreamBroken { .. }
        | SnapshotError::StreamCut { .. }
        | SnapshotError::NoTrailer { .. }
        | SnapshotError::DigestMismatch { .. } => ApiErrorKind::Retry,
        _ => ApiErrorKind::Fatal,
    }
}

fn describe(error: &SnapshotError) -> String {
    let cause =
        std::error::Error::source(error).map_or_else(String::new, |cause| format!(": {cause}"));
    format!("{error}{cause}; {}", error.remedy())
}
