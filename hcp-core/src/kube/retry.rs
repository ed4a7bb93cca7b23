//! Asking again where a server is overloaded or a connection lost.

use std::time::Duration;

use ::kube::Error;
use ::kube::core::Status;

/// How often a request is made at most.
pub(super) const ATTEMPTS: u32 = 6;
/// The first pause between two requests; it doubles each time.
const BACKOFF: Duration = Duration::from_millis(100);

/// Waits before the attempt after this one, counted from 0; as long as the server asks for, up to half a minute, if it does.
pub(super) async fn back_off(attempt: u32, error: &Error) {
    let asked = match error {
        Error::Api(status) => {
            status.details.as_ref().map_or(0, |details| details.retry_after_seconds)
        }
        _ => 0,
    };
    let asked = Duration::from_secs(u64::from(asked.min(30)));
    tokio::time::sleep(asked.max(BACKOFF * 2_u32.pow(attempt))).await;
}

/// The attempts of a request that changes nothing.
#[derive(Debug, Default)]
pub(super) struct Attempts {
    made: u32,
}

impl Attempts {
    /// Whether to make the request once more, after a while, now that it has failed.
    pub(super) async fn again(&mut self, error: &Error) -> bool {
        if !is_retryable(error) || self.made + 1 >= ATTEMPTS {
            return false;
        }
        back_off(self.made, error).await;
        self.made += 1;
        true
    }
}

/// Whether a request may succeed in a while.
pub(super) fn is_retryable(error: &Error) -> bool {
    match error {
        Error::Api(status) => status.code == 429 || status.code >= 500,
        Error::HyperError(_) | Error::Service(_) | Error::ReadEvents(_) => true,
        _ => false,
    }
}

/// Whether this answer to a list says that there is no such resource. Where not even its group and version are served, it is a text and no `Status`.
pub(super) const fn is_not_served(status: &Status) -> bool {
    // kube 5.0's is_not_found() wants the reason NotFound, which a text has not.
    status.code == 404
}
