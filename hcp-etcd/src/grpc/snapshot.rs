//! A snapshot of one member, streamed into a verified file.

use std::path::Path;

use crate::recovery::{ApiError, ApiErrorKind};
use crate::snapshot::{SnapshotWriter, VerifiedSnapshot};
use crate::topology::{ClusterId, MemberName};

use super::Inner;

pub(super) async fn snapshot(
    inner: &Inner,
    from: &MemberName,
    cluster: ClusterId,
    file: &Path,
) -> Result<VerifiedSnapshot, ApiError> {
    let via = super::change::session_in(inner, "Snapshot", from, cluster).await?;
    let fatal = |m: String| ApiError::new("Snapshot", from.clone(), ApiErrorKind::Retry, m);
    let client = via.quorum_client().await.map_err(|e| fatal(e.to_string()))?;
    let mut stream = client.maintenance_client().snapshot().await.map_err(|e| fatal(e.to_string()))?;
    let mut writer = SnapshotWriter::create(file).map_err(|e| fatal(e.to_string()))?;
    while let Some(chunk) = stream.message().await.map_err(|e| fatal(e.to_string()))? {
        writer.write_chunk(chunk.blob(), chunk.remaining_bytes()).map_err(|e| fatal(e.to_string()))?;
    }
    writer.finish().map_err(|e| fatal(e.to_string()))
}
