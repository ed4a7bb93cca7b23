//! A snapshot of one member, streamed into a verified file.

use std::path::Path;

use crate::health::ProbeError;
use crate::recovery::{ApiError, ApiErrorKind};
use crate::snapshot::VerifiedSnapshot;
use crate::topology::{ClusterId, MemberName};

use super::Inner;

pub(super) async fn snapshot(
    inner: &Inner,
    from: &MemberName,
    cluster: ClusterId,
    _file: &Path,
) -> Result<VerifiedSnapshot, ApiError> {
    let _session = super::change::session_in(inner, "Snapshot", from, cluster).await?;
    let error = ProbeError::new(crate::health::ProbeErrorKind::Refused, "not built yet");
    Err(ApiError::new(
        "Snapshot",
        from.clone(),
        ApiErrorKind::Fatal,
        error.message,
    ))
}
