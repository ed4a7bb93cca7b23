//! Answers read up to a limit.

use bytes::Bytes;
use http_body_util::BodyExt as _;
use hyper::body::Incoming;

use super::error::RegistryError;

/// An answer's body, and whom it comes from.
pub(super) struct Body {
    pub(super) host: String,
    pub(super) what: &'static str,
    pub(super) incoming: Incoming,
}

impl Body {
    /// The next piece.
    pub(super) async fn next(&mut self) -> Result<Option<Bytes>, RegistryError> {
        while let Some(frame) = self.incoming.frame().await {
            let frame = frame.map_err(|source| RegistryError::BrokeOff {
                host: self.host.clone(),
                what: self.what,
                source,
            })?;
            if let Ok(data) = frame.into_data() {
                return Ok(Some(data));
            }
        }
        Ok(None)
    }

    /// The whole, if it is not larger than the limit.
    pub(super) async fn whole(
        mut self,
        limit: u64,
        name: &'static str,
    ) -> Result<Vec<u8>, RegistryError> {
        let mut whole = Vec::new();
        while let Some(piece) = self.next().await? {
            if whole.len() as u64 + piece.len() as u64 > limit {
                return Err(RegistryError::TooLarge { what: self.what, limit, name });
            }
            whole.extend_from_slice(&piece);
        }
        Ok(whole)
    }
}
